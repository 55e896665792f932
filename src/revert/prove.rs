//! The proof: earlier migrations → rows → snapshot → the migration → the revert → compare → the migration again → compare.
//!
//! `scripts` runs SQL as Prisma would, `attempt` tries one migration; this file leads through the history.

mod attempt;
mod drafted;
mod scripts;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::VerifyError;
use super::compare::DataLost;
use super::old_application::{Answer, OldApplication};
use super::second_opinion::{PrismaSays, SecondOpinion};
use super::seed::SeedFile;
use super::snapshot::LEDGER;
use super::throwaway::Throwaway;
use crate::migrations::{Checksum, Migration, MigrationsFolder, name};
use crate::project::Provider;
use crate::settings::Demand;
use crate::sql;
use crate::sql::analysis::{self, Phase, PrismaVersion};
use crate::sql::history_state::State;
use crate::sql::model::Script;
use crate::sql::quote;
use attempt::Attempt;
pub(super) use scripts::by_statement_of;
pub use scripts::replay;

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Schema and rows came back.
    Proven,
    /// The schema came back; rows did not, or could not be tried.
    SchemaOnly,
    /// The schema is another one afterwards.
    NotRestored,
    /// A statement was refused.
    CannotRun,
    /// It destroys, and there is no revert script.
    NoRevert,
    /// It destroys nothing, and there is no revert script.
    NotNeeded,
}

impl Verdict {
    /// Whether it must not go on like this.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Verdict::NotRestored | Verdict::CannotRun | Verdict::NoRevert)
    }
}

/// Whether a script can run a second time and change nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "answer", content = "why")]
pub enum Twice {
    /// It can.
    Yes,
    /// It cannot: what the database said, or what was different.
    No(String),
}

/// Whether the two scripts can run twice: the policy's idempotence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RunsTwice {
    /// `migration.sql`.
    pub migration: Twice,
    /// The revert script; `None`: it could not be tried.
    pub revert: Option<Twice>,
}

/// The proof of one migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The migration.
    pub name: String,
    /// What came out.
    pub verdict: Verdict,
    /// Whether this fails the run: the verdict, or what the settings demand beside it.
    pub failed: bool,
    /// Whether it destroys anything.
    pub destructive: bool,
    /// Where in expand → migrate → contract it belongs.
    pub phase: Phase,
    /// Why it is not restored, or what the database said, or what is destroyed without a revert.
    pub differences: Vec<String>,
    /// Differences that are none, and what else one should know.
    pub notes: Vec<String>,
    /// What did not come back.
    pub data_lost: Vec<DataLost>,
    /// Tables that the migration names and that could not be filled: name, why.
    pub data_not_proven: Vec<(String, String)>,
    /// Whether the scripts can run twice. `None`: it was not tried.
    pub runs_twice: Option<RunsTwice>,
    /// Whether the application that runs before it works after it.
    pub old_application: OldApplication,
    /// What Prisma says after the revert, where it was asked.
    pub prisma_diff: Option<PrismaSays>,
    /// The revert script that was made, where there was none and one was wanted.
    pub drafted: Option<String>,
    /// Rows that were there.
    pub rows: usize,
    /// How long it took, without the earlier migrations.
    pub seconds: f64,
}

impl Proof {
    /// The running version breaks where the policy promises that it does not.
    #[must_use]
    pub fn breaks_promise(&self) -> bool {
        self.old_application.answer == Answer::Breaks && !matches!(self.phase, Phase::Contract | Phase::Mixed)
    }

    fn judge(&mut self, demands: Demands) {
        let no = |twice: &Twice| matches!(twice, Twice::No(_));
        let not_twice =
            self.runs_twice.as_ref().is_some_and(|twice| no(&twice.migration) || twice.revert.as_ref().is_some_and(no));
        self.failed = self.verdict.is_failure()
            || (demands.old_application == Demand::Fail && self.breaks_promise())
            || (demands.runs_twice == Demand::Fail && not_twice);
    }
}

/// What is a failure beside the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// An expand or migrate step that breaks the running version.
    pub old_application: Demand,
    /// A script that cannot run twice.
    pub runs_twice: Demand,
}

impl Default for Demands {
    fn default() -> Self {
        Demands { old_application: Demand::Fail, runs_twice: Demand::Note }
    }
}

/// What is proven.
pub struct Job<'a> {
    /// All migrations.
    pub folder: &'a MigrationsFolder,
    /// The database.
    pub provider: Provider,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
    /// Which migrations, by name.
    pub chosen: &'a BTreeSet<String>,
    /// What rows are made from.
    pub row_seed: u64,
    /// The team's own rows.
    pub seeds: &'a [SeedFile],
    /// What is a failure beside the verdict.
    pub demands: Demands,
    /// Make a revert script where a destructive migration has none (PostgreSQL).
    pub draft: bool,
    /// Asks Prisma after each revert.
    pub prisma_diff: Option<&'a dyn SecondOpinion>,
}

/// The revert script of a migration: the one that has its slug, else the only one.
#[must_use]
pub fn revert_of(migration: &Migration) -> Option<&Path> {
    let wanted = format!("revert_{}.sql", name::slug_of(&migration.name));
    let named = migration.reverts.iter().find(|path| path.file_name().is_some_and(|file| file == wanted.as_str()));
    named.or_else(|| migration.reverts.first()).map(std::path::PathBuf::as_path)
}

