//! `LOCK TABLE`.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, table as quoted_table};
use super::shared_transaction::{Sending, sending};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::LockMode;
use crate::sql::model::{Action, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "explicit-table-lock",
    id: "PS230",
    hazards: &["L30"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "LOCK TABLE stops the application for the rest of the transaction",
    page: r#"## What it catches
`LOCK TABLE` in a mode that stops writes (`SHARE` and stronger; without a mode it is `ACCESS EXCLUSIVE`) on a table that existed before the pending migrations. Also any `LOCK TABLE` outside a
transaction, which PostgreSQL refuses.

## Why it hurts
The lock is held to the end of the transaction, whatever comes in between. Statements that need a lock take the right one themselves.

## What to do instead
Leave it out, or take the weakest mode that does, with a short lock timeout, inside an explicit transaction with little in it.

## Example
```sql
LOCK TABLE "orders";
-- when other writers must be kept out: readers may go on
BEGIN;
LOCK TABLE "orders" IN ROW EXCLUSIVE MODE;
COMMIT;
```

## When to allow it
Two steps must be seen together by all writers, and both take a moment.

## Source
PostgreSQL manual, LOCK and 13.3.1; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::LockTable { tables, mode, .. } = view.action() else { return };
    let context = view.context();
    let mode = mode.as_deref().map_or(Some(LockMode::AccessExclusive), LockMode::parse);
    let outside = view.operation.within == Within::File
        && !context.in_explicit_transaction()
        && (sending(context.script, view.facts()) == Sending::Split || context.script.statements.len() == 1);
    for table in tables {
        let strong = mode.is_none_or(LockMode::stops_writes) && is_old(&context, table);
        if !strong && !outside {
            continue;
        }
        let shown = mode.unwrap_or(LockMode::AccessExclusive);
        let (message, why) = if outside {
            (
                format!("`LOCK TABLE` on `{table}` stands outside a transaction"),
                "Prisma sends the statements one by one, and PostgreSQL refuses LOCK TABLE outside a transaction (error 25P01): the deploy stops.".to_owned(),
            )
        } else {
            (
                format!("`{table}` is locked in {shown} mode for the rest of the transaction"),
                format!("Until the transaction ends: {}, whatever the statements after it do.", shown.who_waits()),
            )
        };
        findings.push(Finding::new(table.span(), Subject::table(table), message).why(why).help(format!(
            "Leave it out: each statement takes the lock that it needs. If other writers must be kept out:\nBEGIN;\n\
                 SET LOCAL lock_timeout = '2s';\nLOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE;\n…\nCOMMIT;",
            quoted_table(table)
        )));
    }
}
