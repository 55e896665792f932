//! What can be seen of a deploy while it happens.

use std::time::Duration;

use super::Place;
use crate::database::Leftover;
use crate::deploy::Applied;
use crate::deploy::aftermath::{Check, Watched};
use crate::deploy::backup::Taken;
use crate::environment::Target;

/// Something that happened, in the order in which it did.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The database answered, or is not there.
    Reached(&'a Target),
    /// Another deploy holds the lock; said once.
    Waiting {
        /// Where.
        environment: &'a str,
        /// Who holds it, where the database tells.
        holder: Option<&'a str>,
    },
    /// There is nothing to lock; Prisma's own lock has to do.
    NoDeployLock {
        /// Why.
        why: &'a str,
    },
    /// A backup is being taken.
    BackupBegins {
        /// Of what.
        environment: &'a str,
    },
    /// A backup was taken and checked.
    BackupTaken(&'a Taken),
    /// Something that the deploy goes on without.
    Warning {
        /// What, one line.
        text: &'a str,
        /// The next command, where there is one.
        hint: Option<&'a str>,
    },
    /// Prisma is started.
    PrismaBegins,
    /// It began a migration.
    Applying {
        /// The folder's name.
        migration: &'a str,
    },
    /// A migration is over: it ended, or the next one began.
    Took {
        /// The folder's name.
        migration: &'a str,
        /// How long.
        time: Duration,
    },
    /// A line of Prisma's that is none of the above, as it printed it.
    Prisma {
        /// The line.
        line: &'a str,
    },
    /// How it stands; comes several times a second where the database can be watched.
    Running(&'a Running<'a>),
    /// The database cannot be watched meanwhile.
    NotWatched {
        /// Why.
        why: &'a str,
    },
    /// The statement that ran was cancelled from here.
    Cancelled {
        /// Why, a sentence.
        why: &'a str,
    },
    /// A migration did not get a lock in time, and nothing of it stayed: its mark was taken back, and it is tried again.
    Retrying {
        /// The folder's name.
        migration: &'a str,
        /// Which try comes next, from 2.
        attempt: u64,
        /// How many there are at most.
        of: u64,
        /// How long from now.
        pause: Duration,
        /// Who held what it waited for, where it was seen.
        held_by: &'a [String],
    },
    /// Prisma is over, however it ended.
    PrismaEnded,
    /// After a failure: what the ledger says of a migration of the plan.
    Found {
        /// The folder's name.
        migration: &'a str,
        /// `applied`, `failed`, `missing`, …
        state: &'a str,
        /// Where.
        environment: &'a str,
    },
    /// The database now carries its environment's mark.
    Marked {
        /// Of which environment.
        environment: &'a str,
    },
    /// Everything is applied, by the ledger.
    Finished {
        /// Where.
        environment: &'a str,
        /// What.
        applied: &'a [Applied],
        /// Prisma had nothing to do: somebody else did it in the meantime.
        by_another: bool,
    },
    /// Something is half done that was not before; said after the migrations, also when one failed.
    LeftHalfDone(&'a Leftover),
    /// A check of the team was run.
    Checked(&'a Check),
    /// The database is watched for a while.
    Watching {
        /// For how long.
        time: Duration,
    },
    /// How it did.
    Watched(&'a Watched),
    /// The receipt is written.
    Receipt {
        /// Its path from the project's folder, with `/`.
        path: &'a str,
    },
}

/// How a migration stands.
#[derive(Debug, Clone, Copy)]
pub struct Running<'a> {
    /// The folder's name.
    pub migration: &'a str,
    /// Since it began.
    pub time: Duration,
    /// The statement, where it can be told.
    pub statement: Option<&'a Place>,
    /// Since the statement began.
    pub statement_time: Duration,
    /// It waits for a lock.
    pub waits: bool,
    /// Who holds what it waits for.
    pub held_by: &'a [String],
    /// Who waits for it, and for how long, the longest first.
    pub behind: &'a [(String, Duration)],
}

/// Is shown what happens. Text from databases and disks comes as it is: pass it through [`crate::shell::printable`].
pub trait Watcher {
    /// One thing that happened.
    fn see(&mut self, event: Event<'_>);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unseen;

impl Watcher for Unseen {
    fn see(&mut self, _: Event<'_>) {}
}
