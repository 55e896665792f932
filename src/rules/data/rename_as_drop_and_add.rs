//! `rename-as-drop-and-add`: what was meant as a rename deletes the values.

use super::shared_likeness::{begin_alike, name_likeness, same_type};
use super::shared_pending::is_emptied;
use super::shared_redefined::{left_behind, takes_null};
use super::shared_words::{allow_line, column_of, rename_table_sql, type_words};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::{Column, Table};
use crate::sql::model::{Action, ColumnDef, CreateTable, DataType, Ident, InsertSource, Name, RebuildTable, Script};
use crate::sql::quote;

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

/// Names that have at least this much in common count as alike.
const ALIKE: f64 = 0.4;
/// The only pair of a type needs so much in common: a book's text and its number are both text, and no rename.
const A_LITTLE_ALIKE: f64 = 0.2;
/// Alike enough to be a rename although the type changes.
const NEARLY_EQUAL: f64 = 0.8;

/// A column on either side of a possible rename.
struct Side<'a> {
    name: &'a Ident,
    data_type: Option<&'a DataType>,
    nullable: Option<bool>,
    /// Index of its statement.
    statement: usize,
}

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
    let old = |statement: usize, name| {
        let known = context.column(table, name);
        let data_type = known.and_then(|known| known.data_type.as_ref());
        Side { name, data_type, nullable: known.and_then(|known| known.nullable), statement }
    };
    let follows = |new: &ColumnDef| new.span.start > column.span.start;
    let mut dropped = Vec::new();
    let mut added = Vec::new();
    for (statement, operation) in script.operations() {
        match &operation.action {
            Action::DropColumn { table: of, column, .. } if of == table => dropped.push(old(statement.index, column)),
            // A helper column is added first and dropped at the end of the file: that is no column made anew.
            Action::AddColumn { table: of, column: new, .. }
                if of == table && (new.name != *column || follows(new)) =>
            {
                added.push(new_side(new, statement.index));
            }
            _ => {}
        }
    }
    let Some(this) = dropped.iter().find(|side| side.name.span == column.span) else { return };
    if let Some(pair) = best_pair(this, &dropped, &added)
        && !is_copied(script, table, column, pair.name)
    {
        let mut finding = column_finding(context.provider(), table, this, pair);
        finding.statement = Some(pair.statement);
        found.push(finding);
    }
}

fn new_side(column: &ColumnDef, statement: usize) -> Side<'_> {
    Side { name: &column.name, data_type: column.data_type.as_ref(), nullable: Some(takes_null(column)), statement }
}

fn check_rebuild(view: &OperationView<'_>, rebuild: &RebuildTable, found: &mut Findings<'_>) {
    let Some(before) = view.context().table(&rebuild.table) else { return };
    let statement = view.statement.statement().index;
    let old = |column| old_side(column, statement);
    let dropped: Vec<_> = left_behind(rebuild, before).map(old).collect();
    let is_new = |column: &&ColumnDef| {
        before.column(&column.name).is_none() && !rebuild.copied.iter().any(|copied| copied.to == column.name)
    };
    let added: Vec<_> =
        rebuild.definition.columns.iter().filter(is_new).map(|column| new_side(column, statement)).collect();
    for this in &dropped {
        if let Some(pair) = best_pair(this, &dropped, &added) {
            found.push(column_finding(view.context().provider(), &rebuild.table, this, pair));
        }
    }
}

fn old_side(column: &Column, statement: usize) -> Side<'_> {
    Side { name: &column.name, data_type: column.data_type.as_ref(), nullable: column.nullable, statement }
}

/// The added column that a dropped one most looks like, when that one has no better match itself.
fn best_pair<'a, 'b>(this: &Side<'a>, dropped: &[Side<'a>], added: &'b [Side<'a>]) -> Option<&'b Side<'a>> {
    let best = added.iter().max_by(|a, b| score(this, a).total_cmp(&score(this, b)))?;
    let own = score(this, best);
    let has_rival = dropped.iter().any(|other| other.name.span != this.name.span && score(other, best) > own);
    let only_pair = dropped.iter().filter(|other| fits(other, best)).count() == 1
        && added.iter().filter(|other| fits(this, other)).count() == 1;
    let names = name_likeness(&this.name.value, &best.name.value);
    let is_rename = if fits(this, best) {
        names >= ALIKE || (only_pair && names >= A_LITTLE_ALIKE && alike_in_null(this, best))
    } else {
        names >= NEARLY_EQUAL
    };
    (is_rename && !has_rival).then_some(best)
}

