//! `resolve`: see what a failed migration left behind, and take one of the ways out that are true.
//!
//! `patient` looks at the database, `steps` takes a way, `baseline` is the way of a database without a history.

mod baseline;
mod patient;
mod steps;

use super::{Context, FormatArgs};
use crate::deploy::DeployError;
use crate::deploy::recovery::{RecoveryError, WayKind};
use crate::deploy::resolution::ResolutionError;
use crate::environment::Target;
use crate::environment::source::Sources;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::history::History;
use crate::prisma::Resolution;
use crate::report::recovery::{human, json};
use crate::shell::{Shell, printable};

use patient::Patient;

/// `resolve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a flag it shows every failed migration: the database's error at its statement, whether the
file was all or nothing, and for each statement whether its effect is in the database now; then
the ways out that are true, each with its command. On a terminal it asks which one.

MIGRATION may be left out where only one has failed. --finish and --undo write their script into
.prisma-safe/recovery/ENV and run it after it was shown and confirmed; in a script, the first call writes
it, and a second one with --yes runs it as it then is.")]
pub struct Args {
    /// It was a timeout, a deadlock or a kill, and nothing of it is in the database: mark it rolled back and deploy again
    #[arg(long, value_name = "MIGRATION", num_args = 0..=1, default_missing_value = "", group = "way")]
    pub retry: Option<String>,
    /// Run the statements that are missing, then mark it applied
    #[arg(long, value_name = "MIGRATION", num_args = 0..=1, default_missing_value = "", group = "way")]
    pub finish: Option<String>,
    /// Take back what is done, by the revert script cut to what is there, then mark it rolled back
    #[arg(long, value_name = "MIGRATION", num_args = 0..=1, default_missing_value = "", group = "way")]
    pub undo: Option<String>,
    /// Mark it rolled back: the next deploy runs it again
    #[arg(long, value_name = "MIGRATION", group = "way")]
    pub rolled_back: Option<String>,
    /// Mark it applied: it will not run again
    #[arg(long, value_name = "MIGRATION", group = "way")]
    pub applied: Option<String>,
    /// Alone: compare a database that Prisma does not know yet (P3005) with the migrations, and mark those that it contains. With
    /// --applied: that one never ran, its objects were there before Prisma
    #[arg(long, conflicts_with_all = ["retry", "finish", "undo", "rolled_back"])]
    pub baseline: bool,
    /// With --applied: although the catalogue shows that a part of it is missing
    #[arg(long, requires = "applied")]
    pub unchecked: bool,
    /// Do not ask; for CI
    #[arg(long, short)]
    pub yes: bool,
    /// Format of stdout.
    #[command(flatten)]
    pub format: FormatArgs,
}

impl Args {
    /// The way that a flag names, with the migration; an empty name: the only failed one.
    fn way(&self) -> Option<(WayKind, &str)> {
        let named = [
            (WayKind::Retry, &self.retry),
            (WayKind::Finish, &self.finish),
            (WayKind::Undo, &self.undo),
            (WayKind::RollBack, &self.rolled_back),
            (WayKind::Apply, &self.applied),
        ];
        named.into_iter().find_map(|(way, name)| Some((way, name.as_deref()?)))
    }
}

/// Runs the command.
///
/// # Errors
/// When the migration cannot be resolved so, the user says no, or Prisma or the database fails.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let target = Target::reach(&sources, &environment)?;
    if !target.exists() {
        let environment = target.name().to_owned();
        return Err(DeployError::NoDatabase { environment, place: target.url().redacted() }.into());
    }
    let mut patient = Patient::new(&project, target)?;
    if args.baseline && args.applied.is_none() {
        return baseline::run(&args, context, patient);
    }
    if let Some((way, name)) = args.way() {
        patient.lock()?;
        patient.look()?;
        let name = patient.which(name)?;
        if !args.format.is_json() {
            show(&mut context.shell, &patient, Some(&name));
        }
        return steps::take(&args, context, patient, way, &name);
    }
    patient.look()?;
    if args.format.is_json() {
        context.shell.document(&json::document(patient.told()));
        return Ok(if patient.failed.is_empty() { ExitCode::Done } else { ExitCode::FailedMigration });
    }
    show(&mut context.shell, &patient, None);
    match choose(&mut context.shell, &patient)? {
        Choice::Nothing => Ok(ExitCode::Done),
        Choice::Later => Ok(ExitCode::FailedMigration),
        Choice::Way(way, name) => {
            let before = patient.seal();
            patient.lock()?;
            patient.look()?;
            // Somebody else may have resolved it while the question stood there.
            patient.is_still(&before)?;
            steps::take(&args, context, patient, way, &name)
        }
    }
}

