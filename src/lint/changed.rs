//! `--since`: which migrations are new or edited against a git reference.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::error::LintError;
use crate::settings::shown;

/// Migrations by folder name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// New or edited, uncommitted work among them.
    pub all: BTreeSet<String>,
    /// Those that the reference does not have at all.
    pub added: BTreeSet<String>,
}

/// Compares the working tree of a folder with the common ancestor of `reference` and the current commit: what a pull request shows.
///
/// # Errors
/// [`LintError`] when git cannot tell.
pub fn since(folder: &Path, reference: &str) -> Result<Changed, LintError> {
    let inside = git(folder, &["rev-parse", "--is-inside-work-tree"])?;
    if !inside.status.success() {
        return Err(LintError::NoRepository { path: shown(folder) });
    }
    let commit = format!("{reference}^{{commit}}");
    let known = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    if !known.status.success() {
        return Err(LintError::NoReference { reference: reference.to_owned() });
    }
    let commit = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    let base = git(folder, &["merge-base", &commit, "HEAD"])?;
    if !base.status.success() {
        return Err(LintError::NoMergeBase { reference: reference.to_owned() });
    }
    let base = String::from_utf8_lossy(&base.stdout).trim().to_owned();
    let diff = ["diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", &base, "--", "."];
    let untracked = ["ls-files", "--others", "--exclude-standard", "-z", "--", "."];
    let mut all = names(&checked(git(folder, &diff)?)?);
    all.extend(names(&checked(git(folder, &untracked)?)?));
    let old = names(&checked(git(folder, &["ls-tree", "-r", "-z", "--name-only", &base, "--", "."])?)?);
    let added = all.difference(&old).cloned().collect();
    Ok(Changed { all, added })
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Output, LintError> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "core.quotePath=false"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| LintError::NoGit { cause })
}

fn checked(output: Output) -> Result<Output, LintError> {
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned();
    Err(LintError::Git { said })
}

/// The first folder of each path.
fn names(output: &Output) -> BTreeSet<String> {
    String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter_map(|path| path.split_once('/'))
        .map(|(folder, _)| folder.to_owned())
        .collect()
}
