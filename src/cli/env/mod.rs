//! `env`: one file per sub-command.

mod describe;
pub mod list;
pub mod mark;
pub mod show;

use super::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;

/// `env`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Every environment with its kind, host and database
    List(list::Args),
    /// One environment: where each of its values comes from
    Show(show::Args),
    /// Write into a database which environment it is
    Mark(mark::Args),
}

/// Runs it.
///
/// # Errors
/// Those of the sub-command.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.command {
        Command::List(args) => list::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Mark(args) => mark::run(args, context),
    }
}
