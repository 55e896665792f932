//! Diagnoses on a real SQLite: the file, how far it ran, what is said of it.

use std::path::PathBuf;

use super::*;
use crate::history::{Entry, State};
use crate::migrations::{Checksum, Migration};
use crate::project::Provider;
use crate::revert::snapshot;
use crate::revert::throwaway;
use crate::sql::analysis::PrismaVersion;

const NAME: &str = "20260201090000_half";

fn entry(logs: Option<&str>) -> Entry {
    Entry {
        name: NAME.to_owned(),
        state: State::Failed,
        on_disk: true,
        script_problem: None,
        edited: Some(false),
        applied_at: None,
        started_at: None,
        rolled_back_at: None,
        logs: logs.map(str::to_owned),
        attempts: 1,
    }
}

/// The diagnosis of a file on a database in which some SQL has run.
fn of(before: &str, ran: &str, file: &str, logs: Option<&str>) -> (Diagnosis, Vec<Way>) {
    with_reverts(before, ran, file, logs, Vec::new())
}

fn with_reverts(
    before: &str,
    ran: &str,
    file: &str,
    logs: Option<&str>,
    reverts: Vec<PathBuf>,
) -> (Diagnosis, Vec<Way>) {
    let mut place = throwaway::open(Provider::Sqlite).unwrap();
    let session = place.base().unwrap();
    for sql in [before, ran].iter().filter(|sql| !sql.is_empty()) {
        session.execute(sql).unwrap();
    }
    let catalogue = Catalogue::of(Provider::Sqlite, None, snapshot::take(Provider::Sqlite, session).unwrap());
    let migration = Migration {
        name: NAME.to_owned(),
        path: PathBuf::from(NAME),
        script: Ok(file.into()),
        checksum: Some(Checksum::of(file.as_bytes())),
        reverts,
    };
    let entry = entry(logs);
    let diagnosis = diagnose(&Case {
        environment: "staging",
        provider: Provider::Sqlite,
        prisma: Some(PrismaVersion { major: 7, minor: Some(10) }),
        entry: &entry,
        migration: Some(&migration),
        catalogue: Ok(&catalogue),
    });
    let ways = ways::of("staging", &diagnosis);
    (diagnosis, ways)
}

fn table(diagnosis: &Diagnosis, ways: &[Way]) -> String {
    let mut text = String::new();
    for one in &diagnosis.statements {
        let failed = if diagnosis.failed_at == Some(one.index) { '>' } else { ' ' };
        text.push_str(&format!("{failed}{} {:?} ran {:?}: {}\n", one.index + 1, one.seen, one.ran, one.says));
    }
    text.push_str(&format!("{:?}", ways.iter().map(|way| way.way).collect::<Vec<_>>()));
    text
}

