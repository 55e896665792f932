//! What of a deploy's course is kept for its receipt.

use std::time::Duration;

use super::{Event, Watcher};

/// How long a migration took, by this machine's clock; a try that failed among them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Timing {
    /// The folder's name.
    pub migration: String,
    /// For how long.
    pub seconds: f64,
}

/// A migration that gave way and was tried again.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Retried {
    /// The folder's name.
    pub migration: String,
    /// Which try came then.
    pub attempt: u64,
    /// How long it waited for it.
    pub pause_seconds: f64,
    /// Who held what it waited for, where it was seen.
    pub held_by: Vec<String>,
}

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Journal {
    /// In order.
    pub timings: Vec<Timing>,
    /// In order.
    pub retries: Vec<Retried>,
    /// Why statements were cancelled from here.
    pub cancelled: Vec<String>,
    /// The most sessions that were seen to wait behind a migration at once.
    pub most_behind: usize,
    /// For how long one of them waited, at the longest.
    pub longest_behind_seconds: f64,
}

/// Writes the journal and passes everything on.
pub(super) struct Recorder<'w> {
    pub journal: Journal,
    watcher: &'w mut dyn Watcher,
}

impl<'w> Recorder<'w> {
    pub(super) fn new(watcher: &'w mut dyn Watcher) -> Self {
        Recorder { journal: Journal::default(), watcher }
    }
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

impl Watcher for Recorder<'_> {
    fn see(&mut self, event: Event<'_>) {
        let journal = &mut self.journal;
        match event {
            Event::Took { migration, time } => {
                journal.timings.push(Timing { migration: migration.to_owned(), seconds: seconds(time) });
            }
            Event::Retrying { migration, attempt, pause, held_by, .. } => journal.retries.push(Retried {
                migration: migration.to_owned(),
                attempt,
                pause_seconds: seconds(pause),
                held_by: held_by.to_vec(),
            }),
            Event::Cancelled { why } => journal.cancelled.push(why.to_owned()),
            Event::Running(running) => {
                journal.most_behind = journal.most_behind.max(running.behind.len());
                let longest = running.behind.first().map_or(0.0, |(_, waited)| seconds(*waited));
                journal.longest_behind_seconds = journal.longest_behind_seconds.max(longest);
            }
            _ => {}
        }
        self.watcher.see(event);
    }
}
