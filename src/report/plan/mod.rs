//! A plan: what a deploy would do, what every gate says of it, and the hash that it is approved and run by.
//!
//! One file per format: `json` here, [`markdown`] for a pull request.

pub mod markdown;

use serde::Serialize;

use crate::deploy::gates::Verdict;
use crate::deploy::plan::{Plan, loss, phase_word};
use crate::deploy::plan_locks::Stops;

/// Everything that is told.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// 1.
    pub schema_version: u32,
    /// The environment's name.
    pub environment: String,
    /// Its kind.
    pub kind: String,
    /// The redacted URL.
    pub target: String,
    /// Product and version; empty when the database does not exist yet.
    pub server: String,
    /// The hash.
    pub plan: String,
    /// What waits meanwhile.
    pub expected_downtime: Option<String>,
    /// What the gates say.
    pub verdicts: Vec<Verdict>,
    /// Names of what is pending, in order.
    pub pending: Vec<String>,
    /// The same, with what is in them.
    pub migrations: Vec<MigrationReport>,
}

/// One migration.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationReport {
    /// The folder's name.
    pub name: String,
    /// SHA-256 of its script.
    pub checksum: String,
    /// `expand`, `migrate`, `contract`, `mixed` or `neutral`.
    pub phase: &'static str,
    /// Statements in it.
    pub statements: usize,
    /// Those that were understood.
    pub understood: usize,
    /// What it destroys, in sentences.
    pub destroys: Vec<String>,
    /// What it locks, in order.
    pub locks: Vec<LockReport>,
    /// The script.
    pub sql: String,
}

/// One lock.
#[derive(Debug, Clone, Serialize)]
pub struct LockReport {
    /// Line of the statement, from 1.
    pub line: usize,
    /// The table.
    pub table: String,
    /// The database's word for the lock.
    pub mode: &'static str,
    /// Who waits: `nobody`, `writes`, `everybody`.
    pub waits: &'static str,
    /// What is done meanwhile.
    pub work: &'static str,
}

/// The migrations of a plan.
#[must_use]
pub fn migrations(plan: &Plan) -> Vec<MigrationReport> {
    plan.migrations
        .iter()
        .map(|planned| MigrationReport {
            name: planned.name.clone(),
            checksum: planned.checksum.to_string(),
            phase: phase_word(planned.phase),
            statements: planned.statements.0,
            understood: planned.statements.1,
            destroys: planned.destructions.iter().map(loss).collect(),
            locks: planned
                .locks
                .iter()
                .map(|lock| LockReport {
                    line: lock.line,
                    table: lock.table.to_string(),
                    mode: lock.mode,
                    waits: match lock.stops {
                        Stops::Nobody => "nobody",
                        Stops::Writes => "writes",
                        Stops::Everybody => "everybody",
                    },
                    work: lock.work.as_str(),
                })
                .collect(),
            sql: planned.sql.clone(),
        })
        .collect()
}
