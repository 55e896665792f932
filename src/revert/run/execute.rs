//! Runs one revert script together with its mark. What became of it is told exactly; what holds in the end, only the ledger says.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::script::{Piece, RevertScript};
use crate::database::DatabaseError;
use crate::database::script::{Mark, Ran, ScriptConnection, Way};

/// Why it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The database refused.
    Database(DatabaseError),
    /// The user said stop.
    User,
    /// The result is not what the script says.
    NotRestored(Vec<String>),
    /// The row was not found as it was: somebody else has changed it.
    LedgerChanged(u64),
}

/// It did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub cause: Cause,
    /// The statement that it stopped at; `None`: before the first, or after the last.
    pub at: Option<Piece>,
    /// Statements that are done and stay so.
    pub stays: Vec<Piece>,
    /// The statements that were left.
    pub left: Vec<Piece>,
}

/// Runs it. `check` looks at the result before it is made last; `each` hears of every statement before it is sent. `from`: the number of the
/// first statement, for a script that goes on where it stopped. `stop`: looked at between two statements.
///
/// # Errors
/// [`Stop`].
pub fn run(
    connection: &mut dyn ScriptConnection,
    revert: &RevertScript,
    row: &str,
    from: usize,
    stop: &AtomicBool,
    mut each: impl FnMut(&Piece),
    check: impl FnOnce(&mut dyn ScriptConnection) -> Result<Vec<String>, DatabaseError>,
) -> Result<Timestamp, Box<Stop>> {
    let pieces: Vec<&Piece> = revert.pieces.iter().filter(|piece| piece.number >= from).collect();
    let mut run = Run { connection, way: revert.way, pieces, done: 0 };
    run.connection.begin(revert.way).map_err(|error| run.stop_at(None, Cause::Database(error)))?;
    while let Some(piece) = run.pieces.get(run.done).copied() {
        if stop.load(Ordering::SeqCst) {
            return Err(run.stop(None, Cause::User));
        }
        each(piece);
        match run.connection.run(&piece.sql) {
            Ok(Ran::Done) => run.done += 1,
            Ok(Ran::Stopped) => return Err(run.stop(Some(piece), Cause::User)),
            Err(error) => return Err(run.stop(Some(piece), Cause::Database(error))),
        }
    }
    match check(run.connection) {
        Ok(problems) if problems.is_empty() => {}
        Ok(problems) => return Err(run.stop(None, Cause::NotRestored(problems))),
        Err(error) => return Err(run.stop(None, Cause::Database(error))),
    }
    match run.connection.objection() {
        Ok(None) => {}
        Ok(Some(objection)) => return Err(run.stop(None, Cause::NotRestored(vec![objection]))),
        Err(error) => return Err(run.stop(None, Cause::Database(error))),
    }
    let at = Timestamp::now();
    match run.connection.mark(Mark { row, at }) {
        Ok(1) => {}
        Ok(found) => return Err(run.stop(None, Cause::LedgerChanged(found))),
        Err(error) => return Err(run.stop(None, Cause::Database(error))),
    }
    match run.connection.commit() {
        Ok(()) => Ok(at),
        Err(error) => Err(run.stop(None, Cause::Database(error))),
    }
}

struct Run<'a> {
    connection: &'a mut dyn ScriptConnection,
    way: Way,
    pieces: Vec<&'a Piece>,
    done: usize,
}

impl Run<'_> {
    fn stop(&mut self, at: Option<&Piece>, cause: Cause) -> Box<Stop> {
        self.connection.abandon();
        self.stop_at(at, cause)
    }

    fn stop_at(&self, at: Option<&Piece>, cause: Cause) -> Box<Stop> {
        let owned = |pieces: &[&Piece]| pieces.iter().map(|piece| (*piece).clone()).collect::<Vec<_>>();
        let (done, left) = self.pieces.split_at(self.done);
        let stays = match self.way {
            Way::OneTransaction { .. } => Vec::new(),
            // What stands in the script's own transaction that was open goes with it.
            Way::Stepwise => {
                let open = at.and_then(|piece| piece.transaction);
                let stays = done.iter().filter(|piece| open.is_none() || piece.transaction != open);
                owned(&stays.copied().collect::<Vec<_>>())
            }
        };
        Box::new(Stop { cause, at: at.cloned(), stays, left: owned(left) })
    }
}
