//! Long work while locks of earlier statements are still held.

use std::collections::{HashMap, HashSet};

use super::shared_holds::holds;
use super::shared_sql::POSTGRESQL;
use super::shared_transaction::{because, transactions};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::lock_facts::postgres::LockMode;
use crate::sql::model::{Action, Name, Script, Statement};

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
    check: Check::Migration(check),
};

/// Long work of a statement on an old table, under a lock that stops writes.
struct Long {
    table: Name,
    mode: LockMode,
    builds: bool,
}

/// A lock that an earlier statement of the transaction took.
#[derive(Clone)]
struct Earlier {
    table: Name,
    mode: LockMode,
    statement: usize,
}

/// What the transaction holds, as far as the question needs it: two of a kind are enough to find one on another table.
#[derive(Default)]
struct Held {
    long: Vec<Earlier>,
    closing: Vec<Earlier>,
    strongest: HashMap<Name, Earlier>,
}

impl Held {
    fn take(&mut self, lock: Earlier, long: bool) {
        let keep = |list: &mut Vec<Earlier>| {
            if list.len() < 2 && list.iter().all(|other| other.table != lock.table) {
                list.push(lock.clone());
            }
        };
        if long {
            keep(&mut self.long);
        }
        if lock.mode.stops_reads() {
            keep(&mut self.closing);
        }
        let strongest = self.strongest.entry(lock.table.clone()).or_insert_with(|| lock.clone());
        if lock.mode > strongest.mode {
            *strongest = lock;
        }
    }

    /// The earlier lock that this work keeps waiting for nothing. On one table a lock no stronger than its own costs nothing more.
    fn kept_by(&self, work: &Long) -> Option<&Earlier> {
        let other = |list: &'_ [Earlier]| list.iter().position(|lock| lock.table != work.table);
        let same = self.strongest.get(&work.table).filter(|lock| lock.mode > work.mode);
        other(&self.long)
            .map(|at| &self.long[at])
            .or_else(|| work.builds.then(|| other(&self.closing)).flatten().map(|at| &self.closing[at]))
            .or_else(|| same.filter(|lock| work.builds || self.long.iter().any(|long| long.table == lock.table)))
    }
}

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let numbers = transactions(view.script, view.facts);
    let unproven = unproven(view.script);
    let mut held = Held::default();
    let mut current = None;
    let mut told = None;
    for statement in &view.script.statements {
        let own = numbers[statement.index];
        if current != Some(own) {
            held = Held::default();
            current = Some(own);
        }
        if told == Some(own) {
            continue;
        }
        let mut work = None;
        let mut taken = Vec::new();
        for operation in &statement.operations {
            let context = Context { script: view.script, statement, state: view.state };
            for hold in holds(&context, view.facts, &operation.action) {
                if !hold.mode.stops_writes() || unproven.born.contains(hold.table) {
                    continue;
                }
                let long = hold.work.is_long() && !unproven.is_quick(&operation.action);
                if long && work.is_none() {
                    let builds = matches!(operation.action, Action::CreateIndex(_));
                    work = Some(Long { table: hold.table.clone(), mode: hold.mode, builds });
                }
                taken.push((Earlier { table: hold.table.clone(), mode: hold.mode, statement: statement.index }, long));
            }
        }
        if let Some((work, lock)) = work.as_ref().and_then(|work| Some((work, held.kept_by(work)?))) {
            findings.push(finding(view, statement, work, lock));
            told = Some(own);
        }
        for (lock, long) in taken {
            held.take(lock, long);
        }
    }
}

/// What the state after the file no longer shows of the moment of each statement.
struct Unproven<'a> {
    /// Tables that the file creates, dropped again or not.
    born: HashSet<&'a Name>,
    /// Tables that lose a constraint: a `SET NOT NULL` on them may stand on the CHECK that goes.
    loses: HashSet<&'a Name>,
}

impl Unproven<'_> {
    /// Maybe no long work after all.
    fn is_quick(&self, action: &Action) -> bool {
        matches!(action, Action::SetNotNull { table, .. } if self.loses.contains(table))
    }
}

fn unproven(script: &Script) -> Unproven<'_> {
    let (mut born, mut loses) = (HashSet::new(), HashSet::new());
    for (_, operation) in script.operations() {
        match &operation.action {
            Action::CreateTable(create) => drop(born.insert(&create.name)),
            Action::CreateView { name, .. } => drop(born.insert(name)),
            Action::DropConstraint { table, .. } => drop(loses.insert(table)),
            _ => {}
        }
    }
    Unproven { born, loses }
}

fn finding(view: &MigrationView<'_>, statement: &Statement, work: &Long, lock: &Earlier) -> Finding {
    let line = view.script.line_column(view.script.statements[lock.statement].span.start).0;
    let article = if lock.mode.as_str().starts_with(['A', 'E']) { "an" } else { "a" };
    let mut finding = Finding::new(
        statement.span,
        Subject::table(&work.table),
        format!("`{}` stays locked while this works through `{}`", lock.table, work.table),
    )
    .why(format!(
        "Line {line} took {article} {} lock on `{}`, and it is kept to the end of the transaction ({}): {} until this statement is done too.",
        lock.mode,
        lock.table,
        because(view.script, view.facts, statement.index),
        lock.mode.who_waits()
    ))
    .help("Give this statement a migration of its own:\ncargo prisma-safe new --empty <name>");
    finding.statement = Some(statement.index);
    finding
}
