//! A new enum value that is used, or on an old server added, in the transaction that adds it.

use super::shared_sql::{POSTGRESQL, move_out, slug, text};
use super::shared_transaction::{because, transactions};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, ColumnDef, Expr, Ident, Literal, Name, Operation, Script, Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "enum-value-in-transaction",
    id: "PS226",
    hazards: &["L26"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "a new enum value is used before the transaction that adds it has ended",
    page: r#"## What it catches
`ALTER TYPE … ADD VALUE` and, in the same transaction, a default, an `INSERT` or an `UPDATE` with the new value. On a server that is known to be older than 12, the `ADD VALUE` itself beside other statements. Which
statements share a transaction depends on the Prisma version and the file's own `BEGIN`.

## Why it hurts
PostgreSQL refuses the value until the transaction has ended: error 55P04, "unsafe use of new value". It passes on an empty shadow database more often than not, and fails on the real one.

## What to do instead
Add the value in one migration, use it in the next.

## Example
```sql
ALTER TYPE "Status" ADD VALUE 'ARCHIVED';
-- in the next migration
ALTER TABLE "orders" ALTER COLUMN "status" SET DEFAULT 'ARCHIVED';
```

## When to allow it
Never: it cannot work. A type that was created in the same transaction is no finding.

## Source
PostgreSQL manual, ALTER TYPE, notes: the new value "cannot be used until after the transaction has been committed"; before 12 it "cannot be executed inside a transaction block".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddEnumValue { type_name, value, .. } = view.action() else { return };
    let context = view.context();
    let numbers = transactions(context.script, view.facts());
    let own = numbers[context.statement.index];
    let fresh = context.earlier().any(|(statement, operation)| {
        numbers[statement.index] == own
            && matches!(&operation.action, Action::CreateEnum { name, .. } if name == type_name)
    });
    if fresh {
        return;
    }
    if view.facts().server_before(12, 0, 0) {
        let shares = numbers.iter().filter(|number| **number == own).count() > 1;
        if shares || view.operation.within == Within::DoBlock {
            refused(view, type_name, value.span, findings);
        }
        return;
    }
    let user = context.later().find_map(|(statement, operation)| {
        let span = (numbers[statement.index] == own)
            .then(|| uses(&context, statement.span, operation, type_name, &value.value))
            .flatten()?;
        Some((statement, span))
    });
    let Some((user, span)) = user else { return };
    let sql = context.script.slice(user.span).trim();
    let mut finding = Finding::new(
        span,
        Subject::named(None, type_name),
        format!("`{}` is new in `{type_name}` and cannot be used before its transaction has ended", value.value),
    )
    .why(format!(
        "It is added and used in one transaction: {}. PostgreSQL refuses that with error 55P04, \"unsafe use of new value\": the deploy stops \
         and the migration stays failed.",
        because(context.script, view.facts(), user.index)
    ))
    .help(format!("Use it in the next migration:\n{sql};"));
    finding.statement = Some(user.index);
    if user.operations.len() == 1
        && !context.in_explicit_transaction()
        && user.index + 1 == context.script.statements.len()
    {
        finding = finding.fix(move_out(
            context.script,
            user,
            "use the new value in a migration of its own",
            slug(&["use", &value.value]),
            format!("{sql};\n"),
        ));
    }
    findings.push(finding);
}

fn refused(view: &OperationView<'_>, type_name: &Name, span: Span, findings: &mut Findings<'_>) {
    let context = view.context();
    findings.push(
        Finding::new(
            span,
            Subject::named(None, type_name),
            "before PostgreSQL 12 `ADD VALUE` cannot run inside a transaction",
        )
        .why(format!(
            "It shares a transaction with other statements: {}. The server is older than 12 and refuses it there with error 25001.",
            because(context.script, view.facts(), context.statement.index)
        ))
        .help(format!(
            "Alone in a migration of its own:\n{};",
            context.script.slice(view.operation.span).trim()
        )),
    );
}

/// Where an operation uses the value, as far as it is the enum's.
fn uses(context: &Context<'_>, statement: Span, operation: &Operation, type_name: &Name, value: &str) -> Option<Span> {
    let is = |expr: &Expr| {
        matches!(&expr.literal, Some(Literal::Text(text)) if text == value) || casts(context.script, expr, value)
    };
    let of_type = |table: &Name, column: &Ident| {
        let known = context.column(table, column).and_then(|column| column.data_type.as_ref());
        known.is_none_or(|known| known.user_type.as_ref() == Some(type_name))
    };
    let defines = |column: &ColumnDef| {
        let typed = column.data_type.as_ref().is_some_and(|t| t.user_type.as_ref() == Some(type_name));
        column.default.as_ref().filter(|default| typed && is(default)).map(|default| default.span)
    };
    match &operation.action {
        Action::SetDefault { table, column, default } if is(default) && of_type(table, column) => Some(default.span),
        Action::AddColumn { column, .. } => defines(column),
        Action::CreateTable(create) => create.columns.iter().find_map(defines),
        Action::Update(update) => update
            .assignments
            .iter()
            .find(|set| is(&set.value) && of_type(&update.table, &set.column))
            .map(|set| set.value.span)
            .or_else(|| mentioned(context, statement, &update.table, type_name, value)),
        Action::Insert(insert) => mentioned(context, statement, &insert.table, type_name, value),
        Action::Delete(delete) => mentioned(context, statement, delete.tables.first()?, type_name, value),
        _ => None,
    }
}

fn casts(script: &Script, expr: &Expr, value: &str) -> bool {
    script.slice(expr.span).trim().strip_prefix(&text(value)).is_some_and(|rest| rest.trim_start().starts_with("::"))
}

/// The literal in a statement on a table that is known to have a column of the type.
fn mentioned(context: &Context<'_>, span: Span, table: &Name, type_name: &Name, value: &str) -> Option<Span> {
    let has = context
        .table(table)?
        .columns
        .iter()
        .any(|column| column.data_type.as_ref().is_some_and(|t| t.user_type.as_ref() == Some(type_name)));
    let literal = text(value);
    let at = context.script.slice(span).find(&literal).filter(|_| has)?;
    let start = span.start + u32::try_from(at).ok()?;
    Some(Span::new(start, start + u32::try_from(literal.len()).ok()?))
}
