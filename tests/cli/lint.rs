//! `lint` and `explain`, as a user types them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::project::{Said, TestProject};

const LOCK: &str = "provider = \"postgresql\"\n";

/// A migrations folder for PostgreSQL, without a Prisma project around it.
fn folder(migrations: &[(&str, &str)]) -> TestProject {
    migrations.iter().fold(TestProject::empty().file("migrations/migration_lock.toml", LOCK), |project, (name, sql)| {
        project.file(&format!("migrations/{name}/migration.sql"), sql)
    })
}

fn json(project: &TestProject, arguments: &[&str]) -> (Value, i32) {
    let said = project.run(&[&["lint", "--format", "json"], arguments].concat());
    let document = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.all()));
    (document, said.code)
}

/// `migration line: rule level`, one line per finding.
fn findings(project: &TestProject, arguments: &[&str]) -> String {
    let (document, code) = json(project, arguments);
    let mut text = String::new();
    for found in document["findings"].as_array().expect("an array") {
        let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        text.push_str(&format!(
            "{} line {}: {} {}\n",
            part(&found["migration"]),
            found["location"]["line"],
            part(&found["rule"]),
            part(&found["level"])
        ));
    }
    text + &format!("exit code {code}")
}

fn with_stdin(project: &TestProject, arguments: &[&str], input: &[u8]) -> Said {
    let mut child = project
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("it is piped").write_all(input).expect("it reads");
    project.said(child.wait_with_output().expect("it ends"))
}

const DROP: &str = "-- DropTable\nDROP TABLE \"users\";\n";

