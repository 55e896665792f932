//! Phase, losses, and what is left when a statement fails.

use prisma_safe::project::Provider;
use prisma_safe::sql::analysis::{AfterFailure, Atomicity, Destroyed, Judgement, Phase, PrismaVersion, judge};
use prisma_safe::sql::history_state::{State, walk};
use prisma_safe::sql::model::Script;
use prisma_safe::sql::read;

const PG: Provider = Provider::Postgresql;

fn script(provider: Provider, text: &str) -> Script {
    read(provider, text.as_bytes()).expect("UTF-8")
}

fn judged(provider: Provider, before: &str, text: &str) -> Judgement {
    let mut state = State::new(provider);
    walk(&mut state, "before", false, &script(provider, before), |_| {});
    judge(&script(provider, text), &state, None)
}

fn phase(text: &str) -> Phase {
    judged(PG, "CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b int NOT NULL);", text).phase
}

fn losses(provider: Provider, before: &str, text: &str) -> Vec<(Destroyed, String, String)> {
    let judgement = judged(provider, before, text);
    let part = |t: &Option<String>| t.clone().unwrap_or_default();
    judgement
        .destructions
        .iter()
        .map(|d| {
            (d.what, part(&d.name.as_ref().map(ToString::to_string)), part(&d.column.as_ref().map(ToString::to_string)))
        })
        .collect()
}

#[test]
fn phases_are_derived() {
    use Phase::{Contract, Expand, Migrate, Mixed, Neutral};
    for (wanted, text) in [
        (
            Expand,
            "ALTER TABLE t ADD COLUMN c int; CREATE INDEX i ON t (c); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES u (id);",
        ),
        (Expand, "CREATE TABLE n (id int NOT NULL); CREATE UNIQUE INDEX i ON n (id); INSERT INTO n VALUES (1);"),
        (Expand, "ALTER TABLE t ALTER COLUMN a TYPE varchar(20);"),
        (Expand, "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 1;"),
        (Contract, "ALTER TABLE t ADD COLUMN c int NOT NULL;"),
        (Contract, "ALTER TABLE t DROP COLUMN a;"),
        (Contract, "ALTER TABLE t ALTER COLUMN a TYPE varchar(5);"),
        (Contract, "ALTER TABLE t ALTER COLUMN a SET NOT NULL;"),
        (Contract, "CREATE UNIQUE INDEX i ON t (a);"),
        (Contract, "ALTER TABLE t RENAME TO u;"),
        (Migrate, "UPDATE t SET a = 'x' WHERE a IS NULL;"),
        (Migrate, "WITH x AS (SELECT 1) DELETE FROM t;"),
        (Mixed, "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1;"),
        (Mixed, "FROBNICATE t;"),
        (Neutral, "SET lock_timeout = '2s'; BEGIN; COMMIT; COMMENT ON TABLE t IS 'x'; SELECT 1;"),
    ] {
        assert_eq!(phase(text), wanted, "{text}");
    }
}

#[test]
fn losses_name_table_and_column() {
    use Destroyed::{Cast, Column, EnumValues, PrimaryKey, Rows, Schema, Table, Unknown, Values};
    let one = |what, table: &str, column: &str| vec![(what, table.to_owned(), column.to_owned())];
    let before = "CREATE TABLE t (id int PRIMARY KEY, a varchar(10)); CREATE TYPE e AS ENUM ('a', 'b');";
    assert_eq!(losses(PG, before, "ALTER TABLE t DROP COLUMN a;"), one(Column, "t", "a"));
    assert_eq!(losses(PG, before, "DROP TABLE IF EXISTS public.t CASCADE;"), one(Table, "t", ""));
    assert_eq!(losses(PG, before, "DO $$ BEGIN DROP TABLE t; END $$;"), one(Table, "t", ""));
    assert_eq!(losses(PG, before, "CREATE TEMP TABLE x AS SELECT 1; DROP TABLE x;"), []);
    assert_eq!(losses(PG, before, "ALTER TABLE t ALTER COLUMN a TYPE varchar(20), ALTER COLUMN a TYPE text;"), []);
    assert_eq!(losses(PG, before, "ALTER TABLE t ALTER COLUMN a TYPE int USING a::int;"), one(Cast, "t", "a"));
    assert_eq!(losses(PG, before, "ALTER TABLE t DROP CONSTRAINT t_pkey;"), one(PrimaryKey, "t", ""));
    assert_eq!(losses(PG, before, "DROP SCHEMA s CASCADE;"), one(Schema, "s", ""));
    assert_eq!(losses(PG, before, "TRUNCATE t;"), one(Rows, "t", ""));
    assert_eq!(losses(PG, before, "UPDATE t SET a = 'x';"), one(Values, "t", "a"));
    assert_eq!(losses(PG, before, "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 1;"), []);
    assert_eq!(losses(PG, before, "DO $$ BEGIN EXECUTE x; END $$;"), one(Unknown, "", ""));
    let swap = |values: &str| {
        format!(
            "CREATE TYPE e_new AS ENUM ({values}); ALTER TYPE e RENAME TO e_old; ALTER TYPE e_new RENAME TO e; DROP TYPE e_old;"
        )
    };
    assert_eq!(losses(PG, before, &swap("'a'")), one(EnumValues, "e", ""));
    assert_eq!(losses(PG, before, &swap("'a', 'b', 'c'")), []);
}

