//! SQLite: every verdict, the receipt, and what is left behind.

use insta::assert_snapshot;

use prisma_safe::migrations::MigrationsFolder;
use prisma_safe::revert::prove::Verdict;
use prisma_safe::revert::receipt::{ProofState, proof_of};

use crate::bed::{LAST, project, project_of, summary, verify};
use crate::support::project::TestProject;

const EARLIER: &str = "CREATE TABLE \"User\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"email\" TEXT NOT NULL, \"nickname\" TEXT, \"age\" INTEGER NOT NULL DEFAULT 3);\n\
    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
    CREATE TABLE \"Post\" (\"id\" TEXT NOT NULL PRIMARY KEY, \"title\" TEXT NOT NULL, \"at\" DATETIME NOT NULL, \"authorId\" INTEGER NOT NULL, CONSTRAINT \"Post_authorId_fkey\" FOREIGN KEY (\"authorId\") REFERENCES \"User\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE);\n";
const KEEP: &str = "CREATE TABLE \"_archive\" AS SELECT \"id\", \"nickname\" FROM \"User\";\nALTER TABLE \"User\" DROP COLUMN \"nickname\";\n";
const BACK: &str = "ALTER TABLE \"User\" ADD COLUMN \"nickname\" TEXT;\n\
    UPDATE \"User\" SET \"nickname\" = (SELECT \"nickname\" FROM \"_archive\" a WHERE a.\"id\" = \"User\".\"id\");\nDROP TABLE \"_archive\";\n";
/// As Prisma writes it for `nickname String?` → `nickname String`.
const REQUIRED: &str = "PRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\n\
    CREATE TABLE \"new_User\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"email\" TEXT NOT NULL, \"nickname\" TEXT NOT NULL, \"age\" INTEGER NOT NULL DEFAULT 3);\n\
    INSERT INTO \"new_User\" (\"age\", \"email\", \"id\", \"nickname\") SELECT \"age\", \"email\", \"id\", \"nickname\" FROM \"User\";\n\
    DROP TABLE \"User\";\nALTER TABLE \"new_User\" RENAME TO \"User\";\nCREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
    PRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n";

fn sqlite(migration: &str, revert: Option<&str>) -> TestProject {
    project("sqlite", EARLIER, migration, revert)
}

#[test]
fn proven_is_said_only_when_schema_and_rows_are_back() {
    let (found, code) = verify(&sqlite(KEEP, Some(BACK)), &[]);
    assert_eq!((found[0]["verdict"].as_str(), code), (Some("proven"), 0), "{}", found[0]);
    // `User` is named, so it has its hundred; the rows that point at it are there too.
    assert_eq!((&found[0]["name"], &found[0]["rows"]), (&LAST.into(), &108.into()));
}

