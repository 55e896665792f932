//! What is kept between runs: a PostgreSQL data folder just after `initdb`, and data folders with a history applied.
//!
//! An entry is a folder that never changes: it is written beside and renamed, and whoever uses it takes a copy. So nobody waits for a lock, and
//! runs at the same time cannot disturb each other. A list of its files with their sizes stands in it; where that does not fit, or the server does
//! not start from it, it is removed and made again. What another user could write to is not used at all.
//!
//! `$PRISMA_SAFE_CACHE` (empty: nothing is kept), else `$XDG_CACHE_HOME/prisma-safe`, else `~/.cache/prisma-safe` (macOS: `~/Library/Caches/prisma-safe`).

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The variable that names the folder.
pub const VARIABLE: &str = "PRISMA_SAFE_CACHE";
/// Entries at most; the one that was used longest ago goes first.
const ENTRIES: usize = 8;
/// An entry that nobody has used for so long goes.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Names of folders that are being written.
const WRITING: &str = ".writing-";
const LIST: &str = "files";
const DATA: &str = "data";
/// Its time of change is the time of the last use.
const USED: &str = "used";

/// The folder of entries. Where there is none, nothing is found and nothing is kept.
#[derive(Debug)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Of this user. What is old goes.
    pub fn open() -> Self {
        let folder = root().and_then(|root| ours(&ours(&root)?.join("verify")));
        if let Some(folder) = &folder {
            remove_old(folder);
        }
        Cache { folder }
    }

    /// One that is always empty.
    pub fn none() -> Self {
        Cache { folder: None }
    }

    /// Copies an entry to a place where nothing is yet. `false`: there is none, or it is not whole, and then it is gone.
    pub fn take(&self, name: &str, to: &Path, owner: Option<(u32, u32)>) -> bool {
        let Some(entry) = self.entry(name).filter(|entry| entry.is_dir()) else { return false };
        let whole = || -> io::Result<bool> {
            let mut files = String::new();
            copy(&entry.join(DATA), to, "", owner, &mut files)?;
            Ok(fs::read_to_string(entry.join(LIST))? == files)
        };
        if whole().unwrap_or(false) {
            let _ = fs::write(entry.join(USED), "");
            return true;
        }
        let _ = fs::remove_dir_all(to);
        self.forget(name);
        false
    }

    /// Keeps a copy of a folder that nobody writes to. Not being able to is no error: the next run is slower.
    pub fn keep(&self, name: &str, data: &Path) {
        let (Some(folder), Some(entry)) = (&self.folder, self.entry(name)) else { return };
        if entry.exists() {
            return;
        }
        let write = || -> io::Result<()> {
            let new =
                tempfile::Builder::new().prefix(&format!("{WRITING}{}-", std::process::id())).tempdir_in(folder)?;
            let mut files = String::new();
            copy(data, &new.path().join(DATA), "", None, &mut files)?;
            fs::write(new.path().join(USED), "")?;
            fs::write(new.path().join(LIST), files)?;
            let new = new.keep();
            // Another run may have been faster.
            fs::rename(&new, &entry).or_else(|_| fs::remove_dir_all(&new))
        };
        let _ = write();
    }

    /// Removes an entry that is no good.
    pub fn forget(&self, name: &str) {
        if let Some(entry) = self.entry(name) {
            let _ = fs::remove_dir_all(entry);
        }
    }

    fn entry(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(name))
    }
}

/// Removes everything that is kept between runs; how many entries there were.
///
/// # Errors
/// The system's, with the rest removed.
pub fn clear() -> io::Result<usize> {
    let Some(folder) = root().and_then(|root| ours(&root.join("verify"))) else { return Ok(0) };
    let (mut removed, mut problem) = (0, None);
    for entry in fs::read_dir(folder)?.flatten() {
        match fs::remove_dir_all(entry.path()) {
            Ok(()) => removed += 1,
            Err(error) => problem = Some(error),
        }
    }
    problem.map_or(Ok(removed), Err)
}

fn root() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(PathBuf::from(named)).filter(|path| path.is_absolute());
    }
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CACHE_HOME").or_else(|| {
        let inside = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        Some(absolute("HOME")?.join(inside))
    })?;
    Some(folder.join("prisma-safe"))
}

/// The folder, made where it is not there, if nobody but us can write to it.
fn ours(folder: &Path) -> Option<PathBuf> {
    if !folder.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
    }
    let about = fs::symlink_metadata(folder).ok()?;
    let safe = about.is_dir() && about.uid() == rustix::process::getuid().as_raw() && about.mode() & 0o022 == 0;
    safe.then(|| folder.to_owned())
}

/// Copies a folder with the rights of its files, and writes down each file with its size.
fn copy(from: &Path, to: &Path, below: &str, owner: Option<(u32, u32)>, files: &mut String) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(to)?;
    let mut entries = fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = format!("{below}/{}", name.to_string_lossy());
        let target = to.join(&name);
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &target, &path, owner, files)?;
        } else if kind.is_file() {
            let size = fs::copy(entry.path(), &target)?;
            let _ = writeln!(files, "{path} {size}");
            if let Some((uid, gid)) = owner {
                chown(&target, Some(uid), Some(gid))?;
            }
        } else {
            // A tablespace, for example: its data would be shared.
            return Err(io::Error::other("it holds something that is neither file nor folder"));
        }
    }
    if let Some((uid, gid)) = owner {
        chown(to, Some(uid), Some(gid))?;
    }
    Ok(())
}

/// What has not been used for long, what is too much, and what a killed run was writing.
fn remove_old(folder: &Path) {
    let now = SystemTime::now();
    let mut entries: Vec<(Duration, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let used =
            File::open(entry.path().join(USED)).and_then(|file| file.metadata()).and_then(|about| about.modified());
        let used = used.or_else(|_| entry.metadata().and_then(|about| about.modified()));
        let age = used.ok().and_then(|used| now.duration_since(used).ok()).unwrap_or_default();
        let writing = entry.file_name().to_string_lossy().starts_with(WRITING);
        // Writing takes a second or two.
        if age > MAX_AGE || (writing && age > Duration::from_secs(600)) {
            let _ = fs::remove_dir_all(entry.path());
        } else if !writing {
            entries.push((age, entry.path()));
        }
    }
    entries.sort();
    for (_, path) in entries.into_iter().skip(ENTRIES) {
        let _ = fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_others_can_write_to_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        assert_eq!(ours(&cache), Some(cache.clone()));
        assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(ours(&cache), None);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/tmp", &link).unwrap();
        assert_eq!(ours(&link), None);
    }

    #[test]
    fn an_entry_is_taken_whole_or_not_at_all_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("deep")).unwrap();
        fs::write(data.join("deep/file"), "text").unwrap();
        let cache = Cache { folder: ours(&folder.path().join("cache")) };
        for number in 0..ENTRIES + 3 {
            cache.keep(&format!("entry-{number}"), &data);
        }
        let entries = folder.path().join("cache");
        remove_old(&entries);
        assert_eq!(fs::read_dir(&entries).unwrap().count(), ENTRIES);
        cache.keep("entry", &data);
        let to = folder.path().join("to");
        assert!(cache.take("entry", &to, None));
        assert_eq!(fs::read_to_string(to.join("deep/file")).unwrap(), "text");
        fs::write(entries.join("entry/data/deep/file"), "tex").unwrap();
        let again = folder.path().join("again");
        assert!(!cache.take("entry", &again, None));
        assert!(!again.exists() && !entries.join("entry").exists());
        assert!(!Cache::none().take("entry", &again, None));
    }
}