#[test]
fn a_finding_says_where_why_what_instead_and_who_set_the_level() {
    let project = folder(&[("20260101120000_drop", DROP)]);
    assert_snapshot!(project.run(&["lint", "migrations", "--only", "drop-table"]).all(), @r#"
    stdout:
    error[PS101]: dropping `users` deletes the table and all its rows
     --> migrations/20260101120000_drop/migration.sql:2:12
      |
    2 | DROP TABLE "users";
      |            ^^^^^^^
      |
      = why: The rows of `users` are gone for good once this commits, and every query of the
             application that still runs and uses the table fails at that moment.
      = help: first deploy an application that does not use `users`; then move the table out of the way, which can be undone:
              ALTER TABLE "users" RENAME TO "users_to_drop";
              and drop `users_to_drop` after the soak time, with a revert script:
              -- prisma-safe: allow drop-table reason="unused since …, rows kept in …"
      = query: ask the database whether it matters:
               SELECT count(*) FROM "users";
      = note: `drop-table` is `deny`, by default
              more: cargo prisma-safe explain drop-table
              to allow it, above the statement: -- prisma-safe: allow drop-table reason="…"

    1 migration, 1 statement, all understood: 1 finding (deny)
    exit code: 1
    "#);
}

#[test]
fn a_quiet_migration_ends_with_zero() {
    let project = folder(&[(
        "20260101120000_init",
        "CREATE TABLE \"a\" (\"id\" INTEGER NOT NULL, CONSTRAINT \"a_pkey\" PRIMARY KEY (\"id\"));\n",
    )]);
    assert_snapshot!(project.run(&["lint", "migrations"]).all(), @r"
    stdout:
    1 migration, 1 statement, all understood: no findings
    exit code: 0
    ");
}

#[test]
fn one_broken_migration_stops_nothing_and_is_told() {
    let project = folder(&[("20260101120000_a", DROP), ("20260104120000_d", DROP)])
        .bytes("migrations/20260102120000_b/migration.sql", b"SELECT 1;\nSELECT '\xff';\n")
        .file("migrations/20260103120000_c/README.md", "no script\n");
    assert_snapshot!(findings(&project, &["migrations", "--only", "drop-table,unreadable-migration"]), @r"
    20260101120000_a line 2: drop-table deny
    20260102120000_b line 2: unreadable-migration deny
    20260103120000_c line 1: unreadable-migration deny
    20260104120000_d line 2: drop-table deny
    exit code 1
    ");
    let said = project.run(&["lint", "migrations/20260102120000_b", "migrations/20260103120000_c"]);
    assert_snapshot!(said.all(), @r#"
    stdout:
    error[PS000]: the file is not UTF-8: byte 18 (line 2) cannot be read as text
    --> migrations/20260102120000_b/migration.sql:2
     = why: Prisma reads migrations as UTF-8 and would stop here in the middle of a deploy.
     = help: save the file as UTF-8, or find the byte with `iconv -f UTF-8 -t UTF-8 migration.sql`
     = note: `unreadable-migration` is `deny`, by default
             more: cargo prisma-safe explain unreadable-migration

    error[PS000]: `20260103120000_c` has no `migration.sql`
    --> migrations/20260103120000_c/migration.sql:1
     = why: Prisma takes every directory in the migrations folder for a migration: `migrate
            deploy` stops at this one (P3015), after it has applied those before it.
     = help: restore `20260103120000_c/migration.sql` from version control, or move the directory out of the migrations folder
     = note: `unreadable-migration` is `deny`, by default

    2 migrations, 0 statements: 2 findings (deny)
    exit code: 1
    "#);
}

#[test]
fn directives_allow_one_statement_or_the_file_and_never_silently() {
    let text = "-- prisma-safe: allow drop-table reason=\"unused since March\"\nDROP TABLE \"a\";\nDROP TABLE \"b\";\n";
    let dead = "-- prisma-safe: allow drop-table reason=\"x\"\nSELECT 1;\n";
    let over = "-- prisma-safe: allow drop-table reason=\"x\" until=2020-01-31\nDROP TABLE \"a\";\n";
    let file = "DROP TABLE \"a\";\n-- prisma-safe: allow-file drop-table reason=\"all of it\"\nDROP TABLE \"b\";\n";
    let typo = "-- prisma-safe: allow drop-tabel reason=\"x\"\nDROP TABLE \"a\";\n";
    let mute = "-- prisma-safe: allow drop-table\nDROP TABLE \"a\";\n";
    let project = folder(&[
        ("20260101120000_one", text),
        ("20260102120000_dead", dead),
        ("20260103120000_over", over),
        ("20260104120000_file", file),
        ("20260105120000_typo", typo),
        ("20260106120000_mute", mute),
    ]);
    let rules = "drop-table,dead-directive,expired-directive,malformed-directive,unknown-rule-in-directive";
    let quiet = ["migrations", "--only", rules];
    assert_snapshot!(findings(&project, &quiet), @r"
    20260101120000_one line 3: drop-table deny
    20260102120000_dead line 1: dead-directive warn
    20260103120000_over line 1: expired-directive warn
    20260103120000_over line 2: drop-table deny
    20260105120000_typo line 1: unknown-rule-in-directive deny
    20260105120000_typo line 2: drop-table deny
    20260106120000_mute line 1: malformed-directive deny
    20260106120000_mute line 2: drop-table deny
    exit code 1
    ");
    assert_eq!(json(&project, &quiet).0["summary"]["allowed"], 3);
}

#[test]
fn a_rule_that_is_off_speaks_when_it_is_named() {
    let table = "CREATE TABLE \"users\" (\"id\" SERIAL NOT NULL, CONSTRAINT \"users_pkey\" PRIMARY KEY (\"id\"));\n";
    let allowed = format!("-- prisma-safe: allow narrow-id reason=\"a dozen rows\"\n{table}");
    let dead = "-- prisma-safe: allow-file PS307 reason=\"none\"\nSELECT 1;\n";
    let migrations =
        [("20260101120000_one", table), ("20260102120000_allowed", &*allowed), ("20260103120000_dead", dead)];
    let project = folder(&migrations);
    // Off: but a directive about it is still known to be dead or not.
    assert_snapshot!(findings(&project, &["migrations"]), @r"
    20260103120000_dead line 1: dead-directive warn
    exit code 0
    ");
    for (arguments, expected) in [
        (
            ["migrations", "--warn", "narrow-id"],
            "20260101120000_one line 1: narrow-id warn\n20260103120000_dead line 1: dead-directive warn\nexit code 0",
        ),
        (
            ["migrations", "--deny", "narrow-id"],
            "20260101120000_one line 1: narrow-id deny\n20260103120000_dead line 1: dead-directive warn\nexit code 1",
        ),
        (["migrations", "--only", "narrow-id"], "20260101120000_one line 1: narrow-id warn\nexit code 0"),
    ] {
        assert_eq!(findings(&project, &arguments).trim(), expected, "{arguments:?}");
    }
    let project = project.file("prisma-safe.toml", "[lint.rules]\nnarrow-id = \"warn\"\n");
    assert_snapshot!(project.run(&["lint", "migrations/20260101120000_one/migration.sql"]).all(), @r#"
    stdout:
    warning[PS307]: `users`.`id` counts in 32 bits: its last number is 2147483647
     --> migrations/20260101120000_one/migration.sql:1:28
      |
    1 | CREATE TABLE "users" ("id" SERIAL NOT NULL, CONSTRAINT "users_pkey" PRIMARY KEY ("id"));
      |                            ^^^^^^
      |
      = why: After 2147483647 every insert into `users` fails. To widen the column then means to
             write the whole table anew, with every foreign key that points at it.
      = help: Take the wide type while the table is empty:
              "id" BIGSERIAL NOT NULL
              In Prisma's schema, and `BigInt` for the fields that point at it:
              id BigInt @id @default(autoincrement())
      = note: `narrow-id` is `warn`, set in prisma-safe.toml:2
              more: cargo prisma-safe explain narrow-id
              to allow it, above the statement: -- prisma-safe: allow narrow-id reason="…"

    1 migration, 1 statement, all understood: 1 finding (warn)
    exit code: 0
    "#);
}

#[test]
fn levels_come_from_flags_paths_kinds_and_say_so() {
    let settings = "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION\"\n\n[lint.rules]\ndrop-table = { level = \"deny\", dev = \"allow\", paths = { \"2025*\" = \"warn\" } }\n";
    let project =
        folder(&[("20250101120000_old", DROP), ("20260101120000_new", DROP)]).file("prisma-safe.toml", settings);
    let origins = |arguments: &[&str]| {
        let (document, code) = json(&project, &[&["migrations", "--only", "drop-table"], arguments].concat());
        let found = document["findings"].as_array().expect("an array").clone();
        let words: Vec<String> = found.iter().map(|f| format!("{} ({})", f["level"], f["level_origin"])).collect();
        format!("{} {code}", words.join(", "))
    };
    assert_snapshot!(origins(&[]), @r#""warn" ("set in prisma-safe.toml:10"), "deny" ("set in prisma-safe.toml:10") 1"#);
    assert_snapshot!(origins(&["--env", "dev"]), @r#""warn" ("set in prisma-safe.toml:10") 0"#);
    assert_snapshot!(origins(&["--warn", "PS101"]), @r#""warn" ("set by --warn"), "warn" ("set by --warn") 0"#);
    assert_snapshot!(project.run(&["lint", "migrations", "--deny", "drop-tabel"]).all(), @r"
    stderr:
    error: there is no rule `drop-tabel` (set by --deny)
    why: a level for a rule that does not exist would silently have no effect
    hint: for `drop-tabel` did you mean `drop-table`?
    hint: all rules: `cargo prisma-safe lint --list`
    exit code: 2
    ");
}

#[test]
fn files_folders_names_and_standard_input() {
    let project = TestProject::with_prisma("7.10.1")
        .file(
            "prisma/migrations/20260101120000_init/migration.sql",
            "CREATE TABLE \"a\" (\"id\" INTEGER NOT NULL PRIMARY KEY);\n",
        )
        .file("prisma/migrations/20260102120000_drop_a/migration.sql", "DROP TABLE \"a\";\n")
        .file("prisma/migrations/migration_lock.toml", "provider = \"sqlite\"\n")
        .file("loose/001_drop.sql", "DROP TABLE \"x\";\n")
        .file("loose/002_more.SQL", "DROP TABLE \"y\";\n")
        .file("loose/002_more.down.sql", "DROP TABLE \"not_this\";\n")
        .file("loose/notes.txt", "DROP TABLE \"nor_this\";\n")
        .file("nothing/notes.txt", "");
    let only_drops = |arguments: &[&str]| findings(&project, &[arguments, &["--only", "drop-table"]].concat());
    let one = "20260102120000_drop_a line 1: drop-table deny\nexit code 1";
    for target in [
        "20260102120000_drop_a",
        "drop_a",
        "prisma/migrations/20260102120000_drop_a",
        "prisma/migrations/20260102120000_drop_a/migration.sql",
        "prisma/migrations",
        "prisma",
    ] {
        assert_eq!(only_drops(&[target]), one, "{target}");
    }
    assert_eq!(only_drops(&[]), one);
    assert_snapshot!(only_drops(&["loose"]), @r"
    001_drop.sql line 1: drop-table deny
    002_more.SQL line 1: drop-table deny
    exit code 1
    ");
    assert_snapshot!(project.run(&["lint", "drop_b"]).all(), @r"
    stderr:
    error: `drop_b` is neither a file, nor a folder, nor a migration of this project
    hint: did you mean `20260102120000_drop_a`?
    exit code: 2
    ");
    assert_snapshot!(project.run(&["lint", "nothing"]).all(), @r"
    stderr:
    error: there is no SQL in `nothing`
    why: a run that judges nothing must not look like a good one
    hint: name a migrations folder, one migration, or a folder that holds .sql files
    exit code: 2
    ");
    let said = with_stdin(&project, &["lint", "-", "--only", "drop-table,blocking-index-build"], b"DROP TABLE \"z\";");
    assert!(said.stdout.contains("--> stdin:1:12"), "{}", said.all());
    assert_eq!(said.code, 1);
}

#[test]
fn outside_of_a_project_the_database_has_to_be_said() {
    let project = TestProject::empty().file("x.sql", "DROP TABLE a;\n");
    assert_snapshot!(project.run(&["lint", "x.sql"]).all(), @r"
    stderr:
    error: which database is `x.sql` for?
    why: what a statement locks and destroys depends on the database; a guess could call it safe
    hint: say it: `--provider postgresql`, or mysql (MariaDB too), sqlite, sqlserver
    exit code: 2
    ");
    for provider in ["postgresql", "postgres", "mysql", "mariadb", "sqlite", "sqlserver", "mssql"] {
        let said = project.run(&["lint", "x.sql", "--provider", provider]);
        assert_eq!(said.code, 1, "{provider}: {}", said.all());
    }
    assert_eq!(project.run(&["lint", "x.sql", "--provider", "oracle"]).code, 2);
    assert_eq!(project.run(&["lint", "x.sql", "--provider", "mysql", "--server-version", "new"]).code, 2);
}

#[test]
fn a_baseline_holds_what_is_known_and_nothing_new() {
    let project = folder(&[("20260101120000_a", DROP)]);
    let known = ["lint", "migrations", "--baseline", "known.json"];
    assert_eq!(project.run(&known).code, 2, "there is none yet");
    let said = project.run(&[&known[..], &["--write-baseline"]].concat());
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{}", said.all());
    assert_eq!(project.run(&known).code, 0);
    // Lines move, the statement stays.
    let project = project.file("migrations/20260101120000_a/migration.sql", &format!("-- more\n\n{DROP}"));
    assert_eq!(project.run(&known).code, 0);
    // A second one of the same kind is new.
    let project = project.file("migrations/20260101120000_a/migration.sql", &format!("{DROP}{DROP}"));
    assert_eq!(project.run(&known).code, 1);
    let project = project.file("known.json", "{\"schema_version\": 9, \"findings\": []}");
    assert_snapshot!(project.run(&known).all(), @r"
    stderr:
    error: the baseline `known.json` cannot be used: it has schema_version 9, and 1 is known
    why: findings could be left out, or told, that should not be
    hint: write it again: `cargo prisma-safe lint --baseline known.json --write-baseline`
    exit code: 2
    ");
}

fn git(project: &TestProject, arguments: &[&str]) {
    let said = Command::new("git")
        .arg("-C")
        .arg(project.root())
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git starts");
    assert!(said.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn since_judges_what_a_branch_adds_or_edits() {
    if Command::new("git").arg("--version").output().is_err() {
        return crate::support::skip_or_fail("git is not installed: `--since` is not tested");
    }
    let project = folder(&[("20260101120000_a", DROP), ("20260102120000_b", DROP)]);
    let since = ["migrations", "--since", "main", "--only", "drop-table"];
    git(&project, &["init", "--quiet", "--initial-branch=main", "."]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "old"]);
    git(&project, &["checkout", "--quiet", "-b", "work"]);
    assert_eq!(findings(&project, &since), "exit code 0");
    let project = project
        .file("migrations/20260102120000_b/migration.sql", &format!("{DROP}-- edited\n"))
        .file("migrations/20260103120000_c/migration.sql", DROP);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "new"]);
    let project = project.file("migrations/20260104120000_untracked/migration.sql", DROP);
    assert_snapshot!(findings(&project, &since), @r"
    20260102120000_b line 2: drop-table deny
    20260103120000_c line 2: drop-table deny
    20260104120000_untracked line 2: drop-table deny
    exit code 1
    ");
    assert_snapshot!(project.run(&["lint", "migrations", "--since", "--output=x"]).all(), @r"
    stderr:
    error: unexpected argument `--output` found
    hint: to pass `--output` as a value, use `-- --output`
    hint: usage: `cargo prisma-safe lint <PATHS|NAMES>...`
    hint: `--help` shows what the command takes
    exit code: 2
    ");
    assert_snapshot!(project.run(&["lint", "migrations", "--since", "origin/main"]).all(), @r"
    stderr:
    error: git does not know `origin/main`
    hint: fetch it: `git fetch origin main`
    hint: see what there is: `git branch --all`
    exit code: 2
    ");
}

#[test]
fn since_outside_of_a_repository_says_so() {
    let project = folder(&[("20260101120000_a", DROP)]);
    assert_snapshot!(project.run(&["lint", "migrations", "--since", "main"]).all(), @r"
    stderr:
    error: `migrations` is not in a git repository
    hint: name the migrations that are to be judged
    exit code: 2
    ");
}

#[test]
fn a_table_of_the_same_branch_is_not_there_yet() {
    let create = "CREATE TABLE \"new\" (\"id\" INTEGER NOT NULL, CONSTRAINT \"new_pkey\" PRIMARY KEY (\"id\"));\n";
    let index = "CREATE INDEX \"new_id_idx\" ON \"new\"(\"id\");\n";
    let project = folder(&[("20260101120000_old", "SELECT 1;\n")]);
    git(&project, &["init", "--quiet", "--initial-branch=main", "."]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "-m", "old"]);
    let project = project
        .file("migrations/20260102120000_create/migration.sql", create)
        .file("migrations/20260103120000_index/migration.sql", index);
    assert_eq!(
        findings(&project, &["migrations", "--since", "HEAD", "--only", "drop-table,blocking-index-build"]),
        "exit code 0"
    );
    // Judged alone, the table counts as one that production has.
    let alone = findings(&project, &["migrations/20260103120000_index", "--only", "drop-table,blocking-index-build"]);
    assert!(alone.contains("blocking-index-build"), "{alone}");
}

const INDEX: &str = "CREATE INDEX \"users_name_idx\" ON \"users\"(\"name\");\n";

#[test]
fn a_fix_is_shown_and_written_only_when_asked() {
    let project = folder(&[("20260101120000_index", INDEX)]);
    let before = project.files();
    let shown = project.run(&["lint", "migrations", "--fix"]);
    assert_eq!(project.files(), before, "nothing is written");
    assert_eq!(project.read("migrations/20260101120000_index/migration.sql"), INDEX);
    assert!(shown.stdout.starts_with("--- a/migrations/20260101120000_index/migration.sql\n"), "{}", shown.all());
    let written = project.run(&["lint", "migrations", "--fix", "--write"]);
    assert_eq!(written.code, 0, "{}", written.all());
    assert_ne!(project.read("migrations/20260101120000_index/migration.sql"), INDEX);
    let again = project.run(&["lint", "migrations", "--fix"]);
    assert!(again.stdout.is_empty() && again.stderr.contains("nothing here can be fixed"), "{}", again.all());
    let left = findings(&project, &["migrations"]);
    assert!(!left.contains("blocking-index-build"), "{left}");
}

#[test]
fn rules_are_listed_and_explained() {
    let project = TestProject::empty();
    let list = project.run(&["lint", "--list"]);
    assert!(list.stdout.contains("PS101  drop-table"), "{}", list.all());
    let document: Value =
        serde_json::from_str(&project.run(&["lint", "--list", "--format", "json"]).stdout).expect("JSON");
    assert!(document["rules"].as_array().is_some_and(|rules| rules.len() > 20));
    let page = project.run(&["explain", "drop-table"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    assert!(page.stdout.starts_with("# drop-table (PS101)\n"), "{}", page.stdout);
    assert_eq!(project.run(&["explain", "ps101"]).stdout, page.stdout);
    assert_snapshot!(project.run(&["explain", "drop-tabel"]).all(), @r"
    stderr:
    error: there is no rule `drop-tabel`
    hint: did you mean `cargo prisma-safe explain drop-table`?
    hint: all rules: `cargo prisma-safe lint --list`
    exit code: 2
    ");
    assert_snapshot!(project.run(&["explain", "table-drop"]).all(), @r"
    stderr:
    error: there is no rule `table-drop`
    hint: did you mean `cargo prisma-safe explain drop-table`?
    hint: all rules: `cargo prisma-safe lint --list`
    exit code: 2
    ");
}

#[test]
fn many_migrations_are_told_in_order() {
    let names: Vec<String> = (0..300).map(|at| format!("20260101{:06}_m", at)).collect();
    let migrations: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), DROP)).collect();
    let project = folder(&migrations);
    let (document, _) = json(&project, &["migrations"]);
    let mut told: Vec<&str> =
        document["findings"].as_array().expect("an array").iter().filter_map(|f| f["migration"].as_str()).collect();
    told.dedup();
    assert_eq!(told, names);
    assert_eq!(document["summary"]["migrations"], 300);
}

#[test]
fn windows_lines_and_a_byte_order_mark_do_not_move_the_place() {
    let text = "\u{feff}-- c\r\nDROP TABLE \"ü\", \"users\";\r\n";
    let project = folder(&[("20260101120000_a", text)]);
    let (document, _) = json(&project, &["migrations"]);
    let found: Vec<_> =
        document["findings"].as_array().expect("an array").iter().filter(|f| f["rule"] == "drop-table").collect();
    assert_eq!(found[0]["location"]["line"], 2);
    assert_eq!(found[0]["location"]["column"], 12);
    assert_eq!(found[1]["location"]["column"], 17);
    let human = project.run(&["lint", "migrations"]).stdout;
    assert!(!human.contains('\r') && !human.contains("\\u{d}"), "{human}");
}

#[test]
fn a_new_migration_is_judged_at_once_and_written_all_the_same() {
    let project = TestProject::with_prisma("7.10.1").file("drop.sql", "DROP TABLE \"a\";\n");
    let said = project.run(&["new", "drop", "a", "--sql", "drop.sql"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{}", said.all());
    assert!(said.stderr.contains("error[PS101]: dropping `a` deletes the table and all its rows"), "{}", said.all());
    let last = said.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("hint: read "), "{}", said.all());
    // Settings that name no rule are told, and do not undo what was written.
    let project = TestProject::with_prisma("7.10.1").file("drop.sql", "DROP TABLE \"a\";\n").file(
        "prisma-safe.toml",
        "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[lint.rules]\nno-such-rule = \"deny\"\n",
    );
    let said = project.run(&["new", "drop", "a", "--sql", "drop.sql"]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(said.stderr.contains("was not judged: there is no rule `no-such-rule`"), "{}", said.all());
}

#[test]
fn sql_that_must_not_run_in_a_transaction_moves_into_the_next_migration() {
    let text = "ALTER TABLE \"users\" ADD COLUMN \"nick\" TEXT;\r\n\r\nCREATE INDEX \"users_name_idx\" ON \"users\"(\"name\");\r\n";
    let project = folder(&[("20260101120000_index", text), ("29990101120000_later", "SELECT 1;\n")]);
    let only = ["lint", "migrations/20260101120000_index", "--fix", "--only", "blocking-index-build"];
    let shown = project.run(&only);
    assert!(shown.stdout.contains("+++ b/migrations/29990101120001_"), "after every other one: {}", shown.all());
    let written = project.run(&[&only[..], &["--write"]].concat());
    assert_eq!(written.code, 0, "{}", written.all());
    let files = project.files();
    let new: Vec<&String> = files.iter().filter(|file| file.starts_with("migrations/29990101120001_")).collect();
    let [new] = new.as_slice() else { panic!("one new file: {files:?}") };
    assert!(project.read(new).contains("CREATE INDEX CONCURRENTLY"), "{}", project.read(new));
    let left = project.read("migrations/20260101120000_index/migration.sql");
    assert!(
        left.starts_with("ALTER TABLE \"users\" ADD COLUMN \"nick\" TEXT;\r\n") && !left.contains("CREATE INDEX"),
        "{left:?}"
    );
    assert!(!left.replace("\r\n", "").contains('\n'), "line ends are those of the file: {left:?}");
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_changes_no_exit_code_and_a_full_disk_is_told() {
    let names: Vec<String> = (0..400).map(|at| format!("20260101{at:06}_m")).collect();
    let migrations: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), DROP)).collect();
    let project = folder(&migrations);
    let mut child = project.command(&["lint", "migrations"]).stdout(Stdio::piped()).spawn().expect("the binary starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let said =
            project.command(&["lint", "migrations"]).stdout(full).stderr(Stdio::piped()).output().expect("it starts");
        assert_snapshot!(project.said(said).all(), @r"
        stderr:
        error: cannot write the findings to standard output
          caused by: No space left on device (os error 28)
        why: what was written is not whole
        hint: check the space on the disk that it is written to
        exit code: 2
        ");
    }
}

/// A warning that was mended must not stand for a finding that is still denied.
#[test]
fn after_writing_fixes_the_exit_code_is_that_of_what_is_left() {
    let sql = "DROP TABLE \"old\";\nDROP INDEX \"old_idx\";\n";
    let project = folder(&[("20260101120000_drop", sql)]);
    let only = ["lint", "migrations", "--only", "drop-table", "--only", "blocking-index-drop"];
    let levels = ["--deny", "drop-table", "--warn", "blocking-index-drop", "--fix", "--write"];
    let written = project.run(&[&only[..], &levels[..]].concat());
    assert_eq!(written.code, 1, "{}", written.all());
    assert!(written.stderr.contains("1 fix"), "{}", written.all());
}
