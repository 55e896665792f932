//! What a revert did, kept beside the receipts of deploys: `.prisma-safe/receipts/revert-<environment>-<UTC time>.json`. No URL with its
//! secrets, no SQL.

use jiff::Timestamp;
use serde::Serialize;

use super::losses::Stakes;
use super::proof::Proven;
use crate::deploy::backup::Taken;
use crate::deploy::gates::Verdict;
use crate::deploy::receipt::{Recorded, Who};

/// A receipt as it is written.
#[derive(Debug, Serialize)]
pub struct Receipt<'a> {
    /// 1.
    pub schema_version: u32,
    /// The environment's name.
    pub environment: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// The redacted URL.
    pub target: String,
    /// Product and version.
    pub server: String,
    /// Version of this tool.
    pub prisma_safe: &'static str,
    /// Who ran it.
    pub by: Who,
    /// When it began, gates and question included.
    pub started_at: Timestamp,
    /// When the ledger had been read back.
    pub finished_at: Timestamp,
    /// Hash of everything that it rested on.
    pub plan: &'a str,
    /// What the gates said.
    pub verdicts: &'a [Verdict],
    /// The backup that was taken before it.
    pub backup: Option<&'a Taken>,
    /// What was taken back, newest first.
    pub reverted: &'a [Reverted],
    /// Why it did not go on; `None`: it came to its end.
    pub stopped: Option<String>,
    /// Everything that is applied there now, by the ledger.
    pub ledger: Vec<Recorded>,
}

/// One migration that was taken back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reverted {
    /// The folder's name.
    pub name: String,
    /// When it had been applied.
    pub applied_at: Option<Timestamp>,
    /// What the ledger says now.
    pub rolled_back_at: Option<Timestamp>,
    /// The revert script's file name.
    pub revert_file: String,
    /// Its SHA-256.
    pub revert: String,
    /// In one transaction with its mark.
    pub one_transaction: bool,
    /// The proof that it rested on.
    pub proof: Proven,
    /// What the database said would be lost, just before.
    #[serde(flatten)]
    pub stakes: Stakes,
}
