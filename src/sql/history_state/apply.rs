//! How each operation changes what is known.

use super::{Birth, EnumType, KnownConstraint, KnownIndex, State, Table, columns, constraints};
use crate::sql::model::{
    Action, CreateTable, DataType, EnumPosition, Ident, Name, Operation, RebuildTable, SetScope, Span, SwapEnum,
};

/// Takes in one operation.
pub(super) fn apply(state: &mut State, operation: &Operation, birth: Birth) {
    match &operation.action {
        Action::Step { .. } | Action::Unknown => {}
        Action::CreateTable(create) => create_table(state, create, birth),
        Action::RebuildTable(rebuild) => rebuild_table(state, rebuild, birth),
        Action::CreateView { name, materialized: true, .. } => {
            let table = state.tables.entry(name.clone()).or_insert_with(|| Table::unknown(name.clone()));
            table.born = table.born.or(Some(birth));
        }
        Action::DropTable { names, .. } => {
            for name in names {
                state.tables.remove(name);
            }
        }
        Action::DropObject { names, .. } => {
            for name in names {
                if state.tables.get(name).is_some_and(|t| t.columns.is_empty() && !t.complete) {
                    // A materialised view.
                    state.tables.remove(name);
                }
            }
        }
        Action::RenameTable { table, to } => rename_table(state, table, to),
        Action::SetSchema { name, to, .. } => {
            let new = Name { schema: Some(to.clone()), ..name.clone() };
            rename_table(state, name, &new);
        }
        Action::CreateIndex(index) => {
            let table = state.table_mut(&index.table);
            let repeated =
                index.if_not_exists && index.name.is_some() && table.indexes.iter().any(|i| i.name == index.name);
            if !repeated {
                table.indexes.push(KnownIndex { name: index.name.clone(), index: (**index).clone(), born: birth });
            }
        }
        Action::DropIndex { names, table, .. } => drop_indexes(state, names, table.as_ref(), birth),
        Action::RenameIndex { table, index, to } => rename_index(state, table.as_ref(), index, to),
        Action::CreateTrigger { name, table: Some(table), .. } => {
            state.table_mut(table).triggers.push(name.object.clone())
        }
        Action::AttachPartition { table, .. } => state.table_mut(table).partitioned = true,
        Action::Insert(insert) => state.written(&insert.table),
        Action::Update(update) => state.written(&update.table),
        Action::Merge(merge) => state.written(&merge.table),
        Action::Copy { table: Some(table), into_table: true } => state.written(table),
        action => {
            if !columns::apply(state, action, birth)
                && !constraints::apply(state, action, birth)
                && !enums(state, action, birth)
            {
                settings(state, action, operation.span, birth);
            }
        }
    }
}

fn create_table(state: &mut State, create: &CreateTable, birth: Birth) {
    if create.if_not_exists && state.tables.get(&create.name).is_some_and(|t| t.born.is_some()) {
        return;
    }
    let table = described(state, create, birth);
    state.tables.insert(create.name.clone(), table);
}

/// A table as its creation describes it.
fn described(state: &State, create: &CreateTable, birth: Birth) -> Table {
    let mut table = Table::unknown(create.name.clone());
    table.born = Some(birth);
    table.complete = create.source.is_none()
        && create.like.is_none()
        && create.partition_of.is_none()
        && create.inherits.is_empty()
        && !create.columns.is_empty();
    table.temporary = create.temporary;
    table.partitioned = create.partitioned;
    table.written = create.source.is_some();
    for column in &create.columns {
        columns::add(&mut table, column, birth);
        for constraint in &column.constraints {
            constraints::add(state.provider, &mut table, constraint, birth);
        }
    }
    for constraint in &create.constraints {
        constraints::add(state.provider, &mut table, constraint, birth);
    }
    for index in &create.indexes {
        table.indexes.push(KnownIndex { name: index.name.clone(), index: index.clone(), born: birth });
    }
    table
}

/// The new definition counts; the table is as old as before, and so are columns that it had.
fn rebuild_table(state: &mut State, rebuild: &RebuildTable, birth: Birth) {
    let mut table = described(state, &rebuild.definition, birth);
    table.name = rebuild.table.clone();
    let before = state.tables.remove(&rebuild.table);
    table.born = before.as_ref().and_then(|t| t.born);
    table.written = before.as_ref().is_none_or(|t| t.written);
    table.before_rebuild = before.as_ref().map(|t| t.indexes.clone()).unwrap_or_default();
    for column in &mut table.columns {
        match before.as_ref().map(|t| (t, t.column(&column.name))) {
            Some((_, Some(old))) => column.born = old.born,
            Some((t, None)) if !t.complete => column.born = None,
            _ => {}
        }
    }
    state.tables.insert(rebuild.table.clone(), table);
}

fn rename_table(state: &mut State, from: &Name, to: &Name) {
    let Some(mut table) = state.tables.remove(from) else {
        // A table nobody described, or a type with that name.
        return;
    };
    table.name = to.clone();
    for other in state.tables.values_mut() {
        for known in &mut other.constraints {
            if let Some(references) = &mut known.constraint.references
                && references.table == *from
            {
                references.table = to.clone();
            }
        }
    }
    state.tables.insert(to.clone(), table);
}

