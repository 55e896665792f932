//! A counted primary key that runs out.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Level, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::{Column, Table};
use crate::sql::model::{Action, ColumnOption, ConstraintKind, CreateTable, DataType, Ident, Script, TypeFamily};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "narrow-id",
    id: "PS307",
    hazards: &["H6"],
    // Every INTEGER of SQLite has 64 bits, and its AUTOINCREMENT takes no other type.
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    // Prisma's `Int @id @default(autoincrement())` is what every tutorial shows: whoever wants more says so.
    levels: Levels::everywhere(Level::Allow),
    fixable: Fixable::Never,
    summary: "a new table counts its primary key in 32 bits or less (off by default)",
    page: r#"## What it catches
A new table whose primary key the database counts up (`SERIAL`, `IDENTITY`, `AUTO_INCREMENT`, a default of `nextval`) in a type of 32 bits or less, as the table is at the end of the migration. SQLite is left out: each of its
`INTEGER`s has 64 bits, and `AUTOINCREMENT` takes no other type (with `BigInt @id @default(autoincrement())` Prisma writes a `BIGINT` there, which does not count by itself).

It is off by default, since Prisma writes such a key for every `Int @id @default(autoincrement())`. To turn it on:

```toml
[lint.rules]
narrow-id = "warn"
```

or for one run: `cargo prisma-safe lint --warn narrow-id`.

## Why it hurts
After 2147483647 every insert fails. Numbers of inserts that failed or were rolled back are used up, too, so it comes sooner than the rows tell. By then the table is large, and a wider type means writing all of it anew, with every
foreign key that points at it, while it can be neither read nor written.

## What to do instead
`BIGINT` from the start: four more bytes a row. In Prisma's schema `BigInt @id @default(autoincrement())`, and `BigInt` for the fields that point at it. The client then gives a JavaScript `bigint`, which `JSON.stringify` refuses.

## Example
```sql
CREATE TABLE "events" ("id" BIGSERIAL NOT NULL, CONSTRAINT "events_pkey" PRIMARY KEY ("id"));
```

## When to allow it
The table holds a list that people write: countries, roles, settings.

## Source
PostgreSQL manual, "Numeric Types"; MySQL manual, "Integer Types"; SQL Server, "int, bigint, smallint, and tinyint"; SQLite, "Datatypes In SQLite" and "SQLite Autoincrement".
"#,
    check: Check::Migration(check),
};

/// The widest type that is too narrow, in bytes.
const NARROW: u8 = 4;

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    for (statement, operation) in view.script.operations() {
        let Action::CreateTable(create) = &operation.action else { continue };
        // Later statements may widen the column, drop the table, or give it another key.
        let Some(known) = view.state.table(&create.name).filter(|known| !known.temporary) else { continue };
        let keys = known.constraints_of(ConstraintKind::PrimaryKey).flat_map(|key| &key.constraint.columns);
        for own in keys {
            if let Some(mut finding) = narrow(view, create, known, own) {
                finding.statement = Some(statement.index);
                findings.push(finding);
            }
        }
    }
}

fn narrow(view: &MigrationView<'_>, create: &CreateTable, known: &Table, own: &Ident) -> Option<Finding> {
    let provider = view.script.provider;
    let column = known.column(own)?;
    let data_type = column.data_type.as_ref()?;
    let (TypeFamily::Integer(bytes) | TypeFamily::Serial(bytes)) = data_type.family else { return None };
    if bytes > NARROW || !is_counted(view.script, known, column) {
        return None;
    }
    let written = create.columns.iter().find(|written| written.name == *own)?;
    let span = written.data_type.as_ref().map_or(written.name.span, |written| written.span);
    let wide = wide(view.script, create, column, own);
    let table = &create.name;
    let last = last_number(provider, data_type, bytes);
    let native = if data_type.unsigned { " @db.UnsignedBigInt" } else { "" };
    Some(
        Finding::new(
            span,
            Subject::column(table, own),
            format!("`{table}`.`{own}` counts in {} bits: its last number is {last}", bytes * 8),
        )
        .why(format!(
            "After {last} every insert into `{table}` fails. To widen the column then means to write the whole table anew, with every foreign key that points at it."
        ))
        .help(format!(
            "Take the wide type while the table is empty:\n{wide}\nIn Prisma's schema, and `BigInt` for the fields that point at it:\n{own} BigInt @id @default(autoincrement()){native}"
        )),
    )
}

fn is_counted(script: &Script, table: &Table, column: &Column) -> bool {
    let serial = column.data_type.as_ref().is_some_and(|own| matches!(own.family, TypeFamily::Serial(_)));
    let defined = column.definition.as_ref().is_some_and(|definition| {
        let sequence = definition.default.as_ref().is_some_and(|value| value.calls.iter().any(|c| c.name == "nextval"));
        definition.identity || sequence
    });
    // As pg_dump writes it.
    let later = || {
        script.operations().any(|(_, operation)| match &operation.action {
            Action::ColumnOption { table: of, column: name, option: ColumnOption::AddIdentity } => {
                *of == table.name && *name == column.name
            }
            _ => false,
        })
    };
    serial || defined || later()
}

/// The column's own definition with the wide type; where it is not written in one piece, name and type.
fn wide(script: &Script, create: &CreateTable, column: &Column, own: &Ident) -> String {
    let provider = script.provider;
    let unsigned = column.data_type.as_ref().is_some_and(|known| known.unsigned);
    let serial = column.data_type.as_ref().is_some_and(|known| matches!(known.family, TypeFamily::Serial(_)));
    let name = match (serial, unsigned) {
        (true, _) => "BIGSERIAL",
        (false, true) => "BIGINT UNSIGNED",
        (false, false) => "BIGINT",
    };
    create
        .columns
        .iter()
        .find(|written| written.name == *own)
        .and_then(|written| {
            let (all, old) = (script.slice(written.span), written.data_type.as_ref()?.span);
            let from = old.start.checked_sub(written.span.start)? as usize;
            let to = old.end.checked_sub(written.span.start)? as usize;
            Some(format!("{}{name}{}", all.get(..from)?, all.get(to..)?))
        })
        .unwrap_or_else(|| format!("{} {name}", quote::ident(provider, &own.value)))
}

fn last_number(provider: Provider, data_type: &DataType, bytes: u8) -> u64 {
    // SQL Server's tinyint has no sign.
    let unsigned = data_type.unsigned || (provider == Provider::Sqlserver && bytes == 1);
    (1_u64 << (u32::from(bytes) * 8 - u32::from(!unsigned))) - 1
}
