//! `CONCURRENTLY` (and `VACUUM`) inside an explicit transaction or a `DO` block.

use super::shared_sql::POSTGRESQL;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "concurrently-in-transaction",
    id: "PS205",
    hazards: &["L5"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a statement that refuses transactions stands inside one",
    page: r#"## What it catches
`CREATE INDEX CONCURRENTLY`, `DROP INDEX CONCURRENTLY`, `REINDEX … CONCURRENTLY`, `DETACH PARTITION … CONCURRENTLY` and `VACUUM` between the file's own
`BEGIN` and `COMMIT`, or in a `DO` block. (That Prisma itself may wrap a file in a transaction is the matter of another rule.)

## Why it hurts
They commit several times inside themselves, so PostgreSQL refuses them there with error 25001. The deploy stops with P3018 and the migration stays failed.

## What to do instead
Put the statement alone into a migration of its own, without `BEGIN`.

## Example
```sql
BEGIN;
CREATE INDEX CONCURRENTLY "orders_customer_id_idx" ON "orders"("customer_id"); -- error 25001
COMMIT;
```

## When to allow it
Never: it cannot work.

## Source
PostgreSQL manual, CREATE INDEX: "can be performed within a transaction block, but CREATE INDEX CONCURRENTLY cannot"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let what = match view.action() {
        Action::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
        Action::DropIndex { concurrently: true, .. } => "DROP INDEX CONCURRENTLY",
        Action::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY",
        Action::DetachPartition { concurrently: true, .. } => "DETACH PARTITION CONCURRENTLY",
        Action::Vacuum { .. } => "VACUUM",
        _ => return,
    };
    let context = view.context();
    let in_block = view.operation.within == Within::DoBlock;
    if !in_block && !context.in_explicit_transaction() {
        return;
    }
    let place = if in_block { "a DO block, which is one transaction" } else { "the transaction that BEGIN opened" };
    let subject = view.action().table().map_or_else(Subject::default, Subject::table);
    let sql = context.script.slice(view.operation.span).trim();
    findings.push(
        Finding::new(view.operation.span, subject, format!("`{what}` cannot run inside {place}"))
            .why(
                "PostgreSQL refuses it there with error 25001. The deploy stops, the migration is recorded as failed, and every \
                 later deploy is refused until somebody resolves it.",
            )
            .help(format!("Alone in a migration of its own, without BEGIN and COMMIT:\n{sql};")),
    );
}
