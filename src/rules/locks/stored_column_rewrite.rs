//! `ADD COLUMN … GENERATED … STORED`.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, ident, size_query, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "stored-column-rewrite",
    id: "PS217",
    hazards: &["L17"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a new stored generated column rewrites the whole table",
    page: r#"## What it catches
`ADD COLUMN … GENERATED ALWAYS AS (…) STORED` on a table that existed before the pending migrations.

## Why it hurts
The value of every row is computed and stored at once: the whole table and all its indexes are written again under an ACCESS EXCLUSIVE lock.

## What to do instead
A plain column, filled by a trigger for new rows and in batches for old ones. On PostgreSQL 18 a `VIRTUAL` column costs nothing; an index on the expression often does as well.

## Example
```sql
ALTER TABLE "orders" ADD COLUMN "total_cents" INTEGER;
-- a trigger keeps it for new rows, batches fill the old ones
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE, notes: adding "a stored generated column … will require the entire table and its indexes to be rewritten"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    let Some(generated) = column.generated.as_ref().filter(|generated| generated.stored) else { return };
    if !is_old(&context, table) {
        return;
    }
    let kind = column.data_type.as_ref().map_or("…", |data_type| context.script.slice(data_type.span).trim());
    let expression = context.script.slice(generated.expr.span).trim();
    let virtual_form = if view.facts().server_before(18, 0, 0) {
        String::new()
    } else {
        format!(
            "\nOr, on PostgreSQL 18 and later, compute it when it is read:\nALTER TABLE {} ADD COLUMN {} {kind} GENERATED ALWAYS AS ({}) VIRTUAL;",
            quoted_table(table),
            ident(&column.name),
            expression.trim_start_matches('(').trim_end_matches(')')
        )
    };
    findings.push(
        Finding::new(
            column.name.span,
            Subject::column(table, &column.name),
            format!("the stored generated column `{}` makes PostgreSQL write all of `{table}` again", column.name),
        )
        .why(Shape::AddColumnStored.row().says(table))
        .help(format!(
            "A plain column, kept by a BEFORE INSERT OR UPDATE trigger and filled in batches:\nALTER TABLE {} ADD COLUMN {} {kind};{virtual_form}",
            quoted_table(table),
            ident(&column.name)
        ))
        .query(size_query(table)),
    );
}
