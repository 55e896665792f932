//! The engine guard: our program standing where Prisma expects its schema engine (design §5).

use std::ffi::OsString;
use std::path::PathBuf;

use super::errors::PrismaError;

pub mod court;
pub mod entry;
mod evidence;
pub mod install;
pub mod pin;
pub mod real_engine;
pub mod refusal;
pub mod relay;
pub mod rules;
pub mod self_test;
pub mod serve;
pub mod session;

pub use pin::{Permit, Pin, RunFile};

/// The guard's program, beside ours. There is no setting for it: what could be named elsewhere could be left out.
///
/// # Errors
/// [`PrismaError::GuardMissing`]; nothing may be run without it.
pub fn program() -> Result<PathBuf, PrismaError> {
    let name = format!("prisma-safe-engine{}", std::env::consts::EXE_SUFFIX);
    let ours = std::env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
    let beside = ours.with_file_name(&name);
    if beside.is_file() {
        return Ok(beside);
    }
    // Cargo builds tests and examples one folder below the programs.
    match ours.parent().and_then(|folder| folder.parent()).map(|folder| folder.join(&name)) {
        Some(above) if above.is_file() => Ok(above),
        _ => Err(PrismaError::GuardMissing(beside)),
    }
}

/// Set for a run whose guard is `cargo-prisma-safe` itself, see [`for_run`].
pub const STAND_IN_VARIABLE: &str = "PRISMA_SAFE_STAND_IN_GUARD";

/// The guard for a run of ours: its own program, or, where only `cargo-prisma-safe` was built (`cargo run -- prisma-safe …` builds no other
/// program), that one in its place. The second value tells which.
///
/// # Errors
/// [`PrismaError::GuardMissing`] when not even our own program can be named.
pub fn for_run() -> Result<(PathBuf, bool), PrismaError> {
    match program() {
        Ok(guard) => Ok((guard, false)),
        Err(missing) => std::env::current_exe()
            .ok()
            // A library in somebody else's program must not start that program as an engine.
            .filter(|path| path.file_stem().is_some_and(|name| name == "cargo-prisma-safe"))
            .map(|path| (path, true))
            .ok_or(missing),
    }
}

/// Whether `cargo-prisma-safe` was started by Prisma as its engine, in a run whose guard it is. Its own command line never begins so.
#[must_use]
pub fn is_stand_in(arguments: &[OsString]) -> bool {
    const ENGINE_WORDS: [&str; 6] =
        ["--datamodels", "--datamodel", "--datasource", "--enabled-preview-features", "--extension-types", "cli"];
    std::env::var_os(STAND_IN_VARIABLE).is_some()
        && (arguments.is_empty()
            || arguments.first().is_some_and(|first| ENGINE_WORDS.iter().any(|word| first == word)))
}

/// Runs the guard's program with the arguments that Prisma gave its engine.
#[must_use]
pub fn run(arguments: &[OsString]) -> std::process::ExitCode {
    serve::serve(arguments, evidence::Lookup::new, &evidence::engine_setting)
}
