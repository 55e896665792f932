//! `BEGIN` without `COMMIT`, `BEGIN` inside `BEGIN`, `COMMIT` without `BEGIN`.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::{Action, Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "open-transaction",
    id: "PS234",
    hazards: &["L36"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a transaction is opened and not closed, opened twice, or closed without having been opened",
    page: r#"## What it catches
`BEGIN` (`START TRANSACTION`, `BEGIN TRAN`) that no `COMMIT` of the file ends; a second `BEGIN` while the first is open (not on SQL Server, which counts them); `COMMIT` without `BEGIN`. Prisma's own
wrapper for SQL Server is not looked at.

## Why it hurts
Prisma runs all pending files on one connection and writes into its own table after each. An open transaction takes those writes and all later files along: when the connection ends it is rolled back, and
its locks were held all the time. A second `BEGIN` does not nest: the first `COMMIT` ends all of it on PostgreSQL, it commits the first on MySQL, and it is an error on SQLite.

## What to do instead
One `BEGIN` at the start, one `COMMIT` at the end, or neither.

## Example
```sql
BEGIN;
ALTER TABLE "orders" ADD COLUMN "note" TEXT;
COMMIT;
```

## When to allow it
Never: one way or another the deploy breaks on it.

## Source
PostgreSQL manual, BEGIN; MySQL manual, "Statements That Cause an Implicit Commit"; SQLite, "Transaction"; SQL Server, BEGIN TRANSACTION.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let counts = view.script.provider == Provider::Sqlserver;
    let mut open: Vec<(Span, usize)> = Vec::new();
    let mut found: Vec<(Finding, usize)> = Vec::new();
    for (statement, operation) in view.script.operations() {
        if operation.within != Within::File || operation.conditional {
            continue;
        }
        match &operation.action {
            Action::Begin => {
                if !open.is_empty() && !counts {
                    found.push((nested(view.script.provider, operation.span), statement.index));
                    continue;
                }
                open.push((operation.span, statement.index));
            }
            Action::Commit if open.is_empty() && view.script.wrapper.is_none() => {
                found.push((unopened(view.script.provider, operation.span), statement.index));
            }
            Action::Commit => {
                open.pop();
            }
            Action::Rollback { to: None } => open.clear(),
            _ => {}
        }
    }
    if let Some((span, statement)) = open.first() {
        found.push((unclosed(view.script.provider, *span), *statement));
    }
    for (mut finding, statement) in found {
        finding.statement = Some(statement);
        findings.push(finding);
    }
}

fn unclosed(provider: Provider, span: Span) -> Finding {
    let end = if provider == Provider::Sqlserver { "COMMIT TRAN;" } else { "COMMIT;" };
    Finding::new(span, Subject::default(), "this transaction is opened and never committed")
        .why(
            "Prisma goes on in it: what it records about this migration and everything that later migrations do belongs to it, all locks are held, and \
             when the connection ends all of it is rolled back.",
        )
        .help(format!("At the end of the file:\n{end}"))
}

fn nested(provider: Provider, span: Span) -> Finding {
    let why = match provider {
        Provider::Mysql => {
            "MySQL commits the first transaction here: what stands before it can no longer be rolled back."
        }
        Provider::Sqlite => "SQLite fails here: it cannot start a transaction within a transaction.",
        _ => {
            "PostgreSQL only warns: there is still one transaction, the first COMMIT ends all of it, and what stands after it is committed statement by \
             statement."
        }
    };
    Finding::new(span, Subject::default(), "this BEGIN stands inside a transaction that is open already")
        .why(why)
        .help("One BEGIN at the start and one COMMIT at the end:\nBEGIN;\n…\nCOMMIT;")
}

fn unopened(provider: Provider, span: Span) -> Finding {
    let why = match provider {
        Provider::Postgresql => {
            "Where Prisma sends the file as one query, it commits the statements before it on their own, and a failure after it leaves them behind. \
             Elsewhere PostgreSQL only warns that there is no transaction."
        }
        Provider::Mysql => "There is nothing to commit: each statement before it was committed on its own.",
        Provider::Sqlite => "SQLite fails here: no transaction is active.",
        Provider::Sqlserver => {
            "SQL Server fails here with error 3902: the COMMIT has no corresponding BEGIN TRANSACTION."
        }
    };
    Finding::new(span, Subject::default(), "this COMMIT ends a transaction that was never opened")
        .why(why)
        .help("With a BEGIN before the first statement, or without the COMMIT:\nBEGIN;\n…\nCOMMIT;")
}
