//! SQLite, opened read-only and never created.
//!
//! A database in WAL mode that nobody has open is read as immutable: otherwise SQLite would leave `-wal` and `-shm` files
//! beside it. If a writer appears meanwhile, the file is opened again the normal way. Only where a crash left a log (`-wal`)
//! without its index does SQLite make the index (`-shm`) anew, and a reader cannot take it away again.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Error, Row, SqliteConnection};

use super::deploy_lock::{DeployLock, lock_folder_of};
use super::ledger::COLUMNS;
use super::session::{Place, Session, numbers};
use super::{Database, DatabaseError, HOLDS, LedgerRow, Limits, LockState, Result, Server, Survey};
use crate::environment::Marker;
use crate::shell::single_spaced;

/// The first bytes of every database file (SQLite file format, section 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes 18 and 19 are 2 in WAL mode.
const WAL_VERSION: u8 = 2;
/// How long to wait for somebody else's short write.
const PATIENCE: Duration = Duration::from_millis(500);

/// An SQLite file.
pub(super) struct Sqlite {
    session: Session<SqliteConnection>,
    path: PathBuf,
    immutable: bool,
    limits: Limits,
}

/// Opens the file.
pub(super) fn connect(path: &Path, place: Place, limits: Limits) -> Result<Box<dyn Database>> {
    let immutable = look_at(path, &place)? && !beside(path, "-wal").exists();
    let session = open(path, place, limits, immutable)?;
    Ok(Box::new(Sqlite { session, path: path.to_owned(), immutable, limits }))
}

fn open(path: &Path, place: Place, limits: Limits, immutable: bool) -> Result<Session<SqliteConnection>> {
    let driver = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .create_if_missing(false)
        .immutable(immutable)
        .busy_timeout(PATIENCE)
        // The default hands 50 rows at a time from the driver's thread to ours, and each time one waits for the other.
        .row_buffer_size(1024)
        .disable_statement_logging();
    let classify = |place: &Place, doing: &'static str, error: &Error| classify(place, doing, error);
    Session::open(place, limits, classify, async { driver.connect().await })
}

