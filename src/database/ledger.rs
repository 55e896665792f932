//! The ledger: the rows of `_prisma_migrations`, read by us, written by Prisma.

use jiff::Timestamp;

use crate::migrations::Checksum;

/// One row of `_prisma_migrations` (the same columns on every provider, Prisma 5 to 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Prisma's row id, a UUID.
    pub id: String,
    /// SHA-256 of the script when it was started.
    pub checksum: Checksum,
    /// When it ended well; `None` while it runs, and for ever when it failed.
    pub finished_at: Option<Timestamp>,
    /// The migration's folder name.
    pub migration_name: String,
    /// The database's error, once it failed.
    pub logs: Option<String>,
    /// When somebody marked it as rolled back.
    pub rolled_back_at: Option<Timestamp>,
    /// When it was started, by the clock of the machine that ran it.
    pub started_at: Timestamp,
    /// 1 when deploy ran the script, 0 when `resolve --applied` wrote the row.
    pub applied_steps_count: u32,
}

/// Who holds Prisma's advisory lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockState {
    /// Nobody.
    Free,
    /// A session holds it: a deploy or resolve is running.
    Held {
        /// Who, as the database names it: user, host, application, process id. Never a password.
        by: String,
        /// Since when, where the database tells.
        since: Option<Timestamp>,
    },
    /// This database cannot tell, and why.
    Unknown(String),
}
