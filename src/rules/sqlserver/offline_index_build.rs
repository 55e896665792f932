//! An index that is not built online.

use super::shared_sql::{SQLSERVER, size_query, whole_statement};
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "offline-index-build",
    id: "PS705",
    hazards: &["Q5"],
    databases: SQLSERVER,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "an index is built while writes to its table wait",
    page: r#"## What it catches
`CREATE INDEX` without `WITH (ONLINE = ON)`, and unique constraints, on a table that existed before the pending migrations.

## Why it hurts
The build holds a lock on the table until it is done: writes wait, and with a clustered index reads too.

## What to do instead
`WITH (ONLINE = ON)`, where the edition has it (Enterprise, Developer, Azure SQL). On Standard build it in a quiet hour.

## Example
```sql
CREATE NONCLUSTERED INDEX [orders_customer_id_idx] ON [orders]([customer_id]) WITH (ONLINE = ON);
```

## When to allow it
The table is small, or the edition is Standard or Express and the hour is quiet.

## Source
SQL Server, "Perform index operations online"; CREATE INDEX.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let context = view.context();
    let (table, name, span, clustered) = match view.action() {
        Action::CreateIndex(index) if index.online != Some(true) => {
            let name = index.name.as_ref().map(|name| &name.object);
            (&index.table, name, name.map_or(index.span, |name| name.span), index.clustered == Some(true))
        }
        Action::AddConstraint { table, constraint }
            if matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)
                && !context.script.slice(view.operation.span).to_ascii_uppercase().contains("ONLINE") =>
        {
            let primary = constraint.kind == ConstraintKind::PrimaryKey && constraint.clustered != Some(false);
            let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
            (table, constraint.name.as_ref(), span, primary || constraint.clustered == Some(true))
        }
        _ => return,
    };
    if !is_old(&context, table) {
        return;
    }
    let shown = name.map_or_else(|| "an index".to_owned(), |name| format!("`{name}`"));
    let who = if clustered { "reads and writes" } else { "writes" };
    let sql = whole_statement(&context, table, view.operation.span);
    findings.push(
        Finding::new(
            span,
            Subject::named(Some(table), name.map_or("(no name)", |name| name.value.as_str())),
            format!("building {shown} stops all {who} of `{table}`"),
        )
        .why(format!(
            "Without ONLINE the build holds its lock on `{table}` until it is done, and requests of the application pile up behind it."
        ))
        .help(format!("On Enterprise, Developer and Azure SQL:\n{sql} WITH (ONLINE = ON);\nOn Standard in a quiet hour."))
        .query(size_query(table)),
    );
}
