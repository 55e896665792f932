//! The canary, then the others, some at a time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use super::look::{Looked, Readiness};
use super::record::{Outcome, Record, Said};
use crate::deploy::release::{self, Event, Wanted, Watcher};
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::exit_code::ExitCode;

/// What can be seen of it while it happens.
pub enum Progress<'a> {
    /// A database's turn has come.
    Began {
        /// Its name.
        name: &'a str,
    },
    /// Something worth a line, of one database.
    Note {
        /// Its name.
        name: &'a str,
        /// One line, as it came.
        text: &'a str,
        /// A warning, or only a detail.
        is_warning: bool,
    },
    /// A database is over.
    Ended(&'a Record),
}

/// The same, on its way from the thread that saw it.
enum Message {
    Began(String),
    Note { name: String, text: String, is_warning: bool },
    Ended(usize, Box<Record>),
}

/// Everything that is the same for all of them.
struct Run<'a> {
    sources: &'a Sources<'a>,
    wanted: &'a Wanted,
    max_failures: usize,
    /// How many may not be begun for.
    failures: AtomicUsize,
    stop: AtomicBool,
}

/// Deploys those that are ready: the one at `canary` first and alone, then the others, `parallel` at a time, until more than `max_failures` have
/// failed; those that cannot be deployed count as failed. A canary that fails ends it at once. The records are in the order given.
pub fn run(
    sources: &Sources<'_>,
    looked: Vec<Looked>,
    canary: usize,
    (parallel, max_failures): (usize, usize),
    wanted: &Wanted,
    see: &mut dyn FnMut(Progress<'_>),
) -> Vec<Record> {
    let bad = looked.iter().filter(|one| one.is_bad()).count();
    let run = Run { sources, wanted, max_failures, failures: AtomicUsize::new(bad), stop: AtomicBool::new(false) };
    let mut records: Vec<Record> = looked.iter().map(before).collect();
    let mut queue: VecDeque<(usize, Looked)> =
        looked.into_iter().enumerate().filter(|(_, one)| one.is_ready()).collect();
    if let Some(at) = queue.iter().position(|(place, _)| *place == canary)
        && let Some(first) = queue.remove(at)
    {
        let mut wave = VecDeque::from([first]);
        run.wave(&mut wave, 1, &mut records, see);
        if records.get(canary).is_some_and(|record| record.result == Outcome::Failed) {
            run.stop.store(true, Ordering::SeqCst);
        }
    }
    run.wave(&mut queue, parallel, &mut records, see);
    records
}

impl Run<'_> {
    /// Deploys what is in the queue, so many at a time.
    fn wave(
        &self,
        queue: &mut VecDeque<(usize, Looked)>,
        parallel: usize,
        records: &mut [Record],
        see: &mut dyn FnMut(Progress<'_>),
    ) {
        let workers = parallel.min(queue.len());
        let queue = Mutex::new(std::mem::take(queue));
        let (sender, messages) = channel();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (sender, queue) = (sender.clone(), &queue);
                // A child dies with the thread that started it, so each thread lives as long as its deploys.
                scope.spawn(move || {
                    while let Some((place, looked)) = self.next(queue) {
                        let record = self.one(looked, &sender);
                        let _ = sender.send(Message::Ended(place, Box::new(record)));
                    }
                });
            }
            drop(sender);
            for message in messages {
                match message {
                    Message::Began(name) => see(Progress::Began { name: &name }),
                    Message::Note { name, text, is_warning } => {
                        see(Progress::Note { name: &name, text: &text, is_warning });
                    }
                    Message::Ended(place, record) => {
                        see(Progress::Ended(&record));
                        if let Some(kept) = records.get_mut(place) {
                            *kept = *record;
                        }
                    }
                }
            }
        });
    }

    fn next(&self, queue: &Mutex<VecDeque<(usize, Looked)>>) -> Option<(usize, Looked)> {
        let too_many = self.failures.load(Ordering::SeqCst) > self.max_failures;
        if too_many || self.stop.load(Ordering::SeqCst) {
            return None;
        }
        queue.lock().ok()?.pop_front()
    }

    fn one(&self, looked: Looked, sender: &Sender<Message>) -> Record {
        let mut record = before(&looked);
        let _ = sender.send(Message::Began(record.name.clone()));
        let started = Instant::now();
        let ended = self.deploy(&looked, &mut record, sender);
        record.seconds = started.elapsed().as_secs_f64();
        match ended {
            Ok(result) => record.result = result,
            Err(error) => {
                self.failures.fetch_add(1, Ordering::SeqCst);
                if error.exit_code() == ExitCode::Interrupted {
                    self.stop.store(true, Ordering::SeqCst);
                }
                record.result = Outcome::Failed;
                record.error = Some(Said::from(&error));
            }
        }
        record
    }

    /// From the look under its own lock to the receipt. What it rests on must be what it rested on when all of them were looked at.
    fn deploy(&self, looked: &Looked, record: &mut Record, sender: &Sender<Message>) -> Result<Outcome> {
        let mut watcher = Forward { name: looked.tenant.name.clone(), sender };
        let target = Target::reach(self.sources, &looked.tenant.environment)?;
        let wanted = Wanted { dry_run: false, plan: looked.hash().map(str::to_owned), ..self.wanted.clone() };
        let prepared = release::prepare(self.sources, target, wanted, &mut watcher)?;
        prepared.check()?;
        if prepared.is_idle() {
            // Somebody else was quicker.
            return Ok(Outcome::NothingPending);
        }
        let done = release::apply(self.sources, prepared, &mut watcher);
        record.applied = done.applied;
        record.receipt = done.receipt;
        match done.error {
            Some(error) => Err(error),
            None => Ok(Outcome::Applied),
        }
    }
}

