//! What the settings, the environments and the database itself say about a target.

use std::path::{Path, PathBuf};

use super::court::Evidence;
use super::entry::{Entry, FoundUrl};
use super::rules::Standing;
use crate::environment::DatabaseUrl;

/// Looks things up when asked, once.
pub struct Lookup;

impl Lookup {
    /// For an engine that runs in `directory`.
    #[must_use]
    pub fn new(_: &Entry, _: &Path) -> Self {
        Lookup
    }
}

impl Evidence for Lookup {
    fn standing(&mut self, _: &[&FoundUrl], _: Option<&str>) -> Standing {
        Standing::Unknown("this version of the guard cannot run the dev test yet".to_owned())
    }

    fn shadow(&mut self, shadow: &FoundUrl, targets: &[&FoundUrl]) -> Result<(), String> {
        if targets.iter().any(|target| target.expose() == shadow.expose()) {
            return Err("the shadow database is the main database".to_owned());
        }
        Ok(())
    }

    fn ungated_deploy(&mut self) -> bool {
        false
    }

    fn file_of(&self, url: &FoundUrl) -> Option<PathBuf> {
        let url = DatabaseUrl::parse(None, url.expose(), &url.base).ok()?;
        url.identity().path().map(Path::to_path_buf)
    }
}
