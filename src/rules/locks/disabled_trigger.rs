//! `DISABLE TRIGGER` that is not taken back in the same transaction.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, ident, table as quoted_table};
use super::shared_transaction::transactions;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "disabled-trigger",
    id: "PS225",
    hazards: &["L25"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "triggers are switched off, and with ALL the foreign keys with them",
    page: r#"## What it catches
`DISABLE TRIGGER` without `ENABLE TRIGGER` of the same trigger (or of `ALL`) later in the same transaction. (`CREATE TRIGGER` and `DROP TRIGGER` lock for a moment only; a missing lock timeout is the matter
of `no-lock-timeout`.)

## Why it hurts
Until they are on again, writes of the application pass without them: audit rows are missing, and with `ALL` foreign keys are not checked. Rows that break them stay.

## What to do instead
Keep both in one explicit transaction, where the SHARE ROW EXCLUSIVE lock of the first keeps other writers out. To skip triggers for your own statements only, `SET LOCAL session_replication_role = replica`.

## Example
```sql
BEGIN;
ALTER TABLE "orders" DISABLE TRIGGER "orders_audit";
UPDATE "orders" SET "currency" = 'EUR' WHERE "currency" IS NULL;
ALTER TABLE "orders" ENABLE TRIGGER "orders_audit";
COMMIT;
```

## When to allow it
The trigger is to stay off; better to drop it then.

## Source
PostgreSQL manual, ALTER TABLE, "DISABLE/ENABLE TRIGGER"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::ToggleTrigger { table, trigger, enabled: false } = view.action() else { return };
    let context = view.context();
    let numbers = transactions(context.script, view.facts());
    let own = numbers[context.statement.index];
    let again = context.later().find_map(|(statement, operation)| match &operation.action {
        Action::ToggleTrigger { table: of, trigger: which, enabled: true }
            if of == table && (which.is_none() || which == trigger) =>
        {
            Some(numbers[statement.index])
        }
        Action::DropTable { names, .. } if names.contains(table) => Some(own),
        _ => None,
    });
    if again == Some(own) || (again.is_some() && !is_old(&context, table)) {
        return;
    }
    let (label, sql) = trigger.as_ref().map_or_else(
        || ("all triggers".to_owned(), "ALL".to_owned()),
        |trigger| (format!("`{trigger}`"), ident(trigger)),
    );
    let (message, when) = if again.is_some() {
        (
            format!("{label} of `{table}` are off for other writers too until a later transaction"),
            "The statement that switches them on again runs in another transaction: what the application writes in between passes without them",
        )
    } else {
        (
            format!("{label} of `{table}` are switched off and never on again"),
            "Nothing in this migration switches them on again: what the application writes from now on passes without them",
        )
    };
    let message = if trigger.is_some() { message.replacen(" are ", " is ", 1) } else { message };
    let keys = if trigger.is_none() { ", foreign keys included" } else { "" };
    findings.push(
        Finding::new(
            trigger.as_ref().map_or(view.operation.span, |trigger| trigger.span),
            trigger.as_ref().map_or_else(|| Subject::table(table), |trigger| Subject::named(Some(table), trigger)),
            message,
        )
        .why(format!("{when}{keys}. {}", Shape::ToggleTrigger.row().says(table)))
        .help(format!(
            "Both in one transaction, so that nobody writes in between:\nBEGIN;\nALTER TABLE {0} DISABLE TRIGGER {sql};\n…\n\
             ALTER TABLE {0} ENABLE TRIGGER {sql};\nCOMMIT;",
            quoted_table(table)
        )),
    );
}
