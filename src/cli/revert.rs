//! `revert`: take the newest applied migration back with its proven revert script, for the rare case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;

use super::story::Story;
use super::verify::place;
use super::{Context, FormatArgs};
use crate::database::open_script;
use crate::database::script::{ScriptConnection, ScriptSettings};
use crate::deploy::gates::{Outcome, Verdict};
use crate::deploy::receipt::{Recorded, Who, write_as};
use crate::deploy::release::{self, Event, Watcher as _};
use crate::deploy::{DeployError, plan_hash};
use crate::environment::source::Sources;
use crate::environment::{FoundUrl, Target};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::history::{History, State};
use crate::migrations::MigrationsFolder;
use crate::prisma::dev_check::{ClaimedUrls, prove};
use crate::prisma::{agents, launch};
use crate::project::Provider;
use crate::report::revert::{Planned, human, json};
use crate::revert::run::RevertError;
use crate::revert::run::catalogue::Expected;
use crate::revert::run::choose::{Wanted, choose};
use crate::revert::run::execute::{self, Stop};
use crate::revert::run::proof::{self, Asked};
use crate::revert::run::receipt::{Receipt, Reverted};
use crate::revert::run::steps::{self, Step};
use crate::revert::run::stop::StopFlag;
use crate::revert::throwaway::Reuse;
use crate::settings::Sourced;
use crate::shell::{Shell, count, printable};

/// For one question about what would be lost.
const COUNTING: Duration = Duration::from_secs(5);

/// `revert`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["name", "through"])))]
pub struct Args {
    /// The newest applied migration: its folder's name, or a part that only one has
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Take back every migration from the newest down to this one, newest first, each by itself; stop at the first that fails
    #[arg(long, value_name = "NAME")]
    pub through: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Show what would run and what would be lost, asked from the live database, and stop there
    #[arg(long)]
    pub dry_run: bool,
    /// Run only the plan with this hash, as `--dry-run` shows it; refuse when anything it rests on has changed
    #[arg(long, value_name = "HASH")]
    pub plan: Option<String>,
    /// Go on although the proof says that only the schema comes back
    #[arg(long)]
    pub schema_only: bool,
    /// After a revert that stopped midway (MySQL): begin at this statement of the script
    #[arg(long, value_name = "NUMBER", conflicts_with = "through")]
    pub continue_at: Option<usize>,
    /// How long to wait for a deploy to the same database, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub lock_wait: u64,
    #[command(flatten)]
    format: FormatArgs,
}

impl Args {
    fn wanted(&self) -> Wanted<'_> {
        match (&self.name, &self.through) {
            (_, Some(through)) => Wanted::Through(through),
            (name, None) => Wanted::Newest(name.as_deref().unwrap_or_default()),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the migration may not be taken back, is not proven, a gate blocks, the user says no, or the script does not come to its end.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let started_at = Timestamp::now();
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    let mut target = reach(&sources, &environment)?;
    let shell = &mut context.shell;
    Story::new(shell).see(Event::Reached(&target));
    // Refused before anything is waited for.
    chosen(&args, &target, &folder)?;
    if !args.dry_run {
        release::take_lock(&mut target, Duration::from_secs(args.lock_wait), &mut Story::new(shell))?;
        target.look()?;
    }
    let steps = read(&args, &project, &target, &folder)?;
    let stop: Arc<AtomicBool> = Arc::default();
    let mut connection = connect(&target, &stop)?;
    let prisma = Some(launch::version(&project));
    let limit = environment.statement_timeout.as_ref().map(|set| set.value).filter(|limit| !limit.is_zero());
    let counting = limit.map_or(COUNTING, |limit| limit.min(COUNTING));
    let stakes = steps.iter().map(|step| step.stakes(prisma, counting, &mut *connection)).collect::<Vec<_>>();
    let proofs = prove_steps(context, &args, &sources, &target, &folder, &steps);
    let shell = &mut context.shell;
    let mut work = Work {
        planned: steps
            .iter()
            .zip(stakes)
            .zip(&proofs)
            .map(|((step, stakes), proof)| planned(step, stakes, proof))
            .collect(),
        verdicts: steps::judge(&sources, &mut target, &folder, &steps, prisma),
        hash: steps::hash(&plan_hash::hash(&settings, &target, &folder, prisma), &steps, args.continue_at.unwrap_or(1)),
        reverted: Vec::new(),
        receipt: None,
    };
    work.show(shell, args.dry_run);
    let decided = decide(&args, &target, &work, agents::detect(&variables), proofs);
    if args.dry_run || decided.is_err() {
        work.print(shell, &args, target.name());
        if args.dry_run && !args.format.is_json() {
            print_sql(shell, &steps);
        }
        return decided.map(|()| ExitCode::Done).map_err(Into::into);
    }
    ask(shell, &args, &target, &work)?;
    let backup = release::take_backup(&target, &settings, &mut Story::new(shell))?;
    target.make_room();
    let ended = {
        let _listening = StopFlag::listen(&stop);
        carry_out(shell, &args, &mut target, &folder, &steps, connection, &stop, &mut work)
    };
    let outcome =
        Outcomes { started_at, backup: backup.as_ref(), by: Who::of(&variables), stopped: ended.as_ref().err() };
    work.receipt = write_receipt(shell, &project.root, &target, &work, &outcome);
    work.print(shell, &args, target.name());
    ended?;
    say_next(shell, target.name(), &work);
    Ok(ExitCode::Done)
}

/// A database that is marked as dev by its settings only is treated as what it is: a stranger's.
fn reach(sources: &Sources<'_>, environment: &crate::settings::EnvironmentSettings) -> Result<Target> {
    if environment.kind.value.is_dev() {
        let urls = sources.urls(environment)?;
        let origin = |found: &FoundUrl| found.provenance.to_string();
        let origins = (origin(&urls.url), urls.direct.as_ref().map(origin));
        let claimed = ClaimedUrls {
            url: (&urls.url.url, &origins.0),
            direct: urls.direct.as_ref().zip(origins.1.as_deref()).map(|(found, origin)| (&found.url, origin)),
            shadow: None,
        };
        let others = sources.others(&environment.name.value);
        prove(sources.settings, environment, claimed, &[], &others)?;
    }
    let target = Target::reach(sources, environment)?;
    if target.exists() {
        return Ok(target);
    }
    Err(DeployError::NoDatabase { environment: target.name().to_owned(), place: target.url().redacted() }.into())
}

fn chosen<'f>(
    args: &Args,
    target: &Target,
    folder: &'f MigrationsFolder,
) -> Result<Vec<crate::revert::run::choose::Chosen<'f>>, RevertError> {
    let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
    choose(target.name(), args.wanted(), folder, &history, target.ledger())
}

