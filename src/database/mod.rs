//! The databases, read directly: one small trait, one file per provider.
//!
//! Everything here is read-only but `set_marker`. Reading never creates: not the database, not a schema, not a file.
//! The trait is synchronous; each implementation drives its own current-thread runtime, so nothing above knows about `async`.

mod ledger;

pub use ledger::{LedgerRow, LockState};
