//! `ADD COLUMN … SERIAL` or `… IDENTITY`.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, table as quoted_table, text};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, TypeFamily};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "identity-column-rewrite",
    id: "PS218",
    hazards: &["L18"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a new serial or identity column rewrites the whole table",
    page: r#"## What it catches
`ADD COLUMN` of a `SERIAL` type or with `GENERATED … AS IDENTITY` on a table that existed before the pending migrations.

## Why it hurts
Every row gets a number at once: the whole table and all its indexes are written again under an ACCESS EXCLUSIVE lock.

## What to do instead
A plain integer column and a sequence as its default, which then counts for new rows; old rows are filled in batches.

## Example
```sql
ALTER TABLE "orders" ADD COLUMN "number" BIGINT;
CREATE SEQUENCE "orders_number_seq" OWNED BY "orders"."number";
ALTER TABLE "orders" ALTER COLUMN "number" SET DEFAULT nextval('"orders_number_seq"');
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE, notes: adding "an identity column … will require the entire table and its indexes to be rewritten"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    let width = match column.data_type.as_ref().map(|data_type| data_type.family) {
        Some(TypeFamily::Serial(width)) => width,
        Some(TypeFamily::Integer(width)) if column.identity => width,
        _ if column.identity => 8,
        _ => return,
    };
    if !is_old(&context, table) {
        return;
    }
    let kind = match width {
        2 => "SMALLINT",
        4 => "INTEGER",
        _ => "BIGINT",
    };
    let sequence = quoted(&format!("{}_{}_seq", table.object.value, column.name.value));
    let (quoted_name, name) = (quoted_table(table), ident(&column.name));
    findings.push(
        Finding::new(
            column.name.span,
            Subject::column(table, &column.name),
            format!("numbering every row by `{}` makes PostgreSQL write all of `{table}` again", column.name),
        )
        .why(Shape::AddColumnIdentity.row().says(table))
        .help(format!(
            "Number new rows first, and the old ones in batches:\nALTER TABLE {quoted_name} ADD COLUMN {name} {kind};\n\
             CREATE SEQUENCE {sequence} OWNED BY {quoted_name}.{name};\n\
             ALTER TABLE {quoted_name} ALTER COLUMN {name} SET DEFAULT nextval({});\n\
             Then, outside of migrations:\nUPDATE {quoted_name} SET {name} = DEFAULT WHERE {name} IS NULL AND … ;",
            text(&sequence)
        ))
        .query(size_query(table)),
    );
}
