//! What the same deploy does before a statement: the pending migrations before this one, and this file up to it.

use crate::rules::OperationView;
use crate::sql::model::{Action, Ident, Name, Operation, Statement};

/// Operations that the same deploy runs before the statement at hand, in order.
pub(super) fn operations_before<'a>(view: &OperationView<'a>) -> impl Iterator<Item = (&'a Statement, &'a Operation)> {
    let earlier = view.statement.pending_before.iter().flat_map(|(_, script)| script.operations());
    let (script, until) = (view.statement.script(), view.statement.statement().index);
    earlier.chain(script.operations().take_while(move |(statement, _)| statement.index < until))
}

/// Whether the same deploy writes this column of existing rows before the statement (an `UPDATE` that sets it).
pub(super) fn is_backfilled(view: &OperationView<'_>, table: &Name, column: &Ident) -> bool {
    operations_before(view).any(|(_, operation)| match &operation.action {
        Action::Update(update) => update.table == *table && update.assignments.iter().any(|a| a.column == *column),
        Action::Merge(merge) => merge.table == *table && merge.updates,
        _ => false,
    })
}

/// Whether the same deploy takes rows out of a table before the statement.
pub(super) fn loses_rows(view: &OperationView<'_>, table: &Name) -> bool {
    operations_before(view).any(|(_, operation)| match &operation.action {
        Action::Delete(delete) => delete.tables.contains(table),
        Action::Truncate { tables, .. } => tables.contains(table),
        Action::Merge(merge) => merge.table == *table && merge.deletes,
        _ => false,
    })
}

/// Whether the same deploy takes every row out of a table before the statement: then no row is left to fail on.
pub(super) fn is_emptied(view: &OperationView<'_>, table: &Name) -> bool {
    operations_before(view).any(|(_, operation)| match &operation.action {
        Action::Delete(delete) => {
            delete.tables.contains(table)
                && delete.using.is_empty()
                && delete.condition.as_ref().is_none_or(|c| c.always_true)
        }
        Action::Truncate { tables, .. } => tables.contains(table),
        _ => false,
    })
}
