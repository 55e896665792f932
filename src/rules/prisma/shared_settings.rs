//! Lines at the end of a file that take a setting back.

use crate::rules::Edit;
use crate::sql::model::{Script, Span};

/// An edit that adds a line at the end of the file, after a terminated statement.
pub(super) fn closing_line(script: &Script, line: &str) -> Edit {
    let end = u32::try_from(script.text.len()).unwrap_or(u32::MAX);
    let body = script.text.trim_end();
    let last_line = body.lines().next_back().unwrap_or("");
    let closed = body.ends_with(';') || body.ends_with("*/") || last_line.contains("--");
    let text = match (closed, script.text.ends_with('\n')) {
        (false, _) => format!(";\n\n{line}\n"),
        (true, true) => format!("\n{line}\n"),
        (true, false) => format!("\n\n{line}\n"),
    };
    Edit { span: Span::new(end, end), text }
}
