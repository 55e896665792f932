//! `init`.

use super::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::project::setup::{Fate, Setup};
use crate::settings::shown;

/// `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the settings that would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
///
/// # Errors
/// When the project cannot be read or a file cannot be written.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (project, settings) = (context.project()?, context.settings()?);
    let setup = Setup::plan(&project, &settings)?;
    if !args.dry_run {
        setup.write()?;
    }
    for file in &setup.files {
        let path = shown(&file.path).display().to_string();
        match file.fate {
            Fate::New if args.dry_run => context.shell.status("Would write", &path),
            Fate::New => context.shell.status("Wrote", &path),
            Fate::Same => context.shell.status("Unchanged", &path),
            Fate::Kept => context.shell.status("Kept", &format!("{path}: it is there already")),
        }
    }
    if args.dry_run {
        if let Some(file) = setup.files.first().filter(|file| file.fate == Fate::New) {
            context.shell.data(&file.text);
        }
        return Ok(ExitCode::Done);
    }
    context.shell.note("Next:");
    for (command, what) in [
        ("cargo prisma-safe env list", "see which database each environment is"),
        ("cargo prisma-safe guard install", "keep `prisma migrate reset` away from all but dev"),
        ("cargo prisma-safe new <name>", "write the next migration, with its revert"),
    ] {
        context.shell.note(&format!("  {command:33}{what}"));
    }
    Ok(ExitCode::Done)
}
