//! What the gates look at beyond the target itself, gathered once, before any of them judges. Gates stay pure over it.
//!
//! Everything here only reads. What a gate in the settings is `off` for is not gathered. To add evidence: a file here, a field of
//! [`Evidence`], its line in [`gather`].

pub mod approvals;
pub mod checks;
pub mod drift;
pub mod git;
pub mod impact;
pub mod lint;
pub mod reverts;
pub mod rows;
pub mod stages;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::backup;
use super::gates::WORTH_TELLING;
use super::plan::Plan;
use crate::database::{self, Activity, Archiving};
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::history::History;
use crate::migrations::MigrationsFolder;
use crate::settings::BackupSource;
use crate::sql::analysis::PrismaVersion;

use impact::{Probe, Wishes};

pub use approvals::ApprovalEvidence;
pub use drift::Drift;
pub use git::Git;
pub use impact::ImpactEvidence;
pub use lint::LintEvidence;
pub use stages::{Known, Stage};

/// What was gathered.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The moment that all gates judge for.
    pub now: Timestamp,
    /// The environments of `requires`, in their order.
    pub stages: Vec<Stage>,
    /// What the rules say of the pending migrations; `None`: not asked.
    pub lint: Option<LintEvidence>,
    /// What version control says of the migrations folder.
    pub git: Git,
    /// The revert scripts of what destroys.
    pub reverts: Vec<reverts::Revert>,
    /// What `check` says of the latest backup; `None`: not asked.
    pub latest_backup: Option<Result<Timestamp, String>>,
    /// What the server says of its continuous archiving; `None`: not asked.
    pub archiving: Option<Result<Archiving, String>>,
    /// Who approved what; `None`: nobody has to.
    pub approvals: Option<ApprovalEvidence>,
    /// How the database differs from its migrations; `None`: not asked, or nothing is applied yet.
    pub drift: Option<Result<Drift, String>>,
    /// How large the tables are, and what their rows say; `None`: not asked.
    pub impact: Option<ImpactEvidence>,
    /// Who is at work in the database; `None`: not asked.
    pub activity: Option<Result<Activity, String>>,
    /// Statements that say how many rows they expect, with how many there are.
    pub rows: Vec<rows::ExpectedRows>,
}

impl Evidence {
    /// Nothing but the time: for a deploy that would run nothing.
    #[must_use]
    pub fn nothing(now: Timestamp) -> Self {
        Evidence {
            now,
            stages: Vec::new(),
            lint: None,
            git: Git::NotAsked,
            reverts: Vec::new(),
            latest_backup: None,
            archiving: None,
            impact: None,
            approvals: None,
            drift: None,
            activity: None,
            rows: Vec::new(),
        }
    }
}

/// What evidence is gathered with.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// Settings, project, variables.
    pub sources: &'a Sources<'a>,
    /// The environment whose database was reached.
    pub target: &'a Target,
    /// The migrations on disk.
    pub folder: &'a MigrationsFolder,
    /// What would run.
    pub plan: &'a Plan,
    /// Disk × ledger.
    pub history: &'a History,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
}

/// Gathers it. Other databases and `git` are asked while the rules judge.
///
/// # Errors
/// When the lint settings name a rule that does not exist. Whatever cannot be had is evidence too.
pub fn gather(ground: &Ground<'_>) -> Result<Evidence> {
    let mut evidence = Evidence::nothing(Timestamp::now());
    if ground.plan.migrations.is_empty() {
        return Ok(evidence);
    }
    let gates = &ground.target.environment().gates;
    let required = if gates.is_off("staged") { Vec::new() } else { stages::find(ground) };
    let folder = ground.folder;
    // Conditions of directives need sizes, too.
    let probe = if gates.is_off("impact") && gates.is_off("lint") { None } else { Probe::new(ground) };
    let (wish, wishes) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let stages: Vec<_> = required.into_iter().map(|stage| scope.spawn(|| stage.ask(folder))).collect();
        let git = (!gates.is_off("history")).then(|| scope.spawn(|| git::look(&folder.path)));
        let probe = probe.map(|probe| scope.spawn(move || probe.ask(&wishes)));
        let drift = drift::Job::new(ground).map(|job| scope.spawn(move || job.compare()));
        evidence.latest_backup = ask_for_backup(ground);
        if !gates.is_off("approval") {
            evidence.approvals = approvals::look(ground);
        }
        if !gates.is_off("revert") {
            evidence.reverts = reverts::look(ground);
        }
        let mut lint = None;
        if probe.is_some() || !gates.is_off("lint") {
            let judged = lint::judge(ground)?;
            let tables =
                judged.conditional.iter().filter_map(|found| Some(impact::named(found.table.as_ref()?))).collect();
            // Nobody listens where there is no database to ask.
            let _ = wish.send(Wishes { tables, checks: judged.checks.clone() });
            lint = Some(judged);
        }
        drop(wish);
        if let Some(probe) = probe {
            let gave_up = || ImpactEvidence { sizes: Err("the question was given up".to_owned()), checks: Vec::new() };
            evidence.impact = Some(probe.join().unwrap_or_else(|_| gave_up()));
        }
        if let Some(mut judged) = lint.filter(|_| !gates.is_off("lint")) {
            let nothing = Ok(BTreeMap::new());
            judged.settle(evidence.impact.as_ref().map_or(&nothing, |impact| &impact.sizes));
            evidence.lint = Some(judged);
        }
        if gates.is_off("impact") {
            evidence.impact = None;
        }
        if let Some(git) = git {
            evidence.git = git.join().unwrap_or_else(|_| Git::Unknown("the question was given up".to_owned()));
        }
        if let Some(drift) = drift {
            evidence.drift = Some(drift.join().unwrap_or_else(|_| Err("the comparison was given up".to_owned())));
        }
        for stage in stages {
            evidence.stages.extend(stage.join().ok());
        }
        Ok(evidence)
    })
}

/// Runs `check` of the backup settings, whose stderr is shown.
#[must_use]
pub fn ask_for_backup(ground: &Ground<'_>) -> Option<Result<Timestamp, String>> {
    let environment = ground.target.environment();
    let BackupSource::Check(words) = &environment.backup.as_ref()?.source.value else { return None };
    if environment.gates.is_off("backup") || !ground.target.exists() {
        return None;
    }
    let root = &ground.sources.settings.root;
    Some(backup::latest(words, &environment.name.value, root).map_err(|error| error.to_string()))
}

/// Asks the target who is at work there. Before the rest, since it needs the connection for itself.
pub fn ask_for_activity(target: &mut Target) -> Option<Result<Activity, String>> {
    let environment = target.environment();
    if environment.gates.is_off("activity") {
        return None;
    }
    let limit = environment.transaction_limit.as_ref().map_or(WORTH_TELLING, |limit| limit.value);
    Some(target.database()?.activity(limit).map_err(|error| error.to_string()))
}

/// Asks the target whether it archives, where the settings stand on that.
pub fn ask_for_archiving(target: &mut Target) -> Option<Result<Archiving, String>> {
    let environment = target.environment();
    let wanted = environment.backup.as_ref().is_some_and(|backup| backup.source.value == BackupSource::Archiving);
    if !wanted || environment.gates.is_off("backup") {
        return None;
    }
    let provider = target.url().provider();
    Some(match database::archiving(target.database()?, provider) {
        Ok(Some(archiving)) => Ok(archiving),
        Ok(None) => Err(format!("{} has no archiving of its own", provider.display_name())),
        Err(error) => Err(error.to_string()),
    })
}