#[test]
fn half_of_a_file_is_there() {
    let file = "CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT);\n\
                UPDATE kept SET name = 'x' WHERE name IS NULL;\n\
                ALTER TABLE nowhere ADD COLUMN a TEXT;\n\
                CREATE INDEX kept_name ON kept (name);\n";
    let logs = "SQLite database error\nno such table: nowhere";
    let (found, ways) = of("", "CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT)", file, Some(logs));
    insta::assert_snapshot!(table(&found, &ways), @r#"
 1 Done ran Some(true): table `kept` is there
 2 CannotTell ran Some(true): it changes rows, which no catalogue shows
>3 NotDone ran Some(false): there is no table `nowhere`
 4 NotDone ran Some(false): index `kept_name` of `kept` is not there
[Finish, RollBack]
"#);
    insta::assert_snapshot!(remedy::text("staging", remedy::Aim::Finish, &found), @r#"
-- Finishes what the failed run left undone: `20260201090000_half` in `staging`.
-- Written by `cargo prisma-safe resolve --env staging --finish 20260201090000_half`. Read it and change it where it is wrong;
-- the same command with `--yes` runs it as it then is, and marks the migration.
-- For state 1376b0ca3ac90b2b (leave this line)

-- statement 1 (line 1) is done: table `kept` is there

-- statement 2 (line 2) is done: the error came later

-- DECIDE: run it or leave it out?
-- statement 3 (line 3) failed: no such table: nowhere
-- it fails again unless what it stumbled over is mended, here or in the database
-- ALTER TABLE nowhere ADD COLUMN a TEXT;

-- statement 4 (line 4) is not done: index `kept_name` of `kept` is not there
CREATE INDEX kept_name ON kept (name);
"#);
    insta::assert_snapshot!(remedy::text("staging", remedy::Aim::Undo, &found), @r#"
-- Takes back what the failed run has done: `20260201090000_half` in `staging`.
-- Written by `cargo prisma-safe resolve --env staging --undo 20260201090000_half`. Read it and change it where it is wrong;
-- the same command with `--yes` runs it as it then is, and marks the migration.
-- For state 1376b0ca3ac90b2b (leave this line)
"#);
}

#[test]
fn nothing_or_everything_is_there() {
    let file = "CREATE TABLE a (id INTEGER);\nCREATE INDEX a_id ON a (id);\n";
    let (found, ways) = of("", "", file, Some("SQLite database error\ndatabase is locked"));
    insta::assert_snapshot!(table(&found, &ways), @r#"
>1 NotDone ran Some(false): table `a` is not there
 2 NotDone ran Some(false): index `a_id` of `a` is not there
[Retry, RollBack]
"#);
    // Killed between the last statement and the ledger.
    let (found, ways) = of("", file, file, None);
    insta::assert_snapshot!(table(&found, &ways), @r#"
 1 Done ran Some(true): table `a` is there
 2 Done ran None: index `a_id` of `a` is there
[Apply, Undo]
"#);
}

#[test]
fn what_was_there_before_is_not_taken_for_done() {
    let file = "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\n";
    let (found, ways) =
        of("CREATE TABLE a (id INTEGER)", "", file, Some("SQLite database error\ntable a already exists"));
    insta::assert_snapshot!(table(&found, &ways), @r#"
>1 Done ran Some(false): table `a` is there
 2 NotDone ran Some(false): table `b` is not there
[RollBack]
"#);
}

const REBUILD: &str = "PRAGMA foreign_keys=OFF;\n\
    CREATE TABLE \"new_User\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"email\" TEXT NOT NULL, \"name\" TEXT NOT NULL DEFAULT '');\n\
    INSERT INTO \"new_User\" (\"id\", \"email\", \"name\") SELECT \"id\", \"email\", coalesce(\"name\", '') FROM \"User\";\n\
    DROP TABLE \"User\";\n\
    ALTER TABLE \"new_User\" RENAME TO \"User\";\n\
    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
    PRAGMA foreign_keys=ON;\n";
const USER: &str = "CREATE TABLE \"User\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"email\" TEXT NOT NULL, \"name\" TEXT);\
    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");";

#[test]
fn a_rebuild_is_judged_by_the_shape_of_the_lasting_table() {
    let upto = |statements: usize| REBUILD.lines().take(statements).collect::<Vec<_>>().join("\n");
    let mut all = String::new();
    for ran in [0, 2, 3, 4, 5, 6] {
        let (found, _) = of(USER, &upto(ran), REBUILD, None);
        let seen: Vec<String> = found.statements.iter().map(|one| format!("{:?}", one.seen)).collect();
        all.push_str(&format!("{ran}: {}\n", seen.join(" ")));
    }
    insta::assert_snapshot!(all, @r#"
0: NoEffect NotDone NotDone NotDone NotDone NotDone NoEffect
2: NoEffect Done CannotTell NotDone NotDone NotDone NoEffect
3: NoEffect Done CannotTell NotDone NotDone NotDone NoEffect
4: NoEffect Done Done Done NotDone NotDone NoEffect
5: NoEffect Done Done Done Done NotDone NoEffect
6: NoEffect Done Done Done Done Done NoEffect
"#);
}

/// What a rebuild changes without a new column, type or `NOT NULL`: the old table must not pass for the new one.
#[test]
fn a_rebuild_that_changes_little_is_told_from_the_old_table() {
    let rebuild = |new: &str| {
        format!(
            "CREATE TABLE \"new_t\" ({new});\nINSERT INTO \"new_t\" (\"id\") SELECT \"id\" FROM \"t\";\nDROP TABLE \"t\";\nALTER TABLE \"new_t\" RENAME TO \"t\";\n"
        )
    };
    for (old, new) in [
        ("\"id\" INTEGER, \"gone\" TEXT", "\"id\" INTEGER"),
        ("\"id\" INTEGER", "\"id\" INTEGER DEFAULT 3"),
        ("\"id\" INTEGER", "\"id\" INTEGER REFERENCES \"u\" (\"id\")"),
        ("\"id\" INTEGER", "\"id\" INTEGER, CHECK (\"id\" > 0)"),
    ] {
        let (before, file) =
            (format!("CREATE TABLE u (id INTEGER PRIMARY KEY);CREATE TABLE \"t\" ({old})"), rebuild(new));
        let seen =
            |ran: &str| of(&before, ran, &file, None).0.statements.iter().map(|one| one.seen).collect::<Vec<_>>();
        assert_eq!(seen(""), [Seen::NotDone; 4], "before {new}");
        assert_eq!(seen(&file), [Seen::Done; 4], "after {new}");
    }
}

/// Of the revert script only that is taken which takes back what this migration did.
#[test]
fn a_revert_script_is_cut_to_what_is_needed() {
    let file = "CREATE TABLE a (id INTEGER);\nALTER TABLE b ADD COLUMN extra TEXT;\nCREATE TABLE c (id INTEGER);\nCREATE TABLE d (id INTEGER);\n";
    let revert = "DROP TABLE d;\nDROP TABLE c;\nUPDATE b SET id = 1;\nALTER TABLE b DROP COLUMN extra;\nDROP TABLE a;\nDROP TABLE unrelated;\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("revert_half.sql");
    std::fs::write(&path, revert).unwrap();
    let ran = "CREATE TABLE a (id INTEGER);ALTER TABLE b ADD COLUMN extra TEXT";
    let (found, ways) = with_reverts(
        "CREATE TABLE b (id INTEGER);CREATE TABLE c (id INTEGER);CREATE TABLE unrelated (id INTEGER)",
        ran,
        file,
        Some("SQLite database error\ntable c already exists"),
        vec![path],
    );
    insta::assert_snapshot!(table(&found, &ways), @r#"
 1 Done ran Some(true): table `a` is there
 2 Done ran Some(true): column `extra` of `b` is there
>3 Done ran Some(false): table `c` is there
 4 NotDone ran Some(false): table `d` is not there
[Finish, Undo, RollBack]
"#);
    let script = remedy::text("staging", remedy::Aim::Undo, &found);
    insta::assert_snapshot!(script.split_once("line)\n").unwrap().1, @r#"
-- statement 1 of the revert script (line 1) is not needed: table `d` is not there

-- statement 2 of the revert script (line 2) is left out: table `c` is there, and not by this migration

-- DECIDE: run it or leave it out?
-- statement 3 of the revert script (line 3): it changes rows, which no catalogue shows
-- to find out: SELECT count(*) FROM "b" WHERE "id" IS NOT (1) -- 0: it has run; more: these rows still wait for it, or were changed since
-- UPDATE b SET id = 1;

-- statement 4 of the revert script (line 4): column `extra` of `b` is there
ALTER TABLE b DROP COLUMN extra;

-- statement 5 of the revert script (line 5): table `a` is there
DROP TABLE a;

-- DECIDE: run it or leave it out?
-- statement 6 of the revert script (line 6): table `unrelated` is there
-- DROP TABLE unrelated;
"#);
}

#[test]
fn each_kind_of_statement_is_seen_before_and_after() {
    let before = "CREATE TABLE t (id INTEGER, old TEXT, gone TEXT);CREATE TABLE u (id INTEGER);CREATE INDEX t_old ON t (old);CREATE VIEW v AS SELECT 1";
    for (statement, undone) in [
        ("CREATE TABLE n (id INTEGER)", Seen::NotDone),
        ("DROP TABLE u", Seen::NotDone),
        ("ALTER TABLE u RENAME TO w", Seen::NotDone),
        ("ALTER TABLE t ADD COLUMN extra TEXT", Seen::NotDone),
        ("ALTER TABLE t DROP COLUMN gone", Seen::NotDone),
        ("ALTER TABLE t RENAME COLUMN gone TO kept", Seen::NotDone),
        ("CREATE UNIQUE INDEX t_id ON t (id)", Seen::NotDone),
        ("DROP INDEX t_old", Seen::NotDone),
        ("CREATE VIEW x AS SELECT 2", Seen::NotDone),
        ("DROP VIEW v", Seen::NotDone),
        ("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END", Seen::NotDone),
        ("UPDATE t SET old = 'a'", Seen::CannotTell),
        ("INSERT INTO u VALUES (1)", Seen::CannotTell),
        ("PRAGMA foreign_keys=OFF", Seen::NoEffect),
    ] {
        let seen = |ran: &str| of(before, ran, statement, None).0.statements[0].seen;
        assert_eq!(seen(""), undone, "before {statement}");
        let done = if undone == Seen::NotDone { Seen::Done } else { undone };
        assert_eq!(seen(statement), done, "after {statement}");
    }
}
