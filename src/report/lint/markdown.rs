//! Markdown for a comment on a pull request. Everything that comes from a migration stands in code, where neither Markdown nor mentions
//! are read. The text is cut where GitHub would refuse it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Report, explain_command, summary_line};
use crate::lint::{Judged, LineTable, Reported, Summary, UNREADABLE};
use crate::rules::Level;
use crate::shell::{count, printable};

/// GitHub takes 65,536 characters; the head and the foot need some.
const LIMIT: usize = 60_000;
/// Lines of SQL that a finding shows.
const EXCERPT_LINES: usize = 6;
/// Bytes of SQL that a finding shows.
const EXCERPT_BYTES: usize = 600;

/// Collects the body: the head, with the counts, stands before it.
#[derive(Default)]
pub(super) struct Markdown {
    body: String,
    left_out: usize,
}

impl Report for Markdown {
    fn migration(&mut self, _: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        if judged.findings.is_empty() {
            return Ok(());
        }
        let mut text = format!("#### {}\n\n", code(&judged.name));
        let lines = LineTable::new(&judged.text);
        let mut written = 0;
        for found in &judged.findings {
            let one = finding(judged, found, &lines);
            if self.body.len() + text.len() + one.len() > LIMIT {
                break;
            }
            text.push_str(&one);
            written += 1;
        }
        if written > 0 {
            self.body.push_str(&text);
        }
        self.left_out += judged.findings.len() - written;
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let mark = match (summary.deny, summary.findings) {
            (0, 0) => "✅",
            (0, _) => "⚠️",
            _ => "❌",
        };
        // A bot finds its own comment again by the first line.
        writeln!(out, "<!-- prisma-safe-lint -->\n### {mark} Migration lint\n\n{}\n", summary_line(summary))?;
        out.write_all(self.body.as_bytes())?;
        if self.left_out > 0 {
            writeln!(out, "{} left out here: run `cargo prisma-safe lint`", count(self.left_out, "finding"))?;
        }
        Ok(())
    }
}

fn finding(judged: &Judged, found: &Reported, lines: &LineTable<'_>) -> String {
    let word = match found.level {
        Level::Deny => "error",
        Level::Warn | Level::Allow => "warning",
    };
    let place = code(&format!("{}:{}", judged.file, found.location.line));
    let slug = found.rule.slug;
    let mut text =
        format!("**{word}** {} `{slug}` at {place} ({})\n\n", found.rule.id, code(&found.level_origin.to_string()));
    text.push_str(&fenced("text", &format!("{}\n\n{}", found.finding.message, found.finding.why)));
    let (_, excerpt) = lines.excerpt(found.finding.span, EXCERPT_LINES);
    if !excerpt.trim().is_empty() {
        text.push_str(&fenced("sql", &cut(excerpt)));
    }
    let mut help = found.finding.help.clone();
    if let Some(query) = &found.finding.query {
        let _ = write!(help, "\n\n-- whether it matters, the database says:\n{query}");
    }
    let _ = write!(text, "<details><summary>What to do instead</summary>\n\n{}", fenced("sql", &help));
    // A file that cannot be read cannot say what it allows.
    if found.rule.id != UNREADABLE.id {
        let _ = write!(text, "To allow it: `{}`. ", found.directive());
    }
    let _ = write!(text, "More: `{}`\n\n</details>\n\n", explain_command(slug));
    text
}

fn cut(text: &str) -> String {
    if text.len() <= EXCERPT_BYTES {
        return text.to_owned();
    }
    let mut end = EXCERPT_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// A fenced block whose fence is longer than any run of back-ticks in it.
pub(in crate::report) fn fenced(language: &str, text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", text.trim_end())
}

/// Inline code from any text: everything but letters, digits and a few harmless signs becomes a character reference.
pub(in crate::report) fn code(text: &str) -> String {
    let mut html = String::from("<code>");
    for c in printable(text).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '/' | '.' | ':' | ',') {
            html.push(c);
        } else if c == '\n' || c == '\t' {
            html.push(' ');
        } else {
            let _ = write!(html, "&#{};", c as u32);
        }
    }
    html.push_str("</code>");
    html
}
