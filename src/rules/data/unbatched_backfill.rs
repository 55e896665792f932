//! `unbatched-backfill`: one statement writes as many rows as there are.

use super::shared_writes::{Extent, FileWrites, Write};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::Name;
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "unbatched-backfill",
    id: "PS108",
    hazards: &["D7"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "one statement writes an open number of rows",
    page: "\
## What it catches

`UPDATE`, `DELETE`, `MERGE` and `INSERT … SELECT` on a table that exists before this deploy, when nothing in the text bounds the number of
rows: no comparison of a key with literals, no `LIMIT` or `TOP`, also not in a sub-query. When the same file changes the same table's
shape, `backfill-beside-ddl` says so instead.

## Why it hurts

All rows are written in one transaction. Each stays locked until the end, so the application's writes to them wait or time out; the
log grows by the whole table and replicas fall behind; on PostgreSQL the old versions of all rows stay as bloat; a failure after an hour
undoes the hour. On a table with a few thousand rows none of that matters, which is why this only warns.

## What to do instead

Write in batches along the primary key, each in its own transaction, outside of the migration: `cargo prisma-safe backfill` does that with
checkpoints and throttling. In a migration, bound the statement and repeat it.

## Example

```sql
-- bad
UPDATE \"users\" SET \"full_name\" = \"first_name\" WHERE \"full_name\" IS NULL;
-- good: repeated until it changes no row
UPDATE \"users\" SET \"full_name\" = \"first_name\"
WHERE \"id\" IN (SELECT \"id\" FROM \"users\" WHERE \"full_name\" IS NULL ORDER BY \"id\" LIMIT 10000);
```

## When to allow it

When the table is small and stays small. A condition keeps that honest: `when=\"rows < 100000\"`.

## Source

PostgreSQL manual, \"Routine Vacuuming\"; MySQL manual, \"Optimizing InnoDB Transaction Management\"; SQL Server, \"Resolve blocking problems caused by lock escalation\".
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    let Some(file) = FileWrites::of(view) else { return };
    for (statement, write) in file.each().filter(|(_, write)| write.extent == Extent::Open) {
        if file.altered(write.table).is_none() {
            let mut finding = finding(view.facts.provider, &write);
            finding.statement = Some(statement.index);
            found.push(finding);
        }
    }
}

fn finding(provider: Provider, write: &Write<'_>) -> Finding {
    let table = write.table;
    let every = if write.condition.is_some() { "every row that matches" } else { "every row" };
    let message = match write.verb {
        "INSERT" | "COPY" => {
            format!("this {} puts as many rows into `{table}` as its source has, in one statement", write.verb)
        }
        "DELETE" => format!("this DELETE takes {every} out of `{table}` in one statement"),
        verb => format!("this {verb} writes {every} of `{table}` in one statement"),
    };
    Finding::new(table.span(), Subject::table(table), message)
        .why(why(provider, write))
        .help(format!(
            "run it in batches outside of the migration (`cargo prisma-safe backfill`), or bound it and repeat it until it changes \
             nothing:\n{}",
            batch_condition(provider, table)
        ))
        .query(size_query(provider, table))
}

fn why(provider: Provider, write: &Write<'_>) -> String {
    let table = write.table;
    match provider {
        Provider::Sqlite => format!(
            "SQLite locks the whole database file for writing until the statement ends, so all other writers of the application wait \
             or get SQLITE_BUSY for as long as `{table}` takes."
        ),
        _ if matches!(write.verb, "INSERT" | "COPY") => format!(
            "All of it is one transaction: an insert of the application with one of the same keys waits for its end, the log and the \
             replicas take it at once, and a failure near the end throws all of it away. How much it is, only the source of `{table}` knows."
        ),
        Provider::Sqlserver => format!(
            "Each row of `{table}` stays locked until the end, above about 5,000 of them the whole table; the application's statements on \
             it wait, and the log holds all of it."
        ),
        _ => format!(
            "Each row of `{table}` stays locked until the end, so the application's writes to it wait; the log and the replicas take the \
             whole change at once, and a failure near the end throws all of it away."
        ),
    }
}

fn batch_condition(provider: Provider, table: &Name) -> String {
    let name = quote::name(provider, table);
    match provider {
        Provider::Mysql => "… WHERE … ORDER BY `id` LIMIT 10000;".to_owned(),
        Provider::Sqlserver => format!("… WHERE [id] IN (SELECT TOP (10000) [id] FROM {name} WHERE … ORDER BY [id]);"),
        _ => format!("… WHERE \"id\" IN (SELECT \"id\" FROM {name} WHERE … ORDER BY \"id\" LIMIT 10000);"),
    }
}

/// Rows of a table by the server's own estimate, which costs nothing.
pub(super) fn size_query(provider: Provider, table: &Name) -> String {
    match provider {
        Provider::Postgresql => format!(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass({});",
            quote::text(provider, &quote::name(provider, table))
        ),
        Provider::Mysql => format!(
            "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = {};",
            quote::text(provider, &table.object.value)
        ),
        Provider::Sqlserver => format!(
            "SELECT SUM(rows) FROM sys.partitions WHERE object_id = OBJECT_ID({}) AND index_id IN (0, 1);",
            quote::text(provider, &quote::name(provider, table))
        ),
        Provider::Sqlite => format!("SELECT count(*) FROM {};", quote::name(provider, table)),
    }
}
