//! `verify clean`: removes what killed runs have left.

use super::place;
use crate::cli::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::revert::throwaway;
use crate::shell::count;

/// `verify clean`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove, too, what is kept between runs on purpose: applied histories
    #[arg(long)]
    pub kept: bool,
}

/// Runs it. What a run that lives is using stays.
///
/// # Errors
/// When the server that the settings name cannot be reached, or is not one for proofs.
pub(super) fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let folders = throwaway::clean_here();
    if folders > 0 {
        context.shell.status("Removed", &format!("{} of killed runs", count(folders, "temporary folder")));
    }
    if args.kept {
        let entries = throwaway::clear_kept().map_err(crate::revert::VerifyError::Scratch)?;
        context.shell.status("Removed", &count(entries, "kept history"));
    }
    // Without a project there is no server to look at.
    let project = context.project();
    let mut databases = 0;
    if let Ok(project) = project
        && let Some(named) = place::for_cleaning(context, &project)?
    {
        for name in throwaway::clean_named(&named)? {
            context.shell.status("Dropped", &format!("`{name}` on the server of `{}`", named.called));
            databases += 1;
        }
    }
    if folders + databases == 0 {
        context.shell.status("Finished", "nothing is left of killed runs");
    }
    Ok(ExitCode::Done)
}
