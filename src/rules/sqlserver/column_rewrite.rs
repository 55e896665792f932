//! A column of another type, under a lock against everybody.

use super::shared_sql::{SQLSERVER, size_query, table as quoted, whole_statement};
use crate::rules::data::shared_words::{column_of, type_words};
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, DataType, TypeFamily};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "column-rewrite",
    id: "PS704",
    hazards: &["Q4"],
    databases: SQLSERVER,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a type change writes every row again while nobody can use the table",
    page: r#"## What it catches
`ALTER COLUMN` to a type that is stored otherwise (`INT` to `BIGINT`, `VARCHAR` to `NVARCHAR`, another kind) without `WITH (ONLINE = ON)`, on a table that existed before the pending migrations. A longer `NVARCHAR` is left alone, since only the
catalogue changes. It needs to know what the column was. That a column becomes `NOT NULL` is `not-null-over-nulls`.

## Why it hurts
Every row is written again, and written to the log, under a schema modification lock (Sch-M): nobody can read or write the table meanwhile, with `NOLOCK` neither.

## What to do instead
A new column, filled in batches, and a switch in the application; or `WITH (ONLINE = ON)`, where the edition has it (Enterprise, Azure SQL).

## Example
```sql
ALTER TABLE [orders] ALTER COLUMN [total] BIGINT NOT NULL WITH (ONLINE = ON);
```

## When to allow it
The table is small.

## Source
SQL Server, ALTER TABLE, "ALTER COLUMN" and "WITH (ONLINE = ON)"; measured by Microsoft for 2 million rows: 6 s for `int` to `bigint`, 5 s for `varchar` to `nvarchar`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AlterColumnType { table, column, to, online: false, .. } = view.action() else { return };
    let context = view.context();
    let Some(before) = context.column(table, column) else { return };
    let Some(from) = &before.data_type else { return };
    if !is_old(&context, table) || context.state.born_in_pending(before.born) || is_stored_alike(from, to) {
        return;
    }
    let (from, to_words) = (type_words(from), type_words(to));
    findings.push(
        Finding::new(
            to.span,
            Subject::column(table, column),
            format!("changing {} from `{from}` to `{to_words}` writes every row again while nobody can use the table", column_of(table, column)),
        )
        .why(format!(
            "`ALTER COLUMN` holds a schema modification lock on `{table}` until every row is written and logged: reads wait too, with NOLOCK as well."
        ))
        .help(format!(
            "Add a column, fill it in batches, switch the application over:\nALTER TABLE {t} ADD {new} {to_words} NULL;\n\
             Or on Enterprise and Azure SQL:\n{sql} WITH (ONLINE = ON);",
            t = quoted(table),
            new = crate::sql::quote::ident(crate::project::Provider::Sqlserver, &format!("{column}_new")),
            sql = whole_statement(&context, table, view.operation.span),
        ))
        .query(size_query(table)),
    );
}

/// Only the catalogue changes: the same kind, not shorter. What is shorter is `narrow-type`'s.
fn is_stored_alike(from: &DataType, to: &DataType) -> bool {
    let name = |of: &DataType| match of.name.as_str() {
        "int" => "integer".to_owned(),
        "dec" | "numeric" => "decimal".to_owned(),
        "double precision" => "float".to_owned(),
        other => other.to_owned(),
    };
    let text = matches!(from.family, TypeFamily::VarChar | TypeFamily::Bytes | TypeFamily::Text);
    let scale = |of: &DataType| of.arguments.get(1).copied().unwrap_or(0);
    let storage = |of: &DataType| match of.arguments.first().copied().unwrap_or(18) {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        _ => 17,
    };
    name(from) == name(to)
        && match from.family {
            TypeFamily::Decimal => scale(from) == scale(to) && storage(from) == storage(to),
            TypeFamily::Char => from.arguments == to.arguments,
            _ => text || from.arguments == to.arguments,
        }
}
