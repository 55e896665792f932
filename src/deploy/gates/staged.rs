//! *Staged first*: every environment of `requires` has applied what is about to run here, with the same checksum, for the time of `soak`.
//!
//! It is read from that environment's own ledger; where its database cannot be asked from here, from the receipts of deploys to it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Facts, Gate, Outcome, Verdict, age, list, span};
use crate::deploy::evidence::{Known, Stage};
use crate::deploy::plan::Planned;
use crate::deploy::receipt::Recorded;
use crate::environment::EnvironmentKind;
use crate::history::{History, State};
use crate::migrations::{Checksum, Migration};
use crate::shell::count;

/// See the module.
pub struct StagedGate;

const NAME: &str = "staged";

impl Gate for StagedGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let environment = facts.target.environment();
        let name = facts.target.name();
        if facts.plan.migrations.is_empty() {
            return Verdict::pass(NAME, "nothing is pending");
        }
        let Some(requires) = environment.requires.as_ref().filter(|requires| !requires.value.is_empty()) else {
            return not_asked_for(facts);
        };
        let soak = environment.soak.as_ref().map_or(Duration::ZERO, |soak| soak.value);
        let problems: Vec<Problem> =
            facts.evidence.stages.iter().flat_map(|stage| problems(stage, facts, soak)).collect();
        let settings = match &environment.soak {
            Some(soak) => format!(
                "`requires`, {}; `soak = \"{}\"`, {}",
                requires.origin,
                crate::settings::format_duration(soak.value),
                soak.origin
            ),
            None => format!("`requires`, {}", requires.origin),
        };
        let outcome = problems.iter().map(|problem| problem.outcome).max().unwrap_or(Outcome::Pass);
        if outcome == Outcome::Pass {
            let where_from: Vec<String> = facts.evidence.stages.iter().map(source).collect();
            let (all, are) = (
                count(facts.plan.migrations.len(), "migration"),
                if facts.plan.migrations.len() == 1 { "is" } else { "are" },
            );
            return Verdict::pass(
                NAME,
                format!("{all} {are} applied there as here: {} ({settings})", where_from.join(", ")),
            );
        }
        let hint = problems
            .iter()
            .filter(|problem| problem.outcome == outcome)
            .map(|problem| problem.hint.clone())
            .next()
            .unwrap_or_else(|| format!("`cargo prisma-safe status --env {name}`"));
        let evidence = problems.into_iter().map(|problem| problem.evidence).collect::<Vec<_>>().join("; ");
        Verdict { gate: NAME, outcome, evidence: format!("{evidence} ({settings})"), hint: Some(hint) }
    }
}

/// The policy asks for a rehearsal; a project that has none is told so where it counts.
fn not_asked_for(facts: &Facts<'_>) -> Verdict {
    let name = facts.target.name();
    match facts.target.kind() {
        EnvironmentKind::Production | EnvironmentKind::Unstated => Verdict::warn(
            NAME,
            format!("no environment has to have these migrations before `{name}`; the policy asks for staging first"),
            format!("add `requires = [\"staging\"]` to [env.{name}] in prisma-safe.toml"),
        ),
        _ => Verdict::pass(NAME, format!("no environment has to have them before `{name}`")),
    }
}

fn source(stage: &Stage) -> String {
    match &stage.known {
        Known::Ledger { .. } => format!("`{}`, read from its ledger", stage.name),
        Known::Receipts { .. } => format!("`{}`, read from its receipts", stage.name),
    }
}

struct Problem {
    outcome: Outcome,
    evidence: String,
    hint: String,
}

