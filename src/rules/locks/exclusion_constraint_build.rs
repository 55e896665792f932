//! An `EXCLUDE` constraint, which has no form that spares the table.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, size_query, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, ConstraintKind};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "exclusion-constraint-build",
    id: "PS213",
    hazards: &["L13"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "adding EXCLUDE builds its index while nobody can use the table",
    page: r#"## What it catches
`ADD CONSTRAINT … EXCLUDE` on a table that existed before the pending migrations.

## Why it hurts
Its index is built and every row compared under an ACCESS EXCLUSIVE lock. There is neither `NOT VALID` nor `USING INDEX` for it.

## What to do instead
Create a new table with the constraint, write to both, copy the rows in batches, and switch over; or do it in a window in which the table may stand still.

## Example
```sql
CREATE TABLE "bookings_new" (LIKE "bookings" INCLUDING ALL, EXCLUDE USING gist ("room" WITH =, "during" WITH &&));
```

## When to allow it
The table is small, or the deploy runs in an announced window.

## Source
PostgreSQL manual, ALTER TABLE: NOT VALID is "currently only allowed for foreign key, CHECK and not-null constraints"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddConstraint { table, constraint } = view.action() else { return };
    let context = view.context();
    if constraint.kind != ConstraintKind::Exclude || !is_old(&context, table) {
        return;
    }
    let name = constraint.name.as_ref().map_or_else(|| "(no name)".to_owned(), ToString::to_string);
    let clause = context.script.slice(constraint.span).trim();
    let clause = clause.find("EXCLUDE").map_or(clause, |at| &clause[at..]);
    let mut new = table.clone();
    new.object.value.push_str("_new");
    findings.push(
        Finding::new(
            constraint.name.as_ref().map_or(constraint.span, |name| name.span),
            Subject::named(Some(table), name),
            format!("adding an exclusion constraint stops all use of `{table}` while its index is built"),
        )
        .why(format!("{} PostgreSQL has no NOT VALID and no USING INDEX for it.", Shape::AddExclude.row().says(table)))
        .help(format!(
            "Put it on a new table, write to both, copy the rows in batches, then switch over:\n\
             CREATE TABLE {} (LIKE {} INCLUDING ALL, {clause});",
            quoted_table(&new),
            quoted_table(table)
        ))
        .query(size_query(table)),
    );
}
