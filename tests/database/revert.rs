//! Migrations taken back on real databases: what is lost is counted there, a script that cannot go on leaves nothing or says what it left, and
//! whoever is killed, the ledger tells the truth.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::fixture::{self, lock_is_mine};
use crate::project::{Project, Run};
use crate::support::servers::{self, TestDatabase};

const FIRST: &str = "20260101000000_init";
const LAST: &str = "20260201000000_add_full_name";

/// A project with two migrations that are applied in the database, and a revert script for the second.
fn project(provider: &str, database: &TestDatabase, settings: &str, scripts: [&str; 3]) -> Project {
    let [first, last, revert] = scripts;
    let mut project = Project::new(provider);
    for (day, slug) in (1..).zip(["a", "b", "c", "d", "e", "f"]) {
        project.remove_migration(&format!("2026010{day}000000_{slug}"));
    }
    project.migration(FIRST, first);
    project.migration(LAST, last);
    project.write(&format!("prisma/migrations/{LAST}/revert_add_full_name.sql"), revert);
    project.write(
        "prisma-safe.toml",
        &format!("[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n{settings}"),
    );
    project.set("DATABASE_URL", &database.url());
    let mut session = database.session();
    session.execute(fixture::table(database.server.kind));
    for (name, sql, second) in [(FIRST, first, 1), (LAST, last, 2)] {
        session.execute(sql);
        let checksum: String = Sha256::digest(sql).iter().map(|byte| format!("{byte:02x}")).collect();
        session.execute(&format!(
            "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count) \
             VALUES ('{second}', '{checksum}', '2026-02-01 10:00:0{second}', '{name}', '2026-02-01 10:00:0{second}', 1)"
        ));
    }
    project
}

#[track_caller]
fn ends(run: Run, code: i32, says: &[&str]) -> Run {
    for text in says {
        assert!(run.stdout.contains(text) || run.stderr.contains(text), "no {text:?} in {}", run.shown());
    }
    assert_eq!(run.code, code, "{}", run.shown());
    run
}

fn rolled_back(database: &TestDatabase) -> Vec<String> {
    database
        .session()
        .column("SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at IS NOT NULL ORDER BY started_at")
}