/// What is known of a database before its turn.
pub(super) fn before(looked: &Looked) -> Record {
    let mut record = Record {
        name: looked.tenant.name.clone(),
        environment: looked.tenant.environment.name.value.clone(),
        target: looked.tenant.found.url.redacted(),
        before: None,
        pending: Vec::new(),
        verdicts: Vec::new(),
        result: Outcome::NotBegun,
        applied: Vec::new(),
        receipt: None,
        error: None,
        seconds: 0.0,
    };
    match &looked.found {
        Err(error) => {
            record.result = Outcome::Unreachable;
            record.error = Some(Said::from(error));
        }
        Ok(Readiness { assessment, is_idle, applied, blocked }) => {
            record.before = Some(*applied);
            record.pending = assessment.plan.names();
            record.verdicts = assessment.verdicts.clone();
            if *is_idle {
                record.result = Outcome::NothingPending;
            }
            if blocked.is_some() {
                record.result = Outcome::Blocked;
                record.error.clone_from(blocked);
            }
        }
    }
    record
}

/// Sends what is worth a line to the thread that prints.
struct Forward<'a> {
    name: String,
    sender: &'a Sender<Message>,
}

impl Watcher for Forward<'_> {
    fn see(&mut self, event: Event<'_>) {
        let (text, is_warning) = match event {
            Event::Waiting { holder, .. } => (
                format!("another deploy to it is running{}", holder.map_or_else(String::new, |by| format!(" ({by})"))),
                true,
            ),
            Event::Warning { text, .. } => (text.to_owned(), true),
            Event::Found { migration, state, .. } => (format!("{migration} is {state}"), true),
            Event::BackupTaken(taken) => (
                format!("backup taken{}", taken.file.as_ref().map_or_else(String::new, |file| format!(" into {file}"))),
                false,
            ),
            Event::Applying { migration } => (format!("applying {migration}"), false),
            Event::Prisma { line } => (format!("prisma: {line}"), false),
            _ => return,
        };
        let _ = self.sender.send(Message::Note { name: self.name.clone(), text, is_warning });
    }
}
