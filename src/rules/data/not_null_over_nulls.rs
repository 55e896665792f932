//! `not-null-over-nulls`: a column is made required while rows may hold NULL.

use super::shared_pending::{is_backfilled, is_emptied};
use super::shared_words::{column_of, count_query};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Table;
use crate::sql::model::{Action, ConstraintKind, Ident, Name, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "not-null-over-nulls",
    id: "PS114",
    hazards: &["D15"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a column is made required while rows may hold NULL",
    page: "\
## What it catches

`SET NOT NULL`, MySQL's `MODIFY … NOT NULL` and SQL Server's `ALTER COLUMN … NOT NULL` on a column that took NULL before. It is left alone
when the table is new, when the same deploy fills the column before, when the column was added with a default, and when a validated
`CHECK (column IS NOT NULL)` proves it. On SQLite the copy of the table rebuild decides: the family for SQLite looks at that.

## Why it hurts

One NULL in production makes the statement fail. MySQL without strict mode writes '' or 0 over it instead, and nobody can tell
afterwards which rows had no value.

## What to do instead

Fill the NULLs in batches in a migration before this one, keep new ones out, and count until there is none. On PostgreSQL a
`CHECK (… IS NOT NULL) NOT VALID` keeps new NULLs out from the first moment, its validation proves the rest without a long lock, and
`SET NOT NULL` then needs no scan.

## Example

```sql
-- bad
ALTER TABLE \"users\" ALTER COLUMN \"email\" SET NOT NULL;
-- good: first keep new NULLs out, fill the old ones, validate; SET NOT NULL comes last
ALTER TABLE \"users\" ADD CONSTRAINT \"users_email_not_null\" CHECK (\"email\" IS NOT NULL) NOT VALID;
```

## When to allow it

When the query of the finding gave 0 in production and the application cannot write NULL any more.

## Source

PostgreSQL manual, `ALTER TABLE`; MySQL manual, \"Server SQL Modes\"; SQL Server, `ALTER COLUMN`.
",
    check: Check::Operation(check),
};

struct Tightened<'a> {
    table: &'a Name,
    column: &'a Ident,
    span: Span,
}

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Some(Tightened { table, column, span }) = tightened(view.action()) else { return };
    let context = view.context();
    if !has_old_rows(context, table) || is_backfilled(view, table, column) || is_emptied(view, table) {
        return;
    }
    if !context.table(table).is_some_and(|known| is_proven(view, known, column)) {
        found.push(finding(context.provider(), table, column, span));
    }
}

fn tightened(action: &Action) -> Option<Tightened<'_>> {
    match action {
        Action::SetNotNull { table, column } => Some(Tightened { table, column, span: column.span }),
        Action::AlterColumnType { table, column, nullable: Some(false), .. } => {
            Some(Tightened { table, column, span: column.span })
        }
        Action::ModifyColumn { table, column, definition, .. } if definition.nullable == Some(false) => {
            Some(Tightened { table, column, span: definition.not_null_span.unwrap_or(column.span) })
        }
        _ => None,
    }
}

/// No row can hold NULL: by a validated check, by a default since its birth, or since the column was required before.
fn is_proven(view: &OperationView<'_>, table: &Table, column: &Ident) -> bool {
    let by_check = table.constraints.iter().filter(|known| known.validated).any(|known| match known.constraint.kind {
        ConstraintKind::Check => known.constraint.expr.as_ref().is_some_and(|expr| expr.not_null.contains(column)),
        ConstraintKind::NotNull => known.constraint.columns.contains(column),
        _ => false,
    });
    let known = table.column(column);
    let born_filled = known.is_some_and(|known| {
        let default = known.definition.as_ref().and_then(|definition| definition.default.as_ref());
        view.context().state.born_in_pending(known.born) && default.is_some_and(|default| !default.is_null())
    });
    let in_key = table.constraints_of(ConstraintKind::PrimaryKey).any(|key| key.constraint.columns.contains(column));
    by_check
        || born_filled
        || in_key
        || was_made_of_a_test(view, &table.name, column)
        || known.is_some_and(|known| known.nullable == Some(false))
}

/// The file turned the column into `… IS NOT NULL`, which is true or false.
fn was_made_of_a_test(view: &OperationView<'_>, of: &Name, which: &Ident) -> bool {
    view.context().earlier().any(|(_, earlier)| match &earlier.action {
        Action::AlterColumnType { table, column, using: Some(using), .. } => {
            let only_test = using.not_null.len() == 1 && using.columns == using.not_null && using.calls.is_empty();
            table == of && column == which && only_test
        }
        _ => false,
    })
}

fn finding(provider: Provider, table: &Name, column: &Ident, span: Span) -> Finding {
    let words = column_of(table, column);
    let (table_sql, column_sql) = (quote::name(provider, table), quote::ident(provider, &column.value));
    let null = format!("{column_sql} IS NULL");
    let why = match provider {
        Provider::Mysql => {
            "In strict mode one NULL in production makes the migration fail; without strict mode MySQL writes '' or 0 over it, and nobody \
             can tell afterwards which rows had no value."
        }
        _ => {
            "One NULL in production is enough: the migration is then failed, and Prisma refuses every further deploy until somebody \
             resolves it by hand."
        }
    };
    let steps = match provider {
        Provider::Postgresql => format!(
            "keep new NULLs out, fill the old ones in batches, prove it, each in a migration of its own; then SET NOT NULL needs no scan:\n\
             ALTER TABLE {table_sql} ADD CONSTRAINT {check} CHECK ({column_sql} IS NOT NULL) NOT VALID;\n\
             UPDATE {table_sql} SET {column_sql} = … WHERE {null};\n\
             ALTER TABLE {table_sql} VALIDATE CONSTRAINT {check};",
            check = quote::ident(provider, &format!("{}_{column}_not_null", table.object)),
        ),
        _ => format!(
            "fill the NULLs in batches in a migration before this one, and make the application write no new ones:\n\
             UPDATE {table_sql} SET {column_sql} = … WHERE {null};"
        ),
    };
    Finding::new(
        span,
        Subject::column(table, column),
        format!("{words} becomes required; this fails if a row holds NULL"),
    )
    .why(why)
    .help(steps)
    .query(count_query(provider, table, &null))
}
