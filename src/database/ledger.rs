//! The ledger: the rows of `_prisma_migrations`, read by us, written by Prisma.

use jiff::Timestamp;

use super::timestamp;
use crate::migrations::Checksum;

/// The columns that are read, in the order of [`LedgerRow::from_text`].
pub(super) const COLUMNS: [&str; 8] =
    ["id", "checksum", "finished_at", "migration_name", "logs", "rolled_back_at", "started_at", "applied_steps_count"];

/// One row of `_prisma_migrations` (the same columns on every provider, Prisma 5 to 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Prisma's row id, a UUID.
    pub id: String,
    /// SHA-256 of the script when it was started.
    pub checksum: Checksum,
    /// When it ended well; `None` while it runs, and for ever when it failed.
    pub finished_at: Option<Timestamp>,
    /// The migration's folder name.
    pub migration_name: String,
    /// The database's error, once it failed.
    pub logs: Option<String>,
    /// When somebody marked it as rolled back.
    pub rolled_back_at: Option<Timestamp>,
    /// When it was started, by the clock of the machine that ran it.
    pub started_at: Timestamp,
    /// 1 when deploy ran the script, 0 when `resolve --applied` wrote the row.
    pub applied_steps_count: u32,
}

/// A row that cannot be understood: which one, and what is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    pub row: String,
    pub problem: String,
}

impl LedgerRow {
    /// Makes a row of the texts of [`COLUMNS`]; `place` counts from 1 and names a row without an id.
    pub(super) fn from_text(place: usize, cells: [Option<String>; 8]) -> Result<Self, BadRow> {
        let row = cells[0]
            .clone()
            .filter(|id| !id.is_empty())
            .map_or_else(|| format!("number {place}"), |id| format!("`{id}`"));
        let bad = |problem: String| BadRow { row: row.clone(), problem };
        let [id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, steps] = cells;
        let needed = |column: &str, cell: Option<String>| cell.ok_or_else(|| bad(format!("`{column}` is NULL")));
        let time = |column: &str, cell: Option<String>| {
            cell.map(|text| timestamp::parse(&text).ok_or_else(|| bad(format!("`{column}` is no timestamp: `{text}`"))))
                .transpose()
        };
        let steps = needed("applied_steps_count", steps)?;
        Ok(LedgerRow {
            checksum: Checksum::stored(needed("checksum", checksum)?),
            finished_at: time("finished_at", finished_at)?,
            migration_name: needed("migration_name", migration_name)?,
            logs,
            rolled_back_at: time("rolled_back_at", rolled_back_at)?,
            started_at: time("started_at", Some(needed("started_at", started_at)?))?
                .ok_or_else(|| bad("`started_at` is NULL".to_owned()))?,
            applied_steps_count: steps
                .parse()
                .map_err(|_| bad(format!("`applied_steps_count` is no number: `{steps}`")))?,
            id: needed("id", id)?,
        })
    }
}

/// Who holds Prisma's advisory lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockState {
    /// Nobody.
    Free,
    /// A session holds it: a deploy or resolve is running.
    Held {
        /// Who, as the database names it: user, host, application, process id. Never a password.
        by: String,
        /// Since when, where the database tells.
        since: Option<Timestamp>,
    },
    /// This database cannot tell, and why.
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> [Option<String>; 8] {
        ["an-id", "abc", "2026-01-01 00:00:01", "1_a", "", "", "2026-01-01 00:00:00", "1"]
            .map(|text| (!text.is_empty()).then(|| text.to_owned()))
    }

    #[test]
    fn a_row_that_prisma_did_not_write_is_named() {
        assert!(LedgerRow::from_text(1, cells()).is_ok());
        for (column, value, row, problem) in [
            (0, None, "number 7", "`id` is NULL"),
            (1, None, "`an-id`", "`checksum` is NULL"),
            (2, Some("soon"), "`an-id`", "`finished_at` is no timestamp: `soon`"),
            (3, None, "`an-id`", "`migration_name` is NULL"),
            (5, Some("infinity"), "`an-id`", "`rolled_back_at` is no timestamp: `infinity`"),
            (6, None, "`an-id`", "`started_at` is NULL"),
            (7, Some("-1"), "`an-id`", "`applied_steps_count` is no number: `-1`"),
        ] {
            let mut cells = cells();
            cells[column] = value.map(ToOwned::to_owned);
            let bad = LedgerRow::from_text(7, cells).expect_err("it is bad");
            assert_eq!((&*bad.row, &*bad.problem), (row, problem));
        }
    }
}
