//! What waits while the pending migrations run, and for how long that may be: locks of the plan × sizes of the target. The line that the
//! policy asks to announce.

use std::collections::BTreeMap;
use std::time::Duration;

use super::evidence::impact::{self, measured};
use super::plan::Plan;
use super::plan_locks::{Stops, TableLock};
use crate::database::{Rows, Size, TableRef};
use crate::shell::count;
use crate::sql::lock_facts::postgres::Work;

/// Sizes as the target told them.
pub type Sizes = Result<BTreeMap<TableRef, Size>, String>;

/// One table that others wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The migration.
    pub migration: String,
    /// Line of the statement that takes the lock, from 1.
    pub line: usize,
    /// The table, as the SQL names it.
    pub table: String,
    /// Who waits.
    pub stops: Stops,
    /// What is done until the lock is given back, the longest first. Never empty.
    pub works: Vec<Done>,
}

/// One long piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The table that is worked through.
    pub table: String,
    /// How.
    pub work: Work,
    /// Its size; `None`: the target does not tell, or the text does not name the table.
    pub size: Option<Size>,
    /// The statement in short.
    pub sql: &'static str,
    /// Its line, from 1.
    pub line: usize,
}

/// Everything that is waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Downtime {
    /// Tables that others wait for while rows are worked through, in order.
    pub waits: Vec<Wait>,
    /// Tables that are locked for a moment only, each once.
    pub moments: Vec<String>,
    /// Statements that were not understood: what they lock is not known.
    pub unknown: usize,
}

impl Downtime {
    /// Reckons it.
    #[must_use]
    pub fn of(plan: &Plan, sizes: &Sizes) -> Self {
        let mut downtime = Downtime::default();
        for planned in &plan.migrations {
            let (all, understood) = planned.statements;
            downtime.unknown += all - understood;
            let mut rest = planned.locks.as_slice();
            while let Some(first) = rest.first() {
                let length = rest.iter().take_while(|lock| lock.transaction == first.transaction).count();
                let (together, after) = rest.split_at(length);
                downtime.add(&planned.name, together, sizes);
                rest = after;
            }
        }
        let long = |table: &String| downtime.waits.iter().any(|wait| wait.table == *table);
        downtime.moments = downtime.moments.iter().filter(|table| !long(table)).cloned().collect();
        downtime
    }

    /// The locks of one transaction: each is kept to its end.
    fn add(&mut self, migration: &str, locks: &[TableLock], sizes: &Sizes) {
        let mut seen: Vec<String> = Vec::new();
        for (at, lock) in locks.iter().enumerate() {
            let table = lock.table.to_string();
            if lock.stops == Stops::Nobody || seen.contains(&table) {
                continue;
            }
            seen.push(table.clone());
            let own = locks[at..].iter().filter(|other| other.table == lock.table);
            let stops = own.map(|other| other.stops).max().unwrap_or(lock.stops);
            let mut works: Vec<Done> = Vec::new();
            for later in locks[at..].iter().filter(|later| later.work.is_long()) {
                let done = Done {
                    table: later
                        .worked
                        .as_ref()
                        .map_or_else(|| "a table that is not named".to_owned(), ToString::to_string),
                    work: later.work,
                    size: later.worked.as_ref().and_then(|name| size(sizes, &impact::table(name))),
                    sql: later.sql,
                    line: later.line,
                };
                // A foreign key locks two tables for one scan.
                if !works
                    .iter()
                    .any(|other| (&other.table, other.line, other.sql) == (&done.table, done.line, done.sql))
                {
                    works.push(done);
                }
            }
            if works.is_empty() {
                if !self.moments.contains(&table) {
                    self.moments.push(table);
                }
                continue;
            }
            works.sort_by_key(|done| std::cmp::Reverse(done.estimate()));
            self.waits.push(Wait { migration: migration.to_owned(), line: lock.line, table, stops, works });
        }
    }

