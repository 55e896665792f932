//! The gates: each may stop a deploy, always with its evidence and the way out.
//!
//! All gates are evaluated and all verdicts shown before anything is decided ([`judge`]). To add one: a file here with a unit
//! struct that implements [`Gate`], and its line in [`GATES`]; a test in it for each of pass, warn and block.

mod activity;
mod approval;
mod backup;
#[cfg(test)]
mod bench;
mod drift;
mod history;
mod impact;
mod lint;
#[cfg(test)]
mod refusals;
mod revert;
mod rows;
mod stabilization;
mod staged;
mod target;
mod window;

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

pub use activity::WORTH_TELLING;

use crate::deploy::evidence::Evidence;
use crate::deploy::plan::Plan;
use crate::history::History;
use crate::migrations::MigrationsFolder;
use crate::project::Provider;
use crate::settings::{GateMode, Settings};

use crate::environment::Target;

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing in the way.
    Pass,
    /// Worth knowing; the deploy may go on.
    Warn,
    /// The deploy stops here.
    Block,
}

/// One gate's judgement with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// The gate's name.
    pub gate: &'static str,
    /// What it says.
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// What it saw, in one or more sentences.
    pub evidence: String,
    /// The exact next command, when there is something to do.
    pub hint: Option<String>,
}

impl Verdict {
    /// Nothing in the way.
    #[must_use]
    pub fn pass(gate: &'static str, evidence: impl Into<String>) -> Self {
        Verdict { gate, outcome: Outcome::Pass, evidence: evidence.into(), hint: None }
    }

    /// Worth knowing.
    #[must_use]
    pub fn warn(gate: &'static str, evidence: impl Into<String>, hint: impl Into<String>) -> Self {
        Verdict { gate, outcome: Outcome::Warn, evidence: evidence.into(), hint: Some(hint.into()) }
    }

    /// The deploy stops here.
    #[must_use]
    pub fn block(gate: &'static str, evidence: impl Into<String>, hint: impl Into<String>) -> Self {
        Verdict { gate, outcome: Outcome::Block, evidence: evidence.into(), hint: Some(hint.into()) }
    }
}

/// What every gate may look at. Gates read; nothing here can write.
pub struct Facts<'a> {
    /// The settings, with the origin of each value.
    pub settings: &'a Settings,
    /// The project's database.
    pub provider: Provider,
    /// The environment whose database was reached.
    pub target: &'a Target,
    /// The migrations on disk.
    pub folder: &'a MigrationsFolder,
    /// Disk × ledger.
    pub history: &'a History,
    /// What would run.
    pub plan: &'a Plan,
    /// What was gathered beyond the target.
    pub evidence: &'a Evidence,
    /// The plan's hash.
    pub hash: &'a str,
}

/// May stop a deploy.
pub trait Gate: Sync {
    /// The name in settings and output.
    fn name(&self) -> &'static str;