#[test]
fn schema_only_names_what_is_lost() {
    let back = "ALTER TABLE \"User\" ADD COLUMN \"nickname\" TEXT;";
    assert_snapshot!(summary(&sqlite("ALTER TABLE \"User\" DROP COLUMN \"nickname\";", Some(back))), @r"
    schema_only
    - lost User nickname: 86 of 86
    - note: the columns of `User` stand in another order: id, email, age, nickname
    exit code 0
    ");
    // Foreign keys are on, as Prisma has them: the rows that point there go too.
    let lost = "DROP TABLE \"Post\"; DROP TABLE \"User\";";
    assert_snapshot!(summary(&sqlite(lost, Some(EARLIER))), @r"
    schema_only
    - lost Post whole rows: 100 of 100
    - lost User whole rows: 100 of 100
    exit code 0
    ");
}

#[test]
fn not_restored_shows_the_difference() {
    let back = "ALTER TABLE \"User\" ADD COLUMN \"nickname\" VARCHAR(10); DROP INDEX \"User_email_key\";";
    assert_snapshot!(summary(&sqlite("ALTER TABLE \"User\" DROP COLUMN \"nickname\";", Some(back))), @r"
    not_restored
    - column `User`.`nickname`: its type is `VARCHAR(10)` and was `TEXT`
    - index `User_email_key` of `User` is gone
    - lost User nickname: 86 of 86
    - note: the columns of `User` stand in another order: id, email, age, nickname
    exit code 1
    ");
}

#[test]
fn cannot_run_gives_the_databases_words_and_the_place() {
    let back = "-- a comment\n\nSELECT 1;\nALTER TABLE \"Usr\" ADD COLUMN \"nickname\" TEXT;";
    assert_snapshot!(summary(&sqlite("ALTER TABLE \"User\" DROP COLUMN \"nickname\";", Some(back))), @r"
    cannot_run
    - the revert stops at its statement 2 (line 4): no such table: Usr, with 108 rows in the tables
    exit code 1
    ");
    assert_snapshot!(summary(&sqlite("ALTER TABLE \"User\" DROP COLUMN \"nik\";", Some("SELECT 1;"))), @r#"
    cannot_run
    - the migration stops at its statement 1 (line 1): no such column: ""nik""
    exit code 1
    "#);
    // A required column without a default cannot come back to a table with rows.
    let back = "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER NOT NULL;";
    assert_snapshot!(summary(&sqlite("ALTER TABLE \"User\" DROP COLUMN \"age\";", Some(back))), @r"
    cannot_run
    - the revert stops at its statement 1 (line 1): Cannot add a NOT NULL column with default value NULL, with 108 rows in the tables
    exit code 1
    ");
}

#[test]
fn destruction_without_a_revert_is_a_failure_and_anything_else_is_not() {
    assert_snapshot!(summary(&sqlite("DROP TABLE \"Post\";", None)), @r"
    no_revert
    - it drops the table `Post` with its rows
    exit code 1
    ");
    let unwritten = "-- TODO(revert): not written yet. Undo every statement of migration.sql, last one first.\n";
    assert!(summary(&sqlite("DROP TABLE \"Post\";", Some(unwritten))).starts_with("no_revert\n"));
    assert_snapshot!(summary(&sqlite("ALTER TABLE \"User\" ADD COLUMN \"more\" TEXT;", None)), @r"
    not_needed
    exit code 0
    ");
}

#[test]
fn a_migration_that_refuses_nulls_is_proven_on_rows_without() {
    let back = REQUIRED.replacen("\"nickname\" TEXT NOT NULL", "\"nickname\" TEXT", 1);
    assert_snapshot!(summary(&sqlite(REQUIRED, Some(&back))), @r"
    proven
    - note: on rows with edge values and NULLs the migration stops at its statement 4 (line 4): NOT NULL constraint failed: new_User.nickname
    exit code 0
    ");
}

/// Settings of one row, which a migration has written: there is nothing to add, and something to lose.
#[test]
fn a_table_that_takes_no_more_rows_keeps_its_own() {
    let earlier =
        "CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), v TEXT);\nINSERT INTO one VALUES (1, 'a');";
    let renamed = "ALTER TABLE one RENAME COLUMN v TO w;";
    let project = project("sqlite", earlier, renamed, Some("ALTER TABLE one RENAME COLUMN w TO v;"));
    let (found, _) = verify(&project, &[]);
    assert_eq!((&found[0]["verdict"], &found[0]["rows"]), (&"proven".into(), &1.into()), "{}", found[0]);
}

#[test]
fn a_history_that_does_not_run_proves_nothing() {
    let broken =
        project("sqlite", "CREATE TABLE a (b);\nDROP TABLE c;\n", "DROP TABLE a;", Some("CREATE TABLE a (b);"));
    assert_snapshot!(summary(&broken), @r"
    cannot_run
    - the earlier migration `20260101000000_init` stops at its statement 2 (line 2): no such table: c
    exit code 1
    ");
}

#[test]
fn the_receipt_holds_until_a_file_changes() {
    let project = sqlite(KEEP, Some(BACK));
    let proof = |project: &TestProject| {
        let folder = MigrationsFolder::read(&project.path("prisma/migrations")).unwrap();
        proof_of(&project.root(), &folder, LAST)
    };
    assert_eq!(proof(&project), ProofState::Missing);
    verify(&project, &[]);
    let ProofState::Current(receipt) = proof(&project) else { panic!("no proof") };
    assert_eq!((receipt.verdict, receipt.server.product.as_str()), (Verdict::Proven, "SQLite"));
    let why = |project: &TestProject| match proof(project) {
        ProofState::Outdated { because } => because,
        other => panic!("{other:?}"),
    };
    let project = project.file(&format!("prisma/migrations/{LAST}/revert_last.sql"), &format!("{BACK}\n"));
    assert_eq!(why(&project), "`revert_last.sql` was edited since");
    let project = project.file(&format!("prisma/migrations/{LAST}/revert_last.sql"), BACK);
    assert!(matches!(proof(&project), ProofState::Current(_)));
    let project = project.file(&format!("prisma/migrations/{LAST}/migration.sql"), "SELECT 1;");
    assert_eq!(why(&project), "`migration.sql` was edited since");
    let project = project.file(&format!("prisma/migrations/{LAST}/migration.sql"), KEEP);
    let project = project.file("prisma/migrations/20260101000001_more/migration.sql", "SELECT 1;");
    assert_eq!(why(&project), "an earlier migration was added, edited or removed since");
    std::fs::remove_dir_all(project.path("prisma/migrations/20260101000001_more")).unwrap();
    let project = project.file(&format!(".prisma-safe/receipts/verify/{LAST}.json"), "{");
    assert_eq!(why(&project), "its receipt is damaged, or of another version");
}

#[test]
fn picks_by_name_by_part_or_all() {
    let of = |name: &str, sql: &str| (name.to_owned(), sql.to_owned(), None);
    let project = project_of(
        "sqlite",
        &[of("1_a_users", "CREATE TABLE a (b);"), of("2_b_users", "SELECT 1;"), of("3_drop", "DROP TABLE a;")],
    );
    let names = |arguments: &[&str]| -> Vec<String> {
        let (found, _) = verify(&project, arguments);
        found.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&[]), ["3_drop"]);
    assert_eq!(names(&["--all"]), ["1_a_users", "2_b_users", "3_drop"]);
    assert_eq!(names(&["b_us", "prisma/migrations/1_a_users/"]), ["1_a_users", "2_b_users"]);
    assert_snapshot!(project.run(&["verify", "users"]).all(), @r"
    stderr:
    error: `users` may be any of 1_a_users, 2_b_users
    hint: `cargo prisma-safe verify 1_a_users`
    hint: `cargo prisma-safe verify 2_b_users`
    exit code: 2
    ");
    assert_snapshot!(project.run(&["verify", "3_dorp"]).all(), @r"
    stderr:
    error: no migration is called `3_dorp`
    hint: perhaps: `cargo prisma-safe verify 3_drop`
    exit code: 2
    ");
}

#[test]
fn people_read_one_line_a_migration() {
    let said = sqlite("DROP TABLE \"Post\";", None).run(&["verify"]);
    let version = said.stderr.split("SQLite ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or("?").to_owned();
    assert_snapshot!(said.all().replace(&version, "[VERSION]"), @r"
    stdout:
    no revert     20260102000000_last
                  it drops the table `Post` with its rows
                  old application (contract step): the running version breaks, as such a step does
                    breaks: SELECT from `Post`: the table is not there any more
    stderr:
         Proving 1 migration on a throwaway SQLite [VERSION], as Prisma 6.19 runs them (rows from seed 1)
        Finished 1 migration: 0 proven, 0 schema only, 1 failed
    hint: write `prisma/migrations/20260102000000_last/revert_last.sql`
    exit code: 1
    ");
}

#[test]
fn a_provider_without_a_throwaway_database_says_so() {
    assert_snapshot!(project("sqlserver", "SELECT 1;", "DROP TABLE a;", None).run(&["verify"]).all(), @r"
    stderr:
    error: `verify` cannot prove reverts on SQL Server yet
    why: nothing was proven: a revert that was never run counts as none
    hint: it proves SQLite, PostgreSQL and MySQL; run the revert on staging by hand until then
    exit code: 2
    ");
}
