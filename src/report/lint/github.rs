//! GitHub Actions workflow commands: one line per finding, shown as an annotation at its line.

use std::io::{self, Write};

use super::{Report, explain_command, summary_line};
use crate::lint::{Judged, Summary};
use crate::rules::Level;
use crate::shell::printable;

/// Writes commands.
pub(super) struct Github;

impl Report for Github {
    fn migration(&mut self, out: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        for found in &judged.findings {
            let command = match found.level {
                Level::Deny => "error",
                Level::Warn | Level::Allow => "warning",
            };
            let (at, finding) = (found.location, &found.finding);
            let title = property(&format!("{} {}", found.rule.id, found.rule.slug));
            let mut body = format!("{}\nwhy: {}\nhelp: {}", finding.message, finding.why, finding.help);
            if let Some(query) = &finding.query {
                body.push_str(&format!("\nquery: {query}"));
            }
            body.push_str(&format!("\nmore: {}", explain_command(found.rule.slug)));
            write!(out, "::{command} file={},line={},endLine={}", property(&judged.file), at.line, at.end_line)?;
            // Columns over several lines are refused.
            if at.line == at.end_line {
                write!(out, ",col={},endColumn={}", at.column, at.end_column)?;
            }
            writeln!(out, ",title={title}::{}", data(&body))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        writeln!(out, "::notice title=prisma-safe::{}", data(&summary_line(summary)))
    }
}

/// Escapes what stands behind the second `::`.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