    /// What to announce, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        const SHOWN: usize = 5;
        let mut parts: Vec<String> = self.waits.iter().take(SHOWN).map(Wait::told).collect();
        if self.waits.len() > SHOWN {
            parts.push(format!("and {} more", count(self.waits.len() - SHOWN, "table lock")));
        }
        if self.unknown > 0 {
            parts.push(format!("not known for {} not understood", count(self.unknown, "statement")));
        }
        match (parts.is_empty(), self.moments.is_empty()) {
            (true, true) => "expected downtime: none".to_owned(),
            (true, false) => {
                let tables: Vec<String> = self.moments.iter().take(5).map(|table| format!("`{table}`")).collect();
                let more = if self.moments.len() > 5 {
                    format!(" and {} more", self.moments.len() - 5)
                } else {
                    String::new()
                };
                format!("expected downtime: none beyond a moment for {}{more}", tables.join(", "))
            }
            (false, _) => format!("expected downtime: {}", parts.join("; ")),
        }
    }
}

fn size(sizes: &Sizes, table: &TableRef) -> Option<Size> {
    sizes.as_ref().ok()?.get(table).copied()
}

impl Wait {
    /// Rows that may have to be worked through; `None`: not known.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.works.iter().map(|done| done.size?.rows.most()).sum()
    }

    /// Bytes of the tables that are worked through; `None`: not known.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.works.iter().map(|done| done.size?.bytes).sum()
    }

    /// Whether a table was never analyzed, so that only the most that fits is known.
    #[must_use]
    pub fn unanalyzed(&self) -> Option<&str> {
        let unknown = |done: &&Done| matches!(done.size, Some(Size { rows: Rows::AtMost(_), .. }));
        self.works.iter().find(unknown).map(|done| done.table.as_str())
    }

    fn told(&self) -> String {
        let Some(first) = self.works.first() else { return String::new() };
        let own = first.table == self.table;
        let size = first.size.as_ref().map(measured);
        let of_own = size.as_ref().filter(|_| own).map_or_else(String::new, |size| format!(" ({size})"));
        let worked = match size.filter(|_| !own) {
            Some(size) => format!("`{}` ({size})", first.table),
            None => format!("`{}`", first.table),
        };
        let meanwhile = match (first.work, own) {
            (Work::Metadata, _) => "the catalogue is changed".to_owned(),
            (Work::Scan, true) => "each of its rows is read".to_owned(),
            (Work::Scan, false) => format!("each row of {worked} is read"),
            (Work::IndexBuild, true) => "an index over all its rows is built".to_owned(),
            (Work::IndexBuild, false) => format!("an index over all rows of {worked} is built"),
            (Work::Rewrite, true) => "all of it and its indexes are written again".to_owned(),
            (Work::Rewrite, false) => format!("all of {worked} and its indexes are written again"),
        };
        let more = match self.works.len() - 1 {
            0 => String::new(),
            more => format!(" and {} more of the same transaction", count(more, "statement")),
        };
        let estimate: Duration = self.works.iter().map(Done::estimate).sum();
        let estimate = if self.works.iter().any(|done| done.size.is_none()) {
            ", for how long is not known".to_owned()
        } else if estimate < Duration::from_secs(1) {
            ", under a second".to_owned()
        } else {
            format!(", roughly {} or less", rounded(estimate))
        };
        format!(
            "{} `{}`{of_own} wait while {meanwhile} (`{}`, {} line {}{more}){estimate}",
            self.stops.words(),
            self.table,
            first.sql,
            self.migration,
            first.line,
        )
    }
}

impl Done {
    /// A cautious guess for a disk that is not fast, with others at work: bytes per second by kind of work.
    #[must_use]
    pub fn estimate(&self) -> Duration {
        const ROW: u64 = 200;
        let per_second: u64 = match self.work {
            Work::Metadata => return Duration::ZERO,
            Work::Scan => 100 << 20,
            Work::IndexBuild => 25 << 20,
            Work::Rewrite => 15 << 20,
        };
        let bytes = self.size.and_then(|size| size.bytes.or_else(|| Some(size.rows.most()?.saturating_mul(ROW))));
        bytes.map_or(Duration::MAX / 1024, |bytes| Duration::from_millis(bytes.saturating_mul(1000) / per_second))
    }
}

/// Two units at most.
fn rounded(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let step = match seconds {
        0..60 => 5,
        60..600 => 30,
        600..7_200 => 300,
        _ => 3_600,
    };
    crate::settings::format_duration(Duration::from_secs(seconds.div_ceil(step).max(1) * step))
}
