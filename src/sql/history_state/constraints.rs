//! Constraints of known tables.

use super::{Birth, KnownConstraint, State, Table};
use crate::project::Provider;
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident};

/// Longest name that PostgreSQL makes up without shortening it; shortened ones are not guessed.
const LONGEST: usize = 63;

/// Adds a constraint.
pub(super) fn add(provider: Provider, table: &mut Table, constraint: &Constraint, birth: Birth) {
    match constraint.kind {
        ConstraintKind::NotNull => not_null(table, &constraint.columns),
        ConstraintKind::PrimaryKey => not_null(table, &constraint.columns),
        ConstraintKind::Default => {
            for column in &constraint.columns {
                if let Some(known) = table.columns.iter_mut().find(|c| c.name == *column) {
                    known.has_default = Some(true);
                }
            }
        }
        _ => {}
    }
    let mut constraint = constraint.clone();
    if constraint.columns.is_empty()
        && let Some(index) = &constraint.using_index
    {
        // The columns are the index's.
        let known = table.indexes.iter().find(|i| i.name.as_ref().is_some_and(|name| name.object == *index));
        constraint.columns =
            known.map_or_else(Vec::new, |i| i.index.columns.iter().filter_map(|c| c.column.clone()).collect());
        table.indexes.retain(|i| !i.name.as_ref().is_some_and(|name| name.object == *index));
        constraint.name = constraint.name.or(constraint.using_index.clone());
    }
    let validated = !constraint.not_valid && !constraint.not_enforced;
    let likely_name = likely_name(provider, table, &constraint);
    table.constraints.push(KnownConstraint { constraint, likely_name, validated, born: birth, validated_at: None });
}

fn not_null(table: &mut Table, columns: &[Ident]) {
    for known in &mut table.columns {
        if columns.contains(&known.name) {
            known.nullable = Some(false);
        }
    }
}

fn likely_name(provider: Provider, table: &Table, constraint: &Constraint) -> Option<String> {
    if provider != Provider::Postgresql || constraint.name.is_some() {
        return None;
    }
    let own = &table.name.object.value;
    let columns: Vec<&str> = constraint.columns.iter().map(|c| c.value.as_str()).collect();
    let name = match constraint.kind {
        ConstraintKind::PrimaryKey => format!("{own}_pkey"),
        ConstraintKind::Unique => format!("{own}_{}_key", columns.join("_")),
        ConstraintKind::ForeignKey => format!("{own}_{}_fkey", columns.join("_")),
        ConstraintKind::Exclude => format!("{own}_{}_excl", columns.join("_")),
        ConstraintKind::Check => {
            let mut read: Vec<&str> =
                constraint.expr.iter().flat_map(|e| &e.columns).map(|c| c.value.as_str()).collect();
            read.dedup();
            match read.as_slice() {
                [one] => format!("{own}_{one}_check"),
                _ => format!("{own}_check"),
            }
        }
        ConstraintKind::NotNull | ConstraintKind::Default => return None,
    };
    (name.len() <= LONGEST).then_some(name)
}

/// `false`: the action is none about constraints.
pub(super) fn apply(state: &mut State, action: &Action, birth: Birth) -> bool {
    match action {
        Action::AddConstraint { table, constraint } => {
            let provider = state.provider;
            add(provider, state.table_mut(table), constraint, birth);
        }
        Action::ValidateConstraint { table, name } => {
            for known in &mut state.table_mut(table).constraints {
                if known.is_called(name) && !known.validated {
                    known.validated = true;
                    known.validated_at = Some(birth);
                }
            }
        }
        Action::DropConstraint { table, name, .. } => {
            let table = state.table_mut(table);
            let defaults: Vec<Ident> = table
                .constraints
                .iter()
                .filter(|c| c.is_called(name) && c.constraint.kind == ConstraintKind::Default)
                .flat_map(|c| c.constraint.columns.clone())
                .collect();
            for column in &mut table.columns {
                if defaults.contains(&column.name) {
                    column.has_default = Some(false);
                }
            }
            table.remember_keys(birth.migration, |_| false, |known| known.is_called(name));
            table.constraints.retain(|c| !c.is_called(name));
        }
        Action::DropPrimaryKey { table } => {
            let table = state.table_mut(table);
            let is_primary = |known: &KnownConstraint| known.constraint.kind == ConstraintKind::PrimaryKey;
            table.remember_keys(birth.migration, |_| false, is_primary);
            table.constraints.retain(|known| !is_primary(known));
        }
        Action::RenameConstraint { table, name, to } => {
            for known in &mut state.table_mut(table).constraints {
                if known.is_called(name) {
                    known.constraint.name = Some(to.clone());
                }
            }
        }
        Action::ToggleConstraint { table, names, enabled, validated } => {
            for known in &mut state.table_mut(table).constraints {
                if names.is_empty() || names.iter().any(|name| known.is_called(name)) {
                    known.validated = *enabled && *validated;
                }
            }
        }
        _ => return false,
    }
    true
}
