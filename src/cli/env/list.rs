//! `env list`.

use crate::cli::{Context, FormatArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;

/// `env list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it.
///
/// # Errors
/// When settings or project cannot be read.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let _ = (args.format, context.settings()?);
    Ok(ExitCode::Done)
}
