//! A revert script as it will run: its statements, and whether they are one transaction.

use std::collections::HashSet;
use std::path::PathBuf;

use super::RevertError;
use crate::database::script::Way;
use crate::draft::revert_script::UNWRITTEN_MARK;
use crate::migrations::{Checksum, Migration, name};
use crate::project::Provider;
use crate::revert::prove::revert_of;
use crate::settings::shown;
use crate::sql;
use crate::sql::history_state::State;
use crate::sql::model::{Action, ConstraintKind, OnConflict, Script};

/// A revert script, read.
#[derive(Debug, Clone)]
pub struct RevertScript {
    /// Its file name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub checksum: Checksum,
    /// Its statements.
    pub script: Script,
    /// What is sent, in order.
    pub pieces: Vec<Piece>,
    /// How.
    pub way: Way,
    /// Why it is not one transaction; `None`: it is.
    pub why_stepwise: Option<String>,
}

/// One statement that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// From 1, in the file.
    pub number: usize,
    /// The line that it begins in.
    pub line: usize,
    /// Its text.
    pub sql: String,
    /// The script's own transaction that it stands in.
    pub transaction: Option<u32>,
}

/// Reads the script of a migration. `after` is what the history has made, that migration included.
///
/// # Errors
/// [`RevertError`] when there is none, or it cannot be used.
pub fn read(provider: Provider, migration: &Migration, after: &State) -> Result<RevertScript, RevertError> {
    let name = migration.name.clone();
    let Some(path) = revert_of(migration) else {
        let path = shown(&migration.path).join(format!("revert_{}.sql", name::slug_of(&name)));
        return Err(RevertError::NoScript { name, path });
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unreadable = |said: String| RevertError::Unreadable { path: shown(path), said };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let script = sql::read(provider, &bytes).map_err(|error| unreadable(error.to_string()))?;
    if script.text.contains(UNWRITTEN_MARK) || script.statements.is_empty() {
        let path: PathBuf = shown(path);
        return Err(RevertError::NotWritten { name, path });
    }
    let checksum = Checksum::of(&bytes);
    let bare = without_outer_transaction(&script);
    let why_stepwise = why_stepwise(&script, &bare, after);
    let foreign_keys_off = provider == Provider::Sqlite && switches_foreign_keys(&script);
    let way = match why_stepwise {
        Some(_) => Way::Stepwise,
        None => Way::OneTransaction { foreign_keys_off },
    };
    // By steps, the script's own transactions are its own.
    let kept: Vec<usize> = if way == Way::Stepwise { (0..script.statements.len()).collect() } else { bare };
    let pieces = kept
        .iter()
        .map(|index| &script.statements[*index])
        .map(|statement| Piece {
            number: statement.index + 1,
            line: script.line_column(statement.span.start).0,
            sql: script.slice(statement.span).to_owned(),
            transaction: statement.transaction,
        })
        .collect();
    Ok(RevertScript { file, checksum, script, pieces, way, why_stepwise })
}

/// The statements but for a `BEGIN` at the start that a `COMMIT` at the end belongs to.
fn without_outer_transaction(script: &Script) -> Vec<usize> {
    let all = || (0..script.statements.len()).collect();
    let is = |index: usize, wanted: &Action| {
        let operations = script.statements.get(index).map(|statement| statement.operations.as_slice());
        matches!(operations, Some([only]) if only.action == *wanted)
    };
    let last = script.statements.len() - 1;
    if last > 0 && is(0, &Action::Begin) && is(last, &Action::Commit) { (1..last).collect() } else { all() }
}

fn why_stepwise(script: &Script, bare: &[usize], after: &State) -> Option<String> {
    if script.provider == Provider::Mysql {
        return Some("this database commits at every change of the schema".to_owned());
    }
    let operations =
        || bare.iter().flat_map(|index| &script.statements[*index].operations).map(|operation| &operation.action);
    let alone = operations().find_map(|action| {
        Some(match action {
            Action::Begin | Action::Commit | Action::Rollback { to: None } => {
                "the script has transactions of its own".to_owned()
            }
            Action::CreateIndex(index) if index.concurrently => cannot("CREATE INDEX CONCURRENTLY"),
            Action::DropIndex { concurrently: true, .. } => cannot("DROP INDEX CONCURRENTLY"),
            Action::Reindex { concurrently: true, .. } => cannot("REINDEX CONCURRENTLY"),
            Action::DetachPartition { concurrently: true, .. } => cannot("DETACH PARTITION CONCURRENTLY"),
            Action::Vacuum { .. } => cannot("VACUUM"),
            Action::Pragma { name, value: Some(_) } if name == "journal_mode" => cannot("PRAGMA journal_mode"),
            _ => return None,
        })
    });
    alone.or_else(|| needs_foreign_keys(script, bare, after))
}

fn cannot(what: &str) -> String {
    format!("`{what}` cannot be part of a transaction")
}

/// `PRAGMA foreign_keys` with a value: whether it switches them off.
fn switch(action: &Action) -> Option<bool> {
    match action {
        Action::Pragma { name, value: Some(value) } if name == "foreign_keys" => {
            Some(["off", "0", "no", "false"].iter().any(|off| value.trim().eq_ignore_ascii_case(off)))
        }
        _ => None,
    }
}

fn switches_foreign_keys(script: &Script) -> bool {
    script.operations().any(|(_, operation)| switch(&operation.action) == Some(true))
}

/// SQLite: inside a transaction foreign keys stay as they were before it. A script that switches them off is run with them off from beginning
/// to end, so what does something else then must not stand where they are on: what follows a key to its rows. What merely breaks one is
/// found before the end.
fn needs_foreign_keys(script: &Script, bare: &[usize], after: &State) -> Option<String> {
    if script.provider != Provider::Sqlite || !switches_foreign_keys(script) {
        return None;
    }
    let pointed_at: HashSet<String> = after
        .tables()
        .flat_map(|table| &table.constraints)
        .flat_map(|known| match known.constraint.kind {
            ConstraintKind::ForeignKey => known.constraint.references.iter().flat_map(|to| &to.columns).collect(),
            ConstraintKind::PrimaryKey => known.constraint.columns.iter().collect::<Vec<_>>(),
            _ => Vec::new(),
        })
        .map(|column| column.key().into_owned())
        .collect();
    let mut off = false;
    for statement in bare.iter().map(|index| &script.statements[*index]) {
        for operation in &statement.operations {
            if let Some(switched) = switch(&operation.action) {
                off = switched;
                continue;
            }
            let follows = match &operation.action {
                Action::DropTable { .. }
                | Action::Delete(_)
                | Action::Merge(_)
                | Action::RebuildTable(_)
                | Action::Unknown => true,
                Action::Insert(insert) => insert.on_conflict == OnConflict::Replace,
                Action::Update(update) => update.assignments.iter().any(|one| pointed_at.contains(&*one.column.key())),
                _ => false,
            };
            if follows && !off {
                let line = script.line_column(statement.span.start).0;
                return Some(format!("foreign keys are on in line {line} and off elsewhere in the script"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(provider: Provider, sql: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("revert_a.sql");
        std::fs::write(&path, sql).unwrap();
        let migration = Migration {
            name: "20260101000000_a".to_owned(),
            path: folder.path().to_owned(),
            script: Ok(Vec::new()),
            checksum: None,
            reverts: vec![path],
        };
        let mut after = State::new(provider);
        let tables = "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT);\nCREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE CASCADE, n TEXT);";
        let script = sql::read(provider, tables.as_bytes()).unwrap();
        after.begin_migration("0", false);
        for statement in &script.statements {
            after.apply(&script, statement);
        }
        match read(provider, &migration, &after) {
            Ok(read) => {
                let numbers: Vec<_> =
                    read.pieces.iter().map(|piece| format!("{}@{}", piece.number, piece.line)).collect();
                let why = read.why_stepwise.map_or_else(String::new, |why| format!(": {why}"));
                let way = match read.way {
                    Way::OneTransaction { foreign_keys_off: true } => "one transaction, keys off",
                    Way::OneTransaction { .. } => "one transaction",
                    Way::Stepwise => "stepwise",
                };
                format!("{way} {}{why}", numbers.join(" "))
            }
            Err(error) => error.to_string().replace(folder.path().to_str().unwrap(), "[F]"),
        }
    }

    #[test]
    fn postgres_runs_in_one_transaction_where_it_can() {
        let told = |sql: &str| told(Provider::Postgresql, sql);
        assert_eq!(told("-- head\nBEGIN;\nALTER TABLE p DROP COLUMN n;\nCOMMIT;\n"), "one transaction 2@3");
        assert_eq!(told("ALTER TABLE p DROP COLUMN n;\nDROP TABLE c;"), "one transaction 1@1 2@2");
        assert_eq!(
            told("BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;"),
            "stepwise 1@1 2@1 3@1 4@1 5@1 6@1: the script has transactions of its own"
        );
        assert_eq!(
            told("DROP INDEX CONCURRENTLY i;"),
            "stepwise 1@1: `DROP INDEX CONCURRENTLY` cannot be part of a transaction"
        );
    }

    #[test]
    fn sqlite_switches_foreign_keys_before_the_transaction() {
        let told = |sql: &str| told(Provider::Sqlite, sql);
        let rebuild = "PRAGMA foreign_keys=OFF;\nCREATE TABLE new_p (id INTEGER PRIMARY KEY);\nINSERT INTO new_p (id) SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE new_p RENAME TO p;\nPRAGMA foreign_keys=ON;\n";
        assert_eq!(told(rebuild), "one transaction, keys off 1@1 2@2 3@3 4@4 5@5 6@6");
        assert_eq!(
            told(&format!("{rebuild}UPDATE c SET n = 'x';")),
            "one transaction, keys off 1@1 2@2 3@3 4@4 5@5 6@6 7@7"
        );
        assert_eq!(
            told(&format!("{rebuild}DELETE FROM p;")),
            "stepwise 1@1 2@2 3@3 4@4 5@5 6@6 7@7: foreign keys are on in line 7 and off elsewhere in the script"
        );
        assert_eq!(
            told(&format!("UPDATE p SET id = 2;\n{rebuild}")),
            "stepwise 1@1 2@2 3@3 4@4 5@5 6@6 7@7: foreign keys are on in line 1 and off elsewhere in the script"
        );
        assert_eq!(told("DROP TABLE c;"), "one transaction 1@1");
    }

    #[test]
    fn mysql_runs_by_steps_and_what_is_not_written_does_not_run() {
        assert_eq!(
            told(Provider::Mysql, "DROP TABLE c;"),
            "stepwise 1@1: this database commits at every change of the schema"
        );
        assert_eq!(
            told(Provider::Mysql, "-- TODO(revert): not written yet\n"),
            "the revert script of `20260101000000_a` is not written yet: `[F]/revert_a.sql`"
        );
        assert_eq!(
            told(Provider::Mysql, "-- nothing\n"),
            "the revert script of `20260101000000_a` is not written yet: `[F]/revert_a.sql`"
        );
    }
}
