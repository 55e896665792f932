//! `reset`: `prisma migrate reset`, for a database that has proved to be a developer's own, and for no other.

use super::{Context, prisma_run};
use crate::environment::source::Sources;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::prisma::dev_check::{ClaimedUrls, prove};
use crate::prisma::guard::pin::Pin;
use crate::prisma::{Command, agents};
use crate::shell::printable;

/// `reset`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not ask
    #[arg(long, short, visible_alias = "force", short_alias = 'f')]
    yes: bool,
    /// Say whether it would be let through, and stop there
    #[arg(long)]
    dry_run: bool,
    /// Do not run the generators afterwards (Prisma 7 never does)
    #[arg(long)]
    skip_generate: bool,
    /// Do not run the seed script afterwards (Prisma 7 never does)
    #[arg(long)]
    skip_seed: bool,
}

/// Runs it.
///
/// # Errors
/// When the database is not proven to be a developer's own, nobody agreed, or Prisma fails.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let urls = sources.urls(&environment)?;
    let shadow = sources.shadow(&environment)?;
    let name = environment.name.value.clone();
    let origin = |found: &crate::environment::FoundUrl| found.provenance.to_string();
    let origins = (origin(&urls.url), urls.direct.as_ref().map(origin), shadow.as_ref().map(origin));
    let claimed = ClaimedUrls {
        url: (&urls.url.url, &origins.0),
        direct: urls.direct.as_ref().zip(origins.1.as_deref()).map(|(found, origin)| (&found.url, origin)),
        shadow: shadow.as_ref().zip(origins.2.as_deref()).map(|(found, origin)| (&found.url, origin)),
    };
    let schemas = project.schema.datasource.as_ref().map(|datasource| datasource.schemas.clone()).unwrap_or_default();
    // Before anything is started: everywhere else than on a developer's own database this ends here.
    let proof = prove(&settings, &environment, claimed, &schemas, &sources.others(&name))?;
    let target = urls.migrate().url.clone();
    let shell = &mut context.shell;
    shell.status("Target", &format!("{name} ({}): {}", environment.kind.value, printable(&target.redacted())));
    shell.status("Proven", "a developer's own database: its kind, its place and its mark agree");
    for other in proof.not_compared() {
        shell.detail(&format!("             not compared: {}", printable(other)));
    }
    if args.dry_run {
        shell.status("Would reset", &name);
        return Ok(ExitCode::Done);
    }
    if let Some(notice) = agents::notice(&variables) {
        shell.warn(&notice);
    }
    if !args.yes {
        let question = format!("All data in `{name}` will be lost. Type its name to go on");
        shell.confirm_typed(&question, &name, "--yes")?;
    }
    let command = Command::MigrateReset { force: true, skip_generate: args.skip_generate, skip_seed: args.skip_seed };
    prisma_run::run(context, &target, Pin::new(name.as_str(), environment.kind.value), command)?;
    context.shell.status("Reset", &format!("{name}: the database was emptied and the migrations applied"));
    Ok(ExitCode::Done)
}
