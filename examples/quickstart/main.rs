//! Walks a real Prisma project on SQLite through a release with the real commands: `cargo run --example quickstart`.
//!
//! The project is `examples/quickstart/project`, copied to a temporary folder; Prisma comes from npm by its lock file. Every line after
//! a `$` is run as a user would type it, and what follows is its real output. The walk stops with an error as soon as a command ends
//! with another exit code than the story needs.
#![allow(clippy::disallowed_macros, reason = "an example prints its story itself")]

mod engine;
mod walk;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    match quickstart() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nquickstart stopped: {message}");
            ExitCode::FAILURE
        }
    }
}

fn quickstart() -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    say("building `cargo prisma-safe` and its engine guard");
    let binaries = build_binaries(root)?;

    let folder = tempfile::Builder::new()
        .prefix("prisma-safe-quickstart-")
        .tempdir()
        .map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    // macOS and others reach the temporary folder through a link; one spelling keeps the output readable.
    let place =
        folder.path().canonicalize().map_err(|error| format!("cannot resolve the temporary folder: {error}"))?;
    let project = place.join("shop");
    copy(&root.join("examples/quickstart/project"), &project)?;

    say(&format!("installing Prisma from its lock file into {}", project.display()));
    npm_ci(&project)?;
    let engine = engine::find(root, &project)?;
    say(&engine.says);

    walk::walk(&walk::Stage { binaries, project, engine })
}

/// A line of the example itself, apart from what the commands print.
pub(crate) fn say(text: &str) {
    println!("# {text}");
}

/// `cargo run --example` builds only the example: the two programs are built here, in the same profile.
fn build_binaries(root: &Path) -> Outcome<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bins"]).current_dir(root);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.status().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !status.success() {
        return Err("the programs could not be built; the compiler's words are above".to_owned());
    }
    let example = std::env::current_exe().map_err(|error| format!("cannot find this program's folder: {error}"))?;
    let folder = example.parent().and_then(Path::parent).ok_or("this program is in no target folder")?;
    Ok(folder.to_owned())
}

fn npm_ci(project: &Path) -> Outcome<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let status = Command::new(npm)
        // Prisma's install script would download its native engine; `engine::find` tries that later, with a time limit.
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(project)
        .status()
        .map_err(|error| format!("cannot start npm ({error}); the quickstart needs Node 20.19 or newer with npm"))?;
    if status.success() { Ok(()) } else { Err("`npm ci` did not succeed; its words are above".to_owned()) }
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    let complain = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(complain)?;
    for entry in std::fs::read_dir(from).map_err(complain)? {
        let entry = entry.map_err(complain)?;
        if entry.file_name() == "node_modules" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target).map_err(complain)?;
        }
    }
    Ok(())
}
