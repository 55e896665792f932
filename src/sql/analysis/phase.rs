//! Where each operation belongs: expand, migrate or contract.

use super::Phase;
use super::here::Here;
use super::types::widens;
use crate::sql::model::{
    Action, ColumnDef, ColumnOption, Constraint, ConstraintKind, CreateIndex, Ident, InsertSource, Name, ObjectKind,
    RebuildTable, SwapEnum, TableOption, TypeFamily, Volatility,
};

/// Phase and why, in words for people.
pub(super) type Reason = (Phase, &'static str);

/// One operation, just before it runs.
pub(super) fn of(here: &Here<'_>, action: &Action) -> Reason {
    match action {
        Action::Step { .. } => (Phase::Neutral, "is part of one change with the statement before it"),
        Action::Archive { .. } => (Phase::Neutral, "keeps what a statement after it takes away"),
        Action::Unknown => (Phase::Mixed, "was not understood and may do anything"),
        Action::ExecuteDynamic { .. } | Action::Call { .. } => (Phase::Mixed, "runs SQL that the file does not show"),
        Action::RebuildTable(rebuild) => rebuilt(here, rebuild),
        Action::SwapEnum(swap) => swapped(here, swap),
        _ if action.table().is_some_and(|table| here.is_new(table)) => on_new_table(action),
        _ => rows(here, action)
            .or_else(|| columns(here, action))
            .or_else(|| rules(here, action))
            .unwrap_or_else(|| other(here, action)),
    }
}

/// Nobody uses a table that the file itself has made.
fn on_new_table(action: &Action) -> Reason {
    match action {
        Action::DropTable { .. } => (Phase::Neutral, "drops a table that the file itself has made"),
        Action::Insert(insert) if matches!(insert.source, InsertSource::Select(_)) => {
            (Phase::Migrate, "copies rows into a new table")
        }
        _ => (Phase::Expand, "works on a table that the file itself has made"),
    }
}

fn rows(here: &Here<'_>, action: &Action) -> Option<Reason> {
    Some(match action {
        Action::Insert(_) | Action::Copy { into_table: true, .. } => (Phase::Migrate, "adds rows"),
        Action::Update(_) => (Phase::Migrate, "changes rows"),
        Action::Delete(_) | Action::Truncate { .. } => (Phase::Migrate, "deletes rows"),
        Action::Merge(_) => (Phase::Migrate, "merges rows"),
        Action::Select(select)
            if select.calls.iter().any(|c| c.volatility == Volatility::Volatile && c.name != "pg_sleep") =>
        {
            (Phase::Migrate, "calls a function that changes something")
        }
        Action::Select(_) | Action::Copy { .. } => (Phase::Neutral, "reads"),
        Action::DropTable { names, temporary, .. } if *temporary || names.iter().all(|name| here.is_new(name)) => {
            (Phase::Neutral, "drops a table that the file itself has made")
        }
        _ => return None,
    })
}

fn columns(here: &Here<'_>, action: &Action) -> Option<Reason> {
    Some(match action {
        Action::AddColumn { column, .. } => added(column),
        Action::DropColumn { table, column, .. } if here.is_new_column(table, column) => {
            (Phase::Neutral, "drops a column that the file itself has added")
        }
        Action::DropColumn { .. } => (Phase::Contract, "drops a column that the running application may read"),
        Action::RenameColumn { table, column, .. } if here.is_new_column(table, column) => {
            (Phase::Expand, "names a new column")
        }
        Action::RenameColumn { .. } => {
            (Phase::Contract, "renames a column that the running application uses by its old name")
        }
        Action::AlterColumnType { table, column, .. }
        | Action::SetNotNull { table, column }
        | Action::DropDefault { table, column }
        | Action::ModifyColumn { table, column, .. }
            if here.is_new_column(table, column) =>
        {
            (Phase::Expand, "works on a column that the file itself has added")
        }
        Action::AlterColumnType { table, column, to, nullable, .. } => {
            let known = here.column(table, column);
            let kept = known.and_then(|c| c.data_type.as_ref()).is_some_and(|from| widens(from, to));
            let tightens = *nullable == Some(false) && known.is_none_or(|c| c.nullable != Some(false));
            retyped(kept, tightens)
        }
        Action::ModifyColumn { table, column, definition, .. } => {
            if *column != definition.name {
                return Some((Phase::Contract, "renames a column that the running application uses by its old name"));
            }
            let known = here.column(table, column);
            let from = known.and_then(|c| c.data_type.as_ref());
            let kept = from.zip(definition.data_type.as_ref()).is_some_and(|(from, to)| widens(from, to));
            let tightens = definition.nullable == Some(false) && known.is_none_or(|c| c.nullable != Some(false));
            retyped(kept, tightens)
        }
        Action::SetNotNull { .. } => {
            (Phase::Contract, "refuses rows without a value, which the running application may write")
        }
        Action::DropDefault { .. } => {
            (Phase::Contract, "takes a default away that the running application may rely on")
        }
        Action::DropNotNull { .. } => (Phase::Expand, "allows rows without a value"),
        Action::SetDefault { .. } => (Phase::Expand, "gives a column a default"),
        Action::ColumnOption { option: ColumnOption::DropIdentity | ColumnOption::DropExpression, .. } => {
            (Phase::Contract, "takes a value away that the database has filled in")
        }
        Action::ColumnOption { .. } => (Phase::Neutral, "changes how a column is stored"),
        _ => return None,
    })
}

fn added(column: &ColumnDef) -> Reason {
    let serial = column.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)));
    let filled = column.default.is_some() || column.generated.is_some() || column.identity || serial;
    if column.nullable == Some(false) && !filled {
        return (Phase::Contract, "adds a required column without a default: the running application's inserts fail");
    }
    (Phase::Expand, "adds a column")
}

