//! A rebuild that loses what Prisma does not know.

use super::shared_rebuild::{SQLITE, constraints, rebuild};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "rebuild-drops-objects",
    id: "PS605",
    hazards: &["S5", "P9"],
    databases: SQLITE,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a rebuild drops triggers, checks or indexes that Prisma does not know",
    page: r#"## What it catches
A table rebuild of a table that has what Prisma's schema does not hold and the file does not put back: triggers, partial indexes and indexes over expressions, `CHECK` constraints.

## Why it hurts
They go with the old table, without a word. Prisma wrote the rebuild from its schema, which knows none of them: rules that the data obeyed until then hold no longer, and nobody misses them at once.

## What to do instead
Write them again at the end of the file, after the rename; a `CHECK` into the new table's definition.

## Example
```sql
ALTER TABLE "new_orders" RENAME TO "orders";
CREATE UNIQUE INDEX "orders_open_key" ON "orders"("customer_id") WHERE "closed" = 0;
```

## When to allow it
They are meant to go.

## Source
SQLite, "ALTER TABLE" 7, steps 3 and 8: remember and recreate indexes, triggers and views.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(rebuild) = rebuild(view) else { return };
    let context = view.context();
    let Some(before) = context.table(&rebuild.table) else { return };
    let stays = |column: &Ident| rebuild.definition.columns.iter().any(|own| own.name == *column);
    let mut lost: Vec<String> = Vec::new();
    for trigger in &before.triggers {
        let again = context.later().any(
            |(_, operation)| matches!(&operation.action, Action::CreateTrigger { name, .. } if name.object == *trigger),
        );
        if !again {
            lost.push(format!("the trigger `{trigger}`"));
        }
    }
    for known in &before.indexes {
        let unseen = known.index.condition.is_some() || known.index.columns.iter().any(|part| part.column.is_none());
        let Some(name) = known.name.as_ref().filter(|_| unseen) else { continue };
        let again = context.later().any(|(_, operation)| match &operation.action {
            Action::CreateIndex(index) => index.name.as_ref().is_some_and(|own| own.object == name.object),
            Action::DropIndex { names, .. } => names.iter().any(|own| own.object == name.object),
            _ => false,
        });
        if !again {
            let kind = if known.index.unique { "unique index" } else { "index" };
            lost.push(format!("the partial or computed {kind} `{}`", name.object));
        }
    }
    let checks = before.constraints_of(ConstraintKind::Check).map(|known| &known.constraint);
    let new: Vec<_> = constraints(&rebuild.definition, ConstraintKind::Check).collect();
    for check in checks {
        let columns: Vec<_> = check.expr.as_ref().map_or_else(Vec::new, |expr| expr.columns.iter().collect());
        let same = |other: &&Constraint| {
            (check.name.is_some() && other.name == check.name)
                || other.expr.as_ref().is_some_and(|expr| expr.columns.iter().eq(columns.iter().copied()))
        };
        if !new.iter().any(same) && columns.iter().all(|column| stays(column)) {
            let name = check.name.as_ref().map_or_else(String::new, |name| format!(" `{name}`"));
            lost.push(format!("the CHECK{name}"));
        }
    }
    if lost.is_empty() {
        return;
    }
    let list = lost.join(", ");
    findings.push(
        Finding::new(
            rebuild.drop,
            Subject::table(&rebuild.table),
            format!("the rebuild of `{}` loses {list}", rebuild.table),
        )
        .why(format!(
            "They go with the old `{}`. Prisma's schema does not hold them, so the rebuild that it writes does not bring them back: what they enforced is not \
             enforced from then on.",
            rebuild.table
        ))
        .help("Write it again at the end of the file, after the rename (a CHECK into the new definition). How it is now:\nSELECT sql FROM sqlite_schema WHERE tbl_name = …;")
        .query(format!(
            "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = {} AND type IN ('trigger', 'index');",
            quote::text(Provider::Sqlite, &rebuild.table.object.value)
        )),
    );
}
