//! From chosen migrations to steps: each with its script, read and judged, and the gates over all of them.

use jiff::Timestamp;

use super::RevertError;
use super::choose::Chosen;
use super::losses::{self, Stakes, Subject};
use super::proof::Proven;
use super::receipt::Reverted;
use super::script::{self, RevertScript};
use crate::database::script::ScriptConnection;
use crate::deploy::evidence::{self, Evidence, Ground};
use crate::deploy::gates::{self, Facts, Verdict};
use crate::deploy::{Plan, Planned};
use crate::environment::{Sources, Target};
use crate::history::History;
use crate::migrations::{Checksum, MigrationsFolder, name};
use crate::project::Provider;
use crate::sql;
use crate::sql::analysis::{self, PrismaVersion};
use crate::sql::history_state::State;
use crate::sql::model::Script;

/// The gates that a revert has in common with a deploy; a name that no gate has yet is passed over. The others judge what is pending.
pub const GATES: [&str; 5] = ["target", "window", "activity", "approval", "backup"];

/// One migration that is to be taken back.
pub struct Step<'f> {
    /// Which.
    pub chosen: Chosen<'f>,
    /// How.
    pub revert: RevertScript,
    /// The migration itself.
    pub migration: Script,
    /// What the history has made, this migration included.
    pub after: State,
}

impl<'f> Step<'f> {
    /// Reads everything that it needs.
    ///
    /// # Errors
    /// [`RevertError`] when the revert script is not there, not written or no text.
    pub fn new(provider: Provider, folder: &MigrationsFolder, chosen: Chosen<'f>) -> Result<Self, RevertError> {
        let (after, migration) = replay(provider, folder, &chosen);
        let revert = script::read(provider, chosen.migration, &after)?;
        Ok(Step { chosen, revert, migration, after })
    }

    /// The migration's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.chosen.migration.name
    }

    /// When it was applied, by the ledger.
    #[must_use]
    pub fn applied_at(&self) -> Option<Timestamp> {
        self.chosen.row.finished_at
    }

    /// Asks the live database what it would cost.
    #[must_use]
    pub fn stakes(
        &self,
        prisma: Option<PrismaVersion>,
        limit: std::time::Duration,
        connection: &mut dyn ScriptConnection,
    ) -> Stakes {
        let name = self.name();
        let time = name::timestamp_of(name).unwrap_or(name);
        let subject =
            Subject { revert: &self.revert, migration: &self.migration, time, after: &self.after, prisma, limit };
        losses::ask(&subject, connection)
    }

    /// What is written down once it is done.
    #[must_use]
    pub fn record(&self, at: Option<Timestamp>, proof: Proven, stakes: Stakes) -> Reverted {
        Reverted {
            name: self.name().to_owned(),
            applied_at: self.applied_at(),
            rolled_back_at: at,
            revert_file: self.revert.file.clone(),
            revert: self.revert.checksum.to_string(),
            one_transaction: self.revert.why_stepwise.is_none(),
            proof,
            stakes,
        }
    }
}

/// The history up to a migration, and that migration.
fn replay(provider: Provider, folder: &MigrationsFolder, chosen: &Chosen<'_>) -> (State, Script) {
    let mut state = State::new(provider);
    let nothing = || sql::read(provider, b"").expect("an empty text is text");
    let mut last = nothing();
    for migration in &folder.migrations {
        let read = migration.script.as_ref().ok().and_then(|bytes| sql::read(provider, bytes).ok());
        if let Some(script) = read {
            state.begin_migration(&migration.name, false);
            for statement in &script.statements {
                state.apply(&script, statement);
            }
            last = script;
        }
        if migration.name == chosen.migration.name {
            break;
        }
    }
    (state, last)
}

/// What every gate of [`GATES`] says.
pub fn judge(
    sources: &Sources<'_>,
    target: &mut Target,
    folder: &MigrationsFolder,
    steps: &[Step<'_>],
    prisma: Option<PrismaVersion>,
) -> Vec<Verdict> {
    let planned = |step: &Step<'_>| {
        Planned::new(&step.revert.file, &step.revert.script, analysis::judge(&step.revert.script, &step.after, prisma))
    };
    let plan = Plan { migrations: steps.iter().map(planned).collect(), opened: Vec::new() };
    let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
    let activity = evidence::ask_for_activity(target);
    let latest_backup =
        evidence::ask_for_backup(&Ground { sources, target, folder, plan: &plan, history: &history, prisma });
    let archiving = evidence::ask_for_archiving(target);
    let evidence = Evidence { activity, archiving, latest_backup, ..Evidence::nothing(Timestamp::now()) };
    let mut verdicts = gates::judge_some(
        &GATES,
        &Facts {
            settings: sources.settings,
            provider: sources.project.provider,
            target,
            folder,
            history: &history,
            plan: &plan,
            evidence: &evidence,
            // No gate of the list asks for it.
            hash: "",
        },
    );
    // The gates speak of a deploy; what they saw is the same, what comes of it is not.
    for verdict in &mut verdicts {
        verdict.evidence = verdict
            .evidence
            .replace("this deploy marks it", "the next deploy marks it")
            .replace("before the first migration", "before the script");
    }
    verdicts
}

/// One hash over everything that a revert rests on: what a deploy's plan rests on (settings, target, migrations, ledger, versions), and the
/// scripts that would run.
#[must_use]
pub fn hash(base: &str, steps: &[Step<'_>], continue_at: usize) -> String {
    let mut text = format!("revert\n{base}\n{continue_at}\n");
    for step in steps {
        text.push_str(&format!("{} {} {}\n", step.name(), step.chosen.row.id, step.revert.checksum));
    }
    Checksum::of(text.as_bytes()).to_string()
}
