//! An instant clause beside one that is not.

use super::shared_algorithms::{Shape, says, size_query};
use super::shared_columns::{MYSQL, is_stored_alike};
use crate::project::Provider;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, ColumnDef, ConstraintKind, Span};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "instant-beside-rebuild",
    id: "PS510",
    hazards: &["M15"],
    databases: MYSQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a column that would be added at once rewrites the table with its neighbours",
    page: r#"## What it catches
An `ALTER TABLE` of a table that existed before the pending migrations that adds or drops a column, which the server does by the catalogue alone, together with a clause that it cannot do so (an index, `NULL` or `NOT NULL`, a
key). Clauses that copy the table anyway are the matter of other rules.

## Why it hurts
The whole statement is done by the dearest algorithm that one of its clauses needs: together with an index even the new column makes the server write the whole table again.

## What to do instead
A statement for each. `ALGORITHM=INSTANT` on the first makes sure of it: it fails at once when the server cannot (MySQL allows 64 such changes until the table is rebuilt; `TOTAL_ROW_VERSIONS` in
`information_schema.innodb_tables` counts them).

## Example
```sql
ALTER TABLE `orders` ADD COLUMN `reference` VARCHAR(40) NULL, ALGORITHM=INSTANT;
CREATE INDEX `orders_reference_idx` ON `orders`(`reference`);
```

## When to allow it
The table is small.

## Source
MySQL manual, "Online DDL Operations": a statement cannot combine the instant addition of a column with actions that are not instant; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Statement(check),
};

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    let statement = view.statement();
    let instant = statement.operations.iter().find(|operation| {
        matches!(&operation.action, Action::AddColumn { column, .. } if is_instant(column))
            || matches!(operation.action, Action::DropColumn { .. })
    });
    let Some(instant) = instant else { return };
    let Some(table) = instant.action.table().filter(|table| is_old(&view.context, table)) else { return };
    let Some(other) = statement.operations.iter().find_map(|operation| slower(view, &operation.action, operation.span))
    else {
        return;
    };
    if statement.algorithm().is_some() {
        return;
    }
    let text = view.script().slice(instant.span).trim();
    let clause = text.to_ascii_uppercase().find("ADD ").map_or(text, |at| &text[at..]);
    let kind = if matches!(instant.action, Action::DropColumn { .. }) { "dropped" } else { "added" };
    findings.push(
        Finding::new(
            other.0,
            Subject::table(table),
            format!("{} in the same statement makes the server write all of `{table}` again", other.1),
        )
        .why(format!(
            "By itself the column is {kind} by the catalogue alone, at once. A statement is done by the dearest algorithm that one of its clauses needs. {}",
            says(Shape::AddColumnBesideIndex, table)
        ))
        .help(format!(
            "A statement for each:\nALTER TABLE {} {}, ALGORITHM=INSTANT;\nand then the rest of the clauses.",
            quote::name(Provider::Mysql, table),
            clause.trim_end_matches(';'),
        ))
        .query(size_query(table)),
    );
}

fn is_instant(column: &ColumnDef) -> bool {
    let computed = column.generated.as_ref().is_some_and(|generated| generated.stored);
    !computed && !column.identity && column.constraints.is_empty()
}

/// A clause that cannot be done at once and does not copy: where, and how to call it.
fn slower(view: &StatementView<'_>, action: &Action, span: Span) -> Option<(Span, &'static str)> {
    match action {
        Action::CreateIndex(index) => Some((index.span, "an index")),
        Action::AddConstraint { constraint, .. } => match constraint.kind {
            ConstraintKind::Unique => Some((constraint.span, "a unique key")),
            ConstraintKind::PrimaryKey => Some((constraint.span, "a primary key")),
            _ => None,
        },
        Action::ModifyColumn { table, column, definition, .. } => {
            let before = view.context.column(table, column)?;
            let (from, to) = (before.data_type.as_ref()?, definition.data_type.as_ref()?);
            let nullability = before.nullable.is_some() && before.nullable != Some(definition.nullable != Some(false));
            (nullability && is_stored_alike(from, to)).then_some((span, "another nullability"))
        }
        _ => None,
    }
}