fn fits(old: &Side<'_>, new: &Side<'_>) -> bool {
    matches!((old.data_type, new.data_type), (Some(old), Some(new)) if same_type(old, new))
}

fn alike_in_null(old: &Side<'_>, new: &Side<'_>) -> bool {
    old.nullable.is_none() || new.nullable.is_none() || old.nullable == new.nullable
}

fn score(old: &Side<'_>, new: &Side<'_>) -> f64 {
    let kind = if fits(old, new) { 1.0 } else { 0.0 };
    let null = if alike_in_null(old, new) { 0.1 } else { 0.0 };
    let head = if begin_alike(&old.name.value, &new.name.value) { 0.05 } else { 0.0 };
    name_likeness(&old.name.value, &new.name.value) + kind + null + head
}

/// The file moves the values: it writes the new column from the old one, or for one of the same name takes them elsewhere or brings them back.
fn is_copied(script: &Script, table: &Name, old: &Ident, new: &Ident) -> bool {
    script.operations().any(|(_, operation)| match &operation.action {
        Action::Update(update) if update.table == *table => update.assignments.iter().any(|assignment| {
            let asks_old = update.condition.as_ref().is_some_and(|condition| condition.expr.columns.contains(old));
            let reads_old = assignment.value.columns.contains(old);
            if old == new {
                return (reads_old && assignment.column != *old) || assignment.column == *old;
            }
            assignment.column == *new && (reads_old || asks_old || assignment.value.subquery)
        }),
        _ => false,
    })
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
    let Some(known) = context.table(old).filter(|table| table.complete && !old.object.value.starts_with('_')) else {
        return;
    };
    let created = script.operations().filter_map(|(statement, operation)| match &operation.action {
        Action::CreateTable(create) if create.name != *old && !create.temporary => {
            Some((statement.index, create.as_ref()))
        }
        _ => None,
    });
    for (statement, create) in created {
        if looks_like(known, create) && !is_filled_from(script, create, old) && !has_likelier(view, old, create) {
            let mut finding = table_finding(context.provider(), old, create);
            finding.statement = Some(statement);
            found.push(finding);
        }
    }
}

/// Another table that the file drops looks more like the new one.
fn has_likelier(view: &OperationView<'_>, old: &Name, create: &CreateTable) -> bool {
    let likeness = |name: &Name| name_likeness(&name.object.value, &create.name.object.value);
    let better = |other: &Name| {
        other != old
            && likeness(other) > likeness(old)
            && view.context().table(other).is_some_and(|known| known.complete && looks_like(known, create))
    };
    view.statement.script().operations().any(|(_, operation)| match &operation.action {
        Action::DropTable { names, temporary: false, .. } => names.iter().any(better),
        _ => false,
    })
}

/// Nearly the same columns: seven in ten by name and type, six under a name that is alike.
fn looks_like(old: &Table, new: &CreateTable) -> bool {
    let most = old.columns.len().max(new.columns.len());
    let same = new.columns.iter().filter(|column| {
        old.column(&column.name).is_some_and(|before| match (&before.data_type, &column.data_type) {
            (Some(a), Some(b)) => same_type(a, b),
            _ => true,
        })
    });
    let same = same.count();
    // What nearly every table of a Prisma schema has in common.
    let common = new.columns.iter().filter(|column| {
        let name = column.name.value.replace('_', "").to_ascii_lowercase();
        matches!(name.as_str(), "id" | "createdat" | "updatedat" | "deletedat") && old.column(&column.name).is_some()
    });
    let telling = same.saturating_sub(common.count());
    let alike = name_likeness(&old.name.object.value, &new.name.object.value) >= ALIKE;
    (same * 10 >= most * 7 && (telling >= 2 || (telling >= 1 && alike)))
        || (alike && same * 10 >= most * 6 && telling >= 2)
}

fn is_filled_from(script: &Script, create: &CreateTable, old: &Name) -> bool {
    let reads = |select: &crate::sql::model::Select| select.from.contains(old);
    create.source.as_ref().is_some_and(reads)
        || script.operations().any(|(_, operation)| match &operation.action {
            Action::Insert(insert) if insert.table == create.name => {
                matches!(&insert.source, InsertSource::Select(select) if reads(select))
            }
            _ => false,
        })
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
