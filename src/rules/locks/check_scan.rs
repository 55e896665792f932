//! A `CHECK` that is tested on all rows while nobody can use the table.

use super::shared_holds::is_old;
use super::shared_not_valid::{fix, help, validate};
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, ConstraintKind};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "check-scan",
    id: "PS209",
    hazards: &["L9"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "adding a CHECK tests every row while nobody can use the table",
    page: r#"## What it catches
`ADD CHECK` without `NOT VALID` on a table that existed before the pending migrations, also inside `ADD COLUMN`.

## Why it hurts
PostgreSQL reads every row under an ACCESS EXCLUSIVE lock: neither reads nor writes until it is done, and all of it for nothing when one row fails.

## What to do instead
Add it `NOT VALID`: new rows are checked from then on. `VALIDATE CONSTRAINT` in the next migration reads the old rows while everybody goes on working.

## Example
```sql
ALTER TABLE "orders" ADD CONSTRAINT "orders_total_check" CHECK ("total" >= 0) NOT VALID;
-- in the next migration
ALTER TABLE "orders" VALIDATE CONSTRAINT "orders_total_check";
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE, "ADD table_constraint [ NOT VALID ]"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    match view.action() {
        Action::AddConstraint { table, constraint }
            if constraint.kind == ConstraintKind::Check
                && !constraint.not_valid
                && !constraint.not_enforced
                && is_old(&view.context(), table) =>
        {
            let label = constraint.name.as_ref().map_or_else(|| "a CHECK".to_owned(), |name| format!("`{name}`"));
            let name = constraint.name.as_ref().map_or_else(|| "(no name)".to_owned(), ToString::to_string);
            let mut finding = Finding::new(
                constraint.name.as_ref().map_or(constraint.span, |name| name.span),
                Subject::named(Some(table), name),
                format!("adding {label} stops all use of `{table}` until every row is tested"),
            )
            .why(Shape::AddCheck.row().says(table))
            .help(help(view, table, constraint))
            .query(size_query(table));
            if let Some(fix) = fix(view, table, constraint) {
                finding = finding.fix(fix);
            }
            findings.push(finding);
        }
        Action::AddColumn { table, column, .. } if is_old(&view.context(), table) => {
            let Some(check) = column.constraints.iter().find(|c| c.kind == ConstraintKind::Check) else { return };
            let name = check
                .name
                .as_ref()
                .map_or_else(|| quoted(&format!("{}_{}_check", table.object.value, column.name.value)), ident);
            let clause = view.context().script.slice(check.span).trim();
            let clause = clause.find("CHECK").map_or(clause, |at| &clause[at..]);
            findings.push(
                Finding::new(
                    check.span,
                    Subject::column(table, &column.name),
                    format!("the CHECK on the new column is tested on every row of `{table}` while nobody can use it"),
                )
                .why(Shape::AddColumnCheck.row().says(table))
                .help(format!(
                    "Add the column first, then the CHECK unchecked:\nALTER TABLE {0} ADD COLUMN {1} …;\n\
                     ALTER TABLE {0} ADD CONSTRAINT {name} {clause} NOT VALID;\n\
                     Check the rows in the next migration, while reads and writes go on:\n{2}",
                    quoted_table(table),
                    ident(&column.name),
                    validate(table, &name)
                ))
                .query(size_query(table)),
            );
        }
        _ => {}
    }
}
