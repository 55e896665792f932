//! A primary key that goes, and with it what logical replication knows rows by.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, table as quoted_table, text};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, ConstraintKind, Ident, Name, Span, TableOption};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "lost-replica-identity",
    id: "PS237",
    hazards: &["L39"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "without its primary key a published table refuses UPDATE and DELETE",
    page: r#"## What it catches
`DROP CONSTRAINT` of a primary key without a new one in the same migration, and `REPLICA IDENTITY NOTHING`, on a table that existed before the pending migrations.

## Why it hurts
Logical replication (read models, change data capture, upgrades by replication) knows rows by the primary key. Without it PostgreSQL refuses every `UPDATE` and `DELETE` on a published table: "does not have a
replica identity and publishes updates".

## What to do instead
Name another unique index over NOT NULL columns as the identity first, or add the new key in the same `ALTER TABLE`.

## Example
```sql
ALTER TABLE "orders" REPLICA IDENTITY USING INDEX "orders_public_id_key";
ALTER TABLE "orders" DROP CONSTRAINT "orders_pkey";
```

## When to allow it
No publication holds the table: the query of the finding tells.

## Source
PostgreSQL manual, 31.1 "Publication"; ALTER TABLE, "REPLICA IDENTITY".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::DropConstraint { table, name, kind, .. } if is_old(&context, table) => {
            let known = context.table(table).and_then(|known| known.constraint(name)).map(|c| c.constraint.kind);
            let kind = kind.or(known);
            let by_name = kind.is_none() && name.is(&format!("{}_pkey", table.object.value));
            if kind != Some(ConstraintKind::PrimaryKey) && !by_name || has_another(&context, table) {
                return;
            }
            report(
                findings,
                table,
                name.span,
                Some(name),
                format!("dropping `{name}` leaves `{table}` without a primary key"),
            );
        }
        Action::TableOption { table, option: TableOption::ReplicaIdentity(words) }
            if words.trim().eq_ignore_ascii_case("NOTHING") && is_old(&context, table) =>
        {
            let message = format!("`{table}` gets no replica identity at all");
            report(findings, table, view.operation.span, None, message);
        }
        _ => {}
    }
}

/// A new key or another identity stands beside it, or the table goes as a whole.
fn has_another(context: &Context<'_>, table: &Name) -> bool {
    let in_same = context.statement.operations.iter().map(|operation| (context.statement, operation));
    context.earlier().chain(in_same).chain(context.later()).any(|(_, operation)| match &operation.action {
        Action::AddConstraint { table: of, constraint } => of == table && constraint.kind == ConstraintKind::PrimaryKey,
        Action::TableOption { table: of, option: TableOption::ReplicaIdentity(words) } => {
            of == table
                && !words.trim().eq_ignore_ascii_case("NOTHING")
                && !words.trim().eq_ignore_ascii_case("DEFAULT")
        }
        Action::AddColumn { table: of, column, .. } => {
            of == table && column.constraints.iter().any(|c| c.kind == ConstraintKind::PrimaryKey)
        }
        Action::DropTable { names, .. } => names.contains(table),
        _ => false,
    })
}

fn report(findings: &mut Findings<'_>, table: &Name, span: Span, name: Option<&Ident>, message: String) {
    let subject = name.map_or_else(|| Subject::table(table), |name| Subject::named(Some(table), name));
    findings.push(
        Finding::new(span, subject, message)
            .why(format!(
                "If `{table}` is in a publication, PostgreSQL from then on refuses every UPDATE and DELETE on it, since it can no longer tell the \
                 subscribers which row is meant."
            ))
            .help(format!(
                "Name another unique index over NOT NULL columns first:\nALTER TABLE {} REPLICA IDENTITY USING INDEX …;\n\
                 or add the new key in the same ALTER TABLE.",
                quoted_table(table)
            ))
            .query(format!("SELECT pubname FROM pg_publication_tables WHERE tablename = {};", text(&table.object.value))),
    );
}
