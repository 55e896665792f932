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

/// Runs the guard's program with the arguments that Prisma gave its engine.
#[must_use]
pub fn run(arguments: &[OsString]) -> std::process::ExitCode {
    serve::serve(arguments, evidence::Lookup::new, &evidence::engine_setting)
}
