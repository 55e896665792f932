//! Disk × ledger: every migration is pending, applied, edited, missing, failed, rolled back or out of order.
//!
//! Pure: it takes what [`crate::migrations`] and [`crate::database`] read. The rules are those of `migrate deploy`
//! (schema engine, `apply_migrations.rs`), with the two checks that deploy leaves out: edited and missing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::database::LedgerRow;
use crate::migrations::{Migration, ScriptProblem, name};

/// What became of one migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// On disk, never run: the next deploy runs it.
    Pending,
    /// Run, and the file is what was run.
    Applied,
    /// Run, and the file has changed since. Deploy does not notice.
    Edited,
    /// Run, and no longer on disk. Deploy does not notice.
    Missing,
    /// Started and not ended: it failed, was killed, or is running right now. The ledger cannot tell these apart. Deploy refuses (P3009).
    Failed,
    /// Marked as rolled back: the next deploy runs it again, if it is still on disk.
    RolledBack,
    /// Pending, and older than one that was applied: the next deploy runs it after the newer one, which nobody has tried.
    OutOfOrder,
}

impl State {
    /// All of them, in the order of the documentation.
    pub const ALL: [State; 7] = [
        State::Pending,
        State::Applied,
        State::Edited,
        State::Missing,
        State::Failed,
        State::RolledBack,
        State::OutOfOrder,
    ];

    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Applied => "applied",
            State::Edited => "edited",
            State::Missing => "missing",
            State::Failed => "failed",
            State::RolledBack => "rolled_back",
            State::OutOfOrder => "out_of_order",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            State::RolledBack => "rolled back",
            State::OutOfOrder => "out of order",
            other => other.as_str(),
        }
    }
}

/// One migration, on disk or in the ledger or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The folder's name.
    pub name: String,
    /// What became of it.
    pub state: State,
    /// Whether there is a folder of that name.
    pub on_disk: bool,
    /// Why its script cannot be read: deploy would stop here (P3015).
    pub script_problem: Option<ScriptProblem>,
    /// Whether the file differs from what was last run; also told of failed and rolled back ones. `None`: nothing to compare.
    pub edited: Option<bool>,
    /// When it was applied: the end of the run that holds.
    pub applied_at: Option<Timestamp>,
    /// When the last attempt began.
    pub started_at: Option<Timestamp>,
    /// When the last attempt was marked as rolled back.
    pub rolled_back_at: Option<Timestamp>,
    /// The database's error of the last attempt that left one.
    pub logs: Option<String>,
    /// Rows in the ledger: more than one after a retry.
    pub attempts: usize,
}

impl Entry {
    /// Whether the next deploy would run it, if nothing else stops that deploy.
    #[must_use]
    pub fn would_apply(&self) -> bool {
        self.on_disk && matches!(self.state, State::Pending | State::OutOfOrder | State::RolledBack)
    }

    /// The database's own words out of [`Entry::logs`], for people: without Prisma's preamble, terminal colours (it stores some),
    /// Rust's view of the error and the trace. The whole text when it has another shape. Not yet `printable`.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let text = anstream::adapter::strip_str(self.logs.as_deref()?).to_string();
        let is_noise = |line: &str| {
            line.starts_with("A migration failed to apply. New migrations cannot be applied")
                || line.starts_with("Migration name: ")
                || line.starts_with("DbError {")
                || line.trim() == "Database error:"
                || line.trim().is_empty()
        };
        // `   0: sql_schema_connector::apply_migration::apply_script`
        let is_trace = |line: &str| line.starts_with("   0: ") && line.contains("::");
        let kept: Vec<&str> =
            text.lines().take_while(|line| !is_trace(line)).filter(|line| !is_noise(line)).map(str::trim_end).collect();
        Some(if kept.is_empty() { text.trim().to_owned() } else { kept.join("\n") })
    }
}

/// The whole history, in the order in which Prisma runs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Whether `_prisma_migrations` exists.
    pub has_ledger: bool,
    /// One per name.
    pub entries: Vec<Entry>,
}

