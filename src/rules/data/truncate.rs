//! `truncate`: a table is emptied.

use super::shared_words::{count_query, listed};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Name};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "truncate",
    id: "PS106",
    hazards: &["D5"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "TRUNCATE deletes every row of a table",
    page: "\
## What it catches

`TRUNCATE` of a table that exists before this deploy, with or without `CASCADE`. SQLite has no `TRUNCATE`; a `DELETE` without `WHERE`
is the matter of `write-without-where`.

## Why it hurts

All rows go at once. PostgreSQL takes ACCESS EXCLUSIVE, so every reader and writer of the table waits, and transactions that began
before see an empty table, not their snapshot. With `CASCADE` every table that refers to it is emptied too. MySQL commits it at once.

## What to do instead

Say which rows are meant and delete those in batches, in a migration that does nothing else. When the table as such is no longer
needed, see `drop-table`.

## Example

```sql
-- bad
TRUNCATE TABLE \"login_attempts\" CASCADE;
-- good
DELETE FROM \"login_attempts\"
WHERE \"id\" IN (SELECT \"id\" FROM \"login_attempts\" WHERE \"created_at\" < '2026-01-01' ORDER BY \"id\" LIMIT 10000);
```

## When to allow it

For a cache or a queue whose rows are made again by the application, when it does not mind waiting.

## Source

PostgreSQL manual, `TRUNCATE` (\"TRUNCATE is not MVCC-safe\"); MySQL manual, `TRUNCATE TABLE`; SQL Server, `TRUNCATE TABLE`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::Truncate { tables, cascade } = view.action() else { return };
    let context = view.context();
    let old: Vec<&Name> = tables
        .iter()
        .filter(|table| !context.created_in_pending(table) && !context.table(table).is_some_and(|t| t.temporary))
        .collect();
    let [first, ..] = old.as_slice() else { return };
    let provider = context.provider();
    let names: Vec<_> = old.iter().map(ToString::to_string).collect();
    let (span, subject) = match old.as_slice() {
        [one] => (one.span(), Subject::table(one)),
        many => (
            many.iter().fold(first.span(), |span, table| span.to(table.span())),
            Subject::named(None, names.join(", ")),
        ),
    };
    let and_more = if *cascade { " and of every table that refers to it" } else { "" };
    let lock = match provider {
        Provider::Postgresql => {
            "It takes ACCESS EXCLUSIVE: every reader and writer of the table waits until the migration commits, and then finds no rows."
        }
        Provider::Mysql => {
            "MySQL commits it at once: no rollback brings the rows back, and statements that use the table wait for it."
        }
        _ => {
            "It takes a schema modification lock (Sch-M): every reader and writer of the table waits, NOLOCK readers too, and then finds no rows."
        }
    };
    let queries: Vec<_> = old.iter().map(|table| count_query(provider, table, "")).collect();
    found.push(
        Finding::new(span, subject, format!("TRUNCATE deletes all rows of {}{and_more}", listed(&names)))
            .why(lock)
            .help(format!(
                "delete the rows that are meant, in batches, in a migration of its own:\n{}",
                batch(provider, first)
            ))
            .query(queries.join("\n")),
    );
}

fn batch(provider: Provider, table: &Name) -> String {
    let name = quote::name(provider, table);
    match provider {
        Provider::Mysql => format!("DELETE FROM {name} WHERE … ORDER BY `id` LIMIT 10000;"),
        Provider::Sqlserver => {
            format!("DELETE FROM {name} WHERE [id] IN (SELECT TOP (10000) [id] FROM {name} WHERE … ORDER BY [id]);")
        }
        _ => format!(
            "DELETE FROM {name} WHERE \"id\" IN (SELECT \"id\" FROM {name} WHERE … ORDER BY \"id\" LIMIT 10000);"
        ),
    }
}
