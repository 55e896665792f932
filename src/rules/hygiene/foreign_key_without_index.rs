//! A foreign key that no index serves.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Level, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::Table;
use crate::sql::model::{Constraint, ConstraintKind, Ident, References};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "foreign-key-without-index",
    id: "PS306",
    hazards: &["H3"],
    // MySQL makes the index itself.
    databases: &[Provider::Postgresql, Provider::Sqlite, Provider::Sqlserver],
    // Prisma writes such keys into a quarter of all migrations: whoever wants an index behind each of them says so.
    levels: Levels::everywhere(Level::Allow),
    fixable: Fixable::Never,
    summary: "a foreign key has no index that begins with its columns (off by default)",
    page: r#"## What it catches
A foreign key that the migration adds and whose columns are, at its end, not the first columns of any index, primary key or unique key, in whatever order. Partial indexes do not count, except those whose condition
only leaves out NULL. MySQL makes such an index itself. An index that was there before anything that was read cannot be seen: with a single file, the rule speaks only of columns that the file adds.

It is off by default, since Prisma writes a foreign key without an index for every relation that has no `@@index`. To turn it on:

```toml
[lint.rules]
foreign-key-without-index = "warn"
```

or for one run: `cargo prisma-safe lint --warn foreign-key-without-index`.

## Why it hurts
The database looks for rows that point at a row before it deletes that row or changes its key. Without an index it reads the whole referencing table each time, with the row locked meanwhile; a delete of a thousand
rows reads it a thousand times. Joins from the parent to its children read it whole, too.

## What to do instead
Write `@@index([…])` into the model, or `CREATE INDEX` with the foreign key. On a PostgreSQL table that is in use: `CREATE INDEX CONCURRENTLY`, in a migration of its own.

## Example
```sql
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers"("id");
CREATE INDEX "orders_customer_id_idx" ON "orders" ("customer_id"); -- @@index([customer_id])
```

## When to allow it
The table stays small, or rows of the parent are never deleted and their keys never change, and nobody joins from there.

## Source
PostgreSQL manual, "Constraints", "Foreign Keys": "it is often a good idea to index the referencing columns too"; SQLite, "SQLite Foreign Key Support", 3; SQL Server, "Primary and foreign key constraints".
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    for table in view.state.tables().filter(|table| !table.temporary) {
        for known in table.constraints_of(ConstraintKind::ForeignKey) {
            let key = &known.constraint;
            let enforced = !key.not_enforced && !key.columns.is_empty();
            if !view.state.born_here(known.born) || !enforced || table.has_index_on(&key.columns) {
                continue;
            }
            // The table's creation was not read, so it may have an index over columns that are not new either.
            let all_old = key.columns.iter().all(|own| table.column(own).is_none_or(|column| column.born.is_none()));
            if !table.complete && all_old {
                continue;
            }
            if let Some(references) = &key.references {
                let mut finding = finding(view, table, key, references);
                finding.statement = Some(known.born.statement as usize);
                findings.push(finding);
            }
        }
    }
}

fn finding(view: &MigrationView<'_>, table: &Table, key: &Constraint, references: &References) -> Finding {
    let provider = view.script.provider;
    let parent = &references.table;
    let words = |separator: &str| key.columns.iter().map(|own| own.value.as_str()).collect::<Vec<_>>().join(separator);
    let index = format!(
        "{} ON {} ({});",
        quote::ident(provider, &index_name(provider, &table.name.object.value, &words("_"))),
        quote::name(provider, &table.name),
        quote::list(provider, &key.columns)
    );
    let in_use = !view.state.born_in_pending(table.born);
    // PostgreSQL refuses CONCURRENTLY on a partitioned table.
    let sql = if provider == Provider::Postgresql && in_use && !table.partitioned {
        format!(
            "Build the index beside the running writes, alone in a migration of its own:\nCREATE INDEX CONCURRENTLY {index}"
        )
    } else {
        format!("Add the index:\nCREATE INDEX {index}")
    };
    let columns = key.columns.iter().map(|own| format!("`{own}`")).collect::<Vec<_>>().join(", ");
    Finding::new(
        key.name.as_ref().map_or(key.span, |name| name.span),
        subject(table, key),
        format!("`{}` points at `{parent}` by {columns}, and no index begins with that", table.name),
    )
    .why(format!(
        "Each row of `{parent}` that is deleted, or whose key changes, makes the database read all of `{}` for rows that point at it, and the row stays locked meanwhile.",
        table.name
    ))
    .help(format!(
        "{sql}\nAnd keep it in Prisma's schema, in the model of `{}`, by the names of its fields:\n@@index([{}])",
        table.name,
        words(", ")
    ))
}

fn subject(table: &Table, key: &Constraint) -> Subject {
    match key.columns.as_slice() {
        [one] => Subject::column(&table.name, one),
        _ => Subject::named(
            Some(&table.name),
            key.columns.iter().map(|own: &Ident| own.value.as_str()).collect::<Vec<_>>().join(", "),
        ),
    }
}

/// The name that Prisma gives to `@@index`, so that the schema needs no `map`: cut to what the database takes, its ending kept.
fn index_name(provider: Provider, table: &str, columns: &str) -> String {
    const ENDING: &str = "_idx";
    let longest = if provider == Provider::Postgresql { 63 } else { 128 };
    let name = format!("{table}_{columns}");
    format!("{}{ENDING}", &name[..name.floor_char_boundary(longest - ENDING.len())])
}
