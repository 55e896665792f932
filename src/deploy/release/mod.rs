//! Deploying one target, from the first look to the receipt. A process may do it many times, one after the other or at once.
//!
//! [`prepare()`] looks at the target and lets every gate judge; [`Prepared::check`] decides; [`apply()`] takes the backup, runs Prisma, believes only
//! the ledger, and writes the receipt. Nothing here reads arguments, asks anybody or knows of a terminal: who wants to see what happens brings a
//! [`Watcher`], and asks before [`apply()`].

mod apply;
mod event;
mod journal;
mod monitor;
mod place;
mod prepare;
mod retry;
mod run;
mod tries;

use std::time::Duration;

pub use apply::{Done, apply, take_backup};
pub use event::{Event, Running, Unseen, Watcher};
pub use journal::{Journal, Retried, Timing};
pub use place::Place;
pub use prepare::{Prepared, prepare, take_lock};

/// What is wanted of a deploy.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Only look: no lock is taken, and [`apply()`] may not follow.
    pub dry_run: bool,
    /// The database may be created.
    pub create_database: bool,
    /// The hash of the plan that was approved, where one was.
    pub plan: Option<String>,
    /// How long to wait for another deploy to the same database.
    pub lock_wait: Duration,
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_prepared_deploy_may_go_to_another_thread() {
        fn may_move<T: Send>() {}
        may_move::<super::Prepared>();
        may_move::<super::Done>();
    }
}
