//! What is judged together: migrations that share a history.

use std::path::{Path, PathBuf};

use crate::migrations::ScriptProblem;
use crate::rules::Facts;

/// One history: a migrations folder, the loose SQL files of one folder, or standard input.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What is known beside the SQL, the provider above all.
    pub facts: Facts,
    /// Where it is, and in which shape.
    pub place: Place,
    /// In the order in which they run.
    pub items: Vec<Item>,
}

/// Where the scripts of a batch are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `<folder>/<name>/migration.sql`.
    Migrations(PathBuf),
    /// `<folder>/<name>`.
    Files(PathBuf),
    /// Not on disk: standard input, or a draft.
    Text {
        /// How it is called.
        name: String,
        /// Its bytes.
        script: Vec<u8>,
    },
}

/// One migration of a batch. Small, because a history may have many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Folder name, or the file's name.
    pub name: String,
    /// Its findings are told; otherwise it only feeds what the later ones see.
    pub judged: bool,
    /// The database that is judged for does not have it yet.
    pub pending: bool,
}

/// A migration as it was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The bytes of the script.
    pub script: Result<Vec<u8>, Unreadable>,
    /// Its revert script.
    pub revert: RevertText,
}

/// Why there are no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// There is no `migration.sql` in its folder.
    Missing,
    /// The system refused, in its words.
    Refused(String),
}

/// A revert script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevertText {
    /// Not looked for.
    NotLooked,
    /// There is none.
    Missing,
    /// Its bytes.
    Present(Vec<u8>),
    /// It is there and may not be read.
    Unreadable,
}

impl From<ScriptProblem> for Unreadable {
    fn from(problem: ScriptProblem) -> Self {
        match problem {
            ScriptProblem::Missing => Unreadable::Missing,
            ScriptProblem::Unreadable(said) => Unreadable::Refused(said),
        }
    }
}

impl Batch {
    /// The file of an item; what stands for it where there is none.
    #[must_use]
    pub fn file(&self, item: &Item) -> PathBuf {
        match &self.place {
            Place::Migrations(folder) => folder.join(&item.name).join(crate::migrations::folder::SCRIPT_FILE),
            Place::Files(folder) => folder.join(&item.name),
            Place::Text { name, .. } => Path::new(name).to_owned(),
        }
    }
}
