//! The mark: written into the table's comment, read back, and nothing else changed.

use prisma_safe::database::DatabaseError;
use prisma_safe::environment::{EnvironmentKind, Marker};

use crate::fixture::{SQLITE_TABLE, SqliteFile, each_server, open, table};
use crate::support::servers::{Kind, TestDatabase};

fn mark(environment: &str, kind: EnvironmentKind) -> Marker {
    Marker { environment: environment.to_owned(), kind: Some(kind) }
}

/// The table as the server itself would write it down, without its comment.
fn definition(database: &TestDatabase) -> String {
    match database.server.kind {
        Kind::Postgres => database.session().column(
            "SELECT string_agg(attname || format_type(atttypid, atttypmod) || attnotnull, ',' ORDER BY attnum) \
             || (SELECT count(*) FROM pg_index WHERE indrelid = '_prisma_migrations'::regclass) \
             FROM pg_attribute WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0",
        ),
        Kind::MariaDb => database.session().column(
            "SELECT CONCAT(GROUP_CONCAT(column_name, column_type, is_nullable, IFNULL(column_default, '-'), \
             IFNULL(collation_name, '-') ORDER BY ordinal_position), (SELECT CONCAT(engine, table_collation) \
             FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '_prisma_migrations')) \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '_prisma_migrations'",
        ),
    }
    .join("\n")
}

#[test]
fn the_mark_comes_back_and_the_rest_of_comment_and_table_stays() {
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        // Whose backslash and quotation marks are not ours to lose.
        let (comment, escaped) = (r#"don't touch "this" \ é"#, r#"don''t touch "this" \ é"#);
        database.execute(&match server.kind {
            Kind::Postgres => format!("COMMENT ON TABLE _prisma_migrations IS '{escaped}'"),
            Kind::MariaDb => {
                format!("ALTER TABLE _prisma_migrations COMMENT '{}'", escaped.replace('\\', "\\\\"))
            }
        });
        let before = definition(&database);
        let mut connection = open(&database.url()).expect("it answers");
        assert_eq!(connection.marker(), Ok(None));
        for marker in [mark("staging", EnvironmentKind::Staging), mark("production", EnvironmentKind::Production)] {
            connection.set_marker(&marker).expect("it is written");
            assert_eq!(connection.marker(), Ok(Some(marker.clone())));
            assert_eq!(open(&database.url()).expect("it answers").survey().expect("readable").marker, Some(marker));
        }
        let written = database.session().column(match server.kind {
            Kind::Postgres => "SELECT obj_description('_prisma_migrations'::regclass)",
            Kind::MariaDb => {
                "SELECT CAST(table_comment AS CHAR) FROM information_schema.tables WHERE table_name = '_prisma_migrations' \
                 AND table_schema = DATABASE()"
            }
        });
        assert_eq!(written, [format!("{comment}\nprisma-safe: environment=production kind=production")]);
        assert_eq!(definition(&database), before);
    }
}

#[test]
fn without_a_table_there_is_nothing_to_mark() {
    for server in each_server() {
        let database = server.database();
        let mut connection = open(&database.url()).expect("it answers");
        let error = connection.set_marker(&mark("staging", EnvironmentKind::Staging)).expect_err("there is no table");
        assert!(matches!(error, DatabaseError::NoLedger { .. }), "{error}");
        assert_eq!(connection.ledger(), Ok(None), "and none was made");
    }
}

#[test]
fn a_comment_that_leaves_no_room_is_not_cut() {
    for server in each_server().filter(|server| server.kind == Kind::MariaDb) {
        let database = server.database();
        database.execute(table(server.kind));
        database.execute(&format!("ALTER TABLE _prisma_migrations COMMENT '{}'", "x".repeat(2040)));
        let mut connection = open(&database.url()).expect("it answers");
        let error = connection.set_marker(&mark("staging", EnvironmentKind::Staging)).expect_err("it does not fit");
        assert!(matches!(error, DatabaseError::MarkerTooLong { length: 2086, limit: 2048, .. }), "{error:?}");
    }
}

#[test]
fn sqlite_is_identified_by_its_path() {
    let file = SqliteFile::with(SQLITE_TABLE);
    let mut connection = open(&file.url()).expect("it opens");
    let error = connection.set_marker(&mark("staging", EnvironmentKind::Staging)).expect_err("no comments there");
    let DatabaseError::NoMarker { because, .. } = error else { panic!("{error}") };
    assert_eq!(because, format!("its identity is its real path, `{}`", file.path.display()));
}
