//! The ledger is read as it was written, whatever the server's time zone and the form of its timestamps.

use jiff::Timestamp;
use prisma_safe::database::{DatabaseError, LedgerRow};
use prisma_safe::migrations::Checksum;

use crate::fixture::{SQLITE_TABLE, SqliteFile, each_server, open, table};
use crate::support::servers::{self, Kind};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

/// One applied row with Unicode in its name, one failed with an ugly log, one rolled back; written newest first.
fn expected() -> Vec<LedgerRow> {
    vec![
        LedgerRow {
            id: "id-1".to_owned(),
            checksum: Checksum::stored("c1"),
            finished_at: Some(at("2026-03-08T07:30:00.500Z")),
            migration_name: "20260308000000_größe".to_owned(),
            logs: None,
            rolled_back_at: None,
            // In the hour that New York skips: a server's local time would move it.
            started_at: at("2026-03-08T07:29:59.123Z"),
            applied_steps_count: 1,
        },
        LedgerRow {
            id: "id-2".to_owned(),
            checksum: Checksum::stored("c2"),
            finished_at: None,
            migration_name: "20260309000000_b".to_owned(),
            logs: Some("it's \"broken\"\n\\ ${x} 🎉".to_owned()),
            rolled_back_at: Some(at("2026-03-09T01:00:00Z")),
            started_at: at("2026-03-09T00:00:00Z"),
            applied_steps_count: 0,
        },
    ]
}

#[test]
fn servers_give_back_what_was_written() {
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        let (zone, escaped) = match server.kind {
            Kind::Postgres => ("+00", "it''s \"broken\"\n\\ ${x} 🎉"),
            Kind::MariaDb => ("", "it''s \"broken\"\n\\\\ ${x} 🎉"),
        };
        database.execute(&format!(
            "INSERT INTO _prisma_migrations VALUES ('id-2', 'c2', NULL, '20260309000000_b', '{escaped}', \
             '2026-03-09 01:00:00{zone}', '2026-03-09 00:00:00{zone}', 0); \
             INSERT INTO _prisma_migrations VALUES ('id-1', 'c1', '2026-03-08 07:30:00.5{zone}', '20260308000000_größe', NULL, NULL, \
             '2026-03-08 07:29:59.123{zone}', 1)",
        ));
        for url in [database.url(), database.socket_url()] {
            let mut connection = open(&url).expect("it answers");
            assert_eq!(connection.ledger().expect("readable"), Some(expected()), "{:?}", server.kind);
            assert_eq!(connection.ledger().expect("and again"), Some(expected()), "{:?}", server.kind);
        }
    }
}

#[test]
fn sqlite_gives_back_every_form_of_timestamp() {
    // Text as the driver adapters write it, integers as the native engine does, and what `datetime()` makes.
    let file = SqliteFile::with(&format!(
        "{SQLITE_TABLE}; \
         INSERT INTO _prisma_migrations VALUES ('id-2', 'c2', NULL, '20260309000000_b', 'it''s \"broken\"\n\\ ${{x}} 🎉', \
         '2026-03-09T01:00:00.000+00:00', datetime('2026-03-09T00:00:00Z'), 0); \
         INSERT INTO _prisma_migrations VALUES ('id-1', 'c1', 1772955000500, '20260308000000_größe', NULL, NULL, 1772954999123, 1)",
    ));
    let mut connection = open(&file.url()).expect("it opens");
    assert_eq!(connection.ledger().expect("readable"), Some(expected()));
}

#[test]
fn a_missing_table_is_no_ledger_and_an_empty_one_is() {
    for server in each_server() {
        let database = server.database();
        assert_eq!(open(&database.url()).expect("it answers").ledger(), Ok(None));
        database.execute(table(server.kind));
        assert_eq!(open(&database.url()).expect("it answers").ledger(), Ok(Some(Vec::new())));
    }
    let file = SqliteFile::with("CREATE TABLE other (id INTEGER)");
    assert_eq!(open(&file.url()).expect("it opens").ledger(), Ok(None));
    file.session().execute(SQLITE_TABLE);
    assert_eq!(open(&file.url()).expect("it opens").ledger(), Ok(Some(Vec::new())));
}

#[test]
fn the_ledger_of_the_schema_in_the_url_is_read_and_no_other() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let hostile = "we\"ird 'schema\\";
    database.execute(&format!(
        "CREATE SCHEMA \"{}\"; SET search_path = \"{}\"; {}; \
         INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('here', 'c', '1_a')",
        hostile.replace('"', "\"\""),
        hostile.replace('"', "\"\""),
        table(Kind::Postgres),
    ));
    let encoded = percent_encoding::utf8_percent_encode(hostile, percent_encoding::NON_ALPHANUMERIC);
    let rows = open(&format!("{}?schema={encoded}", database.url())).expect("it answers").ledger().expect("readable");
    assert_eq!(rows.expect("there is a table")[0].id, "here");
    assert_eq!(open(&database.url()).expect("it answers").ledger(), Ok(None));
}

#[test]
fn a_row_that_prisma_cannot_have_written_is_named() {
    let mut said = Vec::new();
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        database.execute(match server.kind {
            Kind::Postgres => "INSERT INTO _prisma_migrations VALUES ('bad', 'c', NULL, '1_a', NULL, NULL, 'infinity', 1)",
            Kind::MariaDb => {
                "SET sql_mode = ''; INSERT INTO _prisma_migrations VALUES ('bad', 'c', NULL, '1_a', NULL, NULL, '0000-00-00', 1)"
            }
        });
        said.push(problem(open(&database.url()).expect("it answers").ledger()));
    }
    let file = SqliteFile::with(&format!(
        "{SQLITE_TABLE}; INSERT INTO _prisma_migrations VALUES ('bad', 'c', 'gestern', '1_a', NULL, NULL, 0, 1)"
    ));
    said.push(problem(open(&file.url()).expect("it opens").ledger()));
    let stranger = SqliteFile::with("CREATE TABLE _prisma_migrations (id INTEGER, version TEXT)");
    let error = open(&stranger.url()).expect("it opens").ledger().expect_err("it is another table");
    said.push(error.to_string().replace(&stranger.url(), "SQLITE"));
    if said.len() == 4 {
        insta::assert_snapshot!(said.join("\n"), @r"
        `bad`: `started_at` is no timestamp: `infinity`
        `bad`: `started_at` is no timestamp: `0000-00-00 00:00:00.000`
        `bad`: `finished_at` is no timestamp: `gestern`
        SQLITE failed to read `_prisma_migrations`: no such column: checksum
        ");
    }
}

fn problem(answer: Result<Option<Vec<LedgerRow>>, DatabaseError>) -> String {
    match answer {
        Err(DatabaseError::LedgerRow { row, problem, .. }) => format!("{row}: {problem}"),
        other => panic!("not refused: {other:?}"),
    }
}
