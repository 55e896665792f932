//! DDL without a limit on how long to wait.

use super::shared_columns::MYSQL;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, Name, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unlimited-metadata-wait",
    id: "PS509",
    hazards: &["M14"],
    databases: MYSQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "DDL waits for a busy table without limit, and everybody queues behind it",
    page: r#"## What it catches
The first DDL statement of a migration on a table that existed before the pending migrations, when neither the file (`SET SESSION lock_wait_timeout`) nor the deploy limits how long it waits for the table.

## Why it hurts
Every DDL statement, an instant one too, needs the table's metadata lock for a moment. It waits for all transactions that have used the table, and every new query on the table waits behind it. By default MySQL waits for a year and
MariaDB for a day: one forgotten session stops the table until somebody kills it.

## What to do instead
Give way after some seconds and try again later.

## Example
```sql
SET SESSION lock_wait_timeout = 5;
ALTER TABLE `orders` ADD COLUMN `reference` VARCHAR(40) NULL;
SET SESSION lock_wait_timeout = DEFAULT;
```

## When to allow it
The server sets a short `lock_wait_timeout` for every session.

## Source
MySQL manual, "lock_wait_timeout" (31536000 seconds by default); MariaDB (86400).
"#,
    check: Check::Statement(check),
};

/// Milliseconds after which a wait is no longer short.
const LONGEST: u64 = 60_000;

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    if view.facts.lock_timeout.as_ref().is_some_and(|limit| limit.time.as_millis() <= u128::from(LONGEST)) {
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
    let message = match limit {
        Some(millis) => format!("this waits up to {} s for `{table}`, and everybody queues behind it", millis / 1000),
        None => format!("nothing limits how long this waits for `{table}`, and everybody queues behind it"),
    };
    findings.push(
        Finding::new(table.span(), Subject::table(table), message)
            .why(format!(
                "It needs the metadata lock of `{table}` and waits for every transaction that has used the table; every new query on `{table}` waits behind it. By \
                 default MySQL waits a year, MariaDB a day."
            ))
            .help(
                "Give way after five seconds and try again later:\nSET SESSION lock_wait_timeout = 5;\n…\nSET SESSION lock_wait_timeout = DEFAULT;\n\
                 `cargo prisma-safe deploy` ends such a wait itself where the environment has a `lock-timeout`; this is for whoever runs the file without it.",
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
        );
        operation.action.table().filter(|table| !rows && is_old(&view.context, table))
    })
}
