//! Who is at work in a database: transactions that a migration would have to wait for, and that would make others wait behind it.

use std::time::Duration;

/// A transaction of somebody else that is open for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongTransaction {
    /// Who, as the database names it: user, application or host, process. Never the statement, which may hold values.
    pub by: String,
    /// For how long.
    pub age: Duration,
    /// What it does now, in the database's word (`active`, `idle in transaction`, `RUNNING`).
    pub state: String,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Oldest first.
    pub long: Vec<LongTransaction>,
    /// What this user may not see, and the right that is missing.
    pub hidden: Option<String>,
}
