//! The outcome: what every report is made of.

use std::borrow::Cow;

use super::location::Location;
use crate::rules::{Finding, Level, Rule};
use crate::settings::Origin;

/// One migration, judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Folder name, or the file's name.
    pub name: String,
    /// Path of the file as it is shown, with `/`.
    pub file: String,
    /// Its text, for excerpts. Empty where there is none.
    pub text: String,
    /// Statements in it.
    pub statements: usize,
    /// Those that were understood.
    pub understood: usize,
    /// What is told, by place.
    pub findings: Vec<Reported>,
    /// What a directive allows.
    pub allowed: Vec<Allowed>,
    /// Findings that the baseline holds.
    pub in_baseline: usize,
    /// The safe form of what has one, where that was asked for.
    pub repair: Option<super::repair::Repair>,
    /// Told already, and here once more since only the end of the history showed it. Its statements do not count again.
    pub again: bool,
}

/// A finding that is told.
#[derive(Debug, Clone)]
pub struct Reported {
    /// Whose.
    pub rule: &'static Rule,
    /// What.
    pub finding: Finding,
    /// How loud.
    pub level: Level,
    /// Who says so.
    pub level_origin: Origin,
    /// Where.
    pub location: Location,
    /// SHA-256 of its statement, shortened; empty for a finding about the file. With it a finding is known again after lines moved.
    pub statement_hash: String,
}

/// A finding that a directive allows.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// Whose.
    pub rule: &'static Rule,
    /// What.
    pub finding: Finding,
    /// The directive by index in the script.
    pub directive: usize,
}

/// The whole run in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Migrations that were judged.
    pub migrations: usize,
    /// Their statements.
    pub statements: usize,
    /// Statements that were understood.
    pub understood: usize,
    /// Statements that were not: each is a finding, and none counts as safe.
    pub unknown: usize,
    /// Findings that were told.
    pub findings: usize,
    /// Those at `deny`.
    pub deny: usize,
    /// Those at `warn`.
    pub warn: usize,
    /// Findings that a directive allows.
    pub allowed: usize,
    /// Findings that the baseline holds.
    pub in_baseline: usize,
}

impl Summary {
    /// Counts one migration.
    pub fn count(&mut self, judged: &Judged) {
        if !judged.again {
            self.migrations += 1;
            self.statements += judged.statements;
            self.understood += judged.understood;
            self.unknown += judged.statements - judged.understood;
        }
        self.findings += judged.findings.len();
        self.deny += judged.findings.iter().filter(|found| found.level == Level::Deny).count();
        self.warn += judged.findings.iter().filter(|found| found.level == Level::Warn).count();
        self.allowed += judged.allowed.len();
        self.in_baseline += judged.in_baseline;
    }
}

impl Reported {
    /// The comment that would allow it, for the line above its statement.
    #[must_use]
    pub fn directive(&self) -> String {
        let verb = if self.finding.statement.is_some() { "allow" } else { "allow-file" };
        format!("-- prisma-safe: {verb} {} reason=\"…\"", self.rule.slug)
    }

    /// A stable name for it: the same after lines moved, another when the statement changed. Hexadecimal.
    #[must_use]
    pub fn fingerprint(&self, migration: &str) -> String {
        let subject = &self.finding.subject;
        let part = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or_default());
        let parts: [Cow<'_, str>; 6] = [
            migration.into(),
            self.rule.slug.into(),
            part(&subject.table),
            part(&subject.column),
            part(&subject.name),
            self.statement_hash.as_str().into(),
        ];
        short_hash(parts.join("\u{0}").as_bytes())
    }
}

/// The first 16 hexadecimal digits of a SHA-256.
#[must_use]
pub(super) fn short_hash(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

/// Hashes a statement so that line ends and white space around it do not count.
#[must_use]
pub(super) fn statement_hash(sql: &str) -> String {
    short_hash(sql.replace("\r\n", "\n").trim().as_bytes())
}
