//! How a database does at one moment: for the time after a deploy. PostgreSQL counts per database (`pg_stat_database`), MySQL for the whole server.

use super::{Database, Result};
use crate::project::Provider;

/// Counters since some time before, and who waits now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Transactions that were committed.
    pub commits: u64,
    /// Transactions that were rolled back: most are errors.
    pub rollbacks: u64,
    /// Deadlocks.
    pub deadlocks: u64,
    /// Sessions that wait for a lock now.
    pub blocked: u64,
}

const POSTGRES: &str = "SELECT 'commits', xact_commit::text FROM pg_catalog.pg_stat_database WHERE datname = current_database(); \
     SELECT 'rollbacks', xact_rollback::text FROM pg_catalog.pg_stat_database WHERE datname = current_database(); \
     SELECT 'deadlocks', deadlocks::text FROM pg_catalog.pg_stat_database WHERE datname = current_database(); \
     SELECT 'blocked', count(DISTINCT l.pid)::text FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.database = \
     (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";

const MYSQL: &str = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_commit', 'Com_rollback', 'Innodb_deadlocks'); \
     SELECT 'blocked', CAST(COUNT(*) AS CHAR) FROM information_schema.processlist WHERE db <=> DATABASE() AND state LIKE 'Waiting for % lock'";

/// Takes it; `None` where a database has no such counters.
///
/// # Errors
/// [`super::DatabaseError`].
pub fn pulse(database: &mut dyn Database, provider: Provider) -> Result<Option<Pulse>> {
    let sql = match provider {
        Provider::Postgresql => POSTGRES,
        Provider::Mysql => MYSQL,
        Provider::Sqlite | Provider::Sqlserver => return Ok(None),
    };
    let mut pulse = Pulse::default();
    for row in &database.query("read the counters", sql)? {
        let number = row.get(1).and_then(|cell| cell.as_deref()?.parse().ok()).unwrap_or(0);
        match row.first().and_then(Option::as_deref) {
            Some("commits" | "Com_commit") => pulse.commits = number,
            Some("rollbacks" | "Com_rollback") => pulse.rollbacks = number,
            Some("deadlocks" | "Innodb_deadlocks") => pulse.deadlocks = number,
            Some("blocked") => pulse.blocked = number,
            _ => {}
        }
    }
    Ok(Some(pulse))
}
