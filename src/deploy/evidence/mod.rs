//! What the gates look at beyond the target itself, gathered once, before any of them judges. Gates stay pure over it.
//!
//! Everything here only reads. What a gate in the settings is `off` for is not gathered. To add evidence: a file here, a field of
//! [`Evidence`], its line in [`gather`].

pub mod git;
pub mod lint;
pub mod reverts;
pub mod stages;

use jiff::Timestamp;

use super::backup;
use super::gates::WORTH_TELLING;
use super::plan::Plan;
use crate::database::Activity;
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::migrations::MigrationsFolder;
use crate::settings::BackupSource;
use crate::sql::analysis::PrismaVersion;

pub use git::Git;
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
    /// Who is at work in the database; `None`: not asked.
    pub activity: Option<Result<Activity, String>>,
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
            activity: None,
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
    std::thread::scope(|scope| {
        let stages: Vec<_> = required.into_iter().map(|stage| scope.spawn(|| stage.ask(folder))).collect();
        let git = (!gates.is_off("history")).then(|| scope.spawn(|| git::look(&folder.path)));
        evidence.latest_backup = ask_for_backup(ground);
        if !gates.is_off("revert") {
            evidence.reverts = reverts::look(ground);
        }
        if !gates.is_off("lint") {
            evidence.lint = Some(lint::judge(ground)?);
        }
        if let Some(git) = git {
            evidence.git = git.join().unwrap_or_else(|_| Git::Unknown("the question was given up".to_owned()));
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
