//! A strong lock without a limit on how long to wait for it.

use super::shared_holds::holds;
use super::shared_sql::{POSTGRESQL, with_mark};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, Span, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "no-lock-timeout",
    id: "PS233",
    hazards: &["L34", "L35"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Sometimes,
    summary: "a strong lock is waited for without a short limit, and everybody queues behind it",
    page: r#"## What it catches
The first statement of a migration that takes a lock which stops writes on a table that existed before the pending migrations, when `lock_timeout` is not set at that point, is 0, is longer than 10 seconds, or
is set only afterwards. One finding per migration. Silent where the deploy itself sets a short timeout: `cargo prisma-safe deploy` does so through the engine guard, outside of dev 5 seconds where nothing is said, else the
environment's `lock-timeout`; `lock-timeout = "0s"` switches it off, and one longer than 10 seconds is found.

## Why it hurts
A statement that waits for a lock makes every later query on the table wait behind it, even those that would not be in each other's way. One long report or one idle transaction is then enough to stop the table
for as long as it lasts.

## What to do instead
Wait two seconds at most, give way, try again later. Reset it at the end: Prisma runs all pending files on one connection. `statement_timeout` beside it ends a statement that runs away.

## Example
```sql
SET lock_timeout = '2s';
ALTER TABLE "orders" ADD COLUMN "note" TEXT;
RESET lock_timeout;
```

## When to allow it
Deploys go through `cargo prisma-safe deploy`, or the role has a `lock_timeout` of its own (`ALTER ROLE … SET lock_timeout`).

## Source
PostgreSQL manual, 20.11 "lock_timeout"; the locks are proven in `docs/locks.md`.
"#,
    check: Check::Statement(check),
};

/// Longer than this is no protection, in milliseconds.
const LONGEST: u64 = 10_000;

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    let statement = view.statement();
    let Some(table) = strong(view, statement) else { return };
    let earlier = &view.script().statements[..statement.index];
    // The nearest first: where many statements lock, the one before does too.
    if earlier.iter().rev().any(|other| strong(view, other).is_some()) {
        return;
    }
    let set_later = view
        .context
        .later()
        .any(|(_, operation)| matches!(&operation.action, Action::Set { name, .. } if name == "lock_timeout"));
    let message = match view.context.lock_timeout() {
        Some(setting) if setting.millis == Some(0) => {
            format!("`lock_timeout` is 0, so this waits for `{table}` without limit")
        }
        Some(setting) if setting.millis.is_some_and(|millis| millis > LONGEST) => {
            format!(
                "`lock_timeout` is {}, and for as long everybody queues behind this wait for `{table}`",
                setting.value
            )
        }
        Some(_) => return,
        None => match &view.facts.lock_timeout {
            Some(limit) if limit.time.as_millis() <= u128::from(LONGEST) => return,
            Some(limit) => format!(
                "the deploy's `lock-timeout` is {} s ({}), and for as long everybody queues behind this wait for `{table}`",
                limit.time.as_secs(),
                limit.origin
            ),
            None if set_later => format!("`lock_timeout` is set only after this statement has locked `{table}`"),
            None => format!("nothing limits how long this waits for its lock on `{table}`"),
        },
    };
    let shown = view.context.lock_timeout().is_none();
    let mut finding = Finding::new(
        view.script().first_line(statement),
        Subject { table: Some(table.clone()), ..Subject::default() },
        message,
    )
    .why(format!(
        "While it waits for queries that use `{table}`, every new query on the table waits behind it: one long report or one forgotten transaction \
         stops the table for as long as it lasts."
    ))
    .help(
        "Give way after two seconds and try again later:\nSET lock_timeout = '2s';\n…\nRESET lock_timeout;\n\
         `cargo prisma-safe deploy` sets it for the session itself (`lock-timeout` of the environment); this is for whoever runs the file without it. \
         `SET statement_timeout = '15min'` beside it ends a statement that runs away.",
    );
    if shown && !set_later {
        finding = finding.fix(fix(view, statement));
    }
    findings.push(finding);
}

/// The table that a statement locks against writes.
fn strong(view: &StatementView<'_>, statement: &Statement) -> Option<String> {
    statement.operations.iter().find_map(|operation| {
        let held = holds(&view.context, view.facts, &operation.action);
        held.iter().find(|hold| hold.mode.stops_writes()).map(|hold| hold.table.to_string())
    })
}

fn fix(view: &StatementView<'_>, statement: &Statement) -> Fix {
    let script = view.script();
    let start = with_mark(script, statement).start;
    let end = u32::try_from(script.text.len()).unwrap_or(u32::MAX);
    let closing = match script.text.as_bytes() {
        _ if !ends_statement(script.text.trim_end()) => ";\n\nRESET lock_timeout;\n",
        [.., b'\n'] => "\nRESET lock_timeout;\n",
        _ => "\n\nRESET lock_timeout;\n",
    };
    Fix {
        title: "wait at most two seconds for locks, and reset that at the end".to_owned(),
        edits: vec![
            Edit { span: Span::new(start, start), text: "SET lock_timeout = '2s';\n\n".to_owned() },
            Edit { span: Span::new(end, end), text: closing.to_owned() },
        ],
        follow_ups: Vec::new(),
    }
}

fn ends_statement(text: &str) -> bool {
    text.ends_with(';') || text.ends_with("*/") || text.lines().next_back().is_some_and(|line| line.contains("--"))
}
