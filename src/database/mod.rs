//! The databases, read directly: one small trait, one file per provider.
//!
//! Everything here is read-only but [`Database::set_marker`], the deploy lock, which leaves no trace, [`archives`], which drops what a person has
//! chosen, and [`script`], which runs what a person has looked at. Reading never creates: not the database, not a schema, not a file.
//! The trait is synchronous; each implementation drives its own current-thread runtime, so nothing above knows about `async`.
//!
//! To add a provider: one file with a `connect` function and a type that implements [`Database`], one arm in [`connect`](fn@connect),
//! one section in `tests/database/`.

mod activity;
pub mod archives;
mod archiving;
mod connect;
mod count;
mod deploy_lock;
mod error;
mod ledger;
mod leftovers;
mod mysql;
mod postgres;
mod pulse;
pub mod script;
mod session;
mod size;
mod sqlite;
mod sqlserver;
mod timestamp;
pub mod watch;

use std::time::Duration;

pub use activity::{Activity, LongTransaction};
pub use archiving::{Archiving, archiving};
pub use connect::{ServerOptions, connect, open_script, server_options};
pub use count::count_rows;
pub use deploy_lock::{DeployLock, FolderLock, lock_folder_of};
pub use error::{DatabaseError, Unreachable};
pub use ledger::{LedgerRow, LockState};
pub use leftovers::{Leftover, LeftoverKind, leftovers};
pub use pulse::{Pulse, pulse};
pub use script::{Halt, run_script};
pub use size::{Rows, Size, TableRef, sizes};
pub use sqlite::{check_sqlite, copy_sqlite};

use crate::environment::Marker;

/// Result of asking a database.
pub type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// How long to wait for a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectOptions {
    /// For the connection, name lookup and TLS included. `None`: what the URL says, else 5 seconds as in Prisma.
    pub timeout: Option<Duration>,
    /// For one answer, enforced by the server where it can.
    pub statement_timeout: Duration,
}

impl Default for ConnectOptions {
    /// What the URL says to connect, 10 seconds for an answer.
    fn default() -> Self {
        ConnectOptions { timeout: None, statement_timeout: Duration::from_secs(10) }
    }
}

/// How a sentence about a locked SQLite file ends.
const HOLDS: &str = " holds its lock";

/// [`ConnectOptions`] together with the URL's own.
#[derive(Debug, Clone, Copy)]
struct Limits {
    connect: Duration,
    statement: Duration,
}

/// What answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `PostgreSQL`, `CockroachDB`, `MySQL`, `MariaDB` or `SQLite`.
    pub product: String,
    /// The version as the server writes it.
    pub version: String,
    /// Its first three numbers, zero where there are fewer.
    pub numbers: (u32, u32, u32),
    /// The database of this connection; for SQLite the file's real path.
    pub database: String,
    /// Where `_prisma_migrations` belongs: PostgreSQL only, the URL's `schema`.
    pub schema: Option<String>,
    /// Why it takes no writes, when it does not: a replica, a read-only server, a file without write permission.
    pub read_only: Option<String>,
    /// Whether this is one of the server's own databases (`mysql`, `template1`, …), which Prisma refuses (P3004).
    pub system_database: bool,
}

/// Everything that a decision needs, read together in as few round trips as the provider allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// What answered.
    pub server: Server,
    /// The rows of `_prisma_migrations`, oldest first; `None` when the table does not exist.
    pub ledger: Option<Vec<LedgerRow>>,
    /// Who holds Prisma's advisory lock.
    pub lock: LockState,
    /// The environment that the database itself says it belongs to.
    pub marker: Option<Marker>,
}

/// One open connection.
pub trait Database: Send {
    /// The URL without its secrets, for messages.
    fn target(&self) -> &str;

    /// What answered.
    ///
    /// # Errors
    /// [`DatabaseError`], as all the others.
    fn server(&mut self) -> Result<Server> {
        Ok(self.survey()?.server)
    }

    /// The rows of `_prisma_migrations` in the URL's schema, oldest start first; `None` when the table does not exist.
    ///
    /// # Errors
    /// [`DatabaseError`]; [`DatabaseError::LedgerRow`] names a row that cannot be understood.
    fn ledger(&mut self) -> Result<Option<Vec<LedgerRow>>> {
        Ok(self.survey()?.ledger)
    }

    /// Who holds the lock that `migrate deploy` and `migrate resolve` take.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn migration_lock(&mut self) -> Result<LockState> {
        Ok(self.survey()?.lock)
    }

    /// The environment that the database itself says it belongs to. `None`: no mark, or no table to carry one.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn marker(&mut self) -> Result<Option<Marker>> {
        Ok(self.survey()?.marker)
    }

    /// All of the above at once.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn survey(&mut self) -> Result<Survey>;

    /// Transactions of others in this database that are open for at least so long. SQLite has none that outlive a moment: whoever holds its
    /// file is in the way of the first question already.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn activity(&mut self, _at_least: Duration) -> Result<Activity> {
        Ok(Activity::default())
    }

    /// Asks the catalogue one question of ours, read-only; cells as the database writes them as text.
    ///
    /// # Errors
    /// [`DatabaseError`]; `doing` completes "failed to …".
    fn query(&mut self, doing: &'static str, sql: &str) -> Result<Vec<Vec<Option<String>>>>;

    /// Tries to take our own deploy lock, without waiting. It is held until the connection ends, and it is another one than Prisma's: Prisma
    /// needs its own for itself.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn try_deploy_lock(&mut self) -> Result<DeployLock>;

    /// Writes the mark into the comment of `_prisma_migrations`, keeping what others wrote there: the only write in this module.
    ///
    /// # Errors
    /// [`DatabaseError::NoLedger`] before the first deploy, [`DatabaseError::NoMarker`] where the database has no comments,
    /// [`DatabaseError::MarkerTooLong`].
    fn set_marker(&mut self, marker: &Marker) -> Result<()>;
}
