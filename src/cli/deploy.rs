//! `deploy`: apply what is pending, behind the gates, and believe only the ledger afterwards.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;

use super::{Context, FormatArgs};
use crate::database::DeployLock;
use crate::deploy::backup::{self, Taken};
use crate::deploy::gates::{Outcome, Verdict};
use crate::deploy::receipt::{self, Receipt, Recorded, Who};
use crate::deploy::{Applied, Assessment, DeployError, Plan, execution, plan};
use crate::environment::Target;
use crate::environment::source::Sources;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::history::History;
use crate::migrations::MigrationsFolder;
use crate::prisma::guard::pin::{Permit, Pin};
use crate::prisma::{Command, Success};
use crate::project::Provider;
use crate::settings::{BackupSource, Settings};
use crate::shell::{Shell, count, printable};

/// `deploy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not ask; for CI
    #[arg(long, short)]
    pub yes: bool,
    /// Show the gates and the SQL that would run, in order, and stop there
    #[arg(long)]
    pub dry_run: bool,
    /// Run only the plan with this hash, as `--dry-run` shows it; refuse when anything it rests on has changed
    #[arg(long, value_name = "HASH")]
    pub plan: Option<String>,
    /// Create the database when it does not exist
    #[arg(long)]
    pub create_database: bool,
    /// How long to wait for another deploy to the same database, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub lock_wait: u64,
    /// Format of stdout.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    environment: &'a str,
    verdicts: &'a [Verdict],
    plan: &'a str,
    pending: Vec<String>,
    applied: &'a [Applied],
    receipt: Option<&'a str>,
}

/// Runs the command.
///
/// # Errors
/// When a gate blocks, the user says no, Prisma fails, or the ledger disagrees.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let started_at = Timestamp::now();
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let mut target = Target::reach(&sources, &environment)?;
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    // On dev the guard's own dev test decides, as for every `migrate dev`.
    if !target.exists() && !args.create_database && !target.kind().is_dev() {
        return Err(
            DeployError::NoDatabase { environment: target.name().to_owned(), place: target.url().redacted() }.into()
        );
    }
    let shell = &mut context.shell;
    let json = args.format.is_json();
    shell.status("Target", &describe(&target));
    let pending = |target: &Target| {
        History::new(&folder.migrations, target.survey().ledger.as_deref()).would_apply().next().is_some()
    };
    if !args.dry_run && pending(&target) {
        // From here to the last look at the ledger nobody else deploys; what was read before may be old by now.
        take_lock(shell, &mut target, Duration::from_secs(args.lock_wait))?;
        target.look()?;
    }
    let assessment = Assessment::of(&sources, &mut target, &folder)?;
    let Assessment { history, plan, verdicts, hash, .. } = &assessment;
    let name = target.name().to_owned();
    let told = Told { environment: &name, verdicts, hash, plan };
    if history.would_apply().next().is_none() && history.failed().next().is_none() {
        return nothing_pending(shell, json, &target, &told, history);
    }
    show_verdicts(shell, verdicts);
    show_plan(shell, plan, args.dry_run);
    if args.dry_run {
        shell.status("Hash", hash);
    }
    let failed = history.failed().next().is_some();
    let checked = DeployError::check(target.name(), verdicts, failed).and_then(|()| same_plan(&args, &target, hash));
    if args.dry_run {
        if json {
            print_document(shell, &told, &[], None);
        } else {
            print_sql(shell, plan);
        }
        // What would stop the deploy is this run's answer too.
        return checked.map(|()| ExitCode::Done).map_err(Into::into);
    }
    if let Err(blocked) = checked {
        if json {
            print_document(shell, &told, &[], None);
        }
        return Err(blocked.into());
    }
    ask(shell, &args, &target, plan)?;
    let backup = take_backup(shell, &target, &settings)?;
    let applied = execute(context, &args, &mut target, &folder, plan)?;
    let shell = &mut context.shell;
    let by = Who::of(&variables);
    let done = Done { applied: &applied, backup: backup.as_ref(), started_at, by };
    let path = write_receipt(shell, &project.root, &target, &told, done);
    if json {
        print_document(shell, &told, &applied, path.as_deref());
    }
    Ok(ExitCode::Done)
}

