//! `plan`: what a deploy would do, for whoever reviews or approves it. It looks with the eyes of `deploy` and stops before the question.

use std::time::Duration;

use super::story::Story;
use super::{Context, deploy};
use crate::deploy::release::{self, Prepared, Wanted};
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::plan::{self, PlanReport, markdown};
use crate::shell::count;

/// `plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The database may be created by the deploy
    #[arg(long)]
    create_database: bool,
    /// Format of stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// The SQL that would run, in order
    #[default]
    Human,
    /// One JSON document
    Json,
    /// For a pull request
    Markdown,
}

/// Runs it.
///
/// # Errors
/// When the target does not answer, and when a gate would stop the deploy: that is this command's answer too, after everything is printed.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let target = Target::reach(&sources, &environment)?;
    let wanted = Wanted { dry_run: true, create_database: args.create_database, plan: None, lock_wait: Duration::ZERO };
    let shell = &mut context.shell;
    let prepared = release::prepare(&sources, target, wanted, &mut Story::new(shell))?;
    let assessment = &prepared.assessment;
    if prepared.is_idle() {
        let applied = assessment.history.entries.iter().filter(|entry| entry.applied_at.is_some()).count();
        let what = count(applied, "migration");
        shell.status("Finished", &format!("nothing is pending in `{}`: {what} applied", prepared.target.name()));
    } else {
        deploy::show_verdicts(shell, &assessment.verdicts);
        deploy::show_plan(shell, &assessment.plan, true);
    }
    match args.format {
        Format::Human => deploy::print_sql(shell, &assessment.plan.migrations),
        Format::Json => shell.document(&report(&prepared)),
        Format::Markdown => {
            let text = markdown::markdown(&report(&prepared));
            shell.data(&text);
        }
    }
    shell.status("Hash", &assessment.hash);
    if !prepared.is_idle() {
        shell.hint(&format!(
            "`cargo prisma-safe deploy --env {} --plan {}` runs exactly this",
            prepared.target.name(),
            assessment.hash
        ));
    }
    prepared.check().map(|()| ExitCode::Done).map_err(Into::into)
}

fn report(prepared: &Prepared) -> PlanReport {
    let (target, assessment) = (&prepared.target, &prepared.assessment);
    let server = &target.survey().server;
    PlanReport {
        schema_version: 1,
        environment: target.name().to_owned(),
        kind: target.kind().as_str().to_owned(),
        target: target.url().redacted(),
        server: format!("{} {}", server.product, server.version).trim().to_owned(),
        plan: assessment.hash.clone(),
        expected_downtime: assessment.downtime.clone(),
        verdicts: assessment.verdicts.clone(),
        pending: assessment.plan.names(),
        migrations: plan::migrations(&assessment.plan),
    }
}
