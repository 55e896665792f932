//! The guard's self-test: a reset of a made-up production database, judged by the real rules and the real settings, sent to nobody.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::court::{Court, Evidence};
use super::entry::{Databases, Entry, Form, FoundUrl, Written};
use super::rules;

/// The argument that asks for it. A real engine does not know it, and says so.
pub const ARGUMENT: &str = "--prisma-safe-self-test";

/// Never resolves (RFC 2606), and is nobody's.
const MADE_UP: &str = "postgresql://nobody@production.invalid:5432/prisma_safe_self_test";

/// What the guard says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its version.
    pub prisma_safe_engine: String,
    /// The real engine behind it.
    pub real_engine: Option<PathBuf>,
    /// Why there is none.
    pub real_engine_missing: Option<String>,
    /// Whether it refused the made-up reset.
    pub refused: bool,
    /// Its reason, or that it let it pass.
    pub answer: String,
}

/// Judges the made-up reset.
pub(super) fn report<E: Evidence>(evidence: E, engine: Result<PathBuf, String>, directory: &Path) -> Report {
    let url = FoundUrl { text: MADE_UP.into(), base: directory.to_path_buf(), written: Written::Request };
    let entry = Entry {
        form: Form::Server,
        databases: Databases { url: Some(url), ..Databases::default() },
        json_at: None,
        schema_folders: Vec::new(),
    };
    let variable = |_: &str| None;
    let mut court = Court::new(&entry, None, None, evidence, directory, &variable);
    let answer = court.call(rules::Form::Rpc, "reset", None);
    let (real_engine, real_engine_missing) = match engine {
        Ok(path) => (Some(path), None),
        Err(reason) => (None, Some(reason)),
    };
    Report {
        prisma_safe_engine: env!("CARGO_PKG_VERSION").to_owned(),
        real_engine,
        real_engine_missing,
        refused: answer.is_err(),
        answer: answer.map_or_else(|refusal| refusal.what, |()| "a reset would have been let through".to_owned()),
    }
}

/// Asks a program whether it is the guard. `None` when it is something else.
///
/// # Errors
/// When it cannot be started.
pub fn ask(program: &OsStr, directory: &Path, variables: &[(OsString, OsString)]) -> std::io::Result<Option<Report>> {
    let output = Command::new(program)
        .arg(ARGUMENT)
        .current_dir(directory)
        .envs(variables.iter().cloned())
        .stdin(Stdio::null())
        .output()?;
    Ok(serde_json::from_slice(&output.stdout).ok())
}
