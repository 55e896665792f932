//! Faults that kill nobody: no room on the disk, a clock that is wrong, a staging that does not answer.

use std::process::Command;

use prisma_safe::migrations::Checksum;

use super::held::wait_for;
use super::proxy::Proxy;
use super::stage::{Data, MIGRATIONS, Stage};
use crate::bed::{Ran, SAFE};
use crate::support::servers::TestDatabase;

/// What goes wrong, as the page names it, and how it is played; the answer is the exit code.
type Case = (&'static str, fn(&mut Stage) -> String);

pub const CASES: [Case; 9] = [
    ("no room for the file that pins the run (`TMPDIR`)", no_room_for_the_pin),
    ("no room for the backup", no_room_for_the_backup),
    ("no room for the receipt", no_room_for_the_receipt),
    ("staging is down", staging_is_down),
    ("staging is down, a receipt of it is here", staging_is_down_with_a_receipt),
    ("staging takes the connection and says nothing", staging_is_silent),
    ("staging's clock is ahead: its ledger says tomorrow", staging_is_ahead),
    ("this machine's clock is behind: the target's ledger says next year", we_are_behind),
    ("a migration was named with a clock that was ahead", named_ahead),
];

const DEPLOY: [&str; 4] = ["deploy", "--env", "production", "--yes"];
const DRY: [&str; 4] = ["deploy", "--env", "production", "--dry-run"];
const LEDGER: &str = "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
    finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, \
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)";

/// Runs a deploy that may write files of so many blocks of 512 bytes. The database's own files are another process's.
fn with_room(stage: &Stage, blocks: u32) -> Ran {
    // A signal that is ignored stays ignored: writing then fails as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let mut command: Command = stage.bed.command("sh");
    command.args(["-c", &script, "sh", SAFE]).args(DEPLOY);
    Ran::of(&command.output().unwrap())
}

/// The exit code, after the message was found in what was said.
fn saw(ran: Ran, text: &str) -> String {
    let code = ran.code.unwrap();
    ran.says(text);
    code.to_string()
}

/// Nothing was run: the ledger and the tables are as they were.
fn nothing_ran(stage: &Stage) {
    assert_eq!(stage.ledger(), Vec::<String>::new());
    stage.bed.safe(&["status", "--env", "production"]).ended(0).says("3 pending");
}

fn everything_ran(stage: &Stage) {
    let expected: Vec<String> = MIGRATIONS.iter().map(|(name, _)| format!("{name} applied")).collect();
    assert_eq!(stage.ledger(), expected);
    stage.bed.safe(&["status", "--env", "production"]).ended(0).says("3 applied");
}

fn no_room_for_the_pin(stage: &mut Stage) -> String {
    stage.clear("command");
    let told = saw(with_room(stage, 0), "the run cannot be pinned to its database");
    nothing_ran(stage);
    told
}

fn no_room_for_the_backup(stage: &mut Stage) -> String {
    stage.clear("command");
    let settings = std::fs::read_to_string(stage.bed.path("prisma-safe.toml")).unwrap();
    let (kept, _) = settings.split_once("command = [\"sh\", \"backup.sh\"]").unwrap();
    stage.bed.write("prisma-safe.toml", &format!("{kept}folder = \"backups\"\n"));
    std::fs::create_dir(stage.bed.path("backups")).unwrap();
    let told = saw(with_room(stage, 0), "no backup: ");
    assert_eq!(std::fs::read_dir(stage.bed.path("backups")).unwrap().count(), 0, "nothing half is left");
    nothing_ran(stage);
    told
}

fn no_room_for_the_receipt(stage: &mut Stage) -> String {
    stage.clear("command");
    // The pin fits, the receipt with all its verdicts does not.
    let told = saw(with_room(stage, 2), "the deploy is done, and its receipt could not be written");
    let receipts = std::fs::read_dir(stage.bed.path(".prisma-safe/receipts")).unwrap();
    assert_eq!(receipts.count(), 0, "nothing half is left");
    everything_ran(stage);
    told
}

/// A staging that has everything since `when` (SQL), behind a line of its own.
struct Staging {
    proxy: Proxy,
    database: TestDatabase,
}

fn with_staging(stage: &mut Stage, when: &str) -> Staging {
    stage.clear("command");
    let Data::Postgres { mortal, .. } = &stage.data else { unreachable!("played on PostgreSQL") };
    let (proxy, database) = (Proxy::to(mortal.server.port), mortal.server.database());
    ledger(&database, when);
    let url = database.url().replace(&format!(":{}/", mortal.server.port), &format!(":{}/", proxy.port));
    stage.bed.set("STAGING_URL", &format!("{url}?connect_timeout=1"));
    let settings = std::fs::read_to_string(stage.bed.path("prisma-safe.toml")).unwrap();
    let settings = settings.replace(
        "[env.production]\n",
        "[env.staging]\nkind = \"staging\"\nurl-env = \"STAGING_URL\"\n[env.production]\nrequires = [\"staging\"]\nsoak = \"1h\"\n",
    );
    stage.bed.write("prisma-safe.toml", &settings);
    Staging { proxy, database }
}

