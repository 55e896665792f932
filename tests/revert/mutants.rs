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

const MYSQL: [Special; 15] = [
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER UNSIGNED AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER UNSIGNED NOT NULL);",
        "ALTER TABLE \"T\" MODIFY \"n\" BIGINT UNSIGNED NOT NULL;",
        "ALTER TABLE \"T\" MODIFY \"n\" INTEGER NOT NULL;",
        // With rows in it the server itself objects to a number without a sign.
        "the revert stops at its statement 1 (line 1): Out of range value for column 'n'",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" TINYINT UNSIGNED NOT NULL DEFAULT 0);",
        "ALTER TABLE \"T\" DROP COLUMN \"n\";",
        "ALTER TABLE \"T\" ADD COLUMN \"n\" TINYINT NOT NULL DEFAULT 0;",
        "column `T`.`n`: its type is `tinyint(4)` and was `tinyint(3) unsigned`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY);",
        "ALTER TABLE \"T\" MODIFY \"id\" BIGINT AUTO_INCREMENT;",
        "ALTER TABLE \"T\" MODIFY \"id\" INTEGER NOT NULL;",
        "column `T`.`id`: its AUTO_INCREMENT `on` is gone",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"e\" ENUM('A', 'B', 'C') NOT NULL);",
        "ALTER TABLE \"T\" MODIFY \"e\" ENUM('A', 'B', 'C', 'D') NOT NULL;",
        "ALTER TABLE \"T\" MODIFY \"e\" ENUM('A', 'C', 'B') NOT NULL;",
        "column `T`.`e`: its type is `enum('A','C','B')` and was `enum('A','B','C')`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"s\" VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL);",
        "ALTER TABLE \"T\" MODIFY \"s\" VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;",
        "ALTER TABLE \"T\" MODIFY \"s\" VARCHAR(20) NULL;",
        "column `T`.`s`: its collation is `utf8mb4_general_ci` and was `utf8mb4_bin`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"up\" INTEGER, CONSTRAINT \"fk_T\" FOREIGN KEY (\"up\") REFERENCES \"T\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE);",
        "ALTER TABLE \"T\" DROP FOREIGN KEY \"fk_T\";",
        "ALTER TABLE \"T\" ADD CONSTRAINT \"fk_T\" FOREIGN KEY (\"up\") REFERENCES \"T\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE;",
        "foreign key `fk_T` of `T`: its action on delete is `SET NULL` and was `CASCADE`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"at\" DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3));",
        "ALTER TABLE \"T\" MODIFY \"at\" DATETIME(6) NOT NULL;",
        "ALTER TABLE \"T\" MODIFY \"at\" DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3);",
        "column `T`.`at`: its ON UPDATE `current_timestamp(3)` is gone",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER NOT NULL COMMENT 'said');",
        "ALTER TABLE \"T\" MODIFY \"n\" INTEGER NULL;",
        "ALTER TABLE \"T\" MODIFY \"n\" INTEGER NOT NULL;",
        "column `T`.`n`: its comment `said` is gone",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"s\" TEXT, INDEX \"i_T\" (\"s\"(20)));",
        "DROP INDEX \"i_T\" ON \"T\";",
        "CREATE INDEX \"i_T\" ON \"T\" (\"s\"(10));",
        "index `i_T` of `T`: its column list is `s(10)` and was `s(20)`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"s\" TEXT, FULLTEXT INDEX \"i_T\" (\"s\"));",
        "DROP INDEX \"i_T\" ON \"T\";",
        "CREATE INDEX \"i_T\" ON \"T\" (\"s\"(20));",
        "index `i_T` of `T`: its type is `BTREE` and was `FULLTEXT`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER, CONSTRAINT \"c_T\" CHECK (\"n\" < 2147483647));",
        "ALTER TABLE \"T\" DROP CONSTRAINT \"c_T\";",
        "ALTER TABLE \"T\" ADD CONSTRAINT \"c_T\" CHECK (\"n\" <= 2147483647);",
        "check `c_T` of `T`: its definition is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY); CREATE VIEW \"v_T\" AS SELECT \"id\" FROM \"T\";",
        "DROP VIEW \"v_T\";",
        "CREATE VIEW \"v_T\" AS SELECT \"id\" + 1 AS \"id\" FROM \"T\";",
        "view `v_T`: its definition is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER); CREATE TRIGGER \"t_T\" BEFORE UPDATE ON \"T\" FOR EACH ROW SET NEW.\"n\" = 1;",
        "DROP TRIGGER \"t_T\";",
        "CREATE TRIGGER \"t_T\" BEFORE INSERT ON \"T\" FOR EACH ROW SET NEW.\"n\" = 1;",
        "trigger `t_T` of `T`: its moment is `BEFORE INSERT` and was `BEFORE UPDATE`",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER, \"twice\" INTEGER AS (\"n\" + 1) STORED);",
        "ALTER TABLE \"T\" DROP COLUMN \"twice\";",
        "ALTER TABLE \"T\" ADD COLUMN \"twice\" INTEGER AS (\"n\" + 2) STORED;",
        "column `T`.`twice`: its expression is",
    ),
    (
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER) ENGINE=InnoDB COMMENT='said';",
        "ALTER TABLE \"T\" RENAME TO \"kept_T\";",
        "CREATE TABLE \"T\" (\"id\" INTEGER AUTO_INCREMENT PRIMARY KEY, \"n\" INTEGER) ENGINE=MyISAM COMMENT='said'; INSERT INTO \"T\" SELECT * FROM \"kept_T\"; DROP TABLE \"kept_T\";",
        "table `T`: its engine is `MyISAM` and was `InnoDB`",
    ),
];

