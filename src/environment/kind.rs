//! What kind of place an environment is.

use std::fmt;

/// The kind that the settings file gives an environment. Only [`EnvironmentKind::Dev`] may ever be reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentKind {
    /// A developer's own database.
    Dev,
    /// Short-lived, per branch or pull request.
    Preview,
    /// The rehearsal.
    Staging,
    /// The real thing.
    Production,
    /// No kind was stated: held to production's standard.
    Unstated,
}

impl EnvironmentKind {
    /// The word in settings, markers and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EnvironmentKind::Dev => "dev",
            EnvironmentKind::Preview => "preview",
            EnvironmentKind::Staging => "staging",
            EnvironmentKind::Production => "production",
            EnvironmentKind::Unstated => "unstated",
        }
    }

    /// The kind of a word, as [`EnvironmentKind::as_str`] writes it. `None` for any other word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            EnvironmentKind::Dev,
            EnvironmentKind::Preview,
            EnvironmentKind::Staging,
            EnvironmentKind::Production,
            EnvironmentKind::Unstated,
        ];
        all.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it may be a developer's own database. The kind alone never proves it: see the dev test.
    #[must_use]
    pub const fn is_dev(self) -> bool {
        matches!(self, EnvironmentKind::Dev)
    }
}

impl fmt::Display for EnvironmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
