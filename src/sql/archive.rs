//! Archive tables: where a migration keeps what it is about to take away, so that its revert can put it back.
//!
//! PostgreSQL and SQL Server have them in a schema of their own ([`SCHEMA`]), which Prisma does not look at; MySQL and SQLite have only one
//! namespace, so the table's own name says what it is ([`PREFIX`]). Either way the name begins with the time of the migration and ends with the
//! table that the rows are of, so that every run of a migration means the same table.
//!
//! A statement that fills one is [`Action::Archive`]: it belongs to the destruction that it stands before, and no rule judges it by itself.

use sha2::{Digest as _, Sha256};

use super::model::{Action, InsertSource, Name, ObjectKind, OnConflict, Statement};
use crate::project::Provider;

/// The schema of the archive tables, where the database has schemas.
pub const SCHEMA: &str = "prisma_safe_archive";
/// What an archive table's name begins with, where it has none; the migration's time follows.
pub const PREFIX: &str = "_archive_";
/// Digits of a migration's time.
const TIME: usize = 14;
/// Bytes of a name: PostgreSQL has the least room (63), and one name in all databases is easier to find.
const ROOM: usize = 63;

/// The name of the archive table of `table`, without its schema. `time` are the 14 digits of the migration.
#[must_use]
pub fn table_name(provider: Provider, time: &str, table: &str) -> String {
    let prefix = if has_schema(provider) { "" } else { PREFIX };
    let name = format!("{prefix}{time}_{table}");
    if name.len() <= ROOM {
        return name;
    }
    // What is cut off still counts in the name.
    let digest = Sha256::digest(table.as_bytes());
    let rest = crate::hex::text(&digest[..4]);
    let mut end = ROOM - rest.len() - 1;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{rest}", &name[..end])
}

/// Whether archive tables have a schema of their own.
#[must_use]
pub const fn has_schema(provider: Provider) -> bool {
    matches!(provider, Provider::Postgresql | Provider::Sqlserver)
}

/// Whether a table is an archive. `schema` as the database says it, where it is not the default one.
#[must_use]
pub fn is_archive(schema: Option<&str>, table: &str) -> bool {
    schema == Some(SCHEMA) || time_of(table).is_some_and(|_| table.starts_with(PREFIX))
}

/// The same for a name as snapshots and reports write it: `table` or `schema.table`.
#[must_use]
pub fn is_shown_archive(shown: &str) -> bool {
    let beside = |rest: &str| rest.is_empty() || rest.starts_with('.');
    shown.strip_prefix(SCHEMA).is_some_and(beside) || is_archive(None, shown)
}

/// The 14 digits of the migration that an archive table belongs to.
#[must_use]
pub fn time_of(table: &str) -> Option<&str> {
    let rest = table.strip_prefix(PREFIX).unwrap_or(table);
    let (time, behind) = rest.split_at_checked(TIME)?;
    (time.bytes().all(|b| b.is_ascii_digit()) && behind.starts_with('_')).then_some(time)
}

fn is_archive_name(name: &Name) -> bool {
    is_archive(name.schema.as_ref().map(|schema| schema.value.as_str()), &name.object.value)
}

/// Marks the statements that do nothing but fill an archive.
pub(super) fn find(statements: &mut [Statement]) {
    for statement in statements {
        let mut found = None;
        let others = statement.operations.iter().any(|operation| match &operation.action {
            Action::Nothing { .. } => false,
            action => match step(action) {
                Some(step) => {
                    found = Some(step);
                    false
                }
                None => true,
            },
        });
        if let (Some((table, from)), false) = (found, others) {
            statement.operations.truncate(1);
            statement.operations[0].action = Action::Archive { table, from };
        }
    }
}

