//! `REINDEX` without `CONCURRENTLY`.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "blocking-reindex",
    id: "PS204",
    hazards: &["L4"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "indexes are rebuilt while writes, and reads that use them, wait",
    page: r#"## What it catches
`REINDEX` of an index, a table, a schema or a database without `CONCURRENTLY`.

## Why it hurts
Each index is rebuilt under an ACCESS EXCLUSIVE lock on the index and a SHARE lock on its table: writes wait, and so does every query that would use the index,
its planning included.

## What to do instead
`REINDEX … CONCURRENTLY` (PostgreSQL 12 and later) alone in a migration, or outside of migrations: a rebuild changes no schema.

## Example
```sql
REINDEX TABLE "orders";
-- better, alone in its migration
REINDEX TABLE CONCURRENTLY "orders";
```

## When to allow it
In a maintenance window, or for a system catalogue, which cannot be rebuilt concurrently.

## Source
PostgreSQL manual, REINDEX, "Rebuilding Indexes Concurrently"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::Reindex { target, concurrently: false } = view.action() else { return };
    let context = view.context();
    if target.as_ref().is_some_and(|target| !is_old(&context, target)) {
        return;
    }
    let written = context.script.slice(view.operation.span);
    let shown = target.as_ref().map_or_else(|| "every table in it".to_owned(), |target| format!("`{target}`"));
    let subject = target.as_ref().map_or_else(Subject::default, |target| Subject::named(None, target));
    let help = if view.facts().server_before(12, 0, 0) {
        "Before PostgreSQL 12, build a new index beside the old one, then drop that one, each alone in a migration:\n\
         CREATE INDEX CONCURRENTLY \"new_idx\" ON …;\nDROP INDEX CONCURRENTLY \"old_idx\";"
            .to_owned()
    } else {
        let kind = ["TABLE", "INDEX", "SCHEMA", "DATABASE"]
            .into_iter()
            .find(|kind| written.split_whitespace().any(|word| word.eq_ignore_ascii_case(kind)))
            .unwrap_or("TABLE");
        let name = target.as_ref().map_or_else(|| "…".to_owned(), quoted_table);
        format!("Alone in a migration, or by hand outside of migrations:\nREINDEX {kind} CONCURRENTLY {name};")
    };
    findings.push(
        Finding::new(
            target.as_ref().map_or(view.operation.span, |target| target.span()),
            subject,
            format!("rebuilding the indexes of {} stops writes and the queries that use them", shown),
        )
        .why(format!(
            "{} The index itself is under an ACCESS EXCLUSIVE lock, so queries that would use it wait too.",
            Shape::Reindex.row().says_of(&shown)
        ))
        .help(help),
    );
}