fn retyped(kept: bool, tightens: bool) -> Reason {
    match (kept, tightens) {
        (true, false) => (Phase::Expand, "widens a column"),
        (_, true) => (Phase::Contract, "refuses rows without a value, which the running application may write"),
        (false, false) => (Phase::Contract, "changes the type of a column under the running application"),
    }
}

/// Constraints and indexes.
fn rules(here: &Here<'_>, action: &Action) -> Option<Reason> {
    Some(match action {
        Action::AddConstraint { table, constraint } => constrained(here, table, constraint),
        Action::ValidateConstraint { .. } => {
            (Phase::Contract, "checks the old rows against a rule that new rows obey already")
        }
        Action::DropConstraint { .. } | Action::DropPrimaryKey { .. } => (Phase::Contract, "takes a constraint away"),
        Action::ToggleConstraint { enabled: false, .. } => (Phase::Contract, "switches a constraint off"),
        Action::ToggleConstraint { .. } => (Phase::Contract, "switches a constraint on"),
        Action::CreateIndex(index) if index.unique => unique(here, index),
        Action::CreateIndex(_) => (Phase::Expand, "adds an index"),
        Action::DropIndex { names, table, .. } => dropped_index(here, names, table.as_ref()),
        Action::RenameIndex { .. }
        | Action::RenameConstraint { .. }
        | Action::Reindex { .. }
        | Action::AttachIndex { .. } => (Phase::Neutral, "changes no behaviour"),
        _ => return None,
    })
}

fn constrained(here: &Here<'_>, table: &Name, constraint: &Constraint) -> Reason {
    if constraint.kind == ConstraintKind::Default {
        return (Phase::Expand, "gives a column a default");
    }
    let checked: Vec<&Ident> = constraint.expr.iter().flat_map(|e| &e.columns).collect();
    let columns: Vec<&Ident> =
        if constraint.columns.is_empty() { checked } else { constraint.columns.iter().collect() };
    if !columns.is_empty() && columns.iter().all(|column| here.is_new_column(table, column)) {
        return (Phase::Expand, "constrains columns that the file itself has added");
    }
    if constraint.using_index.is_some() {
        return (Phase::Expand, "makes a constraint of an index that is there");
    }
    (Phase::Contract, "refuses rows that the running application may write")
}

fn unique(here: &Here<'_>, index: &CreateIndex) -> Reason {
    let new = |column: &Option<Ident>| column.as_ref().is_some_and(|c| here.is_new_column(&index.table, c));
    if index.columns.iter().any(|c| new(&c.column)) {
        return (Phase::Expand, "adds a unique index over a new column");
    }
    if was_unique(here, index) {
        return (Phase::Neutral, "keeps unique what was unique before the file");
    }
    (Phase::Contract, "refuses duplicates that the running application may write")
}

/// Some of its columns had a unique key before the file: a rebuild puts its indexes back, or one key replaces another.
fn was_unique(here: &Here<'_>, index: &CreateIndex) -> bool {
    let Some(before) = here.before.table(&index.table) else { return false };
    let has = |column: &Ident| index.columns.iter().any(|own| own.column.as_ref() == Some(column));
    let by_index = before
        .indexes
        .iter()
        .filter(|known| known.index.unique && known.index.condition.is_none())
        .any(|known| known.index.columns.iter().all(|part| part.column.as_ref().is_some_and(has)));
    let is_key = |kind| matches!(kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey);
    let mut keys = before.constraints.iter().filter(|known| is_key(known.constraint.kind));
    by_index || keys.any(|known| !known.constraint.columns.is_empty() && known.constraint.columns.iter().all(has))
}