/// The archive that an action makes or fills, and where its rows come from.
fn step(action: &Action) -> Option<(Name, Option<Name>)> {
    match action {
        Action::CreateObject { kind: ObjectKind::Schema, name, .. } if name.object.value == SCHEMA => {
            Some((name.clone(), None))
        }
        Action::CreateTable(create) if is_archive_name(&create.name) && !create.or_replace => {
            let from = create.source.as_ref().and_then(|select| select.from.first().cloned());
            Some((create.name.clone(), from))
        }
        Action::Delete(delete) => match delete.tables.as_slice() {
            [only] if is_archive_name(only) => Some((only.clone(), None)),
            _ => None,
        },
        Action::Insert(insert) if is_archive_name(&insert.table) && insert.on_conflict == OnConflict::Fail => {
            let InsertSource::Select(select) = &insert.source else { return None };
            Some((insert.table.clone(), select.from.first().cloned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[test]
    fn names_are_short_and_tell_the_migration() {
        let name = table_name(Provider::Postgresql, "20260102030405", "User");
        assert_eq!((name.as_str(), time_of(&name)), ("20260102030405_User", Some("20260102030405")));
        let name = table_name(Provider::Sqlite, "20260102030405", "User");
        assert_eq!((name.as_str(), time_of(&name)), ("_archive_20260102030405_User", Some("20260102030405")));
        assert!(is_archive(None, &name) && is_shown_archive(&name) && is_shown_archive("prisma_safe_archive.any"));
        let long = |end: &str| table_name(Provider::Mysql, "20260102030405", &format!("{}{end}", "é".repeat(40)));
        assert!(long("a").len() <= ROOM && long("a") != long("b") && is_archive(None, &long("a")), "{}", long("a"));
        for other in ["_archive_old", "archive_20260102030405_User", "20260102030405_User", "prisma_safe_archives"] {
            assert!(!is_shown_archive(other), "{other}");
        }
    }

    fn labels(provider: Provider, text: &str) -> Vec<String> {
        let script = sql::read(provider, text.as_bytes()).unwrap();
        let label = |action: &Action| match action {
            Action::Archive { table, from } => {
                format!("archive {table} from {}", from.as_ref().map_or("-".to_owned(), ToString::to_string))
            }
            other => other.label().to_owned(),
        };
        script.operations().map(|(_, operation)| label(&operation.action)).collect()
    }

    #[test]
    fn a_statement_that_fills_an_archive_is_known_and_no_other() {
        let text = "CREATE SCHEMA IF NOT EXISTS \"prisma_safe_archive\";\n\
            CREATE TABLE IF NOT EXISTS \"prisma_safe_archive\".\"1\" AS SELECT t.\"id\" FROM \"User\" AS t WHERE false;\n\
            DELETE FROM \"prisma_safe_archive\".\"1\" WHERE NOT EXISTS (SELECT t.\"id\" FROM \"User\" AS t WHERE false);\n\
            INSERT INTO \"prisma_safe_archive\".\"1\" SELECT t.\"id\" FROM \"User\" AS t;\n\
            DROP TABLE \"prisma_safe_archive\".\"1\"; DELETE FROM \"User\"; INSERT INTO \"User\" SELECT * FROM \"prisma_safe_archive\".\"1\";";
        insta::assert_snapshot!(labels(Provider::Postgresql, text).join("\n"), @r"
        archive prisma_safe_archive from -
        archive prisma_safe_archive.1 from User
        archive prisma_safe_archive.1 from -
        archive prisma_safe_archive.1 from User
        drop table
        delete
        insert
        ");
        let text = "CREATE TABLE IF NOT EXISTS `_archive_20260102030405_User` (PRIMARY KEY (`id`)) AS SELECT t.`id` FROM `User` AS t WHERE 1 = 0;\n\
            DELETE FROM `_archive_20260102030405_User` WHERE NOT EXISTS (SELECT t.`id` FROM `User` AS t WHERE 1 = 0);\n\
            INSERT INTO `_archive_20260102030405_User` (`id`) SELECT t.`id` FROM `User` AS t;";
        insta::assert_snapshot!(labels(Provider::Mysql, text).join("\n"), @r"
        archive _archive_20260102030405_User from User
        archive _archive_20260102030405_User from -
        archive _archive_20260102030405_User from User
        ");
        let text = "CREATE TABLE IF NOT EXISTS \"_archive_20260102030405_User\" (\"id\", \"n\", PRIMARY KEY (\"id\"));\n\
            DELETE FROM \"_archive_20260102030405_User\" WHERE NOT EXISTS (SELECT t.\"n\" FROM \"User\" AS t WHERE 1 = 0);\n\
            INSERT INTO \"_archive_20260102030405_User\" (\"id\", \"n\") SELECT t.\"id\", t.\"n\" FROM \"User\" AS t;";
        insta::assert_snapshot!(labels(Provider::Sqlite, text).join("\n"), @r"
        archive _archive_20260102030405_User from -
        archive _archive_20260102030405_User from -
        archive _archive_20260102030405_User from User
        ");
        let text = "IF SCHEMA_ID(N'prisma_safe_archive') IS NULL EXEC(N'CREATE SCHEMA [prisma_safe_archive]');\n\
            IF OBJECT_ID(N'[prisma_safe_archive].[1]') IS NULL EXEC(N'SELECT t.[id], t.[n] INTO [prisma_safe_archive].[1] FROM [User] AS t WHERE 1 = 0');\n\
            DELETE FROM [prisma_safe_archive].[1];\n\
            INSERT INTO [prisma_safe_archive].[1] ([id], [n]) SELECT t.[id], t.[n] FROM [User] AS t;";
        insta::assert_snapshot!(labels(Provider::Sqlserver, text).join("\n"), @r"
        archive prisma_safe_archive from -
        archive prisma_safe_archive.1 from User
        archive prisma_safe_archive.1 from -
        archive prisma_safe_archive.1 from User
        ");
    }
}
