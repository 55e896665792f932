//! `DROP INDEX` without `CONCURRENTLY` on a table that is in use.

use super::shared_holds::{holds, is_old};
use super::shared_sql::{POSTGRESQL, index_keyword, is_alone, is_long, move_out, slug, table as quoted_table};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::{Context, Table};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, Name, Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "blocking-index-drop",
    id: "PS203",
    hazards: &["L3"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Sometimes,
    summary: "an index is dropped under a lock that stops reads and writes",
    page: r#"## What it catches
`DROP INDEX` without `CONCURRENTLY`, unless the index's table was created in the pending migrations, or another statement of the same file locks the table as hard anyway.

## Why it hurts
It holds an ACCESS EXCLUSIVE lock on the table. The drop itself takes a moment, but it first waits for every running query on the table, and all queries
that come after it wait behind it: one slow report is enough to stop the table.

## What to do instead
`DROP INDEX CONCURRENTLY` alone in a migration: it waits without stopping anyone. Prisma cannot send it beside other statements in any version.

## Example
```sql
DROP INDEX "orders_customer_id_idx";
-- better, alone in its migration
DROP INDEX CONCURRENTLY IF EXISTS "orders_customer_id_idx";
```

## When to allow it
A short lock timeout is set and the drop can be tried again, or nobody uses the table at that time.

## Source
PostgreSQL manual, DROP INDEX; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::DropIndex { names, concurrently: false, cascade, .. } = view.action() else { return };
    let context = view.context();
    for name in names {
        let known = known_table(&context, name);
        if known.is_some_and(|table| {
            !is_old(&context, &table.name) || backs_constraint(table, name) || is_closed_anyway(view, &table.name)
        }) {
            continue;
        }
        let table = known.map(|table| table.name.to_string());
        let shown = table.as_ref().map_or_else(|| "its table".to_owned(), |table| format!("`{table}`"));
        let safe = format!("DROP INDEX CONCURRENTLY IF EXISTS {};", quoted_table(name));
        let mut finding = Finding::new(
            name.span(),
            Subject { table, column: None, name: Some(name.to_string()) },
            format!("dropping `{name}` waits for every query on its table, and stops all that come after"),
        )
        .why(format!(
            "{} It first waits for the queries that are running, and every new one queues behind it, so one slow query \
             stops the table.",
            Shape::DropIndex.row().says_of(&shown)
        ))
        .help(format!("Alone in a migration, since it cannot run inside a transaction:\n{safe}"));
        if names.len() == 1
            && !cascade
            && let Some(fix) = fix(view, name, &safe)
        {
            finding = finding.fix(fix);
        }
        findings.push(finding);
    }
}

/// Another statement of the file takes the same lock on the table: dropping the index elsewhere would spare nobody.
fn is_closed_anyway(view: &OperationView<'_>, table: &Name) -> bool {
    let context = view.context();
    if is_long(context.script) {
        return false;
    }
    context.earlier().chain(context.later()).any(|(_, operation)| {
        !matches!(operation.action, Action::DropIndex { .. })
            && operation.action.table().is_none_or(|of| of == table)
            && holds(&context, view.facts(), &operation.action)
                .iter()
                .any(|hold| hold.table == table && hold.mode.stops_reads())
    })
}

fn known_table<'a>(context: &Context<'a>, index: &Name) -> Option<&'a Table> {
    context.state.tables().find(|table| {
        table.indexes.iter().any(|known| known.name.as_ref().is_some_and(|name| name.object == index.object))
            || backs_constraint(table, index)
    })
}

fn backs_constraint(table: &Table, index: &Name) -> bool {
    table.constraint(&index.object).is_some()
}

fn fix(view: &OperationView<'_>, name: &Name, safe: &str) -> Option<Fix> {
    let context = view.context();
    if view.operation.within != Within::File || context.in_explicit_transaction() || is_long(context.script) {
        return None;
    }
    if is_alone(context.script) {
        let at = index_keyword(context.script, view.operation.span)?;
        let edit = Edit { span: Span::new(at, at), text: " CONCURRENTLY".to_owned() };
        let title = "drop the index concurrently".to_owned();
        return Some(Fix { title, edits: vec![edit], follow_ups: Vec::new() });
    }
    // An index of that name that comes later takes the place of this one.
    let again = context.later().any(|(_, operation)| match &operation.action {
        Action::CreateIndex(index) => index.name.as_ref().is_some_and(|new| new.object == name.object),
        Action::RenameIndex { to, .. } => *to == name.object,
        Action::AddConstraint { constraint, .. } => constraint.name.as_ref() == Some(&name.object),
        Action::Unknown | Action::ExecuteDynamic { .. } => true,
        _ => false,
    });
    if again {
        return None;
    }
    Some(move_out(
        context.script,
        context.statement,
        "drop the index concurrently, in a migration of its own",
        slug(&["drop", &name.object.value]),
        format!("{safe}\n"),
    ))
}
