//! What a migration takes away.

use super::here::Here;
use super::types::{keeps_values, widens};
use super::{Destroyed, Destruction};
use crate::project::Provider;
use crate::sql::history_state::Table;
use crate::sql::model::{
    Action, ConstraintKind, CopiedColumn, DataType, Ident, Name, ObjectKind, OnConflict, Operation, RebuildTable,
    Script, Span, SwapEnum, TableOption, TypeFamily, Update,
};

/// Collects losses in file order.
pub(super) struct Losses<'a> {
    script: &'a Script,
    pub found: Vec<Destruction>,
}

impl<'a> Losses<'a> {
    pub fn new(script: &'a Script) -> Self {
        Losses { script, found: Vec::new() }
    }

    /// Adds what one operation takes away. `here` is the moment before it.
    pub fn add(&mut self, here: &Here<'_>, statement: usize, operation: &Operation) {
        let mut add = |what, name: Option<&Name>, column: Option<&Ident>, span| {
            self.found.push(Destruction { what, name: name.cloned(), column: column.cloned(), span, statement });
        };
        let whole = operation.span;
        match &operation.action {
            Action::DropTable { names, temporary: false, .. } => {
                for name in names.iter().filter(|name| !here.is_new(name)) {
                    add(Destroyed::Table, Some(name), None, name.span());
                }
            }
            Action::CreateTable(create) if create.or_replace && !here.is_new(&create.name) => {
                add(Destroyed::Table, Some(&create.name), None, create.name.span());
            }
            Action::DropColumn { table, column, .. } if !here.is_new_column(table, column) => {
                add(Destroyed::Column, Some(table), Some(column), column.span);
            }
            Action::DropObject { kind, names, cascade, .. } => {
                if let Some(what) = dropped_object(*kind, *cascade) {
                    if names.is_empty() {
                        add(what, None, None, whole);
                    }
                    for name in names {
                        add(what, Some(name), None, name.span());
                    }
                }
            }
            Action::DropType { names, cascade: true, .. } => {
                // Columns of that type go with it.
                for name in names.iter().filter(|name| !here.is_new_type(name)) {
                    add(Destroyed::Column, Some(name), None, name.span());
                }
            }
            Action::Truncate { tables, .. } => {
                for name in tables.iter().filter(|name| !here.is_new(name)) {
                    add(Destroyed::Rows, Some(name), None, name.span());
                }
            }
            Action::DropPartition { table, partitions } => {
                for partition in partitions {
                    add(Destroyed::Partition, Some(table), None, partition.span);
                }
            }
            Action::Unknown => add(Destroyed::Unknown, None, None, whole),
            Action::ExecuteDynamic { .. } | Action::Call { .. } => add(Destroyed::Unknown, None, None, whole),
            Action::RebuildTable(rebuild) => self.rebuild(here, statement, rebuild),
            Action::SwapEnum(swap) => self.swap_enum(here, statement, swap),
            action => self.changed(here, statement, action, whole),
        }
    }

    fn push(&mut self, statement: usize, what: Destroyed, name: &Name, column: Option<&Ident>, span: Span) {
        let destruction = Destruction { what, name: Some(name.clone()), column: column.cloned(), span, statement };
        self.found.push(destruction);
    }

    /// Values, rows, types and keys.
    fn changed(&mut self, here: &Here<'_>, statement: usize, action: &Action, whole: Span) {
        match action {
            Action::Delete(delete) => {
                for name in delete.tables.iter().filter(|name| !here.is_new(name)) {
                    self.push(statement, Destroyed::Rows, name, None, name.span());
                }
            }
            Action::Update(update) => {
                for column in overwritten(here, update) {
                    self.push(statement, Destroyed::Values, &update.table, Some(column), column.span);
                }
            }
            Action::Merge(merge) if !here.is_new(&merge.table) => {
                if merge.deletes {
                    self.push(statement, Destroyed::Rows, &merge.table, None, merge.table.span());
                }
                if merge.updates {
                    self.push(statement, Destroyed::Values, &merge.table, None, merge.table.span());
                }
            }
            Action::Insert(insert) if !here.is_new(&insert.table) => {
                let what = match insert.on_conflict {
                    OnConflict::Update => Destroyed::Values,
                    OnConflict::Replace => Destroyed::Rows,
                    OnConflict::Fail | OnConflict::Nothing => return,
                };
                self.push(statement, what, &insert.table, None, insert.table.span());
            }
            Action::AlterColumnType { table, column, to, .. } => self.retyped(here, statement, table, column, to),
            Action::ModifyColumn { table, column, definition, .. } => {
                if let Some(to) = &definition.data_type {
                    self.retyped(here, statement, table, column, to);
                }
            }
            Action::DropPrimaryKey { table } if !here.is_new(table) => {
                self.push(statement, Destroyed::PrimaryKey, table, None, whole);
            }
            Action::DropConstraint { table, name, .. }
                if !here.is_new(table) && self.is_primary_key(here, table, name) =>
            {
                self.push(statement, Destroyed::PrimaryKey, table, None, name.span);
            }
            Action::TableOption { table, option: TableOption::CharacterSet { converts: true, .. } }
                if !here.is_new(table) =>
            {
                self.push(statement, Destroyed::Cast, table, None, whole);
            }
            _ => {}
        }
    }

