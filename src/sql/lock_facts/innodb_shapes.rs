//! From an operation to its row of the InnoDB table.

use super::innodb::{Algorithm, Lock, Shape, of};
use super::innodb_types::{grows_in_place, is_stored_alike, member_bytes};
use crate::sql::ServerVersion;
use crate::sql::history_state::Context;
use crate::sql::model::{
    Action, ColumnDef, ConstraintKind, DataType, Name, SpecialIndex, Statement, TableOption, TypeFamily, Volatility,
};

/// What one statement costs a table: the dearest of its clauses. `None`: it does nothing that takes longer than a moment.
#[must_use]
pub fn cost(
    context: &Context<'_>,
    server: Option<ServerVersion>,
    statement: &Statement,
    table: &Name,
) -> Option<(Algorithm, Lock)> {
    let about = statement.operations.iter().filter(|operation| operation.action.table() == Some(table));
    let costs = about.filter_map(|operation| shape(context, &operation.action)).map(|shape| of_server(shape, server));
    costs.reduce(|(algorithm, lock), (other, its)| (algorithm.max(other), lock.max(its)))
}

fn of_server(shape: Shape, server: Option<ServerVersion>) -> (Algorithm, Lock) {
    let row = of(shape);
    match server {
        Some(server) if server.mariadb => row.mariadb,
        // Columns in between and dropped ones are instant from 8.0.29 on, those at the end from 8.0.12 on (MySQL manual, 17.12.1).
        Some(server)
            if (matches!(shape, Shape::AddColumnWithin | Shape::DropColumn) && !server.at_least(8, 0, 29))
                || (shape == Shape::AddColumn && !server.at_least(8, 0, 12)) =>
        {
            (Algorithm::InPlace, Lock::None)
        }
        _ => row.mysql,
    }
}

/// The row of an operation; `None` for what InnoDB does not have a row for.
fn shape(context: &Context<'_>, action: &Action) -> Option<Shape> {
    Some(match action {
        Action::AddColumn { column, position, .. } => add_column(column, position.is_some()),
        Action::DropColumn { .. } => Shape::DropColumn,
        Action::RenameColumn { .. } => Shape::RenameColumn,
        Action::SetDefault { .. } | Action::DropDefault { .. } => Shape::SetDefault,
        Action::ModifyColumn { table, column, definition, position } => {
            let before = context.column(table, column);
            let types = before.and_then(|known| Some((known.data_type.as_ref()?, definition.data_type.as_ref()?)));
            // Another place, or a type that nobody knows: the dearest.
            let Some((from, to)) = types else { return Some(Shape::ChangeType) };
            let required = definition.nullable == Some(false);
            let tightened = before.and_then(|known| known.nullable).is_some_and(|nullable| nullable == required);
            match (change_type(from, to), position.is_some(), tightened) {
                (Some(shape), ..) => shape,
                (None, true, _) => Shape::Force,
                (None, false, true) if required => Shape::MakeRequired,
                (None, false, true) => Shape::MakeNullable,
                (None, false, false) => Shape::SetDefault,
            }
        }
        Action::CreateIndex(index) => match index.special {
            Some(SpecialIndex::FullText) => Shape::AddFulltext,
            Some(SpecialIndex::Spatial) => Shape::AddSpatial,
            None => Shape::AddIndex,
        },
        Action::AddConstraint { constraint, .. } => match constraint.kind {
            ConstraintKind::ForeignKey if checks_are_off(context) => Shape::AddForeignKeyUnchecked,
            ConstraintKind::ForeignKey => Shape::AddForeignKey,
            ConstraintKind::Check => Shape::AddCheck,
            ConstraintKind::PrimaryKey => Shape::ReplacePrimaryKey,
            ConstraintKind::Unique => Shape::AddIndex,
            ConstraintKind::Exclude | ConstraintKind::NotNull | ConstraintKind::Default => return None,
        },
        Action::DropPrimaryKey { .. } => Shape::DropPrimaryKey,
        Action::TableOption { option: TableOption::CharacterSet { converts: true, .. }, .. } => Shape::ConvertCharset,
        Action::TableOption { option: TableOption::Engine(_) | TableOption::Rewrite(_), .. } => Shape::Force,
        _ => return None,
    })
}

fn checks_are_off(context: &Context<'_>) -> bool {
    let setting = context.state.setting("foreign_key_checks");
    setting.is_some_and(|setting| matches!(setting.value.trim().to_ascii_lowercase().as_str(), "0" | "off" | "false"))
}

fn add_column(column: &ColumnDef, within: bool) -> Shape {
    if column.identity {
        Shape::AddAutoIncrement
    } else if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        Shape::AddStoredColumn
    } else if column.default.as_ref().is_some_and(|default| default.volatility >= Volatility::Unknown) {
        Shape::AddColumnExpression
    } else if column.constraints.iter().any(|constraint| constraint.kind == ConstraintKind::Unique) {
        Shape::AddColumnBesideIndex
    } else if within {
        Shape::AddColumnWithin
    } else {
        Shape::AddColumn
    }
}

/// What a change of the type needs; `None`: the bytes stay as they are.
fn change_type(from: &DataType, to: &DataType) -> Option<Shape> {
    let of_members = |of: &DataType| matches!(of.family, TypeFamily::Enum | TypeFamily::Set);
    if from.family == to.family && of_members(to) {
        let appended = to.members.starts_with(&from.members) && member_bytes(from) == member_bytes(to);
        return match (appended, from.members.len() == to.members.len()) {
            (true, true) => None,
            (true, false) => Some(Shape::AppendEnum),
            (false, _) => Some(Shape::ReorderEnum),
        };
    }
    if is_stored_alike(from, to) {
        None
    } else if grows_in_place(from, to) {
        Some(Shape::GrowVarchar)
    } else {
        Some(Shape::ChangeType)
    }
}
