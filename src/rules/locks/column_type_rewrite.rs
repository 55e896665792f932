//! A type change that writes the table again, or checks all its rows.

use super::shared_holds::{change_type, check_reads, index_reads, is_old};
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, table as quoted_table, text};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::lock_facts::types::{TypeChange, type_change};
use crate::sql::model::{Action, DataType, Ident, Name};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "column-type-rewrite",
    id: "PS219",
    hazards: &["L19", "L20"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a type change rewrites the whole table, or checks all of it",
    page: r#"## What it catches
`ALTER COLUMN … TYPE` on a table that existed before the pending migrations, where PostgreSQL cannot keep the bytes as they are: `integer` to `bigint`, `text` to `varchar(n)`, a smaller length, another scale,
anything with a `USING` that computes. Also a change that keeps the bytes but hits a `CHECK` (all rows are tested again) or an index with the column in its condition (built again). Silent on what is
free: a longer `varchar`, `varchar` to `text`, more digits at the same scale, finer seconds.

## Why it hurts
The whole table and all its indexes are written again under an ACCESS EXCLUSIVE lock. Between `timestamp` and `timestamptz` it hangs on the session's `TimeZone`: UTC spares the rewrite,
but only without a precision below 6, and Prisma's `TIMESTAMP(3)` has one.

## What to do instead
A new column of the new type, written by the application beside the old one; fill it in batches; switch reads; drop the old one later.

## Example
```sql
ALTER TABLE "orders" ADD COLUMN "total_new" BIGINT;
-- write both, fill in batches, switch, then in a later migration
ALTER TABLE "orders" DROP COLUMN "total";
```

## When to allow it
The table is small, or the query of the finding shows that the old type is one that needs no rewrite.

## Source
PostgreSQL manual, ALTER TABLE, notes on changing a column's type; release notes 9.2 and 12; each pair proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AlterColumnType { table, column, to, using, .. } = view.action() else { return };
    let context = view.context();
    if !is_old(&context, table) {
        return;
    }
    let from = context.column(table, column).and_then(|known| known.data_type.as_ref());
    let change = type_change(context.script, from, to, using.as_ref());
    let shape = change_type(&context, table, column, change);
    let new = context.script.slice(to.span).trim();
    let old = from.map(shown);
    let (message, more) = match (shape, change) {
        (Shape::ChangeTypeInPlace, _) => return,
        (Shape::ChangeTypeRecheck, _) => {
            let check = check_reads(&context, table, column).and_then(|check| check.name.as_ref());
            let check = check.map_or_else(|| "a CHECK".to_owned(), |name| format!("`{name}`"));
            (
                format!("changing the type of `{column}` tests {check} on every row of `{table}` again"),
                "The type itself would cost nothing, but a CHECK on the column has to be tested again.".to_owned(),
            )
        }
        (Shape::ChangeTypeIndexed, _) => {
            let index = index_reads(&context, table, column).map_or_else(|| "an index".to_owned(), |name| format!("`{name}`"));
            (
                format!("changing the type of `{column}` builds {index} again while nobody can use `{table}`"),
                format!("The type itself would cost nothing, but {index} has the column in its condition and is built again."),
            )
        }
        (_, TypeChange::ZoneDecides) => (
            format!("changing `{column}` to `{new}` writes all of `{table}` again unless the session's TimeZone is UTC"),
            "The rewrite is spared only on PostgreSQL 12 and later in a session whose TimeZone is UTC, which nothing here guarantees.".to_owned(),
        ),
        (_, TypeChange::Unknown) => (
            format!("changing `{column}` to `{new}` writes all of `{table}` again, unless its old type is of the same bytes"),
            "No migration that was read says what type the column has; a longer varchar, varchar to text or more digits of a numeric would cost nothing."
                .to_owned(),
        ),
        _ => (
            format!(
                "changing `{column}` from `{}` to `{new}` writes all of `{table}` again",
                old.as_deref().unwrap_or("another type")
            ),
            "Dependent indexes and foreign keys are built and checked again too.".to_owned(),
        ),
    };
    findings.push(
        Finding::new(column.span, Subject::column(table, column), message)
            .why(format!("{} {more}", shape.row().says(table)))
            .help(help(shape, table, column, new))
            .query(query(change, table, column)),
    );
}

fn help(shape: Shape, table: &Name, column: &Ident, new: &str) -> String {
    let (quoted_name, name) = (quoted_table(table), ident(column));
    if shape == Shape::ChangeTypeRecheck {
        return format!(
            "Drop the CHECK, change the type, and add the CHECK again unchecked:\nALTER TABLE {quoted_name} DROP CONSTRAINT …;\n\
             ALTER TABLE {quoted_name} ALTER COLUMN {name} TYPE {new};\nALTER TABLE {quoted_name} ADD CONSTRAINT … CHECK (…) NOT VALID;\n\
             Validate it in the next migration."
        );
    }
    if shape == Shape::ChangeTypeIndexed {
        return format!(
            "Drop the index concurrently, alone in a migration; then:\nALTER TABLE {quoted_name} ALTER COLUMN {name} TYPE {new};\n\
             and build the index again with CREATE INDEX CONCURRENTLY, alone in a migration."
        );
    }
    let fresh = quoted(&format!("{}_new", column.value));
    format!(
        "A new column beside the old one:\nALTER TABLE {quoted_name} ADD COLUMN {fresh} {new};\n\
         Write both from the application, fill the old rows in batches, read the new one, and drop the old one in a later migration:\n\
         UPDATE {quoted_name} SET {fresh} = {name} WHERE {fresh} IS NULL AND … ;"
    )
}

fn query(change: TypeChange, table: &Name, column: &Ident) -> String {
    if change == TypeChange::Unknown {
        return format!(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute\nWHERE attrelid = {}::regclass AND attname = {};",
            text(&quoted_table(table)),
            text(&column.value)
        );
    }
    size_query(table)
}

/// A type as it is to be shown; it may stem from another file.
fn shown(data_type: &DataType) -> String {
    let arguments: Vec<_> = data_type.arguments.iter().map(u64::to_string).collect();
    let array = if data_type.array { "[]" } else { "" };
    match arguments.as_slice() {
        [] => format!("{}{array}", data_type.name),
        some => format!("{}({}){array}", data_type.name, some.join(",")),
    }
}
