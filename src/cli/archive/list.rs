//! `archive list`.

use super::reach;
use crate::cli::{Context, FormatArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::archives::{human, json};

/// `archive list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it.
///
/// # Errors
/// When the database cannot be read.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let kept = reach(context)?;
    if args.format.is_json() {
        context.shell.data(&json(kept.target.name(), &kept.listed, None));
    } else if kept.listed.is_empty() {
        context.shell.note(&format!("nothing is kept in `{}`", kept.target.name()));
    } else {
        context.shell.data(&human(&kept.listed));
    }
    Ok(ExitCode::Done)
}
