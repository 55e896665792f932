//! `REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, size_query, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "blocking-refresh",
    id: "PS221",
    hazards: &["L22"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a materialised view cannot be read while it is refreshed",
    page: r#"## What it catches
`REFRESH MATERIALIZED VIEW` without `CONCURRENTLY` (and not `WITH NO DATA`) of a view that was not created in the same file. Creating one `WITH DATA`, or `CREATE TABLE … AS`, stops nobody by
itself and is left to `locks-add-up`.

## Why it hurts
The view is under an ACCESS EXCLUSIVE lock while its whole query runs: every reader waits.

## What to do instead
A unique index on the view, then `REFRESH MATERIALIZED VIEW CONCURRENTLY`, best outside of migrations: a refresh changes no schema.

## Example
```sql
CREATE UNIQUE INDEX CONCURRENTLY "daily_totals_day_idx" ON "daily_totals"("day");
-- in the next migration
REFRESH MATERIALIZED VIEW CONCURRENTLY "daily_totals";
```

## When to allow it
Nobody reads the view during the deploy, or its query is quick.

## Source
PostgreSQL manual, REFRESH MATERIALIZED VIEW; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::RefreshView { name, concurrently: false, with_data: true } = view.action() else { return };
    if !is_old(&view.context(), name) {
        return;
    }
    findings.push(
        Finding::new(
            name.span(),
            Subject::table(name),
            format!("`{name}` cannot be read until its refresh is complete"),
        )
        .why(Shape::RefreshView.row().says(name))
        .help(format!(
            "With a unique index on the view, readers go on:\nREFRESH MATERIALIZED VIEW CONCURRENTLY {};",
            quoted_table(name)
        ))
        .query(size_query(name)),
    );
}