fn every_mutant_is_caught(provider: &str, specials: &[Special]) {
    let (id, on) = match provider {
        "sqlite" => ("INTEGER PRIMARY KEY", ""),
        "mysql" => ("INTEGER AUTO_INCREMENT PRIMARY KEY", " ON \"T\""),
        _ => ("SERIAL PRIMARY KEY", ""),
    };
    let mut earlier = String::new();
    let mut migrations = Vec::new();
    let mut expected = Vec::new();
    let of = |text: &str, table: &str| {
        let text = text
            .replace("\"T", &format!("\"{table}"))
            .replace("_T\"", &format!("_{table}\""))
            .replace("\"E\"", &format!("\"E{table}\""))
            .replace("\"E_new\"", &format!("\"E{table}_new\""));
        if provider == "mysql" { text.replace('"', "`") } else { text }
    };
    for (number, (what, broken, said)) in MUTANTS.iter().enumerate() {
        let table = format!("m{number}m");
        earlier.push_str(&of(&format!("CREATE TABLE \"T\" (\"id\" {id}, \"other\" TEXT, \"name\" VARCHAR(40) NOT NULL DEFAULT 'x');\nCREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\n"), &table));
        let migration = format!(
            "CREATE TABLE \"kept_T\" AS SELECT \"id\", \"name\" FROM \"T\";\nDROP INDEX \"T_name_idx\"{on};\nALTER TABLE \"T\" DROP COLUMN \"name\";\n"
        );
        migrations.push((
            format!("202602{number:02}000000_mutant"),
            of(&migration, &table),
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
    let mut place: Vec<usize> = (1..=migrations.len()).collect();
    if provider == "mysql" {
        // A copy costs most there: all that only leave differences behind go into one migration, each with a table of its own.
        let (mut alone, mut together) = (Vec::new(), (String::new(), String::new()));
        for (at, (name, sql, revert)) in std::mem::take(&mut migrations).into_iter().enumerate() {
            if expected[at].0 == "whole" || expected[at].1.starts_with("the revert stops") {
                alone.push((name, sql, revert));
                place[at] = alone.len();
            } else {
                together.0.push_str(&sql);
                together.1.push_str(&revert.expect("each has one"));
                place[at] = usize::MAX;
            }
        }
        alone.push(("20260400000000_together".to_owned(), together.0, Some(together.1)));
        place.iter_mut().filter(|at| **at == usize::MAX).for_each(|at| *at = alone.len());
        migrations = alone;
    }
    migrations.insert(0, ("20260101000000_init".to_owned(), earlier, None));
    let all = migrations.len();
    let (found, code) = verify(&project_of(provider, &migrations), &["--all"]);
    assert_eq!(code, 1);
    assert_eq!(found.len(), all);
    for (at, (what, said, table)) in place.into_iter().zip(expected) {
        let told = told(&found[at]);
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

#[test]
fn on_mysql() {
    if crate::mysql::has_server() {
        every_mutant_is_caught("mysql", &MYSQL);
    }
}
