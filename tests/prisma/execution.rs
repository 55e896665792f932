//! What happens while a deploy runs, on a real PostgreSQL: waits for locks, who waits behind, and what ends them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::bed::{Bed, SAFE, majors};
use crate::support::servers::{self, TestDatabase, TestSession};

/// Longer than anything here takes, on a machine that is busy with other things.
const FOR_EVER: Duration = Duration::from_secs(120);

const WAIT: &str = "20270101000000_wait";

fn staging(major: u32, database: &TestDatabase, settings: &str) -> Bed {
    let bed = Bed::postgres(major, &database.url());
    bed.write(
        "prisma-safe.toml",
        &format!("[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n{settings}\n[env.staging.gates]\nactivity = \"off\"\n"),
    );
    bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0).says("3 migrations applied");
    bed
}

/// A session that reads `User` in a transaction that it does not end.
fn reader(database: &TestDatabase) -> TestSession {
    let mut holder = database.session();
    holder.execute("BEGIN; SET application_name = 'report'; LOCK TABLE \"User\" IN ACCESS SHARE MODE");
    holder
}

/// A deploy in the background; its story is read line by line.
struct Deploy {
    child: Child,
    story: BufReader<std::process::ChildStderr>,
    read: String,
}

impl Deploy {
    fn start(bed: &Bed) -> Self {
        let mut command = bed.command(SAFE);
        command.args(["deploy", "--env", "staging", "--yes"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let story = BufReader::new(child.stderr.take().unwrap());
        Deploy { child, story, read: String::new() }
    }

    /// Reads on until a line has this in it.
    fn until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.story.read_line(&mut line).unwrap();
            self.read.push_str(&line);
            assert!(read > 0, "no {text:?} in\n{}", self.read);
            if line.contains(text) {
                return line;
            }
        }
    }

    fn ended(mut self, code: i32) -> String {
        std::io::Read::read_to_string(&mut self.story, &mut self.read).unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", self.read);
        self.read
    }
}

/// The newest receipt of a bed.
fn last_receipt(bed: &Bed) -> serde_json::Value {
    let files = std::fs::read_dir(bed.path(".prisma-safe/receipts")).unwrap();
    let newest = files.map(|file| file.unwrap().path()).max().unwrap();
    serde_json::from_slice(&std::fs::read(newest).unwrap()).unwrap()
}

/// The team's own checks look at what is applied, and take nothing back; a deploy that fails leaves a receipt, too.
#[test]
fn checks_after_a_deploy_and_the_receipt_of_a_failed_one() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::new(major).deployed();
    bed.migration(WAIT, "INSERT INTO \"User\" (\"email\") VALUES ('a@b'), ('c@d');\n");
    let folder = bed.migrations().join(WAIT);
    std::fs::write(
        folder.join("verify_wait.sql"),
        "SELECT 1 WHERE 1 = 2;\n-- two of them\nSELECT * FROM \"User\";\nDELETE FROM \"User\";\n",
    )
    .unwrap();
    let ran = bed.safe(&["deploy", "--yes", "--format", "json"]).ended(1);
    let ran = ran.says("Checked `20270101000000_wait/verify_wait.sql`, line 1, returned no row");
    let ran = ran.says("warning: `20270101000000_wait/verify_wait.sql`, line 3, returned 2 rows");
    let ran = ran.says("line 4, could not be run: it is no query, and a check only reads");
    let ran = ran
        .says("error: 2 checks of `dev` found something after the deploy")
        .says("the migrations are applied and stay applied");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["applied"][0]["name"], WAIT);
    let receipt = last_receipt(&bed);
    assert_eq!(receipt["outcome"], "applied");
    assert_eq!(receipt["afterwards"]["checks"][1]["rows"], 2);
    assert!(!receipt.to_string().contains("a@b"), "{receipt}");

    bed.migration(
        "20270102000000_broken",
        "CREATE TABLE \"kept\" (\"id\" INTEGER);\nUPDATE \"nowhere\" SET \"x\" = 1;\n",
    );
    bed.safe(&["deploy", "--yes"]).ended(6).says("Receipt .prisma-safe/receipts/deploy-dev-");
    let receipt = last_receipt(&bed);
    assert_eq!((receipt["outcome"].as_str(), receipt["error"]["exit_code"].as_u64()), (Some("failed"), Some(6)));
    assert_eq!(receipt["states"][0]["state"], "failed");
    assert_eq!(receipt["applied"], serde_json::json!([]));
    assert_eq!(receipt["ledger"].as_array().unwrap().len(), 4);
}

