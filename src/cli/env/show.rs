//! `env show`.

use super::describe::describe;
use crate::cli::{Context, FormatArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::environments::{details, json};

/// `env show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment [default: that of --env, else dev]
    #[arg(value_name = "ENVIRONMENT")]
    name: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it. Shows what is known, and then fails when the URL is not available.
///
/// # Errors
/// When settings or project cannot be read, the environment does not exist, or its URL cannot be had.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let environment = match &args.name {
        Some(name) => context.settings()?.environment(name)?.clone(),
        None => context.environment()?,
    };
    let (report, problem) = describe(context, &environment)?;
    if args.format.is_json() {
        context.shell.data(&json(std::slice::from_ref(&report)));
    } else {
        context.shell.data(&details(&report));
    }
    match problem {
        Some(error) => Err(error),
        None => Ok(ExitCode::Done),
    }
}