enum Choice {
    Nothing,
    Later,
    Way(WayKind, String),
}

fn show(shell: &mut Shell, patient: &Patient, only: Option<&str>) {
    let environment = patient.target.name().to_owned();
    if patient.failed.is_empty() {
        shell.status("History", &format!("no failed migration in `{environment}`"));
    }
    let look = human::Look { color: shell.out_color(), width: shell.width() };
    for (diagnosis, ways) in &patient.failed {
        if only.is_some_and(|only| only != diagnosis.name) {
            continue;
        }
        let mut text = human::diagnosis(&environment, diagnosis, look);
        if only.is_none() {
            text.push_str(&human::ways(ways));
        }
        shell.data(&text);
    }
    if let crate::database::LockState::Held { by, .. } = &patient.target.survey().lock {
        shell.warn(&format!(
            "Prisma's lock is held by {}: a deploy may be running right now; wait for it before you resolve anything",
            printable(by)
        ));
        if let Some(sql) = patient::ends(by, patient.target.url().provider()) {
            shell.hint(&format!("if that session is forgotten, end it in the database: `{sql}`"));
        }
    }
}

/// Asks which way to take out of the first failed migration.
fn choose(shell: &mut Shell, patient: &Patient) -> Result<Choice> {
    let Some((first, ways)) = patient.failed.first() else { return Ok(Choice::Nothing) };
    let environment = patient.target.name();
    if !shell.can_ask() {
        return Err(ResolutionError::NothingChosen {
            failed: patient.failed.len(),
            environment: environment.to_owned(),
            ways: ways
                .first()
                .map(|way| format!("take one of the ways above, the best first: `{}`", way.command))
                .into_iter()
                .collect(),
        }
        .into());
    }
    let mut choices: Vec<String> = ways.iter().map(|way| way.way.title().to_owned()).collect();
    choices.push("change nothing now".to_owned());
    let question = format!("`{}` in `{environment}`: which way?", printable(&first.name));
    let chosen = shell.select(&question, &choices, "--retry, --finish, --undo, --rolled-back or --applied")?;
    Ok(ways.get(chosen).map_or(Choice::Later, |way| Choice::Way(way.way, first.name.clone())))
}

/// Refuses while somebody holds Prisma's lock.
fn nobody_at_work(target: &Target) -> Result<(), RecoveryError> {
    let crate::database::LockState::Held { by, since } = &target.survey().lock else { return Ok(()) };
    Err(RecoveryError::Running {
        environment: target.name().to_owned(),
        by: printable(by).into_owned(),
        since: since.map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        ends_it: patient::ends(by, target.url().provider()),
    })
}

/// Prisma said that it wrote its mark; the ledger has to show it.
fn confirm(environment: &str, chosen: &Resolution, after: &History) -> Result<()> {
    use crate::history::State;
    let (Resolution::Applied(name) | Resolution::RolledBack(name)) = chosen;
    let state = after.get(name).map(|entry| entry.state);
    let as_meant = match chosen {
        Resolution::Applied(_) => matches!(state, Some(State::Applied | State::Edited)),
        Resolution::RolledBack(_) => state == Some(State::RolledBack),
    };
    if as_meant {
        return Ok(());
    }
    let details = format!("`{name}` is {}", state.map_or("missing", State::words));
    Err(DeployError::LedgerDisagrees { environment: environment.to_owned(), details }.into())
}
