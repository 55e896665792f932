//! Foreign keys over three and more tables in one transaction.

use super::shared_holds::is_old;
use super::shared_sql::POSTGRESQL;
use super::shared_transaction::{because, transactions};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, ConstraintKind, Name};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "foreign-keys-add-up",
    id: "PS208",
    hazards: &["L8"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "foreign keys lock three or more tables in one transaction",
    page: r#"## What it catches
Several `ADD FOREIGN KEY` in one transaction that together lock three or more tables which existed before the pending migrations, `NOT VALID` or not. Which statements share
a transaction depends on the Prisma version and the file's own `BEGIN`.

## Why it hurts
Each one takes a SHARE ROW EXCLUSIVE lock on two tables and keeps it to the end of the transaction. The application takes its locks in another order: the more tables, the likelier
a deadlock, of which PostgreSQL ends one side, maybe the customer's.

## What to do instead
One foreign key per migration, `NOT VALID`, each with a short lock timeout, so that a try that does not get its locks gives way and can be repeated.

## Example
```sql
BEGIN;
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers"("id") NOT VALID;
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") NOT VALID;
COMMIT;
```

## When to allow it
The application does not write to these tables during the deploy.

## Source
PostgreSQL manual, 13.3.4 "Deadlocks"; the locks are proven in `docs/locks.md`.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let numbers = transactions(view.script, view.facts);
    let mut current = usize::MAX;
    let mut locked: Vec<&Name> = Vec::new();
    let mut keys = 0;
    for (statement, operation) in view.script.operations() {
        let number = numbers.get(statement.index).copied().unwrap_or(0);
        if number != current {
            current = number;
            locked.clear();
            keys = 0;
        }
        let Action::AddConstraint { table, constraint } = &operation.action else { continue };
        let context = Context { script: view.script, statement, state: view.state };
        if constraint.kind != ConstraintKind::ForeignKey || !is_old(&context, table) {
            continue;
        }
        // Three are told of once; more add nothing.
        let before = locked.len();
        if before >= 3 {
            continue;
        }
        keys += 1;
        let target = constraint.references.as_ref().map(|to| &to.table);
        for name in [Some(table), target].into_iter().flatten() {
            if !locked.contains(&name) && is_old(&context, name) {
                locked.push(name);
            }
        }
        if keys < 2 || locked.len() < 3 {
            continue;
        }
        let names = locked.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut finding = Finding::new(
            constraint.name.as_ref().map_or(constraint.span, |name| name.span),
            Subject::table(table),
            format!("with this foreign key one transaction locks {} tables: {names}", locked.len()),
        )
        .why(format!(
            "Each `ADD FOREIGN KEY` keeps a SHARE ROW EXCLUSIVE lock on both its tables to the end of the transaction ({}): writes to all of \
             them wait together, and an application that writes to them in another order runs into a deadlock.",
            because(view.script, view.facts, statement.index)
        ))
        .help(
            "One foreign key per migration, each NOT VALID and with a short lock timeout; then one migration that validates them:\n\
             cargo prisma-safe new --empty <name>",
        );
        finding.statement = Some(statement.index);
        findings.push(finding);
    }
}
