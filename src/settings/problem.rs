//! What is wrong in a settings file, shown on its line.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One complaint, with the place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, one line.
    pub message: String,
    /// What to do instead.
    pub help: Option<String>,
    /// The file, as shown.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line itself, with anything that may be a secret taken out.
    pub source_line: String,
    /// How many characters to underline.
    pub width: usize,
}

impl Problem {
    /// A complaint about `span` of `text`.
    pub(super) fn new(file: &Path, text: &str, span: Range<usize>, message: String, help: Option<String>) -> Self {
        let place = Place::of(text, &span);
        let source_line = without_secrets(place.line_text);
        // Where something was taken out, columns behind it no longer fit.
        let room = source_line.chars().count().saturating_sub(place.column - 1);
        let width = text.get(span).map_or(1, |marked| marked.lines().next().unwrap_or("").chars().count());
        Problem {
            message,
            help,
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            width: width.min(room).max(1),
            source_line,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gutter = self.line.to_string().len();
        writeln!(f, "{}", self.message)?;
        writeln!(f, "{:gutter$}--> {}:{}:{}", "", self.file.display(), self.line, self.column)?;
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{} | {}", self.line, self.source_line.replace('\t', " "))?;
        write!(f, "{:gutter$} | {:indent$}{}", "", "", "^".repeat(self.width), indent = self.column - 1)
    }
}

pub(super) struct Place<'t> {
    pub line: usize,
    pub column: usize,
    line_text: &'t str,
}

impl<'t> Place<'t> {
    pub fn of(text: &'t str, span: &Range<usize>) -> Self {
        let mut at = span.start.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        Place {
            line: text[..start].matches('\n').count() + 1,
            column: text[start..at].chars().count() + 1,
            line_text: text[start..end].trim_end_matches('\r'),
        }
    }
}

/// Whether a text looks like a database URL: those have no business in the settings.
pub(super) fn looks_like_url(text: &str) -> bool {
    let text = text.trim();
    ["file:", "sqlite:", "sqlserver:", "jdbc:"].iter().any(|scheme| text.starts_with(scheme)) || text.contains("://")
}

/// The line as it may be shown: everything from a URL's `://` on, and everything that follows a word for a secret, is taken out.
fn without_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let cut = ["://", "password", "pwd=", "secret", "api_key", "token"]
        .iter()
        .filter_map(|word| lower.find(word).map(|at| at + word.len()))
        .min();
    match cut {
        Some(at) if at < line.len() => format!("{}…", &line[..at]),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_without_its_secret() {
        for line in [
            "url = \"postgresql://u:hunter2@h/db\"",
            "url-env = \"sqlserver://h;user=sa;password={hunter2}\"",
            "password = \"hunter2\"",
            "key = \"prisma+postgres://h?api_key=hunter2\"",
        ] {
            assert!(!without_secrets(line).contains("hunter2"), "{line}");
        }
        assert_eq!(without_secrets("kind = \"dev\""), "kind = \"dev\"");
    }

    #[test]
    fn places_count_characters_and_survive_odd_spans() {
        let text = "# é\r\nkind = \"däv\"\n";
        let place = Place::of(text, &(13..14));
        assert_eq!((place.line, place.column, place.line_text), (2, 8, "kind = \"däv\""));
        assert_eq!(Place::of("", &(5..9)).line, 1);
    }
}
