//! `drop-constraint`: a promise about the rows is given up.

use super::shared_words::{allow_line, listed};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::{Context, KnownConstraint, Table};
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident, Name, Span};

pub const RULE: Rule = Rule {
    slug: "drop-constraint",
    id: "PS118",
    hazards: &["D18"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a foreign key, check, unique or primary key is dropped",
    page: "\
## What it catches

Dropping a foreign key, a check, a unique constraint or index, or the primary key of a table that exists before this deploy, also by a
table rebuild whose new table lacks it. It is left alone when the same file puts one over the same columns back (Prisma does that to
change `onDelete`), or drops one of its columns or the table.

## Why it hurts

From that moment the application can write rows that break the promise, and after the first one the constraint cannot be put back. Nobody
notices until then. Without its unique key an `upsert` inserts twice.

## What to do instead

When it is replaced, add the new one first and drop the old one in the same file. When it is in the way of a load, load in another way.
When it is truly unwanted, say why, and ship a revert script that puts it back.

## Example

```sql
-- bad
ALTER TABLE \"posts\" DROP CONSTRAINT \"posts_author_id_fkey\";
-- good: replaced
ALTER TABLE \"posts\" DROP CONSTRAINT \"posts_author_id_fkey\", ADD CONSTRAINT \"posts_author_id_fkey\" FOREIGN KEY (\"author_id\") REFERENCES \"users\" (\"id\") ON DELETE CASCADE NOT VALID;
```

## When to allow it

When the application keeps the promise by other means, or the promise no longer holds by design.

## Source

PostgreSQL, MySQL, SQLite and SQL Server manuals, `ALTER TABLE`, `DROP INDEX`; Prisma, `relationMode`.
",
    check: Check::Operation(check),
};

struct Dropped<'a> {
    table: &'a Name,
    name: &'a str,
    kind: ConstraintKind,
    columns: Vec<&'a Ident>,
    span: Span,
}

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    for dropped in dropped(view) {
        if has_old_rows(context, dropped.table)
            && !is_replaced(view, &dropped)
            && !goes_anyway(view, &dropped)
            && !is_not_null_too(context, &dropped)
        {
            found.push(finding(&dropped));
        }
    }
}

fn dropped<'a>(view: &OperationView<'a>) -> Vec<Dropped<'a>> {
    let context = view.context();
    match view.action() {
        Action::DropConstraint { table, name, kind, .. } => {
            let known = context.table(table).and_then(|known| known.constraint(name));
            let kind = known.map(|known| known.constraint.kind).or(*kind);
            let columns = known.map_or_else(Vec::new, |known| known.constraint.columns.iter().collect());
            match kind.or_else(|| kind_by_name(&name.value)) {
                Some(kind) if is_promise(kind) => {
                    vec![Dropped { table, name: &name.value, kind, columns, span: name.span }]
                }
                _ => Vec::new(),
            }
        }
        Action::DropPrimaryKey { table } => {
            let known = context.table(table).and_then(|known| known.constraints_of(ConstraintKind::PrimaryKey).next());
            let columns = known.map_or_else(Vec::new, |known| known.constraint.columns.iter().collect());
            vec![Dropped {
                table,
                name: "PRIMARY",
                kind: ConstraintKind::PrimaryKey,
                columns,
                span: view.operation.span,
            }]
        }
        Action::DropIndex { names, table, .. } => {
            names.iter().filter_map(|name| dropped_index(context, table.as_ref(), name)).collect()
        }
        Action::RebuildTable(rebuild) => match context.table(&rebuild.table) {
            Some(before) => lost_in_rebuild(before, rebuild),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A `CHECK (c IS NOT NULL)` that has done its work: the column is `NOT NULL` by now.
fn is_not_null_too(context: Context<'_>, dropped: &Dropped<'_>) -> bool {
    let Some(table) = context.table(dropped.table).filter(|_| dropped.kind == ConstraintKind::Check) else {
        return false;
    };
    let known =
        table.constraints.iter().find(|known| known.constraint.name.as_ref().is_some_and(|name| name.is(dropped.name)));
    known.and_then(|known| known.constraint.expr.as_ref()).is_some_and(|expr| {
        let required = |column: &Ident| table.column(column).is_some_and(|known| known.nullable == Some(false));
        !expr.not_null.is_empty() && expr.not_null.iter().all(required) && expr.columns.iter().all(required)
    })
}

/// A name that PostgreSQL or Prisma made up tells the kind.
fn kind_by_name(name: &str) -> Option<ConstraintKind> {
    let ends = |suffix| name.ends_with(suffix);
    match () {
        () if ends("_fkey") => Some(ConstraintKind::ForeignKey),
        () if ends("_key") => Some(ConstraintKind::Unique),
        () if ends("_pkey") => Some(ConstraintKind::PrimaryKey),
        () if ends("_check") => Some(ConstraintKind::Check),
        () => None,
    }
}

fn is_promise(kind: ConstraintKind) -> bool {
    !matches!(kind, ConstraintKind::Default | ConstraintKind::NotNull)
}

/// A unique index is a promise too; others are not.
fn dropped_index<'a>(context: Context<'a>, table: Option<&'a Name>, name: &'a Name) -> Option<Dropped<'a>> {
    let has_it = |known: &&'a Table| known.indexes.iter().any(|index| index.name.as_ref() == Some(name));
    let known = match table {
        Some(table) => context.table(table)?,
        None => context.state.tables().find(has_it)?,
    };
    let index = known.indexes.iter().find(|index| index.name.as_ref().is_some_and(|own| own.object == name.object))?;
    index.index.unique.then(|| Dropped {
        table: &known.name,
        name: &name.object.value,
        kind: ConstraintKind::Unique,
        columns: index.index.columns.iter().filter_map(|part| part.column.as_ref()).collect(),
        span: name.span(),
    })
}

