//! `guard uninstall`.

use crate::cli::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::prisma::guard::install::{Change, Way};
use crate::shell::printable;

/// `guard uninstall`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this way; without it, every way that was installed
    #[arg(long, value_enum)]
    way: Option<Way>,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be changed, or was changed by hand since.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let root = context.project()?.root.clone();
    let mut removed = false;
    for way in Way::ALL.into_iter().filter(|way| args.way.is_none_or(|wanted| wanted == *way)) {
        if let Some(Change::Removed(path)) = way.uninstall(&root)? {
            let path = crate::settings::shown(&path).display().to_string();
            context.shell.status("Removed", &format!("the guard from {}", printable(&path)));
            removed = true;
        }
    }
    if !removed {
        context.shell.status("Unchanged", "nothing of the guard was found in this project");
    }
    if context.variables.get(crate::prisma::runner::ENGINE_VARIABLE).is_some() {
        context.shell.note("this shell still has `PRISMA_SCHEMA_ENGINE_BINARY`: `unset PRISMA_SCHEMA_ENGINE_BINARY`, or open a new one");
    }
    Ok(ExitCode::Done)
}
