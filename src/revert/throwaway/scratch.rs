//! The temporary folder of a throwaway database, and the removal of what killed runs have left behind.

use std::path::Path;
use std::{fs, io};

use tempfile::TempDir;

/// Folders are called `<prefix><process id>-<random>`.
const PREFIX: &str = "prisma-safe-verify-";

/// A new folder, readable by its owner only, gone on drop.
pub(super) fn folder(parent: &Path) -> io::Result<TempDir> {
    remove_leftovers(parent);
    tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir_in(parent)
}

/// Removes folders of processes that are gone, our own user's only.
fn remove_leftovers(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(owner) = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<i32>().ok()) else {
            continue;
        };
        if is_ours(&entry) && !is_alive(owner) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(unix)]
fn is_ours(entry: &fs::DirEntry) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    entry.metadata().is_ok_and(|kind| kind.is_dir() && kind.uid() == rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn is_ours(entry: &fs::DirEntry) -> bool {
    entry.metadata().is_ok_and(|kind| kind.is_dir())
}

#[cfg(unix)]
fn is_alive(process: i32) -> bool {
    // "Not permitted" is an answer of somebody who lives.
    rustix::process::Pid::from_raw(process)
        .is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// Where it cannot be told, nothing is removed.
#[cfg(not(unix))]
fn is_alive(_: i32) -> bool {
    true
}
