//! The lock table that the rules cite, row by row on a real PostgreSQL: the locks as `pg_locks` shows them, the work by what was read
//! and which files are new. `docs/locks.md` is written from what was seen (`PRISMA_SAFE_BLESS=1` writes it).

mod page;
mod scenes;

use std::collections::BTreeMap;

use prisma_safe::project::Provider;
use prisma_safe::sql;
use prisma_safe::sql::lock_facts::postgres::{LockMode, On, ROWS, Row, Work};
use prisma_safe::sql::lock_facts::types::{TypeChange, type_change};
use prisma_safe::sql::model::Action;

use crate::support::servers::{self, TestDatabase, TestSession};
use crate::support::skip_or_fail;
use scenes::{COMMON, Scene, TYPE_CHANGES, scene};

/// What a relation of the schema is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Relation {
    oid: String,
    file: String,
    is_index: bool,
}

type Catalogue = BTreeMap<String, Relation>;

/// What was seen of one row.
struct Seen {
    locks: Vec<(On, Option<LockMode>)>,
    work: Work,
}

#[test]
fn every_row_of_the_lock_table_is_true() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let major: u16 = database.session().column("SELECT (current_setting('server_version_num')::int / 10000)::text")[0]
        .parse()
        .expect("a number");
    // Cluster-wide, and refused in a transaction: made once, apart from the scenes.
    let mut session = database.session();
    session.execute("SET allow_in_place_tablespaces = on");
    session.execute("CREATE TABLESPACE locks_test LOCATION ''");
    let mut wrong = Vec::new();
    for row in ROWS {
        if row.since.is_some_and(|since| since > major) {
            skip_or_fail(&format!("PostgreSQL {major} does not know `{}`", row.sql));
            continue;
        }
        let scene = scene(row.shape);
        let seen = if row.outside_transaction {
            outside_transaction(&database, row, &scene)
        } else {
            inside_transaction(&database, row, &scene, &mut wrong)
        };
        for (on, expected) in row.locks {
            let found = seen.locks.iter().find(|(of, _)| of == on).and_then(|(_, mode)| *mode);
            if found != Some(*expected) {
                wrong.push(format!("{}: {} is locked {found:?}, the table says {expected}", row.sql, on.as_str()));
            }
        }
        if seen.work != row.work && !scene.unseen {
            wrong.push(format!("{}: it {}, the table says it {}", row.sql, seen.work.as_str(), row.work.as_str()));
        }
    }
    assert!(wrong.is_empty(), "on PostgreSQL {major}:\n{}", wrong.join("\n"));
    page::hold_to("locks", major, &page::locks());
}

#[test]
fn every_type_change_is_judged_as_the_server_does_it() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let major: u16 = database.session().column("SELECT (current_setting('server_version_num')::int / 10000)::text")[0]
        .parse()
        .expect("a number");
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    for (from, to) in TYPE_CHANGES {
        let (utc, elsewhere) = (rewrites(&database, from, to, "UTC"), rewrites(&database, from, to, "Europe/Berlin"));
        let seen = match (utc, elsewhere) {
            (false, false) => TypeChange::InPlace,
            (true, true) => TypeChange::Rewrite,
            (false, true) => TypeChange::ZoneDecides,
            (true, false) => panic!("{from} to {to}: rewritten in UTC only"),
        };
        let judged = judge(from, to);
        if judged != seen {
            wrong.push(format!("{from} to {to}: the server does {seen:?}, we say {judged:?}"));
        }
        lines.push((*from, *to, seen));
    }
    assert!(wrong.is_empty(), "on PostgreSQL {major}:\n{}", wrong.join("\n"));
    page::hold_to("types", major, &page::types(&lines));
}

