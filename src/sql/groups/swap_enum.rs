//! The enum swap: `CREATE TYPE x_new`, columns cast to it, `x RENAME TO x_old`, `x_new RENAME TO x`, `DROP TYPE x_old`.

use std::collections::HashMap;

use super::{Place, action, mark};
use crate::sql::model::{Action, Ident, Name, Statement, SwapEnum};

/// Finds every swap of a file.
pub(super) fn find(statements: &mut [Statement]) {
    let index = Index::of(statements);
    for (rename, passing, to) in &index.in_order {
        // The lasting name is where the old type was: same schema, new name.
        let lasting = Name { object: to.clone(), ..passing.clone() };
        let Some(create) = last_before(index.created.get(passing), *rename) else { continue };
        let Some(aways) = index.renamed.get(&lasting) else { continue };
        let away = aways.partition_point(|(place, _)| *place < create);
        let Some((away, old)) = aways.get(away).filter(|(place, _)| place < rename) else { continue };
        let old = Name { object: old.clone(), ..lasting.clone() };
        mark_group(statements, &index, create, [*away, *rename], passing, lasting, &old);
    }
}

/// Where things are, so that many swaps in one file stay linear.
#[derive(Default)]
struct Index {
    in_order: Vec<(Place, Name, Ident)>,
    created: HashMap<Name, Vec<Place>>,
    renamed: HashMap<Name, Vec<(Place, Ident)>>,
    cast: HashMap<Name, Vec<(Place, Name, Ident)>>,
    dropped: HashMap<Name, Vec<Place>>,
    defaults: HashMap<(Name, Ident), Vec<Place>>,
}

impl Index {
    fn of(statements: &[Statement]) -> Self {
        let mut index = Index::default();
        for (s, statement) in statements.iter().enumerate() {
            for (o, operation) in statement.operations.iter().enumerate() {
                index.add((s, o), &operation.action);
            }
        }
        index
    }

    fn add(&mut self, place: Place, action: &Action) {
        match action {
            Action::CreateEnum { name, .. } => self.created.entry(name.clone()).or_default().push(place),
            Action::RenameType { type_name, to } => {
                self.in_order.push((place, type_name.clone(), to.clone()));
                self.renamed.entry(type_name.clone()).or_default().push((place, to.clone()));
            }
            Action::AlterColumnType { table, column, to, .. } => {
                if let Some(user_type) = &to.user_type {
                    self.cast.entry(user_type.clone()).or_default().push((place, table.clone(), column.clone()));
                }
            }
            Action::DropType { names, .. } => {
                if let [name] = names.as_slice() {
                    self.dropped.entry(name.clone()).or_default().push(place);
                }
            }
            Action::DropDefault { table, column } | Action::SetDefault { table, column, .. } => {
                self.defaults.entry((table.clone(), column.clone())).or_default().push(place);
            }
            _ => {}
        }
    }
}

fn last_before(places: Option<&Vec<Place>>, before: Place) -> Option<Place> {
    let places = places?;
    places.get(places.partition_point(|place| *place < before).checked_sub(1)?).copied()
}

fn mark_group(
    statements: &mut [Statement],
    index: &Index,
    create: Place,
    renames: [Place; 2],
    passing: &Name,
    lasting: Name,
    old: &Name,
) {
    let Some(Action::CreateEnum { values, .. }) = action(statements, create) else { return };
    let values = values.iter().map(|v| v.value.clone()).collect();
    let last = renames[1];
    let dropped = index.dropped.get(old).and_then(|places| places.get(places.partition_point(|p| *p < last)).copied());
    let mut parts: Vec<Place> = renames.to_vec();
    let mut columns: Vec<(Name, Ident)> = Vec::new();
    for (place, table, column) in index.cast.get(passing).into_iter().flatten() {
        if *place > create && *place < last {
            parts.push(*place);
            columns.push((table.clone(), column.clone()));
        }
    }
    // Defaults of those columns go before the cast and come back after the type is in place, at once.
    let reach = dropped.map_or(last.0, |d| d.0) + 1 + columns.len();
    for key in &columns {
        let places = index.defaults.get(key).into_iter().flatten();
        parts.extend(places.filter(|place| **place > create && place.0 <= reach));
    }
    let drop = dropped.map(|place| statements[place.0].operations[place.1].span);
    parts.extend(dropped);
    let mut steps: Vec<usize> = parts.iter().map(|p| p.0).chain([create.0]).collect();
    steps.sort_unstable();
    steps.dedup();
    for place in parts {
        mark(statements, place, create.0);
    }
    let swap = SwapEnum { type_name: lasting, values, columns, steps, drop };
    statements[create.0].operations[create.1].action = Action::SwapEnum(Box::new(swap));
}