fn problems(stage: &Stage, facts: &Facts<'_>, soak: Duration) -> Vec<Problem> {
    let name = &stage.name;
    let block = |evidence: String, hint: String| Problem { outcome: Outcome::Block, evidence, hint };
    let mut absent = Vec::new();
    let mut found = Vec::new();
    let (target, now) = (facts.target.name(), facts.evidence.now);
    if let Known::Ledger { marker: Some(marker), .. } = &stage.known
        && marker.environment != *name
    {
        return vec![block(
            format!("the database that the settings call `{name}` is marked as `{}`", marker.environment),
            format!("check its URL: `cargo prisma-safe env show {name}`"),
        )];
    }
    for planned in &facts.plan.migrations {
        let there = match &stage.known {
            Known::Ledger { history, .. } => in_ledger(history, planned),
            Known::Receipts { recorded, .. } => in_receipts(recorded, facts.folder.get(&planned.name)),
        };
        match there {
            There::Applied(since) => {
                let Some(missing) = missing(since, soak, now) else { continue };
                let until = now.checked_add(missing).unwrap_or(Timestamp::MAX);
                found.push(block(
                    format!("`{}` was applied to `{name}` {} and has to be there for {}", planned.name, age(since, now), span(soak)),
                    format!(
                        "wait until {}, then `cargo prisma-safe deploy --env {target}`",
                        until.strftime("%Y-%m-%d %H:%M UTC")
                    ),
                ));
            }
            There::Absent => absent.push(planned.name.as_str()),
            There::Other => found.push(block(
                format!("`{}` was applied to `{name}` with another text than the one that is on disk", planned.name),
                format!(
                    "what `{name}` has tried is not what would run here: put its text back, and write the change as a new migration"
                ),
            )),
            There::Failed => found.push(block(
                format!("`{}` failed in `{name}`", planned.name),
                format!("`cargo prisma-safe resolve --env {name}`"),
            )),
        }
    }
    if !absent.is_empty() {
        found.push(not_there(stage, &absent));
    }
    found
}

fn not_there(stage: &Stage, absent: &[&str]) -> Problem {
    let name = &stage.name;
    let (evidence, hint) = match &stage.known {
        Known::Ledger { .. } => (
            format!("`{name}` does not have {}", list(absent)),
            format!("`cargo prisma-safe deploy --env {name}`, and try it there"),
        ),
        Known::Receipts { because, .. } => (
            format!(
                "`{name}` cannot be asked ({because}), and no receipt in {} shows {} there",
                crate::deploy::receipt::FOLDER,
                list(absent)
            ),
            format!(
                "make its database reachable from here, or bring the receipts of its deploys along; `cargo prisma-safe env show {name}`"
            ),
        ),
    };
    Problem { outcome: Outcome::Block, evidence, hint }
}

enum There {
    Applied(Timestamp),
    Other,
    Failed,
    Absent,
}

fn in_ledger(history: &History, planned: &Planned) -> There {
    match history.get(&planned.name).map(|entry| (entry.state, entry.applied_at)) {
        Some((State::Applied, Some(at))) => There::Applied(at),
        Some((State::Edited, _)) => There::Other,
        Some((State::Failed, _)) => There::Failed,
        _ => There::Absent,
    }
}

fn in_receipts(recorded: &[Recorded], migration: Option<&Migration>) -> There {
    let mut there = There::Absent;
    let Some(migration) = migration else { return there };
    for row in recorded.iter().filter(|row| row.name == migration.name) {
        match row.finished_at {
            Some(at) if migration.is_same_as(&Checksum::stored(&row.checksum)) == Some(true) => {
                return There::Applied(at);
            }
            _ => there = There::Other,
        }
    }
    there
}

