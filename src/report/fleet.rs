//! A table of many databases: one line each.

use std::fmt::Write as _;

use crate::deploy::fleet::Record;
use crate::shell::printable;

/// Lines with their columns under each other; the last one runs free.
#[must_use]
pub fn columns<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(|text| text.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head.map(str::to_owned)).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell}{}  ", " ".repeat(width.saturating_sub(cell.chars().count())));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// What came of each database: its name, its place, what was applied before and now, the result, the seconds.
#[must_use]
pub fn table(records: &[Record]) -> String {
    let rows: Vec<[String; 6]> = records
        .iter()
        .map(|record| {
            [
                printable(&record.name).into_owned(),
                printable(&record.target).into_owned(),
                record.before.map_or_else(|| "?".to_owned(), |before| before.to_string()),
                if record.applied.is_empty() { "-".to_owned() } else { record.applied.len().to_string() },
                record.result.words().to_owned(),
                if record.seconds > 0.0 { format!("{:.1}", record.seconds) } else { "-".to_owned() },
            ]
        })
        .collect();
    columns(["database", "place", "before", "applied", "result", "seconds"], &rows)
}
