//! Databases that vanish. Each provider has one file; the flow sees [`Throwaway`] and [`Session`] only.

#[cfg(unix)]
mod cache;
#[cfg(unix)]
mod mysql;
mod mysql_copy;
mod mysql_open;
mod named;
mod on_server;
mod postgres;
mod postgres_open;
#[cfg(unix)]
mod process;
mod scratch;
mod sqlite;

use super::VerifyError;
use crate::database;
use crate::project::Provider;

pub use named::{Named, ServerSurvey, clean_named, open_named, survey};

/// Which server the proof ran on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Server {
    /// `PostgreSQL`, `SQLite`.
    pub product: String,
    /// As the server says it: `15.19`.
    pub version: String,
}

impl Server {
    /// The same product in the same major version: what a database does with one SQL text changes between those, and hardly within them.
    /// MySQL and MariaDB count `8.0` and `8.4`, `10.6` and `10.11` as such.
    #[must_use]
    pub fn is_like(&self, server: &database::Server) -> bool {
        if self.product != server.product {
            return false;
        }
        let mut numbers = self.version.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse::<u32>().ok());
        let (major, minor) = (numbers.next(), numbers.next().unwrap_or(0));
        match server.product.as_str() {
            // It has been at 3 since 2004, and comes with this program.
            "SQLite" => true,
            "MySQL" | "MariaDB" => major == Some(server.numbers.0) && minor == server.numbers.1,
            _ => major == Some(server.numbers.0),
        }
    }
}

/// The database refused a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFailure {
    /// Its words, one line.
    pub said: String,
    /// The byte in the text that was sent, where the server tells.
    pub at: Option<usize>,
}

/// Rows of text, as the database writes its values.
pub type Rows = Vec<Vec<Option<String>>>;

/// A connection to one throwaway database. The database is gone soon after the connection is dropped.
pub trait Session {
    /// Sends a text as one: PostgreSQL as one simple query, SQLite statement by statement.
    ///
    /// # Errors
    /// The database's.
    fn execute(&mut self, sql: &str) -> Result<(), SqlFailure>;
    /// Asks one question.
    ///
    /// # Errors
    /// The database's.
    fn query(&mut self, sql: &str) -> Result<Rows, SqlFailure>;
    /// A new connection to the same database: settings of the session are forgotten.
    ///
    /// # Errors
    /// The database's.
    fn renew(&mut self) -> Result<(), SqlFailure>;
    /// How Prisma reaches this database; `None`: it cannot.
    fn url(&self) -> Option<String> {
        None
    }
}

/// A place for throwaway databases. Everything goes on drop, on panic and when the process is killed.
pub trait Throwaway {
    /// What it is.
    fn server(&self) -> &Server;
    /// The same for people: `a throwaway PostgreSQL 15.18 from …`, `PostgreSQL 15.18, the server of \`VERIFY_URL\``.
    fn place(&self) -> String;
    /// The database that the history is applied to, once.
    ///
    /// # Errors
    /// When it cannot be reached.
    fn base(&mut self) -> Result<&mut dyn Session, VerifyError>;
    /// A copy of the base as it is now. The copy before it may be gone afterwards.
    ///
    /// # Errors
    /// When it cannot be made.
    fn copy(&mut self) -> Result<Box<dyn Session>, VerifyError>;
    /// An empty database for Prisma to replay a history on; `None`: it needs none, or there is none.
    ///
    /// # Errors
    /// When it cannot be made.
    fn shadow(&mut self) -> Result<Option<String>, VerifyError> {
        Ok(None)
    }
    /// How many migrations of the history the base has already, from an earlier run.
    fn applied(&self) -> usize {
        0
    }
    /// Keeps the base as it is now for later runs, under the key of the history that is in it. The last thing that is asked of the place.
    fn keep(&mut self, key: &str) {
        let _ = key;
    }
    /// What came from an earlier run is no good.
    fn forget(&mut self) {}
}

/// What may be used again of earlier runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reuse<'k> {
    /// `keys[i]` stands for the first `i + 1` migrations, and nothing else.
    pub keys: &'k [String],
    /// Nothing may, and nothing is kept.
    pub cold: bool,
}

/// Removes what killed runs have left on this machine: their servers and folders; how many there were.
#[must_use]
pub fn clean_here() -> usize {
    let own = std::env::temp_dir();
    let socket = std::path::PathBuf::from("/tmp");
    let there = if own == socket { 0 } else { scratch::remove_leftovers(&socket) };
    scratch::remove_leftovers(&own) + there
}

/// Removes what is kept between runs; how many entries there were.
///
/// # Errors
/// The system's.
pub fn clear_kept() -> std::io::Result<usize> {
    #[cfg(unix)]
    return cache::clear();
    #[cfg(not(unix))]
    Ok(0)
}

/// Makes the place for a provider. Removes what killed runs have left behind first.
///
/// # Errors
/// [`VerifyError::NotThere`] for providers without one, [`VerifyError::NoServer`] when none can be started.
pub fn open(provider: Provider) -> Result<Box<dyn Throwaway>, VerifyError> {
    open_with(provider, None, &Reuse::default())
}

/// The same, with a history that an earlier run may have applied; `schema` is where PostgreSQL's names without one belong, where that is not
/// `public`.
///
/// # Errors
/// As [`open`].
pub fn open_with(
    provider: Provider,
    schema: Option<&str>,
    reuse: &Reuse<'_>,
) -> Result<Box<dyn Throwaway>, VerifyError> {
    match provider {
        Provider::Sqlite => Ok(Box::new(sqlite::Files::new()?)),
        Provider::Postgresql => Ok(Box::new(postgres::Started::new(schema, reuse)?)),
        #[cfg(unix)]
        Provider::Mysql => Ok(Box::new(mysql::start()?)),
        #[cfg(not(unix))]
        Provider::Mysql => Err(VerifyError::NotThere(provider)),
        Provider::Sqlserver => Err(VerifyError::NotThere(provider)),
    }
}

/// Where a program lies, for people.
#[cfg(unix)]
fn folder_of(program: &std::path::Path) -> String {
    program.parent().unwrap_or(program).display().to_string()
}

fn runtime() -> Result<tokio::runtime::Runtime, VerifyError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(VerifyError::Scratch)
}