    /// Looks at the facts. An answer that could not be had is never a pass.
    fn judge(&self, facts: &Facts<'_>) -> Verdict;
}

/// Every gate, in the order they are shown.
pub const GATES: &[&dyn Gate] = &[
    &target::TargetGate,
    &history::HistoryGate,
    &drift::DriftGate,
    &lint::LintGate,
    &revert::RevertGate,
    &staged::StagedGate,
    &stabilization::StabilizationGate,
    &impact::ImpactGate,
    &rows::RowsGate,
    &window::WindowGate,
    &activity::ActivityGate,
    &approval::ApprovalGate,
    &backup::BackupGate,
];

/// Evaluates all gates; none is skipped because another blocks.
#[must_use]
pub fn judge(facts: &Facts<'_>) -> Vec<Verdict> {
    GATES.iter().map(|gate| as_set(*gate, facts)).collect()
}

/// Evaluates some of them, for what is no deploy and asks the same of its target.
#[must_use]
pub fn judge_some(names: &[&str], facts: &Facts<'_>) -> Vec<Verdict> {
    GATES.iter().filter(|gate| names.contains(&gate.name())).map(|gate| as_set(*gate, facts)).collect()
}

/// What every refusal has: the setting that it goes by with its place, and the command that gets on.
fn complete(mut verdict: Verdict, facts: &Facts<'_>) -> Verdict {
    if verdict.outcome != Outcome::Block {
        return verdict;
    }
    let environment = facts.target.environment();
    let (name, gate) = (facts.target.name(), verdict.gate);
    if !["set in ", "the default", "set by "].iter().any(|origin| verdict.evidence.contains(origin)) {
        let origin = &environment.name.origin;
        verdict.evidence =
            format!("{} (gate `{gate}` of [env.{name}], which is {origin}; it blocks by default)", verdict.evidence);
    }
    let hint = verdict.hint.unwrap_or_default();
    let again = format!("`cargo prisma-safe plan --env {name}`");
    verdict.hint = Some(match (hint.is_empty(), hint.contains("`cargo prisma-safe ")) {
        (true, _) => format!("{again} shows what it is about"),
        (false, true) => hint,
        (false, false) => format!("{hint}; then {again}"),
    });
    verdict
}

/// One gate, taken as strictly as the settings say. What they loosen is said, every time.
fn as_set(gate: &dyn Gate, facts: &Facts<'_>) -> Verdict {
    let mut verdict = complete(as_strictly(gate, facts), facts);
    // One of many databases has no section of its own in the settings.
    let name = facts.target.name();
    if let Some((fleet, _)) = name.split_once(crate::settings::TENANT) {
        let (own, whole) = (format!("[env.{name}"), format!("[env.{fleet}"));
        verdict.evidence = verdict.evidence.replace(&own, &whole);
        verdict.hint = verdict.hint.map(|hint| hint.replace(&own, &whole));
    }
    verdict
}

fn as_strictly(gate: &dyn Gate, facts: &Facts<'_>) -> Verdict {
    let name = gate.name();
    let Some(mode) = facts.target.environment().gates.mode(name) else { return gate.judge(facts) };
    let setting =
        format!("`{name} = \"{}\"` in [env.{}.gates], {}", mode.value.as_str(), facts.target.name(), mode.origin);
    match mode.value {
        GateMode::Block => gate.judge(facts),
        GateMode::Off => {
            Verdict { gate: name, outcome: Outcome::Warn, evidence: format!("not asked: {setting}"), hint: None }
        }
        GateMode::Warn => {
            let mut verdict = gate.judge(facts);
            if verdict.outcome == Outcome::Block {
                verdict.outcome = Outcome::Warn;
                verdict.evidence = format!("{}; it would block, but {setting}", verdict.evidence);
            }
            verdict
        }
    }
}

/// At most five names; the rest is counted.
fn list(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}

/// A span of time as people say it: nothing below a second, and below a minute only where that is all.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let rounded = if seconds >= 2 * 86_400 {
        seconds / 3_600 * 3_600
    } else if seconds >= 60 {
        seconds / 60 * 60
    } else {
        seconds
    };
    crate::settings::format_duration(Duration::from_secs(rounded))
}

/// How long ago something was.
fn age(at: Timestamp, now: Timestamp) -> String {
    match Duration::try_from(now.duration_since(at)) {
        Ok(age) => format!("{} ago", span(age)),
        Err(_) => format!("at {}, which by this machine's clock is still to come", at.strftime("%Y-%m-%d %H:%M UTC")),
    }
}

#[cfg(test)]
mod tests {
    use super::bench::Bench;
    use super::*;

    struct Says(Outcome);

    impl Gate for Says {
        fn name(&self) -> &'static str {
            "lint"
        }

        fn judge(&self, _: &Facts<'_>) -> Verdict {
            Verdict { gate: "lint", outcome: self.0, evidence: "something is there".to_owned(), hint: None }
        }
    }

    fn taken(mode: &str, outcome: Outcome) -> String {
        let settings = format!("[env.eu]\nkind = \"staging\"\nurl-env = \"E\"\n[env.eu.gates]\nlint = \"{mode}\"\n");
        Bench::new(&settings, "eu", &[]).judge(&Says(outcome))
    }

    #[test]
    fn a_gate_is_taken_as_the_settings_say() {
        insta::assert_snapshot!(taken("block", Outcome::Block), @r"
        block: something is there (gate `lint` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → `cargo prisma-safe plan --env eu` shows what it is about
        ");
        insta::assert_snapshot!(taken("warn", Outcome::Block), @r#"warn: something is there; it would block, but `lint = "warn"` in [env.eu.gates], set in /work/prisma-safe.toml:5"#);
        insta::assert_snapshot!(taken("warn", Outcome::Pass), @r"pass: something is there");
        insta::assert_snapshot!(taken("off", Outcome::Block), @r#"warn: not asked: `lint = "off"` in [env.eu.gates], set in /work/prisma-safe.toml:5"#);
    }

    #[test]
    fn every_gate_can_be_set_and_every_setting_has_its_gate() {
        let mut known: Vec<_> = crate::settings::GATES.iter().map(|(gate, _)| *gate).collect();
        let mut gates: Vec<_> = GATES.iter().map(|gate| gate.name()).collect();
        known.sort_unstable();
        gates.sort_unstable();
        assert_eq!(known, gates);
    }

    #[test]
    fn spans_are_what_people_say() {
        for (seconds, text) in
            [(0, "0s"), (59, "59s"), (61, "1m"), (3_700, "1h1m"), (86_400, "24h"), (14 * 86_400 + 61, "14d")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
