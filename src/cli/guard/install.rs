//! `guard install`.

use crate::cli::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::prisma::guard::install::{Change, Way, scripts_past_the_guard};
use crate::shell::{Shell, printable};

/// `guard install`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which way; without it you are asked
    #[arg(long, value_enum)]
    way: Option<Way>,
    /// Print what would be written, write nothing
    #[arg(long)]
    print: bool,
}

/// Runs it.
///
/// # Errors
/// When no way was picked, or a file cannot be changed.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    // Nothing is installed that cannot be found again.
    crate::prisma::guard::program()?;
    let root = context.project()?.root.clone();
    let shell = &mut context.shell;
    let way = match args.way {
        Some(way) => way,
        None => ask(shell, &root)?,
    };
    if args.print || !way.writes() {
        shell.data(&way.text());
        if let (true, Some(file)) = (args.print, way.file(&root)) {
            shell.note(&format!("this goes into `{}`", crate::settings::shown(&file).display()));
        }
    } else if let Some(change) = way.install(&root)? {
        match change {
            Change::AlreadyThere(path) => shell.status("Unchanged", &shown(&path)),
            Change::Written(path) | Change::Removed(path) | Change::NothingThere(path) => {
                shell.status("Wrote", &shown(&path))
            }
        }
    }
    say_what_comes_next(shell, way, &root, args.print);
    Ok(ExitCode::Done)
}

fn shown(path: &std::path::Path) -> String {
    printable(&crate::settings::shown(path).display().to_string()).into_owned()
}

fn ask(shell: &mut Shell, root: &std::path::Path) -> Result<Way> {
    shell.note(
        "A `.env` file is no way: Prisma looks for its engine before it reads one, and Prisma 7 reads none by itself.",
    );
    let fitting: Vec<Way> = Way::ALL.into_iter().filter(|way| way.fits(root)).collect();
    let choices: Vec<String> = fitting.iter().map(|way| way.describe().to_owned()).collect();
    let flags: Vec<&str> = fitting.iter().map(|way| way.as_str()).collect();
    let picked = shell.select("How should the guard hold?", &choices, &format!("--way {}", flags.join("|")))?;
    Ok(fitting[picked])
}

fn say_what_comes_next(shell: &mut Shell, way: Way, root: &std::path::Path, print: bool) {
    if print {
        return;
    }
    match way {
        Way::Envrc => shell.hint("`direnv allow`, then `cargo prisma-safe guard status` proves it"),
        Way::PackageJson => {
            let others = scripts_past_the_guard(root);
            if !others.is_empty() {
                let names = printable(&others.join("`, `")).into_owned();
                shell.warn(&format!("these scripts start Prisma by themselves, past the guard: `{names}`"));
                shell.hint("let them call `cargo prisma-safe run -- …` instead of `prisma …`");
            }
            shell.note("`npx prisma` does not read scripts: for that, take the way of `.envrc` or of the shell as well");
        }
        Way::Shell => shell.hint("add the line to your shell's start-up file, or run `eval \"$(cargo prisma-safe guard install --way shell --print)\"`"),
        Way::Ci => shell.hint("add the steps to the job that runs Prisma"),
    }
}