/// Index names live in a schema in PostgreSQL and SQLite, and in a table elsewhere.
fn drop_indexes(state: &mut State, names: &[Name], table: Option<&Name>, now: Birth) {
    let gone =
        |index: &KnownIndex| index.name.as_ref().is_some_and(|own| names.iter().any(|name| name.object == own.object));
    match table {
        Some(table) => {
            let table = state.table_mut(table);
            // MySQL drops a unique constraint by the name of its index.
            let called = |known: &KnownConstraint| {
                known.constraint.name.as_ref().is_some_and(|own| names.iter().any(|name| name.object == *own))
            };
            table.remember_keys(now.migration, gone, called);
            table.indexes.retain(|index| !gone(index));
            table.constraints.retain(|known| !called(known));
        }
        None => {
            for table in state.tables.values_mut() {
                table.remember_keys(now.migration, gone, |_| false);
                table.indexes.retain(|index| !gone(index));
            }
        }
    }
}

fn rename_index(state: &mut State, table: Option<&Name>, index: &Name, to: &Ident) {
    let rename = |table: &mut Table| {
        for known in &mut table.indexes {
            if let Some(name) = &mut known.name
                && name.object == index.object
            {
                name.object = to.clone();
            }
        }
        for known in &mut table.constraints {
            if known.is_called(&index.object) {
                known.constraint.name = Some(to.clone());
            }
        }
    };
    match table {
        Some(table) => rename(state.table_mut(table)),
        None => state.tables.values_mut().for_each(rename),
    }
}

/// Enum types. `false`: the action is none about them.
fn enums(state: &mut State, action: &Action, birth: Birth) -> bool {
    match action {
        Action::CreateEnum { name, values } => {
            let values = values.iter().map(|v| (v.value.clone(), birth)).collect();
            let made = EnumType { name: name.clone(), values, complete: true, born: Some(birth) };
            state.enums.insert(name.clone(), made);
        }
        Action::AddEnumValue { type_name, value, position, .. } => {
            let known = state.enum_mut(type_name);
            if known.values.iter().any(|(v, _)| *v == value.value) {
                return true;
            }
            let find = |wanted: &str| known.values.iter().position(|(v, _)| v == wanted);
            let at = match position {
                Some(EnumPosition::Before(other)) => find(other),
                Some(EnumPosition::After(other)) => find(other).map(|i| i + 1),
                None => None,
            };
            let at = at.unwrap_or(known.values.len());
            known.values.insert(at, (value.value.clone(), birth));
        }
        Action::RenameEnumValue { type_name, from, to } => {
            for (value, _) in &mut state.enum_mut(type_name).values {
                if *value == from.value {
                    value.clone_from(&to.value);
                }
            }
        }
        Action::RenameType { type_name, to } => {
            let new = Name { object: to.clone(), ..type_name.clone() };
            if let Some(mut known) = state.enums.remove(type_name) {
                known.name = new.clone();
                state.enums.insert(new.clone(), known);
            }
            retype(state, type_name, &new);
        }
        Action::DropType { names, .. } => {
            for name in names {
                state.enums.remove(name);
            }
        }
        Action::SwapEnum(swap) => swap_enum(state, swap, birth),
        _ => return false,
    }
    true
}

/// Columns keep their type when it is renamed.
fn retype(state: &mut State, from: &Name, to: &Name) {
    let of = |data_type: &mut DataType| {
        if data_type.user_type.as_ref() == Some(from) {
            data_type.user_type = Some(to.clone());
            data_type.name.clone_from(&to.object.value);
        }
    };
    for table in state.tables.values_mut() {
        for column in &mut table.columns {
            column.data_type.iter_mut().for_each(of);
        }
    }
}

fn swap_enum(state: &mut State, swap: &SwapEnum, birth: Birth) {
    let before = state.enums.remove(&swap.type_name);
    let born_before = |value: &str| before.as_ref()?.values.iter().find(|(v, _)| v == value).map(|(_, birth)| *birth);
    let values = swap.values.iter().map(|v| (v.clone(), born_before(v).unwrap_or(birth))).collect();
    let born = before.as_ref().and_then(|e| e.born);
    let made = EnumType { name: swap.type_name.clone(), values, complete: true, born };
    state.enums.insert(swap.type_name.clone(), made);
}

/// Settings and the ends of transactions.
fn settings(state: &mut State, action: &Action, span: Span, birth: Birth) {
    match action {
        Action::Set { name, value, scope } if *scope != SetScope::Global => {
            let local = *scope == SetScope::Local;
            state.set(name, value, local, span, birth);
        }
        Action::Pragma { name, value: Some(value) } => state.set(name, value, false, span, birth),
        Action::Reset { name: Some(name) } => {
            state.settings.remove(name);
        }
        Action::Reset { name: None } => state.settings.clear(),
        Action::Commit | Action::Rollback { to: None } => state.settings.retain(|_, setting| !setting.local),
        _ => {}
    }
}
