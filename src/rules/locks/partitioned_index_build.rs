//! `CREATE INDEX` on a partitioned table.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, quoted, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "partitioned-index-build",
    id: "PS224",
    hazards: &["L24"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "an index on a partitioned table stops writes to all partitions, and CONCURRENTLY is refused",
    page: r#"## What it catches
`CREATE INDEX` without `ON ONLY` on a table that the migrations created as partitioned. With `CONCURRENTLY` it fails; without it all partitions are locked.

## Why it hurts
The index is built on one partition after the other, and writes to all of them wait until the last one is done. PostgreSQL refuses `CONCURRENTLY` on a partitioned table.

## What to do instead
Create the parent's index with `ON ONLY`, which takes a moment; build one index per partition with `CREATE INDEX CONCURRENTLY`, each alone in a migration; attach each one. With the last one the
parent's index becomes valid.

## Example
```sql
CREATE INDEX "events_at_idx" ON ONLY "events"("at");
-- one migration per partition
CREATE INDEX CONCURRENTLY "events_2026_at_idx" ON "events_2026"("at");
-- then
ALTER INDEX "events_at_idx" ATTACH PARTITION "events_2026_at_idx";
```

## When to allow it
All partitions together are small.

## Source
PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently" and 5.11.2.2; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::CreateIndex(index) = view.action() else { return };
    let context = view.context();
    let table = &index.table;
    let partitioned = context.table(table).is_some_and(|known| known.partitioned);
    if !partitioned || (index.only && !index.concurrently) || (!index.concurrently && !is_old(&context, table)) {
        return;
    }
    let name =
        index.name.as_ref().map_or_else(|| format!("{}_idx", table.object.value), |name| name.object.value.clone());
    let (message, why) = if index.concurrently {
        (
            format!("`{table}` is partitioned: PostgreSQL refuses to build `{name}` concurrently"),
            "The statement fails with \"cannot create index on partitioned table concurrently\", the deploy stops and the migration stays failed.".to_owned(),
        )
    } else {
        (
            format!("building `{name}` stops writes to `{table}` and all of its partitions"),
            format!(
                "{} The partitions are done one after the other, and all stay locked to the end.",
                Shape::CreateIndexPartitioned.row().says(table)
            ),
        )
    };
    let columns: Vec<_> = index.columns.iter().map(|part| context.script.slice(part.span)).collect();
    let (columns, unique) = (columns.join(", "), if index.unique { "UNIQUE " } else { "" });
    findings.push(Finding::new(table.span(), Subject::named(Some(table), &name), message).why(why).help(format!(
        "The parent's index for itself, which takes a moment:\nCREATE {unique}INDEX {0} ON ONLY {1}({columns});\n\
             Then per partition, each alone in a migration:\nCREATE {unique}INDEX CONCURRENTLY … ON …({columns});\n\
             And attach each:\nALTER INDEX {0} ATTACH PARTITION …;",
        quoted(&name),
        quoted_table(table)
    )));
}
