//! Whether a server keeps what it takes to go back to any moment, and does so now.

use jiff::Timestamp;

use super::{Database, Result, timestamp};
use crate::project::Provider;

/// What a server says of its continuous archiving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archiving {
    /// What keeps it: `WAL archiving`, `the binary log`.
    pub what: &'static str,
    /// It is switched on.
    pub on: bool,
    /// When the last piece was put away; `None`: never, or the server does not say.
    pub last: Option<Timestamp>,
    /// When the last attempt failed, where that was after the last success.
    pub failed: Option<Timestamp>,
    /// The server tells `last` and `failed` at all.
    pub tells: bool,
}

/// PostgreSQL manual, `pg_stat_archiver`. A failure before the last success is over.
const POSTGRESQL: &str = "SELECT pg_catalog.current_setting('archive_mode'), last_archived_time::text, \
    CASE WHEN last_archived_time IS NULL OR last_failed_time > last_archived_time THEN last_failed_time END::text \
    FROM pg_catalog.pg_stat_archiver";
const MYSQL: &str = "SELECT CAST(@@global.log_bin AS CHAR), NULL, NULL";

/// Asks it. `None`: this kind of database has no such thing.
///
/// # Errors
/// [`super::DatabaseError`].
pub fn archiving(database: &mut dyn Database, provider: Provider) -> Result<Option<Archiving>> {
    let (what, question) = match provider {
        Provider::Postgresql => ("WAL archiving", POSTGRESQL),
        Provider::Mysql => ("the binary log", MYSQL),
        Provider::Sqlite | Provider::Sqlserver => return Ok(None),
    };
    let rows = database.query("read the state of archiving", question)?;
    let cell = |at: usize| rows.first().and_then(|row| row.get(at)?.as_deref());
    Ok(Some(Archiving {
        what,
        on: cell(0).is_some_and(|mode| matches!(mode, "on" | "always" | "1" | "ON")),
        last: cell(1).and_then(timestamp::parse),
        failed: cell(2).and_then(timestamp::parse),
        tells: provider == Provider::Postgresql,
    }))
}