/// Waits until the server shows a session of a deploy in front of a lock.
fn deploy_waits(watcher: &mut TestSession) {
    let started = Instant::now();
    let waiting = "SELECT a.pid::text FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted \
         WHERE a.application_name LIKE 'prisma-safe %' AND a.datname = current_database()";
    while watcher.column(waiting).is_empty() {
        assert!(started.elapsed() < FOR_EVER, "no deploy waits for a lock");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The promise of the lock timeout: whoever comes after a migration waits no longer than it may, and the migration is done all the same once the way
/// is free.
#[test]
fn a_migration_gives_way_and_comes_again_until_the_way_is_free() {
    let Some(server) = servers::postgres() else { return };
    if let Some(&major) = majors().last() {
        let database = server.database();
        let bed = staging(major, &database, "lock-timeout = \"1s\"");
        let sql = "ALTER TABLE \"User\" ADD COLUMN \"extra\" TEXT, ADD CONSTRAINT \"short\" CHECK (length(\"extra\") < 9) NOT VALID;\n";
        bed.migration(WAIT, sql);
        let mut holder = reader(&database);
        let mut watcher = database.session();
        let mut deploy = Deploy::start(&bed);
        let mut longest = Duration::ZERO;
        for round in 0..2 {
            deploy_waits(&mut watcher);
            // In the queue behind the migration.
            let started = Instant::now();
            watcher.column("SELECT count(*)::text FROM \"User\"");
            longest = longest.max(started.elapsed());
            let line = deploy.until("Retrying");
            assert!(line.contains(&format!("{WAIT} in ")) && line.contains(&format!(", {} of 6", round + 2)), "{line}");
            assert!(line.contains("application `report`"), "{line}");
        }
        // 1 s is the limit: a query behind the migration never waits longer than that and a second.
        assert!(longest < Duration::from_secs(2), "a query waited {longest:?}");
        assert!(longest > Duration::from_millis(200), "no query waited at all: {longest:?}");
        holder.execute("ROLLBACK");
        let story = deploy.ended(0);
        assert!(story.contains("1 migration applied to `staging`"), "{story}");
        assert!(
            story.contains("the constraint `short` of `public`.`User` is NOT VALID: it holds for new rows only"),
            "{story}"
        );
        assert!(story.contains("ALTER TABLE \"public\".\"User\" VALIDATE CONSTRAINT \"short\";"), "{story}");
        let receipt = last_receipt(&bed);
        assert_eq!(receipt["outcome"], "applied");
        assert_eq!(receipt["course"]["retries"].as_array().unwrap().len(), 2);
        assert_eq!(receipt["afterwards"]["leftovers"][0]["kind"], "not_valid_constraint");
        // Two tries that are marked as rolled back, and the one that holds.
        let rows = "SELECT (finished_at IS NOT NULL)::text || ' ' || (rolled_back_at IS NOT NULL)::text FROM _prisma_migrations \
             WHERE migration_name = '20270101000000_wait' ORDER BY started_at";
        assert_eq!(watcher.column(rows), ["false true", "false true", "true false"]);
    }
}

/// What may have stayed is never run a second time; and whoever waits for too long behind a migration that does not end stops it.
#[test]
fn what_may_have_stayed_is_not_tried_again() {
    let Some(server) = servers::postgres() else { return };
    if !majors().contains(&7) {
        return;
    }
    let database = server.database();
    let bed = staging(7, &database, "lock-timeout = \"300ms\"\nabort-if-blocking = \"1s\"");
    // 7 sends it statement by statement: the first one stays.
    bed.migration(WAIT, "CREATE TABLE \"first\" (\"id\" INT);\nALTER TABLE \"User\" ADD COLUMN \"extra\" TEXT;\n");
    let mut holder = reader(&database);
    bed.safe(&["deploy", "--env", "staging", "--yes"])
        .ended(6)
        .says("`20270101000000_wait` did not get its locks in `staging`: it waited 300ms each time, 1 time (`lock-timeout`, set in")
        .says("some of its statements may be in the database, so it is not tried again by itself")
        .says("`cargo prisma-safe resolve --env staging` shows what is there of `20270101000000_wait`, and asks");
    holder.execute("ROLLBACK");

    database.execute("DROP TABLE \"first\"");
    bed.safe(&["resolve", "--env", "staging", "--rolled-back", WAIT, "--yes"]).ended(0);
    bed.migration(WAIT, "DO $$ BEGIN LOCK TABLE \"User\"; PERFORM pg_sleep(100); END $$;\n");
    let mut deploy = Deploy::start(&bed);
    deploy.until("Applying");
    let mut behind = database.session();
    let held = "SELECT a.pid::text FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.mode = 'AccessExclusiveLock' \
         AND l.relation = '\"User\"'::regclass WHERE l.granted AND a.application_name LIKE 'prisma-safe %'";
    let started = Instant::now();
    while behind.column(held).is_empty() {
        assert!(started.elapsed() < FOR_EVER);
        std::thread::sleep(Duration::from_millis(5));
    }
    let started = Instant::now();
    behind.column("SELECT count(*)::text FROM \"User\"");
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(5), "{waited:?}");
    let story = deploy.ended(4);
    assert!(
        story.contains("Running 20270101000000_wait · statement 1 of 1, line 1: DO $$ BEGIN LOCK TABLE"),
        "{story}"
    );
    assert!(story.contains("1 session waits behind it"), "{story}");
    assert!(story.contains("had waited behind it for 1 s (`abort-if-blocking`)"), "{story}");
    assert!(story.contains("nothing of it is in the database, and it is marked as rolled back"), "{story}");
    assert!(story.contains("20270101000000_wait is rolled back in `staging`"), "{story}");
    let receipt = last_receipt(&bed);
    assert_eq!((receipt["outcome"].as_str(), receipt["error"]["exit_code"].as_u64()), (Some("failed"), Some(4)));
    assert_eq!(receipt["states"], serde_json::json!([{ "migration": WAIT, "state": "rolled_back" }]));
    assert!(receipt["course"]["longest_behind_seconds"].as_f64().unwrap() >= 1.0, "{receipt}");
}

/// MySQL cannot be told in the URL, so the wait is ended from beside. The engine is a double (`tests/engine/README.md`); the server, its locks and what
/// is seen of them are real.
#[test]
fn on_mysql_the_wait_is_ended_from_beside() {
    let Some(server) = servers::mariadb() else { return };
    let Some(&major) = majors().last() else { return };
    let database = server.database();
    let bed = Bed::mysql_double(major, &database.url());
    let settings = "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\nlock-timeout = \"1s\"\n[env.staging.gates]\nactivity = \"off\"\n";
    bed.write("prisma-safe.toml", settings);
    bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0);
    bed.migration(WAIT, "ALTER TABLE `User` ADD COLUMN `extra` TEXT;\n");
    let mut holder = database.session();
    holder.execute("START TRANSACTION");
    holder.column("SELECT email FROM `User`");
    let mut deploy = Deploy::start(&bed);
    deploy.until("Cancelling the statement: it has waited for a lock for as long as it may");
    let line = deploy.until("Retrying");
    assert!(line.contains(", 2 of 6"), "{line}");
    holder.execute("ROLLBACK");
    let story = deploy.ended(0);
    assert!(story.contains("1 migration applied to `staging`"), "{story}");
    let rows = "SELECT CONCAT(finished_at IS NOT NULL, rolled_back_at IS NOT NULL) FROM _prisma_migrations \
         WHERE migration_name = '20270101000000_wait' ORDER BY started_at";
    assert_eq!(database.session().column(rows), ["01", "10"]);
}
