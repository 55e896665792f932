//! A new column whose value is computed for every row.

use super::shared_algorithms::{Shape, says, size_query};
use super::shared_columns::MYSQL;
use crate::project::Provider;
use crate::rules::data::shared_words::type_words;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "expression-default-copy",
    id: "PS507",
    hazards: &["M12"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a new column with a computed value copies the table while writes wait",
    page: r#"## What it catches
`ADD COLUMN` with an expression as default, such as `(uuid())` or `(json_object())`, or with a stored generated column, on a table that existed before the pending migrations. `CURRENT_TIMESTAMP` is no such expression.

## Why it hurts
The server computes a value for every row: it copies the table while every write waits. With statement based replication each replica computes other values.

## What to do instead
Add the column without default, fill the rows in batches, set the default for new rows.

## Example
```sql
ALTER TABLE `orders` ADD COLUMN `public_id` CHAR(36) NULL;
-- in the next migration, after the rows are filled
ALTER TABLE `orders` ALTER COLUMN `public_id` SET DEFAULT (uuid());
```

## When to allow it
The table is small and replication is by row.

## Source
MySQL manual, "Online DDL Operations" and "Data Type Default Values"; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    if !is_old(&context, table) {
        return;
    }
    let written = |span| context.script.slice(span).trim().to_owned();
    let default = column.default.as_ref().filter(|default| written(default.span).starts_with('('));
    let default = default.filter(|default| default.literal.is_none() && !default.calls.is_empty());
    let stored = column.generated.as_ref().filter(|generated| generated.stored);
    let (span, what, shape) = match (default, stored) {
        (Some(default), _) => {
            (default.span, format!("the default `{}`", written(default.span)), Shape::AddColumnExpression)
        }
        (None, Some(generated)) => {
            (generated.expr.span, "a stored generated column".to_owned(), Shape::AddStoredColumn)
        }
        _ => return,
    };
    let (table_sql, column_sql) =
        (quote::name(Provider::Mysql, table), quote::ident(Provider::Mysql, &column.name.value));
    let data_type = column.data_type.as_ref().map_or_else(|| "…".to_owned(), type_words);
    let replicas = if default.is_some_and(|default| default.nondeterministic) {
        " With statement based replication each replica computes other values."
    } else {
        ""
    };
    let last = default.map_or_else(String::new, |default| {
        format!("\nThen fill the rows in batches, and for new rows:\nALTER TABLE {table_sql} ALTER COLUMN {column_sql} SET DEFAULT {};", written(default.span))
    });
    findings.push(
        Finding::new(
            span,
            Subject::column(table, &column.name),
            format!("{what} copies all of `{table}` while writes wait"),
        )
        .why(format!("A value is computed for every row. {}{replicas}", says(shape, table)))
        .help(format!("Add it empty:\nALTER TABLE {table_sql} ADD COLUMN {column_sql} {data_type} NULL;{last}"))
        .query(size_query(table)),
    );
}
