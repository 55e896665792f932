//! How a `MODIFY` or `CHANGE` differs from what the column was.

use crate::project::Provider;
use crate::rules::OperationView;
use crate::rules::locks::shared_holds::is_old;
use crate::sql::history_state::Column;
use crate::sql::model::{Action, ColumnDef, Ident, Name};

pub(super) use crate::sql::lock_facts::innodb_types::{grows_in_place, has_long_length, is_stored_alike, member_bytes};

/// The databases of most rules here.
pub(super) const MYSQL: &[Provider] = &[Provider::Mysql];

/// A column that is written anew, with what it was.
pub(super) struct Modified<'a> {
    pub(super) table: &'a Name,
    pub(super) column: &'a Ident,
    pub(super) after: &'a ColumnDef,
    pub(super) before: &'a Column,
}

/// A `MODIFY` or `CHANGE` of a column whose old form is known, in a table that is in use.
pub(super) fn modified<'a>(view: &OperationView<'a>) -> Option<Modified<'a>> {
    let Action::ModifyColumn { table, column, definition, .. } = view.action() else { return None };
    let context = view.context();
    let before = context.column(table, column)?;
    let counts = is_old(&context, table) && !context.state.born_in_pending(before.born);
    counts.then_some(Modified { table, column, after: definition, before })
}
