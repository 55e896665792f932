//! A revert script run on the real database, for the rare case that no forward fix will do.
//!
//! [`choose`] says which migrations may be taken back at all, [`script`] how their scripts run, [`losses`] asks the live database what would be
//! lost, [`proof`] whether the pair was proven on such a server, [`catalogue`] whether what the script makes and drops is there and gone,
//! [`execute`] runs it together with its mark in the ledger, [`receipt`] keeps a record. Nothing here prints; `cli/revert.rs` does.

pub mod catalogue;
pub mod choose;
mod error;
pub mod execute;
pub mod losses;
pub mod proof;
pub mod receipt;
pub mod script;
pub mod steps;
pub mod stop;

pub use error::RevertError;
