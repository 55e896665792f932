//! `NOT VALID` and `VALIDATE CONSTRAINT` in one transaction.

use super::shared_holds::is_old;
use super::shared_not_valid::validate;
use super::shared_sql::{POSTGRESQL, ident, move_out, slug};
use super::shared_transaction::{because, transactions};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "validate-in-same-transaction",
    id: "PS210",
    hazards: &["L10"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "a constraint is validated while the lock of its creation is still held",
    page: r#"## What it catches
`ADD CONSTRAINT … NOT VALID` and `VALIDATE CONSTRAINT` of the same constraint in one transaction. Which statements share a transaction depends on the Prisma version
and the file's own `BEGIN`.

## Why it hurts
Locks are kept to the end of the transaction. The strong lock of `ADD CONSTRAINT` is still held while `VALIDATE` reads every row: exactly what `NOT VALID` was to avoid.

## What to do instead
Validate in the next migration.

## Example
```sql
BEGIN;
ALTER TABLE "orders" ADD CONSTRAINT "orders_total_check" CHECK ("total" >= 0) NOT VALID;
ALTER TABLE "orders" VALIDATE CONSTRAINT "orders_total_check"; -- under the ACCESS EXCLUSIVE lock of the line above
COMMIT;
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, 13.3: a lock is held to the end of the transaction; ALTER TABLE, notes on VALIDATE CONSTRAINT.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::ValidateConstraint { table, name } = view.action() else { return };
    let context = view.context();
    if !is_old(&context, table) {
        return;
    }
    let numbers = transactions(context.script, view.facts());
    let own = numbers[context.statement.index];
    let added = context.earlier().find_map(|(statement, operation)| match &operation.action {
        Action::AddConstraint { table: of, constraint }
            if of == table && constraint.name.as_ref() == Some(name) && constraint.not_valid =>
        {
            (numbers[statement.index] == own).then_some(constraint)
        }
        _ => None,
    });
    let Some(constraint) = added else { return };
    let effect = if constraint.kind == ConstraintKind::ForeignKey {
        "`ADD FOREIGN KEY` still holds its SHARE ROW EXCLUSIVE locks, so writes to both tables wait while every row is read"
    } else {
        "`ADD CHECK` still holds its ACCESS EXCLUSIVE lock, so nobody can use the table while every row is read"
    };
    let sql = validate(table, &ident(name));
    let mut finding = Finding::new(
        name.span,
        Subject::named(Some(table), name),
        format!("`{name}` is validated in the transaction that adds it, so `{table}` stays locked meanwhile"),
    )
    .why(format!(
        "Both stand in one transaction: {}. {effect}. NOT VALID then gains nothing.",
        because(context.script, view.facts(), context.statement.index)
    ))
    .help(format!("Validate it in the next migration:\n{sql}"));
    if view.operation.within == Within::File
        && context.statement.operations.len() == 1
        && !context.in_explicit_transaction()
    {
        finding = finding.fix(move_out(
            context.script,
            context.statement,
            "validate it in a migration of its own",
            slug(&["validate", &name.value]),
            format!("{sql}\n"),
        ));
    }
    findings.push(finding);
}
