//! A second connection that looks at the session in which Prisma runs a migration: what it does, what it waits for, and who waits behind it; and
//! that can cancel its statement.
//!
//! Each provider has one file with its questions. SQLite and SQL Server have none: a SQLite file is Prisma's alone while it works on it.

mod mysql;
mod postgres;

use std::time::Duration;

use super::{ConnectOptions, Database, Result, connect};
use crate::environment::DatabaseUrl;
use crate::project::Provider;

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The session of a migration at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Its process or connection on the server.
    pub process: u64,
    /// What it runs, as the server shows it: it may be cut off. Empty between two statements.
    pub statement: String,
    /// Since when, by the server's clock.
    pub running_for: Duration,
    /// It waits for a lock.
    pub waits: bool,
    /// Who holds what it waits for, as far as the server tells.
    pub held_by: Vec<String>,
    /// Who waits for it.
    pub behind: Vec<Behind>,
}

/// Somebody who waits for a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Its process or connection on the server.
    pub process: u64,
    /// Who, as the database names it. Never the statement, which may hold values.
    pub by: String,
}

/// How the session of a run is known among all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// A mark that no other run has.
    #[must_use]
    pub fn new() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        let drawn = RandomState::new().hash_one(std::process::id());
        Mark(format!("prisma-safe {drawn:016x}"))
    }

    /// The session's name, for PostgreSQL's `application_name`: letters, digits and a space.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl Default for Mark {
    fn default() -> Self {
        Mark::new()
    }
}

/// The questions of one provider.
trait Questions: Send {
    fn glance(&mut self, database: &mut dyn Database) -> Result<Option<Glance>>;
    fn cancel(&mut self, database: &mut dyn Database, process: u64) -> Result<bool>;
}

/// The connection that watches.
pub struct Watch {
    database: Box<dyn Database>,
    questions: Box<dyn Questions>,
}

impl Watch {
    /// Whether a database of that provider can be watched.
    #[must_use]
    pub const fn is_possible(provider: Provider) -> bool {
        matches!(provider, Provider::Postgresql | Provider::Mysql)
    }

    /// Connects, before the run begins: on MySQL the session is known by being younger than this connection. `None`: this provider cannot be
    /// watched.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    pub fn open(url: &DatabaseUrl, mark: &Mark) -> Result<Option<Self>> {
        if !Watch::is_possible(url.provider()) {
            return Ok(None);
        }
        let options = ConnectOptions { statement_timeout: PATIENCE, ..ConnectOptions::default() };
        let mut database = connect(url, options)?;
        let questions: Box<dyn Questions> = match url.provider() {
            Provider::Mysql => Box::new(mysql::MySql::new(&mut *database)?),
            _ => Box::new(postgres::Postgres::new(mark)),
        };
        Ok(Some(Watch { database, questions }))
    }

    /// One look; `None` when the session is not there (yet, or any more).
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    pub fn glance(&mut self) -> Result<Option<Glance>> {
        self.questions.glance(&mut *self.database)
    }

    /// Cancels the statement of the session, when it still is that one. Its connection lives on, and Prisma is told the error. `false`: there was
    /// nothing to cancel.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    pub fn cancel(&mut self, process: u64) -> Result<bool> {
        self.questions.cancel(&mut *self.database, process)
    }
}

/// A cell of an answer; nothing where there is none.
fn text(row: &[Option<String>], at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

fn number(row: &[Option<String>], at: usize) -> u64 {
    text(row, at).parse().unwrap_or(0)
}
