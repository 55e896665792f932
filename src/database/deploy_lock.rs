//! Our own deploy lock: held from the first gate to the last look at the ledger, so that two deploys never judge by a history that
//! the other one changes.
//!
//! PostgreSQL: a session-level advisory lock of this database. MySQL and MariaDB: a named lock; names are the server's, so it carries a hash of
//! the database's name. SQLite: the file system's lock on the folder that holds the file, which needs no file of ours and goes with the process.
//! Deploys of one process to several files of a folder share it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Key of the advisory lock on PostgreSQL: below 2^32 like Prisma's, and not Prisma's (72707369).
pub(super) const POSTGRES_KEY: u32 = 1_886_609_766;

/// What came of an attempt.
#[derive(Debug)]
pub enum DeployLock {
    /// It is ours until the connection, or this value, ends.
    Taken(Option<FolderLock>),
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

/// Folders that this process has locked, and the files in each that it is deploying to.
static HELD: Mutex<BTreeMap<PathBuf, Held>> = Mutex::new(BTreeMap::new());

struct Held {
    /// Locked for as long as it is open.
    _folder: File,
    files: BTreeSet<PathBuf>,
}

/// The lock of a SQLite file, until it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    folder: PathBuf,
    file: PathBuf,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        let Ok(mut held) = HELD.lock() else { return };
        if let Some(of_folder) = held.get_mut(&self.folder) {
            of_folder.files.remove(&self.file);
            if of_folder.files.is_empty() {
                held.remove(&self.folder);
            }
        }
    }
}

/// Locks the folder that a database file is, or will be, in. Other processes wait with other databases in that folder too; that costs a moment and no
/// file.
#[must_use]
pub fn lock_folder_of(file: &Path) -> DeployLock {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let not_there =
        |error: &std::io::Error| DeployLock::NotThere(format!("`{}` cannot be locked: {error}", folder.display()));
    // Windows opens no folders; there SQLite's own lock on the file has to do.
    let opened = match folder.canonicalize().and_then(|real| Ok((File::open(&real)?, real))) {
        Ok(opened) => opened,
        Err(error) => return not_there(&error),
    };
    let (opened, real) = opened;
    let file = real.join(file.file_name().unwrap_or_default());
    let Ok(mut held) = HELD.lock() else { return DeployLock::Held { by: None } };
    match held.get_mut(&real) {
        Some(of_folder) => {
            if !of_folder.files.insert(file.clone()) {
                return DeployLock::Held { by: Some("this process".to_owned()) };
            }
        }
        None => match opened.try_lock() {
            Ok(()) => {
                let files = BTreeSet::from([file.clone()]);
                held.insert(real.clone(), Held { _folder: opened, files });
            }
            Err(TryLockError::WouldBlock) => return DeployLock::Held { by: None },
            Err(TryLockError::Error(error)) => return not_there(&error),
        },
    }
    DeployLock::Taken(Some(FolderLock { folder: real, file }))
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
    fn two_files_of_a_folder_share_it_within_a_process_and_keep_others_out() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) =
            (lock_folder_of(&folder.path().join("a.db")), lock_folder_of(&folder.path().join("b.db")));
        assert!(matches!((&first, &second), (DeployLock::Taken(Some(_)), DeployLock::Taken(Some(_)))));
        // What another process would try.
        let of_another = || File::open(folder.path()).unwrap().try_lock();
        drop(first);
        assert!(of_another().is_err(), "the other one still holds it");
        assert!(matches!(lock_folder_of(&folder.path().join("b.db")), DeployLock::Held { .. }));
        drop(second);
        assert!(of_another().is_ok());
    }

    #[test]
    fn mysql_takes_the_name() {
        assert!(mysql_name(&"x".repeat(200)).len() <= 64);
        assert_ne!(mysql_name("shop"), mysql_name("shop_staging"));
    }
}
