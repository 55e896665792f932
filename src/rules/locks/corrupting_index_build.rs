//! `CONCURRENTLY` on a server whose version builds broken indexes.

use super::shared_sql::POSTGRESQL;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "corrupting-index-build",
    id: "PS239",
    hazards: &["L42"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "PostgreSQL 14.1 to 14.3 may build an index that misses rows",
    page: r#"## What it catches
`CREATE INDEX CONCURRENTLY` and `REINDEX … CONCURRENTLY` on a server that is known to be PostgreSQL 14.1, 14.2 or 14.3. (14.0 has the fault too, but a version given as `14` is taken for the newest 14.)

## Why it hurts
Rows that are updated during the build can be missing from the index, without any error: queries that use it do not find them, and a unique index lets duplicates in.

## What to do instead
Update the server to 14.4 or later first. Afterwards rebuild what was built concurrently before.

## Example
```sql
-- on 14.4 and later
CREATE INDEX CONCURRENTLY "orders_customer_id_idx" ON "orders"("customer_id");
```

## When to allow it
Nobody writes to the table during the build.

## Source
PostgreSQL 14.4 release notes: "Prevent possible corruption of indexes created or rebuilt with the CONCURRENTLY option".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let subject = match view.action() {
        Action::CreateIndex(index) if index.concurrently => Subject::table(&index.table),
        Action::Reindex { concurrently: true, .. } => Subject::default(),
        _ => return,
    };
    let Some(server) = view.facts().server else { return };
    if server.major != 14 || !(1..=3).contains(&server.minor) {
        return;
    }
    findings.push(
        Finding::new(
            view.operation.span,
            subject,
            format!("PostgreSQL 14.{} may leave rows out of an index that is built concurrently", server.minor),
        )
        .why(
            "A row that is updated during the build can be missing from the index without any error: queries that use the index do not find it, and a unique \
             index lets its duplicate in.",
        )
        .help("Update the server to 14.4 or later first; then this statement is safe. Afterwards, for indexes that were built before:\nREINDEX INDEX CONCURRENTLY …;"),
    );
}
