//! Runs SQL that a person has looked at, whole: what a failed migration left behind is cleared away so. Prisma's own `db execute` is refused by
//! the guard everywhere but on a developer's database, since it runs whatever it is given.
//!
//! A connection of its own: settings of the session, and a transaction left open, end with it.

use std::time::Duration;

use super::super::{DatabaseError, open_script};
use super::{Ran, ScriptSettings, Way};
use crate::environment::DatabaseUrl;

/// A statement was refused, or the connection could not be had.
#[derive(Debug)]
pub struct Halt {
    /// Which one, from 0; `None`: none was sent, or only the end of the transaction was refused.
    pub statement: Option<usize>,
    /// Whether everything before it was taken back with it.
    pub all_undone: bool,
    /// What the database said.
    pub error: DatabaseError,
}

impl Halt {
    fn before(error: DatabaseError) -> Self {
        Halt { statement: None, all_undone: true, error }
    }
}

/// Runs statements in order, in the schema that the URL names, and stops at the first that is refused. `together`: in one transaction, so that all
/// or none of them stays; MySQL commits at each DDL statement all the same. `lock_timeout`: how long each may wait for a lock.
///
/// # Errors
/// [`Halt`].
pub fn run_script(
    url: &DatabaseUrl,
    statements: &[String],
    together: bool,
    lock_timeout: Option<Duration>,
) -> Result<(), Halt> {
    let settings = ScriptSettings { lock_timeout, ..ScriptSettings::default() };
    let mut connection = open_script(url, &settings).map_err(Halt::before)?;
    let way = if together { Way::OneTransaction { foreign_keys_off: false } } else { Way::Stepwise };
    connection.begin(way).map_err(Halt::before)?;
    for (at, statement) in statements.iter().enumerate() {
        match connection.run(statement) {
            // Nobody can raise the flag of these settings.
            Ok(Ran::Done | Ran::Stopped) => {}
            Err(error) => {
                connection.abandon();
                return Err(Halt { statement: Some(at), all_undone: together, error });
            }
        }
    }
    connection.commit().map_err(|error| Halt { statement: None, all_undone: true, error })
}
