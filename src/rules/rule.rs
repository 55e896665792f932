//! What a rule is: one static [`Rule`] per file, metadata beside the check.

use std::fmt;

use crate::environment::EnvironmentKind;
use crate::project::Provider;

use super::finding::Findings;
use super::view::{HistoryView, MigrationView, OperationView, StatementView};

/// How seriously a finding is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not reported.
    Allow,
    /// Reported; never stops anything.
    Warn,
    /// Reported; `lint` exits with 1 and the lint gate blocks.
    Deny,
}

impl Level {
    /// The word in settings and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The levels a rule has when nobody set one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// On a developer's own database and in previews.
    pub dev: Level,
    /// Everywhere else, and when no environment is named.
    pub elsewhere: Level,
}

impl Levels {
    /// The same level everywhere.
    #[must_use]
    pub const fn everywhere(level: Level) -> Self {
        Levels { dev: level, elsewhere: level }
    }

    /// `deny` where others depend on the database, `warn` on a developer's own.
    pub const DENY: Levels = Levels { dev: Level::Warn, elsewhere: Level::Deny };
    /// `warn` everywhere.
    pub const WARN: Levels = Levels { dev: Level::Warn, elsewhere: Level::Warn };

    /// The level for a kind of environment; `None` when no environment was named.
    #[must_use]
    pub const fn for_kind(self, kind: Option<EnvironmentKind>) -> Level {
        match kind {
            Some(EnvironmentKind::Dev | EnvironmentKind::Preview) => self.dev,
            _ => self.elsewhere,
        }
    }
}

/// Whether a rule can write the safe form itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fixable {
    /// Never.
    Never,
    /// When the statement has the plain shape.
    Sometimes,
    /// Always.
    Always,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// Each operation by itself, with what came before its statement. Steps of a group are not shown.
    Operation(fn(&OperationView<'_>, &mut Findings<'_>)),
    /// Each statement by itself, with what came before it.
    Statement(fn(&StatementView<'_>, &mut Findings<'_>)),
    /// The migration as a whole.
    Migration(fn(&MigrationView<'_>, &mut Findings<'_>)),
    /// The whole history, once, at its end. Its findings name their migration by ordinal ([`super::Finding::in_migration`]).
    History(fn(&HistoryView<'_>, &mut Findings<'_>)),
}

/// A rule: its metadata, its page and its check.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Names the hazard; reads well after "allow"; equals the file's name.
    pub slug: &'static str,
    /// Stable id, `PS` and three digits; never given to another rule.
    pub id: &'static str,
    /// Rows of the hazard catalogue (`docs/hazards.md`) that it covers.
    pub hazards: &'static [&'static str],
    /// Where it applies.
    pub databases: &'static [Provider],
    /// Default levels.
    pub levels: Levels,
    /// Whether it can write the safe form.
    pub fixable: Fixable,
    /// One line for lists, lower case, no full stop.
    pub summary: &'static str,
    /// The page: Markdown under the headings of [`PAGE_HEADINGS`].
    pub page: &'static str,
    /// The check.
    pub check: Check,
}

impl Rule {
    /// Off unless somebody turns it on.
    #[must_use]
    pub fn is_opt_in(&self) -> bool {
        self.levels == Levels::everywhere(Level::Allow)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.slug)
    }
}

/// The headings of each rule's page, in this order; a test holds every page to them.
pub const PAGE_HEADINGS: [&str; 6] = [
    "## What it catches",
    "## Why it hurts",
    "## What to do instead",
    "## Example",
    "## When to allow it",
    "## Source",
];