fn lost_in_rebuild<'a>(before: &'a Table, rebuild: &'a crate::sql::model::RebuildTable) -> Vec<Dropped<'a>> {
    let new = &rebuild.definition;
    let has = |old: &Constraint| {
        let inside = new.columns.iter().flat_map(|column| &column.constraints);
        new.constraints.iter().chain(inside).any(|c| c.kind == old.kind && c.columns == old.columns)
    };
    let column_stays = |column: &Ident| new.columns.iter().any(|own| own.name == *column);
    let lost = |known: &&KnownConstraint| {
        let old = &known.constraint;
        // A check's column list may be empty, so checks are told apart by their name alone.
        let comparable =
            matches!(old.kind, ConstraintKind::ForeignKey | ConstraintKind::PrimaryKey | ConstraintKind::Unique);
        comparable && !old.columns.is_empty() && old.columns.iter().all(column_stays) && !has(old)
    };
    let describe = |known: &'a KnownConstraint| Dropped {
        table: &rebuild.table,
        name: known.constraint.name.as_ref().map_or("", |name| name.value.as_str()),
        kind: known.constraint.kind,
        columns: known.constraint.columns.iter().collect(),
        span: new.name.span(),
    };
    before.constraints.iter().filter(lost).map(describe).collect()
}

/// The same file puts one of the kind over the same columns (or under the same name) in its place, before or after.
fn is_replaced(view: &OperationView<'_>, dropped: &Dropped<'_>) -> bool {
    let later = names_at_the_end(view, dropped);
    let same_columns = |columns: &[Ident]| {
        !dropped.columns.is_empty()
            && !columns.is_empty()
            && columns.iter().all(|column| dropped.columns.contains(&column) || later.columns.contains(column))
    };
    let same_table = |table: &Name| table == dropped.table || *table == later.table;
    let replaces = |action: &Action| match action {
        Action::AddConstraint { table, constraint } => {
            let same_name = constraint.name.as_ref().is_some_and(|name| name.is(dropped.name));
            let is_key = |kind| matches!(kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey);
            let same_kind = constraint.kind == dropped.kind || (is_key(constraint.kind) && is_key(dropped.kind));
            let is_wider = dropped.kind == ConstraintKind::ForeignKey && is_wider_reference(view, dropped, constraint);
            same_table(table) && same_kind && (same_name || same_columns(&constraint.columns) || is_wider)
        }
        Action::CreateIndex(index) if index.unique && dropped.kind == ConstraintKind::Unique => {
            let columns: Vec<Ident> = index.columns.iter().filter_map(|part| part.column.clone()).collect();
            let same_name = index.name.as_ref().is_some_and(|name| name.object.is(dropped.name));
            same_table(&index.table) && (same_name || same_columns(&columns))
        }
        _ => false,
    };
    view.statement.script().operations().any(|(_, operation)| replaces(&operation.action))
        || has_other_key(view.context(), dropped)
}

struct Renamed {
    table: Name,
    columns: Vec<Ident>,
}

/// What the table and the columns are called after the file's later renames.
fn names_at_the_end(view: &OperationView<'_>, dropped: &Dropped<'_>) -> Renamed {
    let mut names =
        Renamed { table: dropped.table.clone(), columns: dropped.columns.iter().copied().cloned().collect() };
    for (_, operation) in view.context().later() {
        match &operation.action {
            Action::RenameTable { table, to } if *table == names.table => names.table = to.clone(),
            Action::RenameColumn { table, column, to } if *table == names.table => {
                names.columns.iter_mut().filter(|own| *own == column).for_each(|own| *own = to.clone());
            }
            _ => {}
        }
    }
    names
}

