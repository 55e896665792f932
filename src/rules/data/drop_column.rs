//! `drop-column`: a column goes with its values.

use super::shared_redefined::left_behind;
use super::shared_words::{allow_line, column_of, count_query};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, Ident, Name, RebuildTable, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "drop-column",
    id: "PS102",
    hazards: &["D2", "S1"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a column is dropped with its values",
    page: "\
## What it catches

`DROP COLUMN` on a table that exists before this deploy, and a table rebuild (SQLite, SQL Server) whose new table has no place for a
column of the old one. A column that the same pending migrations added is left alone.

## Why it hurts

The values are gone when the statement is committed. A Prisma Client names every column of its schema in each query, so the
application that still runs fails on every read of the table, not only where it uses the column.

## What to do instead

Mark the field `@ignore` in the Prisma schema and deploy that first: the client then neither reads nor writes the column. A required
column needs a default before that, or the new client cannot insert. Drop the column in a later migration, after the soak time,
with a revert script that brings it back.

## Example

```sql
-- bad
ALTER TABLE \"users\" DROP COLUMN \"nickname\";
-- good: this migration, together with `@ignore` on the field; the drop follows after the soak time
ALTER TABLE \"users\" ALTER COLUMN \"nickname\" SET DEFAULT '';
```

## When to allow it

When no deployed application has read or written the column for the soak time, and its values are kept elsewhere or worthless.

## Source

PostgreSQL, MySQL, SQLite and SQL Server manuals, `ALTER TABLE … DROP COLUMN`; Prisma, `@ignore`; the policy, \"Contract\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::DropColumn { table, column, .. } => {
            let born = context.column(table, column).and_then(|known| known.born);
            if is_old(context, table) && !context.state.born_in_pending(born) {
                found.push(finding(context.provider(), table, column, column.span));
            }
        }
        Action::RebuildTable(rebuild) if is_old(context, &rebuild.table) => check_rebuild(context, rebuild, found),
        _ => {}
    }
}

fn check_rebuild(context: Context<'_>, rebuild: &RebuildTable, found: &mut Findings<'_>) {
    let Some(before) = context.table(&rebuild.table) else { return };
    for column in left_behind(rebuild, before).filter(|column| !context.state.born_in_pending(column.born)) {
        found.push(finding(context.provider(), &rebuild.table, &column.name, rebuild.definition.name.span()));
    }
}

fn is_old(context: Context<'_>, table: &Name) -> bool {
    !context.created_in_pending(table) && !context.table(table).is_some_and(|known| known.temporary)
}

fn finding(provider: Provider, table: &Name, column: &Ident, span: Span) -> Finding {
    let words = column_of(table, column);
    Finding::new(span, Subject::column(table, column), format!("dropping {words} deletes its values"))
        .why(format!(
            "The values are gone for good once this commits. The application that still runs names `{column}` in every query of \
             `{table}` that Prisma writes, so all of them fail until the new one is everywhere."
        ))
        .help(format!(
            "first mark the field `@ignore` in the Prisma schema and deploy that (a required column needs a default before it):\n\
             {}\n\
             then drop the column in a later migration with a revert script:\n\
             {}",
            default_sql(provider, table, column),
            allow_line("drop-column", "ignored since …, values kept in …"),
        ))
        .query(count_query(provider, table, &format!("{} IS NOT NULL", quote::ident(provider, &column.value))))
}

/// How inserts that do not name the column keep working.
fn default_sql(provider: Provider, table: &Name, column: &Ident) -> String {
    let (table_sql, column_sql) = (quote::name(provider, table), quote::ident(provider, &column.value));
    match provider {
        Provider::Postgresql | Provider::Mysql => {
            format!("ALTER TABLE {table_sql} ALTER COLUMN {column_sql} SET DEFAULT '…';")
        }
        Provider::Sqlserver => {
            let constraint = quote::ident(provider, &format!("{}_{column}_df", table.object));
            format!("ALTER TABLE {table_sql} ADD CONSTRAINT {constraint} DEFAULT '…' FOR {column_sql};")
        }
        Provider::Sqlite => {
            format!(
                "CREATE TABLE {} (\"id\" INTEGER PRIMARY KEY, {column_sql} TEXT); -- and copy what must not be lost",
                quote::ident(provider, &format!("{}_{column}_kept", table.object))
            )
        }
    }
}
