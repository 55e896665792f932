//! Reverts that are broken on purpose, each in its own way, in one project: every one must be caught, and the whole one must be proven.

use crate::bed::{project_of, told, verify};
use crate::postgres::has_server;

/// What is done to the revert, and what must be said of it.
type Mutant = (&'static str, fn(&str) -> String, &'static str);

/// `T` is the table's name.
const WHOLE: &str = "ALTER TABLE \"T\" ADD COLUMN \"name\" VARCHAR(40) NOT NULL DEFAULT 'x';\n\
    UPDATE \"T\" SET \"name\" = (SELECT \"name\" FROM \"kept_T\" k WHERE k.\"id\" = \"T\".\"id\");\n\
    CREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\nDROP TABLE \"kept_T\";\n";

const MUTANTS: [Mutant; 14] = [
    ("whole", |sql| sql.to_owned(), "proven"),
    ("another type", |sql| sql.replace("VARCHAR(40)", "VARCHAR(50)"), "column `T`.`name`: its type is"),
    ("another default", |sql| sql.replace("'x'", "'y'"), "column `T`.`name`: its default is"),
    ("a default lost", |sql| sql.replace("NOT NULL DEFAULT 'x'", ""), "column `T`.`name`: its default"),
    ("a NOT NULL lost", |sql| sql.replace("NOT NULL ", ""), "column `T`.`name`: its nullability is `NULL`"),
    ("a forgotten index", |sql| sql.replace("CREATE INDEX", "-- CREATE INDEX"), "index `T_name_idx` of `T` is gone"),
    ("an index elsewhere", |sql| sql.replace("\"T\"(\"name\")", "\"T\"(\"id\")"), "index `T_name_idx` of `T`: its"),
    (
        "an index of two",
        |sql| sql.replace("\"T\"(\"name\")", "\"T\"(\"name\", \"id\")"),
        "index `T_name_idx` of `T`: its",
    ),
    ("left behind", |sql| sql.replace("DROP TABLE", "-- DROP TABLE"), "table `kept_T` is there and was not before"),
    ("rows deleted", |sql| format!("{sql}DELETE FROM \"T\" WHERE \"id\" > 60;\n"), "lost T whole rows: 40 of 100"),
    ("values not put back", |sql| sql.replace("UPDATE", "-- UPDATE"), "lost T name: 100 of 100"),
    (
        "half of the values",
        |sql| sql.replace("\"T\".\"id\")", "\"T\".\"id\") WHERE \"id\" <= 50"),
        "lost T name: 50 of 100",
    ),
    (
        "another column",
        |sql| format!("{sql}ALTER TABLE \"T\" ADD COLUMN \"more\" TEXT;\n"),
        "column `T`.`more` is there and was not before",
    ),
    (
        "values changed",
        |sql| format!("{sql}UPDATE \"T\" SET \"name\" = 'same' WHERE \"id\" = 7;\n"),
        "lost T name: 1 of 100",
    ),
];

/// Further objects, where the database has them: the earlier SQL, the migration, the broken revert, what must be said.
type Special = (&'static str, &'static str, &'static str, &'static str);

const POSTGRES: [Special; 6] = [
    (
        "CREATE TYPE \"E\" AS ENUM ('A', 'B', 'C'); CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"e\" \"E\");",
        "CREATE TYPE \"E_new\" AS ENUM ('A', 'C'); UPDATE \"T\" SET \"e\" = 'A' WHERE \"e\" = 'B'; ALTER TABLE \"T\" ALTER COLUMN \"e\" TYPE \"E_new\" USING (\"e\"::text::\"E_new\"); DROP TYPE \"E\"; ALTER TYPE \"E_new\" RENAME TO \"E\";",
        "ALTER TYPE \"E\" ADD VALUE 'B';",
        "enum `E`: its list of values is `A, C, B` and was `A, B, C`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"n\" INTEGER CONSTRAINT \"T_check\" CHECK (\"n\" > 0));",
        "ALTER TABLE \"T\" DROP CONSTRAINT \"T_check\";",
        "ALTER TABLE \"T\" ADD CONSTRAINT \"T_check\" CHECK (\"n\" >= 0);",
        "check `T_check` of `T`: its definition is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"up\" INTEGER CONSTRAINT \"T_up_fkey\" REFERENCES \"T\" (\"id\") ON DELETE CASCADE);",
        "ALTER TABLE \"T\" DROP CONSTRAINT \"T_up_fkey\";",
        "ALTER TABLE \"T\" ADD CONSTRAINT \"T_up_fkey\" FOREIGN KEY (\"up\") REFERENCES \"T\" (\"id\");",
        "foreign key `T_up_fkey` of `T`: its definition is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY); CREATE VIEW \"v_T\" AS SELECT \"id\" FROM \"T\";",
        "DROP VIEW \"v_T\";",
        "SELECT 1;",
        "view `v_T` is gone",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY); CREATE FUNCTION \"f_T\"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER \"t_T\" BEFORE UPDATE ON \"T\" FOR EACH ROW EXECUTE FUNCTION \"f_T\"();",
        "DROP TRIGGER \"t_T\" ON \"T\";",
        "CREATE TRIGGER \"t_T\" BEFORE INSERT ON \"T\" FOR EACH ROW EXECUTE FUNCTION \"f_T\"();",
        "trigger `t_T` of `T`: its definition is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"s\" TEXT COLLATE \"C\"); COMMENT ON COLUMN \"T\".\"s\" IS 'said'; ALTER TABLE \"T\" ENABLE ROW LEVEL SECURITY;",
        "ALTER TABLE \"T\" DISABLE ROW LEVEL SECURITY; COMMENT ON COLUMN \"T\".\"s\" IS NULL;",
        "ALTER TABLE \"T\" ENABLE ROW LEVEL SECURITY;",
        "column `T`.`s`: its comment `said` is gone",
    ),
];