#[test]
fn a_rebuild_loses_what_it_does_not_copy() {
    use Destroyed::{Column, Rows, Unknown};
    let before = "CREATE TABLE T (id INTEGER PRIMARY KEY, a TEXT, b TEXT);";
    let rebuild = |copy: &str| {
        format!(
            "CREATE TABLE new_T (id INTEGER PRIMARY KEY, a TEXT); {copy} DROP TABLE T; ALTER TABLE new_T RENAME TO T;"
        )
    };
    let lost = |copy: &str| {
        losses(Provider::Sqlite, before, &rebuild(copy)).into_iter().map(|l| (l.0, l.2)).collect::<Vec<_>>()
    };
    assert_eq!(lost("INSERT INTO new_T (id, a) SELECT id, a FROM T;"), [(Column, "b".to_owned())]);
    assert_eq!(lost("INSERT INTO new_T (id, a) SELECT id, coalesce(a, b) FROM T;"), []);
    assert_eq!(lost(""), [(Rows, String::new())]);
    assert_eq!(lost("INSERT INTO new_T (id, a) SELECT id, a || b FROM T WHERE id > 1;"), [(Rows, String::new())]);
    let unknown = losses(Provider::Sqlite, "", &rebuild("INSERT INTO new_T (id, a) SELECT id, a FROM T;"));
    assert_eq!(unknown[0].0, Unknown, "what the old table held is not known");
}

fn version(major: u16, minor: u16) -> Option<PrismaVersion> {
    Some(PrismaVersion { major, minor: Some(minor) })
}

fn left(provider: Provider, text: &str, prisma: Option<PrismaVersion>) -> Vec<(Option<Vec<usize>>, Atomicity)> {
    let state = State::new(provider);
    let judgement = judge(&script(provider, text), &state, prisma);
    let row = |a: &AfterFailure| match a {
        AfterFailure::Unchanged { because } => (Some(Vec::new()), *because),
        AfterFailure::EarlierStay { statements, because } => (Some(statements.clone()), *because),
        AfterFailure::Depends { because, .. } => (None, *because),
    };
    judgement.after_failure.iter().map(row).collect()
}

#[test]
fn what_is_left_hangs_on_prismas_version() {
    use Atomicity::{
        ExplicitTransaction, ImplicitTransaction, PrismaVersionUnclear, SingleStatement, SplitByPrisma, SplitterGivesUp,
    };
    let two = "CREATE TABLE a (id int); CREATE TABLE b (id int);";
    assert_eq!(
        left(PG, two, version(6, 19)),
        [(Some(vec![]), ImplicitTransaction), (Some(vec![]), ImplicitTransaction)]
    );
    assert_eq!(left(PG, two, version(7, 10))[1], (Some(vec![0]), SplitByPrisma));
    assert_eq!(left(PG, two, version(7, 4))[1], (None, PrismaVersionUnclear));
    assert_eq!(left(PG, "DROP TABLE a;", version(7, 10)), [(Some(vec![]), SingleStatement)]);
    let wrapped = "BEGIN; CREATE TABLE a (id int); CREATE TABLE b (id int); COMMIT; CREATE TABLE c (id int);";
    assert_eq!(left(PG, wrapped, version(7, 10))[2], (Some(vec![]), ExplicitTransaction));
    assert_eq!(left(PG, wrapped, version(7, 10))[4], (Some(vec![1, 2]), SplitByPrisma));
    assert_eq!(left(PG, wrapped, version(5, 22))[4], (Some(vec![1, 2]), ImplicitTransaction));
    let refused = "CREATE TABLE a (id int); DROP INDEX CONCURRENTLY i;";
    assert_eq!(left(PG, refused, version(7, 10))[1], (Some(vec![]), SplitterGivesUp));
}

#[test]
fn other_databases_have_their_own_way() {
    use Atomicity::{DdlCommits, ExplicitTransaction, NoTransaction, TryCatch};
    let two = "CREATE TABLE a (id int); CREATE TABLE b (id int);";
    assert_eq!(left(Provider::Mysql, two, version(6, 0))[1], (Some(vec![0]), DdlCommits));
    assert_eq!(
        left(Provider::Mysql, "BEGIN; INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); COMMIT;", None)[2].0,
        Some(vec![])
    );
    assert_eq!(
        left(
            Provider::Mysql,
            "BEGIN; INSERT INTO a VALUES (1); CREATE TABLE b (id int); INSERT INTO a VALUES (2);",
            None
        )[3]
        .0,
        Some(vec![1, 2])
    );
    assert_eq!(left(Provider::Sqlite, two, None)[1], (Some(vec![0]), NoTransaction));
    assert_eq!(left(Provider::Sqlite, &format!("BEGIN; {two} COMMIT;"), None)[2], (Some(vec![]), ExplicitTransaction));
    let wrapped = format!("BEGIN TRY\nBEGIN TRAN;\n{two}\nCOMMIT TRAN;\nEND TRY\nBEGIN CATCH\nTHROW\nEND CATCH");
    assert_eq!(left(Provider::Sqlserver, &wrapped, None)[1], (Some(vec![]), TryCatch));
    assert_eq!(left(Provider::Sqlserver, two, None)[1], (Some(vec![0]), NoTransaction));
}
