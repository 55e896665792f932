//! `explicit-ids`: the sequence does not know the ids that were inserted by hand.

use super::shared_words::column_of;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
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
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::Insert(insert) = view.action() else { return };
    let context = view.context();
    let Some(table) = context.table(&insert.table) else { return };
    let Some((at, column)) = counted_column(insert, &table.columns) else { return };
    if gives_positive_ids(insert, at) && !moves_sequence(view, &insert.table, column) {
        let span =
            insert.columns.as_ref().and_then(|columns| columns.get(at)).map_or(insert.table.span(), |own| own.span);
        found.push(finding(&insert.table, column, span));
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

fn moves_sequence(view: &OperationView<'_>, of: &Name, which: &Ident) -> bool {
    view.context().later().any(|(_, later)| match &later.action {
        Action::Select(select) => select.calls.iter().any(|call| call.name == "setval"),
        Action::AlterObject { kind: ObjectKind::Sequence, .. } => true,
        Action::ColumnOption { table, column, option: ColumnOption::SetIdentity } => table == of && column == which,
        // The table goes, or what runs cannot be known.
        Action::DropTable { names, .. } => names.contains(of),
        Action::ExecuteDynamic { .. } => true,
        _ => false,
    })
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
