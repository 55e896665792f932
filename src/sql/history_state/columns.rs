//! Columns of known tables.

use super::{Birth, Column, State, Table, constraints};
use crate::sql::model::{Action, ColumnDef, ColumnOption, Constraint, ConstraintKind, Ident, Position, TypeFamily};

/// Adds a column as its definition says.
pub(super) fn add(table: &mut Table, definition: &ColumnDef, birth: Birth) {
    let column = from_definition(definition, Some(birth));
    match table.columns.iter_mut().find(|c| c.name == definition.name) {
        Some(known) => *known = column,
        None => table.columns.push(column),
    }
}

fn from_definition(definition: &ColumnDef, born: Option<Birth>) -> Column {
    let keyed = definition.constraints.iter().any(|c: &Constraint| c.kind == ConstraintKind::PrimaryKey);
    let serial = definition.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)));
    let filled = definition.default.as_ref().is_some_and(|d| !d.is_null())
        || definition.identity
        || definition.generated.is_some()
        || serial;
    Column {
        name: definition.name.clone(),
        data_type: definition.data_type.clone(),
        nullable: Some(if keyed || serial { false } else { definition.nullable.unwrap_or(true) }),
        has_default: Some(filled),
        definition: Some(definition.clone()),
        born,
    }
}

/// A column, made up when nothing is known of it.
fn column<'a>(table: &'a mut Table, name: &Ident) -> &'a mut Column {
    let at = match table.columns.iter().position(|c| c.name == *name) {
        Some(at) => at,
        None => {
            let unknown = Column {
                name: name.clone(),
                data_type: None,
                nullable: None,
                has_default: None,
                definition: None,
                born: None,
            };
            table.columns.push(unknown);
            table.columns.len() - 1
        }
    };
    &mut table.columns[at]
}

/// `false`: the action is none about columns.
pub(super) fn apply(state: &mut State, action: &Action, birth: Birth) -> bool {
    match action {
        Action::AddColumn { table, column, if_not_exists, position } => {
            let provider = state.provider;
            let table = state.table_mut(table);
            if *if_not_exists && table.column(&column.name).is_some() {
                return true;
            }
            add(table, column, birth);
            place(table, &column.name, position.as_ref());
            for constraint in &column.constraints {
                constraints::add(provider, table, constraint, birth);
            }
        }
        Action::DropColumn { table, column, .. } => drop(state.table_mut(table), column),
        Action::RenameColumn { table, column, to } => rename(state.table_mut(table), column, to),
        Action::AlterColumnType { table, column: name, to, nullable, .. } => {
            let known = column(state.table_mut(table), name);
            known.data_type = Some(to.clone());
            // SQL Server makes the column nullable when neither is written.
            let silent = state.provider == crate::project::Provider::Sqlserver;
            let known = column(state.table_mut(table), name);
            if nullable.is_some() || silent {
                known.nullable = Some(nullable.unwrap_or(true));
            }
            if let Some(definition) = &mut known.definition {
                definition.data_type = Some(to.clone());
            }
        }
        Action::SetNotNull { table, column: name } => column(state.table_mut(table), name).nullable = Some(false),
        Action::DropNotNull { table, column: name } => column(state.table_mut(table), name).nullable = Some(true),
        Action::SetDefault { table, column: name, default } => {
            let known = column(state.table_mut(table), name);
            known.has_default = Some(!default.is_null());
            if let Some(definition) = &mut known.definition {
                definition.default = Some(default.clone());
            }
        }
        Action::DropDefault { table, column: name } => {
            let known = column(state.table_mut(table), name);
            known.has_default = Some(false);
            if let Some(definition) = &mut known.definition {
                definition.default = None;
            }
        }
        Action::ModifyColumn { table, column: name, definition, position } => {
            let table = state.table_mut(table);
            if *name != definition.name {
                rename(table, name, &definition.name);
            }
            let known = column(table, &definition.name);
            *known = from_definition(definition, known.born);
            place(table, &definition.name, position.as_ref());
        }
        Action::ColumnOption { table, column: name, option } => {
            let known = column(state.table_mut(table), name);
            match option {
                ColumnOption::AddIdentity => known.has_default = Some(true),
                ColumnOption::DropIdentity | ColumnOption::DropExpression => known.has_default = Some(false),
                _ => {}
            }
        }
        _ => return false,
    }
    true
}

/// Indexes and constraints over a dropped column go with it in PostgreSQL; MySQL shrinks them; the others refuse.
fn drop(table: &mut Table, name: &Ident) {
    table.columns.retain(|c| c.name != *name);
    table.indexes.retain(|i| !i.index.columns.iter().any(|c| c.column.as_ref() == Some(name)));
    table.constraints.retain(|c| !c.constraint.columns.contains(name));
}

fn rename(table: &mut Table, from: &Ident, to: &Ident) {
    column(table, from).name = to.clone();
    let swap = |ident: &mut Ident| {
        if ident == from {
            *ident = to.clone();
        }
    };
    for known in &mut table.constraints {
        known.constraint.columns.iter_mut().for_each(swap);
    }
    for known in &mut table.indexes {
        known.index.columns.iter_mut().filter_map(|c| c.column.as_mut()).for_each(swap);
    }
    for key in &mut table.dropped_keys {
        key.columns.iter_mut().for_each(swap);
    }
}

fn place(table: &mut Table, name: &Ident, position: Option<&Position>) {
    let Some(position) = position else { return };
    let Some(from) = table.columns.iter().position(|c| c.name == *name) else { return };
    let moved = table.columns.remove(from);
    let to = match position {
        Position::First => 0,
        Position::After(other) => {
            table.columns.iter().position(|c| c.name == *other).map_or(table.columns.len(), |i| i + 1)
        }
    };
    table.columns.insert(to, moved);
}
