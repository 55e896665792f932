//! `SET LOCAL` where there is no transaction that it could be local to.

use super::shared_settings::closing_line;
use crate::rules::locks::shared_sql::POSTGRESQL;
use crate::rules::locks::shared_transaction::{Sending, sending};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, SetScope, Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "set-local-without-transaction",
    id: "PS404",
    hazards: &["P4"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "SET LOCAL outside a transaction does nothing",
    page: r#"## What it catches
`SET LOCAL …` outside `BEGIN … COMMIT`, where Prisma sends the statements of the file one by one (from 7.5 on, perhaps 7.4) or where it is the only statement. Where the version is not known it judges for the newest.

## Why it hurts
PostgreSQL gives a warning, which Prisma does not show, and goes on without the setting. A `lock_timeout` that was meant to protect production is then not there: the next statement waits without limit and
everybody queues behind it.

## What to do instead
`SET` and at the end of the file `RESET`; or a transaction around the file.

## Example
```sql
SET lock_timeout = '2s';
ALTER TABLE "orders" ADD COLUMN "note" TEXT;
RESET lock_timeout;
```

## When to allow it
Never: it does nothing.

## Source
PostgreSQL manual, SET: "Issuing this outside of a transaction block emits a warning and otherwise has no effect".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::Set { name, value, scope: SetScope::Local } = view.action() else { return };
    let context = view.context();
    let script = context.script;
    let block = view.operation.within != Within::File || context.in_explicit_transaction();
    // `SET CONSTRAINTS` and `SET TRANSACTION` are not settings.
    if block || matches!(name.as_str(), "constraints" | "transaction") {
        return;
    }
    let splits = sending(script, view.facts()) == Sending::Split;
    let maybe = view.facts().prisma_at_least(7, 4);
    if !splits && !maybe && script.statements.len() > 1 {
        return;
    }
    let because = if splits {
        "Prisma from 7.5 on sends this file statement by statement, so each is a transaction of its own."
    } else if script.statements.len() == 1 {
        "It is the only statement of the file, so its transaction ends with it."
    } else {
        "Prisma 7.4 may send this file statement by statement, each a transaction of its own."
    };
    let sql = script.slice(view.operation.span);
    let mut finding = Finding::new(
        view.operation.span,
        Subject::named(None, name),
        format!("`SET LOCAL {name}` does nothing here: no transaction is open"),
    )
    .why(format!(
        "{because} PostgreSQL only warns, Prisma does not show it, and the statements after it run without `{name}`."
    ))
    .help(format!("For the session, and back at the end of the file:\nSET {name} = '{value}';\n…\nRESET {name};"));
    if let Some(at) = sql.to_ascii_uppercase().find("LOCAL ") {
        let at = view.operation.span.start + u32::try_from(at).unwrap_or(0);
        finding = finding.fix(Fix {
            title: "set it for the session, and reset it at the end".to_owned(),
            edits: vec![
                Edit { span: Span::new(at, at + 6), text: String::new() },
                closing_line(script, &format!("RESET {name};")),
            ],
            follow_ups: Vec::new(),
        });
    }
    findings.push(finding);
}
