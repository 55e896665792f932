//! *Contract only after a stabilization window*: the expand step of a contract step has been in this environment for the time of
//! `stabilization`.
//!
//! The pair is named by `-- prisma-safe: contract-of <migration>`, or found by the tables and columns that they touch
//! ([`crate::deploy::steps`]). A database in which nothing was ever applied runs no application yet, and nothing to wait for.

use std::time::Duration;

use jiff::Timestamp;

use super::{Facts, Gate, Outcome, Verdict, age, span};
use crate::deploy::plan::Planned;
use crate::environment::EnvironmentKind;

/// See the module.
pub struct StabilizationGate;

const NAME: &str = "stabilization";

impl Gate for StabilizationGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let contracts: Vec<&Planned> = facts
            .plan
            .migrations
            .iter()
            .filter(|planned| !planned.closes.is_empty() || !planned.contract_of.is_empty())
            .collect();
        let Some(first) = contracts.first() else {
            return Verdict::pass(NAME, "no contract step is pending");
        };
        let name = facts.target.name();
        let Some(window) = &facts.target.environment().stabilization else {
            return match facts.target.kind() {
                EnvironmentKind::Production | EnvironmentKind::Unstated => Verdict::warn(
                    NAME,
                    format!("`{}` is a contract step, and no window is set that it has to wait for", first.name),
                    format!("add `stabilization = \"14d\"` to [env.{name}] in prisma-safe.toml"),
                ),
                _ => Verdict::pass(NAME, format!("`{name}` sets no window")),
            };
        };
        if facts.history.entries.iter().all(|entry| entry.applied_at.is_none()) {
            return Verdict::pass(NAME, format!("nothing was ever applied to `{name}`: no application to wait for"));
        }
        let setting =
            format!("`stabilization = \"{}\"`, {}", crate::settings::format_duration(window.value), window.origin);
        let mut found: Vec<Found> = contracts.iter().flat_map(|planned| look(planned, facts, window.value)).collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.outcome));
        let Some(worst) = found.first() else { return Verdict::pass(NAME, "no contract step is pending") };
        let (outcome, hint) = (worst.outcome, worst.hint.clone());
        let said = found.iter().filter(|found| found.outcome == outcome).map(|found| found.evidence.as_str());
        let mut evidence: Vec<&str> = said.collect();
        evidence.dedup();
        Verdict { gate: NAME, outcome, evidence: format!("{} ({setting})", evidence.join("; ")), hint }
    }
}

struct Found {
    outcome: Outcome,
    evidence: String,
    hint: Option<String>,
}

fn look(planned: &Planned, facts: &Facts<'_>, window: Duration) -> Vec<Found> {
    if !planned.contract_of.is_empty() {
        let named = planned.contract_of.iter();
        return named.map(|expand| since(planned, expand, "as its `contract-of` says", facts, window)).collect();
    }
    let earlier: Vec<&(String, Vec<_>)> =
        facts.plan.opened.iter().take_while(|(name, _)| *name != planned.name).collect();
    let mut found = Vec::new();
    for step in &planned.closes {
        let expand = earlier.iter().rev().find(|(_, opened)| opened.iter().any(|opening| step.closes(opening)));
        found.push(match expand {
            Some((expand, _)) => {
                let how = format!("the last step that opened {}", step.subject());
                since(planned, expand, &how, facts, window)
            }
            None => Found {
                outcome: Outcome::Warn,
                evidence: format!(
                    "`{}` {}, and no migration before it shows since when {} is not needed",
                    planned.name,
                    step.why,
                    step.subject()
                ),
                hint: Some(directive(planned)),
            },
        });
    }
    found
}

/// How long the expand step has been here.
fn since(planned: &Planned, expand: &str, how: &str, facts: &Facts<'_>, window: Duration) -> Found {
    let (name, now) = (facts.target.name(), facts.evidence.now);
    let block = |evidence: String, hint: String| Found { outcome: Outcome::Block, evidence, hint: Some(hint) };
    let applied = facts.history.get(expand).map(|entry| entry.applied_at);
    match applied {
        None => block(
            format!("`{}` names `{expand}` as its expand step, and there is no such migration", planned.name),
            directive(planned),
        ),
        Some(None) => block(
            format!(
                "`{}` is a contract step, and its expand step `{expand}` ({how}) is not in `{name}` yet",
                planned.name
            ),
            format!(
                "release `{expand}` first and `{}` {} later; or, if another migration is its expand step, {}",
                planned.name,
                span(window),
                directive(planned)
            ),
        ),
        Some(Some(at)) => {
            let here = Duration::try_from(now.duration_since(at)).unwrap_or(Duration::ZERO);
            let evidence = format!(
                "`{}` is a contract step; `{expand}` ({how}) was applied to `{name}` {}",
                planned.name,
                age(at, now)
            );
            match window.checked_sub(here).filter(|missing| !missing.is_zero()) {
                None => Found { outcome: Outcome::Pass, evidence, hint: None },
                Some(missing) => {
                    let until = now.checked_add(missing).unwrap_or(Timestamp::MAX).strftime("%Y-%m-%d %H:%M UTC");
                    block(
                        format!("{evidence} and has to be there for {}", span(window)),
                        format!(
                            "deploy it after {until}; or, if another migration is its expand step, {}",
                            directive(planned)
                        ),
                    )
                }
            }
        }
    }
}

