//! The gates: each may stop a deploy, always with its evidence and the way out.
//!
//! All gates are evaluated and all verdicts shown before anything is decided ([`judge`]). To add one: a file here with a unit
//! struct that implements [`Gate`], and its line in [`GATES`]; a test in it for each of pass, warn and block.

mod history;
mod target;

use crate::history::History;
use crate::migrations::MigrationsFolder;
use crate::project::Provider;
use crate::settings::Settings;

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
}

/// May stop a deploy.
pub trait Gate: Sync {
    /// The name in settings and output.
    fn name(&self) -> &'static str;

    /// Looks at the facts. An answer that could not be had is never a pass.
    fn judge(&self, facts: &Facts<'_>) -> Verdict;
}

/// Every gate, in the order they are shown.
pub const GATES: &[&dyn Gate] = &[&target::TargetGate, &history::HistoryGate];

/// Evaluates all gates; none is skipped because another blocks.
#[must_use]
pub fn judge(facts: &Facts<'_>) -> Vec<Verdict> {
    GATES.iter().map(|gate| gate.judge(facts)).collect()
}
