//! Columns that a statement defines anew: `ALTER COLUMN … TYPE`, MySQL's `MODIFY` and `CHANGE`, and the table rebuild of SQLite and
//! SQL Server, each with what the column was before.

use crate::project::Provider;
use crate::rules::OperationView;
use crate::sql::history_state::{Column, Table};
use crate::sql::model::{Action, ColumnDef, ConstraintKind, CreateTable, DataType, Ident, Name, RebuildTable, Span};
pub(super) use crate::sql::renames::{left_behind, takes_null};

/// One column before and after.
pub(super) struct Redefined<'a> {
    /// Its table.
    pub(super) table: &'a Name,
    /// Its name after the statement.
    pub(super) column: &'a Ident,
    /// What is known of it before; `None`: nothing.
    pub(super) before: Option<&'a Column>,
    /// Its type after.
    pub(super) data_type: Option<&'a DataType>,
    /// Whether it takes NULL after; `None`: as before.
    pub(super) nullable: Option<bool>,
    /// Whether it has a default after; `None`: as before.
    pub(super) has_default: Option<bool>,
    /// What to underline.
    pub(super) span: Span,
}

/// The columns that an operation defines anew. Empty for every other operation.
pub(super) fn redefined<'a>(view: &OperationView<'a>) -> Vec<Redefined<'a>> {
    let context = view.context();
    match view.action() {
        Action::AlterColumnType { table, column, to, nullable, .. } => {
            let sqlserver = context.provider() == Provider::Sqlserver;
            vec![Redefined {
                table,
                column,
                before: context.column(table, column),
                data_type: Some(to),
                // SQL Server takes a missing NULL or NOT NULL for NULL (its session default), whatever the column was.
                nullable: if sqlserver { Some(nullable.unwrap_or(true)) } else { None },
                has_default: None,
                span: column.span,
            }]
        }
        Action::ModifyColumn { table, column, definition, .. } => vec![Redefined {
            table,
            column: &definition.name,
            before: context.column(table, column),
            data_type: definition.data_type.as_ref(),
            nullable: Some(takes_null(definition)),
            has_default: Some(definition.default.is_some()),
            span: definition.name.span,
        }],
        Action::RebuildTable(rebuild) => match context.table(&rebuild.table) {
            Some(before) => of_rebuild(rebuild, before),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn of_rebuild<'a>(rebuild: &'a RebuildTable, before: &'a Table) -> Vec<Redefined<'a>> {
    let kept = |definition: &'a ColumnDef| {
        let old = before.column(old_name(rebuild, &definition.name)?)?;
        Some(Redefined {
            table: &rebuild.table,
            column: &definition.name,
            before: Some(old),
            data_type: definition.data_type.as_ref(),
            nullable: Some(takes_null(definition) && !in_primary_key(&rebuild.definition, &definition.name)),
            has_default: Some(definition.default.is_some()),
            span: definition.name.span,
        })
    };
    rebuild.definition.columns.iter().filter_map(kept).collect()
}

/// The old column that a column of the new table is filled from, when it is a plain one.
fn old_name<'a>(rebuild: &'a RebuildTable, column: &'a Ident) -> Option<&'a Ident> {
    let copied = rebuild.copied.iter().find(|copied| copied.to == *column)?;
    match (&copied.from, copied.reads.as_slice()) {
        (Some(from), _) => Some(from),
        (None, [only]) => Some(only),
        _ => None,
    }
}

/// Whether a column is in the table's primary key as its definition writes it.
pub(super) fn in_primary_key(table: &CreateTable, column: &Ident) -> bool {
    table.constraints.iter().any(|c| c.kind == ConstraintKind::PrimaryKey && c.columns.contains(column))
}
