//! `env list`.

use super::describe::describe;
use crate::cli::{Context, FormatArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::environments::{json, table};

/// `env list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it. An environment whose URL is not available here is listed as such and is no failure.
///
/// # Errors
/// When settings or project cannot be read, or `--env` names an environment that does not exist.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let settings = context.settings()?;
    let named = context.named_environments()?;
    let environments = if named.is_empty() { settings.environments.as_slice() } else { &named };
    let mut reports = Vec::new();
    for environment in environments {
        reports.push(describe(context, environment)?.report);
    }
    if args.format.is_json() {
        context.shell.data(&json(&reports));
    } else {
        context.shell.data(&table(&reports));
        if !settings.exist() {
            context.shell.note(
                "No settings: the project's own URL is `dev`. `cargo prisma-safe init` writes a prisma-safe.toml",
            );
        }
    }
    Ok(ExitCode::Done)
}
