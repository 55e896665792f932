//! Reads the migrations folder as Prisma does (`listMigrations.ts`, Prisma 6.6 to 7.10; the engine itself before): every direct
//! sub-directory is a migration, whatever its name, dot-directories too, symlinks to directories not; files beside them are
//! ignored, but `migration_lock.toml`; inside, only `migration.sql` counts.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use super::{Checksum, name};
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::project::Provider;

/// The file in the migrations folder that names the provider.
pub const LOCK_FILE: &str = "migration_lock.toml";
/// The file of a migration that Prisma runs.
pub const SCRIPT_FILE: &str = "migration.sql";

/// Why a script could not be read. It is a state of its migration: the others are still read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptProblem {
    /// There is no `migration.sql`.
    #[error("has no `migration.sql`")]
    Missing,
    /// There is one and it cannot be read.
    #[error("has a `migration.sql` that cannot be read: {0}")]
    Unreadable(String),
}

/// One migration on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The folder's name, which is the migration's name in the ledger.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
    /// The bytes of `migration.sql`.
    pub script: Result<Vec<u8>, ScriptProblem>,
    /// The checksum that Prisma would write for it.
    pub checksum: Option<Checksum>,
    /// Its revert scripts, sorted: `revert_<slug>.sql` where the policy asks, rarely several.
    pub reverts: Vec<PathBuf>,
}

impl Migration {
    /// Whether a stored checksum was made of this script, by Prisma's rule. `None` when there is no script to compare with.
    #[must_use]
    pub fn is_same_as(&self, stored: &Checksum) -> Option<bool> {
        let script = self.script.as_ref().ok()?;
        Some(self.checksum.as_ref() == Some(stored) || stored.matches(script) || stored.matches(&as_node_reads(script)))
    }

    /// The path of `migration.sql`.
    #[must_use]
    pub fn script_path(&self) -> PathBuf {
        self.path.join(SCRIPT_FILE)
    }
}

/// Node decodes the file as UTF-8 before the engine hashes it; invalid bytes become U+FFFD there.
fn as_node_reads(script: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    match String::from_utf8_lossy(script) {
        std::borrow::Cow::Borrowed(_) => script.into(),
        std::borrow::Cow::Owned(text) => text.into_bytes().into(),
    }
}

/// Something in the folder that Prisma takes and the author may not have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderWarning {
    /// A directory without `migration.sql`: Prisma counts it as a migration and stops at it (P3015).
    StrayDirectory(String),
    /// A name without the 14-digit timestamp: where it sorts is chance.
    NoTimestamp(String),
    /// Two migrations of the same second: the slugs decide which runs first.
    SameTimestamp(String, String),
    /// Prisma before 6.6 sorts these two the other way round.
    SortedDifferently(String, String),
    /// A symlink to a directory: Prisma does not look into it.
    Symlink(String),
    /// The name is not UTF-8: the ledger cannot hold it.
    NotUtf8(String),
    /// An entry of the folder whose kind the system does not tell.
    Unreadable(String, String),
}

impl fmt::Display for FolderWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FolderWarning::StrayDirectory(name) => {
                write!(
                    f,
                    "`{name}` has no `migration.sql`: Prisma takes every directory here as a migration and stops at this one (P3015)"
                )
            }
            FolderWarning::NoTimestamp(name) => {
                write!(f, "`{name}` has no timestamp in front: it may sort before or after the others by chance")
            }
            FolderWarning::SameTimestamp(first, second) => {
                write!(
                    f,
                    "`{first}` and `{second}` have the same timestamp: only their names decide that the first one runs first"
                )
            }
            FolderWarning::SortedDifferently(first, second) => {
                write!(f, "Prisma 6.6 and later runs `{first}` before `{second}`, older versions the other way round")
            }
            FolderWarning::Symlink(name) => write!(f, "`{name}` is a symlink: Prisma ignores linked directories"),
            FolderWarning::NotUtf8(name) => write!(f, "the name of `{name}` is not UTF-8: rename it"),
            FolderWarning::Unreadable(name, said) => write!(f, "`{name}` cannot be looked at: {said}"),
        }
    }
}

/// The folder itself cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is there, and reading fails.
    #[error("cannot read the migrations folder `{}`", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        #[source]
        cause: io::Error,
    },
    /// Something else has its name.
    #[error("the migrations folder `{}` is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
}

impl Explain for FolderError {
    fn exit_code(&self) -> ExitCode {
        match self {
            FolderError::Unreadable { .. } | FolderError::NotADirectory { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            FolderError::Unreadable { .. } | FolderError::NotADirectory { .. } => {
                Some("without it every applied migration would look as if its file were missing".to_owned())
            }
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            FolderError::Unreadable { path, .. } => vec![format!("check the rights of `{}`", path.display())],
            FolderError::NotADirectory { .. } => {
                vec!["name the right folder as `migrations` under `[prisma]` in prisma-safe.toml".to_owned()]
            }
        }
    }
}

/// What `migration_lock.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockFile {
    /// There is none: Prisma then checks nothing.
    Absent,
    /// Its provider.
    Provider(Provider),
    /// It names a provider that this tool does not know, or none at all.
    Unknown(String),
    /// It cannot be read.
    Unreadable(String),
}

