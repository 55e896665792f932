//! `lint` with a ledger: what is pending is judged, and what is applied is never edited.

use crate::fixture::{SQLITE_TABLE, SqliteFile};
use crate::support::project::{Said, TestProject};

const CREATE: &str = "CREATE TABLE \"a\" (\"id\" INTEGER NOT NULL PRIMARY KEY);\n";
/// What may fail on the rows of an old table, so that guards before it matter.
const UNIQUE: &str = "CREATE UNIQUE INDEX \"b_id_key\" ON \"b\"(\"id\");\n";

/// A project whose ledger has the first of three migrations.
fn project() -> (TestProject, SqliteFile) {
    let row = "INSERT INTO _prisma_migrations VALUES ('1', 'c', 1772955000500, '20260101120000_first', NULL, NULL, 1772954999123, 1)";
    let file = SqliteFile::with(&format!(
        "{SQLITE_TABLE}; {row}; CREATE TABLE \"a\" (\"id\" INTEGER); CREATE TABLE \"b\" (\"id\" INTEGER)"
    ));
    let project = TestProject::with_prisma("7.10.1")
        .file("prisma/migrations/migration_lock.toml", "provider = \"sqlite\"\n")
        .file("prisma/migrations/20260101120000_first/migration.sql", &format!("{CREATE}DROP TABLE \"old\";\n{UNIQUE}"))
        .file(
            "prisma/migrations/20260102120000_second/migration.sql",
            &format!("CREATE TABLE \"new\" (\"id\" INTEGER);\nDROP TABLE \"a\";\n{UNIQUE}"),
        )
        .file("prisma/migrations/20260103120000_third/migration.sql", "DROP TABLE \"new\";\n")
        .file("prisma-safe.toml", "[env.staging]\nkind = \"staging\"\nurl-env = \"STAGING_URL\"\n")
        .variable("STAGING_URL", &file.url());
    (project, file)
}

fn run(project: &TestProject, file: &SqliteFile, arguments: &[&str]) -> Said {
    let mut said = project.run(arguments);
    for text in [&mut said.stdout, &mut said.stderr] {
        *text = text.replace(&file.path.display().to_string(), "[DATABASE]");
    }
    said
}

#[test]
fn only_what_is_pending_is_judged_and_tables_of_the_same_deploy_are_no_loss() {
    let (project, file) = project();
    let said = run(&project, &file, &["lint", "--pending", "--env", "staging", "--only", "drop-table"]);
    // `old` is history; `new` never existed in staging.
    assert!(said.stdout.contains("20260102120000_second/migration.sql:2:12"), "{}", said.all());
    assert_eq!(said.stdout.matches("error[PS101]").count(), 1, "{}", said.all());
    assert!(said.stdout.ends_with("2 migrations, 4 statements, all understood: 1 finding (deny)\n"), "{}", said.all());
    assert_eq!(said.stderr.trim(), "Target staging: file:[DATABASE]");
    assert_eq!(said.code, 1);
}

#[test]
fn a_ledger_that_cannot_be_read_is_no_clean_bill() {
    let (project, file) = project();
    let project = project.variable("STAGING_URL", "file:/does/not/exist/at/all.db");
    let said = run(&project, &file, &["lint", "--pending", "--env", "staging", "--only", "drop-table"]);
    // A database that does not exist lacks everything.
    assert_ne!(said.code, 0, "{}", said.all());
    assert!(said.stdout.contains("3 migrations"), "{}", said.all());
}

#[test]
fn a_fix_never_touches_what_is_applied() {
    let (project, file) = project();
    let first = project.read("prisma/migrations/20260101120000_first/migration.sql");
    let arguments = ["lint", "--fix", "--write", "--env", "staging", "--only", "missing-guard"];
    let said = run(&project, &file, &arguments);
    assert_eq!(project.read("prisma/migrations/20260101120000_first/migration.sql"), first, "{}", said.all());
    assert!(said.stderr.contains("`20260101120000_first` is applied"), "{}", said.all());
    assert!(!said.stderr.contains("was not looked at"), "{}", said.all());
    let second = project.read("prisma/migrations/20260102120000_second/migration.sql");
    assert!(second.contains("DROP TABLE IF EXISTS \"a\""), "{}\n{}", second, said.all());
}
