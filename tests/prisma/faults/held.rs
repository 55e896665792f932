//! A deploy that waits at a step, and what then happens to it.

use std::fs::File;
use std::process::Child;
use std::time::{Duration, Instant};

use super::recover::{self, Outcome};
use super::stage::{Data, Stage};
use super::{Cell, Fault, Step};
use crate::bed::SAFE;
use crate::support::servers::TestSession;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Ours on PostgreSQL, as `src/database/deploy_lock.rs` has it.
const DEPLOY_LOCK: u32 = 1_886_609_766;

pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z')
}

/// Everything that a process has started, and what that has started.
fn descendants(of: u32) -> Vec<u32> {
    let all: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.1)))
        .collect();
    let mut found = vec![of];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found.remove(0);
    found
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Whatever holds the deploy where it is, beside the file `hold`.
enum Grip {
    Nothing,
    Folder(#[allow(dead_code, reason = "held, not read")] File),
    Session(#[allow(dead_code, reason = "held, not read")] TestSession),
}

struct Held {
    wrapper: Child,
    /// Who waits there: the schema engine, or a script.
    waits: u32,
    grip: Grip,
}

/// The phase of the engine (see `tests/engine/README.md`) at which it waits.
const fn phase(step: Step) -> Option<&'static str> {
    match step {
        Step::Asked => Some("rpc:applyMigrations"),
        Step::Recorded => Some("row-inserted#2"),
        // The first migration has two statements.
        Step::HalfWay => Some("statement-end#3"),
        Step::Ran => Some("script-end#2"),
        Step::Between => Some("row-updated#2"),
        Step::Answers => Some("reply:applyMigrations"),
        Step::Waiting | Step::Gates | Step::Backup | Step::Starting | Step::Ended | Step::Marking => None,
    }
}

fn hold(stage: &mut Stage, step: Step) -> Held {
    let script = match step {
        Step::Gates | Step::Backup => "backup",
        Step::Starting => "starting",
        Step::Ended => "ended",
        _ => "",
    };
    stage.bed.set("PRISMA_SAFE_TEST_HOLD", script);
    let hold = stage.bed.path("hold");
    std::fs::write(&hold, "").unwrap();
    stage.bed.set("PRISMA_SAFE_TEST_ENGINE_EVENTS", stage.bed.path("events").to_str().unwrap());
    stage.bed.set("PRISMA_SAFE_TEST_ENGINE_PAUSE_AT", phase(step).unwrap_or("never"));
    stage.bed.set("PRISMA_SAFE_TEST_ENGINE_PAUSE_FILE", hold.to_str().unwrap());
    let grip = match (step, &stage.data) {
        (Step::Waiting, Data::Sqlite) => {
            let folder = File::open(stage.bed.path("")).unwrap();
            folder.lock().unwrap();
            Grip::Folder(folder)
        }
        (Step::Waiting, Data::Postgres { database, .. }) => {
            let mut session = database.as_ref().unwrap().session();
            session.execute(&format!("SELECT pg_advisory_lock({DEPLOY_LOCK})"));
            Grip::Session(session)
        }
        _ => Grip::Nothing,
    };
    let file = |name: &str| File::create(stage.bed.path(name)).unwrap();
    let wrapper = stage
        .bed
        .command(SAFE)
        .args(["deploy", "--env", "production", "--yes"])
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .unwrap();
    let mut held = Held { wrapper, waits: 0, grip };
    held.arrive(stage, step);
    held
}

impl Held {
    fn arrive(&mut self, stage: &Stage, step: Step) {
        let read = |name: &str| std::fs::read_to_string(stage.bed.path(name)).unwrap_or_default();
        let ended = |wrapper: &mut Child| {
            let ended = wrapper.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before {step:?}: {ended:?}\n{}", read("err"));
        };
        self.waits = wait_for(step.name(), || {
            ended(&mut self.wrapper);
            match step {
                Step::Waiting => read("err").contains("Waiting").then_some(0),
                Step::Gates | Step::Backup | Step::Starting | Step::Ended => read("paused").trim().parse().ok(),
                // Only its own session can be in the way of a comment and of nothing else.
                Step::Marking => {
                    if let (Grip::Nothing, Data::Postgres { database, .. }) = (&self.grip, &stage.data)
                        && read("events").contains("rpc:applyMigrations")
                        && stage.ledger().len() == 1
                    {
                        let mut session = database.as_ref().unwrap().session();
                        session.execute("BEGIN");
                        session.execute("LOCK TABLE _prisma_migrations IN SHARE UPDATE EXCLUSIVE MODE");
                        self.grip = Grip::Session(session);
                    }
                    let waiting = "SELECT pid::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%COMMENT ON%'";
                    (!stage.column(waiting).is_empty()).then_some(0)
                }
                _ => {
                    let events = read("events");
                    let paused = events.lines().find(|line| line.starts_with("paused\t"))?;
                    paused.split('\t').nth(1)?.parse().ok()
                }
            }
        });
    }
}

/// Plays a cell; what the page says of it.
pub fn play(stage: &mut Stage, cell: Cell) -> String {
    stage.clear(if cell.step == Step::Gates { "check" } else { "command" });
    let mut held = hold(stage, cell.step);
    let family = descendants(held.wrapper.id());
    match (cell.fault, &stage.data) {
        (Fault::Wrapper, _) => kill(held.wrapper.id()),
        (Fault::Prisma, _) => kill(prisma(&held, cell.step)),
        (Fault::Engine, _) => kill(held.waits),
        (Fault::Server, Data::Postgres { mortal, .. }) => mortal.kill(),
        (Fault::Cut, Data::Postgres { proxy, .. }) => proxy.cut(),
        (Fault::Silence, Data::Postgres { proxy, .. }) => proxy.silence(),
        (_, Data::Sqlite) => unreachable!("a file has no server"),
    }
    held.grip = Grip::Nothing;
    if matches!(cell.fault, Fault::Wrapper | Fault::Prisma | Fault::Engine) && phase(cell.step).is_some() {
        // Whoever dies takes the engine along; it gets no further than here.
        wait_for("the end of the engine", || (!is_running(held.waits)).then_some(()));
    }
    std::fs::remove_file(stage.bed.path("hold")).unwrap();
    if let (Fault::Silence, Data::Postgres { proxy, .. }, true) = (cell.fault, &stage.data, phase(cell.step).is_some())
    {
        // The engine has no patience of its own: it is TCP that gives up, after minutes.
        let events = stage.bed.path("events");
        wait_for("the engine to go on", || std::fs::read_to_string(&events).ok()?.contains("resumed").then_some(()));
        proxy.give_up();
    }
    let mut ended = None;
    wait_for("the end of the deploy", || {
        ended = held.wrapper.try_wait().unwrap();
        ended
    });
    for pid in family {
        wait_for(&format!("the end of process {pid}"), || (!is_running(pid)).then_some(()));
    }
    match (cell.fault, &mut stage.data) {
        (Fault::Server, Data::Postgres { mortal, .. }) => mortal.restart(),
        (Fault::Cut | Fault::Silence, Data::Postgres { proxy, .. }) => proxy.mend(),
        _ => {}
    }
    let code = ended.and_then(|status| status.code());
    let read = |name: &str| std::fs::read_to_string(stage.bed.path(name)).unwrap();
    let outcome = Outcome { code, said: format!("{}{}", read("out"), read("err")) };
    recover::recover(stage, outcome)
}

/// The process that is Prisma, or is about to become it.
fn prisma(held: &Held, step: Step) -> u32 {
    if step == Step::Starting {
        return held.waits;
    }
    let wrapper = held.wrapper.id();
    descendants(wrapper).into_iter().find(|pid| stat(*pid).is_some_and(|(_, parent)| parent == wrapper)).unwrap()
}
