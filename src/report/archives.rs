//! What `archive list` and `archive drop` tell.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::shell::printable;

/// One archive table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The table that the rows are of, where the migration is on disk.
    pub of: Option<String>,
    /// The migration that keeps it.
    pub migration: Option<String>,
    /// When that was applied.
    pub since: Option<Timestamp>,
    /// `applied`, `reverted`, `failed or running`, `not applied`.
    pub state: &'static str,
    /// How many.
    pub rows: Option<u64>,
    /// On disk.
    pub bytes: Option<u64>,
}

/// A table for people.
#[must_use]
pub fn human(list: &[Listed]) -> String {
    let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
    let mut rows = vec![["archive", "of", "migration", "since", "rows", "size"].map(str::to_owned)];
    rows.extend(list.iter().map(|one| {
        let since =
            one.since.map_or_else(|| one.state.to_owned(), |since| since.strftime("%Y-%m-%d %H:%M UTC").to_string());
        let since = if one.state == "reverted" { format!("{since}, reverted") } else { since };
        [
            printable(&one.name).into_owned(),
            printable(one.of.as_deref().unwrap_or("?")).into_owned(),
            printable(one.migration.as_deref().unwrap_or("not one of this folder")).into_owned(),
            since,
            number(one.rows),
            one.bytes.map_or_else(|| "?".to_owned(), size),
        ]
    }));
    let widths: [usize; 6] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Numbers stand to the right.
            let _ = if at >= 4 { write!(line, "{cell:>width$}  ") } else { write!(line, "{cell:<width$}  ") };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut rest = bytes;
    let mut unit = "B";
    for next in UNITS {
        if rest < 10_000 && unit != "B" {
            break;
        }
        rest /= 1000;
        unit = next;
    }
    format!("{rest} {unit}")
}

#[derive(serde::Serialize)]
struct Document<'a> {
    schema_version: u8,
    environment: &'a str,
    archives: &'a [Listed],
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<bool>,
}

/// One document. `dropped`: whether they are gone now; `None` for a list.
#[must_use]
pub fn json(environment: &str, archives: &[Listed], dropped: Option<bool>) -> String {
    let document = Document { schema_version: 1, environment, archives, dropped };
    let mut text = serde_json::to_string_pretty(&document).expect("texts and numbers");
    text.push('\n');
    text
}
