//! DDL without a limit on how long to wait.

use super::shared_sql::SQLSERVER;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, Name, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unlimited-schema-lock-wait",
    id: "PS706",
    hazards: &["Q6"],
    databases: SQLSERVER,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "DDL waits for a busy table without limit, and everybody queues behind it",
    page: r#"## What it catches
The first DDL statement of a migration on a table that existed before the pending migrations, when neither the file (`SET LOCK_TIMEOUT`) nor the deploy limits how long it waits for the table.

## Why it hurts
Every `ALTER TABLE` needs a schema modification lock (Sch-M) and waits for all that use the table; whoever comes later waits behind it, `SELECT … WITH (NOLOCK)` too. By default it waits for ever.

## What to do instead
Give way after some seconds and try again later.

## Example
```sql
SET LOCK_TIMEOUT 5000;
ALTER TABLE [orders] ADD [reference] NVARCHAR(40);
SET LOCK_TIMEOUT -1;
```

## When to allow it
Nobody uses the database during the deploy.

## Source
SQL Server, SET LOCK_TIMEOUT (-1 by default: no limit); "Transaction locking and row versioning guide", Sch-M.
"#,
    check: Check::Statement(check),
};

/// Milliseconds after which a wait is no longer short.
const LONGEST: u64 = 60_000;

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    if view.facts.lock_timeout.is_some() {
        return;
    }
    let limit = view.context.lock_timeout().and_then(|setting| setting.millis);
    if limit.is_some_and(|millis| (1..=LONGEST).contains(&millis)) {
        return;
    }
    let statement = view.statement();
    let Some(table) = changed(view, statement) else { return };
    let earlier = &view.script().statements[..statement.index];
    if earlier.iter().any(|other| changed(view, other).is_some()) {
        return;
    }
    findings.push(
        Finding::new(
            table.span(),
            Subject::table(table),
            format!("nothing limits how long this waits for `{table}`, and everybody queues behind it"),
        )
        .why(format!(
            "It needs a schema modification lock and waits for every query that uses `{table}`; every new query on `{table}` waits behind it, with NOLOCK as well."
        ))
        .help(
            "Give way after five seconds and try again later:\nSET LOCK_TIMEOUT 5000;\n…\nSET LOCK_TIMEOUT -1;\n\
             A file with its own BEGIN TRAN needs SET XACT_ABORT ON beside it.",
        ),
    );
}

/// The table in use that a statement changes.
fn changed<'a>(view: &StatementView<'_>, statement: &'a Statement) -> Option<&'a Name> {
    statement.operations.iter().find_map(|operation| {
        let rows = matches!(
            operation.action,
            Action::Insert(_)
                | Action::Update(_)
                | Action::Delete(_)
                | Action::Merge(_)
                | Action::Copy { .. }
                | Action::CreateTable(_)
                | Action::CreateView { .. }
                | Action::IdentityInsert { .. }
        ) || is_side_index(&operation.action);
        operation.action.table().filter(|table| !rows && is_old(&view.context, table))
    })
}

/// Building an index that is not the table itself shuts out writes only: see `offline-index-build`.
fn is_side_index(action: &Action) -> bool {
    matches!(action, Action::CreateIndex(index) if index.clustered != Some(true))
}
