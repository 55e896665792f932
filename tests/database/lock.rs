//! Who holds Prisma's advisory lock.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use prisma_safe::database::LockState;

use crate::fixture::{SQLITE_TABLE, SqliteFile, SqliteSession, each_server, lock_is_mine, open};
use crate::support::servers::{self, Kind};

fn lock_of(url: &str) -> LockState {
    open(url).expect("it answers").migration_lock().expect("it can tell")
}

#[test]
fn a_held_lock_names_its_holder_and_a_released_one_nobody() {
    let _lock = lock_is_mine();
    for server in each_server() {
        let database = server.database();
        assert_eq!(lock_of(&database.url()), LockState::Free);
        let mut holder = database.session();
        holder.column(match server.kind {
            Kind::Postgres => "SELECT 'x' FROM (SELECT pg_advisory_lock(72707369)) l",
            Kind::MariaDb => "SELECT CAST(GET_LOCK('prisma_migrate', 10) AS CHAR)",
        });
        let LockState::Held { by, since } = lock_of(&database.url()) else { panic!("it is held") };
        match server.kind {
            Kind::Postgres => {
                assert!(by.starts_with("user `admin`") && by.contains("process "), "{by}");
                let since = since.expect("PostgreSQL tells");
                assert!(since.duration_until(jiff::Timestamp::now()) < jiff::SignedDuration::from_mins(5), "{since}");
            }
            Kind::MariaDb => assert!(by.starts_with("user `root` from localhost, connection "), "{by}"),
        }
        assert_eq!(
            open(&database.url()).expect("it answers").survey().expect("it can tell").lock,
            LockState::Held { by, since }
        );
        drop(holder);
        // The server notices the end of a session in its own time.
        while lock_of(&database.url()) != LockState::Free {
            std::thread::yield_now();
        }
    }
}

#[test]
fn only_prismas_own_lock_counts() {
    let Some(server) = servers::postgres() else { return };
    let (database, other) = (server.database(), server.database());
    let mut holder = other.session();
    holder.column("SELECT 'x' FROM (SELECT pg_advisory_lock(72707369)) l");
    let mut stranger = database.session();
    stranger.column("SELECT 'x' FROM (SELECT pg_advisory_lock(72707370), pg_advisory_lock(0, 72707369)) l");
    assert_eq!(
        lock_of(&database.url()),
        LockState::Free,
        "advisory locks are per database, and (0, key) is another key"
    );
}

#[test]
fn mariadb_says_when_the_lock_is_a_neighbours() {
    let _lock = lock_is_mine();
    let Some(server) = servers::mariadb() else { return };
    let (database, other) = (server.database(), server.database());
    let mut holder = other.session();
    holder.column("SELECT CAST(GET_LOCK('prisma_migrate', 10) AS CHAR)");
    let LockState::Held { by, .. } = lock_of(&database.url()) else { panic!("it is held") };
    assert!(by.ends_with(&format!("in database `{}`: the lock is the whole server's", other.name)), "{by}");
}

#[test]
fn a_locked_sqlite_file_is_busy_and_names_the_process() {
    for mode in ["DELETE", "WAL"] {
        let file = SqliteFile::with(&format!("PRAGMA journal_mode = {mode}; {SQLITE_TABLE}"));
        assert_eq!(lock_of(&file.url()), LockState::Free, "{mode}");
        let holder = Holder::of(&file.path);
        let LockState::Held { by, .. } = lock_of(&file.url()) else { panic!("{mode}: it is held") };
        assert!(by.starts_with(&format!("process {} (`database-", holder.process.id())), "{mode}: {by}");
        let error = open(&file.url()).and_then(|mut connection| connection.ledger()).expect_err("it is locked");
        assert!(error.to_string().ends_with(&format!(" is busy: {by} holds its lock")), "{mode}: {error}");
        drop(holder);
        assert_eq!(lock_of(&file.url()), LockState::Free, "{mode}");
    }
}

/// Another process that holds an SQLite file as the schema engine does. This process cannot: closing any descriptor of a file
/// gives up all POSIX locks that its process has on it.
pub struct Holder {
    pub process: Child,
    /// Kept open: its test harness writes to the end.
    _output: ChildStdout,
}

const HELD_FILE: &str = "PRISMA_SAFE_TEST_HELD_FILE";

impl Holder {
    pub fn of(file: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this test binary"))
            .args(["--exact", "lock::holder_process", "--ignored", "--nocapture"])
            .env(HELD_FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut output = BufReader::new(process.stdout.take().expect("piped"));
        let held = output.by_ref().lines().any(|line| line.expect("text").contains("held"));
        assert!(held, "the other process ended without the lock");
        Holder { process, _output: output.into_inner() }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "the other process of `a_locked_sqlite_file_is_busy_and_names_the_process`"]
fn holder_process() {
    let Some(path) = std::env::var_os(HELD_FILE) else { return };
    let mut session = SqliteSession::open(path.as_ref());
    session.execute("PRAGMA main.locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('a', 'b', 'c')");
    let _ = writeln!(std::io::stdout(), "held");
    let _ = std::io::stdin().read_line(&mut String::new());
    session.execute("ROLLBACK");
}
