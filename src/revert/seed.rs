//! `verify.seed`: the team's own rows. They come after the earlier migrations and before ours; a table that they fill keeps them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::VerifyError;
use super::prove::by_statement_of;
use super::rows::Shape;
use super::throwaway::Session;
use crate::migrations::Checksum;
use crate::project::Provider;
use crate::sql;
use crate::sql::model::Script;

/// A seed file, read.
#[derive(Debug, Clone)]
pub struct SeedFile {
    /// From the project's folder, where it is in there.
    pub path: PathBuf,
    /// Its SHA-256.
    pub checksum: String,
    script: Script,
}

impl SeedFile {
    /// Reads a seed file.
    ///
    /// # Errors
    /// [`VerifyError::Seed`].
    pub fn read(provider: Provider, project: &Path, path: &Path) -> Result<Self, VerifyError> {
        let shown = path.strip_prefix(project).unwrap_or(path).to_owned();
        let unusable = |why: String| VerifyError::Seed { path: shown.clone(), why };
        let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let script = sql::read(provider, &bytes).map_err(|error| unusable(error.to_string()))?;
        let checksum = Checksum::of(&bytes).as_str().to_owned();
        Ok(SeedFile { path: shown, checksum, script })
    }

    /// As people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

/// Runs all of them.
///
/// # Errors
/// Which one stops where, for people.
pub(super) fn run(session: &mut dyn Session, seeds: &[SeedFile]) -> Result<(), String> {
    for seed in seeds {
        by_statement_of(session, &seed.script).map_err(|stop| format!("the seed `{}` stops {stop}", seed.shown()))?;
    }
    session.renew().map_err(|failure| failure.said)
}

/// The tables that have rows.
pub(super) fn filled(provider: Provider, session: &mut dyn Session, shapes: &[Shape]) -> BTreeSet<String> {
    let mut filled = BTreeSet::new();
    for shape in shapes {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", shape.quoted(provider));
        if session.query(&sql).is_ok_and(|rows| !rows.is_empty()) {
            filled.insert(shape.shown());
        }
    }
    filled
}
