//! `guard`: one file per sub-command.

pub mod install;
pub mod status;
pub mod uninstall;

use super::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;

/// `guard`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make the guard hold for a Prisma that is typed by hand
    Install(install::Args),
    /// Prove that it holds here, by a harmless call
    Status(status::Args),
    /// Remove exactly what `install` wrote
    Uninstall(uninstall::Args),
}

/// Runs it.
///
/// # Errors
/// Those of the sub-command.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.command {
        Command::Install(args) => install::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Uninstall(args) => uninstall::run(args, context),
    }
}