/// What the rules say of a type change, from SQL text on.
fn judge(from: &str, to: &str) -> TypeChange {
    let text = format!("CREATE TABLE t (x {from}); ALTER TABLE t ALTER COLUMN x TYPE {to};");
    let script = sql::read(Provider::Postgresql, text.as_bytes()).expect("text");
    let mut old = None;
    for (_, operation) in script.operations() {
        match &operation.action {
            Action::CreateTable(create) => old = create.columns[0].data_type.clone(),
            Action::AlterColumnType { to, using, .. } => {
                return type_change(&script, old.as_ref(), to, using.as_ref());
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    panic!("{text}: no type change was read");
}

fn rewrites(database: &TestDatabase, from: &str, to: &str, zone: &str) -> bool {
    let mut session = fresh(database);
    session.execute(&format!("ALTER TABLE t ADD COLUMN x {from}; SET timezone = '{zone}'; BEGIN"));
    let before = catalogue(&mut session);
    session.execute(&format!("ALTER TABLE t ALTER COLUMN x TYPE {to}"));
    let after = catalogue(&mut session);
    session.execute("ROLLBACK");
    before["t"].file != after["t"].file
}

/// A session in a schema made anew.
fn fresh(database: &TestDatabase) -> TestSession {
    let mut session = database.session();
    session.execute(
        "SET client_min_messages = error; DROP SCHEMA IF EXISTS s CASCADE; DROP SCHEMA IF EXISTS other CASCADE",
    );
    session.execute("CREATE SCHEMA s; SET search_path = s");
    session.execute(COMMON);
    session
}

fn prepare(database: &TestDatabase, scene: &Scene) -> TestSession {
    fresh(database).execute(scene.setup);
    // Another session: what was read while preparing must not count.
    let mut session = database.session();
    session.execute("SET search_path = s");
    session
}

fn inside_transaction(database: &TestDatabase, row: &Row, scene: &Scene, wrong: &mut Vec<String>) -> Seen {
    let mut session = prepare(database, scene);
    session.execute("BEGIN");
    let before = catalogue(&mut session);
    session.execute(scene.statement);
    let held = locks(&mut session, "pg_backend_pid()");
    let read = tuples_read(&mut session);
    let after = catalogue(&mut session);
    session.execute("ROLLBACK");
    for (name, relation) in &before {
        let listed = scene.tables.iter().any(|(_, table)| table == name);
        let strongest = held.get(&relation.oid).copied();
        if !relation.is_index && !listed && strongest.is_some_and(|mode| mode > LockMode::AccessShare) {
            wrong.push(format!("{}: `{name}` is locked {strongest:?} too, and the table says nothing of it", row.sql));
        }
    }
    Seen {
        locks: seen_locks(scene, &before, &held),
        work: work(scene, row, &before, &after, |oid| read.get(oid).copied().unwrap_or(0) > 0),
    }
}

/// Runs the statement beside a session that makes it wait, and looks at it from a third one.
fn outside_transaction(database: &TestDatabase, row: &Row, scene: &Scene) -> Seen {
    let mut session = prepare(database, scene);
    session.execute("BEGIN");
    let refused = session.try_execute(scene.statement).expect_err(row.sql);
    let code = refused.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
    assert_eq!(code, "25001", "{} inside a transaction: {refused}", row.sql);
    session.execute("ROLLBACK");

    let before = catalogue(&mut session);
    let mut blocker = database.session();
    blocker.execute("SET search_path = s; BEGIN");
    blocker.execute(scene.blocker.unwrap_or_else(|| panic!("{}: nothing makes it wait", row.sql)));
    let mut watcher = database.session();
    let pid = session.column("SELECT pg_backend_pid()::text").remove(0);
    let statement = scene.statement;
    let running = std::thread::spawn(move || {
        session.execute(statement);
        session
    });
    let waits = format!("SELECT '1' FROM pg_locks WHERE pid = {pid} AND NOT granted");
    while watcher.column(&waits).is_empty() {
        assert!(!running.is_finished(), "{} did not wait", row.sql);
        std::thread::yield_now();
    }
    let held = locks(&mut watcher, &pid);
    blocker.execute("ROLLBACK");
    let mut session = running.join().expect("the statement succeeds");
    let after = catalogue(&mut session);
    Seen { locks: seen_locks(scene, &before, &held), work: work(scene, row, &before, &after, |_| true) }
}

fn catalogue(session: &mut TestSession) -> Catalogue {
    let rows = session.column(
        "SELECT concat_ws(' ', relname, oid, coalesce(pg_relation_filenode(oid), 0), relkind IN ('i', 'I')) \
         FROM pg_class WHERE relnamespace = 's'::regnamespace AND relkind IN ('r', 'p', 'm', 'i', 'I')",
    );
    rows.iter()
        .map(|row| {
            let mut parts = row.split(' ').map(str::to_owned);
            let mut next = || parts.next().expect("four parts");
            let name = next();
            (name, Relation { oid: next(), file: next(), is_index: next() == "t" })
        })
        .collect()
}

/// The strongest lock on each relation, held or asked for.
fn locks(session: &mut TestSession, pid: &str) -> BTreeMap<String, LockMode> {
    let mut strongest = BTreeMap::new();
    let rows = session.column(&format!(
        "SELECT concat_ws(' ', relation, mode) FROM pg_locks WHERE pid = {pid} AND locktype = 'relation'"
    ));
    for row in rows {
        let (oid, mode) = row.split_once(' ').expect("two parts");
        let mode = LockMode::parse(mode).unwrap_or_else(|| panic!("an unknown mode: {mode}"));
        let entry = strongest.entry(oid.to_owned()).or_insert(mode);
        *entry = mode.max(*entry);
    }
    strongest
}

/// Rows read by sequential scans in this transaction so far.
fn tuples_read(session: &mut TestSession) -> BTreeMap<String, u64> {
    let rows =
        session.column("SELECT concat_ws(' ', relid, seq_tup_read) FROM pg_stat_xact_all_tables WHERE seq_scan > 0");
    rows.iter()
        .map(|row| {
            let (oid, count) = row.split_once(' ').expect("two parts");
            (oid.to_owned(), count.parse().expect("a number"))
        })
        .collect()
}

fn seen_locks(scene: &Scene, before: &Catalogue, held: &BTreeMap<String, LockMode>) -> Vec<(On, Option<LockMode>)> {
    let mode = |table: &str| before.get(table).and_then(|relation| held.get(&relation.oid).copied());
    scene.tables.iter().map(|(on, table)| (*on, mode(table))).collect()
}

fn work(scene: &Scene, row: &Row, before: &Catalogue, after: &Catalogue, read: impl Fn(&str) -> bool) -> Work {
    let Some((_, table)) = scene.tables.iter().find(|(on, _)| *on == row.works_on) else { return Work::Metadata };
    let old = &before[*table];
    let moved = after.values().find(|relation| relation.oid == old.oid).is_some_and(|new| new.file != old.file);
    if moved && !scene.empties {
        return Work::Rewrite;
    }
    if !read(&old.oid) {
        return Work::Metadata;
    }
    let built = after.iter().any(|(name, relation)| {
        relation.is_index && relation.file != "0" && before.get(name).is_none_or(|was| was.file != relation.file)
    });
    match (built, row.outside_transaction) {
        (true, _) => Work::IndexBuild,
        (false, true) => Work::Metadata,
        (false, false) => Work::Scan,
    }
}
