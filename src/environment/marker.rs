//! The mark that a database carries of the environment it belongs to: a comment on `_prisma_migrations`
//! (`prisma-safe: environment=production kind=production`). No new object, no drift in Prisma's eyes, and it travels with dumps.

use super::EnvironmentKind;

/// What the comment on `_prisma_migrations` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Name of the environment in the settings of whoever marked it.
    pub environment: String,
    /// Its kind at that time; `None` when the comment does not say, or says a word that this version does not know.
    pub kind: Option<EnvironmentKind>,
}

const PREFIX: &str = "prisma-safe:";

impl Marker {
    /// Finds the mark in a table comment, whatever else the comment says. `None` when there is none.
    #[must_use]
    pub fn parse(comment: &str) -> Option<Self> {
        let at = comment.find(PREFIX)?;
        let mut environment = None;
        let mut kind = None;
        for word in comment[at + PREFIX.len()..].lines().next().unwrap_or("").split_whitespace() {
            match word.split_once('=') {
                Some(("environment", name)) if !name.is_empty() => environment = Some(name.to_owned()),
                Some(("kind", name)) => {
                    kind = match name {
                        "dev" => Some(EnvironmentKind::Dev),
                        "preview" => Some(EnvironmentKind::Preview),
                        "staging" => Some(EnvironmentKind::Staging),
                        "production" => Some(EnvironmentKind::Production),
                        "unstated" => Some(EnvironmentKind::Unstated),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        // A mark that cannot be read is still a mark: its environment is not known, so it is never dev.
        Some(Marker { environment: environment.unwrap_or_else(|| "?".to_owned()), kind })
    }

    /// The comment to write, keeping what others wrote before the mark.
    #[must_use]
    pub fn into_comment(&self, existing: Option<&str>) -> String {
        let kind = self.kind.unwrap_or(EnvironmentKind::Unstated);
        let mark = format!("{PREFIX} environment={} kind={kind}", self.environment);
        match existing.map(|text| text.split(PREFIX).next().unwrap_or("").trim_end()) {
            Some(kept) if !kept.is_empty() => format!("{kept}\n{mark}"),
            _ => mark,
        }
    }

    /// Whether the mark says, without doubt, that this is a developer's own database.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.kind.is_some_and(EnvironmentKind::is_dev)
            || (self.kind.is_none() && self.environment == EnvironmentKind::Dev.as_str())
    }
}
