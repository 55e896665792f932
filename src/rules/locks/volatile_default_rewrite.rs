//! `ADD COLUMN` with a default that is another value per row.

use super::shared_holds::is_old;
use super::shared_new_column::in_steps;
use super::shared_sql::{POSTGRESQL, size_query};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, Volatility};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "volatile-default-rewrite",
    id: "PS215",
    hazards: &["L15"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a new column with a volatile default rewrites the whole table",
    page: r#"## What it catches
`ADD COLUMN … DEFAULT` with a volatile function (`gen_random_uuid()`, `random()`, `clock_timestamp()`, `nextval()`, or one of your own, which PostgreSQL takes for volatile unless its definition says
otherwise) on a table that existed before the pending migrations. A constant and `now()` are no problem since PostgreSQL 11.

## Why it hurts
Each row needs a value of its own, so the whole table and all its indexes are written again under an ACCESS EXCLUSIVE lock.

## What to do instead
Add the column without default, set the default in a second statement (it then counts for new rows), and fill the old rows in batches.

## Example
```sql
ALTER TABLE "orders" ADD COLUMN "public_id" UUID;
ALTER TABLE "orders" ALTER COLUMN "public_id" SET DEFAULT gen_random_uuid();
```

## When to allow it
The table is small, or the function is declared STABLE or IMMUTABLE.

## Source
PostgreSQL manual, ALTER TABLE, notes: "Adding a column with a volatile DEFAULT … will require the entire table and its indexes to be rewritten"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    let Some(default) = column.default.as_ref().filter(|default| default.volatility >= Volatility::Unknown) else {
        return;
    };
    if default.calls.is_empty() || !is_old(&context, table) {
        return;
    }
    let sql = context.script.slice(default.span).trim();
    let doubt = if default.volatility == Volatility::Unknown {
        " PostgreSQL takes a function for volatile unless its definition says STABLE or IMMUTABLE."
    } else {
        ""
    };
    findings.push(
        Finding::new(
            default.span,
            Subject::column(table, &column.name),
            format!("the default `{sql}` is another value per row, so all of `{table}` is written again"),
        )
        .why(format!("{}{doubt}", Shape::AddColumnVolatileDefault.row().says(table)))
        .help(in_steps(context.script, table, column, sql))
        .query(size_query(table)),
    );
}
