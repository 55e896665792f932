//! A foreign key that a rebuild adds without a look at the rows.

use super::shared_rebuild::{SQLITE, constraints, rebuild};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident, Name, References};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unchecked-foreign-key",
    id: "PS603",
    hazards: &["S3"],
    databases: SQLITE,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a rebuild adds a foreign key that is not checked against the rows",
    page: r#"## What it catches
A table rebuild that adds a foreign key over a column that existed before, while foreign keys are off, which they are in every rebuild of Prisma.

## Why it hurts
SQLite does not look at the rows: those that point nowhere stay, and the key looks as if it held. `PRAGMA foreign_key_check` in a migration shows nothing either, since Prisma does not read what it returns. The next write to such
a row, or the next rebuild, fails.

## What to do instead
Look for orphans with the query of the finding, remove or empty them in a migration before. The gates of `cargo prisma-safe deploy` run the query before anything runs.

## Example
```sql
UPDATE "orders" SET "customer_id" = NULL WHERE "customer_id" NOT IN (SELECT "id" FROM "customers");
```

## When to allow it
The query of the finding says 0 in every environment.

## Source
SQLite, "PRAGMA foreign_key_check", "ALTER TABLE" 7, step 10.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(rebuild) = rebuild(view) else { return };
    let context = view.context();
    let Some(before) = context.table(&rebuild.table) else { return };
    let table = &rebuild.table;
    for key in constraints(&rebuild.definition, ConstraintKind::ForeignKey) {
        let Some(references) = &key.references else { continue };
        let there = before.constraints_of(ConstraintKind::ForeignKey).any(|known| {
            let old = &known.constraint;
            old.columns == key.columns && old.references.as_ref().is_some_and(|to| to.table == references.table)
        });
        let old_columns = key.columns.iter().all(|column| {
            let known = before.column(column);
            known.is_some_and(|known| !context.state.born_in_pending(known.born))
        });
        let known = before.complete && !there && old_columns && !key.columns.is_empty();
        if !known || is_filled(view, table, key) {
            continue;
        }
        let name = key.name.as_ref().map_or_else(|| key.columns[0].value.clone(), |name| name.value.clone());
        let own = quote::ident(Provider::Sqlite, &key.columns[0].value);
        findings.push(
            Finding::new(
                key.name.as_ref().map_or(key.span, |name| name.span),
                Subject::named(Some(table), &name),
                format!("the new foreign key of `{table}` to `{}` is not checked against the rows", references.table),
            )
            .why(format!(
                "Foreign keys are off during a rebuild, so rows of `{table}` that point nowhere are copied as they are. The application's next write to one of \
                 them fails."
            ))
            .help(format!(
                "In a migration before, when the query finds any:\nUPDATE {t} SET {own} = NULL WHERE {own} NOT IN (SELECT {to} FROM {other});",
                t = quote::name(Provider::Sqlite, table),
                to = references.columns.first().map_or_else(|| "\"id\"".to_owned(), |c| quote::ident(Provider::Sqlite, &c.value)),
                other = quote::name(Provider::Sqlite, &references.table),
            ))
            .query(orphans(table, key, references)),
        );
    }
}

fn orphans(table: &Name, key: &Constraint, references: &References) -> String {
    let quoted = |name: &Ident| quote::ident(Provider::Sqlite, &name.value);
    let pairs: Vec<_> = key
        .columns
        .iter()
        .zip(&references.columns)
        .map(|(own, other)| format!("parent.{} = child.{}", quoted(other), quoted(own)))
        .collect();
    let filled: Vec<_> = key.columns.iter().map(|own| format!("child.{} IS NOT NULL", quoted(own))).collect();
    format!(
        "SELECT count(*) FROM {} child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} parent WHERE {});",
        quote::name(Provider::Sqlite, table),
        filled.join(" AND "),
        quote::name(Provider::Sqlite, &references.table),
        if pairs.is_empty() { "1".to_owned() } else { pairs.join(" AND ") },
    )
}

/// The same deploy repairs the column, or takes the orphans out, before.
fn is_filled(view: &OperationView<'_>, table: &Name, key: &Constraint) -> bool {
    let context = view.context();
    let here = context.earlier().map(|(_, operation)| operation);
    let before = view.statement.pending_before.iter().flat_map(|(_, script)| script.operations().map(|(_, o)| o));
    here.chain(before).any(|operation| match &operation.action {
        Action::Update(update) => {
            update.table == *table && update.assignments.iter().any(|set| key.columns.contains(&set.column))
        }
        Action::Delete(delete) => delete.tables.contains(table),
        _ => false,
    })
}
