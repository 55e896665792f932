//! `CREATE INDEX` without `CONCURRENTLY` on a table that is in use.

use super::shared_holds::{is_old, row};
use super::shared_sql::{
    POSTGRESQL, after_index_keyword, index_keyword, is_alone, is_long, may_stand_beside, move_out, size_query, slug,
};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, CreateIndex, Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "blocking-index-build",
    id: "PS201",
    hazards: &["L1"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "an index is built while all writes to its table wait",
    page: "\
## What it catches
`CREATE INDEX` and `CREATE UNIQUE INDEX` without `CONCURRENTLY` on a table (or materialised view) that existed before the pending migrations.

## Why it hurts
The build holds a SHARE lock: reads go on, every `INSERT`, `UPDATE` and `DELETE` waits until the index is complete. On a table of some million rows
that is minutes in which the application's writes queue up and time out.

## What to do instead
`CREATE INDEX CONCURRENTLY` in a migration of its own. It builds under a SHARE UPDATE EXCLUSIVE lock, which stops nobody. When it fails it leaves an
INVALID index behind: drop it before the next try.

## Example
```sql
-- stops writes
CREATE INDEX \"orders_customer_id_idx\" ON \"orders\"(\"customer_id\");
-- does not; alone in its migration
CREATE INDEX CONCURRENTLY \"orders_customer_id_idx\" ON \"orders\"(\"customer_id\");
```

## When to allow it
The table is small and stays small, or writes may stop for the length of the build.

## Source
PostgreSQL manual, CREATE INDEX, \"Building Indexes Concurrently\"; proven in `docs/locks.md`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::CreateIndex(index) = view.action() else { return };
    let context = view.context();
    let partitioned = context.table(&index.table).is_some_and(|table| table.partitioned);
    if index.concurrently || partitioned || !is_old(&context, &index.table) {
        return;
    }
    let Some(row) = row(&context, view.facts(), view.action()) else { return };
    let name = index.name.as_ref().map(ToString::to_string);
    let label = name.clone().map_or_else(|| "an index".to_owned(), |name| format!("`{name}`"));
    let table = &index.table;
    let concurrent = after_index_keyword(context.script, view.operation.span, "CONCURRENTLY");
    let sql = concurrent.clone().unwrap_or_else(|| "CREATE INDEX CONCURRENTLY …".to_owned());
    let place = if is_alone(context.script) || may_stand_beside(&context, view.facts()) {
        "Build it beside the running writes:"
    } else {
        "Build it beside the running writes, alone in the next migration, since it cannot run inside a transaction:"
    };
    let mut finding = Finding::new(
        index.table.span(),
        Subject::named(Some(table), name.as_deref().unwrap_or("(no name)")),
        format!("building {label} stops all writes to `{table}`"),
    )
    .why(format!(
        "{} The time grows with the table, and requests of the application pile up behind it.",
        row.says(table)
    ))
    .help(format!("{place}\n{sql};"))
    .query(size_query(table));
    if view.operation.within == Within::File
        && let Some(fix) = fix(view, index, concurrent)
    {
        finding = finding.fix(fix);
    }
    findings.push(finding);
}

/// In place where that works for this Prisma, else into a migration of its own, unless a later statement needs the index.
fn fix(view: &OperationView<'_>, index: &CreateIndex, concurrent: Option<String>) -> Option<Fix> {
    let context = view.context();
    let name = index.name.as_ref()?;
    if index.if_not_exists || is_long(context.script) {
        return None;
    }
    if is_alone(context.script) || may_stand_beside(&context, view.facts()) {
        let at = index_keyword(context.script, view.operation.span)?;
        let edit = Edit { span: Span::new(at, at), text: " CONCURRENTLY".to_owned() };
        return Some(Fix {
            title: "build the index concurrently".to_owned(),
            edits: vec![edit],
            follow_ups: Vec::new(),
        });
    }
    let needed_later = context.later().any(|(statement, operation)| match &operation.action {
        Action::AddConstraint { constraint, .. } => {
            constraint.using_index.as_ref().is_some_and(|used| *used == name.object)
                || (index.unique && constraint.references.as_ref().is_some_and(|to| to.table == index.table))
        }
        Action::CreateTable(create) => index.unique && !create.constraints.is_empty(),
        Action::Insert(insert) => index.unique && insert.table == index.table,
        Action::DropIndex { .. } | Action::RenameIndex { .. } => {
            context.script.slice(statement.span).contains(&name.object.value)
        }
        Action::DropTable { names, .. } => names.contains(&index.table),
        Action::RenameTable { table, .. } | Action::RenameColumn { table, .. } | Action::DropColumn { table, .. } => {
            *table == index.table
        }
        Action::Unknown | Action::ExecuteDynamic { .. } => true,
        _ => false,
    });
    if needed_later || context.in_explicit_transaction() {
        return None;
    }
    Some(move_out(
        context.script,
        context.statement,
        "build the index concurrently, in a migration of its own",
        slug(&["create", &name.object.value]),
        format!("{};\n", concurrent?),
    ))
}
