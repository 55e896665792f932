//! A connection of our own on which a script runs that a person has looked at, and for a revert its mark in `_prisma_migrations` with it: the
//! one place where this tool itself changes a schema, and the one exception to "the ledger is Prisma's" (design §6).
//!
//! Each provider has one file with an `open` function and a type that implements [`ScriptConnection`]; [`super::open_script`] picks one.

pub(super) mod mysql;
pub(super) mod postgres;
mod run;
pub(super) mod sqlite;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::Result;

pub use run::{Halt, run_script};

/// Rows of text, as the database writes its values.
pub type Cells = Vec<Vec<Option<String>>>;

/// What a script connection is opened with.
#[derive(Debug, Clone, Default)]
pub struct ScriptSettings {
    /// How long a statement of the script may wait for a lock; `None`: the server decides.
    pub lock_timeout: Option<Duration>,
    /// How long a statement of the script may run; `None`: the server decides.
    pub statement_timeout: Option<Duration>,
    /// Rises when the user wants it to stop.
    pub stop: Arc<AtomicBool>,
}

/// How a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In one transaction, the mark included: all or nothing.
    OneTransaction {
        /// SQLite: the script switches foreign keys off, which does nothing inside a transaction and so has to come before it. Whether a row
        /// points nowhere is looked at before the end instead.
        foreign_keys_off: bool,
    },
    /// Each statement by itself, the mark last.
    Stepwise,
}

/// How a statement of a script ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// It ran.
    Done,
    /// The user said stop, and it is not done. Where a transaction was open, it is gone or can be rolled back.
    Stopped,
}

/// The row of `_prisma_migrations` that is marked.
#[derive(Debug, Clone, Copy)]
pub struct Mark<'a> {
    /// Its id.
    pub row: &'a str,
    /// By this machine's clock, as Prisma writes its times.
    pub at: Timestamp,
}

/// An open connection that may write.
pub trait ScriptConnection {
    /// Asks a question that only reads, outside of the script, and waits for so long at most.
    ///
    /// # Errors
    /// [`super::DatabaseError`]; `Busy` when the time was up.
    fn ask(&mut self, doing: &'static str, sql: &str, limit: Duration) -> Result<Cells>;

    /// Gets ready: Prisma's own migration lock, the timeouts, the transaction. Nothing waits here.
    ///
    /// # Errors
    /// [`super::DatabaseError`]; `Busy` when somebody holds Prisma's lock.
    fn begin(&mut self, way: Way) -> Result<()>;

    /// Runs one statement of the script.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    fn run(&mut self, sql: &str) -> Result<Ran>;

    /// What stands in the way of the end of a transaction, in words; `None`: nothing.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    fn objection(&mut self) -> Result<Option<String>> {
        Ok(None)
    }

    /// Asks a question in the midst of the script: in its transaction, so that what it has done is seen.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    fn look(&mut self, doing: &'static str, sql: &str) -> Result<Cells>;

    /// Sets `rolled_back_at` of that one row, when it is applied and not marked yet. The number of rows that it found.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    fn mark(&mut self, mark: Mark<'_>) -> Result<u64>;

    /// Makes it last. When this fails, only the ledger knows whether it did.
    ///
    /// # Errors
    /// [`super::DatabaseError`].
    fn commit(&mut self) -> Result<()>;

    /// Takes back what is open, as far as the connection is still there.
    fn abandon(&mut self);
}

/// A script may run for as long as it takes: only the server's limits end it.
const AS_LONG_AS_IT_TAKES: Duration = Duration::from_secs(30 * 24 * 3600);

/// An error while the flag is up is the end that was asked for: the statement is not done.
fn ended_by(stop: &AtomicBool, ended: Result<Option<()>>) -> Result<Ran> {
    match ended {
        Ok(Some(())) => Ok(Ran::Done),
        Ok(None) => Ok(Ran::Stopped),
        Err(_) if stop.load(Ordering::SeqCst) => Ok(Ran::Stopped),
        Err(error) => Err(error),
    }
}