/// Says what is at the path without SQLite's help, whose words are "unable to open database file" for nearly everything.
/// True for a database in WAL mode.
pub(super) fn look_at(path: &Path, place: &Place) -> Result<bool> {
    let target = place.target.clone();
    let shown = path.display();
    let refused = |said: String| DatabaseError::Permission { target: target.clone(), doing: "read the file", said };
    let missing = |what: String| DatabaseError::NoSuchDatabase { target: target.clone(), what };
    let not_a_database = |said: &str| DatabaseError::NotADatabase { target: target.clone(), said: said.to_owned() };
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            match path.parent().filter(|parent| !parent.is_dir()) {
                Some(parent) => missing(format!("the folder `{}` does not exist", parent.display())),
                None => missing(format!("the file `{shown}` does not exist")),
            }
        }
        _ => refused(error.to_string()),
    };
    let kind = fs::metadata(path).map_err(failed)?;
    if kind.is_dir() {
        return Err(not_a_database("it is a directory"));
    }
    // Opening a pipe would wait for ever.
    if !kind.is_file() {
        return Err(not_a_database("it is no regular file"));
    }
    if kind.len() == 0 {
        return Err(missing(format!("the file `{shown}` is empty")));
    }
    let mut header = [0; 20];
    let mut file = File::open(path).map_err(failed)?;
    match file.read_exact(&mut header) {
        Ok(()) if header.starts_with(MAGIC) => Ok(header[18] == WAL_VERSION),
        Ok(()) => Err(not_a_database("the file is something else, or an encrypted database")),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(not_a_database("the file is too short to be one"))
        }
        Err(error) => Err(refused(error.to_string())),
    }
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Sqlite {
    fn ask(&mut self, doing: &'static str, sql: &str) -> Result<Vec<SqliteRow>> {
        let sql = sql.to_owned();
        let answer = self
            .session
            .run(doing, async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await);
        answer.map_err(|error| match error {
            DatabaseError::Busy { target, .. } => DatabaseError::Busy {
                target,
                said: format!("{}{HOLDS}", holder(&self.path).unwrap_or_else(|| "another process".to_owned())),
            },
            other => other,
        })
    }

    fn look(&mut self) -> Result<(Server, Option<Vec<LedgerRow>>)> {
        let rows = self.ask(
            "read the schema",
            "SELECT sqlite_version(), (SELECT count(*) FROM sqlite_master \
             WHERE name = '_prisma_migrations' AND type IN ('table', 'view'))",
        )?;
        let version = rows.first().and_then(|row| row.try_get::<String, _>(0).ok()).unwrap_or_default();
        let exists = rows.first().is_some_and(|row| row.try_get::<i64, _>(1).is_ok_and(|count| count > 0));
        let server = Server {
            product: "SQLite".to_owned(),
            numbers: numbers(&version),
            version,
            database: self.path.display().to_string(),
            schema: None,
            read_only: self.read_only(),
            system_database: false,
        };
        Ok((server, if exists { Some(self.rows()?) } else { None }))
    }

    fn rows(&mut self) -> Result<Vec<LedgerRow>> {
        // Times are integers or text; as text both go through one parser. Blobs and invalid UTF-8 come out as garbage and are named.
        let columns = COLUMNS.map(|column| format!("CAST({column} AS TEXT)")).join(", ");
        let answer = self.ask("read `_prisma_migrations`", &format!("SELECT {columns} FROM _prisma_migrations"))?;
        let mut rows = Vec::with_capacity(answer.len());
        for row in &answer {
            let cells = std::array::from_fn(|at| {
                let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(at).ok().flatten();
                bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            });
            rows.push(LedgerRow::from_text(rows.len() + 1, cells).map_err(|bad| DatabaseError::LedgerRow {
                target: self.session.place.target.clone(),
                row: bad.row,
                problem: bad.problem,
            })?);
        }
        // Here, because text and integers do not sort together in SQL.
        rows.sort_by_key(|row| row.started_at);
        Ok(rows)
    }

    #[cfg(unix)]
    fn read_only(&self) -> Option<String> {
        rustix::fs::access(&self.path, rustix::fs::Access::WRITE_OK)
            .is_err()
            .then(|| "this user may not write the file".to_owned())
    }

    #[cfg(not(unix))]
    fn read_only(&self) -> Option<String> {
        fs::metadata(&self.path)
            .is_ok_and(|kind| kind.permissions().readonly())
            .then(|| "the file is marked read-only".to_owned())
    }
}

impl Database for Sqlite {
    fn target(&self) -> &str {
        &self.session.place.target
    }

    fn migration_lock(&mut self) -> Result<LockState> {
        match self.look() {
            Ok(_) => Ok(LockState::Free),
            Err(error) => match error.lock_holder() {
                Some(by) => Ok(LockState::Held { by: by.to_owned(), since: None }),
                None => Err(error),
            },
        }
    }

    fn marker(&mut self) -> Result<Option<Marker>> {
        Ok(None)
    }

    fn survey(&mut self) -> Result<Survey> {
        let mut answer = self.look();
        if self.immutable && beside(&self.path, "-wal").exists() {
            self.immutable = false;
            self.session = open(&self.path, self.session.place.clone(), self.limits, false)?;
            answer = self.look();
        }
        let (server, ledger) = answer?;
        // Prisma takes the file's own lock and keeps it; whoever holds it keeps us from reading.
        Ok(Survey { server, ledger, lock: LockState::Free, marker: None })
    }

