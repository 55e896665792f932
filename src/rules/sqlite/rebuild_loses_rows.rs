//! A rebuild that copies no rows, or not all.

use super::shared_rebuild::rebuild;
use crate::project::Provider;
use crate::rules::data::shared_words::count_query;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "rebuild-loses-rows",
    id: "PS601",
    hazards: &["S1"],
    databases: &[Provider::Sqlite, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a rebuild drops the old table without having copied all its rows",
    page: r#"## What it catches
A table rebuild (SQLite, SQL Server) that copies no row into the new table before it drops the old one, or whose copy leaves rows out by a `WHERE`, a `LIMIT` or a join. A column that is left out is the matter of `drop-column`.

## Why it hurts
It reads like a change of the table and is the loss of its rows. Prisma writes a rebuild without a copy when no column of the old table goes on; on an empty development database nobody sees it.

## What to do instead
Copy every row, and give the new columns a value in the copy.

## Example
```sql
INSERT INTO "new_orders" ("id", "total") SELECT "id", "total" FROM "orders";
```

## When to allow it
The rows are meant to go, and a revert script keeps them.

## Source
SQLite, "ALTER TABLE" 7, the twelve steps.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(rebuild) = rebuild(view) else { return };
    let table = &rebuild.table;
    let provider = view.context().provider();
    let (span, message) = match rebuild.copy {
        None => (rebuild.drop, format!("`{table}` is rebuilt without a copy: all its rows are lost")),
        Some(copy) if rebuild.copy_filters_rows => {
            (copy, format!("the copy leaves rows of `{table}` out, and they are lost with the old table"))
        }
        Some(_) => return,
    };
    let kept: Vec<_> = rebuild
        .definition
        .columns
        .iter()
        .map(|column| &column.name)
        .filter(|name| view.context().column(table, name).is_some())
        .collect();
    let columns = if kept.is_empty() { "…".to_owned() } else { quote::list(provider, kept) };
    findings.push(
        Finding::new(span, Subject::table(table), message)
            .why(format!(
                "The old `{table}` is dropped after it. In development it was empty or the seed fills it again; in production nothing brings the rows back."
            ))
            .help(format!(
                "Copy every row before the drop:\nINSERT INTO {} ({columns}) SELECT {columns} FROM {};",
                quote::name(provider, &rebuild.definition.name),
                quote::name(provider, table)
            ))
            .query(count_query(provider, table, "")),
    );
}
