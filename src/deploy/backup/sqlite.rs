//! SQLite: `VACUUM INTO`, which reads one consistent state while others write, checked by `PRAGMA integrity_check` on the copy.

use std::path::Path;

use super::BackupError;
use crate::database::{self, DatabaseError};
use crate::environment::DatabaseUrl;

/// Copies the file.
pub(super) fn take(
    url: &DatabaseUrl,
    source: &Path,
    into: &Path,
) -> Result<(String, &'static str, &'static str), BackupError> {
    const NAME: &str = "VACUUM INTO";
    let failed = |error: DatabaseError| BackupError::Failed { program: NAME.to_owned(), said: error.to_string() };
    database::copy_sqlite(source, into, &url.redacted()).map_err(failed)?;
    match database::check_sqlite(into, &into.display().to_string()).map_err(failed)? {
        Some(said) => Err(BackupError::NotWhole { program: NAME.to_owned(), said }),
        None => Ok((NAME.to_owned(), "PRAGMA integrity_check", "db")),
    }
}
