//! `drop-indexed-column`: an index over several columns goes or changes with one of them.

use super::shared_words::{column_of, listed};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Table;
use crate::sql::model::{Action, ConstraintKind, Ident, Name};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "drop-indexed-column",
    id: "PS125",
    hazards: &["D26"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a dropped column takes a multi-column index or key along",
    page: "\
## What it catches

`DROP COLUMN` of a column that is part of an index, unique key or primary key over several columns, which the file does not drop or replace
by name. An index over the one column alone goes with it as one expects. On SQLite the statement is refused: the family for SQLite says so.

## Why it hurts

PostgreSQL drops the whole index or key without a word: queries that used its other columns scan the table from then on, and a unique
key over the rest is gone too. MySQL keeps the index and takes the column out of it, so a unique key becomes narrower and the statement fails
on rows that are now equal. SQL Server refuses with message 5074.

## What to do instead

Build the index over the columns that stay in a migration before, drop the old one by name, then drop the column.

## Example

```sql
-- bad: users_org_email_idx is over (org_id, email)
ALTER TABLE \"users\" DROP COLUMN \"email\";
-- good: this migration first
CREATE INDEX CONCURRENTLY \"users_org_idx\" ON \"users\" (\"org_id\");
```

## When to allow it

When the index served only queries that the column was part of.

## Source

PostgreSQL manual, `ALTER TABLE … DROP COLUMN`; MySQL manual, `ALTER TABLE`; SQL Server message 5074.
",
    check: Check::Operation(check),
};

struct Affected {
    name: String,
    what: &'static str,
    unique: bool,
    /// The column comes first in it.
    first: bool,
    rest: Vec<String>,
}

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::DropColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    if !has_old_rows(context, table) {
        return;
    }
    let Some(known) = context.table(table) else { return };
    for affected in affected(known, column) {
        // In the same ALTER TABLE as the column, as MySQL and Prisma write it.
        let goes_by_name = view.statement.statement().operations.iter().any(|other| match &other.action {
            Action::DropIndex { names, .. } => names.iter().any(|name| name.object.is(&affected.name)),
            Action::DropConstraint { name, .. } => name.is(&affected.name),
            Action::DropPrimaryKey { .. } => affected.what == "primary key",
            _ => false,
        });
        let rest_goes = affected.rest.iter().all(|rest| is_dropped(view, table, rest));
        // Nobody finds rows by the second column of an index without its first.
        let was_of_no_use = affected.first && !affected.unique && context.provider() == Provider::Postgresql;
        if !goes_by_name && !rest_goes && !was_of_no_use {
            found.push(finding(context.provider(), table, column, &affected));
        }
    }
}

fn is_dropped(view: &OperationView<'_>, of: &Name, name: &str) -> bool {
    view.statement.script().operations().any(|(_, other)| match &other.action {
        Action::DropColumn { table, column, .. } => table == of && column.is(name),
        _ => false,
    })
}

fn affected(table: &Table, column: &Ident) -> Vec<Affected> {
    let rest = |columns: &mut dyn Iterator<Item = &Ident>| -> Vec<String> {
        columns.filter(|other| *other != column).map(|other| other.value.clone()).collect()
    };
    let indexes = table.indexes.iter().filter_map(|known| {
        let columns = || known.index.columns.iter().filter_map(|part| part.column.as_ref());
        (known.index.columns.len() > 1 && columns().any(|own| own == column)).then(|| Affected {
            name: known.name.as_ref().map_or_else(|| "(unnamed)".to_owned(), |name| name.object.value.clone()),
            what: if known.index.unique { "unique index" } else { "index" },
            unique: known.index.unique,
            first: columns().next() == Some(column),
            rest: rest(&mut columns()),
        })
    });
    let constraints = table.constraints.iter().filter_map(|known| {
        let constraint = &known.constraint;
        let what = match constraint.kind {
            ConstraintKind::PrimaryKey => "primary key",
            ConstraintKind::Unique => "unique key",
            _ => return None,
        };
        (constraint.columns.len() > 1 && constraint.columns.contains(column)).then(|| Affected {
            name: constraint
                .name
                .as_ref()
                .map(|name| name.value.clone())
                .or_else(|| known.likely_name.clone())
                .unwrap_or_default(),
            what,
            unique: true,
            first: constraint.columns.first() == Some(column),
            rest: rest(&mut constraint.columns.iter()),
        })
    });
    indexes.chain(constraints).collect()
}

fn finding(provider: Provider, table: &Name, column: &Ident, affected: &Affected) -> Finding {
    let Affected { name, what, unique, rest, .. } = affected;
    let words = column_of(table, column);
    let named = if name.is_empty() { format!("the {what}") } else { format!("the {what} `{name}`") };
    let (message, why) = match provider {
        Provider::Mysql => (
            format!("dropping {words} takes it out of {named}, which then is over {} alone", listed(rest)),
            if *unique {
                format!("Rows that differ in `{column}` only become duplicates, and the statement fails on them, in production.")
            } else {
                "Queries that used the whole index read more rows from then on, and a second index over the rest may now be double.".to_owned()
            },
        ),
        Provider::Sqlserver => (
            format!("dropping {words} is refused while {named} uses it"),
            "SQL Server answers with message 5074 and the migration is failed; Prisma refuses every further deploy until it is resolved.".to_owned(),
        ),
        _ => (
            format!("dropping {words} drops {named} too, which {} then lacks", listed(rest)),
            if *unique {
                format!("PostgreSQL drops it without a word: look-ups by {} scan the table, and nothing keeps the rows unique any more.", listed(rest))
            } else {
                format!("PostgreSQL drops it without a word: queries by {} scan the table from then on.", listed(rest))
            },
        ),
    };
    let columns: Vec<_> = rest.iter().map(|name| quote::ident(provider, name)).collect();
    let new_name = quote::ident(provider, &format!("{}_{}_idx", table.object, rest.join("_")));
    let concurrently = if provider == Provider::Postgresql { "CONCURRENTLY " } else { "" };
    Finding::new(
        column.span,
        Subject { column: Some(column.to_string()), ..Subject::named(Some(table), name) },
        message,
    )
    .why(why)
    .help(format!(
        "build the index that the rest needs in a migration before, and drop {named} by name before the column:\n\
             CREATE INDEX {concurrently}{new_name} ON {} ({});",
        quote::name(provider, table),
        columns.join(", ")
    ))
}