/// The steps, with everything that they need.
fn read<'f>(
    args: &Args,
    project: &crate::project::Project,
    target: &Target,
    folder: &'f MigrationsFolder,
) -> Result<Vec<Step<'f>>> {
    let mut steps = Vec::new();
    for chosen in chosen(args, target, folder)? {
        steps.push(Step::new(project.provider, folder, chosen)?);
    }
    if let (Some(at), [step]) = (args.continue_at, steps.as_slice()) {
        let last = step.revert.pieces.last().map_or(0, |piece| piece.number);
        let because = if step.revert.why_stepwise.is_none() {
            Some("this script runs in one transaction, so it never stops midway".to_owned())
        } else if at == 0 || at > last + 1 {
            Some(format!(
                "its script has the statements 1 to {last}; {} runs none and only marks the migration",
                last + 1
            ))
        } else {
            None
        };
        if let Some(because) = because {
            return Err(RevertError::CannotContinue { at, because }.into());
        }
    }
    Ok(steps)
}

fn connect(target: &Target, stop: &Arc<AtomicBool>) -> Result<Box<dyn ScriptConnection>> {
    let environment = target.environment();
    let provider = target.url().provider();
    let value = |set: Option<Sourced<Duration>>| set.map(|set| set.value).filter(|value| !value.is_zero());
    // SQLite cannot be told by Prisma; by us it can.
    let (lock, statement) = match provider {
        Provider::Sqlite => (environment.lock_timeout.clone(), environment.statement_timeout.clone()),
        _ => (environment.lock_limit(provider), environment.statement_limit(provider)),
    };
    let settings =
        ScriptSettings { lock_timeout: value(lock), statement_timeout: value(statement), stop: Arc::clone(stop) };
    Ok(open_script(target.url(), &settings)?)
}

