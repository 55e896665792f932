//! *A backup is at hand*: the settings say where one comes from, and the one that somebody else takes is fresh.
//!
//! One that this tool takes is taken after all gates have passed and the question was answered ([`crate::deploy::backup`]): when it
//! fails, nothing runs.

use std::time::Duration;

use super::{Facts, Gate, Verdict, age, list, span};
use crate::database::Archiving;
use crate::environment::EnvironmentKind;
use crate::settings::{BackupSettings, BackupSource, shown};

/// See the module.
pub struct BackupGate;

const NAME: &str = "backup";

impl Gate for BackupGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        if facts.plan.migrations.is_empty() {
            return Verdict::pass(NAME, "nothing is pending");
        }
        if !facts.target.exists() {
            return Verdict::pass(NAME, "there is no database to keep yet");
        }
        let Some(backup) = &facts.target.environment().backup else { return not_set(facts) };
        let origin = &backup.source.origin;
        match &backup.source.value {
            BackupSource::Folder(folder) => Verdict::pass(
                NAME,
                format!(
                    "one is taken into {} before the first migration (`folder`, {origin})",
                    shown(folder).display()
                ),
            ),
            BackupSource::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                Verdict::pass(NAME, format!("`{program}` takes one before the first migration (`command`, {origin})"))
            }
            BackupSource::Archiving => archiving(facts, backup),
            BackupSource::Check(words) => {
                let program = words.first().map_or("", String::as_str);
                let again = format!(
                    "take a backup, then `cargo prisma-safe deploy --env {}`; `{program}` must print its time",
                    facts.target.name()
                );
                let (now, max_age) = (facts.evidence.now, &backup.max_age);
                let limit = format!("`max-age = \"{}\"`, {}", span(max_age.value), max_age.origin);
                match &facts.evidence.latest_backup {
                    None => Verdict::block(NAME, "nobody asked for the latest backup", again),
                    Some(Err(said)) => Verdict::block(NAME, format!("{said} (`check`, {origin})"), again),
                    Some(Ok(at)) => {
                        let old = Duration::try_from(now.duration_since(*at)).unwrap_or(Duration::ZERO);
                        let evidence = format!("the latest backup was taken {} ({limit})", age(*at, now));
                        if old > max_age.value {
                            Verdict::block(NAME, evidence, again)
                        } else {
                            Verdict::pass(NAME, evidence)
                        }
                    }
                }
            }
        }
    }
}

/// The server keeps what it takes to go back, and did so lately. That somebody also has a base copy to start from it cannot tell.
fn archiving(facts: &Facts<'_>, backup: &BackupSettings) -> Verdict {
    let (name, now) = (facts.target.name(), facts.evidence.now);
    let (origin, max_age) = (&backup.source.origin, &backup.max_age);
    let again = |what: &str| format!("{what}, then `cargo prisma-safe deploy --env {name}`");
    let found = match &facts.evidence.archiving {
        None => {
            return Verdict::block(
                NAME,
                format!("nobody asked whether it archives (`pitr`, {origin})"),
                again("look by hand"),
            );
        }
        Some(Err(said)) => {
            return Verdict::block(
                NAME,
                format!("whether it archives cannot be told: {said} (`pitr`, {origin})"),
                again("let this user read it"),
            );
        }
        Some(Ok(found)) => found,
    };
    let Archiving { what, last, failed, .. } = found;
    if !found.on {
        return Verdict::block(NAME, format!("{what} is off (`pitr`, {origin})"), again("switch it on"));
    }
    if !found.tells {
        return Verdict::pass(
            NAME,
            format!("{what} is on; that it is also copied away is yours to know (`pitr`, {origin})"),
        );
    }
    if let Some(failed) = failed {
        return Verdict::block(
            NAME,
            format!("{what} is on, and its last attempt failed {} (`pitr`, {origin})", age(*failed, now)),
            again("see the server's log and `pg_stat_archiver`, mend it"),
        );
    }
    let limit = format!("`max-age = \"{}\"`, {}", span(max_age.value), max_age.origin);
    let switch = again("`SELECT pg_switch_wal()` puts the current piece away; wait for it");
    match last {
        None => Verdict::block(NAME, format!("{what} is on and has put nothing away yet (`pitr`, {origin})"), switch),
        Some(at) => {
            let old = Duration::try_from(now.duration_since(*at)).unwrap_or(Duration::ZERO);
            let evidence =
                format!("{what} is on, the last piece was put away {} (`pitr`, {origin}; {limit})", age(*at, now));
            if old > max_age.value { Verdict::block(NAME, evidence, switch) } else { Verdict::pass(NAME, evidence) }
        }
    }
}

