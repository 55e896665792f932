//! Reading leaves everything as it was: no database, no schema, no table, no file appears, and the connection cannot write.

use std::time::SystemTime;

use prisma_safe::database::DatabaseError;

use crate::fixture::{SQLITE_TABLE, SqliteFile, each_server, open, table};
use crate::support::servers::{self, Kind};

#[test]
fn a_missing_database_is_still_missing_afterwards() {
    for server in each_server() {
        let missing = server.missing_database();
        for url in [missing.url(), missing.socket_url()] {
            let error = open(&url).map(drop).expect_err("there is no such database");
            assert!(error.is_no_such_database(), "{error}");
            assert!(error.to_string().contains(&missing.name), "{error}");
        }
        assert!(!server.databases().contains(&missing.name));
    }
}

#[test]
fn a_missing_schema_is_still_missing_afterwards() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let mut connection = open(&format!("{}?schema=typo", database.url())).expect("it answers");
    assert_eq!(connection.survey().expect("readable").ledger, None);
    drop(connection);
    assert!(!database.session().column("SELECT nspname::text FROM pg_namespace").contains(&"typo".to_owned()));
}

#[test]
fn a_missing_sqlite_file_is_still_missing_afterwards() {
    let file = SqliteFile::missing();
    let error = open(&file.url()).map(drop).expect_err("there is no file");
    assert!(error.is_no_such_database(), "{error}");
    assert!(file.files().is_empty());
}

#[test]
fn an_sqlite_file_is_left_byte_for_byte_and_alone() {
    for mode in ["DELETE", "WAL"] {
        let file = SqliteFile::with(&format!(
            "PRAGMA journal_mode = {mode}; {SQLITE_TABLE}; \
             INSERT INTO _prisma_migrations VALUES ('a', 'b', 1, 'c', NULL, NULL, 1, 1)",
        ));
        let state = || -> (Vec<u8>, SystemTime) {
            let changed = std::fs::metadata(&file.path).expect("there").modified().expect("known");
            (std::fs::read(&file.path).expect("readable"), changed)
        };
        let before = state();
        let mut connection = open(&file.url()).expect("it opens");
        assert_eq!(connection.survey().expect("readable").ledger.map(|rows| rows.len()), Some(1), "{mode}");
        assert_eq!(file.files(), ["dev.db"], "{mode}: while it is open");
        drop(connection);
        assert_eq!(file.files(), ["dev.db"], "{mode}: afterwards");
        assert!(state() == before, "{mode}: the file has changed");
    }
}

#[test]
fn what_a_writer_has_in_its_write_ahead_log_is_seen() {
    let file = SqliteFile::with(&format!("PRAGMA journal_mode = WAL; {SQLITE_TABLE}"));
    let mut early = open(&file.url()).expect("it opens");
    let mut writer = file.session();
    writer.execute("INSERT INTO _prisma_migrations VALUES ('a', 'b', 1, 'c', NULL, NULL, 1, 1)");
    assert!(file.files().contains(&"dev.db-wal".to_owned()), "the row is in the log only");
    for connection in [&mut early, &mut open(&file.url()).expect("it opens")] {
        assert_eq!(connection.ledger().expect("readable").map(|rows| rows.len()), Some(1));
    }
}

#[test]
fn a_write_ahead_log_that_a_crash_left_is_read_and_left_there() {
    let file = SqliteFile::with(&format!("PRAGMA journal_mode = WAL; {SQLITE_TABLE}"));
    let mut writer = file.session();
    writer.execute("INSERT INTO _prisma_migrations VALUES ('a', 'b', 1, 'c', NULL, NULL, 1, 1)");
    let crashed = SqliteFile::missing();
    for suffix in ["", "-wal"] {
        let copy = |file: &SqliteFile| format!("{}{suffix}", file.path.display());
        std::fs::copy(copy(&file), copy(&crashed)).expect("it is there");
    }
    let log = || std::fs::read(format!("{}-wal", crashed.path.display())).expect("readable");
    let before = log();
    let rows = open(&crashed.url()).and_then(|mut open| open.ledger()).expect("readable");
    assert_eq!(rows.map(|rows| rows.len()), Some(1));
    assert!(log() == before, "the log is as it was");
    // The one exception: SQLite needs its index over the log, and a reader cannot take it away again.
    assert_eq!(crashed.files(), ["dev.db", "dev.db-shm", "dev.db-wal"]);
}

#[test]
fn a_user_who_may_only_read_reads() {
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        let name = &database.name;
        database.execute(&match server.kind {
            Kind::Postgres => format!(
                "CREATE ROLE reader_{name} LOGIN PASSWORD 'p'; ALTER ROLE reader_{name} SET default_transaction_read_only = on; \
                 GRANT SELECT ON _prisma_migrations TO reader_{name}; \
                 CREATE ROLE blind_{name} LOGIN PASSWORD 'p'"
            ),
            Kind::MariaDb => format!(
                "CREATE USER reader_{name} IDENTIFIED BY 'p'; GRANT SELECT ON {name}.* TO reader_{name}; \
                 CREATE TABLE other (id INT); CREATE USER blind_{name} IDENTIFIED BY 'p'; GRANT INSERT ON {name}.* TO blind_{name}"
            ),
        });
        let mut reader = open(&database.url_as(&format!("reader_{name}"), "p")).expect("it may connect");
        assert_eq!(reader.ledger(), Ok(Some(Vec::new())));
        let marker = prisma_safe::environment::Marker { environment: "x".to_owned(), kind: None };
        let error = reader.set_marker(&marker).expect_err("it may not write");
        assert!(
            matches!(error, DatabaseError::ReadOnly { .. } | DatabaseError::Permission { .. }),
            "{:?}: {error}",
            server.kind
        );
        let mut blind = open(&database.url_as(&format!("blind_{name}"), "p")).expect("it may connect");
        let error = blind.ledger().expect_err("it may not read");
        assert!(matches!(error, DatabaseError::Permission { .. }), "{:?}: {error}", server.kind);
    }
}

#[test]
fn a_ledger_that_a_user_may_not_even_see_is_not_called_missing() {
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        let name = &database.name;
        database.execute(&match server.kind {
            Kind::Postgres => {
                format!("CREATE ROLE outside_{name} LOGIN PASSWORD 'p'; REVOKE USAGE ON SCHEMA public FROM PUBLIC")
            }
            Kind::MariaDb => format!(
                "CREATE TABLE other (id INT); CREATE USER outside_{name} IDENTIFIED BY 'p'; \
                 GRANT SELECT ON {name}.other TO outside_{name}"
            ),
        });
        let mut outside = open(&database.url_as(&format!("outside_{name}"), "p")).expect("it may connect");
        let error = outside.ledger().expect_err("it may not read");
        assert!(matches!(error, DatabaseError::Permission { .. }), "{:?}: {error}", server.kind);
    }
}
