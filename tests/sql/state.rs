//! What is remembered over statements and migrations.

use prisma_safe::project::Provider;
use prisma_safe::sql::history_state::{State, walk};
use prisma_safe::sql::model::{Ident, Name, Script, Span};
use prisma_safe::sql::read;

fn script(provider: Provider, text: &str) -> Script {
    read(provider, text.as_bytes()).expect("UTF-8")
}

fn ident(provider: Provider, value: &str) -> Ident {
    Ident {
        value: value.to_owned(),
        quoted: true,
        case_sensitive: provider == Provider::Postgresql,
        span: Span::default(),
    }
}

fn name(provider: Provider, value: &str) -> Name {
    let exact = matches!(provider, Provider::Postgresql | Provider::Mysql);
    Name::bare(Ident { case_sensitive: exact, ..ident(provider, value) })
}

/// All migrations, the last ones pending.
fn state(provider: Provider, applied: &[&str], pending: &[&str]) -> State {
    let mut state = State::new(provider);
    for (text, pending) in applied.iter().map(|t| (t, false)).chain(pending.iter().map(|t| (t, true))) {
        walk(&mut state, "m", pending, &script(provider, text), |_| {});
    }
    state
}

const PG: Provider = Provider::Postgresql;

#[test]
fn columns_follow_every_change() {
    let state = state(
        PG,
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(10) NOT NULL DEFAULT 'x', b text);",
            "ALTER TABLE t ALTER COLUMN a TYPE text, ALTER COLUMN a DROP NOT NULL, ALTER COLUMN a DROP DEFAULT; ALTER TABLE t RENAME COLUMN b TO c; ALTER TABLE t ADD COLUMN d int NOT NULL DEFAULT 1; ALTER TABLE t DROP COLUMN id; ALTER TABLE t RENAME TO u;",
        ],
        &[],
    );
    assert!(state.table(&name(PG, "t")).is_none());
    let table = state.table(&name(PG, "u")).expect("renamed");
    assert!(table.complete);
    assert_eq!(table.columns.iter().map(|c| c.name.value.as_str()).collect::<Vec<_>>(), ["a", "c", "d"]);
    let a = table.column(&ident(PG, "a")).expect("a");
    assert_eq!(
        (a.nullable, a.has_default, a.data_type.as_ref().expect("typed").name.as_str()),
        (Some(true), Some(false), "text")
    );
    let d = table.column(&ident(PG, "d")).expect("d");
    assert_eq!((d.nullable, d.has_default, d.born.expect("born").migration), (Some(false), Some(true), 1));
    assert_eq!(table.constraints.len(), 0, "the key went with its column");
}

#[test]
fn constraints_are_validated_later() {
    let state = state(
        PG,
        &[
            "CREATE TABLE t (id int);",
            "ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID; ALTER TABLE t ADD UNIQUE (id);",
        ],
        &["ALTER TABLE t VALIDATE CONSTRAINT c;"],
    );
    let table = state.table(&name(PG, "t")).expect("known");
    let c = table.constraint(&ident(PG, "c")).expect("c");
    assert!(c.validated && c.validated_at.is_some_and(|at| at.migration == 2));
    assert!(table.constraint(&ident(PG, "t_id_key")).is_some(), "by the name that PostgreSQL makes up");
    assert!(table.has_index_on(&[ident(PG, "id")]));
}

#[test]
fn enums_keep_their_order() {
    let state = state(
        PG,
        &[
            "CREATE TYPE e AS ENUM ('a', 'c');",
            "ALTER TYPE e ADD VALUE 'b' BEFORE 'c'; ALTER TYPE e ADD VALUE 'd'; ALTER TYPE e RENAME VALUE 'a' TO 'z'; ALTER TYPE e RENAME TO f;",
        ],
        &[],
    );
    let known = state.enum_type(&name(PG, "f")).expect("renamed");
    assert_eq!(known.values.iter().map(|v| v.0.as_str()).collect::<Vec<_>>(), ["z", "b", "c", "d"]);
}

#[test]
fn a_rule_can_ask_what_is_new() {
    let mut state = state(PG, &["CREATE TABLE old (id int);"], &["CREATE TABLE pending (id int);"]);
    let script = script(PG, "CREATE TABLE here (id int); CREATE INDEX i ON here (id);");
    let mut seen = Vec::new();
    walk(&mut state, "m", true, &script, |c| {
        let ask = |n: &str| (c.created_here(&name(PG, n)), c.created_in_pending(&name(PG, n)));
        seen.push((ask("old"), ask("pending"), ask("here")));
    });
    assert_eq!(seen, [((false, false), (false, true), (false, false)), ((false, false), (false, true), (true, true))]);
}

#[test]
fn timeouts_last_as_long_as_they_do() {
    let file = "SET lock_timeout = '5s'; BEGIN; SET LOCAL statement_timeout TO 1000; SELECT 1; COMMIT; SELECT 2; RESET lock_timeout; SELECT 3;";
    let mut state = State::new(PG);
    let script = script(PG, file);
    let mut seen = Vec::new();
    walk(&mut state, "m", true, &script, |c| {
        if c.script.slice(c.statement.span).starts_with("SELECT") {
            seen.push((
                c.lock_timeout().and_then(|s| s.millis),
                c.statement_timeout().and_then(|s| s.millis),
                c.in_explicit_transaction(),
            ));
        }
    });
    assert_eq!(seen, [(Some(5_000), Some(1_000), true), (Some(5_000), None, false), (None, None, false)]);
    let leaks = self::state(PG, &[], &["SET lock_timeout = 100;", "SELECT 1;"]);
    assert_eq!(leaks.setting("lock_timeout").and_then(|s| s.millis), Some(100));
    let applied = self::state(PG, &["SET lock_timeout = 100;"], &["SELECT 1;"]);
    assert_eq!(applied.setting("lock_timeout"), None, "an applied file ran in a session of long ago");
}

#[test]
fn a_rebuilt_table_is_as_old_as_before() {
    let state = state(
        Provider::Sqlite,
        &["CREATE TABLE T (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX i ON T(a);"],
        &[
            "CREATE TABLE new_T (id INTEGER PRIMARY KEY, a TEXT NOT NULL, c TEXT); INSERT INTO new_T (id, a) SELECT id, a FROM T; DROP TABLE T; ALTER TABLE new_T RENAME TO T;",
        ],
    );
    let table = state.table(&name(Provider::Sqlite, "t")).expect("by its lasting name, in any case");
    assert_eq!(table.born.expect("born").migration, 0);
    assert_eq!(
        table.columns.iter().map(|c| (c.name.value.as_str(), c.nullable)).collect::<Vec<_>>(),
        [("id", Some(false)), ("a", Some(false)), ("c", Some(true))]
    );
    assert!(table.indexes.is_empty(), "its indexes went with the old table");
    assert!(state.table(&name(Provider::Sqlite, "new_T")).is_none());
}

#[test]
fn mysql_rewrites_a_definition_as_a_whole() {
    let my = Provider::Mysql;
    let state = state(
        my,
        &["CREATE TABLE `t` (`a` VARCHAR(10) NOT NULL DEFAULT 'x');", "ALTER TABLE `t` MODIFY `A` VARCHAR(20);"],
        &[],
    );
    let table = state.table(&name(my, "t")).expect("known");
    let a = table.column(&ident(my, "a")).expect("a");
    assert_eq!((a.nullable, a.has_default), (Some(true), Some(false)));
    assert!(state.table(&name(my, "T")).is_none(), "table names are exact");
}