impl History {
    /// Joins the migrations on disk with a ledger (`None`: the table does not exist).
    #[must_use]
    pub fn new(migrations: &[Migration], ledger: Option<&[LedgerRow]>) -> Self {
        let mut rows: BTreeMap<&str, Vec<&LedgerRow>> = BTreeMap::new();
        for row in ledger.unwrap_or_default() {
            rows.entry(&row.migration_name).or_default().push(row);
        }
        let mut entries: Vec<Entry> = migrations
            .iter()
            .map(|migration| {
                let rows = rows.remove(migration.name.as_str()).unwrap_or_default();
                entry(&migration.name, Some(migration), &rows)
            })
            .collect();
        entries.extend(rows.into_iter().map(|(name, rows)| entry(name, None, &rows)));
        entries.sort_by(|a, b| name::compare(&a.name, &b.name));
        mark_out_of_order(&mut entries);
        History { has_ledger: ledger.is_some(), entries }
    }

    /// What `migrate deploy` would run, in its order, provided that [`History::failed`] is empty.
    pub fn would_apply(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.would_apply())
    }

    /// What makes `migrate deploy` refuse (P3009), on disk or not.
    pub fn failed(&self) -> impl Iterator<Item = &Entry> {
        self.in_state(State::Failed)
    }

    /// The entries of one state.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.state == state)
    }

    /// The entry of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Whether disk and ledger tell the same story: every migration is applied as it is on disk, or waits in order.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.state, State::Applied | State::Pending))
    }
}

fn entry(name: &str, migration: Option<&Migration>, rows: &[&LedgerRow]) -> Entry {
    let valid = || rows.iter().filter(|row| row.rolled_back_at.is_none());
    let unfinished = valid().rfind(|row| row.finished_at.is_none());
    let finished = valid().rfind(|row| row.finished_at.is_some());
    // The row that the state is about: what blocks, else what holds, else the last that was rolled back.
    let decisive = unfinished.or(finished).or(rows.last()).copied();
    let edited = decisive.and_then(|row| migration?.is_same_as(&row.checksum)).map(|same| !same);
    let state = match (unfinished, finished, migration) {
        (Some(_), _, _) => State::Failed,
        (None, Some(_), None) => State::Missing,
        (None, Some(_), Some(_)) if edited == Some(true) => State::Edited,
        (None, Some(_), Some(_)) => State::Applied,
        (None, None, _) if !rows.is_empty() => State::RolledBack,
        (None, None, _) => State::Pending,
    };
    Entry {
        name: name.to_owned(),
        state,
        on_disk: migration.is_some(),
        script_problem: migration.and_then(|migration| migration.script.as_ref().err().cloned()),
        edited,
        applied_at: finished.and_then(|row| row.finished_at),
        started_at: decisive.map(|row| row.started_at),
        rolled_back_at: decisive.and_then(|row| row.rolled_back_at),
        logs: match state {
            State::Failed => decisive.and_then(logs_of),
            _ => rows.iter().rev().find_map(|row| logs_of(row)),
        },
        attempts: rows.len(),
    }
}

/// `resolve --applied` writes an empty text, which says nothing.
fn logs_of(row: &LedgerRow) -> Option<String> {
    row.logs.clone().filter(|logs| !logs.trim().is_empty())
}

