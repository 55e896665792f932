//! `rename-as-drop-and-add`: what was meant as a rename deletes the values.

use super::shared_pending::is_emptied;
use super::shared_words::{allow_line, column_of, rename_table_sql, type_words};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, CreateTable, Ident, Name, RebuildTable};
use crate::sql::quote;
use crate::sql::renames::{self, Certainty, Side, fits};

pub const RULE: Rule = Rule {
    slug: "rename-as-drop-and-add",
    id: "PS122",
    hazards: &["D23"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a drop and an add of the same kind look like a rename that loses the values",
    page: "\
## What it catches

One migration that drops a column and adds one of the same type to the same table: the best match by type and name, or the only match
by type when the names have at least a little in common. Also a column that is dropped and added again under its own name, and a table that is dropped beside the creation of one with
nearly the same columns. It is left alone when the file copies the values over.

## Why it hurts

Prisma does not know renames: after a field is renamed in the schema, the generated migration drops the old column and adds an empty one.
Every value is lost, the migration succeeds, and the application shows empty fields. Nobody sees it in a test database.

## What to do instead

Say which of three it is. A new name for the code only: `@map(\"old\")` in the schema, no SQL. A new name in the database: add the new column,
write both, copy, drop the old one after the soak time (or `RENAME COLUMN` in a downtime). Truly two different columns: allow it with that
reason.

## Example

```sql
-- bad: `name` became `fullName` in the Prisma schema
ALTER TABLE \"users\" DROP COLUMN \"name\", ADD COLUMN \"fullName\" TEXT;
-- good: the first step; copy and drop follow
ALTER TABLE \"users\" ADD COLUMN \"fullName\" TEXT;
```

## When to allow it

When the new column has nothing to do with the old one.

## Source

Prisma, \"Customizing migrations\", \"Rename a field\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::DropColumn { table, column, .. } if has_old_rows(context, table) && !is_emptied(view, table) => {
            let born = context.column(table, column).and_then(|known| known.born);
            if !context.state.born_in_pending(born) {
                check_column(view, table, column, found);
            }
        }
        Action::RebuildTable(rebuild) if has_old_rows(context, &rebuild.table) => check_rebuild(view, rebuild, found),
        Action::DropTable { names, temporary: false, .. } => {
            for name in names.iter().filter(|name| has_old_rows(context, name)) {
                check_table(view, name, found);
            }
        }
        _ => {}
    }
}

fn check_column(view: &OperationView<'_>, table: &Name, column: &Ident, found: &mut Findings<'_>) {
    let (script, context) = (view.statement.script(), view.context());
    let sides = renames::of_statements(script, context.state, table, column);
    let Some(this) = sides.dropped.iter().find(|side| side.name.span == column.span) else { return };
    if let Some(pair) = sides.best_pair(this, Certainty::Likely)
        && !renames::is_copied(script, table, column, pair.name)
    {
        let mut finding = column_finding(context.provider(), table, this, pair);
        finding.statement = Some(pair.statement);
        found.push(finding);
    }
}

fn check_rebuild(view: &OperationView<'_>, rebuild: &RebuildTable, found: &mut Findings<'_>) {
    let Some(before) = view.context().table(&rebuild.table) else { return };
    let sides = renames::of_rebuild(rebuild, before, view.statement.statement().index);
    for this in &sides.dropped {
        if let Some(pair) = sides.best_pair(this, Certainty::Likely) {
            found.push(column_finding(view.context().provider(), &rebuild.table, this, pair));
        }
    }
}

fn column_finding(provider: Provider, table: &Name, old: &Side<'_>, new: &Side<'_>) -> Finding {
    let (from, to) = (old.name, new.name);
    let words = column_of(table, from);
    let (table_sql, from_sql, to_sql) =
        (quote::name(provider, table), quote::ident(provider, &from.value), quote::ident(provider, &to.value));
    let subject = Subject::column(table, from);
    let span = new.name.span;
    if from == to {
        return Finding::new(span, subject, format!("{words} is dropped and added again: its values are lost, not converted"))
            .why("Prisma does this where it knows no conversion. The migration succeeds, and every row then holds NULL or the default.")
            .help(format!(
                "convert the values into a column beside it and drop the old one later, after a look at the result:\n\
                 ALTER TABLE {table_sql} {} {} {};\n\
                 if the values are worthless: {}",
                add_words(provider),
                quote::ident(provider, &format!("{from}_new")),
                new.data_type.map_or_else(|| "…".to_owned(), type_words),
                allow_line("rename-as-drop-and-add", "…")
            ));
    }
    let like = if fits(old, new) { "of the same type" } else { "of nearly the same name" };
    let rename = match provider {
        Provider::Sqlserver => format!(
            "EXEC sp_rename {}, {}, 'COLUMN';",
            quote::text(provider, &format!("{table_sql}.{from_sql}")),
            quote::text(provider, &to.value)
        ),
        _ => format!("ALTER TABLE {table_sql} RENAME COLUMN {from_sql} TO {to_sql};"),
    };
    Finding::new(span, subject, format!("dropping {words} and adding `{to}` {like} looks like a rename that loses every value"))
        .why(format!(
            "Prisma writes a renamed field as a drop and an add. The migration succeeds, and what `{from}` held is gone: `{to}` begins empty in \
             every row."
        ))
        .help(format!(
            "1. a new name for the code only: `{to} … @map(\"{from}\")` in the Prisma schema, no SQL\n\
             2. a new name in the database: add `{to}` here, write both, copy, drop `{from}` in a later migration; in a downtime instead:\n   \
             {rename}\n\
             3. two different columns: {}",
            allow_line("rename-as-drop-and-add", "… is not …")
        ))
}

const fn add_words(provider: Provider) -> &'static str {
    match provider {
        Provider::Sqlserver => "ADD",
        _ => "ADD COLUMN",
    }
}

fn check_table(view: &OperationView<'_>, old: &Name, found: &mut Findings<'_>) {
    let (script, context) = (view.statement.script(), view.context());
    for (statement, create) in renames::of_table(script, context.state, old) {
        let mut finding = table_finding(context.provider(), old, create);
        finding.statement = Some(statement);
        found.push(finding);
    }
}

fn table_finding(provider: Provider, old: &Name, create: &CreateTable) -> Finding {
    let new = &create.name;
    Finding::new(
        new.span(),
        Subject::table(old),
        format!("dropping `{old}` and creating `{new}` with nearly its columns looks like a rename that loses every row"),
    )
    .why(format!(
        "Prisma writes a renamed model as a drop and a create. The migration succeeds, and the rows of `{old}` are gone: `{new}` begins empty."
    ))
    .help(format!(
        "1. a new name for the code only: `@@map(\"{}\")` on the model in the Prisma schema, no SQL\n\
         2. a new name in the database: create `{new}` here, write both, copy, drop `{old}` in a later migration; in a downtime instead:\n   \
         {}\n\
         3. two different tables: {}",
        old.object,
        rename_table_sql(provider, old, &new.object.value),
        allow_line("rename-as-drop-and-add", "… is not …")
    ))
}
