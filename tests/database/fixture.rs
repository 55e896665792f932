//! A ledger as Prisma writes it, on each database.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use prisma_safe::database::{ConnectOptions, Database, DatabaseError, connect};
use prisma_safe::environment::DatabaseUrl;
use sqlx::{AssertSqlSafe, Connection, Row as _, SqliteConnection};

use crate::support::servers::{self, Kind, Server};

/// The name of Prisma's lock in MariaDB is the whole server's: who holds it in a test writes here, who needs it free reads.
static PRISMA_LOCK: RwLock<()> = RwLock::new(());

pub fn lock_is_mine() -> RwLockWriteGuard<'static, ()> {
    PRISMA_LOCK.write().unwrap_or_else(PoisonError::into_inner)
}

pub fn lock_is_free() -> RwLockReadGuard<'static, ()> {
    PRISMA_LOCK.read().unwrap_or_else(PoisonError::into_inner)
}

/// The table, in the words of the schema engine (`flavour/*.rs`).
pub const POSTGRES_TABLE: &str = "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
    finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, \
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)";
pub const MARIADB_TABLE: &str = "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
    finished_at DATETIME(3), migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at DATETIME(3), \
    started_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0) \
    DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";
pub const SQLITE_TABLE: &str = "CREATE TABLE _prisma_migrations (id TEXT PRIMARY KEY NOT NULL, checksum TEXT NOT NULL, \
    finished_at DATETIME, migration_name TEXT NOT NULL, logs TEXT, rolled_back_at DATETIME, \
    started_at DATETIME NOT NULL DEFAULT current_timestamp, applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0)";

pub fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::Postgres => POSTGRES_TABLE,
        Kind::MariaDb => MARIADB_TABLE,
    }
}

/// Every server that is installed; says so where one is not.
#[track_caller]
pub fn each_server() -> impl Iterator<Item = &'static Server> {
    [servers::postgres(), servers::mariadb()].into_iter().flatten()
}

pub fn open(url: &str) -> Result<Box<dyn Database>, DatabaseError> {
    connect(&DatabaseUrl::parse(None, url, Path::new("/")).expect("a URL"), ConnectOptions::default())
}

/// An SQLite file in a folder of its own.
pub struct SqliteFile {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl SqliteFile {
    pub fn missing() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().canonicalize().expect("it exists").join("dev.db");
        SqliteFile { folder, path }
    }

    pub fn with(sql: &str) -> Self {
        let file = SqliteFile::missing();
        file.session().execute(sql);
        file
    }

    pub fn url(&self) -> String {
        format!("file:{}", self.path.display())
    }

    pub fn session(&self) -> SqliteSession {
        SqliteSession::open(&self.path)
    }

    /// The names in the folder.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .expect("it exists")
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// A writing connection, closed when it is dropped.
pub struct SqliteSession {
    connection: Option<SqliteConnection>,
    runtime: tokio::runtime::Runtime,
}

impl SqliteSession {
    pub fn open(path: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let connection = runtime.block_on(SqliteConnection::connect_with(&options)).expect("it opens");
        SqliteSession { connection: Some(connection), runtime }
    }

    #[track_caller]
    pub fn execute(&mut self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs SQL that may fail.
    pub fn try_execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let connection = self.connection.as_mut().expect("open until dropped");
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        self.runtime.block_on(query.execute(connection)).map(drop)
    }

    /// The first column of the answer, as text.
    #[track_caller]
    pub fn column(&mut self, sql: &str) -> Vec<String> {
        let connection = self.connection.as_mut().expect("open until dropped");
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(query.fetch_all(connection)).unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter()
            .map(|row| row.try_get_unchecked::<Option<String>, _>(0).expect("text").unwrap_or_default())
            .collect()
    }
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
    }
}