/// The proof of each step, made now where a receipt does not do.
fn prove_steps(
    context: &mut Context,
    args: &Args,
    sources: &Sources<'_>,
    target: &Target,
    folder: &MigrationsFolder,
    steps: &[Step<'_>],
) -> Vec<Result<proof::Proven, RevertError>> {
    let asked = Asked {
        project: &sources.project.root,
        folder,
        server: &target.survey().server,
        schema_only: args.schema_only,
    };
    let names: Vec<String> = steps.iter().map(|step| step.name().to_owned()).collect();
    let missing = proof::to_prove(&asked, &names);
    if !missing.is_empty()
        // No throwaway server is no proof, and that is an answer too.
        && let Err(error) = prove_now(context, sources, folder, &missing)
    {
        context.shell.warn(&format!("it could not be proven here: {}", printable(&error.to_string())));
        for hint in error.hints() {
            context.shell.hint(&hint);
        }
    }
    names.iter().map(|name| proof::check(&asked, name)).collect()
}

fn prove_now(
    context: &mut Context,
    sources: &Sources<'_>,
    folder: &MigrationsFolder,
    names: &BTreeSet<String>,
) -> Result<()> {
    let plan = place::Plan { project: sources.project, folder, chosen: names };
    let mut place = place::open(context, &plan, &Reuse { keys: &[], cold: true })?;
    let shell = &mut context.shell;
    shell.status("Proving", &format!("{} on {}", count(names.len(), "revert script"), printable(&place.place())));
    proof::prove_now(sources, folder, names, &mut *place, |proof| {
        for line in crate::report::verify::human::proof(proof, false).lines() {
            shell.note(&format!("             {line}"));
        }
    })?;
    Ok(())
}

fn planned(
    step: &Step<'_>,
    stakes: crate::revert::run::losses::Stakes,
    proof: &Result<proof::Proven, RevertError>,
) -> Planned {
    Planned {
        name: step.name().to_owned(),
        applied_at: step.applied_at(),
        never_ran: step.chosen.row.applied_steps_count == 0,
        revert_file: step.revert.file.clone(),
        statements: step.revert.pieces.len(),
        why_stepwise: step.revert.why_stepwise.clone(),
        stakes,
        proof: proof.as_ref().ok().cloned(),
    }
}

/// What is known, and what was done of it.
struct Work {
    planned: Vec<Planned>,
    verdicts: Vec<Verdict>,
    hash: String,
    reverted: Vec<Reverted>,
    receipt: Option<String>,
}

impl Work {
    fn show(&self, shell: &mut Shell, dry_run: bool) {
        super::deploy::show_verdicts(shell, &self.verdicts);
        let verb = if dry_run { "Would revert" } else { "Plan" };
        shell.status(verb, &count(self.planned.len(), "migration"));
        for planned in &self.planned {
            for line in human::planned(planned) {
                shell.note(&format!("             {line}"));
            }
        }
        if dry_run {
            shell.status("Hash", &self.hash);
        }
    }

    fn print(&self, shell: &mut Shell, args: &Args, environment: &str) {
        if args.format.is_json() {
            let receipt = self.receipt.as_deref();
            shell.document(&json::Document::new(
                environment,
                &self.verdicts,
                &self.hash,
                &self.planned,
                &self.reverted,
                receipt,
            ));
        }
    }
}

/// Whether it may run.
fn decide(
    args: &Args,
    target: &Target,
    work: &Work,
    agent: Option<&'static str>,
    proofs: Vec<Result<proof::Proven, RevertError>>,
) -> Result<(), RevertError> {
    let environment = target.name().to_owned();
    let blocked: Vec<Verdict> =
        work.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Block).cloned().collect();
    if !blocked.is_empty() {
        return Err(RevertError::Blocked { environment, blocked });
    }
    for proof in proofs {
        proof?;
    }
    match (&args.plan, agent) {
        (Some(named), _) if !named.trim().eq_ignore_ascii_case(&work.hash) => {
            Err(RevertError::OtherPlan { environment, now: work.hash.clone() })
        }
        (None, Some(agent)) if !target.kind().is_dev() && !args.dry_run => {
            Err(RevertError::Agent { agent, environment })
        }
        _ => Ok(()),
    }
}

