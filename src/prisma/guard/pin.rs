//! The pin of a run: what the wrapper tells the guard about the one Prisma run that it started.
//!
//! [`RunFile`] is the wrapper's side: a file that only its user can read, in a private folder, which lives as long as the run.
//! [`PinnedRun`] is the guard's side. The file holds no URL, only SHA-256 of a one-time token and the URL's raw bytes, so that what was
//! checked is what runs, byte for byte. The wrapper holds a lock on the file for as long as it lives: a file without a holder is
//! left over from a run that was killed, and a guard that sees the lock go away ends its engine.
//!
//! A pin allows; it never widens what is refused everywhere: no pin lets a reset pass (see [`super::rules`]).

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::session::Session;
use crate::environment::EnvironmentKind;
use crate::hex;

/// Names the run file for the child process.
pub const RUN_VARIABLE: &str = "PRISMA_SAFE_RUN";
/// Carries the shadow database's URL to the guard, for runs that bring their own. A URL is never written to the run file.
pub const SHADOW_VARIABLE: &str = "PRISMA_SAFE_SHADOW_URL";

const VERSION: u32 = 1;

/// Something that needs a run that was checked before it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permit {
    /// `applyMigrations`: a deploy whose gates all passed.
    ApplyMigrations,
    /// `markMigrationApplied`: `resolve --applied`.
    MarkApplied,
    /// `markMigrationRolledBack`: `resolve --rolled-back`.
    MarkRolledBack,
    /// `createDatabase`, `create-database`: `deploy --create-database`.
    CreateDatabase,
}

/// What a run may do, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The environment's name, for messages.
    pub environment: String,
    /// Its kind.
    pub kind: EnvironmentKind,
    /// What it may do beyond reading, where the target is not dev.
    pub permits: BTreeSet<Permit>,
    /// Connection settings for this run.
    pub session: Session,
}

impl Pin {
    /// A run that may only read, where the target is not dev.
    #[must_use]
    pub fn new(environment: impl Into<String>, kind: EnvironmentKind) -> Self {
        Pin { environment: environment.into(), kind, permits: BTreeSet::new(), session: Session::default() }
    }

    /// Allows one thing.
    #[must_use]
    pub fn allow(mut self, permit: Permit) -> Self {
        self.permits.insert(permit);
        self
    }

    /// Sets how long a statement may wait for a lock (PostgreSQL).
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.session.lock_timeout = timeout;
        self
    }

    /// Sets how long a statement may run (PostgreSQL).
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.session.statement_timeout = timeout;
        self
    }

    /// Sets the name that the session shows to the server (PostgreSQL).
    #[must_use]
    pub fn session_name(mut self, name: Option<String>) -> Self {
        self.session.name = name;
        self
    }
}

/// The contents of a run file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    environment: String,
    kind: EnvironmentKind,
    token: String,
    target: String,
    file: Option<PathBuf>,
    permits: BTreeSet<Permit>,
    session: Session,
}

/// Beside the run file: Windows lets nobody read a locked file.
const LOCK: &str = "run.lock";

fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// SHA-256 of token and URL. The token is of fixed length, so no other pair gives the same bytes.
fn fingerprint(token: &str, url: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(token.as_bytes());
    hash.update([0]);
    hash.update(url.as_bytes());
    hex::text(&hash.finalize())
}

/// 128 bits and more from the random keys that the standard library takes from the operating system.
fn token() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let mut hash = Sha256::new();
    for word in 0u8..4 {
        // Each thread draws its keys once, so a new thread a time.
        let drawn = std::thread::spawn(move || RandomState::new().hash_one(word)).join().unwrap_or_default();
        hash.update(drawn.to_le_bytes());
    }
    hash.update(std::process::id().to_le_bytes());
    hex::text(&hash.finalize())
}