/// The policy asks for one before risky deploys.
fn not_set(facts: &Facts<'_>) -> Verdict {
    let name = facts.target.name();
    let hint = format!(
        "say where a backup comes from: `folder = \"backups\"` under [env.{name}.backup] in prisma-safe.toml takes one"
    );
    if !matches!(facts.target.kind(), EnvironmentKind::Production | EnvironmentKind::Unstated) {
        return Verdict::pass(NAME, format!("`{name}` asks for none"));
    }
    let destructive: Vec<&str> = facts
        .plan
        .migrations
        .iter()
        .filter(|planned| !planned.destructions.is_empty())
        .map(|planned| planned.name.as_str())
        .collect();
    if destructive.is_empty() {
        return Verdict::warn(NAME, format!("no backup is taken or asked for before a deploy to `{name}`"), hint);
    }
    Verdict::block(NAME, format!("{} destroys, and no backup is taken or asked for", list(&destructive)), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;

    const PRODUCTION: &str = "[env.eu]\nkind = \"production\"\nurl-env = \"E\"\n";
    const ADD: &str = "CREATE TABLE b (id INTEGER PRIMARY KEY);\n";

    fn bench(settings: &str, sql: &str) -> Bench {
        Bench::new(settings, "eu", &[("20260101000000_a", sql)])
    }

    #[test]
    fn without_a_setting_it_depends_on_what_is_at_stake() {
        insta::assert_snapshot!(bench(PRODUCTION, ADD).judge(&BackupGate), @r#"
        warn: no backup is taken or asked for before a deploy to `eu`
        → say where a backup comes from: `folder = "backups"` under [env.eu.backup] in prisma-safe.toml takes one
        "#);
        insta::assert_snapshot!(bench(PRODUCTION, "DROP TABLE a;\n").judge(&BackupGate), @r#"
        block: `20260101000000_a` destroys, and no backup is taken or asked for (gate `backup` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → say where a backup comes from: `folder = "backups"` under [env.eu.backup] in prisma-safe.toml takes one; then `cargo prisma-safe plan --env eu`
        "#);
        let staging = PRODUCTION.replace("production", "staging");
        insta::assert_snapshot!(bench(&staging, "DROP TABLE a;\n").judge(&BackupGate), @r"pass: `eu` asks for none");
    }

    #[test]
    fn one_that_is_taken_here_passes_until_it_fails() {
        let folder = format!("{PRODUCTION}[env.eu.backup]\nfolder = \"backups\"\n");
        insta::assert_snapshot!(bench(&folder, ADD).judge(&BackupGate), @r"pass: one is taken into /work/backups before the first migration (`folder`, set in /work/prisma-safe.toml:5)");
        let command = format!("{PRODUCTION}[env.eu.backup]\ncommand = [\"snapshot\", \"now\"]\n");
        insta::assert_snapshot!(bench(&command, ADD).judge(&BackupGate), @r"pass: `snapshot` takes one before the first migration (`command`, set in /work/prisma-safe.toml:5)");
    }

    #[test]
    fn archiving_must_be_on_and_working_now() {
        let pitr = format!("{PRODUCTION}[env.eu.backup]\npitr = true\nmax-age = \"1h\"\n");
        let mut bench = bench(&pitr, ADD);
        let (recent, old) = (bench.ago(60), bench.ago(7200));
        let good = Archiving { what: "WAL archiving", on: true, last: Some(recent), failed: None, tells: true };
        let mut say = |archiving: Archiving| {
            bench.evidence.archiving = Some(Ok(archiving));
            bench.judge(&BackupGate)
        };
        insta::assert_snapshot!(say(good.clone()), @r#"pass: WAL archiving is on, the last piece was put away 1m ago (`pitr`, set in /work/prisma-safe.toml:5; `max-age = "1h"`, set in /work/prisma-safe.toml:6)"#);
        insta::assert_snapshot!(say(Archiving { on: false, ..good.clone() }), @r"
        block: WAL archiving is off (`pitr`, set in /work/prisma-safe.toml:5)
        → switch it on, then `cargo prisma-safe deploy --env eu`
        ");
        insta::assert_snapshot!(say(Archiving { failed: Some(recent), ..good.clone() }), @r"
        block: WAL archiving is on, and its last attempt failed 1m ago (`pitr`, set in /work/prisma-safe.toml:5)
        → see the server's log and `pg_stat_archiver`, mend it, then `cargo prisma-safe deploy --env eu`
        ");
        insta::assert_snapshot!(say(Archiving { last: None, ..good.clone() }), @r"
        block: WAL archiving is on and has put nothing away yet (`pitr`, set in /work/prisma-safe.toml:5)
        → `SELECT pg_switch_wal()` puts the current piece away; wait for it, then `cargo prisma-safe deploy --env eu`
        ");
        insta::assert_snapshot!(say(Archiving { last: Some(old), ..good.clone() }), @r#"
        block: WAL archiving is on, the last piece was put away 2h ago (`pitr`, set in /work/prisma-safe.toml:5; `max-age = "1h"`, set in /work/prisma-safe.toml:6)
        → `SELECT pg_switch_wal()` puts the current piece away; wait for it, then `cargo prisma-safe deploy --env eu`
        "#);
        insta::assert_snapshot!(say(Archiving { what: "the binary log", last: None, tells: false, ..good }), @r"pass: the binary log is on; that it is also copied away is yours to know (`pitr`, set in /work/prisma-safe.toml:5)");
        bench.evidence.archiving = None;
        assert!(bench.judge(&BackupGate).starts_with("block"));
    }

    #[test]
    fn one_of_somebody_else_must_be_fresh() {
        let check = format!("{PRODUCTION}[env.eu.backup]\ncheck = [\"latest\"]\nmax-age = \"6h\"\n");
        let mut bench = bench(&check, ADD);
        bench.evidence.latest_backup = Some(Ok(bench.ago(3600)));
        insta::assert_snapshot!(bench.judge(&BackupGate), @r#"pass: the latest backup was taken 1h ago (`max-age = "6h"`, set in /work/prisma-safe.toml:6)"#);
        bench.evidence.latest_backup = Some(Ok(bench.ago(7 * 3600)));
        insta::assert_snapshot!(bench.judge(&BackupGate), @r#"
        block: the latest backup was taken 7h ago (`max-age = "6h"`, set in /work/prisma-safe.toml:6)
        → take a backup, then `cargo prisma-safe deploy --env eu`; `latest` must print its time
        "#);
        bench.evidence.latest_backup = Some(Err("`latest` failed: no such bucket".to_owned()));
        insta::assert_snapshot!(bench.judge(&BackupGate), @r"
        block: `latest` failed: no such bucket (`check`, set in /work/prisma-safe.toml:5)
        → take a backup, then `cargo prisma-safe deploy --env eu`; `latest` must print its time
        ");
    }
}