fn print_sql(shell: &mut Shell, steps: &[Step<'_>]) {
    for step in steps {
        let sql = printable(&step.revert.script.text);
        let end = if sql.ends_with('\n') { "" } else { "\n" };
        shell.data(&format!("-- {}/{}\n{sql}{end}\n", printable(step.name()), printable(&step.revert.file)));
    }
}

fn ask(shell: &mut Shell, args: &Args, target: &Target, work: &Work) -> Result<()> {
    if args.yes {
        return Ok(());
    }
    let what = count(work.planned.len(), "migration");
    if target.kind().is_dev() {
        shell.confirm(&format!("Take back {what} in `{}`?", target.name()), "--yes")?;
    } else {
        let place = target.url().redacted();
        let question = format!("Take back {what} in {place}? Type the environment's name, `{}`", target.name());
        shell.confirm_typed(&question, target.name(), "--yes")?;
    }
    Ok(())
}

/// One after the other, newest first. The connection is closed before the ledger is read again: SQLite is one's alone.
#[allow(clippy::too_many_arguments, reason = "it is the middle of `run`, and each of them is something else")]
fn carry_out(
    shell: &mut Shell,
    args: &Args,
    target: &mut Target,
    folder: &MigrationsFolder,
    steps: &[Step<'_>],
    mut connection: Box<dyn ScriptConnection>,
    stop: &Arc<AtomicBool>,
    work: &mut Work,
) -> Result<()> {
    for (at, step) in steps.iter().enumerate() {
        let name = step.name().to_owned();
        shell.status("Reverting", &printable(&name));
        let expected = Expected::of(&step.revert.script, &step.after);
        let from = args.continue_at.unwrap_or(1);
        let ran = execute::run(
            &mut *connection,
            &step.revert,
            &step.chosen.row.id,
            from,
            stop,
            |piece| shell.detail(&format!("             statement {} (line {})", piece.number, piece.line)),
            |connection| expected.check(connection),
        );
        drop(connection);
        let looked = target.look_after_run();
        let rolled_back_at =
            target.ledger().iter().find(|row| row.id == step.chosen.row.id).and_then(|row| row.rolled_back_at);
        let is_back = looked.is_ok() && rolled_back_at.is_some();
        if let Err(stopped) = ran {
            let reverted = work.reverted.iter().map(|done| done.name.clone()).collect();
            return Err(stopped_at(&name, target.name(), stopped, looked.is_ok().then_some(!is_back), reverted).into());
        }
        looked?;
        let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
        if !is_back || history.get(&name).is_none_or(|entry| entry.state != State::RolledBack) {
            return Err(RevertError::LedgerDisagrees { name, environment: target.name().to_owned() }.into());
        }
        shell.status("Reverted", &format!("{} in `{}`, read back from its ledger", printable(&name), target.name()));
        let (planned, proof) = (&work.planned[at], work.planned[at].proof.clone());
        let record = proof.map(|proof| step.record(rolled_back_at, proof, planned.stakes.clone()));
        work.reverted.extend(record);
        if at + 1 == steps.len() {
            break;
        }
        target.make_room();
        connection = connect(target, stop)?;
    }
    Ok(())
}

fn stopped_at(
    name: &str,
    environment: &str,
    stop: Box<Stop>,
    still_applied: Option<bool>,
    reverted: Vec<String>,
) -> RevertError {
    RevertError::Stopped { name: name.to_owned(), environment: environment.to_owned(), stop, still_applied, reverted }
}

/// What a receipt tells beside the work.
struct Outcomes<'a> {
    started_at: Timestamp,
    backup: Option<&'a crate::deploy::backup::Taken>,
    by: Who,
    stopped: Option<&'a crate::error::Error>,
}

/// What was done is done and true; a receipt that cannot be written does not undo it. One that was refused by everything leaves none.
fn write_receipt(
    shell: &mut Shell,
    project: &std::path::Path,
    target: &Target,
    work: &Work,
    outcome: &Outcomes<'_>,
) -> Option<String> {
    let server = &target.survey().server;
    let receipt = Receipt {
        schema_version: 1,
        environment: target.name(),
        kind: target.kind().as_str(),
        target: target.url().redacted(),
        server: format!("{} {}", server.product, server.version).trim().to_owned(),
        prisma_safe: env!("CARGO_PKG_VERSION"),
        by: outcome.by.clone(),
        started_at: outcome.started_at,
        finished_at: Timestamp::now(),
        plan: &work.hash,
        verdicts: &work.verdicts,
        backup: outcome.backup,
        reverted: &work.reverted,
        stopped: outcome.stopped.map(ToString::to_string),
        ledger: Recorded::all(target.ledger()),
    };
    match write_as(project, "revert", target.name(), outcome.started_at, &receipt) {
        Ok(path) => {
            let path = path.to_string_lossy().replace('\\', "/");
            shell.status("Receipt", &printable(&path));
            Some(path)
        }
        Err(error) => {
            shell.warn(&format!("the receipt could not be written: {error}"));
            shell.hint(&format!("`cargo prisma-safe status --env {}` reads the ledger itself", target.name()));
            None
        }
    }
}

fn say_next(shell: &mut Shell, environment: &str, work: &Work) {
    let names: Vec<&str> = work.reverted.iter().map(|done| done.name.as_str()).collect();
    shell.status(
        "Finished",
        &format!(
            "{} taken back in `{environment}`; application and schema.prisma have to fit the schema of before",
            count(names.len(), "migration")
        ),
    );
    let it = if names.len() == 1 { "it is" } else { "they are" };
    shell.warn(&format!(
        "{it} pending again: the next deploy to `{environment}` runs {} once more, unless the migrations folder changes",
        names.join(", ")
    ));
    for name in &names {
        shell.hint(&format!(
            "the forward fix, for every environment alike: `cargo prisma-safe new --undo-of {}`",
            printable(name)
        ));
    }
}