/// What is still missing of the soak time. A clock that says the future has waited for nothing.
fn missing(since: Timestamp, soak: Duration, now: Timestamp) -> Option<Duration> {
    let age = Duration::try_from(now.duration_since(since)).unwrap_or(Duration::ZERO);
    soak.checked_sub(age).filter(|missing| !missing.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;

    const SETTINGS: &str = "[env.staging]\nkind = \"staging\"\nurl-env = \"S\"\n\
        [env.production]\nkind = \"production\"\nurl-env = \"P\"\nrequires = [\"staging\"]\nsoak = \"24h\"\n";
    const SQL: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY);\n";

    fn bench() -> Bench {
        Bench::new(SETTINGS, "production", &[("20260101000000_a", SQL)])
    }

    #[test]
    fn passes_when_it_was_there_long_enough() {
        let mut bench = bench();
        bench.stage_ledger("staging", &[("20260101000000_a", SQL, 25 * 3600)]);
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"pass: 1 migration is applied there as here: `staging`, read from its ledger (`requires`, set in /work/prisma-safe.toml:7; `soak = "24h"`, set in /work/prisma-safe.toml:8)"#);
    }

    #[test]
    fn blocks_before_the_soak_time_is_over() {
        let mut bench = bench();
        bench.stage_ledger("staging", &[("20260101000000_a", SQL, 2 * 3600)]);
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"
        block: `20260101000000_a` was applied to `staging` 2h ago and has to be there for 24h (`requires`, set in /work/prisma-safe.toml:7; `soak = "24h"`, set in /work/prisma-safe.toml:8)
        → wait until 2026-11-25 10:00 UTC, then `cargo prisma-safe deploy --env production`
        "#);
    }

    #[test]
    fn blocks_what_is_absent_other_or_failed_there() {
        let mut bench = bench();
        bench.stage_ledger("staging", &[]);
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"
        block: `staging` does not have `20260101000000_a` (`requires`, set in /work/prisma-safe.toml:7; `soak = "24h"`, set in /work/prisma-safe.toml:8)
        → `cargo prisma-safe deploy --env staging`, and try it there
        "#);
        bench.stage_ledger("staging", &[("20260101000000_a", "CREATE TABLE b (id INTEGER);", 30 * 3600)]);
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"
        block: `20260101000000_a` was applied to `staging` with another text than the one that is on disk (`requires`, set in /work/prisma-safe.toml:7; `soak = "24h"`, set in /work/prisma-safe.toml:8)
        → what `staging` has tried is not what would run here: put its text back, and write the change as a new migration; then `cargo prisma-safe plan --env production`
        "#);
    }

    #[test]
    fn falls_back_to_receipts_and_blocks_without_them() {
        let mut bench = bench();
        bench.stage_receipts("staging", "the variable `S` is not set", Vec::new());
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"
        block: `staging` cannot be asked (the variable `S` is not set), and no receipt in .prisma-safe/receipts shows `20260101000000_a` there (`requires`, set in /work/prisma-safe.toml:7; `soak = "24h"`, set in /work/prisma-safe.toml:8)
        → make its database reachable from here, or bring the receipts of its deploys along; `cargo prisma-safe env show staging`
        "#);
        let checksum = crate::migrations::Checksum::of(SQL.as_bytes()).to_string();
        let finished_at = Some(bench.ago(48 * 3600));
        let row = Recorded { name: "20260101000000_a".to_owned(), checksum, finished_at };
        bench.stage_receipts("staging", "the variable `S` is not set", vec![row]);
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"pass: 1 migration is applied there as here: `staging`, read from its receipts (`requires`, set in /work/prisma-safe.toml:7; `soak = "24h"`, set in /work/prisma-safe.toml:8)"#);
    }

    #[test]
    fn a_clock_that_says_the_future_has_waited_for_nothing() {
        let mut bench = bench();
        bench.stage_ledger("staging", &[("20260101000000_a", SQL, -3600)]);
        assert_eq!(bench.verdict(&StagedGate).outcome, Outcome::Block);
    }

    #[test]
    fn warns_on_a_production_that_requires_nothing() {
        let bench = Bench::new(
            "[env.production]\nkind = \"production\"\nurl-env = \"P\"\n",
            "production",
            &[("20260101000000_a", SQL)],
        );
        insta::assert_snapshot!(bench.judge(&StagedGate), @r#"
        warn: no environment has to have these migrations before `production`; the policy asks for staging first
        → add `requires = ["staging"]` to [env.production] in prisma-safe.toml
        "#);
    }
}