fn wait_for(what: &str, mut look: impl FnMut() -> bool) {
    let started = Instant::now();
    while !look() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const POSTGRES: [&str; 3] = [
    "CREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"email\" TEXT NOT NULL);\n",
    "ALTER TABLE \"User\" ADD COLUMN \"fullName\" TEXT, ADD COLUMN \"level\" INTEGER NOT NULL DEFAULT 1;\nCREATE TABLE \"Extra\" (\"id\" INTEGER PRIMARY KEY);\n",
    "BEGIN;\nDROP TABLE IF EXISTS \"Extra\";\nALTER TABLE \"User\" DROP COLUMN \"fullName\", DROP COLUMN \"level\";\nCOMMIT;\n",
];

/// A revert that waits for a lock on `User` which somebody else holds.
fn waiting(project: &Project, database: &TestDatabase) -> Child {
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-prisma-safe"))
        .args(["revert", LAST, "--env", "staging", "--yes"])
        .current_dir(project.root())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut session = database.session();
    wait_for("a revert that waits for a lock", || {
        session.column(&format!("{AT_WORK} AND wait_event_type = 'Lock'")) == ["1"]
    });
    child
}

const AT_WORK: &str = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'prisma-safe revert'";

fn signal(child: Child, signal: &str, database: &TestDatabase) -> Output {
    let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    // The lock that it waited for is still held: the server itself has to notice that nobody is there any more.
    let mut session = database.session();
    wait_for("the end of the abandoned transaction", || session.column(AT_WORK) == ["0"]);
    output
}

#[test]
fn postgres_takes_back_all_or_nothing() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let mut project = project("postgresql", &database, "lock-timeout = \"0s\"\n", POSTGRES);
    let columns = || {
        let sql = "SELECT attname::text FROM pg_attribute WHERE attrelid = '\"User\"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        database.session().column(sql).join(" ")
    };
    database.execute(
        "INSERT INTO \"User\" (email, \"fullName\", level) VALUES ('a', 'A', 1), ('b', NULL, 2), ('c', NULL, 1)",
    );

    // Asked from the live database, and proven on the spot.
    let ran = ends(project.run(&["revert", "full_name", "--env", "staging", "--dry-run", "--format", "json"]), 0, &[]);
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let migration = &told["migrations"][0];
    let losses: Vec<String> = migration["losses"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|loss| {
            format!(
                "{} {} {} {}/{} {}",
                loss["what"], loss["table"], loss["column"], loss["lost"], loss["of"], loss["exact"]
            )
        })
        .collect();
    insta::assert_snapshot!(losses.join("\n"), @r#"
    "table" "Extra" null 0/0 true
    "column" "User" "fullName" 1/3 true
    "column" "User" "level" 1/3 true
    "#);
    assert_eq!(
        (&migration["one_transaction"], &migration["proof"]["verdict"]),
        (&Value::from(true), &Value::from("proven"))
    );
    assert_eq!(columns(), "id email fullName level", "a dry run changes nothing");

    // Where counting takes too long, the database's own estimate is told, as one.
    database.execute(
        "INSERT INTO \"User\" (email, \"fullName\") SELECT 'x', CASE WHEN n % 2 = 0 THEN 'y' END FROM generate_series(1, 200000) n; ANALYZE \"User\"",
    );
    let settings = "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n";
    project.write("prisma-safe.toml", &format!("{settings}statement-timeout = \"1ms\"\n"));
    ends(
        project.run(&["revert", LAST, "--env", "staging", "--dry-run"]),
        0,
        &[
            "`User`.`fullName`: about ",
            " of 200,003 rows have a value in it (the database's estimate: counting took longer than 0.001 s)",
        ],
    );
    project.write("prisma-safe.toml", &format!("{settings}lock-timeout = \"0s\"\n"));

    // An agent brings a plan that somebody has looked at; another plan than that one does not run.
    project.set("CLAUDECODE", "1");
    ends(project.run(&["revert", LAST, "--env", "staging", "--yes"]), 3, &["started by Claude Code", "--dry-run"]);
    project.set("CLAUDECODE", "");
    ends(
        project.run(&["revert", LAST, "--env", "staging", "--yes", "--plan", "abc"]),
        3,
        &["is not the one that was named"],
    );
    ends(
        project.run(&["revert", FIRST, "--env", "staging", "--yes"]),
        2,
        &["is not the newest migration in `staging`", "--undo-of"],
    );
    ends(project.run(&["revert", LAST, "--env", "staging"]), 2, &["there is no terminal to ask on"]);

    let mut holder = database.session();
    holder.execute("BEGIN");
    holder.execute("LOCK TABLE \"User\" IN ACCESS SHARE MODE");
    let killed = signal(waiting(&project, &database), "-9", &database);
    assert_eq!(killed.status.signal(), Some(9));
    let interrupted = signal(waiting(&project, &database), "-INT", &database);
    let said = String::from_utf8_lossy(&interrupted.stderr);
    assert_eq!(interrupted.status.code(), Some(130), "{said}");
    assert!(said.contains("was interrupted at statement 3 (line 3)") && said.contains("nothing of it stays"), "{said}");
    project.write(
        "prisma-safe.toml",
        "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\nlock-timeout = \"200ms\"\n",
    );
    ends(
        project.run(&["revert", LAST, "--env", "staging", "--yes"]),
        5,
        &["stopped at statement 3 (line 3)", "lock timeout", "nothing of it stays", "is still applied in `staging`"],
    );
    assert_eq!((columns().as_str(), rolled_back(&database).len()), ("id email fullName level", 0));
    ends(project.run(&["status", "--env", "staging"]), 0, &["2 applied"]);
    holder.execute("ROLLBACK");

    // Somebody has Prisma's own lock.
    holder.execute("SELECT pg_advisory_lock(72707369)");
    ends(project.run(&["revert", LAST, "--env", "staging", "--yes"]), 3, &["gate activity blocks"]);
    holder.execute("SELECT pg_advisory_unlock(72707369)");

    let ran = ends(
        project.run(&["revert", LAST, "--env", "staging", "--yes", "--format", "json"]),
        0,
        &["pending again", "new --undo-of 20260201000000_add_full_name"],
    );
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let receipt = told["receipt"].as_str().expect("a path");
    let receipt: Value =
        serde_json::from_str(&std::fs::read_to_string(project.root().join(receipt)).expect("it is there"))
            .expect("JSON");
    assert_eq!(receipt["reverted"], told["reverted"]);
    assert_eq!(
        (&receipt["ledger"][0]["name"], receipt["ledger"].as_array().map(Vec::len)),
        (&Value::from(FIRST), Some(1))
    );
    assert_eq!((columns().as_str(), rolled_back(&database)), ("id email", vec![LAST.to_owned()]));
    ends(
        project.run(&["revert", LAST, "--env", "staging", "--yes"]),
        2,
        &["is not applied in `staging`: it is rolled back"],
    );
    ends(project.run(&["revert", FIRST, "--env", "staging", "--yes"]), 1, &["has no revert script"]);
}

const MYSQL: [&str; 3] = [
    "CREATE TABLE `User` (`id` INTEGER NOT NULL AUTO_INCREMENT, `email` VARCHAR(191) NOT NULL, PRIMARY KEY (`id`));\n",
    "CREATE TABLE `Extra` (`id` INTEGER NOT NULL, PRIMARY KEY (`id`));\nALTER TABLE `User` ADD COLUMN `fullName` VARCHAR(191) NULL;\n",
    "DROP TABLE `Extra`;\nALTER TABLE `User` DROP COLUMN `fullName`;\n",
];

/// MySQL commits at each statement: what is done stays, is named, and the rest can be done.
#[test]
fn mariadb_says_what_stays_and_goes_on() {
    let Some(server) = servers::mariadb() else { return };
    let _lock = lock_is_mine();
    let database = server.database();
    let mut project = project("mysql", &database, "lock-timeout = \"1s\"\n", MYSQL);
    // The script that makes a throwaway server's first tables is a shell script.
    project.set("PATH", &std::env::var("PATH").expect("a path"));
    database.execute("INSERT INTO `User` (email, fullName) VALUES ('a', 'A'), ('b', NULL)");
    let mut holder = database.session();
    holder.execute("START TRANSACTION");
    holder.column("SELECT email FROM `User`");
    let revert = ["revert", LAST, "--env", "staging", "--yes"];
    ends(
        project.run(&revert),
        5,
        &[
            "`User`.`fullName`: 1 of 2 rows have a value in it",
            "`Extra`: the table is empty",
            "statement by statement",
            "stopped at statement 2 (line 2)",
            "statement 1 of its script are done and stay",
            "--continue-at 2",
        ],
    );
    assert!(rolled_back(&database).is_empty());
    holder.execute("ROLLBACK");
    ends(project.run(&revert), 5, &["stopped at statement 1 (line 1)", "nothing of it stays"]);
    ends(project.run(&[&revert[..], &["--continue-at", "9"]].concat()), 2, &["statements 1 to 2"]);
    ends(project.run(&[&revert[..], &["--continue-at", "2"]].concat()), 0, &["read back from its ledger"]);
    assert_eq!(rolled_back(&database), [LAST]);
    let columns = "SELECT CAST(GROUP_CONCAT(column_name) AS CHAR) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'User'";
    assert_eq!(database.session().column(columns), ["id,email"]);
}

const SQLITE: [&str; 3] = [
    "CREATE TABLE \"User\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"email\" TEXT NOT NULL, \"nickname\" TEXT);\n",
    "CREATE TABLE \"Extra\" (\"id\" INTEGER NOT NULL PRIMARY KEY);\nALTER TABLE \"User\" DROP COLUMN \"nickname\";\n",
    "ALTER TABLE \"User\" ADD COLUMN \"nickname\" TEXT;\nDROP TABLE \"Extra\";\n",
];

/// The same on a SQLite file; nothing but the ledger and the files decides here.
fn sqlite(project: &mut Project, path: &str) -> crate::fixture::SqliteFile {
    let file = project.sqlite(path, fixture::SQLITE_TABLE);
    for (name, sql, second) in [(FIRST, SQLITE[0], 1), (LAST, SQLITE[1], 2)] {
        let checksum: String = Sha256::digest(sql).iter().map(|byte| format!("{byte:02x}")).collect();
        file.session().execute(&format!(
            "{sql}INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count) \
             VALUES ('{second}', '{checksum}', '2026-02-01T10:00:0{second}.000+00:00', '{name}', '2026-02-01T10:00:0{second}.000+00:00', 1)"
        ));
    }
    project.set("DATABASE_URL", &file.url());
    file
}

#[test]
fn what_is_not_proven_does_not_run() {
    let mut project = Project::new("sqlite");
    for (day, slug) in (1..).zip(["a", "b", "c", "d", "e", "f"]) {
        project.remove_migration(&format!("2026010{day}000000_{slug}"));
    }
    project.migration(FIRST, SQLITE[0]);
    project.migration(LAST, SQLITE[1]);
    project.write("prisma-safe.toml", "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n");
    let file = sqlite(&mut project, "app.db");
    file.session().execute(
        "INSERT INTO \"User\" VALUES (1, 'ada'), (2, 'bob'); INSERT INTO \"Extra\" VALUES (7); \
         CREATE TABLE \"_archive_20260201000000_User\" (\"id\", \"nickname\", PRIMARY KEY (\"id\")); \
         INSERT INTO \"_archive_20260201000000_User\" VALUES (1, 'countess'); \
         CREATE TABLE \"ByHand\" (\"user\" INTEGER REFERENCES \"User\" (\"id\")); INSERT INTO \"ByHand\" VALUES (1)",
    );
    let revert = ["revert", LAST, "--env", "staging", "--yes"];
    let refused = |code: i32, says: &[&str]| ends(project.run(&revert), code, says);
    let script = format!("prisma/migrations/{LAST}/revert_add_full_name.sql");

    refused(1, &["has no revert script", "cargo prisma-safe verify 20260201000000_add_full_name"]);
    project.write(&script, "-- TODO(revert): not written yet\n");
    refused(1, &["is not written yet"]);
    project.write(&script, "DROP TABLE \"Nowhere\";\n");
    refused(1, &["is not proven: the proof failed: the revert stops at its statement 1"]);
    project.write(&script, SQLITE[2]);
    // Nobody has kept what the migration dropped.
    refused(1, &["brings back the schema only", "`User`.`nickname`", "--schema-only"]);
    project.migration(FIRST, &format!("{}-- another word\n", SQLITE[0]));
    refused(1, &["before `20260201000000_add_full_name`, is edited in `staging`"]);
    project.migration(FIRST, SQLITE[0]);
    project.migration(LAST, &format!("{}-- another word\n", SQLITE[1]));
    refused(1, &["was edited since it ran in `staging`"]);
    project.migration(LAST, SQLITE[1]);

    // Somebody writes.
    let lossy = [&revert[..], &["--schema-only"]].concat();
    let mut other = file.session();
    other.execute("BEGIN IMMEDIATE");
    project.write(
        "prisma-safe.toml",
        "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\nlock-timeout = \"50ms\"\n",
    );
    ends(project.run(&lossy), 5, &["is busy", "nothing of it stays"]);
    other.execute("ROLLBACK");
    // Newest first, and no further than the first that cannot: something made by hand points at what the older one drops.
    project.write(&format!("prisma/migrations/{FIRST}/revert_init.sql"), "DROP TABLE \"User\";\n");
    ends(
        project.run(&["revert", "--through", FIRST, "--env", "staging", "--yes", "--schema-only"]),
        5,
        &[
            "`Extra`: 1 row in it",
            "`User`: 1 row is kept in \"_archive_20260201000000_User\"; nothing is kept for 1 row that came since",
            "proven for the schema only",
            "Reverted 20260201000000_add_full_name in `staging`",
            "the revert of `20260101000000_init` in `staging` stopped at statement 1 (line 1)",
            "FOREIGN KEY constraint failed",
            "taken back before it, and staying so: 20260201000000_add_full_name",
        ],
    );
    let row =
        "SELECT typeof(rolled_back_at) || ' ' || (finished_at IS NOT NULL) FROM _prisma_migrations WHERE id = '2'";
    assert_eq!(file.session().column(row), ["text 1"]);
    assert_eq!(
        file.session().column("SELECT group_concat(name) FROM pragma_table_info('User')"),
        ["id,email,nickname"]
    );
}

#[test]
fn a_stranger_s_database_is_not_dev() {
    let mut project = Project::new("postgresql");
    project.set("DATABASE_URL", "postgresql://ada@db.example.com/app");
    let run = project.run(&["revert", "f", "--yes"]);
    ends(run, 3, &["db.example.com"]);
}
