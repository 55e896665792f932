//! `init`: what it brings, what it leaves alone.

use insta::assert_snapshot;

use crate::support::project::TestProject;

const BROUGHT: [&str; 4] = [
    "docs/database-migration-policy.md",
    "prisma-safe.toml",
    "templates/sql/expand_migrate_contract_checklist.md",
    "templates/sql/revert_migration_template.sql",
];

#[test]
fn it_writes_what_it_found() {
    let project = TestProject::with_prisma("7.10.1")
        .file(".env", "DATABASE_URL=file:./dev.db\nPROD_DATABASE_URL=postgresql://u:hunter2@prod.example/app\n")
        .file(".env.staging", "DATABASE_URL=postgresql://u:hunter2@staging.example/app\n");
    let before = project.files();
    assert_snapshot!(project.run(&["init", "--dry-run"]).all(), @r###"
    stdout:
    # Settings of `cargo prisma-safe`. Everything here is reviewed like code: it decides which database may be reset and what a
    # deploy has to pass. Unknown keys are errors, so a misspelled protection cannot go unnoticed.
    #
    # Found when this file was written:
    #   Prisma 7.10.1, SQLite
    #   schema prisma/schema.prisma, migrations prisma/migrations
    #   config prisma.config.ts
    #   .env.staging: so there is a staging environment; Prisma never reads this file
    #   .env: names PROD_DATABASE_URL
    #
    # URLs are never written here, only where they come from:
    #   url-env = "NAME"                  a variable of the process, else of the .env files that this Prisma reads
    #   url-file = "/run/secrets/url"     a file that holds the URL and nothing else
    #   url-command = ["op", "read", "…"] a command that prints the URL; no shell

    # Hosts on which a developer's own database may live, beside this machine.
    # dev-hosts = ["devbox.local"]

    # Only needed for what is not found by itself.
    # [prisma]
    # schema = "prisma/schema.prisma"
    # migrations = "prisma/migrations"
    # config = "prisma.config.ts"
    # command = ["pnpm", "exec", "prisma"]
    # url-env = "DATABASE_URL"             # the variable that the Prisma project itself reads

    # Without a kind an environment is held to production's standard. Only `dev` may ever be reset, and only when its URL is a
    # local one that no other environment has.
    [env.dev]
    kind = "dev"
    url-env = "DATABASE_URL"

    [env.staging]
    kind = "staging"
    url-env = "STAGING_DATABASE_URL"
    lock-timeout = "2s"        # a migration that waits longer for a lock gives up,
    # lock-retries = 5           # and comes again so often
    # statement-timeout = "15m"  # no statement runs longer
    # abort-if-blocking = "10s"  # nobody waits longer for what a migration holds
    # watch = "2m"               # how long the database is looked at afterwards

    [env.production]
    kind = "production"
    url-env = "PROD_DATABASE_URL"
    requires = ["staging"]     # a migration must have been there before
    soak = "24h"               # and for that long
    stabilization = "14d"      # between the last expand step and a contract step
    lock-timeout = "2s"        # a migration that waits longer for a lock gives up,
    # lock-retries = 5           # and comes again so often
    # statement-timeout = "15m"  # no statement runs longer
    # abort-if-blocking = "10s"  # nobody waits longer for what a migration holds
    # watch = "2m"               # how long the database is looked at afterwards

    # How strictly a deploy's gates are taken: "block", "warn" or "off". Whatever is loosened here says so in every deploy.
    # [env.staging.gates]
    # lint = "warn"

    # Many databases that get the same migrations: a variable or a command with a `name=URL` a line, or JSON.
    # [env.fleet]
    # kind = "production"
    # targets-env = "TENANT_DATABASES"     # or targets-command = ["our-tenants", "--urls"]
    # canary = "acme"                      # deployed first, alone
    # parallel = 4
    # max-failures = 0

    # How much may be worked through while the application's writes wait; these are production's defaults.
    # [env.production.impact]
    # max-rows-under-lock = 1000000
    # max-size-under-lock = "1GB"

    # What is in the database on purpose and in no migration.
    # [env.production.drift]
    # ignore = ["pg_partman_*"]

    # `approvals = 1` in [env.production] asks for somebody who wrote none of it; `cargo prisma-safe approve keygen --as alice` makes the line.
    # [approvers]
    #   alice = "ed25519:…"                # the line that it prints

    # A backup before every deploy: taken by this tool (`folder`), by a command, checked by one, or `pitr = true`.
    # [env.production.backup]
    # folder = "backups"

    [guard]
    # What happens to a `prisma migrate deploy` typed by hand against an environment that is not dev: "refuse" or "allow".
    ungated-deploy = "refuse"

    # Whether a new migration keeps the data that it takes away, for its revert: "ask", "always" or "never".
    # [new]
    # keep-data = "always"

    # The level of a lint rule: "allow", "warn" or "deny"; also per kind of environment and per migration.
    # [lint.rules]
    # drop-column = "deny"
    # rename-column = { level = "warn", production = "deny", paths = { "2023*" = "allow" } }

    # What a proof demands beside the revert, and rows of your own for it.
    # [verify]
    # old-application = "fail"             # an expand step that breaks the running version: "fail" or "note"
    # runs-twice = "note"                  # a script that cannot run a second time: "fail" or "note"
    # seed = ["prisma/verify-rows.sql"]
    # prisma-diff = true                   # ask Prisma, too
    # server-env = "VERIFY_URL"            # a server that may be used for it, where nothing else is; default: one of its own
    stderr:
     Would write prisma-safe.toml
     Would write docs/database-migration-policy.md
     Would write templates/sql/revert_migration_template.sql
     Would write templates/sql/expand_migrate_contract_checklist.md
    exit code: 0
    "###);
    assert_eq!(project.files(), before, "a dry run writes nothing");
    assert_snapshot!(project.run(&["init"]).all(), @"
    stderr:
           Wrote prisma-safe.toml
           Wrote docs/database-migration-policy.md
           Wrote templates/sql/revert_migration_template.sql
           Wrote templates/sql/expand_migrate_contract_checklist.md
    Next:
      cargo prisma-safe env list       see which database each environment is
      cargo prisma-safe guard install  keep `prisma migrate reset` away from all but dev
      cargo prisma-safe new <name>     write the next migration, with its revert
    exit code: 0
    ");
    let mut expected = before;
    expected.extend(BROUGHT.map(str::to_owned));
    expected.sort();
    assert_eq!(project.files(), expected, "these and no temporary file");
    // The policy is the team's own text, and names the templates where they are.
    let policy = project.read("docs/database-migration-policy.md");
    assert_eq!(policy, include_str!("../../templates/policy.md"));
    for path in &BROUGHT[2..] {
        assert!(policy.contains(path), "{path}");
    }
    // What was written is understood by the next command.
    assert_snapshot!(project.run(&["env", "list"]).all(), @"
    stdout:
    ENVIRONMENT  KIND        URL FROM                 DATABASE
    dev          dev         DATABASE_URL, from .env  file:[ROOT]/dev.db
    staging      staging     not available here       `STAGING_DATABASE_URL`, the URL of `staging`, is not set
    production   production  not available here       the URL of `production` (PROD_DATABASE_URL, from .env) is not usable: the database URL is for PostgreSQL, and the schema's provider is `sqlite`
    exit code: 0
    ");
}

#[test]
fn it_never_overwrites() {
    let project = TestProject::with_prisma("6.19.3")
        .file(".env", "DATABASE_URL=file:./dev.db\n")
        .file("prisma-safe.toml", "# mine\n")
        .file("docs/database-migration-policy.md", "# ours\n");
    assert_snapshot!(project.run(&["init"]).all(), @"
    stderr:
            Kept prisma-safe.toml: it is there already
            Kept docs/database-migration-policy.md: it is there already
           Wrote templates/sql/revert_migration_template.sql
           Wrote templates/sql/expand_migrate_contract_checklist.md
    Next:
      cargo prisma-safe env list       see which database each environment is
      cargo prisma-safe guard install  keep `prisma migrate reset` away from all but dev
      cargo prisma-safe new <name>     write the next migration, with its revert
    exit code: 0
    ");
    assert_eq!(project.read("prisma-safe.toml"), "# mine\n");
    assert_eq!(project.read("docs/database-migration-policy.md"), "# ours\n");
    // Again: nothing is new.
    let files = project.files();
    assert_snapshot!(project.run(&["init"]).all(), @"
    stderr:
            Kept prisma-safe.toml: it is there already
            Kept docs/database-migration-policy.md: it is there already
       Unchanged templates/sql/revert_migration_template.sql
       Unchanged templates/sql/expand_migrate_contract_checklist.md
    Next:
      cargo prisma-safe env list       see which database each environment is
      cargo prisma-safe guard install  keep `prisma migrate reset` away from all but dev
      cargo prisma-safe new <name>     write the next migration, with its revert
    exit code: 0
    ");
    assert_eq!(project.files(), files);
}

#[test]
fn settings_further_up_are_not_hidden_by_new_ones() {
    let project = TestProject::empty()
        .file("prisma-safe.toml", "# the workspace's\n")
        .file("packages/db/package.json", "{\"devDependencies\": {\"prisma\": \"^6.0.0\"}}")
        .file("packages/db/prisma/schema.prisma", "datasource db {\n provider = \"mysql\"\n url = env(\"DB_URL\")\n}\n")
        .start_in("packages/db");
    assert_snapshot!(project.run(&["init"]).all(), @"
    stderr:
            Kept [ROOT]/prisma-safe.toml: it is there already
           Wrote docs/database-migration-policy.md
           Wrote templates/sql/revert_migration_template.sql
           Wrote templates/sql/expand_migrate_contract_checklist.md
    Next:
      cargo prisma-safe env list       see which database each environment is
      cargo prisma-safe guard install  keep `prisma migrate reset` away from all but dev
      cargo prisma-safe new <name>     write the next migration, with its revert
    exit code: 0
    ");
    assert!(!project.path("packages/db/prisma-safe.toml").exists());
}

#[test]
fn what_it_writes_is_understood_in_every_kind_of_project() {
    for version in ["5.22.0", "6.19.3", "7.10.1"] {
        for (file, text) in [
            (".env", "DATABASE_URL=file:./dev.db\n"),
            (".env.production", ""),
            (".env.example", "STAGING_DB_URL=\nTEST_DATABASE_URL=\nPREVIEW_DATABASE_URI=\n"),
        ] {
            let project = TestProject::with_prisma(version).file(file, text);
            assert_eq!(project.run(&["init"]).code, 0, "{version} {file}");
            let said = project.run(&["env", "list"]);
            assert_eq!(
                (said.code, said.stderr.as_str()),
                (0, ""),
                "{version} {file}: {}",
                project.read("prisma-safe.toml")
            );
        }
    }
}

#[test]
fn everything_that_is_commented_out_is_understood_when_it_is_not() {
    let project = TestProject::with_prisma("7.10.1").file(".env", "DATABASE_URL=file:./dev.db\n");
    assert_eq!(project.run(&["init"]).code, 0);
    let text = project.read("prisma-safe.toml");
    // A commented setting looks like one: `# key = value` or `# [table]`.
    let active: Vec<String> = text
        .lines()
        .map(|line| {
            let bare = line.strip_prefix("# ").unwrap_or(line);
            let is_setting = bare.starts_with('[')
                || bare
                    .split(" = ")
                    .next()
                    .is_some_and(|key| bare.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            if is_setting { bare.to_owned() } else { line.to_owned() }
        })
        .filter(|line| !line.starts_with("schema =") && !line.starts_with("config =") && !line.starts_with("command ="))
        .collect();
    assert!(active.iter().filter(|line| line.starts_with('[')).count() >= 5, "{active:?}");
    let project = project.file("prisma-safe.toml", &active.join("\n"));
    let said = project.run(&["env", "list"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{}", active.join("\n"));
}

#[test]
fn a_url_in_the_schema_is_what_dev_reads() {
    let schema = "datasource db {\n  provider = \"sqlite\"\n  url = \"file:./dev.db\"\n}\n";
    let project = TestProject::with_prisma("6.19.3").file("prisma/schema.prisma", schema);
    assert_eq!(project.run(&["init"]).code, 0);
    assert_snapshot!(project.run(&["env", "show", "dev"]).all(), @"
    stdout:
    dev
      kind      dev, set in prisma-safe.toml:27
      url       file:[ROOT]/prisma/dev.db
                written in prisma/schema.prisma
      database  there is no database at file:[ROOT]/prisma/dev.db: the file `[ROOT]/prisma/dev.db` does not exist
    exit code: 0
    ");
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_loses_nothing() {
    // A file where the folder should be: it stops root, too.
    let project = TestProject::with_prisma("7.10.1").file("docs", "a file\n");
    assert_snapshot!(project.run(&["init"]).all(), @"
    stderr:
    error: `docs/database-migration-policy.md` cannot be read
      caused by: Not a directory (os error 20)
    hint: check who may read `docs/database-migration-policy.md`
    exit code: 2
    ");
    assert_eq!(project.read("docs"), "a file\n");
    // A link that leads nowhere is somebody's, too.
    let project = TestProject::with_prisma("7.10.1").link("prisma-safe.toml", "elsewhere.toml");
    assert!(project.run(&["init"]).stderr.contains("Kept prisma-safe.toml"));
}

#[test]
#[cfg(unix)]
fn a_hostile_file_name_is_no_setting() {
    let project = TestProject::with_prisma("7.10.1").file(".env.staging.\n[env.evil]", "");
    assert_eq!(project.run(&["init"]).code, 0);
    let said = project.run(&["env", "list"]);
    assert_eq!(said.code, 0);
    assert!(!said.stdout.contains("evil"), "{}", said.all());
}
