//! SQL Server: there is no driver for it in this build, and that is said instead of guessed around.
//!
//! The argument builders, URLs, `migration_lock.toml`, `lint` and the engine guard know SQL Server; what needs its ledger does not.

use super::{Database, DatabaseError, Result};
use crate::project::Provider;

/// Always [`DatabaseError::NoDriver`].
pub(super) fn connect(target: String) -> Result<Box<dyn Database>> {
    Err(DatabaseError::NoDriver { target, provider: Provider::Sqlserver.display_name() })
}