/// The wrapper's side: exists while the run runs.
#[derive(Debug)]
pub struct RunFile {
    folder: tempfile::TempDir,
    path: PathBuf,
    // Held locked; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl RunFile {
    /// Writes the run file for a target. `file` is the database's own file for SQLite, whose URL alone may mean two of them.
    ///
    /// # Errors
    /// When the temporary folder cannot be written.
    pub fn create(pin: &Pin, url: &str, file: Option<&Path>) -> std::io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("prisma-safe-");
        #[cfg(unix)]
        let private = {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::Permissions::from_mode(0o700)
        };
        #[cfg(unix)]
        builder.permissions(private);
        let folder = builder.tempdir()?;
        let path = folder.path().join("run.json");
        let lock = private_file(&folder.path().join(LOCK))?;
        lock.lock()?;
        let token = token();
        let written = Written {
            version: VERSION,
            environment: pin.environment.clone(),
            kind: pin.kind,
            target: fingerprint(&token, url),
            token,
            file: file.map(Path::to_path_buf),
            permits: pin.permits.clone(),
            session: pin.session.clone(),
        };
        private_file(&path)?.write_all(serde_json::to_string(&written)?.as_bytes())?;
        Ok(RunFile { folder, path, _lock: lock })
    }

    /// What [`RUN_VARIABLE`] is set to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The private folder, for other files of the run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Why the guard does not believe a run file.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// It cannot be read.
    #[error("its file cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// Someone else could have written it.
    #[error("its file belongs to another user, or others may read or write it")]
    NotPrivate,
    /// Not one of ours, or of another version.
    #[error("its file was written by another version of this tool")]
    NotUnderstood,
    /// Nobody holds it: the run that it belongs to is over.
    #[error("the run that it belongs to is over")]
    Stale,
}

/// The guard's side.
#[derive(Debug)]
pub struct PinnedRun {
    written: Written,
    lock: File,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written")
            .field("environment", &self.environment)
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}

impl PinnedRun {
    /// Reads the run file that [`RUN_VARIABLE`] names.
    ///
    /// # Errors
    /// [`PinError`]; a run that named a file and cannot show it must be refused, not taken for an unpinned one.
    pub fn read(path: &Path) -> Result<Self, PinError> {
        let mut file = File::open(path).map_err(PinError::Unreadable)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let metadata = file.metadata().map_err(PinError::Unreadable)?;
            if metadata.uid() != rustix::process::geteuid().as_raw()
                || metadata.mode() & 0o077 != 0
                || !metadata.is_file()
            {
                return Err(PinError::NotPrivate);
            }
        }
        let lock = File::open(path.with_file_name(LOCK)).map_err(|_| PinError::Stale)?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) => return Err(PinError::Stale),
            Err(TryLockError::Error(error)) => return Err(PinError::Unreadable(error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(PinError::Unreadable)?;
        let written: Written = serde_json::from_str(&text).map_err(|_| PinError::NotUnderstood)?;
        if written.version != VERSION {
            return Err(PinError::NotUnderstood);
        }
        Ok(PinnedRun { written, lock })
    }

    /// Whether Prisma is about to use the database that was checked. `file` is where a SQLite URL leads from where the engine runs.
    #[must_use]
    pub fn is_for(&self, url: &str, file: Option<&Path>) -> bool {
        let same_file = match (&self.written.file, file) {
            (Some(pinned), Some(actual)) => real(pinned) == real(actual),
            (None, None) => true,
            _ => false,
        };
        same_file && fingerprint(&self.written.token, url) == self.written.target
    }

    /// The environment's name.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.written.environment
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EnvironmentKind {
        self.written.kind
    }

    /// What the run was allowed.
    #[must_use]
    pub fn permits(&self) -> &BTreeSet<Permit> {
        &self.written.permits
    }

    /// Connection settings for the run.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.written.session
    }

    /// Blocks until the wrapper is gone.
    pub fn wait_for_the_end(&self) {
        // An error means that it cannot be waited for; the engine then ends when its input does.
        if self.lock.lock_shared().is_err() {
            std::thread::park();
        }
    }
}

