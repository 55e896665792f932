//! What `verify` found, in every format.

pub mod human;
pub mod json;

use crate::revert::prove::Verdict;

/// The word for people; JSON has its own spelling.
#[must_use]
pub const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proven => "proven",
        Verdict::SchemaOnly => "schema only",
        Verdict::NotRestored => "not restored",
        Verdict::CannotRun => "cannot run",
        Verdict::NoRevert => "no revert",
        Verdict::NotNeeded => "not needed",
    }
}
