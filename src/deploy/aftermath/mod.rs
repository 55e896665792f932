//! What is looked at once the ledger shows that a deploy is done: what was left half done, the team's own checks, and how the database does for a
//! while. None of it takes anything back.

pub mod checks;
pub mod pulse;

use crate::database::Leftover;

pub use checks::{Check, Outcome};
pub use pulse::Watched;

/// What was found afterwards, as it is kept in the receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Aftermath {
    /// What is half done now and was not before.
    pub leftovers: Vec<Leftover>,
    /// The team's checks, in order.
    pub checks: Vec<Check>,
    /// How the database did afterwards; `None`: not watched.
    pub watched: Option<Watched>,
}
