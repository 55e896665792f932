//! A rebuild that copies NULLs into `NOT NULL`.

use super::shared_rebuild::{SQLITE, rebuild};
use crate::project::Provider;
use crate::rules::data::shared_words::count_query;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind, Ident, Name};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "null-into-required",
    id: "PS604",
    hazards: &["S4"],
    databases: SQLITE,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a rebuild copies NULLs into a column that becomes required",
    page: r#"## What it catches
A table rebuild that makes an optional column required and copies its values as they are, without `coalesce(…)`.

## Why it hurts
The first row with NULL stops the copy. Nothing rolls the file back: the new table stays behind half filled, the old one is still there, and the migration is failed and cannot run again before somebody drops the
new one by hand.

## What to do instead
Fill the NULLs in a migration before, or in the copy with `coalesce`.

## Example
```sql
INSERT INTO "new_orders" ("id", "note") SELECT "id", coalesce("note", '') FROM "orders";
```

## When to allow it
The query of the finding says 0 in every environment and the application writes no NULL.

## Source
SQLite, "INSERT" and "ALTER TABLE" (the twelve steps).
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(rebuild) = rebuild(view) else { return };
    let context = view.context();
    let table = &rebuild.table;
    for copied in rebuild.copied.iter().filter(|copied| !copied.coalesced) {
        let Some(from) = &copied.from else { continue };
        let Some(after) = rebuild.definition.columns.iter().find(|column| column.name == copied.to) else { continue };
        let key = after.constraints.iter().any(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
        let before = context.column(table, from);
        let optional = before.is_some_and(|before| before.nullable == Some(true));
        if after.nullable != Some(false) || key || !optional || is_filled(view, table, from) {
            continue;
        }
        let column = quote::ident(Provider::Sqlite, &from.value);
        findings.push(
            Finding::new(
                copied.span,
                Subject::column(table, from),
                format!("`{table}`.`{from}` becomes required; the copy stops at the first row that holds NULL"),
            )
            .why(format!(
                "SQLite runs the file without a transaction, so the half filled `{}` stays behind, the migration is failed, and the next try stops at its \
                 CREATE TABLE.",
                rebuild.definition.name
            ))
            .help(format!(
                "Fill the NULLs in the copy, or in a migration before:\nSELECT … coalesce({column}, …) … FROM {};",
                quote::name(Provider::Sqlite, table)
            ))
            .query(count_query(Provider::Sqlite, table, &format!("{column} IS NULL"))),
        );
    }
}

/// The same deploy fills the column before.
fn is_filled(view: &OperationView<'_>, table: &Name, column: &Ident) -> bool {
    let context = view.context();
    let here = context.earlier().map(|(_, operation)| operation);
    let before = view.statement.pending_before.iter().flat_map(|(_, script)| script.operations().map(|(_, o)| o));
    here.chain(before).any(|operation| match &operation.action {
        Action::Update(update) => update.table == *table && update.assignments.iter().any(|set| set.column == *column),
        _ => false,
    })
}