    fn query(&mut self, doing: &'static str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let text = |row: &SqliteRow, at| {
            let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(at).ok().flatten();
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let rows = self.ask(doing, sql)?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| text(row, at)).collect()).collect())
    }

    fn try_deploy_lock(&mut self) -> Result<DeployLock> {
        Ok(lock_folder_of(&self.path))
    }

    fn set_marker(&mut self, _: &Marker) -> Result<()> {
        Err(DatabaseError::NoMarker {
            target: self.session.place.target.clone(),
            because: format!("its identity is its real path, `{}`", self.path.display()),
        })
    }
}

/// How long a copy may take.
const COPY: Duration = Duration::from_secs(24 * 3600);

fn for_copying(path: &Path, target: &str, immutable: bool) -> Result<Session<SqliteConnection>> {
    let address = path.display().to_string();
    let place = Place { target: target.to_owned(), database: address.clone(), address };
    open(path, place, Limits { connect: PATIENCE * 10, statement: COPY }, immutable)
}

/// Copies a database file in one consistent state into an empty file, without writing to it.
///
/// # Errors
/// [`DatabaseError`].
pub fn copy_sqlite(path: &Path, into: &Path, target: &str) -> Result<()> {
    let sql = format!("VACUUM INTO '{}'", into.display().to_string().replace('\'', "''"));
    for_copying(path, target, false)?.run("copy the file", async |connection| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.map(drop)
    })
}

/// What is wrong in a database file that nobody else has open; `None`: nothing.
///
/// # Errors
/// [`DatabaseError`].
pub fn check_sqlite(path: &Path, target: &str) -> Result<Option<String>> {
    let rows = for_copying(path, target, true)?.run("check the file", async |connection| {
        sqlx::raw_sql(AssertSqlSafe("PRAGMA integrity_check(1)".to_owned())).fetch_all(&mut *connection).await
    })?;
    let said = rows.first().and_then(|row| row.try_get::<String, _>(0).ok()).unwrap_or_default();
    Ok((said != "ok").then_some(said))
}

/// The process that holds a lock on the file, from `/proc/locks`.
#[cfg(target_os = "linux")]
fn holder(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    let locks = fs::read_to_string("/proc/locks").ok()?;
    // In WAL mode the locks are on the `-shm` file.
    let files: Vec<String> = ["", "-shm"]
        .iter()
        .filter_map(|suffix| fs::metadata(beside(path, suffix)).ok())
        .map(|file| format!(":{}", file.ino()))
        .collect();
    // `1: POSIX  ADVISORY  WRITE 4242 08:01:131 1073741826 1073742335`
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX" | "OFDLCK", _, "WRITE", process, inode, ..] = words[..] else { return None };
        if !files.iter().any(|file| inode.ends_with(file)) {
            return None;
        }
        let name = fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
        Some(format!("process {process} (`{}`)", name.trim()))
    })
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &Path) -> Option<String> {
    None
}

/// SQLite's result codes, extended ones too (`sqlite.org/rescode.html`).
pub(super) fn classify(place: &Place, doing: &'static str, error: &Error) -> Option<DatabaseError> {
    let database = error.as_database_error()?;
    let target = place.target.clone();
    let said = single_spaced(database.message());
    let code: i32 = database.code()?.parse().ok()?;
    Some(match (code & 0xff, code >> 8) {
        (5 | 6, _) => DatabaseError::Busy { target, said },
        (8 | 14, _) if beside(Path::new(&place.address), "-journal").exists() => DatabaseError::NeedsRecovery {
            target,
            said: "a journal lies beside it (`-journal`) that only a writing connection may roll back".to_owned(),
        },
        (8 | 14, _) if beside(Path::new(&place.address), "-wal").exists() => DatabaseError::NeedsRecovery {
            target,
            said: "a write-ahead log lies beside it (`-wal`) that this user cannot open".to_owned(),
        },
        (11 | 26, _) => DatabaseError::NotADatabase { target, said },
        (3 | 23 | 14, _) => DatabaseError::Permission { target, doing, said },
        _ => return None,
    })
}
