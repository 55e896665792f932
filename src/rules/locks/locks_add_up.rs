//! Long work while locks of earlier statements are still held.

use super::shared_holds::holds;
use super::shared_lock_table::LockMode;
use super::shared_sql::POSTGRESQL;
use super::shared_transaction::{because, transactions};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "locks-add-up",
    id: "PS202",
    hazards: &["L2", "L31"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "long work runs while the locks of earlier statements are still held",
    page: r#"## What it catches
In one transaction, on tables that existed before the pending migrations: an index build after a statement that holds an ACCESS EXCLUSIVE lock, or a second statement that reads or writes whole tables under a
lock that stops writes. One finding per transaction. Which statements share a transaction depends on the Prisma version and the file's own `BEGIN`.

## Why it hurts
PostgreSQL gives no lock back before the transaction ends. An `ADD COLUMN` that takes a moment then keeps its table closed for all the minutes that the index build after it needs, on whatever table.

## What to do instead
One long statement per migration, and nothing that takes a strong lock before it.

## Example
```sql
ALTER TABLE "orders" ADD COLUMN "note" TEXT;              -- ACCESS EXCLUSIVE on orders …
CREATE INDEX "items_sku_idx" ON "items"("sku");           -- … held until this is built
```

## When to allow it
The tables are small.

## Source
PostgreSQL manual, 13.3: "Once acquired, a lock is normally held until the end of the transaction"; the locks are proven in `docs/locks.md`.
"#,
    check: Check::Statement(check),
};

/// A lock of an earlier statement.
struct Earlier {
    table: String,
    mode: LockMode,
    long: bool,
    statement: usize,
}

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    let statement = view.statement();
    let Some(Long { table, .. }) = long_work(view, statement) else { return };
    let numbers = transactions(view.script(), view.facts);
    let own = numbers[statement.index];
    let mut held: Vec<Earlier> = Vec::new();
    for earlier in &view.script().statements[..statement.index] {
        if numbers[earlier.index] != own {
            continue;
        }
        if first_trouble(view, earlier, &held).is_some() {
            return;
        }
        hold(view, earlier, &mut held);
    }
    let Some(trouble) = first_trouble(view, statement, &held) else { return };
    let line = view.script().line_column(view.script().statements[trouble.statement].span.start).0;
    findings.push(
        Finding::new(
            statement.span,
            Subject { table: Some(table.clone()), ..Subject::default() },
            format!("`{}` stays locked while this works through `{table}`", trouble.table),
        )
        .why(format!(
            "Line {line} took {} {} lock on `{}`, and it is kept to the end of the transaction ({}): {} until this statement is done too.",
            if trouble.mode == LockMode::Share || trouble.mode == LockMode::ShareRowExclusive { "a" } else { "an" },
            trouble.mode,
            trouble.table,
            because(view.script(), view.facts, statement.index),
            trouble.mode.who_waits()
        ))
        .help("Give this statement a migration of its own:\ncargo prisma-safe new --empty <name>"),
    );
}

/// Long work of a statement on an old table.
struct Long {
    table: String,
    mode: LockMode,
    builds: bool,
}

/// What a statement works through under a lock that stops writes.
fn long_work(view: &StatementView<'_>, statement: &Statement) -> Option<Long> {
    statement.operations.iter().find_map(|operation| {
        let held = holds(&view.context, view.facts, &operation.action);
        let long = held.iter().find(|hold| hold.work.is_long() && hold.mode.stops_writes())?;
        let builds = matches!(operation.action, Action::CreateIndex(_));
        Some(Long { table: long.table.to_string(), mode: long.mode, builds })
    })
}

/// The earlier lock that a statement keeps waiting.
fn first_trouble<'a>(view: &StatementView<'_>, statement: &Statement, held: &'a [Earlier]) -> Option<&'a Earlier> {
    if held.is_empty() {
        return None;
    }
    let work = long_work(view, statement)?;
    // On one table a lock no stronger than the statement's own costs nothing more.
    let costs = |lock: &&Earlier| lock.table != work.table || lock.mode > work.mode;
    held.iter().filter(costs).find(|lock| lock.long || (work.builds && lock.mode.stops_reads()))
}

fn hold(view: &StatementView<'_>, statement: &Statement, held: &mut Vec<Earlier>) {
    for operation in &statement.operations {
        for hold in holds(&view.context, view.facts, &operation.action) {
            if hold.mode.stops_writes() {
                let table = hold.table.to_string();
                held.push(Earlier { table, mode: hold.mode, long: hold.work.is_long(), statement: statement.index });
            }
        }
    }
}