/// What applying a history must take at least for it to be kept.
const WORTH_KEEPING: Duration = Duration::from_millis(200);

/// `keys[i]` stands for the first `i + 1` migrations as this Prisma applies them: all that the database then depends on, beside the server.
#[must_use]
pub fn history_keys(folder: &MigrationsFolder, provider: Provider, prisma: Option<PrismaVersion>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let start = format!("1 {} {prisma:?}", provider.as_str());
    for migration in &folder.migrations {
        let Ok(bytes) = &migration.script else { break };
        let before = keys.last().unwrap_or(&start);
        let ground = format!("{before}\n{}\n{}", migration.name, Checksum::of(bytes).as_str());
        keys.push(Checksum::of(ground.as_bytes()).as_str().to_owned());
    }
    keys
}

/// Proves the chosen migrations, in their order; `each` hears of every one as it is done.
///
/// # Errors
/// [`VerifyError`] when the throwaway database itself fails.
pub fn prove(
    job: &Job<'_>,
    place: &mut dyn Throwaway,
    mut each: impl FnMut(&Proof),
) -> Result<Vec<Proof>, VerifyError> {
    let mut state = State::new(job.provider);
    let mut proofs = Vec::new();
    let mut base = Base { applied: place.applied(), took: Duration::ZERO, broken: None };
    if base.applied == 0 {
        let ledger = format!(
            "CREATE TABLE {} (id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMP NULL, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMP NULL, started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, applied_steps_count INTEGER NOT NULL DEFAULT 0)",
            quote::ident(job.provider, LEDGER)
        );
        place
            .base()?
            .execute(&ledger)
            .map_err(|failure| VerifyError::Sql { doing: "make its first table", failure })?;
    }
    for (number, migration) in job.folder.migrations.iter().enumerate() {
        if proofs.len() == job.chosen.len() {
            break;
        }
        let is_chosen = job.chosen.contains(&migration.name);
        let read = read_script(job.provider, migration);
        let began = Instant::now();
        if is_chosen {
            let mut proof = match (&read, &base.broken) {
                (Err(problem), _) => unread(migration, problem),
                (Ok(_), Some(broken)) => unread(migration, broken),
                (Ok(script), None) => {
                    let judgement = analysis::judge(script, &state, job.prisma);
                    Attempt { job, migration, script, judgement: &judgement }.verdict(place)?
                }
            };
            proof.judge(job.demands);
            proof.seconds = began.elapsed().as_secs_f64();
            each(&proof);
            proofs.push(proof);
        }
        let Ok(script) = read else {
            base.breaks(format!("the earlier migration `{}` cannot be read", migration.name));
            continue;
        };
        if number >= base.applied && base.broken.is_none() && proofs.len() < job.chosen.len() {
            base.apply(place, migration, &script, job.prisma)?;
        }
        state.begin_migration(&migration.name, false);
        for statement in &script.statements {
            state.apply(&script, statement);
        }
    }
    if base.took >= WORTH_KEEPING && base.broken.is_none() {
        let keys = history_keys(job.folder, job.provider, job.prisma);
        if let Some(key) = base.applied.checked_sub(1).and_then(|last| keys.get(last)) {
            place.keep(key);
        }
    }
    Ok(proofs)
}

/// The database that the history is applied to.
struct Base {
    /// How many migrations it has.
    applied: usize,
    /// How long the ones of this run took.
    took: Duration,
    /// Why no later migration can be tried.
    broken: Option<String>,
}

impl Base {
    fn breaks(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    fn apply(
        &mut self,
        place: &mut dyn Throwaway,
        migration: &Migration,
        script: &Script,
        prisma: Option<PrismaVersion>,
    ) -> Result<(), VerifyError> {
        let began = Instant::now();
        match scripts::run_migration(place.base()?, script, prisma) {
            Ok(()) => self.applied += 1,
            Err(stop) => self.breaks(format!("the earlier migration `{}` stops {}", migration.name, stop.shown())),
        }
        self.took += began.elapsed();
        Ok(())
    }
}

fn read_script(provider: Provider, migration: &Migration) -> Result<Script, String> {
    let bytes = migration.script.as_ref().map_err(|problem| format!("it {problem}"))?;
    sql::read(provider, bytes).map_err(|error| error.to_string())
}

fn unread(migration: &Migration, why: &str) -> Proof {
    Proof { differences: vec![why.to_owned()], verdict: Verdict::CannotRun, ..empty(migration, false, Phase::Neutral) }
}

fn empty(migration: &Migration, destructive: bool, phase: Phase) -> Proof {
    Proof {
        name: migration.name.clone(),
        verdict: Verdict::NotNeeded,
        failed: false,
        destructive,
        phase,
        differences: Vec::new(),
        notes: Vec::new(),
        data_lost: Vec::new(),
        data_not_proven: Vec::new(),
        runs_twice: None,
        old_application: OldApplication::not_tried("the migration did not run"),
        prisma_diff: None,
        drafted: None,
        rows: 0,
        seconds: 0.0,
    }
}
