//! What each pending statement locks, and what it does meanwhile: from the statement model and [`crate::sql::lock_facts`].
//!
//! Tables that the pending migrations create themselves are left out: nobody waits for them.

use crate::project::Provider;
use crate::sql::ServerVersion;
use crate::sql::analysis::PrismaVersion;
use crate::sql::history_state::Context;
use crate::sql::lock_facts::holds::{holds, is_old};
use crate::sql::lock_facts::innodb::{Algorithm, Lock};
use crate::sql::lock_facts::postgres::{LockMode, Work};
use crate::sql::lock_facts::{innodb_shapes, transactions};
use crate::sql::model::{Action, Name, Script};

/// Who waits for a table while its lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stops {
    /// Nobody; rows that are changed are locked one by one.
    Nobody,
    /// Every `INSERT`, `UPDATE` and `DELETE`.
    Writes,
    /// Reads too.
    Everybody,
}

impl Stops {
    /// As the beginning of a sentence that goes on with the table's name.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Stops::Nobody => "changes of the same rows of",
            Stops::Writes => "writes to",
            Stops::Everybody => "reads and writes of",
        }
    }
}

/// One lock of one pending statement.
#[derive(Debug, Clone)]
pub struct TableLock {
    /// The table that is locked.
    pub table: Name,
    /// The database's word for the lock.
    pub mode: &'static str,
    /// Who waits for it.
    pub stops: Stops,
    /// What is done while it is held.
    pub work: Work,
    /// The table that it is done to; `None`: the text does not name it.
    pub worked: Option<Name>,
    /// The statement in short, for people.
    pub sql: &'static str,
    /// Line of the statement, from 1.
    pub line: usize,
    /// Statements of a migration with the same number keep their locks together, to the end of the last of them.
    pub transaction: usize,
}

/// The numbers of the transactions of a script, by statement.
#[must_use]
pub fn transactions_of(script: &Script, prisma: Option<PrismaVersion>) -> Vec<usize> {
    match script.provider {
        Provider::Postgresql => transactions::transactions(script, prisma),
        // DDL commits by itself on MySQL; Prisma sends SQLite statement by statement.
        _ => (0..script.statements.len()).collect(),
    }
}

/// The locks of one statement, asked at the moment before it.
#[must_use]
pub fn of(context: &Context<'_>, server: Option<ServerVersion>, transaction: usize) -> Vec<TableLock> {
    let line = context.script.line_column(context.statement.span.start).0;
    let mut locks = match context.provider() {
        Provider::Postgresql => on_postgres(context, server),
        Provider::Mysql => on_mysql(context, server),
        Provider::Sqlite => on_sqlite(context),
        Provider::Sqlserver => Vec::new(),
    };
    for operation in &context.statement.operations {
        locks.extend(of_write(context, operation.action.alone()));
    }
    for lock in &mut locks {
        (lock.line, lock.transaction) = (line, transaction);
    }
    locks
}

fn lock(table: &Name, mode: &'static str, stops: Stops, work: Work, sql: &'static str) -> TableLock {
    TableLock { table: table.clone(), mode, stops, work, worked: Some(table.clone()), sql, line: 0, transaction: 0 }
}

/// Writes lock rows, not the table: it counts how long the transaction keeps what it has locked otherwise.
fn of_write(context: &Context<'_>, action: &Action) -> Option<TableLock> {
    let (table, sql) = match action {
        Action::Update(update) => (&update.table, "UPDATE"),
        Action::Delete(delete) => (delete.tables.first()?, "DELETE"),
        Action::Merge(merge) => (&merge.table, "MERGE"),
        _ => return None,
    };
    // SQLite has one writer at a time.
    let (mode, stops) = match context.provider() {
        Provider::Sqlite => ("the file's write lock", Stops::Writes),
        Provider::Postgresql => (LockMode::RowExclusive.as_str(), Stops::Nobody),
        Provider::Mysql | Provider::Sqlserver => ("row locks", Stops::Nobody),
    };
    is_old(context, table).then(|| lock(table, mode, stops, Work::Scan, sql))
}

fn on_postgres(context: &Context<'_>, server: Option<ServerVersion>) -> Vec<TableLock> {
    let mut locks = Vec::new();
    for operation in &context.statement.operations {
        if let Action::SwapEnum(swap) = &operation.action {
            let exclusive = LockMode::AccessExclusive.as_str();
            let old = swap.columns.iter().map(|(table, _)| table).filter(|table| is_old(context, table));
            locks.extend(old.map(|table| {
                lock(table, exclusive, Stops::Everybody, Work::Rewrite, "ALTER COLUMN … TYPE of an enum")
            }));
        }
        for hold in holds(context, server, &operation.action) {
            let stops = match hold.mode {
                mode if mode.stops_reads() => Stops::Everybody,
                mode if mode.stops_writes() => Stops::Writes,
                _ => Stops::Nobody,
            };
            locks.push(TableLock {
                worked: hold.worked.cloned(),
                ..lock(hold.table, hold.mode.as_str(), stops, hold.work, hold.sql)
            });
        }
    }
    locks
}

/// Every DDL statement needs the table to itself for a moment; what it costs beyond that is in the table of algorithms.
fn on_mysql(context: &Context<'_>, server: Option<ServerVersion>) -> Vec<TableLock> {
    let mut tables: Vec<&Name> = Vec::new();
    for operation in &context.statement.operations {
        let action = &operation.action;
        let named: Vec<&Name> = match action {
            Action::DropTable { names, .. } | Action::Truncate { tables: names, .. } => names.iter().collect(),
            Action::LockTable { tables, .. } => tables.iter().collect(),
            Action::Insert(_) | Action::Update(_) | Action::Delete(_) | Action::Select(_) | Action::CreateTable(_) => {
                Vec::new()
            }
            other => other.table().into_iter().collect(),
        };
        for name in named {
            if !tables.contains(&name) && is_old(context, name) {
                tables.push(name);
            }
        }
    }
    let cost_of = |table: &Name| innodb_shapes::cost(context, server, context.statement, table);
    tables
        .into_iter()
        .map(|table| match cost_of(table) {
            None | Some((Algorithm::Instant, _)) => {
                lock(table, "metadata lock", Stops::Everybody, Work::Metadata, "ALTER TABLE")
            }
            Some((algorithm, held)) => {
                let work = if algorithm == Algorithm::NoCopy { Work::IndexBuild } else { Work::Rewrite };
                let (mode, stops) = match held {
                    Lock::None => ("LOCK=NONE", Stops::Nobody),
                    Lock::Shared => ("LOCK=SHARED", Stops::Writes),
                };
                lock(table, mode, stops, work, "ALTER TABLE")
            }
        })
        .collect()
}

fn on_sqlite(context: &Context<'_>) -> Vec<TableLock> {
    let of = |action: &Action| {
        let (work, sql) = match action {
            Action::RebuildTable(_) => (Work::Rewrite, "table rebuild"),
            Action::DropColumn { .. } => (Work::Rewrite, "DROP COLUMN"),
            Action::CreateIndex(_) => (Work::IndexBuild, "CREATE INDEX"),
            _ => return None,
        };
        let table = action.table().filter(|table| is_old(context, table))?;
        Some(lock(table, "the file's write lock", Stops::Writes, work, sql))
    };
    context.statement.operations.iter().filter_map(|operation| of(&operation.action)).collect()
}
