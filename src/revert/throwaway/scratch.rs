//! The temporary folder of a throwaway database, and the removal of what killed runs have left behind.
//!
//! A run holds a lock on a file in its folder for as long as it lives: the system lets go of it however the run ends, whatever its number
//! is reused for, and in whichever container it was.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// Folders are called `<prefix><process id>-<random>`.
const PREFIX: &str = "prisma-safe-verify-";
/// The locked file.
const LOCK: &str = "lock";

/// A folder of ours, readable by its owner only, gone on drop.
pub(super) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A new folder; those of killed runs go.
pub(super) fn folder(parent: &Path) -> io::Result<Scratch> {
    remove_leftovers(parent);
    let folder = tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir_in(parent)?;
    // Locked before it has its name: a file of that name is always one whose owner has, or had, the lock.
    let making = folder.path().join("lock.new");
    let lock = File::create(&making)?;
    lock.lock()?;
    fs::rename(&making, folder.path().join(LOCK))?;
    Ok(Scratch { folder, _lock: lock })
}

/// Removes folders of runs that are gone, our own user's only. Returns how many.
pub(super) fn remove_leftovers(parent: &Path) -> usize {
    let mut removed = 0;
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(owner) = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<i32>().ok()) else {
            continue;
        };
        if is_ours(&entry) && is_abandoned(&entry.path(), owner) {
            end_children(&entry.path());
            removed += usize::from(fs::remove_dir_all(entry.path()).is_ok());
        }
    }
    removed
}

/// Nobody holds its lock; or it was left before it had one.
fn is_abandoned(folder: &Path, owner: i32) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => !is_alive(owner),
        Err(_) => false,
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

/// Ends the server of a run that was killed together with its watch: the number in the folder is believed only if that process's own
/// command line names the folder.
#[cfg(unix)]
fn end_children(folder: &Path) {
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

    use super::process::{ALIVE, CHILDREN, HOME};

    let home = folder.join(HOME);
    let _ = fs::remove_file(home.join(ALIVE));
    for line in fs::read_to_string(home.join(CHILDREN)).unwrap_or_default().lines() {
        let Some((signal, child)) = line.split_once(' ') else { continue };
        let Some(pid) = child.parse().ok().and_then(Pid::from_raw) else { continue };
        if !command_line(child).contains(&*folder.to_string_lossy()) {
            continue;
        }
        let _ = kill_process(pid, if signal == "QUIT" { Signal::QUIT } else { Signal::KILL });
        for patience in [Duration::from_secs(5), Duration::from_secs(5)] {
            let began = Instant::now();
            while test_kill_process_group(pid).is_ok() && began.elapsed() < patience {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
fn end_children(_: &Path) {}

#[cfg(unix)]
fn command_line(process: &str) -> String {
    if let Ok(bytes) = fs::read(format!("/proc/{process}/cmdline")) {
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let output = std::process::Command::new("ps").args(["-ww", "-o", "command=", "-p", process]).output();
    output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_goes() {
        let parent = tempfile::tempdir().expect("a folder");
        let held = folder(parent.path()).expect("a folder");
        // Another process's number proves nothing: it is alive here, and the lock is free.
        let abandoned = parent.path().join(format!("{PREFIX}{}-abandoned", std::process::id()));
        fs::create_dir(&abandoned).expect("a folder");
        fs::write(abandoned.join(LOCK), "").expect("a file");
        let stranger = parent.path().join("prisma-safe-other");
        fs::create_dir(&stranger).expect("a folder");
        assert_eq!(remove_leftovers(parent.path()), 1);
        assert!(held.path().exists() && stranger.exists() && !abandoned.exists());
    }
}
