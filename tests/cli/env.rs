//! `env list` and `env show`: where URLs come from.

use insta::assert_snapshot;

use crate::support::project::TestProject;

const SETTINGS: &str = "dev-hosts = [\"devbox.lan\"]\n\n[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.staging]\nkind = \"staging\"\nurl-file = \"secrets/staging\"\nlock-timeout = \"2s\"\n\n[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_DATABASE_URL\"\nrequires = [\"staging\"]\nsoak = \"24h\"\nstabilization = \"14d\"\nstatement-timeout = \"5m\"\n";

/// A PostgreSQL project: the SQLite one with another provider.
fn postgres(version: &str) -> TestProject {
    let project = TestProject::with_prisma(version);
    let schema = project.read("prisma/schema.prisma").replace("sqlite", "postgresql");
    project.file("prisma/schema.prisma", &schema)
}

#[test]
fn without_settings_the_projects_own_url_is_dev() {
    let project = TestProject::with_prisma("7.10.1").variable("DATABASE_URL", "file:./dev.db");
    assert_snapshot!(project.run(&["env", "list"]).all(), @"
    stdout:
    ENVIRONMENT  KIND  URL FROM                                    DATABASE
    dev          dev   DATABASE_URL, from the process environment  file:[ROOT]/dev.db
    stderr:
    No settings: the project's own URL is `dev`. `cargo prisma-safe init` writes a prisma-safe.toml
    exit code: 0
    ");
    assert_snapshot!(project.run(&["env", "show"]).all(), @"
    stdout:
    dev
      kind      dev, the default
      url       file:[ROOT]/dev.db
                DATABASE_URL, from the process environment
      database  there is no database at file:[ROOT]/dev.db: the file `[ROOT]/dev.db` does not exist
    exit code: 0
    ");
    assert_snapshot!(project.run(&["env", "show", "--offline", "staging"]).all(), @"
    stderr:
    error: there is no environment `staging`
    why: without settings there is one environment, `dev`: the URL that the Prisma project itself reads
    hint: `cargo prisma-safe init` writes a `prisma-safe.toml`; describe `[env.staging]` there
    exit code: 2
    ");
    assert_snapshot!(project.run(&["env", "list", "--env", "staging"]).all(), @"
    stderr:
    error: there is no environment `staging`
    why: without settings there is one environment, `dev`: the URL that the Prisma project itself reads
    hint: `cargo prisma-safe init` writes a `prisma-safe.toml`; describe `[env.staging]` there
    exit code: 2
    ");
}

#[test]
fn the_same_relative_url_means_another_file_before_7() {
    for (version, file) in
        [("7.10.1", "[ROOT]/dev.db"), ("6.19.3", "[ROOT]/prisma/dev.db"), ("5.22.0", "[ROOT]/prisma/dev.db")]
    {
        let said = TestProject::with_prisma(version).variable("DATABASE_URL", "file:./dev.db").run(&[
            "env",
            "show",
            "--offline",
        ]);
        assert!(said.stdout.contains(&format!("file:{file}\n")), "{version}: {}", said.all());
    }
}

#[test]
fn every_environment_is_listed_with_what_is_known() {
    let project = postgres("7.10.1")
        .file("prisma-safe.toml", SETTINGS)
        .file(".env", "DATABASE_URL=\"postgresql://me:hunter2@localhost:5432/app\" # mine\n")
        .file("secrets/staging", "postgresql://u:hunter2@db.staging.example/app?sslmode=require&schema=shop\n");
    assert_snapshot!(project.run(&["env", "list"]).all(), @"
    stdout:
    ENVIRONMENT  KIND        URL FROM                  DATABASE
    dev          dev         DATABASE_URL, from .env   postgresql://localhost:5432/app
    staging      staging     the file secrets/staging  postgresql://db.staging.example:5432/app?schema=shop
    production   production  not available here        `PRODUCTION_DATABASE_URL`, the URL of `production`, is not set
    exit code: 0
    ");
    assert_snapshot!(project.run(&["env", "list", "--env", "production,dev"]).all(), @"
    stdout:
    ENVIRONMENT  KIND        URL FROM                 DATABASE
    production   production  not available here       `PRODUCTION_DATABASE_URL`, the URL of `production`, is not set
    dev          dev         DATABASE_URL, from .env  postgresql://localhost:5432/app
    exit code: 0
    ");
    assert_snapshot!(project.run(&["env", "show", "--offline", "staging"]).all(), @"
    stdout:
    staging
      kind          staging, set in prisma-safe.toml:8
      url           postgresql://db.staging.example:5432/app?schema=shop
                    the file secrets/staging
      lock-timeout  2s, set in prisma-safe.toml:10
    exit code: 0
    ");
    assert_snapshot!(project.run(&["env", "show", "--offline", "--env", "production"]).all(), @"
    stdout:
    production
      kind               production, set in prisma-safe.toml:13
      url                not available here
                         `PRODUCTION_DATABASE_URL`, the URL of `production`, is not set
      requires           staging, set in prisma-safe.toml:15
      soak               24h, set in prisma-safe.toml:16
      stabilization      14d, set in prisma-safe.toml:17
      statement-timeout  5m, set in prisma-safe.toml:18
    stderr:
    error: `PRODUCTION_DATABASE_URL`, the URL of `production`, is not set
    why: set in prisma-safe.toml:14; looked in the process environment and `.env`
    hint: set `PRODUCTION_DATABASE_URL` for this command
    exit code: 2
    ");
    assert_snapshot!(project.run(&["env", "show", "--offline", "stagin"]).all(), @"
    stderr:
    error: there is no environment `stagin`
    hint: did you mean `staging`?
    hint: environments here: dev, staging, production
    exit code: 2
    ");
    assert_snapshot!(project.run(&["env", "list", "--format", "json", "--env", "staging"]).all(), @r#"
    stdout:
    {
      "schema_version": 1,
      "environments": [
        {
          "name": "staging",
          "origin": "set in prisma-safe.toml:7",
          "kind": "staging",
          "kind_origin": "set in prisma-safe.toml:8",
          "url": {
            "available": true,
            "problem": null,
            "from": "the file secrets/staging",
            "redacted": "postgresql://db.staging.example:5432/app?schema=shop",
            "provider": "postgresql",
            "host": "db.staging.example",
            "port": 5432,
            "database": "app",
            "schema": "shop",
            "path": null
          },
          "direct_url": null,
          "policy": [
            {
              "key": "lock-timeout",
              "value": "2s",
              "origin": "set in prisma-safe.toml:10"
            }
          ],
          "database": null
        }
      ]
    }
    exit code: 0
    "#);
}

#[test]
fn the_environment_is_chosen_by_flag_or_variable() {
    let project = postgres("7.10.1").file("prisma-safe.toml", SETTINGS).variable("PRISMA_SAFE_ENV", "production");
    let said = project.run(&["env", "show", "--offline"]);
    assert!(said.stdout.starts_with("production\n"), "{}", said.all());
    let said = project.run(&["env", "show", "--offline", "--env", "staging"]);
    assert!(said.stdout.starts_with("staging\n"), "{}", said.all());
    assert_snapshot!(project.run(&["env", "show", "--offline", "--env", "dev,staging"]).all(), @"
    stderr:
    error: this command works on one environment, and 2 were named: dev, staging
    hint: name one: `--env dev`
    exit code: 2
    ");
    let project = project.variable("PRISMA_SAFE_ENV", "prodution");
    assert_snapshot!(project.run(&["env", "show"]).all(), @"
    stderr:
    error: there is no environment `prodution`
    why: the environment was set by the variable PRISMA_SAFE_ENV
    hint: did you mean `production`?
    hint: environments here: dev, staging, production
    exit code: 2
    ");
    let said = project.variable("PRISMA_SAFE_ENV", "").run(&["env", "show", "--offline"]);
    assert!(said.stdout.starts_with("dev\n"), "{}", said.all());
    let without_dev = "[env.a]\nurl-env = \"A\"\n[env.b]\nurl-env = \"B\"\n";
    assert_snapshot!(postgres("7.10.1").file("prisma-safe.toml", without_dev).run(&["env", "show", "--offline"]).all(), @"
    stderr:
    error: which environment?
    why: the settings have no `dev`, and a guess could be production
    hint: add `--env a`
    hint: add `--env b`
    exit code: 2
    ");
}

#[test]
fn the_process_comes_before_env_files_and_empty_is_not_set() {
    let project = postgres("6.19.3").file(".env", "DATABASE_URL=postgresql://file.example/app\n");
    let from = |project: &TestProject| {
        project.run(&["env", "show", "--offline"]).stdout.lines().nth(3).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(from(&project), "DATABASE_URL, from .env");
    let project = project.variable("DATABASE_URL", "");
    assert_eq!(from(&project), "DATABASE_URL, from .env");
    let project = project.variable("DATABASE_URL", "postgresql://process.example/app");
    assert_eq!(from(&project), "DATABASE_URL, from the process environment");
}

#[test]
fn an_env_file_that_prisma_7_does_not_read_is_the_trap_that_is_named() {
    let project = TestProject::with_prisma("7.10.1").file(".env", "DATABASE_URL=file:./hunter2.db\n");
    let config = project.read("prisma.config.ts").replace("import \"dotenv/config\";\n", "");
    assert_snapshot!(project.file("prisma.config.ts", &config).run(&["env", "show", "--offline"]).all(), @"
    stdout:
    dev
      kind  dev, the default
      url   not available here
            `DATABASE_URL`, the URL of `dev`, is not set
    stderr:
    error: `DATABASE_URL`, the URL of `dev`, is not set
    why: named by the Prisma project; `.env` has it, but Prisma reads no `.env` by itself once there is a Prisma config, and the config does not load it
    hint: `set -a; . .env; set +a` sets `DATABASE_URL` in this shell
    hint: or add `import 'dotenv/config'` at the top of the Prisma config
    exit code: 2
    ");
}

#[test]
fn direct_url_is_where_migrations_go_before_7() {
    let schema = "datasource db {\n  provider  = \"postgresql\"\n  url       = env(\"DATABASE_URL\")\n  directUrl = env(\"DIRECT_URL\")\n}\n";
    let project = TestProject::with_prisma("6.19.3")
        .file("prisma/schema.prisma", schema)
        .file(".env", "DATABASE_URL=postgresql://u:hunter2@pooler.example:6543/app?pgbouncer=true\nDIRECT_URL=postgresql://u:hunter2@db.example/app\n");
    assert_snapshot!(project.run(&["env", "show", "--offline"]).all(), @"
    stdout:
    dev
      kind        dev, the default
      url         postgresql://pooler.example:6543/app
                  DATABASE_URL, from .env
      direct url  postgresql://db.example:5432/app
                  DIRECT_URL, from .env
    exit code: 0
    ");
    // The settings name the same variable: still where Prisma would go.
    let project = project.file("prisma-safe.toml", "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n");
    assert!(project.run(&["env", "show", "--offline"]).stdout.contains("DIRECT_URL, from .env"));
}

#[test]
fn urls_that_cannot_be_told_or_used() {
    let project = TestProject::with_prisma("7.10.1");
    let config = project.read("prisma.config.ts");
    let computed = config.replace("env(\"DATABASE_URL\")", "await fetchUrl()");
    assert_snapshot!(project.file("prisma.config.ts", &computed).run(&["env", "show", "--offline"]).all(), @r#"
    stdout:
    dev
      kind  dev, the default
      url   not available here
            the URL in `prisma.config.ts` can only be told by running it
    stderr:
    error: the URL in `prisma.config.ts` can only be told by running it
    why: the database that is checked must be the one that Prisma goes to, so it is never guessed
    hint: name the variable that Prisma reads: `url-env = "DATABASE_URL"` under `[prisma]` in prisma-safe.toml
    exit code: 2
    "#);
    let none = TestProject::with_prisma("7.10.1").file("prisma.config.ts", "export default {}\n");
    assert_snapshot!(none.run(&["env", "show", "--offline"]).all(), @r#"
    stdout:
    dev
      kind  dev, the default
      url   not available here
            neither the schema `prisma/schema.prisma` nor a Prisma config says where the database is
    stderr:
    error: neither the schema `prisma/schema.prisma` nor a Prisma config says where the database is
    why: the database that is checked must be the one that Prisma goes to, so it is never guessed
    hint: name the variable that Prisma reads: `url-env = "DATABASE_URL"` under `[prisma]` in prisma-safe.toml
    exit code: 2
    "#);
    let foreign = TestProject::with_prisma("7.10.1").variable("DATABASE_URL", "mysql://u:hunter2@h/db");
    assert_snapshot!(foreign.run(&["env", "show", "--offline"]).all(), @"
    stdout:
    dev
      kind  dev, the default
      url   not available here
            the URL of `dev` (DATABASE_URL, from the process environment) is not usable: the database URL is for MySQL/MariaDB, and the schema's provider is `sqlite`
    stderr:
    error: the URL of `dev` (DATABASE_URL, from the process environment) is not usable: the database URL is for MySQL/MariaDB, and the schema's provider is `sqlite`
    why: Prisma answers P1012 to it, and migrations written for one database do not fit another
    hint: correct the URL, or `provider` in the datasource block of the schema
    exit code: 2
    ");
}

#[test]
#[cfg(unix)]
fn a_command_prints_the_url_and_nobody_else_sees_it() {
    let settings = "[env.production]\nkind = \"production\"\nurl-command = [\"./bin/secret\", \"read\", \"db url\"]\n";
    let project = |script: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let project = postgres("7.10.1").file("prisma-safe.toml", settings).file("bin/secret", script);
        std::fs::set_permissions(project.path("bin/secret"), std::fs::Permissions::from_mode(0o755)).unwrap();
        project
    };
    let good =
        project("#!/bin/sh\necho \"reading $2 from $(pwd)\" >&2\necho 'postgresql://u:hunter2@prod.example/app'\n");
    assert_snapshot!(good.run(&["env", "show", "--offline", "production"]).all(), @"
    stdout:
    production
      kind  production, set in prisma-safe.toml:2
      url   postgresql://prod.example:5432/app
            printed by `./bin/secret`
    stderr:
    reading db url from [ROOT]
    exit code: 0
    ");
    let bad = project("#!/bin/sh\necho hunter2\necho 'not logged in' >&2\nexit 7\n");
    assert_snapshot!(bad.run(&["env", "show", "--offline", "production"]).all(), @"
    stdout:
    production
      kind  production, set in prisma-safe.toml:2
      url   not available here
            the URL of `production` could not be had from `./bin/secret`: it ended with exit code 7
    stderr:
    not logged in
    error: the URL of `production` could not be had from `./bin/secret`: it ended with exit code 7
    hint: run the `url-command` of `[env.production]` by hand to see what it says
    exit code: 2
    ");
}

#[test]
#[cfg(unix)]
fn a_command_is_run_once_however_many_look() {
    use std::os::unix::fs::PermissionsExt as _;

    let settings = "[env.a]\nkind = \"staging\"\nurl-command = [\"./secret\"]\n[env.b]\nurl-command = [\"./secret\"]\n";
    let script = "#!/bin/sh\necho run >> runs\necho 'postgresql://u:hunter2@prod.example/app'\n";
    let project = postgres("7.10.1").file("prisma-safe.toml", settings).file("secret", script);
    std::fs::set_permissions(project.path("secret"), std::fs::Permissions::from_mode(0o755)).expect("our own file");
    let said = project.run(&["env", "list"]);
    assert_eq!(said.stdout.matches("postgresql://prod.example:5432/app").count(), 2, "{}", said.all());
    assert_eq!(project.read("runs"), "run\n");
}
