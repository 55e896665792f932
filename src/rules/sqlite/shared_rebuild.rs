//! Table rebuilds of tables that are in use.

use crate::project::Provider;
use crate::rules::OperationView;
use crate::rules::locks::shared_holds::is_old;
use crate::sql::history_state::Context;
use crate::sql::model::{Action, Constraint, ConstraintKind, CreateTable, Name, RebuildTable};

/// The databases of most rules here.
pub(super) const SQLITE: &[Provider] = &[Provider::Sqlite];

/// The rebuild that an operation is, of a table that existed before the pending migrations.
pub(super) fn rebuild<'a>(view: &OperationView<'a>) -> Option<&'a RebuildTable> {
    match view.action() {
        Action::RebuildTable(rebuild) if is_old(&view.context(), &rebuild.table) => Some(rebuild),
        _ => None,
    }
}

/// Constraints of a definition, those inside columns too.
pub(super) fn constraints(table: &CreateTable, kind: ConstraintKind) -> impl Iterator<Item = &Constraint> {
    let inside = table.columns.iter().flat_map(|column| &column.constraints);
    table.constraints.iter().chain(inside).filter(move |constraint| constraint.kind == kind)
}

/// Foreign keys of other tables that point at this one, with their tables, in the order of their names.
pub(super) fn pointing_at<'a>(context: Context<'a>, table: &Name) -> Vec<(&'a Name, &'a Constraint)> {
    let mut found: Vec<_> = context
        .state
        .tables()
        .filter(|other| other.name != *table)
        .flat_map(|other| {
            other.constraints_of(ConstraintKind::ForeignKey).map(move |known| (&other.name, &known.constraint))
        })
        .filter(|(_, key)| key.references.as_ref().is_some_and(|references| references.table == *table))
        .collect();
    found.sort_by_key(|(name, _)| name.to_string());
    found
}