/// A foreign key over the same columns and more to the same table: what it points at is there as before.
fn is_wider_reference(view: &OperationView<'_>, dropped: &Dropped<'_>, new: &Constraint) -> bool {
    let target = reference_of(view, dropped);
    let same_target = target.is_some() && target == new.references.as_ref().map(|references| &references.table);
    same_target && !dropped.columns.is_empty() && dropped.columns.iter().all(|column| new.columns.contains(column))
}

/// The table that a dropped foreign key points at.
fn reference_of<'a>(view: &OperationView<'a>, dropped: &Dropped<'_>) -> Option<&'a Name> {
    let table = view.context().table(dropped.table)?;
    let called = |known: &&KnownConstraint| known.constraint.name.as_ref().is_some_and(|name| name.is(dropped.name));
    table.constraints.iter().find(called)?.constraint.references.as_ref().map(|references| &references.table)
}

/// A unique key over the same columns, or some of them, that stays.
fn has_other_key(context: Context<'_>, dropped: &Dropped<'_>) -> bool {
    let Some(table) = context.table(dropped.table) else { return false };
    if dropped.kind != ConstraintKind::Unique || dropped.columns.is_empty() {
        return false;
    }
    let narrower =
        |columns: &[&Ident]| !columns.is_empty() && columns.iter().all(|column| dropped.columns.contains(column));
    let by_index =
        table.indexes.iter().filter(|known| known.index.unique && known.index.condition.is_none()).any(|known| {
            let other = known.name.as_ref().is_some_and(|name| !name.object.is(dropped.name));
            let columns: Option<Vec<_>> = known.index.columns.iter().map(|part| part.column.as_ref()).collect();
            other && columns.is_some_and(|columns| narrower(&columns))
        });
    let by_constraint = table.constraints.iter().any(|known| {
        let is_key = matches!(known.constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey);
        let other = known.constraint.name.as_ref().is_none_or(|name| !name.is(dropped.name))
            && known.likely_name.as_deref() != Some(dropped.name);
        is_key && other && narrower(&known.constraint.columns.iter().collect::<Vec<_>>())
    });
    by_index || by_constraint
}

/// The table, one of its columns, or the table that a foreign key points at goes in the same file: `drop-table` and `drop-column` speak.
fn goes_anyway(view: &OperationView<'_>, dropped: &Dropped<'_>) -> bool {
    let target = reference_of(view, dropped);
    view.statement.script().operations().any(|(_, operation)| match operation.action.alone() {
        Action::DropTable { names, .. } => {
            names.contains(dropped.table) || target.is_some_and(|target| names.contains(target))
        }
        Action::DropColumn { table, column, .. } => {
            let takes_it =
                dropped.columns.contains(&column) || (dropped.columns.is_empty() && named_after(dropped.name, column));
            table == dropped.table && takes_it
        }
        // A type change of a key's column needs the key out of the way; where it does not come back, `is_replaced` has said so.
        _ => false,
    })
}

/// `posts_author_id_fkey` is over `author_id`, as Prisma and PostgreSQL name it.
fn named_after(name: &str, column: &Ident) -> bool {
    name.to_ascii_lowercase().contains(&format!("_{}_", column.value.to_ascii_lowercase()))
}

fn finding(dropped: &Dropped<'_>) -> Finding {
    let columns: Vec<_> = dropped.columns.iter().map(|column| column.value.as_str()).collect();
    let over = if columns.is_empty() { String::new() } else { format!(" over {}", listed(&columns)) };
    let (kind, promise) = match dropped.kind {
        ConstraintKind::ForeignKey => ("foreign key", "rows that point at nothing"),
        ConstraintKind::Unique => ("unique key", "the same value twice, and an upsert inserts instead of updating"),
        ConstraintKind::PrimaryKey => {
            ("primary key", "the same key twice; replication and batched work that need a key stop or crawl")
        }
        ConstraintKind::Check => ("check", "values that the check refused"),
        _ => ("constraint", "rows that it refused"),
    };
    let name = if dropped.name.is_empty() { String::new() } else { format!(" `{}`", dropped.name) };
    let mut subject = Subject::named(Some(dropped.table), dropped.name);
    subject.name = subject.name.filter(|name| !name.is_empty());
    if let [one] = dropped.columns.as_slice() {
        subject.column = Some(one.to_string());
    }
    Finding::new(dropped.span, subject, format!("dropping the {kind}{name}{over} of `{}`", dropped.table))
        .why(format!(
            "From this moment the application can write {promise}; after the first such row the {kind} cannot be put back without repairing \
             data."
        ))
        .help(format!(
            "if it is replaced, put the new one into the same file; if it is unwanted, say why and ship a revert script that puts it back:\n{}",
            allow_line("drop-constraint", "…")
        ))
}