    fn retyped(&mut self, here: &Here<'_>, statement: usize, table: &Name, column: &Ident, to: &DataType) {
        if here.is_new_column(table, column) {
            return;
        }
        let from = here.column(table, column).and_then(|c| c.data_type.as_ref());
        if let Some(what) = cast(from, to) {
            self.push(statement, what, table, Some(column), column.span);
        }
    }

    /// By what is known of the constraint, else by the names that Prisma and the servers give.
    fn is_primary_key(&self, here: &Here<'_>, table: &Name, name: &Ident) -> bool {
        if let Some(known) = here.before.table(table).and_then(|t| t.constraint(name)) {
            return known.constraint.kind == ConstraintKind::PrimaryKey;
        }
        let lower = name.value.to_ascii_lowercase();
        lower.ends_with("_pkey") || (self.script.provider == Provider::Sqlserver && lower.starts_with("pk_"))
    }

    fn rebuild(&mut self, here: &Here<'_>, statement: usize, rebuild: &RebuildTable) {
        let table = &rebuild.table;
        if here.is_new(table) {
            return;
        }
        let place = rebuild.definition.name.span();
        let Some(copy) = rebuild.copy else {
            self.push(statement, Destroyed::Rows, table, None, rebuild.drop);
            return;
        };
        if rebuild.copy_filters_rows {
            self.push(statement, Destroyed::Rows, table, None, copy);
        }
        let Some(before) = here.before.table(table) else {
            self.push(statement, Destroyed::Unknown, table, None, place);
            return;
        };
        if !before.complete {
            self.push(statement, Destroyed::Unknown, table, None, place);
        }
        let keys = primary_key(before);
        let mut key_changes = keys != primary_key_of(rebuild);
        for column in &before.columns {
            // Its own counterpart first: a sub-query for another column may read this one, too.
            let reads = |copied: &&CopiedColumn| copied.reads.contains(&column.name);
            let own = rebuild.copied.iter().filter(|copied| copied.to == column.name).find(reads);
            let copied = own.or_else(|| rebuild.copied.iter().find(reads));
            match copied {
                None => self.push(statement, Destroyed::Column, table, Some(&column.name), copy),
                Some(copied) => {
                    let new = rebuild.definition.columns.iter().find(|c| c.name == copied.to);
                    let Some(definition) = new else { continue };
                    let Some(to) = &definition.data_type else { continue };
                    let from = column.data_type.as_ref();
                    key_changes |= keys.contains(&&column.name) && !from.is_some_and(|from| widens(from, to));
                    if let Some(what) = cast(from, to) {
                        self.push(statement, what, table, Some(&column.name), definition.span);
                    }
                }
            }
        }
        if key_changes {
            self.push(statement, Destroyed::PrimaryKey, table, None, place);
        }
    }

    fn swap_enum(&mut self, here: &Here<'_>, statement: usize, swap: &SwapEnum) {
        let known = here.before.enum_type(&swap.type_name).filter(|known| known.complete);
        let kept = known.is_some_and(|known| known.values.iter().all(|(value, _)| swap.values.contains(value)));
        if !kept && !here.is_new_type(&swap.type_name) {
            self.push(statement, Destroyed::EnumValues, &swap.type_name, None, swap.type_name.span());
        }
    }
}

/// What a type change loses; `None`: nothing.
fn cast(from: Option<&DataType>, to: &DataType) -> Option<Destroyed> {
    let Some(from) = from else { return Some(Destroyed::Cast) };
    if keeps_values(from, to) {
        return None;
    }
    let members = from.family == to.family && matches!(to.family, TypeFamily::Enum | TypeFamily::Set);
    let removed = members && from.members.iter().any(|member| !to.members.contains(member));
    Some(if removed { Destroyed::EnumValues } else { Destroyed::Cast })
}

/// Columns whose old values an update overwrites. Those that the file itself has added hold nothing yet, nor do those that the rows are
/// chosen by (`WHERE column IS NULL`). With other tables beside it the column may be one of theirs.
fn overwritten<'a>(here: &Here<'_>, update: &'a Update) -> Vec<&'a Ident> {
    let alone = update.condition.as_ref().filter(|condition| update.from.is_empty() && !condition.expr.subquery);
    let empty = |column: &Ident| alone.is_some_and(|condition| condition.expr.null.contains(column));
    let columns = update.assignments.iter().map(|a| &a.column);
    columns.filter(|column| !here.is_new_column(&update.table, column) && !empty(column)).collect()
}

fn dropped_object(kind: ObjectKind, cascade: bool) -> Option<Destroyed> {
    match kind {
        ObjectKind::Schema | ObjectKind::Database => Some(Destroyed::Schema),
        ObjectKind::Table => Some(Destroyed::Table),
        ObjectKind::Extension | ObjectKind::Domain | ObjectKind::Other | ObjectKind::Type if cascade => {
            Some(Destroyed::Unknown)
        }
        ObjectKind::Other => Some(Destroyed::Unknown),
        _ => None,
    }
}

fn primary_key(table: &Table) -> Vec<&Ident> {
    table.constraints_of(ConstraintKind::PrimaryKey).flat_map(|c| &c.constraint.columns).collect()
}

fn primary_key_of(rebuild: &RebuildTable) -> Vec<&Ident> {
    let inline = rebuild.definition.columns.iter().flat_map(|c| &c.constraints);
    let all = inline.chain(&rebuild.definition.constraints);
    all.filter(|c| c.kind == ConstraintKind::PrimaryKey).flat_map(|c| &c.columns).collect()
}
