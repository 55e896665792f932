//! Watches the session of the migrations from beside, and ends what must not go on: a wait that is too long, a statement that is too long, or a
//! migration that others have to wait for.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::database::watch::{Glance, Watch};

/// How often it looks.
const EVERY: Duration = Duration::from_millis(200);
/// How long a cancelled statement has to end before it is cancelled again.
const AGAIN: Duration = Duration::from_secs(1);

/// What is ended from here.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Orders {
    /// A wait for a lock, where the server cannot be told itself (MySQL).
    pub lock_limit: Option<Duration>,
    /// A statement, where the server cannot be told itself (MySQL).
    pub statement_limit: Option<Duration>,
    /// A migration that somebody has waited behind for so long.
    pub abort_if_blocking: Option<Duration>,
}

/// What was seen or done.
pub(super) enum Sighting {
    /// The session, and since when each of those behind it has been seen to wait.
    Seen { glance: Glance, behind: Vec<(String, Duration)> },
    /// A statement was cancelled.
    Cancelled(Cancelled),
    /// Nothing can be seen any more, and why.
    Blind(String),
}

/// Why a statement was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// It had waited for a lock for too long.
    LockLimit { held_by: Vec<String> },
    /// It had run for too long.
    StatementLimit { after: Duration },
    /// Others had to wait for it.
    Blocking { who: String, waited: Duration },
}

/// Looks until `stop` is dropped.
pub(super) fn watch(mut watch: Watch, orders: Orders, stop: &Receiver<()>, tell: &Sender<Sighting>) {
    let mut mind = Mind { orders, ..Mind::default() };
    let mut failures = 0;
    while stop.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        let told = match watch.glance() {
            Ok(Some(glance)) => {
                failures = 0;
                let now = Instant::now();
                let behind = mind.note(&glance, now);
                if let Some(why) = mind.verdict(&glance, &behind, now)
                    && watch.cancel(glance.process).unwrap_or(false)
                {
                    mind.cancelled_at = Some(now);
                    let _ = tell.send(Sighting::Cancelled(why));
                }
                tell.send(Sighting::Seen { glance, behind })
            }
            Ok(None) => Ok(()),
            // One answer that did not come is no reason to look away.
            Err(_) if failures < 5 => {
                failures += 1;
                Ok(())
            }
            Err(error) => {
                let _ = tell.send(Sighting::Blind(error.to_string()));
                return;
            }
        };
        if told.is_err() {
            return;
        }
    }
}

/// What is remembered from look to look.
#[derive(Default)]
struct Mind {
    orders: Orders,
    behind_since: HashMap<u64, Instant>,
    waits_since: Option<(u64, Instant)>,
    cancelled_at: Option<Instant>,
}

impl Mind {
    /// Since when each has been waiting behind it. The times are ours: a server tells since when a statement runs, not since when it waits.
    fn note(&mut self, glance: &Glance, now: Instant) -> Vec<(String, Duration)> {
        self.behind_since.retain(|process, _| glance.behind.iter().any(|behind| behind.process == *process));
        self.waits_since = match self.waits_since {
            Some((process, since)) if glance.waits && process == glance.process => Some((process, since)),
            _ => glance.waits.then_some((glance.process, now)),
        };
        let since = |behind: &crate::database::watch::Behind, seen: &mut HashMap<u64, Instant>| {
            now.duration_since(*seen.entry(behind.process).or_insert(now))
        };
        let mut waiting: Vec<(String, Duration)> =
            glance.behind.iter().map(|behind| (behind.by.clone(), since(behind, &mut self.behind_since))).collect();
        waiting.sort_by_key(|(_, waited)| std::cmp::Reverse(*waited));
        waiting
    }

    fn verdict(&self, glance: &Glance, behind: &[(String, Duration)], now: Instant) -> Option<Cancelled> {
        if glance.statement.is_empty() || self.cancelled_at.is_some_and(|at| now.duration_since(at) < AGAIN) {
            return None;
        }
        let over = |limit: Option<Duration>, time: Duration| limit.is_some_and(|limit| time >= limit);
        if let Some((who, waited)) = behind.first()
            && over(self.orders.abort_if_blocking, *waited)
        {
            return Some(Cancelled::Blocking { who: who.clone(), waited: *waited });
        }
        if let Some((_, since)) = self.waits_since
            && over(self.orders.lock_limit, now.duration_since(since))
        {
            return Some(Cancelled::LockLimit { held_by: glance.held_by.clone() });
        }
        over(self.orders.statement_limit, glance.running_for)
            .then_some(Cancelled::StatementLimit { after: glance.running_for })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::watch::Behind;

    fn glance(waits: bool, behind: &[u64]) -> Glance {
        Glance {
            process: 7,
            statement: "ALTER TABLE x".to_owned(),
            running_for: Duration::from_secs(1),
            waits,
            held_by: Vec::new(),
            behind: behind
                .iter()
                .map(|process| Behind { process: *process, by: format!("session {process}") })
                .collect(),
        }
    }

    fn look(mind: &mut Mind, glance: &Glance, now: Instant) -> Option<Cancelled> {
        let behind = mind.note(glance, now);
        mind.verdict(glance, &behind, now)
    }

    #[test]
    fn who_waits_behind_is_counted_from_when_it_was_first_seen() {
        let orders = Orders { abort_if_blocking: Some(Duration::from_secs(10)), ..Orders::default() };
        let mut mind = Mind { orders, ..Mind::default() };
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(look(&mut mind, &glance(false, &[1]), start), None);
        assert_eq!(look(&mut mind, &glance(false, &[2]), after(9)), None);
        // The first one went away, and comes again.
        assert_eq!(look(&mut mind, &glance(false, &[1, 2]), after(12)), None);
        let blocking = look(&mut mind, &glance(false, &[1, 2]), after(19));
        assert_eq!(
            blocking,
            Some(Cancelled::Blocking { who: "session 2".to_owned(), waited: Duration::from_secs(10) })
        );
        mind.cancelled_at = Some(after(19));
        assert_eq!(look(&mut mind, &glance(false, &[1, 2]), after(19)), None);
        assert!(look(&mut mind, &glance(false, &[1, 2]), after(21)).is_some());
    }

    #[test]
    fn a_wait_for_a_lock_ends_at_its_limit_and_starts_anew_when_it_was_over() {
        let orders = Orders { lock_limit: Some(Duration::from_secs(2)), ..Orders::default() };
        let mut mind = Mind { orders, ..Mind::default() };
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(look(&mut mind, &glance(true, &[]), start), None);
        assert_eq!(look(&mut mind, &glance(false, &[]), after(1)), None);
        assert_eq!(look(&mut mind, &glance(true, &[]), after(2)), None);
        assert_eq!(look(&mut mind, &glance(true, &[]), after(3)), None);
        assert_eq!(look(&mut mind, &glance(true, &[]), after(4)), Some(Cancelled::LockLimit { held_by: Vec::new() }));
    }

    #[test]
    fn nothing_is_cancelled_between_two_statements() {
        let orders = Orders { statement_limit: Some(Duration::from_secs(1)), ..Orders::default() };
        let mut mind = Mind { orders, ..Mind::default() };
        let now = Instant::now();
        let idle = Glance { statement: String::new(), ..glance(false, &[]) };
        assert_eq!(look(&mut mind, &idle, now), None);
        assert_eq!(
            look(&mut mind, &glance(false, &[]), now),
            Some(Cancelled::StatementLimit { after: Duration::from_secs(1) })
        );
    }
}
