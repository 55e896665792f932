//! `add-required-column`: a required column without a default, on a table with rows.

use super::shared_pending::is_emptied;
use super::shared_redefined::{in_primary_key, takes_null};
use super::shared_words::{column_of, count_query, type_words};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ColumnDef, Name, RebuildTable, TypeFamily};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "add-required-column",
    id: "PS115",
    hazards: &["D16", "P8", "M5"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a required column is added without a default",
    page: "\
## What it catches

`ADD COLUMN … NOT NULL` without a default on a table that exists before this deploy, and a table rebuild (SQLite, SQL Server) whose new
table has such a column that the copy does not fill. Identity, serial and computed columns are left alone.

## Why it hurts

PostgreSQL, SQL Server and SQLite refuse it as soon as the table has a row. MySQL writes '' or 0 into every row instead. And where the
table is empty and it works, the application that still runs does not know the column: each of its inserts fails.

Prisma causes this with fields that the client fills: `@updatedAt`, `@default(cuid())`, `@default(uuid())` and the like have no default in
the database, although the schema looks as if they had one.

## What to do instead

Add the column without `NOT NULL`, let the new application write it, fill the old rows, and make it required in the contract step. Or give
it a default in the database: in the Prisma schema `@default(now())` beside `@updatedAt`, or `@default(dbgenerated(…))`.

## Example

```sql
-- bad
ALTER TABLE \"users\" ADD COLUMN \"plan\" TEXT NOT NULL;
-- good
ALTER TABLE \"users\" ADD COLUMN \"plan\" TEXT;
```

## When to allow it

When the table is empty in every environment and no deployed application inserts into it.

## Source

PostgreSQL manual, `ALTER TABLE`; MySQL manual, \"Data Type Default Values\"; SQLite, `ALTER TABLE ADD COLUMN`; SQL Server message 4901; Prisma, `@updatedAt`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::AddColumn { table, column, .. } => {
            let is_required = !takes_null(column) && !fills_itself(column);
            if is_required && has_old_rows(context, table) && !is_emptied(view, table) {
                found.push(finding(context.provider(), table, column));
            }
        }
        Action::RebuildTable(rebuild) if has_old_rows(context, &rebuild.table) => {
            let added = rebuild.definition.columns.iter().filter(|column| is_unfilled(rebuild, column));
            for column in added {
                found.push(finding(context.provider(), &rebuild.table, column));
            }
        }
        _ => {}
    }
}

fn fills_itself(column: &ColumnDef) -> bool {
    let is_serial =
        column.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)) || t.name == "rowversion");
    column.default.is_some() || column.identity || column.generated.is_some() || is_serial
}

fn is_unfilled(rebuild: &RebuildTable, column: &ColumnDef) -> bool {
    let is_required = !takes_null(column) || in_primary_key(&rebuild.definition, &column.name);
    // SQLite numbers an INTEGER PRIMARY KEY by itself.
    let is_rowid = in_primary_key(&rebuild.definition, &column.name)
        || column.constraints.iter().any(|c| c.kind == crate::sql::model::ConstraintKind::PrimaryKey);
    let is_copied = rebuild.copied.iter().any(|copied| copied.to == column.name);
    rebuild.copy.is_some() && is_required && !is_rowid && !is_copied && !fills_itself(column)
}

fn finding(provider: Provider, table: &Name, column: &ColumnDef) -> Finding {
    let words = column_of(table, &column.name);
    let is_date = matches!(column.data_type.as_ref().map(|t| t.family), Some(TypeFamily::Date | TypeFamily::Timestamp));
    let (message, effect) = match provider {
        Provider::Mysql if is_date => (
            format!(
                "{words} is required and has no default: every row gets '0000-00-00', which strict mode refuses, and old inserts fail"
            ),
            format!(
                "With one row in `{table}` MySQL fails in its default mode, and MariaDB writes a day that is none into every row."
            ),
        ),
        Provider::Mysql => (
            format!("{words} is required and has no default: every row gets '' or 0, and old inserts fail"),
            format!("MySQL writes '' or 0 into every row of `{table}`, which nobody can tell from a real value later."),
        ),
        _ => (
            format!("{words} is required and has no default: this fails as soon as `{table}` has a row"),
            format!(
                "With one row in `{table}` the migration is failed, and Prisma refuses every further deploy until somebody resolves it."
            ),
        ),
    };
    let client_filled = client_filled(column);
    let habit = client_filled.map_or_else(String::new, |what| {
        format!(" The name suggests {what}: Prisma fills that in the client, the database does not know it.")
    });
    let schema = match client_filled {
        Some("`@updatedAt`") => "`@default(now())` beside `@updatedAt` in the Prisma schema",
        Some(_) => "`@default(dbgenerated(…))` in the Prisma schema",
        None => "`@default(…)` in the Prisma schema",
    };
    let add = match provider {
        Provider::Sqlserver => "ADD",
        _ => "ADD COLUMN",
    };
    let data_type = column.data_type.as_ref().map_or_else(|| "…".to_owned(), type_words);
    Finding::new(column.not_null_span.unwrap_or(column.name.span), Subject::column(table, &column.name), message)
        .why(format!(
            "{effect} The application that still runs does not know the column, so each of its inserts into the table fails from this moment.{habit}"
        ))
        .help(format!(
            "add it without NOT NULL, fill the rows, and make it required in the contract step; or give it a default in the database \
             ({schema}):\n\
             ALTER TABLE {} {add} {} {data_type}{};",
            quote::name(provider, table),
            quote::ident(provider, &column.name.value),
            if provider == Provider::Sqlserver { " NULL" } else { "" },
        ))
        .query(count_query(provider, table, ""))
}

/// What Prisma fills by itself under such a name, as its users' schemas have it.
pub(super) fn client_filled(column: &ColumnDef) -> Option<&'static str> {
    use TypeFamily::{Date, Timestamp, TimestampTz};
    let family = column.data_type.as_ref().map(|data_type| data_type.family);
    let name: String = column.name.value.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    match family {
        Some(Date | Timestamp | TimestampTz) if is_updated_at(&name) => Some("`@updatedAt`"),
        Some(TypeFamily::Text | TypeFamily::VarChar | TypeFamily::Char | TypeFamily::Uuid)
            if matches!(name.as_str(), "id" | "uuid" | "cuid" | "publicid" | "uid") =>
        {
            Some("`@default(uuid())` or `@default(cuid())`")
        }
        _ => None,
    }
}

/// The name, in lower case without `_`, under which schemas keep `@updatedAt`.
pub(super) fn is_updated_at(name: &str) -> bool {
    matches!(
        name,
        "updatedat" | "modifiedat" | "lastmodified" | "updated" | "lastupdated" | "lastupdatedat" | "lastmodifiedat"
    )
}
