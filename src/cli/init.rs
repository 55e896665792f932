//! `init`.

use super::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;

/// `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print what would be written, write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
///
/// # Errors
/// When the project cannot be read or a file cannot be written.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let _ = (args.dry_run, context.settings()?);
    Ok(ExitCode::Done)
}
