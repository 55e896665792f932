//! `watch`: how the database does for a while after a deploy: transactions that are rolled back, deadlocks, sessions that wait for locks.

use std::time::{Duration, Instant};

use crate::database::{Pulse, pulse};
use crate::environment::Target;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Rollbacks below this number say nothing, whatever their share.
const FEW: u64 = 10;
/// Looks in a row at which somebody waited, from which on it is worth a word.
const LONG: u32 = 5;

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Watched {
    /// For how long.
    pub seconds: u64,
    /// Transactions committed meanwhile.
    pub commits: u64,
    /// Transactions rolled back meanwhile.
    pub rollbacks: u64,
    /// Deadlocks meanwhile.
    pub deadlocks: u64,
    /// The most sessions that waited for a lock at once.
    pub most_blocked: u64,
    /// For how many seconds somebody waited without a pause, at the longest.
    pub blocked_for: u64,
}

impl Watched {
    /// What is worth a warning.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let all = self.commits + self.rollbacks;
        if self.rollbacks >= FEW && self.rollbacks * 10 >= all {
            complaints.push(format!(
                "{} of {all} transactions were rolled back in the {} s after the deploy",
                self.rollbacks, self.seconds
            ));
        }
        if self.deadlocks > 0 {
            let deadlocks = crate::shell::count(usize::try_from(self.deadlocks).unwrap_or(usize::MAX), "deadlock");
            complaints.push(format!("{deadlocks} in the {} s after the deploy", self.seconds));
        }
        if self.blocked_for >= u64::from(LONG) {
            let sessions = crate::shell::count(usize::try_from(self.most_blocked).unwrap_or(usize::MAX), "session");
            complaints.push(format!(
                "up to {sessions} waited for locks after the deploy, for {} s without a pause",
                self.blocked_for
            ));
        }
        complaints
    }
}

/// Watches; `None` where the database has no counters, and an error ends it with what is known until then.
pub fn watch(target: &mut Target, time: Duration) -> Option<Watched> {
    let provider = target.url().provider();
    let first = pulse(target.database()?, provider).ok()??;
    let started = Instant::now();
    let mut watched = Watched::default();
    let mut in_a_row = 0;
    while started.elapsed() < time {
        std::thread::sleep(EVERY.min(time - started.elapsed().min(time)));
        let Some(Ok(Some(now))) = target.database().map(|database| pulse(database, provider)) else { break };
        watched.take(first, now, started.elapsed(), &mut in_a_row);
    }
    Some(watched)
}

impl Watched {
    fn take(&mut self, first: Pulse, now: Pulse, elapsed: Duration, in_a_row: &mut u64) {
        self.seconds = elapsed.as_secs();
        self.commits = now.commits.saturating_sub(first.commits);
        self.rollbacks = now.rollbacks.saturating_sub(first.rollbacks);
        self.deadlocks = now.deadlocks.saturating_sub(first.deadlocks);
        self.most_blocked = self.most_blocked.max(now.blocked);
        *in_a_row = if now.blocked > 0 { *in_a_row + EVERY.as_secs() } else { 0 };
        self.blocked_for = self.blocked_for.max(*in_a_row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_rollbacks_are_no_complaint_and_a_tenth_of_many_is() {
        let watched = |commits, rollbacks| Watched { seconds: 120, commits, rollbacks, ..Watched::default() };
        assert!(watched(0, 9).complaints().is_empty());
        assert!(watched(1_000, 10).complaints().is_empty());
        assert_eq!(
            watched(90, 10).complaints(),
            ["10 of 100 transactions were rolled back in the 120 s after the deploy"]
        );
    }

    #[test]
    fn counters_are_taken_from_the_beginning_and_waits_in_a_row() {
        let mut watched = Watched::default();
        let mut row = 0;
        let first = Pulse { commits: 100, rollbacks: 7, deadlocks: 1, blocked: 0 };
        for (second, blocked) in [(1, 1), (2, 3), (3, 0), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1)] {
            let now = Pulse { commits: 100 + second, rollbacks: 7, deadlocks: 2, blocked };
            watched.take(first, now, Duration::from_secs(second), &mut row);
        }
        assert_eq!((watched.commits, watched.rollbacks, watched.most_blocked, watched.blocked_for), (8, 0, 3, 5));
        assert_eq!(
            watched.complaints(),
            [
                "1 deadlock in the 8 s after the deploy",
                "up to 3 sessions waited for locks after the deploy, for 5 s without a pause"
            ]
        );
    }
}
