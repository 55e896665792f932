//! `destructive-without-revert`: something goes and no script brings it back.

use crate::migrations::name::slug_of;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, RevertView, Rule, Subject};
use crate::sql::analysis::{Destroyed, Destruction};
use crate::sql::model::{Action, ObjectKind, Operation, Script, Span, Statement};

pub const RULE: Rule = Rule {
    slug: "destructive-without-revert",
    id: "PS002",
    hazards: &["H13"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a drop, rename or other loss ships without its revert script",
    page: "\
## What it catches

A migration that drops, renames, deletes, overwrites or narrows something that exists before this deploy, when its folder has no
`revert_<slug>.sql`, or one that is empty or cannot be read. Indexes, defaults and names of constraints are left alone: nothing is lost with
them.

## Why it hurts

When the deploy goes wrong at night, somebody writes the undo then, under pressure, without the old definition at hand. What the revert
needs (the old values, the old definition) exists before the migration runs and not after it.

## What to do instead

Ship the script in the same pull request and prove it: `cargo prisma-safe verify` runs the migration and the revert on a throwaway database
and compares schema and rows.

## Example

```sql
-- bad: prisma/migrations/20260301120000_drop_phone/ holds migration.sql alone
ALTER TABLE \"users\" DROP COLUMN \"phone\";
-- good: revert_drop_phone.sql beside it
ALTER TABLE \"users\" ADD COLUMN IF NOT EXISTS \"phone\" TEXT;
```

## When to allow it

When what goes was never used by a deployed application and holds nothing.

## Source

The policy, \"Reversible destructive changes\", \"Required artifacts for destructive migrations\".
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    let state = match view.revert {
        RevertView::NotLooked => return,
        RevertView::Missing => "there is none",
        RevertView::Unreadable => "it cannot be read as UTF-8 text",
        RevertView::Present(script) if is_empty(script) => "it holds no statement",
        RevertView::Present(_) => return,
    };
    let Some(first) = first_loss(view) else { return };
    let slug = slug_of(view.name);
    let file = format!("revert_{slug}.sql");
    let line = view.script.line_column(first.span.start).0;
    let mut finding = Finding::new(
        first.span,
        first.subject,
        format!("{} needs `{file}`, and {state}", first.what),
    )
    .why(format!(
        "Line {line} cannot be undone by Prisma. Without a script that was written and proven before, the undo is written under pressure, when \
         the old values and definitions are gone."
    ))
    .help(format!(
        "write `{}/{file}` and prove it on a throwaway database:\ncargo prisma-safe verify {}",
        view.name, view.name
    ));
    finding.statement = Some(first.statement);
    found.push(finding);
}

fn is_empty(script: &Script) -> bool {
    let does_nothing = |operation: &Operation| matches!(operation.action, Action::Nothing { .. });
    script.statements.iter().all(|statement| statement.operations.iter().all(does_nothing))
}

struct Loss {
    span: Span,
    statement: usize,
    subject: Subject,
    what: String,
}

/// The first thing of the file that asks for a revert.
fn first_loss(view: &MigrationView<'_>) -> Option<Loss> {
    let destroyed = view.judgement.destructions.first().map(of_destruction);
    let renamed = view.script.operations().find_map(|(statement, operation)| of_operation(view, statement, operation));
    match (destroyed, renamed) {
        (Some(a), Some(b)) => Some(if (b.statement, b.span) < (a.statement, a.span) { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn of_destruction(destruction: &Destruction) -> Loss {
    let name = destruction.name.as_ref().map_or_else(|| "what it touches".to_owned(), |name| format!("`{name}`"));
    let column = destruction.column.as_ref().map_or_else(String::new, |column| format!(".`{column}`"));
    let what = match destruction.what {
        Destroyed::Table => format!("dropping {name}"),
        Destroyed::Column => format!("dropping {name}{column}"),
        Destroyed::Schema => format!("dropping everything in {name}"),
        Destroyed::Partition => format!("dropping rows with a partition of {name}"),
        Destroyed::Rows => format!("deleting rows of {name}"),
        Destroyed::Values => format!("overwriting values of {name}{column}"),
        Destroyed::Cast => format!("changing the type of {name}{column}"),
        Destroyed::PrimaryKey => format!("changing the primary key of {name}"),
        Destroyed::EnumValues => format!("taking values out of {name}"),
        Destroyed::Unknown => "a statement that may destroy anything, since it is not understood,".to_owned(),
    };
    let subject = match (&destruction.name, &destruction.column) {
        (Some(table), Some(column)) => Subject::column(table, column),
        (Some(table), None) => Subject::table(table),
        _ => Subject::default(),
    };
    Loss { span: destruction.span, statement: destruction.statement, subject, what }
}

/// Renames, and drops of what is not rows: the definition is lost.
fn of_operation(view: &MigrationView<'_>, statement: &Statement, operation: &Operation) -> Option<Loss> {
    let is_new = |table| {
        let known = view.state.table(table);
        known.is_some_and(|known| known.temporary || view.state.born_in_pending(known.born))
    };
    let (subject, what) = match &operation.action {
        Action::RenameTable { table, to } if !is_new(to) => (Subject::table(table), format!("renaming `{table}`")),
        Action::RenameColumn { table, column, .. } if !is_new(table) => {
            (Subject::column(table, column), format!("renaming `{table}`.`{column}`"))
        }
        Action::ModifyColumn { table, column, definition, .. } if definition.name != *column && !is_new(table) => {
            (Subject::column(table, column), format!("renaming `{table}`.`{column}`"))
        }
        Action::RenameType { type_name, .. } => (Subject::named(None, type_name), format!("renaming `{type_name}`")),
        Action::RenameEnumValue { type_name, from, .. } => {
            (Subject::named(None, type_name), format!("renaming the value '{}' of `{type_name}`", from.value))
        }
        Action::RenameObject { kind: ObjectKind::View | ObjectKind::Schema | ObjectKind::Table, name, .. } => {
            (Subject::named(None, name), format!("renaming `{name}`"))
        }
        Action::SetSchema { name, .. } if !is_new(name) => (Subject::named(None, name), format!("moving `{name}`")),
        Action::DropObject { kind, names, table, .. } if has_definition(*kind) && !is_replaced(view.script, names) => {
            let name = names.first()?;
            (Subject::named(table.as_ref(), name), format!("dropping `{name}`"))
        }
        _ => return None,
    };
    Some(Loss { span: operation.span, statement: statement.index, subject, what })
}

/// Kinds whose definition is code that somebody wrote.
const fn has_definition(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Trigger
            | ObjectKind::Policy
            | ObjectKind::Rule
            | ObjectKind::Event
    )
}

/// The file makes all of them again: the usual way to change a view or a trigger.
fn is_replaced(script: &Script, names: &[crate::sql::model::Name]) -> bool {
    let made = |name: &crate::sql::model::Name| {
        script.operations().any(|(_, operation)| match &operation.action {
            Action::CreateView { name: own, .. }
            | Action::CreateRoutine { name: own, .. }
            | Action::CreateObject { name: own, .. } => own == name,
            Action::CreateTrigger { name: own, .. } => own.object == name.object,
            _ => false,
        })
    };
    names.iter().all(made)
}