/// Every migration on disk, in the order in which Prisma runs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationsFolder {
    /// Where.
    pub path: PathBuf,
    /// Whether the folder is there at all. Without it there are no migrations yet, which is no error.
    pub exists: bool,
    /// The migrations.
    pub migrations: Vec<Migration>,
    /// The provider that the migrations were written for.
    pub lock_file: LockFile,
    /// What looks unintended.
    pub warnings: Vec<FolderWarning>,
}

impl MigrationsFolder {
    /// Reads the folder.
    ///
    /// # Errors
    /// [`FolderError`] when it is there and cannot be listed. A single migration that cannot be read is no error of the folder.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let mut folder = MigrationsFolder {
            path: path.to_owned(),
            exists: true,
            migrations: Vec::new(),
            lock_file: LockFile::Absent,
            warnings: Vec::new(),
        };
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                folder.exists = false;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(FolderError::NotADirectory { path: path.to_owned() });
            }
            Err(cause) => return Err(FolderError::Unreadable { path: path.to_owned(), cause }),
        };
        for entry in entries {
            let entry = entry.map_err(|cause| FolderError::Unreadable { path: path.to_owned(), cause })?;
            folder.take(&entry);
        }
        folder.migrations.sort_by(|a, b| name::compare(&a.name, &b.name));
        folder.warnings.extend(warnings_about(&folder.migrations));
        Ok(folder)
    }

    /// The migration of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.name == name)
    }

    fn take(&mut self, entry: &fs::DirEntry) {
        let file_name = entry.file_name();
        let name = file_name.to_string_lossy().into_owned();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                if file_name.to_str().is_none() {
                    self.warnings.push(FolderWarning::NotUtf8(name.clone()));
                }
                self.migrations.push(read_migration(name, entry.path()));
            }
            Ok(kind) if kind.is_symlink() && entry.path().is_dir() => self.warnings.push(FolderWarning::Symlink(name)),
            Ok(_) if name == LOCK_FILE => self.lock_file = read_lock_file(&entry.path()),
            Ok(_) => {}
            Err(error) => self.warnings.push(FolderWarning::Unreadable(name, error.to_string())),
        }
    }
}

fn read_migration(name: String, path: PathBuf) -> Migration {
    let script = fs::read(path.join(SCRIPT_FILE)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ScriptProblem::Missing,
        _ => ScriptProblem::Unreadable(error.to_string()),
    });
    let checksum = script.as_ref().ok().map(|script| Checksum::of(&as_node_reads(script)));
    let reverts = find_reverts(&path);
    Migration { name, path, script, checksum, reverts }
}

fn find_reverts(path: &Path) -> Vec<PathBuf> {
    let mut reverts: Vec<PathBuf> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name == "revert.sql" || (name.starts_with("revert_") && name.ends_with(".sql"))
        })
        .map(|entry| entry.path())
        .collect();
    reverts.sort();
    reverts
}

/// By line, as Prisma does: some files in the wild are not valid TOML.
fn read_lock_file(path: &Path) -> LockFile {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return LockFile::Unreadable(error.to_string()),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let Some(line) = text.lines().map(str::trim).find(|line| line.starts_with("provider")) else {
        return LockFile::Unknown(String::new());
    };
    let value = line.split_once('=').map_or("", |(_, value)| value.trim()).trim_matches(['"', '\'']);
    Provider::from_prisma(value).map_or_else(|_| LockFile::Unknown(value.to_owned()), LockFile::Provider)
}

