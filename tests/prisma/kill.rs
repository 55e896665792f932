//! `kill -9` of the wrapper, of Node and of the engine, at chosen moments of a deploy: `status` tells the truth afterwards, nothing is left
//! running, and the command that it names finishes the job.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::bed::{Bed, SAFE, host, majors};
use crate::support::servers;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const MIGRATIONS: [&str; 3] =
    ["20260105090000_create_users", "20260112090000_create_posts", "20260119090000_add_nickname"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Wrapper,
    Node,
    Engine,
}

/// A deploy that waits at `phase` for the file `hold` to go.
struct Held<'a> {
    bed: &'a Bed,
    wrapper: Child,
    events: PathBuf,
    engine: u32,
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn hold<'a>(bed: &'a mut Bed, phase: &str) -> Held<'a> {
    let (events, file) = (bed.path("events"), bed.path("hold"));
    std::fs::write(&file, "").unwrap();
    bed.set("PRISMA_SAFE_REAL_ENGINE", host().to_str().unwrap());
    bed.set("PRISMA_SAFE_TEST_ENGINE_EVENTS", events.to_str().unwrap());
    bed.set("PRISMA_SAFE_TEST_ENGINE_PAUSE_AT", phase);
    bed.set("PRISMA_SAFE_TEST_ENGINE_PAUSE_FILE", file.to_str().unwrap());
    let wrapper =
        bed.command(SAFE).args(["deploy", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let engine = wait_for(&format!("a pause at {phase}"), || {
        let text = std::fs::read_to_string(&events).unwrap_or_default();
        let paused = text.lines().find(|line| line.starts_with("paused\t"))?;
        paused.split('\t').nth(1)?.parse().ok()
    });
    Held { bed, wrapper, events, engine }
}

/// Children of a process, from `/proc`.
fn children(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir("/proc").unwrap().flatten();
    tasks
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn kill(pid: u32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

impl Held<'_> {
    /// Kills, lets go, and waits until the wrapper, Node, the guard and the engine are all gone.
    fn kill(mut self, victim: Victim) {
        let wrapper = self.wrapper.id();
        let node = children(wrapper)[0];
        let guard = parent_of(self.engine).unwrap();
        kill(match victim {
            Victim::Wrapper => wrapper,
            Victim::Node => node,
            Victim::Engine => self.engine,
        });
        std::fs::remove_file(self.bed.path("hold")).unwrap();
        self.wrapper.wait().unwrap();
        for (name, pid) in [("Node", node), ("the guard", guard), ("the engine", self.engine)] {
            wait_for(&format!("the end of {name} after the end of {victim:?}"), || (!is_running(pid)).then_some(()));
        }
        std::fs::remove_file(&self.events).unwrap();
    }
}

/// After a kill: what `status` says is what the ledger and the tables say, and what it names as the next command finishes.
fn recover(bed: &mut Bed, is_there: impl Fn(&Bed, &str) -> bool) {
    bed.set("PRISMA_SAFE_TEST_ENGINE_PAUSE_AT", "never");
    let status = bed.safe(&["status", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    let environment = &document["environments"][0];
    assert_ne!(environment["lock"]["held"], true, "{environment}");
    assert_eq!(environment["reachable"], true, "{environment}");
    let migrations = environment["migrations"].as_array().unwrap();
    let failed: Vec<&str> = migrations
        .iter()
        .filter(|migration| migration["state"] == "failed")
        .map(|migration| migration["name"].as_str().unwrap())
        .collect();
    assert!(failed.len() <= 1, "{failed:?}");
    if let Some(name) = failed.first() {
        assert_eq!(status.code, Some(6));
        bed.safe(&["deploy", "--yes"]).ended(6).says("cargo prisma-safe resolve --env dev");
        // The test looks for what the migration makes, as the person at the keyboard would.
        let done = if is_there(bed, name) { "--applied" } else { "--rolled-back" };
        bed.safe(&["resolve", done, name]).ended(0);
    }
    bed.safe(&["deploy", "--yes"]).ended(0);
    bed.safe(&["status"]).ended(0);
}

/// Ten moments. All pairs of a victim with `rpc:applyMigrations`, `row-inserted#2`, `script-end#2` and
/// `reply:applyMigrations` were run on both databases once, by hand.
/// `row-inserted#2` is in the middle of a deploy: the first migration is done, the second has its row and nothing else.
const ON_SQLITE: [(Victim, &str); 5] = [
    (Victim::Wrapper, "row-inserted#2"),
    (Victim::Wrapper, "reply:applyMigrations"),
    (Victim::Node, "rpc:applyMigrations"),
    (Victim::Engine, "row-inserted#2"),
    (Victim::Engine, "script-end#2"),
];
const ON_POSTGRES: [(Victim, &str); 5] = [
    (Victim::Wrapper, "script-end#2"),
    (Victim::Node, "row-inserted#2"),
    (Victim::Node, "reply:applyMigrations"),
    (Victim::Engine, "rpc:applyMigrations"),
    (Victim::Engine, "statement-end#3"),
];

#[test]
fn on_sqlite() {
    if majors().is_empty() || !Path::new("/proc/self/stat").exists() {
        return;
    }
    for (victim, moment) in ON_SQLITE {
        let mut bed = Bed::new(7);
        hold(&mut bed, moment).kill(victim);
        recover(&mut bed, |bed, name| {
            // What each migration makes: the users, the posts, the nickname.
            let made = match MIGRATIONS.iter().position(|known| *known == name) {
                Some(0) => unreachable!("no moment is inside the first migration"),
                Some(1) => "SELECT name FROM sqlite_master WHERE name = 'Post'",
                _ => "SELECT name FROM pragma_table_info('User') WHERE name = 'nickname'",
            };
            !bed.sqlite(made).is_empty()
        });
        let ledger =
            bed.sqlite("SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY 1");
        assert_eq!(ledger.lines().collect::<Vec<_>>(), MIGRATIONS, "{victim:?} at {moment}");
    }
}

#[test]
fn on_postgres() {
    let Some(server) = servers::postgres() else { return };
    if majors().is_empty() || !Path::new("/proc/self/stat").exists() {
        return;
    }
    for (victim, moment) in ON_POSTGRES {
        let database = server.database();
        let mut bed = Bed::postgres(7, &database.url());
        hold(&mut bed, moment).kill(victim);
        recover(&mut bed, |_, name| {
            let made = match MIGRATIONS.iter().position(|known| *known == name) {
                Some(0) => unreachable!("no moment is inside the first migration"),
                Some(1) => "SELECT 1::text FROM pg_constraint WHERE conname = 'Post_authorId_fkey'",
                _ => "SELECT 1::text FROM pg_attribute WHERE attname = 'nickname'",
            };
            let whole = !database.session().column(made).is_empty();
            if !whole {
                // Prisma 7 sends statement by statement: what the killed one left behind is taken back before it runs again.
                database.execute("DROP TABLE IF EXISTS \"Post\"");
            }
            whole
        });
        assert_eq!(
            database
                .session()
                .column("SELECT migration_name::text FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY 1"),
            MIGRATIONS,
            "{victim:?} at {moment}"
        );
    }
}
