//! A new column whose value differs per row.

use super::shared_sql::{SQLSERVER, ident, size_query, table as quoted};
use crate::project::Provider;
use crate::rules::data::shared_words::type_words;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Volatility};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "value-per-row-default",
    id: "PS703",
    hazards: &["Q3"],
    databases: SQLSERVER,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a new column with a computed value writes every row while nobody can use the table",
    page: r#"## What it catches
`ADD` of a `NOT NULL` column whose default differs per row, such as `NEWID()`, on a table that existed before the pending migrations.

## Why it hurts
A constant default goes into the catalogue alone (on Enterprise and Azure SQL); this one is computed for every row, which is written and logged under a schema modification lock: nobody can use the table meanwhile.

## What to do instead
Add the column `NULL`, set the default for new rows, fill the old ones in batches, make it `NOT NULL` in the contract step.

## Example
```sql
ALTER TABLE [orders] ADD [public_id] UNIQUEIDENTIFIER NULL;
```

## When to allow it
The table is small.

## Source
SQL Server, ALTER TABLE, "Adding NOT NULL columns as an online operation"; measured by Microsoft for 2 million rows: 4.6 s and 448 MB of log against 1.7 ms.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    let Some(default) = column.default.as_ref().filter(|default| default.volatility >= Volatility::Unknown) else {
        return;
    };
    if column.nullable != Some(false) || !is_old(&context, table) {
        return;
    }
    let data_type = column.data_type.as_ref().map_or_else(|| "…".to_owned(), type_words);
    let written = context.script.slice(default.span).trim();
    findings.push(
        Finding::new(
            default.span,
            Subject::column(table, &column.name),
            format!("the default `{written}` writes every row of `{table}` while nobody can use it"),
        )
        .why(format!(
            "It gives another value per row, so every row of `{table}` is written and logged under a schema modification lock: reads wait too."
        ))
        .help(format!(
            "Empty first, then a default for new rows, then the old rows in batches:\nALTER TABLE {t} ADD {c} {data_type} NULL;\n\
             ALTER TABLE {t} ADD CONSTRAINT {df} DEFAULT {written} FOR {c};",
            t = quoted(table),
            c = ident(&column.name),
            df = quote::ident(Provider::Sqlserver, &format!("{}_{}_df", table.object, column.name)),
        ))
        .query(size_query(table)),
    );
}
