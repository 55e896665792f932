//! Which statement of a file is the first that production's rows can make fail, and what then stays done.

use crate::project::Provider;
use crate::rules::MigrationView;
use crate::sql::analysis::{AfterFailure, Atomicity, Destruction};
use crate::sql::model::{Action, ConstraintKind, Ident, Name, Operation, Statement, TypeFamily};

/// The statement, the indexes of those that stay, and why they do.
pub(super) fn first_failing<'a>(view: &MigrationView<'a>) -> Option<(&'a Statement, &'a [usize], Atomicity)> {
    view.script.statements.iter().find_map(|statement| {
        let (AfterFailure::EarlierStay { statements, because } | AfterFailure::Depends { statements, because }) =
            view.judgement.after_failure.get(statement.index)?
        else {
            return None;
        };
        let may_fail = statement.operations.iter().any(|operation| depends_on_rows(view, statement, operation));
        (may_fail && !statements.is_empty()).then_some((statement, statements.as_slice(), *because))
    })
}

/// Whether it can fail on rows that were there before this deploy. Writes are left out: they fail seldom, and on what the text does not tell.
fn depends_on_rows(view: &MigrationView<'_>, statement: &Statement, operation: &Operation) -> bool {
    match &operation.action {
        Action::SetNotNull { table, column } => is_old(view, table) && !is_new(view, table, column),
        Action::AlterColumnType { table, column, to, nullable, .. } => {
            let to_text = matches!(to.family, TypeFamily::Text) && view.script.provider == Provider::Postgresql;
            let may_fail = *nullable == Some(false) || (!to_text && loses_values(view, statement, column));
            is_old(view, table) && !is_new(view, table, column) && may_fail
        }
        Action::AddColumn { table, column, .. } => {
            // MySQL fills in '' or 0.
            let fails = view.script.provider != Provider::Mysql;
            let serial = column.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)));
            fails
                && column.nullable == Some(false)
                && column.default.is_none()
                && !column.identity
                && !serial
                && column.generated.is_none()
                && is_old(view, table)
        }
        Action::ValidateConstraint { table, .. } => is_old(view, table),
        Action::AddConstraint { table, constraint } => {
            let checked = matches!(
                constraint.kind,
                ConstraintKind::PrimaryKey
                    | ConstraintKind::ForeignKey
                    | ConstraintKind::Unique
                    | ConstraintKind::Check
                    | ConstraintKind::Exclude
            );
            checked
                && !constraint.not_valid
                && !constraint.not_enforced
                && constraint.using_index.is_none()
                && is_old(view, table)
                && !constraint.columns.iter().any(|column| is_new(view, table, column))
                && !(matches!(constraint.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)
                    && was_unique(view, table, &constraint.columns.iter().collect::<Vec<_>>()))
        }
        Action::CreateIndex(index) if index.unique => {
            let columns = || index.columns.iter().filter_map(|part| part.column.as_ref());
            is_old(view, &index.table)
                && !columns().any(|column| is_new(view, &index.table, column))
                && !was_unique(view, &index.table, &columns().collect::<Vec<_>>())
        }
        _ => false,
    }
}

/// The new type does not hold everything that the old one may: a cast that keeps every value cannot fail.
fn loses_values(view: &MigrationView<'_>, statement: &Statement, column: &Ident) -> bool {
    let of = |lost: &&Destruction| lost.statement == statement.index && lost.column.as_ref() == Some(column);
    view.judgement.destructions.iter().any(|lost| of(&lost))
}

/// The same columns, or some of them, were unique until this file dropped that key: it is only given another name or shape.
fn was_unique(view: &MigrationView<'_>, table: &Name, columns: &[&Ident]) -> bool {
    let Some(known) = view.state.table(table) else { return false };
    let mut dropped = view.state.keys_dropped_here(known);
    dropped.any(|key| !key.is_empty() && key.iter().all(|column| columns.contains(&column)))
}

fn is_old(view: &MigrationView<'_>, table: &Name) -> bool {
    let known = view.state.table(table);
    !known.is_some_and(|known| known.temporary || view.state.born_in_pending(known.born))
}

/// The column came with the same deploy and holds NULL in every row: nothing to fail on.
fn is_new(view: &MigrationView<'_>, table: &Name, column: &Ident) -> bool {
    let Some(known) = view.state.table(table).and_then(|table| table.column(column)) else { return false };
    let filled = known.definition.as_ref().is_some_and(|definition| definition.default.is_some());
    let written = view.script.operations().any(|(_, operation)| match &operation.action {
        Action::Update(update) => update.table == *table && update.assignments.iter().any(|set| set.column == *column),
        Action::SetNotNull { table: of, column: which } => of == table && which == column,
        _ => false,
    });
    view.state.born_in_pending(known.born) && !filled && !written
}
