//! `revert`, told to people and to programs.

pub mod human;
pub mod json;

use crate::revert::run::losses::Stakes;
use crate::revert::run::proof::Proven;

/// One migration that is to be taken back, as far as it is known.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The folder's name.
    pub name: String,
    /// When it was applied, by the ledger.
    pub applied_at: Option<jiff::Timestamp>,
    /// It was marked as applied and never run.
    pub never_ran: bool,
    /// The revert script's file name.
    pub revert_file: String,
    /// Statements in it.
    pub statements: usize,
    /// Why it is not one transaction.
    pub why_stepwise: Option<String>,
    /// What the live database says would be lost.
    pub stakes: Stakes,
    /// What stands behind it; `None`: nothing that holds.
    pub proof: Option<Proven>,
}
