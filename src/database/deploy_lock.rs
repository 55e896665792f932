//! Our own deploy lock: held from the first gate to the last look at the ledger, so that two deploys never judge by a history that
//! the other one changes.
//!
//! PostgreSQL: a session-level advisory lock of this database. MySQL and MariaDB: a named lock; names are the server's, so it carries a hash of
//! the database's name. SQLite: the file system's lock on the folder that holds the file, which needs no file of ours and goes with the process.

use std::fs::{File, TryLockError};
use std::path::Path;

/// Key of the advisory lock on PostgreSQL: below 2^32 like Prisma's, and not Prisma's (72707369).
pub(super) const POSTGRES_KEY: u32 = 1_886_609_766;

/// What came of an attempt.
#[derive(Debug)]
pub enum DeployLock {
    /// It is ours until the connection, or this value, ends.
    Taken(Option<File>),
    /// Somebody else's.
    Held {
        /// Who, where the database tells: user, host, process. Never a password.
        by: Option<String>,
    },
    /// This place has no such lock, and why.
    NotThere(String),
}

/// Name of the lock on MySQL and MariaDB, which take at most 64 characters.
pub(super) fn mysql_name(database: &str) -> String {
    let hash = crate::migrations::Checksum::of(database.as_bytes());
    format!("prisma_safe_deploy_{}", &hash.as_str()[..24])
}

/// Locks the folder that a database file is, or will be, in. Other databases in that folder wait too; that costs a moment and no file.
#[must_use]
pub fn lock_folder_of(file: &Path) -> DeployLock {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let opened = match File::open(folder) {
        Ok(opened) => opened,
        // Windows opens no folders; there SQLite's own lock on the file has to do.
        Err(error) => return DeployLock::NotThere(format!("`{}` cannot be locked: {error}", folder.display())),
    };
    match opened.try_lock() {
        Ok(()) => DeployLock::Taken(Some(opened)),
        Err(TryLockError::WouldBlock) => DeployLock::Held { by: None },
        Err(TryLockError::Error(error)) => {
            DeployLock::NotThere(format!("`{}` cannot be locked: {error}", folder.display()))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_and_free_when_the_lock_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let first = lock_folder_of(&file);
        assert!(matches!(first, DeployLock::Taken(Some(_))));
        assert!(matches!(lock_folder_of(&file), DeployLock::Held { .. }));
        drop(first);
        assert!(matches!(lock_folder_of(&file), DeployLock::Taken(Some(_))));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it leaves no file");
    }

    #[test]
    fn mysql_takes_the_name() {
        assert!(mysql_name(&"x".repeat(200)).len() <= 64);
        assert_ne!(mysql_name("shop"), mysql_name("shop_staging"));
    }
}
