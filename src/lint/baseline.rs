//! Findings that are known and not told again: old history that nobody will edit.
//!
//! A finding is known by its migration, rule, subject and the text of its statement, not by its line. The file is JSON with one entry per
//! line, sorted, so that a review shows what came and went.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::LintError;
use super::judged::{Judged, Reported};

/// The version of the file.
const SCHEMA_VERSION: u32 = 1;

/// How one finding is known again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    migration: String,
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    statement: String,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

const fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_one(count: &usize) -> bool {
    *count == 1
}

#[derive(Deserialize)]
struct File {
    schema_version: u32,
    findings: Vec<Entry>,
}

/// Known findings with how often each is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Key, usize>,
}

fn key(migration: &str, found: &Reported) -> Key {
    let subject = &found.finding.subject;
    Key {
        migration: migration.to_owned(),
        rule: found.rule.slug.to_owned(),
        table: subject.table.clone(),
        column: subject.column.clone(),
        name: subject.name.clone(),
        statement: found.statement_hash.clone(),
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// [`LintError::Baseline`] when it is not there or not one.
    pub fn read(path: &Path) -> Result<Self, LintError> {
        let complain = |what: String| LintError::Baseline { path: crate::settings::shown(path), what };
        let text = std::fs::read_to_string(path).map_err(|error| complain(error.to_string()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let file: File = serde_json::from_str(text).map_err(|error| complain(error.to_string()))?;
        if file.schema_version != SCHEMA_VERSION {
            return Err(complain(format!(
                "it has schema_version {}, and {SCHEMA_VERSION} is known",
                file.schema_version
            )));
        }
        let mut known = BTreeMap::new();
        for entry in file.findings {
            *known.entry(entry.key).or_default() += entry.count;
        }
        Ok(Baseline { known })
    }

    /// Takes one finding out of what is known. Whether it was.
    pub fn take(&mut self, migration: &str, found: &Reported) -> bool {
        match self.known.get_mut(&key(migration, found)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Adds the findings of a migration.
    pub fn add(&mut self, judged: &Judged) {
        for found in &judged.findings {
            *self.known.entry(key(&judged.name, found)).or_default() += 1;
        }
    }

    /// How many known findings are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.values().sum()
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = format!("{{\n  \"schema_version\": {SCHEMA_VERSION},\n  \"findings\": [");
        for (at, (key, count)) in self.known.iter().enumerate() {
            let entry = Entry { key: key.clone(), count: *count };
            let entry = serde_json::to_string(&entry).expect("a struct of texts and numbers becomes JSON");
            text.push_str(if at == 0 { "\n    " } else { ",\n    " });
            text.push_str(&entry);
        }
        text.push_str(if self.known.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        text
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`LintError::WriteBaseline`].
    pub fn write(&self, path: &Path) -> Result<(), LintError> {
        let complain = |cause| LintError::WriteBaseline { path: crate::settings::shown(path), cause };
        super::sources::replace_file(path, self.to_json().as_bytes()).map_err(complain)
    }
}
