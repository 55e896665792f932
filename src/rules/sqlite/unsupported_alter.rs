//! `ALTER TABLE` that SQLite refuses.

use super::shared_rebuild::SQLITE;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Facts, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, ColumnDef, ConstraintKind, Ident, Name, Span};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unsupported-alter",
    id: "PS606",
    hazards: &["S6"],
    databases: SQLITE,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "SQLite refuses this ALTER TABLE, some of them only when the table has rows",
    page: r#"## What it catches
`ALTER TABLE` that SQLite refuses: `ADD COLUMN` with `PRIMARY KEY` or `UNIQUE`; with a default that is not constant (`CURRENT_TIMESTAMP`, an expression in parentheses), with a stored generated column, or with `REFERENCES` and a default, on a
table that may hold rows; `DROP COLUMN` of a column that is a key, unique, indexed or in a foreign key, and any `DROP COLUMN` before 3.35.

## Why it hurts
Some of these fail only when the table has rows, so they pass on the shadow database and in development and stop the deploy in production, with the statements before them done.

## What to do instead
Rebuild the table, as `prisma migrate dev` writes it; for a column that is indexed drop the index first.

## Example
```sql
-- refused as soon as the table has a row
ALTER TABLE "orders" ADD COLUMN "created" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP;
```

## When to allow it
The table is empty everywhere.

## Source
SQLite, "ALTER TABLE" 4 (ADD COLUMN) and 5 (DROP COLUMN).
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let context = view.context();
    let refused = match view.action() {
        Action::AddColumn { table, column, .. } => add(&context, table, column).map(|why| (table, &column.name, why)),
        Action::DropColumn { table, column, .. } => {
            drop(&context, view.facts(), table, column).map(|why| (table, column, why))
        }
        _ => None,
    };
    let Some((table, column, (span, message, always))) = refused else { return };
    let when = if always {
        "SQLite refuses it on every database."
    } else {
        "SQLite refuses it as soon as the table has a row, so it passes on empty databases and fails in production."
    };
    findings.push(
        Finding::new(span, Subject::column(table, column), message)
            .why(format!(
                "{when} The statements before it stay done, since SQLite runs the file without a transaction."
            ))
            .help(
                "Let Prisma write the rebuild, which copies the rows:\nnpx prisma migrate dev --create-only\n\
                 A column that is indexed can go after its index:\nDROP INDEX …;",
            ),
    );
}

/// Where, what, and whether on an empty table too.
type Refused = (Span, String, bool);

fn add(context: &Context<'_>, table: &Name, column: &ColumnDef) -> Option<Refused> {
    for constraint in &column.constraints {
        let word = match constraint.kind {
            ConstraintKind::PrimaryKey => "PRIMARY KEY",
            ConstraintKind::Unique => "UNIQUE",
            _ => continue,
        };
        return Some((constraint.span, format!("SQLite cannot add a column with {word} to a table"), true));
    }
    if !is_old(context, table) {
        return None;
    }
    if let Some(generated) = column.generated.as_ref().filter(|generated| generated.stored) {
        return Some((generated.expr.span, "SQLite cannot add a stored column to a table with rows".to_owned(), false));
    }
    let default = column.default.as_ref().filter(|default| !default.is_null())?;
    let text = context.script.slice(default.span).trim();
    let current =
        ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if current || (text.starts_with('(') && !default.calls.is_empty()) {
        return Some((
            default.span,
            format!("SQLite cannot add a column with the default `{text}` to a table with rows"),
            false,
        ));
    }
    let key = column.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::ForeignKey)?;
    Some((key.span, "SQLite cannot add a column with REFERENCES and a default to a table with rows".to_owned(), false))
}

fn drop(context: &Context<'_>, facts: &Facts, table: &Name, column: &Ident) -> Option<Refused> {
    if facts.server_before(3, 35, 0) {
        return Some((column.span, "SQLite before 3.35 does not know DROP COLUMN".to_owned(), true));
    }
    let known = context.table(table)?;
    if let Some(index) =
        known.indexes.iter().find(|known| known.index.columns.iter().any(|part| part.column.as_ref() == Some(column)))
    {
        let name = index.name.as_ref().map_or_else(String::new, |name| format!(" `{}`", name.object));
        return Some((
            column.span,
            format!("SQLite cannot drop `{table}`.`{column}`: the index{name} is over it"),
            true,
        ));
    }
    let constraint = known.constraints.iter().find(|known| known.constraint.columns.contains(column))?;
    let what = match constraint.constraint.kind {
        ConstraintKind::PrimaryKey => "it is the primary key",
        ConstraintKind::Unique => "it is unique",
        ConstraintKind::ForeignKey => "it is in a foreign key",
        _ => return None,
    };
    Some((column.span, format!("SQLite cannot drop `{table}`.`{column}`: {what}"), true))
}
