//! SQLite: files in a temporary folder; a copy is a copy of the file.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use tokio::runtime::Runtime;

use super::scratch::{self, Scratch};
use super::{Rows, Server, Session, SqlFailure, Throwaway, runtime};
use crate::revert::VerifyError;
use crate::shell::single_spaced;

/// A folder of SQLite files.
pub(super) struct Files {
    base: Option<Open>,
    server: Server,
    copies: usize,
    runtime: Rc<Runtime>,
    // Last: the connections close before the folder goes.
    folder: Scratch,
}

impl Files {
    pub fn new() -> Result<Self, VerifyError> {
        let folder = scratch::folder(&std::env::temp_dir()).map_err(VerifyError::Scratch)?;
        let runtime = Rc::new(runtime()?);
        let mut base = Open::new(Rc::clone(&runtime), folder.path().join("base.db")).map_err(connecting)?;
        let version = base.query("SELECT sqlite_version()").map_err(connecting)?;
        let version = version.into_iter().flatten().flatten().next().unwrap_or_default();
        let server = Server { product: "SQLite".to_owned(), version };
        Ok(Files { base: Some(base), server, copies: 0, runtime, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn connecting(failure: SqlFailure) -> VerifyError {
    VerifyError::Sql { doing: "connect", failure }
}

impl Throwaway for Files {
    fn server(&self) -> &Server {
        &self.server
    }

    fn place(&self) -> String {
        format!("a throwaway SQLite {}", self.server.version)
    }

    fn base(&mut self) -> Result<&mut dyn Session, VerifyError> {
        let base = match self.base.take() {
            Some(open) => open,
            None => Open::new(Rc::clone(&self.runtime), self.path("base.db")).map_err(connecting)?,
        };
        Ok(self.base.insert(base))
    }

    fn copy(&mut self) -> Result<Box<dyn Session>, VerifyError> {
        // Closed: a write-ahead log, where a migration has switched to one, is part of the file then.
        self.base = None;
        let _ = std::fs::remove_file(self.path(&format!("copy-{}.db", self.copies)));
        self.copies += 1;
        let to = self.path(&format!("copy-{}.db", self.copies));
        std::fs::copy(self.path("base.db"), &to).map_err(VerifyError::Scratch)?;
        Ok(Box::new(Open::new(Rc::clone(&self.runtime), to).map_err(connecting)?))
    }
}

/// An open file.
struct Open {
    connection: Option<SqliteConnection>,
    runtime: Rc<Runtime>,
    path: PathBuf,
}

impl Open {
    fn new(runtime: Rc<Runtime>, path: PathBuf) -> Result<Self, SqlFailure> {
        let connection = Some(runtime.block_on(options(&path).connect()).map_err(failure)?);
        Ok(Open { connection, runtime, path })
    }

    fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
    }

    fn ask(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
        let Some(connection) = &mut self.connection else {
            return Err(SqlFailure { said: "the connection is closed".to_owned(), at: None });
        };
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(query.fetch_all(connection)).map_err(failure)?;
        let cell = |row: &sqlx::sqlite::SqliteRow, at| {
            let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(at).ok().flatten();
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }
}

/// As Prisma opens it (foreign keys on), but without the care for a power cut.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging()
}

fn failure(error: sqlx::Error) -> SqlFailure {
    let said = match error.as_database_error() {
        Some(error) => single_spaced(error.message()),
        None => single_spaced(&error.to_string()),
    };
    SqlFailure { said, at: None }
}

impl Session for Open {
    fn execute(&mut self, sql: &str) -> Result<(), SqlFailure> {
        self.ask(sql).map(drop)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
        self.ask(sql)
    }

    fn renew(&mut self) -> Result<(), SqlFailure> {
        self.close();
        self.connection = Some(self.runtime.block_on(options(&self.path).connect()).map_err(failure)?);
        Ok(())
    }

    fn url(&self) -> Option<String> {
        Some(format!("file:{}", self.path.display()))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}
