//! `drop-default`: inserts that leave the column out stop working.

use super::add_required_column::is_updated_at;
use super::shared_redefined::redefined;
use super::shared_words::column_of;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Column;
use crate::sql::model::{Action, ColumnDef, ConstraintKind, Ident, Name, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "drop-default",
    id: "PS116",
    hazards: &["D17", "D20"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a default is dropped that inserts of the running application need",
    page: "\
## What it catches

`DROP DEFAULT` (SQL Server: `DROP CONSTRAINT` of a default; SQLite: a table rebuild without the default) on a column of a table that exists
before this deploy, and above all the pair `ADD COLUMN … NOT NULL DEFAULT …` and `DROP DEFAULT` in one deploy. An old column that holds
`@updatedAt` is left alone, since every Prisma Client writes it by itself. What MySQL's `MODIFY` leaves out is the family for MySQL's matter.

## Why it hurts

An application that still runs, a job or a colleague's script inserts without naming the column and counts on the default. If the column
is required, each of those inserts fails from this moment; if not, they write NULL.

## What to do instead

Keep the default until every writer that does not name the column is gone, then drop it in the contract step. A default costs nothing.

## Example

```sql
-- bad
ALTER TABLE \"users\" ADD COLUMN \"plan\" TEXT NOT NULL DEFAULT 'free';
ALTER TABLE \"users\" ALTER COLUMN \"plan\" DROP DEFAULT;
-- good
ALTER TABLE \"users\" ADD COLUMN \"plan\" TEXT NOT NULL DEFAULT 'free';
```

## When to allow it

When every deployed application, job and script names the column in its inserts.

## Source

The policy, \"Expand, migrate, contract\"; Prisma, `@default` and `@updatedAt`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::DropDefault { table, column } => {
            consider(view, table, column, context.column(table, column), column.span, found);
        }
        Action::DropConstraint { table, name, kind, .. } => {
            let known = context.table(table).and_then(|known| known.constraint(name)).map(|known| &known.constraint);
            let is_default =
                *kind == Some(ConstraintKind::Default) || known.is_some_and(|c| c.kind == ConstraintKind::Default);
            let column = match known {
                Some(constraint) if is_default => constraint.columns.first(),
                Some(_) => None,
                None => column_by_name(view, table, name),
            };
            if let Some(column) = column {
                consider(view, table, column, context.column(table, column), name.span, found);
            }
        }
        Action::RebuildTable(rebuild) => {
            for changed in redefined(view).into_iter().filter(|changed| changed.has_default == Some(false)) {
                // A key that counts by itself is no default that could be lost here.
                let definition = changed.before.and_then(|before| before.definition.as_ref());
                let counts = rebuild.definition.columns.iter().any(|new| new.name == *changed.column && new.identity);
                if !counts && definition.is_some_and(|definition| definition.default.is_some()) {
                    consider(view, changed.table, changed.column, changed.before, changed.span, found);
                }
            }
        }
        _ => {}
    }
}

/// Prisma calls the default of a column on SQL Server `<table>_<column>_df`.
fn column_by_name<'a>(view: &OperationView<'a>, table: &Name, constraint: &Ident) -> Option<&'a Ident> {
    let known = view.context().table(table).filter(|_| view.facts().provider == Provider::Sqlserver)?;
    let named = |column: &&Column| constraint.is(&format!("{}_{}_df", table.object, column.name));
    known.columns.iter().find(named).map(|column| &column.name)
}

fn consider(
    view: &OperationView<'_>,
    table: &Name,
    column: &Ident,
    before: Option<&Column>,
    span: Span,
    found: &mut Findings<'_>,
) {
    let context = view.context();
    let with_it = &view.statement.statement().operations;
    let is_gone_later = with_it.iter().any(|other| gives_default_or_drops(&other.action, table, column))
        || context.later().any(|(_, later)| gives_default_or_drops(&later.action, table, column));
    let had_none = before.is_some_and(|column| column.has_default == Some(false));
    if !has_old_rows(context, table) || is_gone_later || had_none {
        return;
    }
    let added_now = context.state.born_in_pending(before.and_then(|column| column.born));
    let name = column.value.replace('_', "").to_ascii_lowercase();
    if !added_now && is_updated_at(&name) {
        return;
    }
    let nullable =
        if begins_to_take_null(view, table, column) { Some(true) } else { before.and_then(|known| known.nullable) };
    found.push(finding(context.provider(), table, column, nullable, span, added_now));
}

/// The same file makes the column optional, as Prisma does beside the default in one statement.
fn begins_to_take_null(view: &OperationView<'_>, of: &Name, which: &Ident) -> bool {
    let takes_null = |definition: &ColumnDef| definition.nullable != Some(false) && !definition.identity;
    let context = view.context();
    let mut here = view.statement.statement().operations.iter().chain(context.later().map(|(_, later)| later));
    here.any(|other| match &other.action {
        Action::DropNotNull { table, column } => table == of && column == which,
        Action::RebuildTable(rebuild) => {
            rebuild.table == *of && rebuild.definition.columns.iter().any(|new| new.name == *which && takes_null(new))
        }
        _ => false,
    })
}

fn gives_default_or_drops(action: &Action, of: &Name, which: &Ident) -> bool {
    match action {
        Action::SetDefault { table, column, .. } | Action::DropColumn { table, column, .. } => {
            table == of && column == which
        }
        Action::ModifyColumn { table, column, definition, .. } => {
            table == of && column == which && definition.default.is_some()
        }
        Action::AddConstraint { table, constraint } => {
            table == of && constraint.kind == ConstraintKind::Default && constraint.columns.contains(which)
        }
        Action::DropTable { names, .. } => names.contains(of),
        _ => false,
    }
}

fn finding(
    provider: Provider,
    table: &Name,
    column: &Ident,
    nullable: Option<bool>,
    span: Span,
    added_now: bool,
) -> Finding {
    let words = column_of(table, column);
    let fate = match nullable {
        Some(false) => "fail",
        Some(true) => "write NULL",
        None => "fail, or write NULL",
    };
    let message = if added_now {
        format!("{words} is added with a default that the same deploy drops again: old inserts {fate}")
    } else {
        format!("dropping the default of {words}: inserts that do not name it {fate}")
    };
    let who = if added_now {
        "The application that still runs does not know the column and cannot name it in its inserts"
    } else {
        "The application that still runs, jobs and scripts may not name the column in their inserts and count on the default"
    };
    Finding::new(span, Subject::column(table, column), message)
        .why(format!("{who}; from this moment those inserts {fate}."))
        .help(format!(
            "keep the default now and drop it in the contract step, when every writer names `{column}`:\n{}",
            later_sql(provider, table, column)
        ))
}

fn later_sql(provider: Provider, table: &Name, column: &Ident) -> String {
    let (table_sql, column_sql) = (quote::name(provider, table), quote::ident(provider, &column.value));
    match provider {
        Provider::Sqlserver => format!("ALTER TABLE {table_sql} DROP CONSTRAINT …; -- the default of {column_sql}"),
        Provider::Sqlite => format!("-- in the rebuild of {table_sql}, write {column_sql} with its DEFAULT as before"),
        _ => format!("ALTER TABLE {table_sql} ALTER COLUMN {column_sql} DROP DEFAULT;"),
    }
}
