//! A lock timeout that does not end its transaction.

use super::shared_sql::SQLSERVER;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "timeout-leaves-transaction-open",
    id: "PS707",
    hazards: &["Q7"],
    databases: SQLSERVER,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "after a lock timeout the rest of the transaction is committed",
    page: r#"## What it catches
`SET LOCK_TIMEOUT` in a file with its own `BEGIN TRAN`, without `SET XACT_ABORT ON` and without Prisma's `BEGIN TRY` around it.

## Why it hurts
When the time is up, error 1222 ends the statement, not the transaction: the next statements run, and the `COMMIT` at the end commits all but the one that failed.

## What to do instead
`SET XACT_ABORT ON` before the transaction: any error then rolls all of it back.

## Example
```sql
SET XACT_ABORT ON;
SET LOCK_TIMEOUT 5000;
BEGIN TRAN;
ALTER TABLE [orders] ADD [reference] NVARCHAR(40);
COMMIT TRAN;
SET LOCK_TIMEOUT -1;
```

## When to allow it
The file handles the error itself.

## Source
SQL Server, SET LOCK_TIMEOUT and SET XACT_ABORT.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let script = view.script;
    let has_own = script.statements.iter().any(|statement| statement.transaction.is_some());
    let text = script.text.to_ascii_uppercase();
    if script.wrapper.is_some() || !has_own || text.contains("BEGIN TRY") {
        return;
    }
    let sets = |wanted: &str| {
        script
            .operations()
            .find(|(_, operation)| matches!(&operation.action, Action::Set { name, .. } if name == wanted))
    };
    let aborts = sets("xact_abort").is_some_and(
        |(_, operation)| matches!(&operation.action, Action::Set { value, .. } if value.eq_ignore_ascii_case("on")),
    );
    let Some((statement, timeout)) = sets("lock_timeout").filter(|_| !aborts) else { return };
    let mut finding = Finding::new(
        timeout.span,
        Subject::named(None, "LOCK_TIMEOUT"),
        "when this time is up, the rest of the transaction runs and is committed all the same",
    )
    .why("Error 1222 ends the one statement that waited. Without XACT_ABORT the transaction stays open, the next statements run, and COMMIT keeps a half done migration.")
    .help("Before the transaction:\nSET XACT_ABORT ON;");
    finding.statement = Some(statement.index);
    findings.push(finding);
}