fn warnings_about(sorted: &[Migration]) -> Vec<FolderWarning> {
    let mut warnings = Vec::new();
    for migration in sorted {
        let name = &migration.name;
        if migration.script == Err(ScriptProblem::Missing) {
            warnings.push(FolderWarning::StrayDirectory(name.clone()));
        } else if name::timestamp_of(name).is_none() && name != "0_init" {
            warnings.push(FolderWarning::NoTimestamp(name.clone()));
        }
    }
    for pair in sorted.windows(2) {
        let [first, second] = pair else { continue };
        if first.name > second.name {
            warnings.push(FolderWarning::SortedDifferently(first.name.clone(), second.name.clone()));
        } else if let Some(at) = name::timestamp_of(&first.name)
            && Some(at) == name::timestamp_of(&second.name)
        {
            warnings.push(FolderWarning::SameTimestamp(first.name.clone(), second.name.clone()));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (path, bytes) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("it has a parent")).expect("create");
            fs::write(path, bytes).expect("write");
        }
        dir
    }

    fn names(folder: &MigrationsFolder) -> Vec<&str> {
        folder.migrations.iter().map(|migration| &*migration.name).collect()
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_migrations_yet() {
        let dir = folder(&[("file", b"")]);
        let read = MigrationsFolder::read(&dir.path().join("migrations")).expect("no error");
        assert!(!read.exists && read.migrations.is_empty());
        assert!(matches!(MigrationsFolder::read(&dir.path().join("file")), Err(FolderError::NotADirectory { .. })));
    }

    #[test]
    fn reads_every_directory_as_prisma_does() {
        let dir = folder(&[
            ("20260102000000_b/migration.sql", b"SELECT 2;"),
            ("20260102000000_b/revert_b.sql", b"SELECT -2;"),
            ("20260102000000_b/README.md", b""),
            ("20260101000000_a/migration.sql", b"\xff\xfe"),
            ("20260102000000_c/migration.sql", b""),
            ("0_init/migration.sql", b""),
            (".safe/state", b""),
            ("_archive/old/migration.sql", b""),
            ("notes/migration.sql", b""),
            ("20260103000000_dir/migration.sql/x", b""),
            ("loose.sql", b""),
            (LOCK_FILE, b"# note\r\nprovider = \"mssql\"\r\ntrailing garbage"),
        ]);
        let read = MigrationsFolder::read(dir.path()).expect("readable");
        assert_eq!(
            names(&read),
            [
                "_archive",
                ".safe",
                "0_init",
                "20260101000000_a",
                "20260102000000_b",
                "20260102000000_c",
                "20260103000000_dir",
                "notes"
            ]
        );
        assert_eq!(read.lock_file, LockFile::Provider(Provider::Sqlserver));
        let b = read.get("20260102000000_b").expect("it is there");
        assert_eq!(b.script.as_deref(), Ok(&b"SELECT 2;"[..]));
        assert_eq!(b.reverts, [b.path.join("revert_b.sql")]);
        assert!(matches!(read.get("20260103000000_dir").expect("there").script, Err(ScriptProblem::Unreadable(_))));
        let warnings: Vec<String> = read.warnings.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(warnings.join("\n"), @r"
        `_archive` has no `migration.sql`: Prisma takes every directory here as a migration and stops at this one (P3015)
        `.safe` has no `migration.sql`: Prisma takes every directory here as a migration and stops at this one (P3015)
        `notes` has no timestamp in front: it may sort before or after the others by chance
        Prisma 6.6 and later runs `_archive` before `.safe`, older versions the other way round
        `20260102000000_b` and `20260102000000_c` have the same timestamp: only their names decide that the first one runs first
        ");
    }

    #[test]
    fn invalid_utf8_is_hashed_as_node_reads_it() {
        let dir = folder(&[("1_a/migration.sql", b"-- \xff\n")]);
        let read = MigrationsFolder::read(dir.path()).expect("readable");
        let stored = Checksum::of("-- \u{fffd}\n".as_bytes());
        assert_eq!(read.migrations[0].checksum.as_ref(), Some(&stored));
        assert_eq!(read.migrations[0].is_same_as(&stored), Some(true));
        assert_eq!(read.migrations[0].is_same_as(&Checksum::of(b"-- \xff\r\n")), Some(true), "engines before 6.6");
        assert_eq!(read.migrations[0].is_same_as(&Checksum::of(b"other")), Some(false));
    }

    #[cfg(unix)]
    #[test]
    fn links_to_directories_are_ignored_and_said() {
        let dir = folder(&[("1_a/migration.sql", b""), ("elsewhere/x/migration.sql", b"")]);
        std::os::unix::fs::symlink(dir.path().join("1_a"), dir.path().join("2_link")).expect("link");
        let read = MigrationsFolder::read(dir.path()).expect("readable");
        assert!(read.warnings.contains(&FolderWarning::Symlink("2_link".to_owned())));
        assert_eq!(names(&read), ["1_a", "elsewhere"]);
    }

    #[test]
    fn the_lock_file_is_read_by_line() {
        for (text, expected) in [
            ("provider = \"postgresql\"\n", LockFile::Provider(Provider::Postgresql)),
            ("\u{feff}provider = \"sqlite\"", LockFile::Provider(Provider::Sqlite)),
            ("provider=\"mysql\"", LockFile::Provider(Provider::Mysql)),
            ("provider = \"cockroachdb\"", LockFile::Unknown("cockroachdb".to_owned())),
            ("", LockFile::Unknown(String::new())),
        ] {
            let dir = folder(&[(LOCK_FILE, text.as_bytes())]);
            assert_eq!(MigrationsFolder::read(dir.path()).expect("readable").lock_file, expected, "{text}");
        }
    }
}
