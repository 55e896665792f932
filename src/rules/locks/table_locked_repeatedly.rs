//! The same table locked by three and more pending migrations.

use super::shared_holds::{holds, is_old};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, Name, Script, Span};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "table-locked-repeatedly",
    id: "PS232",
    hazards: &["L33"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "three or more pending migrations lock the same table in one deploy",
    page: r#"## What it catches
The third pending migration of one deploy that changes a table which existed before all of them, with a lock that stops writes.

## Why it hurts
Each one waits for the queries that run on the table and holds up those that come after; one deploy does that three times and more, and each may be the one that fails half way.

## What to do instead
Deploy them in smaller steps, with time in between, or, where none of them has been applied anywhere yet, join them into one migration with one `ALTER TABLE` per table.

## Example
```sql
-- three pending migrations
ALTER TABLE "orders" ADD COLUMN "a" TEXT;
ALTER TABLE "orders" ADD COLUMN "b" TEXT;
ALTER TABLE "orders" ADD COLUMN "c" TEXT;
-- joined
ALTER TABLE "orders" ADD COLUMN "a" TEXT, ADD COLUMN "b" TEXT, ADD COLUMN "c" TEXT;
```

## When to allow it
Nobody uses the table much.

## Source
The lock table in `docs/locks.md`; a deploy runs all pending migrations one after the other.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    if view.pending_before.len() < 2 {
        return;
    }
    let mut reported: Vec<&Name> = Vec::new();
    for (table, statement, span) in locked(view, view.script) {
        if reported.contains(&table) {
            continue;
        }
        let names: Vec<_> = view
            .pending_before
            .iter()
            .filter(|(_, script)| locked(view, script).iter().any(|(other, _, _)| *other == table))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        // The third one says it; those after it would only repeat it.
        if names.len() != 2 {
            continue;
        }
        reported.push(table);
        let mut finding = Finding::new(
            span,
            Subject::table(table),
            format!("this is the third pending migration that locks `{table}`"),
        )
        .why(format!(
            "{} change it too, and one deploy runs them all: each waits for the running queries on `{table}` and holds up those that come after.",
            names.join(" and ")
        ))
        .help(
            "Deploy them in steps with time in between. Where none of them is applied anywhere yet, join them: one migration, one ALTER TABLE with all \
             clauses.",
        );
        finding.statement = Some(statement);
        findings.push(finding);
    }
}

/// The old tables that a script locks against writes, each with the first statement that does.
fn locked<'a>(view: &MigrationView<'_>, script: &'a Script) -> Vec<(&'a Name, usize, Span)> {
    let mut found: Vec<(&Name, usize, Span)> = Vec::new();
    for (statement, operation) in script.operations() {
        let context = Context { script, statement, state: view.state };
        let tables: Vec<&Name> = if script.provider == Provider::Postgresql {
            let held = holds(&context, view.facts, &operation.action);
            held.into_iter().filter(|hold| hold.mode.stops_writes()).map(|hold| hold.table).collect()
        } else {
            changed(&operation.action).filter(|table| is_old(&context, table)).into_iter().collect()
        };
        for table in tables {
            if !found.iter().any(|(other, _, _)| *other == table) {
                found.push((table, statement.index, table.span()));
            }
        }
    }
    found
}

/// The table whose definition an action changes, on databases without a lock table here.
fn changed(action: &Action) -> Option<&Name> {
    match action {
        Action::AddColumn { table, .. }
        | Action::DropColumn { table, .. }
        | Action::RenameColumn { table, .. }
        | Action::AlterColumnType { table, .. }
        | Action::ModifyColumn { table, .. }
        | Action::AddConstraint { table, .. }
        | Action::DropConstraint { table, .. }
        | Action::DropPrimaryKey { table } => Some(table),
        Action::CreateIndex(index) => Some(&index.table),
        Action::DropIndex { table, .. } => table.as_ref(),
        _ => None,
    }
}