fn mark_out_of_order(entries: &mut [Entry]) {
    let Some(newest) = entries.iter().rposition(|entry| entry.applied_at.is_some()) else { return };
    for entry in &mut entries[..newest] {
        if entry.state == State::Pending {
            entry.state = State::OutOfOrder;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::migrations::Checksum;

    fn migration(name: &str, script: &str) -> Migration {
        Migration {
            name: name.to_owned(),
            path: PathBuf::from(name),
            script: Ok(script.into()),
            checksum: Some(Checksum::of(script.as_bytes())),
            reverts: Vec::new(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a small number is a timestamp")
    }

    /// A row: name, script, started, finished, rolled back.
    fn row(name: &str, script: &str, started: i64, finished: Option<i64>, rolled_back: Option<i64>) -> LedgerRow {
        LedgerRow {
            id: format!("{name}@{started}"),
            checksum: Checksum::of(script.as_bytes()),
            finished_at: finished.map(at),
            migration_name: name.to_owned(),
            logs: None,
            rolled_back_at: rolled_back.map(at),
            started_at: at(started),
            applied_steps_count: u32::from(finished.is_some()),
        }
    }

    fn states(migrations: &[Migration], rows: &[LedgerRow]) -> Vec<(String, State)> {
        History::new(migrations, Some(rows)).entries.into_iter().map(|entry| (entry.name, entry.state)).collect()
    }

    #[test]
    fn every_state_comes_from_its_rows() {
        type Row = (&'static str, i64, Option<i64>, Option<i64>);
        // What the ledger holds for one migration whose script is "v1" on disk: (script, started, finished, rolled back).
        let table: &[(&str, bool, &[Row], State)] = &[
            ("no row", true, &[], State::Pending),
            ("finished", true, &[("v1", 1, Some(2), None)], State::Applied),
            ("finished, other text", true, &[("v0", 1, Some(2), None)], State::Edited),
            ("finished, no file", false, &[("v1", 1, Some(2), None)], State::Missing),
            ("unfinished", true, &[("v1", 1, None, None)], State::Failed),
            ("unfinished, no file", false, &[("v1", 1, None, None)], State::Failed),
            ("rolled back", true, &[("v1", 1, None, Some(3))], State::RolledBack),
            ("reverted after it was applied", true, &[("v1", 1, Some(2), Some(3))], State::RolledBack),
            ("rolled back, no file", false, &[("v1", 1, None, Some(3))], State::RolledBack),
            ("failed, then fixed", true, &[("v0", 1, None, Some(3)), ("v1", 4, Some(5), None)], State::Applied),
            ("failed twice", true, &[("v0", 1, None, Some(3)), ("v1", 4, None, None)], State::Failed),
            (
                "marked applied after failing",
                true,
                &[("v1", 1, None, Some(3)), ("v1", 3, Some(3), None)],
                State::Applied,
            ),
            ("applied, and again unfinished", true, &[("v1", 1, Some(2), None), ("v1", 4, None, None)], State::Failed),
            ("reverted and redeployed", true, &[("v0", 1, Some(2), Some(3)), ("v1", 4, Some(5), None)], State::Applied),
        ];
        for (what, on_disk, rows, expected) in table {
            let disk = if *on_disk { vec![migration("20260101000000_a", "v1")] } else { Vec::new() };
            let rows: Vec<_> = rows
                .iter()
                .map(|(script, started, finished, rolled_back)| {
                    row("20260101000000_a", script, *started, *finished, *rolled_back)
                })
                .collect();
            assert_eq!(states(&disk, &rows), [("20260101000000_a".to_owned(), *expected)], "{what}");
        }
    }

    #[test]
    fn a_pending_migration_before_an_applied_one_is_out_of_order() {
        let disk = [migration("1_a", "v1"), migration("2_b", "v1"), migration("3_c", "v1"), migration("4_d", "v1")];
        let rows = [row("1_a", "v1", 1, Some(2), None), row("3_c", "v1", 3, Some(4), None)];
        let states: Vec<_> = states(&disk, &rows).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [State::Applied, State::OutOfOrder, State::Applied, State::Pending]);
        let history = History::new(&disk, Some(&rows));
        assert_eq!(history.would_apply().map(|entry| &*entry.name).collect::<Vec<_>>(), ["2_b", "4_d"]);
        assert!(!history.is_clean());
    }

    #[test]
    fn without_a_table_everything_is_pending() {
        let disk = [migration("1_a", "v1"), migration("2_b", "v1")];
        let history = History::new(&disk, None);
        assert!(!history.has_ledger);
        assert!(history.is_clean());
        assert_eq!(history.would_apply().count(), 2);
    }

    #[test]
    fn the_last_attempt_speaks_and_an_empty_log_says_nothing() {
        let mut failed = row("1_a", "v0", 1, None, Some(3));
        failed.logs = Some("syntax error".to_owned());
        let mut retried = row("1_a", "v1", 4, Some(5), None);
        retried.logs = Some(String::new());
        let entry = History::new(&[migration("1_a", "v1")], Some(&[failed, retried])).entries.remove(0);
        assert_eq!((entry.state, entry.attempts), (State::Applied, 2));
        assert_eq!(entry.applied_at, Some(at(5)));
        assert_eq!(entry.logs.as_deref(), Some("syntax error"));
        assert_eq!(entry.edited, Some(false));
    }

    #[test]
    fn the_reason_is_what_the_database_said() {
        let reason = |logs: &str| {
            let mut failed = row("1_a", "v1", 1, None, None);
            failed.logs = Some(logs.to_owned());
            History::new(&[], Some(&[failed])).entries.remove(0).reason()
        };
        // The shape of the schema engine's text, Prisma 6.19.3 and 7.10.1.
        let text = "A migration failed to apply. New migrations cannot be applied before the error is recovered from. Read more: …\n\n\
            Migration name: 1_a\n\nDatabase error code: 42P07\n\nDatabase error:\nERROR: relation \"a\" already exists\n\n\
            Position:\n\u{1b}[1m  1\u{1b}[0m\u{1b}[1;31m CREATE TABLE a ();\u{1b}[0m\n\n\
            DbError { severity: \"ERROR\", code: SqlState(E42P07) }\n\n\
            \x20  0: sql_schema_connector::apply_migration::apply_script\n             with migration_name=\"1_a\"\n";
        insta::assert_snapshot!(reason(text).expect("there is one"), @r#"
        Database error code: 42P07
        ERROR: relation "a" already exists
        Position:
          1 CREATE TABLE a ();
        "#);
        assert_eq!(reason("killed by hand").as_deref(), Some("killed by hand"));
        assert_eq!(reason("Migration name: 1_a").as_deref(), Some("Migration name: 1_a"), "better than nothing");
        assert_eq!(reason(" "), None);
    }

    #[test]
    fn a_script_that_cannot_be_read_is_neither_edited_nor_the_end() {
        let mut broken = migration("1_a", "v1");
        (broken.script, broken.checksum) = (Err(ScriptProblem::Missing), None);
        let disk = [broken, migration("2_b", "v1")];
        let history = History::new(&disk, Some(&[row("1_a", "v1", 1, Some(2), None)]));
        assert_eq!(history.entries[0].state, State::Applied);
        assert_eq!(history.entries[0].edited, None);
        assert_eq!(history.entries[0].script_problem, Some(ScriptProblem::Missing));
        assert_eq!(history.entries[1].state, State::Pending);
    }

    /// `apply_migrations.rs` in four lines, with none of the code above: what deploy runs, or the names it refuses for.
    fn deploy(folders: &[String], rows: &[LedgerRow]) -> Result<Vec<String>, BTreeSet<String>> {
        let refuse: BTreeSet<String> = rows
            .iter()
            .filter(|row| row.finished_at.is_none() && row.rolled_back_at.is_none())
            .map(|row| row.migration_name.clone())
            .collect();
        if !refuse.is_empty() {
            return Err(refuse);
        }
        let mut sorted = folders.to_vec();
        sorted.sort();
        sorted.retain(|name| !rows.iter().any(|row| row.rolled_back_at.is_none() && row.migration_name == *name));
        Ok(sorted)
    }

    proptest! {
        #[test]
        fn agrees_with_deploy(
            folders in prop::collection::btree_map(0u8..6, 0u8..3, 0..6),
            rows in prop::collection::vec((0u8..6, 0u8..3, any::<bool>(), any::<bool>()), 0..12),
        ) {
            let name = |number: u8| format!("2026010100000{number}_m");
            let disk: Vec<_> =
                folders.iter().map(|(number, script)| migration(&name(*number), &format!("v{script}"))).collect();
            let rows: Vec<_> = rows
                .iter()
                .zip(1..)
                .map(|((number, script, finished, rolled_back), time)| {
                    row(&name(*number), &format!("v{script}"), time, finished.then_some(time), rolled_back.then_some(time))
                })
                .collect();
            let names: Vec<_> = disk.iter().map(|migration| migration.name.clone()).collect();
            let history = History::new(&disk, Some(&rows));
            let failed: BTreeSet<_> = history.failed().map(|entry| entry.name.clone()).collect();
            match deploy(&names, &rows) {
                Err(refused) => prop_assert_eq!(failed, refused),
                Ok(applied) => {
                    prop_assert!(failed.is_empty());
                    let ours: Vec<_> = history.would_apply().map(|entry| entry.name.clone()).collect();
                    prop_assert_eq!(ours, applied);
                }
            }
            // Nothing is lost and nothing is told twice.
            let told: Vec<_> = history.entries.iter().map(|entry| entry.name.clone()).collect();
            let known: BTreeSet<_> =
                names.iter().cloned().chain(rows.iter().map(|row| row.migration_name.clone())).collect();
            prop_assert_eq!(told, known.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(history.entries.iter().map(|entry| entry.attempts).sum::<usize>(), rows.len());
        }
    }
}
