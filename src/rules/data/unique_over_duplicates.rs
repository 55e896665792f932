//! `unique-over-duplicates`: a unique key over rows that may hold duplicates.

use super::shared_pending::{is_backfilled, loses_rows};
use super::shared_words::listed;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Table;
use crate::sql::model::{Action, ColumnDef, ConstraintKind, Ident, Name, Span, TypeFamily, Volatility};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "unique-over-duplicates",
    id: "PS113",
    hazards: &["D14"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a unique key is added over existing values",
    page: "\
## What it catches

A unique index or constraint over columns of a table that exists before this deploy. It is left alone when the table is new, when a new
column without a default is among the key (on SQL Server only if it is not the only one), and when the same deploy removes or rewrites the rows before.

## Why it hurts

If two rows hold the same value the statement fails, in production only, since test data rarely has duplicates. A concurrent build on
PostgreSQL leaves an INVALID index behind, which slows writes and enforces nothing. Prisma then counts the migration as failed and refuses
every further deploy until it is resolved.

## What to do instead

Look for duplicates first, with the query of the finding. Decide what becomes of them in a migration of its own, stop the application
from writing new ones, then add the key. The gates of `cargo prisma-safe deploy` run the query against the target before anything runs.

## Example

```sql
-- bad
CREATE UNIQUE INDEX CONCURRENTLY \"users_email_key\" ON \"users\" (\"email\");
-- good: the migration before it merges duplicates
DELETE FROM \"users\" WHERE \"id\" IN (SELECT max(\"id\") FROM \"users\" GROUP BY \"email\" HAVING count(*) > 1 LIMIT 1000);
```

## When to allow it

When the query found no row in production and the application refuses duplicates since.

## Source

PostgreSQL manual, \"Building Indexes Concurrently\"; MySQL error 1062; SQLite, `CREATE INDEX`; SQL Server message 1505.
",
    check: Check::Operation(check),
};

struct Key<'a> {
    table: &'a Name,
    columns: Vec<&'a Ident>,
    name: Option<String>,
    span: Span,
}

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Some(key) = key_of(view.action()) else { return };
    if !has_old_rows(view.context(), key.table) || key.columns.is_empty() {
        return;
    }
    let columns = || key.columns.iter().copied();
    let sorted_out = loses_rows(view, key.table) || columns().any(|column| is_backfilled(view, key.table, column));
    if !sorted_out && !columns().any(|column| tells_rows_apart(view, &key, column)) && !is_unique_already(view, &key) {
        found.push(finding(view, &key));
    }
}

fn key_of(action: &Action) -> Option<Key<'_>> {
    match action {
        Action::CreateIndex(index) if index.unique => {
            let columns: Option<Vec<_>> = index.columns.iter().map(|part| part.column.as_ref()).collect();
            let name = index.name.as_ref().map(|name| name.object.to_string());
            let span = index.name.as_ref().map_or(index.span, Name::span);
            Some(Key { table: &index.table, columns: columns?, name, span })
        }
        Action::AddConstraint { table, constraint } if constraint.using_index.is_none() => {
            let is_key = matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey);
            let name = constraint.name.as_ref().map(ToString::to_string);
            let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
            is_key.then(|| Key { table, columns: constraint.columns.iter().collect(), name, span })
        }
        Action::AddColumn { table, column, .. } => {
            let constraint = column.constraints.iter().find(|c| c.kind == ConstraintKind::Unique)?;
            Some(Key { table, columns: vec![&column.name], name: None, span: constraint.span })
        }
        _ => None,
    }
}

/// The column is new and differs in each row: NULLs are no duplicates of each other (but SQL Server allows only one), and numbers that
/// the database hands out are unique.
fn tells_rows_apart(view: &OperationView<'_>, key: &Key<'_>, column: &Ident) -> bool {
    if let Action::AddColumn { column: added, .. } = view.action() {
        return is_null_everywhere(view, key, added.nullable, added.default.is_some()) || is_generated(added);
    }
    let with_it = view.statement.statement().operations.iter().find_map(|other| match &other.action {
        Action::AddColumn { table, column: added, .. } if table == key.table && added.name == *column => Some(added),
        _ => None,
    });
    if let Some(added) = with_it {
        let is_empty = is_empty_or_fails(view, added.nullable, added.default.is_some());
        return is_empty
            || is_null_everywhere(view, key, added.nullable, added.default.is_some())
            || is_generated(added);
    }
    let Some(known) = view.context().column(key.table, column) else { return false };
    if !view.context().state.born_in_pending(known.born) {
        return false;
    }
    is_empty_or_fails(view, known.nullable, known.has_default != Some(false))
        || is_null_everywhere(view, key, known.nullable, known.has_default != Some(false))
        || known.definition.as_ref().is_some_and(is_generated)
}

