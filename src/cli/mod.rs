//! What a user types: one file per command with `Args` and `run`, no logic.
//!
//! To add a command: a file with `Args` and `run(args, context)`, its `mod` line, a variant of [`Command`] with its help text, an
//! arm of `Command::run`.

pub mod approve;
pub mod archive;
mod context;
pub mod deploy;
pub mod env;
mod error;
pub mod explain;
mod fleet;
mod global;
pub mod guard;
pub mod init;
pub mod lint;
pub mod new;
mod new_undo;
mod panic;
pub mod plan;
mod prisma_run;
pub mod reset;
pub mod resolve;
pub mod revert;
pub mod run;
pub mod status;
mod story;
pub mod verify;
mod verify_prisma;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};

pub use context::Context;
pub use error::CliError;
pub use global::{FormatArgs, GlobalArgs, OutputFormat};

use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::shell::{ColorChoice, Shell, Verbosity};

/// The whole command line.
#[derive(Debug, clap::Parser)]
#[command(
    name = "cargo-prisma-safe",
    bin_name = "cargo prisma-safe",
    version,
    about = "Makes Prisma migrations safe",
    max_term_width = 100,
    after_help = exit_codes(),
    propagate_version = false,
    infer_long_args = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command, in the order of the help.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write a commented prisma-safe.toml, the policy and the templates; never overwrite
    Init(init::Args),
    /// Show the environments: where their URLs come from, what they are
    Env(env::Args),
    /// Write the next migration, with its revert script and its checklist
    New(new::Args),
    /// Judge migrations without a database: what they destroy, lock and break
    Lint(lint::Args),
    /// Prove revert scripts on a throwaway database: schema and rows must come back
    Verify(verify::Args),
    /// Show a rule's page
    Explain(explain::Args),
    /// Show what is pending, applied, edited, missing or failed; never starts Prisma, never creates anything
    Status(status::Args),
    /// Show what a deploy would do and what every gate says of it; ends with a hash to approve and to run
    Plan(plan::Args),
    /// Approve a plan, signed with a key; `approve keygen` makes one
    Approve(approve::Args),
    /// Apply pending migrations behind the gates, and read the ledger back
    Deploy(deploy::Args),
    /// Show what a failed migration left behind, and take a way out that is true
    Resolve(resolve::Args),
    /// Take the newest applied migration back with its proven revert script, for the rare case
    Revert(revert::Args),
    /// Empty a developer's own database and apply all migrations; refused everywhere else
    Reset(reset::Args),
    /// What migrations keep of the data that they take away: list it, and drop it when its time is over
    Archive(archive::Args),
    /// Run any Prisma command behind the engine guard
    Run(run::Args),
    /// Make the engine guard hold for a Prisma that is typed by hand, or prove that it does
    Guard(guard::Args),
}

impl Command {
    fn run(self, context: &mut Context) -> Result<ExitCode> {
        match self {
            Command::Init(args) => init::run(args, context),
            Command::Env(args) => env::run(args, context),
            Command::New(args) => new::run(args, context),
            Command::Plan(args) => plan::run(args, context),
            Command::Approve(args) => approve::run(args, context),
            Command::Deploy(args) => deploy::run(args, context),
            Command::Resolve(args) => resolve::run(args, context),
            Command::Revert(args) => revert::run(args, context),
            Command::Reset(args) => reset::run(args, context),
            Command::Archive(args) => archive::run(args, context),
            Command::Run(args) => run::run(args, context),
            Command::Guard(args) => guard::run(args, context),
            Command::Lint(args) => lint::run(args, context),
            Command::Verify(args) => verify::run(args, context),
            Command::Explain(args) => explain::run(args, context),
            Command::Status(args) => status::run(args, context),
        }
    }
}

/// Runs the tool: parses, dispatches, prints what went wrong, says how it ended.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> std::process::ExitCode {
    panic::install_hook();
    run(without_cargo_word(arguments.into_iter().collect())).into()
}

fn run(arguments: Vec<OsString>) -> ExitCode {
    let parsed = Cli::command().try_get_matches_from(arguments).and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        cli.global.note_origins(&matches);
        Ok(cli)
    });
    let cli = match parsed {
        Ok(cli) => cli,
        Err(stop) => return stopped_by_clap(stop),
    };
    let shell = Shell::stdio(cli.global.verbosity(), cli.global.color);
    let mut context = Context::new(shell, cli.global);
    match cli.command.run(&mut context) {
        Ok(code) => code,
        Err(error) => {
            context.shell.error(&error);
            error.exit_code()
        }
    }
}

/// Cargo starts `cargo-prisma-safe` with its own word first: `cargo prisma-safe status` arrives as `prisma-safe status`.
fn without_cargo_word(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|word| word == "prisma-safe") {
        arguments.remove(1);
    }
    arguments
}

/// Help and version go to stdout and are no failure; anything else is an error in our shape.
fn stopped_by_clap(stop: clap::Error) -> ExitCode {
    use clap::error::ErrorKind;

    let mut shell = Shell::stdio(Verbosity::Normal, ColorChoice::Auto);
    let rendered = stop.render();
    match stop.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = if shell.out_color() { rendered.ansi().to_string() } else { rendered.to_string() };
            shell.data(&text);
            ExitCode::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = if shell.err_color() { rendered.ansi().to_string() } else { rendered.to_string() };
            shell.note(text.trim_end());
            ExitCode::Usage
        }
        _ => {
            let error = CliError::usage(&rendered.to_string()).into();
            shell.error(&error);
            ExitCode::Usage
        }
    }
}

fn exit_codes() -> String {
    let mut text = String::from("Exit codes:\n");
    for code in ExitCode::ALL {
        text.push_str(&format!("{:>5}  {}\n", code as u8, code.meaning()));
    }
    text
}
