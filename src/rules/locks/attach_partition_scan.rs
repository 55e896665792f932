//! `ATTACH PARTITION` without a `CHECK` that proves the bounds.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, quoted, size_query, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, ConstraintKind};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "attach-partition-scan",
    id: "PS222",
    hazards: &["L23"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "attaching a partition reads all of it, and the default partition, under lock",
    page: r#"## What it catches
`ATTACH PARTITION` of a table that existed before the pending migrations and has no validated `CHECK` that was read.

## Why it hurts
PostgreSQL reads every row of the new partition under an ACCESS EXCLUSIVE lock on it. Where the parent has a default partition, that one is locked and read too: its rows cannot be used
meanwhile. Before PostgreSQL 12 the parent itself is locked as hard.

## What to do instead
Add a `CHECK` with exactly the bounds, `NOT VALID`, validate it in the next migration, then attach: PostgreSQL trusts it. A default partition needs a `CHECK` that excludes the bounds.

## Example
```sql
ALTER TABLE "events_2026" ADD CONSTRAINT "events_2026_bounds" CHECK ("at" >= '2026-01-01' AND "at" < '2027-01-01') NOT VALID;
-- next migration
ALTER TABLE "events_2026" VALIDATE CONSTRAINT "events_2026_bounds";
-- next migration
ALTER TABLE "events" ATTACH PARTITION "events_2026" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
```

## When to allow it
The partition is small or not in use, and there is no default partition.

## Source
PostgreSQL manual, ALTER TABLE, "ATTACH PARTITION"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AttachPartition { table, partition, .. } = view.action() else { return };
    let context = view.context();
    let proven = context
        .table(partition)
        .is_some_and(|known| known.constraints_of(ConstraintKind::Check).any(|check| check.validated));
    if proven || !is_old(&context, partition) {
        return;
    }
    let name = quoted(&format!("{}_bounds", partition.object.value));
    let parent = if view.facts().server_before(12, 0, 0) {
        format!(" Before PostgreSQL 12 `{table}` itself is under an ACCESS EXCLUSIVE lock as well.")
    } else {
        String::new()
    };
    findings.push(
        Finding::new(
            partition.span(),
            Subject::table(partition),
            format!("attaching `{partition}` to `{table}` reads every row of it first"),
        )
        .why(format!(
            "{} A default partition of `{table}` is locked and read in the same way.{parent}",
            Shape::AttachPartition.row().says(partition)
        ))
        .help(format!(
            "Prove the bounds first, with the same values:\nALTER TABLE {0} ADD CONSTRAINT {name} CHECK (…) NOT VALID;\n\
             Validate it in the next migration, then attach:\nALTER TABLE {0} VALIDATE CONSTRAINT {name};",
            quoted_table(partition)
        ))
        .query(size_query(partition)),
    );
}
