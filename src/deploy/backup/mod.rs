//! Backups before a deploy: taken after every gate has passed and the question was answered, checked, and only then believed.
//!
//! One file per way. A backup is written beside its final name and renamed when it was checked: what carries a final name is whole.
//! Passwords go through the child's environment or a file that only this user may read, never through arguments.

mod command;
mod error;
mod mysql;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

pub use command::latest;
pub use error::BackupError;

use crate::environment::DatabaseUrl;
use crate::environment::url::driver::Driver;
use crate::hex;
use crate::project::Provider;
use crate::settings::{BackupSettings, BackupSource, in_file_name, shown};

/// A backup that was taken.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Taken {
    /// The program that took it.
    pub by: String,
    /// The file, where this tool knows it.
    pub file: Option<String>,
    /// Its size.
    pub bytes: Option<u64>,
    /// SHA-256 of it.
    pub sha256: Option<String>,
    /// How it was checked.
    pub checked: &'static str,
    /// How long it took.
    pub seconds: f64,
}

/// Takes the backup that the settings ask for; `None`: they name one that somebody else takes.
///
/// # Errors
/// [`BackupError`]; no file of it is left then.
pub fn take(
    settings: &BackupSettings,
    environment: &str,
    url: &DatabaseUrl,
    root: &Path,
) -> Result<Option<Taken>, BackupError> {
    let started = Instant::now();
    let mut taken = match &settings.source.value {
        BackupSource::Check(_) | BackupSource::Archiving => return Ok(None),
        BackupSource::Command(words) => command::run(words, environment, root)?,
        BackupSource::Folder(folder) => into_folder(folder, environment, url)?,
    };
    taken.seconds = started.elapsed().as_secs_f64();
    Ok(Some(taken))
}

fn into_folder(folder: &Path, environment: &str, url: &DatabaseUrl) -> Result<Taken, BackupError> {
    let refused = |cause| BackupError::Folder { folder: shown(folder), cause };
    make_private(folder).map_err(refused)?;
    // Only this user may read it: it holds everything that the database holds.
    let file =
        tempfile::Builder::new().prefix(".prisma-safe-").suffix(".partial").tempfile_in(folder).map_err(refused)?;
    let driver = url.driver().map_err(|error| BackupError::NoWay { why: error.to_string() })?;
    let (by, checked, ending) = match driver {
        Driver::File(source) => sqlite::take(url, source, file.path())?,
        Driver::Memory => return Err(BackupError::NoWay { why: "a database in memory cannot be kept".to_owned() }),
        Driver::Server(server) => match server.provider {
            Provider::Postgresql => postgres::take(server, file.path())?,
            Provider::Mysql => mysql::take(server, file.path())?,
            other => {
                return Err(BackupError::NoWay {
                    why: format!("this tool takes no backup of {}", other.display_name()),
                });
            }
        },
    };
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%S.%3fZ");
    let path = folder.join(format!("{}-{time}.{ending}", in_file_name(environment)));
    let (bytes, sha256) = sum(file.path()).map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    // `VACUUM INTO` and the dump programs write through the name, which is still this file.
    file.persist_noclobber(&path).map_err(|error| refused(error.error))?;
    Ok(Taken {
        by,
        file: Some(path.to_string_lossy().into_owned()),
        bytes: Some(bytes),
        sha256: Some(sha256),
        checked,
        seconds: 0.0,
    })
}

/// Makes the folder for this user alone, and keeps what is in it out of version control.
fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    std::fs::write(folder.join(".gitignore"), "*\n")
}

fn sum(path: &Path) -> std::io::Result<(u64, String)> {
    use std::io::Read as _;

    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        hash.update(&buffer[..read]);
    }
    Ok((bytes, hex::text(&hash.finalize())))
}

/// A program of the database, by its full path.
fn program(names: &[&'static str]) -> Result<(&'static str, PathBuf), BackupError> {
    names
        .iter()
        .find_map(|name| Some((*name, which::which(name).ok()?)))
        .ok_or_else(|| BackupError::NotInstalled { program: names.join("` or `") })
}

/// Runs a program to its end; its stdout, or its own words.
fn finish(name: &str, expression: &duct::Expression) -> Result<Vec<u8>, BackupError> {
    let failed = |said: String| BackupError::Failed { program: name.to_owned(), said };
    let output = expression
        .stdin_null()
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        // A dump that outlives us would keep its locks on every table, for nobody.
        .before_spawn(|command| {
            crate::prisma::orphan::die_with_parent(command);
            Ok(())
        })
        .run()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(3)..].join(" · ");
    Err(failed(if last.is_empty() { output.status.to_string() } else { last }))
}