/// The real path, also of a file that does not exist yet.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => parent.canonicalize().unwrap_or_else(|_| parent.to_path_buf()).join(name),
        _ => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "postgresql://app:s3cret@db.example.com/shop";

    fn pin() -> Pin {
        Pin::new("production", EnvironmentKind::Production)
            .allow(Permit::ApplyMigrations)
            .lock_timeout(Some(Duration::from_millis(2000)))
    }

    #[test]
    fn the_guard_reads_what_the_wrapper_wrote() {
        let run = RunFile::create(&pin(), URL, None).unwrap();
        let read = PinnedRun::read(run.path()).unwrap();
        assert!(read.is_for(URL, None));
        assert!(read.permits().contains(&Permit::ApplyMigrations) && !read.permits().contains(&Permit::CreateDatabase));
        assert_eq!(read.session().lock_timeout, Some(Duration::from_secs(2)));
        assert_eq!((read.environment(), read.kind()), ("production", EnvironmentKind::Production));
    }

    #[test]
    fn one_other_byte_is_another_database() {
        let run = RunFile::create(&pin(), URL, None).unwrap();
        let read = PinnedRun::read(run.path()).unwrap();
        for other in [&URL[1..], &URL[..URL.len() - 1], "", "postgresql://app:s3cret@db.example.com/shop "] {
            assert!(!read.is_for(other, None), "{other}");
        }
        assert!(!read.is_for(URL, Some(Path::new("/tmp/x.db"))));
    }

    #[test]
    fn a_sqlite_url_means_the_file_that_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let pinned = folder.path().join("dev.db");
        let run = RunFile::create(&pin(), "file:./dev.db", Some(&pinned)).unwrap();
        let read = PinnedRun::read(run.path()).unwrap();
        assert!(read.is_for("file:./dev.db", Some(&folder.path().join(".").join("dev.db"))));
        assert!(!read.is_for("file:./dev.db", Some(&folder.path().join("prisma/dev.db"))));
        assert!(!read.is_for("file:./dev.db", None));
    }

    #[test]
    fn the_file_is_private_holds_no_url_and_goes_away() {
        let run = RunFile::create(&pin(), URL, None).unwrap();
        let text = std::fs::read_to_string(run.path()).unwrap();
        assert!(!text.contains("s3cret") && !text.contains("db.example.com"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(run.path()), mode(run.folder())), (0o600, 0o700));
        }
        let path = run.path().to_path_buf();
        drop(run);
        assert!(!path.exists());
        assert!(matches!(PinnedRun::read(&path), Err(PinError::Unreadable(_))));
    }

    #[test]
    fn a_run_that_is_over_is_not_believed() {
        let run = RunFile::create(&pin(), URL, None).unwrap();
        let kept = tempfile::tempdir().unwrap();
        let copy = kept.path().join("run.json");
        std::fs::copy(run.path(), &copy).unwrap();
        assert!(matches!(PinnedRun::read(&copy), Err(PinError::Stale)));
        // With its lock file, but with nobody who holds it.
        std::fs::copy(run.folder().join(LOCK), kept.path().join(LOCK)).unwrap();
        assert!(matches!(PinnedRun::read(&copy), Err(PinError::Stale)));
        assert!(PinnedRun::read(run.path()).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_write_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;
        let run = RunFile::create(&pin(), URL, None).unwrap();
        std::fs::set_permissions(run.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(PinnedRun::read(run.path()), Err(PinError::NotPrivate)));
    }

    #[test]
    fn the_guard_notices_when_the_wrapper_is_gone() {
        let run = RunFile::create(&pin(), URL, None).unwrap();
        let read = PinnedRun::read(run.path()).unwrap();
        let (gone, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            read.wait_for_the_end();
            gone.send(()).unwrap();
        });
        assert!(told.try_recv().is_err());
        drop(run);
        told.recv_timeout(Duration::from_secs(30)).unwrap();
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let tokens: BTreeSet<_> = (0..100).map(|_| token()).collect();
        assert_eq!(tokens.len(), 100);
    }
}