/// A new column that is required and has no default: there is no row, or its addition fails. MySQL writes '' or 0 into every row instead.
fn is_empty_or_fails(view: &OperationView<'_>, nullable: Option<bool>, has_default: bool) -> bool {
    view.facts().provider != Provider::Mysql && nullable == Some(false) && !has_default
}

fn is_null_everywhere(view: &OperationView<'_>, key: &Key<'_>, nullable: Option<bool>, has_default: bool) -> bool {
    let nulls_clash = view.facts().provider == Provider::Sqlserver && key.columns.len() == 1;
    nullable != Some(false) && !has_default && !nulls_clash
}

fn is_generated(definition: &ColumnDef) -> bool {
    definition.identity
        || definition.default.as_ref().is_some_and(|default| default.volatility == Volatility::Volatile)
        || definition.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)))
}

/// The same columns (or some of them) are unique already by another key, or were until this file dropped that one.
fn is_unique_already(view: &OperationView<'_>, key: &Key<'_>) -> bool {
    let narrower =
        |columns: &[&Ident]| !columns.is_empty() && columns.iter().all(|column| key.columns.contains(column));
    let state = view.context().state;
    view.context().table(key.table).is_some_and(|table| {
        let before = state.keys_dropped_here(table).map(|columns| columns.iter().collect::<Vec<_>>());
        unique_keys(table).chain(before).any(|columns| narrower(&columns))
    })
}

/// Column lists of the unique keys of a table and of those that a rebuild took along, those over expressions or with a condition left out.
fn unique_keys(table: &Table) -> impl Iterator<Item = Vec<&Ident>> {
    let indexes = table
        .indexes
        .iter()
        .chain(&table.before_rebuild)
        .filter(|known| known.index.unique && known.index.condition.is_none());
    let by_index = indexes.filter_map(|known| known.index.columns.iter().map(|part| part.column.as_ref()).collect());
    let is_key = |kind| matches!(kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey);
    let constraints = table.constraints.iter().filter(move |known| is_key(known.constraint.kind));
    by_index.chain(constraints.map(|known| known.constraint.columns.iter().collect()))
}

fn finding(view: &OperationView<'_>, key: &Key<'_>) -> Finding {
    let provider = view.facts().provider;
    let (table, names) = (key.table, key.columns.iter().map(|column| column.value.as_str()).collect::<Vec<_>>());
    let what = key.name.as_ref().map_or_else(|| "the new unique key".to_owned(), |name| format!("`{name}`"));
    let filled = key.columns.iter().all(|column| {
        let known = view.context().column(table, column);
        known.is_some_and(|known| view.context().state.born_in_pending(known.born) && known.has_default == Some(true))
    });
    let message = if filled {
        format!("{what} fails when `{table}` has two rows: each gets the same default in {}", listed(&names))
    } else {
        format!("{what} fails if rows of `{table}` hold the same {}", listed(&names))
    };
    let mut subject = Subject::named(Some(table), key.name.clone().unwrap_or_default());
    subject.name.clone_from(&key.name);
    if let [one] = key.columns.as_slice() {
        subject.column = Some(one.to_string());
    }
    let (table_sql, columns_sql) = (quote::name(provider, table), quote::list(provider, key.columns.iter().copied()));
    let not_null = match provider {
        // The one database that counts NULLs as equal in a unique index.
        Provider::Sqlserver => String::new(),
        _ => {
            let parts: Vec<_> =
                key.columns.iter().map(|c| format!("{} IS NOT NULL", quote::ident(provider, &c.value))).collect();
            format!(" WHERE {}", parts.join(" AND "))
        }
    };
    let query = format!(
        "SELECT {columns_sql}, count(*) FROM {table_sql}{not_null} GROUP BY {columns_sql} HAVING count(*) > 1;"
    );
    Finding::new(key.span, subject, message)
        .why(
            "One pair of equal rows in production is enough: the migration is then failed, and Prisma refuses every further deploy until \
             somebody resolves it by hand.",
        )
        .help(format!(
            "look for duplicates, remove or change them in a migration of its own before this one, and make the application refuse new \
             ones:\n{query}"
        ))
        .query(query)
}