fn directive(planned: &Planned) -> String {
    format!("name it in the SQL of `{}`: `-- prisma-safe: contract-of <migration>`", planned.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;

    const SETTINGS: &str = "[env.production]\nkind = \"production\"\nurl-env = \"P\"\nstabilization = \"14d\"\n";
    const DAY: i64 = 24 * 3600;
    const INIT: (&str, &str) =
        ("20260101000000_init", "CREATE TABLE \"User\" (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);\n");
    const EXPAND: (&str, &str) = ("20260201000000_add", "ALTER TABLE \"User\" ADD COLUMN full_name TEXT;\n");
    const OTHER: (&str, &str) = ("20260202000000_index", "CREATE INDEX age_index ON \"User\" (age);\n");
    const CONTRACT: (&str, &str) = ("20260301000000_drop", "ALTER TABLE \"User\" DROP COLUMN name;\n");

    fn bench(applied: &[((&str, &str), i64)]) -> Bench {
        let mut bench = Bench::new(SETTINGS, "production", &[INIT, EXPAND, OTHER, CONTRACT]);
        let rows: Vec<_> = applied.iter().map(|((name, sql), seconds)| (*name, *sql, *seconds)).collect();
        bench.ledger(&rows);
        bench
    }

    #[test]
    fn passes_after_the_window_whatever_else_came_since() {
        let bench = bench(&[(INIT, 100 * DAY), (EXPAND, 15 * DAY), (OTHER, DAY)]);
        insta::assert_snapshot!(bench.judge(&StabilizationGate), @r#"pass: `20260301000000_drop` is a contract step; `20260201000000_add` (the last step that opened `User`.`name`) was applied to `production` 15d ago (`stabilization = "14d"`, set in /work/prisma-safe.toml:4)"#);
    }

    #[test]
    fn blocks_within_the_window_and_in_the_same_deploy() {
        let within = bench(&[(INIT, 100 * DAY), (EXPAND, 3 * DAY), (OTHER, DAY)]);
        insta::assert_snapshot!(within.judge(&StabilizationGate), @r#"
        block: `20260301000000_drop` is a contract step; `20260201000000_add` (the last step that opened `User`.`name`) was applied to `production` 3d ago and has to be there for 14d (`stabilization = "14d"`, set in /work/prisma-safe.toml:4)
        → deploy it after 2026-12-05 12:00 UTC; or, if another migration is its expand step, name it in the SQL of `20260301000000_drop`: `-- prisma-safe: contract-of <migration>`; then `cargo prisma-safe plan --env production`
        "#);
        let same = bench(&[(INIT, 100 * DAY)]);
        insta::assert_snapshot!(same.judge(&StabilizationGate), @r#"
        block: `20260301000000_drop` is a contract step, and its expand step `20260201000000_add` (the last step that opened `User`.`name`) is not in `production` yet (`stabilization = "14d"`, set in /work/prisma-safe.toml:4)
        → release `20260201000000_add` first and `20260301000000_drop` 14d later; or, if another migration is its expand step, name it in the SQL of `20260301000000_drop`: `-- prisma-safe: contract-of <migration>`; then `cargo prisma-safe plan --env production`
        "#);
    }

    #[test]
    fn a_directive_names_the_pair() {
        let named = (
            "20260301000000_drop",
            "-- prisma-safe: contract-of 20260101000000_init\nALTER TABLE \"User\" DROP COLUMN name;\n",
        );
        let mut bench = Bench::new(SETTINGS, "production", &[INIT, EXPAND, named]);
        bench.ledger(&[(INIT.0, INIT.1, 100 * DAY), (EXPAND.0, EXPAND.1, DAY)]);
        insta::assert_snapshot!(bench.judge(&StabilizationGate), @r#"pass: `20260301000000_drop` is a contract step; `20260101000000_init` (as its `contract-of` says) was applied to `production` 100d ago (`stabilization = "14d"`, set in /work/prisma-safe.toml:4)"#);
        let wrong = (
            "20260301000000_drop",
            "-- prisma-safe: contract-of 2025_nothing\nALTER TABLE \"User\" DROP COLUMN name;\n",
        );
        let mut bench = Bench::new(SETTINGS, "production", &[INIT, wrong]);
        bench.ledger(&[(INIT.0, INIT.1, 100 * DAY)]);
        insta::assert_snapshot!(bench.judge(&StabilizationGate), @r#"
        block: `20260301000000_drop` names `2025_nothing` as its expand step, and there is no such migration (`stabilization = "14d"`, set in /work/prisma-safe.toml:4)
        → name it in the SQL of `20260301000000_drop`: `-- prisma-safe: contract-of <migration>`; then `cargo prisma-safe plan --env production`
        "#);
    }

    #[test]
    fn the_first_deploy_waits_for_nobody() {
        insta::assert_snapshot!(bench(&[]).judge(&StabilizationGate), @r"pass: nothing was ever applied to `production`: no application to wait for");
    }

    #[test]
    fn warns_of_a_step_that_opens_nowhere() {
        let mut bench = Bench::new(SETTINGS, "production", &[("20260101000000_a", "SELECT 1;\n"), CONTRACT]);
        bench.ledger(&[("20260101000000_a", "SELECT 1;\n", 100 * DAY)]);
        insta::assert_snapshot!(bench.judge(&StabilizationGate), @r#"
        warn: `20260301000000_drop` drops a column that the running application may read, and no migration before it shows since when `User`.`name` is not needed (`stabilization = "14d"`, set in /work/prisma-safe.toml:4)
        → name it in the SQL of `20260301000000_drop`: `-- prisma-safe: contract-of <migration>`
        "#);
    }
}