fn dropped_index(here: &Here<'_>, names: &[Name], table: Option<&Name>) -> Reason {
    let plain = |name: &Name| {
        let in_table = |t: &crate::sql::history_state::Table| {
            t.indexes
                .iter()
                .find(|i| i.name.as_ref().is_some_and(|own| own.object == name.object))
                .map(|i| !i.index.unique)
        };
        match table {
            Some(table) => here.before.table(table).and_then(in_table),
            None => here.before.tables().find_map(in_table),
        }
    };
    if names.iter().all(|name| plain(name) == Some(true)) {
        (Phase::Neutral, "drops an index that no rule hangs on")
    } else {
        (Phase::Contract, "drops an index that may be unique, so upserts may hang on it")
    }
}

fn other(here: &Here<'_>, action: &Action) -> Reason {
    match action {
        Action::CreateTable(create) if create.temporary => (Phase::Neutral, "makes a temporary table"),
        Action::CreateTable(create) if create.or_replace => (Phase::Contract, "replaces a table"),
        Action::CreateTable(_) => (Phase::Expand, "adds a table"),
        Action::DropTable { .. } => (Phase::Contract, "drops a table that the running application may use"),
        Action::RenameTable { .. } | Action::SetSchema { .. } => {
            (Phase::Contract, "renames what the running application uses by its old name")
        }
        Action::RenameObject { kind: ObjectKind::Constraint | ObjectKind::Index | ObjectKind::Sequence, .. } => {
            (Phase::Neutral, "changes no behaviour")
        }
        Action::RenameObject { .. } | Action::RenameType { .. } => {
            (Phase::Contract, "renames what the running application uses by its old name")
        }
        Action::RenameEnumValue { .. } => (Phase::Contract, "renames a value that the running application writes"),
        Action::DropType { names, .. } if names.iter().all(|name| here.is_new_type(name)) => {
            (Phase::Neutral, "drops a type that the file itself has made")
        }
        Action::DropType { .. }
        | Action::DropObject { .. }
        | Action::DropPartition { .. }
        | Action::DetachPartition { .. } => (Phase::Contract, "drops what the running application may use"),
        Action::AlterDomain { .. } => (Phase::Contract, "changes the rules of a domain"),
        Action::Revoke { .. } => (Phase::Contract, "takes a right away"),
        Action::RowSecurity { enabled: true, .. } => (Phase::Contract, "hides rows that the running application sees"),
        Action::ToggleTrigger { enabled: false, .. } => (Phase::Contract, "switches a trigger off"),
        Action::TableOption { option: TableOption::CharacterSet { converts: true, .. }, .. } => {
            (Phase::Contract, "changes how text is stored and compared")
        }
        Action::CreateEnum { .. }
        | Action::AddEnumValue { .. }
        | Action::CreateDomain { .. }
        | Action::CreateView { .. }
        | Action::CreateRoutine { .. }
        | Action::CreateTrigger { .. }
        | Action::CreateObject { .. }
        | Action::Grant { .. }
        | Action::AttachPartition { .. } => (Phase::Expand, "adds something new"),
        _ => (Phase::Neutral, "changes neither schema nor rows"),
    }
}

fn rebuilt(here: &Here<'_>, rebuild: &RebuildTable) -> Reason {
    if here.is_new(&rebuild.table) {
        return (Phase::Expand, "works on a table that the file itself has made");
    }
    if rebuild.copy.is_none() || rebuild.copy_filters_rows {
        return (Phase::Contract, "rebuilds a table and leaves rows behind");
    }
    let Some(before) = here.before.table(&rebuild.table).filter(|t| t.complete) else {
        return (Phase::Contract, "rebuilds a table of which it is not known what it held");
    };
    if before.columns.iter().any(|c| !rebuild.copied.iter().any(|copied| copied.reads.contains(&c.name))) {
        return (Phase::Contract, "rebuilds a table and leaves columns behind");
    }
    for definition in &rebuild.definition.columns {
        let old = before.column(&definition.name);
        let required = definition.nullable == Some(false) && old.is_none_or(|c| c.nullable != Some(false));
        let filled = definition.default.is_some() || definition.generated.is_some();
        if required && !(old.is_none() && filled) {
            return (
                Phase::Contract,
                "rebuilds a table and requires a value that the running application may not write",
            );
        }
        let types = old.and_then(|c| c.data_type.as_ref()).zip(definition.data_type.as_ref());
        if types.is_some_and(|(from, to)| !widens(from, to)) {
            return (Phase::Contract, "rebuilds a table and changes the type of a column");
        }
    }
    (Phase::Expand, "rebuilds a table without taking anything away")
}

fn swapped(here: &Here<'_>, swap: &SwapEnum) -> Reason {
    let known = here.before.enum_type(&swap.type_name).filter(|known| known.complete);
    if known.is_some_and(|known| known.values.iter().all(|(value, _)| swap.values.contains(value))) {
        return (Phase::Expand, "makes an enum anew with all of its values");
    }
    (Phase::Contract, "takes enum values away that rows and the running application may hold")
}