/// Prisma's table with all migrations applied.
fn ledger(database: &TestDatabase, when: &str) {
    let mut sql = LEDGER.to_owned();
    for (name, script) in MIGRATIONS {
        let checksum = Checksum::of(script.as_bytes());
        sql.push_str(&format!(
            "; INSERT INTO _prisma_migrations VALUES ('{name}', '{checksum}', {when}, '{name}', NULL, NULL, {when}, 1)"
        ));
    }
    database.execute(&sql);
}

/// Stops at the gate, and goes on when `mend` was done.
fn until_mended(stage: &Stage, says: &str, mend: impl FnOnce()) -> String {
    let told = saw(stage.bed.safe(&DEPLOY), says);
    nothing_ran(stage);
    mend();
    stage.bed.safe(&DRY).ended(0);
    told
}

fn staging_is_down(stage: &mut Stage) -> String {
    let staging = with_staging(stage, "now() - interval '1 day'");
    staging.proxy.cut();
    until_mended(stage, "`staging` cannot be asked", || staging.proxy.mend())
}

fn staging_is_down_with_a_receipt(stage: &mut Stage) -> String {
    let staging = with_staging(stage, "now() - interval '1 day'");
    staging.proxy.cut();
    let rows: Vec<String> = MIGRATIONS
        .iter()
        .map(|(name, sql)| {
            let checksum = Checksum::of(sql.as_bytes());
            format!("{{\"name\":\"{name}\",\"checksum\":\"{checksum}\",\"finished_at\":\"2026-02-01T00:00:00Z\"}}")
        })
        .collect();
    std::fs::create_dir_all(stage.bed.path(".prisma-safe/receipts")).unwrap();
    stage.bed.write(
        ".prisma-safe/receipts/deploy-staging-20260201T000000.000Z.json",
        &format!("{{\"schema_version\":1,\"environment\":\"staging\",\"ledger\":[{}]}}", rows.join(",")),
    );
    saw(stage.bed.safe(&DRY), "`staging`, read from its receipts")
}

fn staging_is_silent(stage: &mut Stage) -> String {
    let staging = with_staging(stage, "now() - interval '1 day'");
    staging.proxy.silence();
    until_mended(stage, "`staging` cannot be asked", || staging.proxy.mend())
}

fn staging_is_ahead(stage: &mut Stage) -> String {
    let staging = with_staging(stage, "now() + interval '1 day'");
    until_mended(stage, "which by this machine's clock is still to come", || {
        staging.database.execute("UPDATE _prisma_migrations SET finished_at = now() - interval '2 hours'");
    })
}

fn we_are_behind(stage: &mut Stage) -> String {
    stage.clear("command");
    let Data::Postgres { database, .. } = &stage.data else { unreachable!("played on PostgreSQL") };
    ledger(database.as_ref().unwrap(), "now() + interval '1 year'");
    stage.execute("CREATE TABLE \"Tally\" (\"migration\" TEXT NOT NULL)");
    stage.bed.migration("20260201090000_next", "ALTER TABLE \"Tally\" ADD COLUMN \"next\" TEXT;\n");
    let told = saw(stage.bed.safe(&DEPLOY), "1 migration applied to `production`");
    wait_for("the new one", || stage.ledger().contains(&"20260201090000_next applied".to_owned()).then_some(()));
    stage.bed.safe(&["status", "--env", "production"]).ended(0).says("4 applied");
    told
}

fn named_ahead(stage: &mut Stage) -> String {
    stage.clear("command");
    let Data::Postgres { database, .. } = &stage.data else { unreachable!("played on PostgreSQL") };
    ledger(database.as_ref().unwrap(), "now() - interval '1 day'");
    stage.execute("UPDATE _prisma_migrations SET migration_name = '20990101000000_third' WHERE migration_name = '20260119090000_third'");
    let migrations = stage.bed.migrations();
    std::fs::rename(migrations.join("20260119090000_third"), migrations.join("20990101000000_third")).unwrap();
    stage.bed.migration("20261201090000_next", "CREATE TABLE \"next\" (\"id\" INTEGER);\n");
    let told = saw(stage.bed.safe(&DEPLOY), "20261201090000_next");
    stage.bed.safe(&["status", "--env", "production"]).ended(1).says("out of order");
    // As the hint says: after the newest one.
    std::fs::rename(migrations.join("20261201090000_next"), migrations.join("20990101000001_next")).unwrap();
    stage.bed.safe(&DRY).ended(0);
    told
}
