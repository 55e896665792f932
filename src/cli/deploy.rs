//! `deploy`: apply what is pending, behind the gates, and believe only the ledger afterwards.

use std::time::Duration;

use serde::Serialize;

use super::story::Story;
use super::{Context, FormatArgs};
use crate::deploy::fleet::FleetError;
use crate::deploy::gates::{Outcome, Verdict};
use crate::deploy::release::{self, Prepared, Wanted};
use crate::deploy::{Applied, Plan, Planned, plan};
use crate::environment::Target;
use crate::environment::source::Sources;
use crate::error::Result;
use crate::exit_code::ExitCode;
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
    /// Run only the plan with this hash, as `plan` shows it; refuse when anything it rests on has changed
    #[arg(long, value_name = "HASH")]
    pub plan: Option<String>,
    /// Create the database when it does not exist
    #[arg(long)]
    pub create_database: bool,
    /// How long to wait for another deploy to the same database, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub lock_wait: u64,
    /// Of an environment of many databases only these
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub only: Vec<String>,
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
    expected_downtime: Option<&'a str>,
    pending: Vec<String>,
    applied: &'a [Applied],
    receipt: Option<&'a str>,
}

/// Runs the command.
///
/// # Errors
/// When a gate blocks, the user says no, Prisma fails, or the ledger disagrees.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let wanted = Wanted {
        dry_run: args.dry_run,
        create_database: args.create_database,
        plan: args.plan.clone(),
        lock_wait: Duration::from_secs(args.lock_wait),
    };
    if environment.is_fleet() {
        return super::fleet::run(&args, &environment, &wanted, context);
    }
    if !args.only.is_empty() {
        return Err(FleetError::One { environment: environment.name.value }.into());
    }
    let target = Target::reach(&sources, &environment)?;
    let shell = &mut context.shell;
    let prepared = release::prepare(&sources, target, wanted, &mut Story::new(shell))?;
    let mut document = Told::new(&prepared);
    if prepared.is_idle() {
        return nothing_pending(shell, &args, &prepared, &document);
    }
    show_verdicts(shell, &prepared.assessment.verdicts);
    show_plan(shell, &prepared.assessment.plan, args.dry_run);
    if args.dry_run {
        shell.status("Hash", &prepared.assessment.hash);
    }
    let checked = prepared.check();
    if args.dry_run {
        document.print(shell, args.format.is_json());
        if !args.format.is_json() {
            print_sql(shell, &prepared.assessment.plan.migrations);
        }
        // What would stop the deploy is this run's answer too.
        return checked.map(|()| ExitCode::Done).map_err(Into::into);
    }
    if let Err(blocked) = checked {
        document.print(shell, args.format.is_json());
        return Err(blocked.into());
    }
    ask(shell, &args, &prepared.target, &prepared.assessment.plan)?;
    let done = release::apply(&sources, prepared, &mut Story::new(shell));
    document.applied = done.applied;
    document.receipt = done.receipt;
    document.print(shell, args.format.is_json());
    done.error.map_or(Ok(ExitCode::Done), Err)
}

/// What the JSON document tells, kept until it is printed.
struct Told {
    environment: String,
    verdicts: Vec<Verdict>,
    hash: String,
    downtime: Option<String>,
    pending: Vec<String>,
    applied: Vec<Applied>,
    receipt: Option<String>,
}

impl Told {
    fn new(prepared: &Prepared) -> Self {
        Told {
            environment: prepared.target.name().to_owned(),
            verdicts: prepared.assessment.verdicts.clone(),
            hash: prepared.assessment.hash.clone(),
            downtime: prepared.assessment.downtime.clone(),
            pending: prepared.assessment.plan.names(),
            applied: Vec::new(),
            receipt: None,
        }
    }

    fn print(&self, shell: &mut Shell, json: bool) {
        if json {
            shell.document(&Document {
                schema_version: 1,
                environment: &self.environment,
                verdicts: &self.verdicts,
                plan: &self.hash,
                expected_downtime: self.downtime.as_deref(),
                pending: self.pending.clone(),
                applied: &self.applied,
                receipt: self.receipt.as_deref(),
            });
        }
    }
}

fn nothing_pending(shell: &mut Shell, args: &Args, prepared: &Prepared, document: &Told) -> Result<ExitCode> {
    // Gates about what would run have nothing to say.
    let about_place = |verdict: &&Verdict| matches!(verdict.gate, "target" | "history");
    let shown: Vec<_> = prepared.assessment.verdicts.iter().filter(about_place).cloned().collect();
    show_verdicts(shell, &shown);
    document.print(shell, args.format.is_json());
    prepared.check()?;
    let applied = prepared.assessment.history.entries.iter().filter(|entry| entry.applied_at.is_some()).count();
    let what = count(applied, "migration");
    shell.status("Finished", &format!("nothing is pending in `{}`: {what} applied", prepared.target.name()));
    Ok(ExitCode::Done)
}

/// Passing gates are one quiet line each; what warns or blocks says why and what to do.
pub(super) fn show_verdicts(shell: &mut Shell, verdicts: &[Verdict]) {
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

pub(super) fn show_plan(shell: &mut Shell, plan: &Plan, dry_run: bool) {
    let verb = if dry_run { "Would apply" } else { "Plan" };
    shell.status(verb, &count(plan.migrations.len(), "migration"));
    for planned in &plan.migrations {
        show_planned(shell, planned, "");
    }
}

/// One migration: its line, which ends with `more`, and what it destroys.
pub(super) fn show_planned(shell: &mut Shell, planned: &Planned, more: &str) {
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
    shell.note(&format!("             {line}{more}"));
    for lost in &planned.destructions {
        shell.note(&format!("             ! {}", printable(&plan::loss(lost))));
    }
}

/// The SQL as it would be sent, each migration under its name.
pub(super) fn print_sql<'p>(shell: &mut Shell, migrations: impl IntoIterator<Item = &'p Planned>) {
    for planned in migrations {
        let sql = printable(&planned.sql);
        let end = if sql.ends_with('\n') { "" } else { "\n" };
        shell.data(&format!("-- migration {}\n{sql}{end}\n", printable(&planned.name)));
    }
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
