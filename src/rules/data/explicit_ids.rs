//! `explicit-ids`: the sequence does not know the ids that were inserted by hand.

use std::collections::HashMap;

use super::shared_words::column_of;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::Column;
use crate::sql::model::{
    Action, ColumnOption, Ident, Insert, InsertSource, Literal, Name, ObjectKind, Span, TypeFamily,
};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "explicit-ids",
    id: "PS129",
    hazards: &["D31"],
    databases: &[Provider::Postgresql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "ids are inserted by hand and the sequence stays behind",
    page: "\
## What it catches

An `INSERT` that gives values for a `serial` or identity column (Prisma's `@default(autoincrement())`), when the file does not move the
sequence afterwards (`setval`, `ALTER SEQUENCE … RESTART`, `ALTER COLUMN … RESTART`). SQL Server, MySQL and SQLite move their counters by
themselves.

## Why it hurts

The sequence still stands where it was. The application's next insert takes an id that is there already and fails with a duplicate key,
and so does each one after it until the sequence has caught up.

## What to do instead

Leave the id out and let the database hand it out, or move the sequence behind the highest id in the same file.

## Example

```sql
-- bad
INSERT INTO \"roles\" (\"id\", \"name\") VALUES (1, 'admin'), (2, 'user');
-- good
INSERT INTO \"roles\" (\"name\") VALUES ('admin'), ('user');
```

## When to allow it

When the ids lie outside of what the sequence will ever hand out, such as negative ones.

## Source

PostgreSQL manual, \"Sequence Manipulation Functions\", \"Identity Columns\".
",
    check: Check::Migration(check),
};

struct Given<'a> {
    column: &'a Ident,
    span: Span,
    statement: usize,
}

/// One finding per table, at its first such insert: all of them are mended by one `setval`.
fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    let mut given: HashMap<&Name, Given<'_>> = HashMap::new();
    for (statement, operation) in view.script.operations() {
        match &operation.action {
            Action::Insert(insert) => {
                if let Some(ids) = given_ids(view, insert, statement.index) {
                    given.entry(&insert.table).or_insert(ids);
                }
            }
            action => forget_moved(action, &mut given),
        }
    }
    let mut left: Vec<_> = given.into_iter().collect();
    left.sort_by_key(|(_, ids)| ids.statement);
    for (table, ids) in left {
        let mut finding = finding(table, ids.column, ids.span);
        finding.statement = Some(ids.statement);
        found.push(finding);
    }
}

fn given_ids<'a>(view: &MigrationView<'a>, insert: &'a Insert, statement: usize) -> Option<Given<'a>> {
    let table = view.state.table(&insert.table)?;
    let (at, column) = counted_column(insert, &table.columns)?;
    let named = insert.columns.as_ref().and_then(|columns| columns.get(at));
    let span = named.map_or(insert.table.span(), |own| own.span);
    gives_positive_ids(insert, at).then_some(Given { column, span, statement })
}

/// Takes out the tables whose sequence an action moves, or that go; all, where what it moves cannot be told.
fn forget_moved(action: &Action, given: &mut HashMap<&Name, Given<'_>>) {
    match action {
        Action::Select(select) if select.calls.iter().any(|call| call.name == "setval") => given.clear(),
        Action::AlterObject { kind: ObjectKind::Sequence, .. } | Action::ExecuteDynamic { .. } => given.clear(),
        Action::ColumnOption { table, option: ColumnOption::SetIdentity, .. } => {
            given.remove(table);
        }
        Action::DropTable { names, .. } => given.retain(|table, _| !names.contains(table)),
        _ => {}
    }
}

/// The column that counts by itself and its place in the insert's list.
fn counted_column<'a>(insert: &'a Insert, columns: &'a [Column]) -> Option<(usize, &'a Ident)> {
    let counts = |column: &&Column| {
        let serial = column.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)));
        serial || column.definition.as_ref().is_some_and(|definition| definition.identity)
    };
    let counted = columns.iter().find(counts)?;
    match &insert.columns {
        Some(named) => named.iter().position(|name| *name == counted.name).map(|at| (at, &counted.name)),
        None => columns.iter().position(|column| column.name == counted.name).map(|at| (at, &counted.name)),
    }
}

/// A positive number is given, or whatever a query finds; `DEFAULT` and negative numbers are harmless.
fn gives_positive_ids(insert: &Insert, at: usize) -> bool {
    match &insert.source {
        InsertSource::Values { values, .. } => {
            values.iter().filter_map(|row| row.get(at)).any(|value| match &value.literal {
                Some(Literal::Number(number)) => !number.starts_with('-') && number != "0",
                _ => false,
            })
        }
        InsertSource::Select(select) => {
            let read = select.output.get(at).is_some_and(Option::is_some) || select.star.is_some();
            read && !select.from.is_empty()
        }
        _ => false,
    }
}

fn finding(table: &Name, column: &Ident, span: Span) -> Finding {
    let words = column_of(table, column);
    let provider = Provider::Postgresql;
    let (table_sql, column_sql) = (quote::name(provider, table), quote::ident(provider, &column.value));
    Finding::new(span, Subject::column(table, column), format!("ids are given for {words}, and its sequence does not move along"))
        .why(format!(
            "The sequence still stands where it was, so the application's next inserts into `{table}` take ids that are there already and fail \
             with a duplicate key."
        ))
        .help(format!(
            "leave `{column}` out of the INSERT, or move the sequence behind the highest id afterwards:\n\
             SELECT setval(pg_get_serial_sequence({}, {}), (SELECT max({column_sql}) FROM {table_sql}));",
            quote::text(provider, &table_sql),
            quote::text(provider, &column.value),
        ))
}
