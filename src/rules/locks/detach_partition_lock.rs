//! `DETACH PARTITION` without `CONCURRENTLY`.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "detach-partition-lock",
    id: "PS223",
    hazards: &["L23"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "detaching a partition stops all use of the whole partitioned table for a moment",
    page: r#"## What it catches
`DETACH PARTITION` without `CONCURRENTLY` from a table that existed before the pending migrations.

## Why it hurts
It holds an ACCESS EXCLUSIVE lock on the parent, and so on all of its partitions. The work takes a moment, but it first waits for every running query on any of them, and all new ones queue behind it.

## What to do instead
`DETACH PARTITION … CONCURRENTLY` (PostgreSQL 14 and later) alone in a migration. It is not to be had where the parent has a default partition.

## Example
```sql
ALTER TABLE "events" DETACH PARTITION "events_2020" CONCURRENTLY;
```

## When to allow it
A short lock timeout is set, or the server is older than 14.

## Source
PostgreSQL manual, ALTER TABLE, "DETACH PARTITION"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::DetachPartition { table, partition, concurrently: false } = view.action() else { return };
    if !is_old(&view.context(), table) || view.facts().server_before(14, 0, 0) {
        return;
    }
    findings.push(
        Finding::new(
            partition.span(),
            Subject::table(table),
            format!("detaching `{partition}` waits for every query on `{table}`, and stops all that come after"),
        )
        .why(format!(
            "{} It first waits for the queries that are running on any partition, and every new one queues behind it.",
            Shape::DetachPartition.row().says(table)
        ))
        .help(format!(
            "Alone in a migration, since it cannot run inside a transaction:\nALTER TABLE {} DETACH PARTITION {} CONCURRENTLY;",
            quoted_table(table),
            quoted_table(partition)
        )),
    );
}