const SQLITE: [Special; 3] = [
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY); CREATE TRIGGER \"t_T\" AFTER INSERT ON \"T\" BEGIN SELECT 1; END;",
        "DROP TRIGGER \"t_T\";",
        "CREATE TRIGGER \"t_T\" AFTER UPDATE ON \"T\" BEGIN SELECT 1; END;",
        "trigger `t_T` of `T`: its definition is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"n\" INTEGER CHECK (\"n\" < 5000000000), \"s\" TEXT COLLATE NOCASE);",
        "ALTER TABLE \"T\" RENAME TO \"kept_T\";",
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"n\" INTEGER, \"s\" TEXT COLLATE NOCASE); INSERT INTO \"T\" SELECT * FROM \"kept_T\"; DROP TABLE \"kept_T\";",
        "check `\"n\" < 5000000000` of `T` is gone",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"s\" TEXT COLLATE NOCASE);",
        "ALTER TABLE \"T\" RENAME TO \"kept_T\";",
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"s\" TEXT); INSERT INTO \"T\" SELECT * FROM \"kept_T\"; DROP TABLE \"kept_T\";",
        "column `T`.`s`: its collation `NOCASE` is gone",
    ),
];

fn every_mutant_is_caught(provider: &str, specials: &[Special]) {
    let id = if provider == "sqlite" { "INTEGER PRIMARY KEY" } else { "SERIAL PRIMARY KEY" };
    let mut earlier = String::new();
    let mut migrations = Vec::new();
    let mut expected = Vec::new();
    let of = |text: &str, table: &str| {
        text.replace("\"T", &format!("\"{table}"))
            .replace("_T\"", &format!("_{table}\""))
            .replace("\"E\"", &format!("\"E{table}\""))
            .replace("\"E_new\"", &format!("\"E{table}_new\""))
    };
    for (number, (what, broken, said)) in MUTANTS.iter().enumerate() {
        let table = format!("m{number}m");
        earlier.push_str(&of(&format!("CREATE TABLE \"T\" (\"id\" {id}, \"other\" TEXT, \"name\" VARCHAR(40) NOT NULL DEFAULT 'x');\nCREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\n"), &table));
        let migration = "CREATE TABLE \"kept_T\" AS SELECT \"id\", \"name\" FROM \"T\";\nDROP INDEX \"T_name_idx\";\nALTER TABLE \"T\" DROP COLUMN \"name\";\n";
        migrations.push((
            format!("202602{number:02}000000_mutant"),
            of(migration, &table),
            Some(of(&broken(WHOLE), &table)),
        ));
        expected.push(((*what).to_owned(), (*said).to_owned(), table));
    }
    for (number, (before, migration, broken, said)) in specials.iter().enumerate() {
        let table = format!("s{number}s");
        earlier.push_str(&of(before, &table));
        migrations.push((format!("202603{number:02}000000_mutant"), of(migration, &table), Some(of(broken, &table))));
        expected.push(((*said).to_owned(), (*said).to_owned(), table));
    }
    migrations.insert(0, ("20260101000000_init".to_owned(), earlier, None));
    let (found, code) = verify(&project_of(provider, &migrations), &["--all"]);
    assert_eq!(code, 1);
    assert_eq!(found.len(), expected.len() + 1);
    for (found, (what, said, table)) in found[1..].iter().zip(expected) {
        let told = told(found);
        let said = said
            .replace("`T", &format!("`{table}"))
            .replace("_T`", &format!("_{table}`"))
            .replace(" T ", &format!(" {table} "))
            .replace("`E`", &format!("`E{table}`"));
        assert!(told.contains(&said), "{what}: no {said:?} in\n{told}");
        assert_eq!(told.starts_with("proven\n"), what == "whole", "{what}: {told}");
    }
}

#[test]
fn on_sqlite() {
    every_mutant_is_caught("sqlite", &SQLITE);
}

#[test]
fn on_postgres() {
    if has_server() {
        every_mutant_is_caught("postgresql", &POSTGRES);
    }
}