/// What every form of output tells.
struct Told<'a> {
    environment: &'a str,
    verdicts: &'a [Verdict],
    hash: &'a str,
    plan: &'a Plan,
}

/// Whether the plan is the one that was approved, where one was named.
fn same_plan(args: &Args, target: &Target, hash: &str) -> std::result::Result<(), DeployError> {
    match &args.plan {
        Some(approved) if !approved.trim().eq_ignore_ascii_case(hash) => {
            Err(DeployError::OtherPlan { environment: target.name().to_owned(), now: hash.to_owned() })
        }
        _ => Ok(()),
    }
}

/// What a deploy did.
struct Done<'a> {
    applied: &'a [Applied],
    backup: Option<&'a Taken>,
    started_at: Timestamp,
    by: Who,
}

/// The last thing before Prisma: by now every gate has passed and the question was answered.
fn take_backup(shell: &mut Shell, target: &Target, settings: &Settings) -> Result<Option<Taken>> {
    let environment = target.environment();
    let wanted = environment.backup.as_ref().filter(|_| target.exists() && !environment.gates.is_off("backup"));
    let Some(wanted) = wanted else { return Ok(None) };
    if !matches!(wanted.source.value, BackupSource::Check(_)) {
        shell.status("Backup", &format!("of `{}`, before the first migration", target.name()));
    }
    let Some(taken) = backup::take(wanted, target.name(), target.url(), &settings.root)? else { return Ok(None) };
    let file = taken.file.as_ref().map_or_else(String::new, |file| format!(" into {}", printable(file)));
    let size = taken
        .bytes
        .map_or_else(String::new, |bytes| format!(", {}", count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte")));
    shell.status("Backup", &format!("taken by {}{file}{size}, checked by {}", printable(&taken.by), taken.checked));
    Ok(Some(taken))
}

/// The deploy is done and true; a receipt that cannot be written does not undo it.
fn write_receipt(
    shell: &mut Shell,
    project: &Path,
    target: &Target,
    told: &Told<'_>,
    done: Done<'_>,
) -> Option<String> {
    let server = &target.survey().server;
    let receipt = Receipt {
        schema_version: 1,
        environment: told.environment,
        kind: target.kind().as_str(),
        target: target.url().redacted(),
        server: format!("{} {}", server.product, server.version).trim().to_owned(),
        prisma_safe: env!("CARGO_PKG_VERSION"),
        by: done.by,
        started_at: done.started_at,
        finished_at: Timestamp::now(),
        plan: told.hash,
        verdicts: told.verdicts,
        backup: done.backup,
        applied: done.applied,
        ledger: Recorded::all(target.ledger()),
    };
    match receipt::write(project, &receipt) {
        Ok(path) => {
            let path = path.to_string_lossy().replace('\\', "/");
            shell.status("Receipt", &path);
            Some(path)
        }
        Err(error) => {
            shell.warn(&format!("the deploy is done, and its receipt could not be written: {error}"));
            shell.hint(&format!("`cargo prisma-safe status --env {}` reads the ledger itself", told.environment));
            None
        }
    }
}

/// Waits for our own deploy lock. What has none (a database that does not exist yet) goes on with Prisma's alone.
fn take_lock(shell: &mut Shell, target: &mut Target, patience: Duration) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(100);
    let started = Instant::now();
    let mut told = false;
    loop {
        match target.try_deploy_lock()? {
            DeployLock::Taken(_) => return Ok(()),
            DeployLock::NotThere(why) => {
                shell.detail(&format!("             no deploy lock: {why}"));
                return Ok(());
            }
            DeployLock::Held { by } if started.elapsed() >= patience => {
                return Err(DeployError::Busy { environment: target.name().to_owned(), holder: by }.into());
            }
            DeployLock::Held { by } => {
                if !told {
                    let by = by.map_or_else(String::new, |by| format!(" ({})", printable(&by)));
                    shell.status("Waiting", &format!("another deploy to `{}` is running{by}", target.name()));
                    told = true;
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
}

fn describe(target: &Target) -> String {
    let server = &target.survey().server;
    let product =
        if server.product.is_empty() { String::new() } else { format!(", {} {}", server.product, server.version) };
    format!("{} ({}): {}{product}", target.name(), target.kind(), target.url().redacted())
}

fn nothing_pending(
    shell: &mut Shell,
    json: bool,
    target: &Target,
    told: &Told<'_>,
    history: &History,
) -> Result<ExitCode> {
    // Gates about what would run have nothing to say.
    let about_place = |verdict: &&Verdict| matches!(verdict.gate, "target" | "history");
    let shown: Vec<_> = told.verdicts.iter().filter(about_place).cloned().collect();
    show_verdicts(shell, &shown);
    if json {
        print_document(shell, told, &[], None);
    }
    // A wrong database with nothing pending is still a wrong database.
    let target_verdict: Vec<_> = told.verdicts.iter().filter(|verdict| verdict.gate == "target").cloned().collect();
    DeployError::check(target.name(), &target_verdict, false)?;
    let applied = history.entries.iter().filter(|entry| entry.applied_at.is_some()).count();
    shell.status(
        "Finished",
        &format!("nothing is pending in `{}`: {} applied", target.name(), count(applied, "migration")),
    );
    Ok(ExitCode::Done)
}

/// Passing gates are one quiet line each; what warns or blocks says why and what to do.
fn show_verdicts(shell: &mut Shell, verdicts: &[Verdict]) {
    for verdict in verdicts {
        let evidence = printable(&verdict.evidence).into_owned();
        match verdict.outcome {
            Outcome::Pass => shell.status("Gate", &format!("{} passes: {evidence}", verdict.gate)),
            Outcome::Warn => {
                shell.warn(&format!("gate {}: {evidence}", verdict.gate));
                if let Some(hint) = &verdict.hint {
                    shell.hint(hint);
                }
            }
            // Its hint comes with the error at the end.
            Outcome::Block => shell.warn(&format!("gate {} blocks: {evidence}", verdict.gate)),
        }
    }
}

fn show_plan(shell: &mut Shell, plan: &Plan, dry_run: bool) {
    let verb = if dry_run { "Would apply" } else { "Plan" };
    shell.status(verb, &count(plan.migrations.len(), "migration"));
    for planned in &plan.migrations {
        let (statements, understood) = planned.statements;
        let mut line = format!(
            "{} · {} · {}",
            printable(&planned.name),
            plan::phase_word(planned.phase),
            count(statements, "statement")
        );
        if understood < statements {
            line.push_str(&format!(", {} not understood", statements - understood));
        }
        shell.note(&format!("             {line}"));
        for lost in &planned.destructions {
            shell.note(&format!("             ! {}", printable(&plan::loss(lost))));
        }
    }
}

/// The SQL as it would be sent, each migration under its name.
fn print_sql(shell: &mut Shell, plan: &Plan) {
    for planned in &plan.migrations {
        let sql = printable(&planned.sql);
        let end = if sql.ends_with('\n') { "" } else { "\n" };
        shell.data(&format!("-- migration {}\n{sql}{end}\n", printable(&planned.name)));
    }
}

fn print_document(shell: &mut Shell, told: &Told<'_>, applied: &[Applied], receipt: Option<&str>) {
    let Told { environment, verdicts, hash, plan } = told;
    let document =
        Document { schema_version: 1, environment, verdicts, plan: hash, pending: plan.names(), applied, receipt };
    let mut text = serde_json::to_string_pretty(&document).expect("a document of strings is JSON");
    text.push('\n');
    shell.data(&text);
}

fn ask(shell: &mut Shell, args: &Args, target: &Target, plan: &Plan) -> Result<()> {
    if args.yes {
        return Ok(());
    }
    let what = count(plan.migrations.len(), "migration");
    if target.kind().is_dev() {
        shell.confirm(&format!("Apply {what} to `{}`?", target.name()), "--yes")?;
    } else {
        let question =
            format!("Apply {what} to {}? Type the environment's name, `{}`", target.url().redacted(), target.name());
        shell.confirm_typed(&question, target.name(), "--yes")?;
    }
    Ok(())
}

fn execute(
    context: &mut Context,
    args: &Args,
    target: &mut Target,
    folder: &MigrationsFolder,
    plan: &Plan,
) -> Result<Vec<Applied>> {
    let settings = target.environment();
    let mut pin = Pin::new(target.name(), target.kind())
        .allow(Permit::ApplyMigrations)
        .lock_timeout(settings.lock_timeout.as_ref().map(|set| set.value))
        .statement_timeout(settings.statement_timeout.as_ref().map(|set| set.value));
    if args.create_database {
        pin = pin.allow(Permit::CreateDatabase);
    }
    if let Some(timeout) = settings.lock_timeout.as_ref().filter(|_| target.url().provider() == Provider::Mysql) {
        context.shell.warn(&format!(
            "`lock-timeout` ({}) is not passed on to MySQL: Prisma's URL has no place for it; put `SET SESSION lock_wait_timeout = …` into the migration",
            timeout.origin
        ));
    }
    let name = target.name().to_owned();
    target.make_room();
    let ran = super::prisma_run::run(context, target.url(), pin, Command::MigrateDeploy);
    // Whatever Prisma said, and however it ended: the ledger knows.
    let shell = &mut context.shell;
    let looked = target.look_after_run();
    let after = History::new(&folder.migrations, target.survey().ledger.as_deref());
    let success = match ran {
        Ok(success) => success,
        Err(error) => {
            if looked.is_ok() {
                say_what_the_ledger_shows(shell, &name, plan, &after);
            }
            return Err(error);
        }
    };
    looked?;
    let applied = execution::confirm(&name, plan, &after)?;
    mark(shell, target)?;
    match success {
        Success::NothingPending => shell.status(
            "Finished",
            &format!("another deploy to `{name}` was quicker: {} found applied", count(applied.len(), "migration")),
        ),
        _ => shell.status(
            "Finished",
            &format!("{} applied to `{name}`, read back from its ledger", count(applied.len(), "migration")),
        ),
    }
    Ok(applied)
}

/// After a failure: what of the plan is there, so that nobody has to guess.
fn say_what_the_ledger_shows(shell: &mut Shell, environment: &str, plan: &Plan, after: &History) {
    for planned in &plan.migrations {
        let state = after.get(&planned.name).map_or("missing", |entry| entry.state.words());
        shell.note(&format!("             {} is {state} in `{environment}`", printable(&planned.name)));
    }
}

/// The first gated deploy marks a database that is not dev, where the database has table comments.
fn mark(shell: &mut Shell, target: &mut Target) -> Result<()> {
    if target.kind().is_dev() || target.survey().marker.is_some() {
        return Ok(());
    }
    let marker = crate::environment::Marker { environment: target.name().to_owned(), kind: Some(target.kind()) };
    let name = target.name().to_owned();
    let Some(database) = target.database() else { return Ok(()) };
    match database.set_marker(&marker) {
        Ok(()) => shell.status("Marked", &format!("the database as `{name}`, in the comment of _prisma_migrations")),
        Err(crate::database::DatabaseError::NoMarker { .. }) => {}
        // The deploy itself is done and true; a missing right to comment is no reason to call it failed.
        Err(error) => shell.warn(&format!("the database could not be marked as `{name}`: {error}")),
    }
    Ok(())
}
