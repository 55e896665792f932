//! `[lint]`: the level of each rule, everywhere or for one kind of environment or some migrations.
//!
//! ```toml
//! [lint]
//! server = "15.4"
//!
//! [lint.rules]
//! drop-column = "deny"
//! create-index-blocking = { level = "warn", production = "deny", paths = { "2023*" = "allow" } }
//! ```
//!
//! Whether a slug names a rule is not known here: the linter asks the registry and complains with the origin of the slug.

use super::origin::Sourced;
use super::reader::Table;
use crate::environment::EnvironmentKind;

/// How loud a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Silent.
    Allow,
    /// Told; the run still succeeds.
    Warn,
    /// Told; the run ends with exit code 1.
    Deny,
}

impl Level {
    /// The words of the settings.
    pub const WORDS: [(&'static str, Level); 3] =
        [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];

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

/// What the settings say about one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSettings {
    /// The rule, as written.
    pub slug: Sourced<String>,
    /// Its level where nothing more exact is said.
    pub level: Option<Sourced<Level>>,
    /// Its level for one kind of environment.
    pub kinds: Vec<(EnvironmentKind, Sourced<Level>)>,
    /// Its level for migrations whose folder name fits a pattern (`*` stands for anything), in the order of the file.
    pub paths: Vec<(Sourced<String>, Sourced<Level>)>,
}

/// `[lint]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintSettings {
    /// `server`: the version of the server that migrations are for, as written (`15.4`, `10.11.2-mariadb`).
    pub server: Option<Sourced<String>>,
    /// `[lint.rules]`, in the order of the file.
    pub rules: Vec<RuleSettings>,
}

const KINDS: [(&str, EnvironmentKind); 4] = [
    ("dev", EnvironmentKind::Dev),
    ("preview", EnvironmentKind::Preview),
    ("staging", EnvironmentKind::Staging),
    ("production", EnvironmentKind::Production),
];

impl LintSettings {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        let mut settings = LintSettings { server: table.string("server"), ..LintSettings::default() };
        if let Some(rules) = table.table("rules") {
            for (slug, _) in rules.names() {
                if let Some(rule) = read_rule(&rules, slug) {
                    settings.rules.push(rule);
                }
            }
        }
        table.finish();
        settings
    }
}

fn read_rule(rules: &Table<'_, '_>, slug: Sourced<String>) -> Option<RuleSettings> {
    if !rules.is_table(&slug.value) {
        let level = rules.named_word(&slug.value, &Level::WORDS)?;
        return Some(RuleSettings { slug, level: Some(level), kinds: Vec::new(), paths: Vec::new() });
    }
    let mut table = rules.named_table(&slug.value)?;
    let level = table.word("level", &Level::WORDS);
    let kinds =
        KINDS.iter().filter_map(|(name, kind)| Some((*kind, table.word(name, &Level::WORDS)?))).collect::<Vec<_>>();
    let mut paths = Vec::new();
    if let Some(patterns) = table.table("paths") {
        for (pattern, _) in patterns.names() {
            if let Some(level) = patterns.named_word(&pattern.value, &Level::WORDS) {
                paths.push((pattern, level));
            }
        }
    }
    if level.is_none() && kinds.is_empty() && paths.is_empty() {
        table.complain(format!("`{}` sets no level", slug.value), Some("write `level = \"deny\"`".to_owned()));
    }
    table.finish();
    Some(RuleSettings { slug, level, kinds, paths })
}
