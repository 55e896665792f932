//! Recovery: what a failed migration left behind, and which ways out of it are true.
//!
//! [`diagnose`] joins three witnesses: the ledger's error ([`failure`]), the way in which that Prisma sends that file (`units`), and
//! the catalogue as it is now ([`effects`] asks [`catalogue`]). [`causes`] says in words what the error means, [`ways`] which commands
//! are true, [`remedy`] writes the scripts that finish or undo, [`baseline`] compares a database without a history with the migrations.
//!
//! To know one more kind of statement: an arm in [`effects`]. To explain one more error: a line in [`causes`].

pub mod baseline;
pub mod catalogue;
pub mod causes;
mod diagnosis;
pub mod effects;
mod error;
pub mod failure;
mod inverse;
pub mod remedy;
mod rows;
#[cfg(test)]
mod tests;
mod types;
mod units;
pub mod ways;

pub use catalogue::Catalogue;
pub use diagnosis::{Atomic, Case, Diagnosis, Statement, diagnose};
pub use effects::Seen;
pub use error::RecoveryError;
pub use failure::Failure;
pub use rows::Query;
pub use ways::{Way, WayKind};
