//! Several histories at once, told in the order in which they were named.
//!
//! A history is judged from its first migration to its last, because each stands on those before; histories know nothing of each other. So
//! each core takes one, and what is ready too early waits, up to [`AHEAD_BYTES`].

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use super::batch::Batch;
use super::judged::Judged;
use super::run::{Linter, STACK_BYTES, Sink};

/// About how many bytes of findings may wait for the histories before them.
const AHEAD_BYTES: usize = 4 << 20;

impl Linter<'_> {
    /// Judges histories and hands every judged migration to `sink`, in order.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn run_all(&mut self, batches: &[Batch], sink: Sink<'_>) -> io::Result<()> {
        let workers = thread::available_parallelism().map_or(1, NonZero::get).min(batches.len());
        // A baseline gives each known finding away once: who comes first matters.
        if workers < 2 || self.has_baseline() {
            return batches.iter().try_for_each(|batch| self.run(batch, sink));
        }
        let queue = Queue { batches, next: AtomicUsize::new(0), left: AtomicUsize::new(batches.len()) };
        let turn = Turn::default();
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..workers {
                let (mut linter, sender) = (self.another(), sender.clone());
                let (queue, turn) = (&queue, &turn);
                let work = move || work(&mut linter, queue, turn, &sender);
                // Where the system has no thread left, those that there are do the work.
                let spawned = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
                if let Err(error) = spawned {
                    turn.end();
                    return Err(error);
                }
            }
            drop(sender);
            let told = tell(&receiver, &turn, sink);
            turn.end();
            told
        })
    }
}

/// What there is to do.
struct Queue<'b> {
    batches: &'b [Batch],
    next: AtomicUsize,
    /// Histories that are not done.
    left: AtomicUsize,
}

/// Whose turn it is to be told.
#[derive(Default)]
struct Turn {
    state: Mutex<TurnState>,
    moved: Condvar,
}

#[derive(Default)]
struct TurnState {
    batch: usize,
    /// Bytes of those whose turn it is not.
    ahead: usize,
    over: bool,
}

impl Turn {
    fn lock(&self) -> MutexGuard<'_, TurnState> {
        // Numbers are never half written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for a finding of this history. The one whose turn it is never waits, so somebody always goes on.
    fn wait(&self, batch: usize, bytes: usize) -> io::Result<()> {
        let full = |state: &mut TurnState| !state.over && state.batch != batch && state.ahead > AHEAD_BYTES;
        let mut state = self.moved.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if state.over {
            return Err(io::ErrorKind::Interrupted.into());
        }
        state.ahead += bytes;
        Ok(())
    }

    fn told(&self, bytes: usize) {
        self.lock().ahead -= bytes;
    }

    fn pass_to(&self, batch: usize) {
        self.lock().batch = batch;
        self.moved.notify_all();
    }

    /// Nobody listens any more.
    fn end(&self) {
        self.lock().over = true;
        self.moved.notify_all();
    }
}

/// A piece of a history; `None` is its end.
type Piece = (usize, Option<Judged>);

fn work(linter: &mut Linter<'_>, queue: &Queue<'_>, turn: &Turn, sender: &mpsc::Sender<Piece>) {
    loop {
        let at = queue.next.fetch_add(1, Ordering::Relaxed);
        let Some(batch) = queue.batches.get(at) else { return };
        let gone = |_| io::Error::from(io::ErrorKind::Interrupted);
        let mut hand_over = |judged: Judged| {
            turn.wait(at, weight(&judged))?;
            sender.send((at, Some(judged))).map_err(gone)
        };
        // The last one has the other cores for itself; nobody else waits for a turn then.
        let alone = || queue.left.load(Ordering::Acquire) == 1;
        let done = linter.run_with(batch, &alone, &mut hand_over);
        queue.left.fetch_sub(1, Ordering::AcqRel);
        if done.is_err() || sender.send((at, None)).is_err() {
            return;
        }
    }
}

fn tell(receiver: &mpsc::Receiver<Piece>, turn: &Turn, sink: Sink<'_>) -> io::Result<()> {
    let mut now = 0;
    let mut waiting: BTreeMap<usize, Vec<Option<Judged>>> = BTreeMap::new();
    for (at, piece) in receiver {
        if at != now {
            waiting.entry(at).or_default().push(piece);
            continue;
        }
        let mut ended = one(piece, turn, sink)?;
        while ended {
            now += 1;
            turn.pass_to(now);
            ended = false;
            for piece in waiting.remove(&now).unwrap_or_default() {
                ended = one(piece, turn, sink)?;
            }
        }
    }
    Ok(())
}

/// Tells one piece; whether it was the history's end.
fn one(piece: Option<Judged>, turn: &Turn, sink: Sink<'_>) -> io::Result<bool> {
    let Some(judged) = piece else { return Ok(true) };
    turn.told(weight(&judged));
    sink(judged)?;
    Ok(false)
}

/// About how many bytes of memory it holds.
fn weight(judged: &Judged) -> usize {
    const FINDING: usize = 1 << 10;
    judged.text.len() + FINDING * (1 + judged.findings.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::batch::{Item, Loaded, Place, RevertText};
    use crate::lint::levels::LevelBook;
    use crate::project::Provider;
    use crate::rules::Facts;

    fn batches() -> Vec<Batch> {
        let facts = Facts {
            provider: Provider::Postgresql,
            server: None,
            prisma: None,
            kind: None,
            today: jiff::civil::date(2026, 11, 25),
            lock_timeout: None,
        };
        // The first is the longest, so that the others are ready too early.
        let sizes = [300, 1, 7, 0, 90, 2, 65];
        sizes
            .iter()
            .enumerate()
            .map(|(at, size)| {
                let item = |i| Item { name: format!("{i:04}_{at}"), judged: true, pending: false };
                Batch {
                    facts: facts.clone(),
                    place: Place::Migrations(format!("m{at}").into()),
                    items: (0..*size).map(item).collect(),
                }
            })
            .collect()
    }

    fn load(_: &Batch, item: &Item) -> Loaded {
        let sql = format!("DROP TABLE \"t{}\";\nALTER TABLE \"u\" DROP COLUMN \"c{}\";\n", item.name, item.name);
        Loaded { script: Ok(sql.into_bytes()), revert: RevertText::NotLooked }
    }

    #[test]
    fn side_by_side_tells_what_one_after_the_other_tells_in_that_order() {
        let (levels, batches) = (LevelBook::default(), batches());
        let told = |judged: &Judged| {
            (judged.file.clone(), judged.findings.iter().map(|f| f.finding.message.clone()).collect::<Vec<_>>())
        };
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        let mut keep = |judged: Judged| {
            together.push(told(&judged));
            Ok(())
        };
        Linter::new(&levels, None, &load).run_all(&batches, &mut keep).expect("the sink takes everything");
        for batch in &batches {
            let mut keep = |judged: Judged| {
                alone.push(told(&judged));
                Ok(())
            };
            Linter::new(&levels, None, &load).run(batch, &mut keep).expect("the sink takes everything");
        }
        assert_eq!(together.len(), 465);
        assert!(together.iter().all(|(_, findings)| findings.len() >= 2));
        assert_eq!(together, alone);
    }

    #[test]
    fn a_sink_that_has_enough_ends_all_of_them() {
        let levels = LevelBook::default();
        let mut seen = 0;
        let mut full = |_| {
            seen += 1;
            if seen == 5 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        };
        let error = Linter::new(&levels, None, &load).run_all(&batches(), &mut full).expect_err("it said so");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(seen, 5);
    }
}
