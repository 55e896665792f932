//! Findings, in every format: one file per format, all of the same shape.
//!
//! A [`Report`] is told each judged migration as it comes and writes it out at once where its format allows that, so that memory stays
//! flat. It never reads files. Text from a migration is hostile: each format escapes by its own rules, and a property test holds all of
//! them to that.
//!
//! To add a format: a file with a struct that implements [`Report`], its `mod` line, a variant of [`Format`], an arm of [`Format::report`].

mod github;
mod gitlab;
mod human;
mod json;
mod junit;
pub(super) mod markdown;
mod rule_list;
mod sarif;

#[cfg(test)]
mod tests;

pub(in crate::report) use human::Excerpt;
use std::io::{self, Write};

pub use rule_list::{RuleRow, explain, index, list_human, list_json};

use crate::lint::{Judged, Summary};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Human,
    /// One JSON document, see docs/lint.schema.json
    Json,
    /// Workflow commands: annotations on GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Markdown, for a comment on a pull request
    Markdown,
    /// GitLab code quality
    Gitlab,
}

/// What formats need to know beside the findings.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// With colour.
    pub color: bool,
    /// With clickable rule names.
    pub hyperlinks: bool,
    /// Columns to fill.
    pub width: usize,
}

/// One format.
pub trait Report: Send {
    /// Before anything else.
    ///
    /// # Errors
    /// Those of the stream.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// One migration.
    ///
    /// # Errors
    /// Those of the stream.
    fn migration(&mut self, out: &mut dyn Write, judged: &Judged) -> io::Result<()>;

    /// After everything else.
    ///
    /// # Errors
    /// Those of the stream.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}

impl Format {
    /// The writer of the format.
    #[must_use]
    pub fn report(self, style: Style) -> Box<dyn Report> {
        match self {
            Format::Human => Box::new(human::Human::new(style)),
            Format::Json => Box::new(json::Json::default()),
            Format::Github => Box::new(github::Github),
            Format::Sarif => Box::new(sarif::Sarif::default()),
            Format::Junit => Box::new(junit::Junit::default()),
            Format::Markdown => Box::new(markdown::Markdown::default()),
            Format::Gitlab => Box::new(gitlab::Gitlab::default()),
        }
    }
}

/// Where a rule's page is, for machines that show links. `None` while the package names no repository.
fn page_url(slug: &str) -> Option<String> {
    let repository = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    (!repository.is_empty()).then(|| format!("{repository}/blob/main/docs/rules/{slug}.md"))
}

/// The command that shows a rule's page.
fn explain_command(slug: &str) -> String {
    format!("cargo prisma-safe explain {slug}")
}

/// `3 migrations, 12 statements, all understood: 2 findings (1 deny, 1 warn)`.
fn summary_line(summary: &Summary) -> String {
    use crate::shell::count;
    use std::fmt::Write as _;
    let mut line = format!("{}, {}", count(summary.migrations, "migration"), count(summary.statements, "statement"));
    match summary.unknown {
        _ if summary.statements == 0 => {}
        0 => line.push_str(", all understood"),
        unknown => {
            let _ = write!(line, ", {} understood, {unknown} not", summary.understood);
        }
    }
    line.push_str(": ");
    match (summary.findings, summary.deny, summary.warn) {
        (0, _, _) => line.push_str("no findings"),
        (all, 0, _) => {
            let _ = write!(line, "{} (warn)", count(all, "finding"));
        }
        (all, _, 0) => {
            let _ = write!(line, "{} (deny)", count(all, "finding"));
        }
        (all, deny, warn) => {
            let _ = write!(line, "{} ({deny} deny, {warn} warn)", count(all, "finding"));
        }
    }
    if summary.allowed > 0 {
        let _ = write!(line, ", {} allowed by directives", summary.allowed);
    }
    if summary.in_baseline > 0 {
        let _ = write!(line, ", {} in the baseline", summary.in_baseline);
    }
    line
}
