//! After Prisma: what the ledger says was applied.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::error::DeployError;
use super::plan::{Plan, Planned};
use crate::history::{History, State};

/// One migration that this deploy found applied afterwards.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Applied {
    /// The folder's name.
    pub name: String,
    /// SHA-256 of what was run.
    pub checksum: String,
    /// By the ledger.
    pub started_at: Option<Timestamp>,
    /// By the ledger.
    pub finished_at: Option<Timestamp>,
}

/// Compares the plan with the ledger that was read after Prisma ended well.
///
/// # Errors
/// [`DeployError::LedgerDisagrees`] when a planned migration is not applied as it is on disk.
pub fn confirm(environment: &str, plan: &Plan, after: &History) -> Result<Vec<Applied>, DeployError> {
    let mut details = String::new();
    for planned in &plan.migrations {
        match after.get(&planned.name) {
            Some(entry) if entry.state == State::Applied => {}
            other => {
                let separator = if details.is_empty() { "" } else { ", " };
                let state = other.map_or("missing", |entry| entry.state.words());
                let _ = write!(details, "{separator}`{}` is {state}", planned.name);
            }
        }
    }
    if details.is_empty() {
        return Ok(applied(plan, after));
    }
    Err(DeployError::LedgerDisagrees { environment: environment.to_owned(), details })
}

/// What of a plan is applied by now as it is on disk.
#[must_use]
pub fn applied(plan: &Plan, after: &History) -> Vec<Applied> {
    let one = |planned: &Planned| {
        let entry = after.get(&planned.name).filter(|entry| entry.state == State::Applied)?;
        Some(Applied {
            name: planned.name.clone(),
            checksum: planned.checksum.to_string(),
            started_at: entry.started_at,
            finished_at: entry.applied_at,
        })
    };
    plan.migrations.iter().filter_map(one).collect()
}
