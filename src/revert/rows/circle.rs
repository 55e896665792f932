//! Tables whose required foreign keys go round in a circle: the first of them is filled with checks off, and points at rows that the others
//! will get. What a row will get is known: all values are made from its number.

use super::{FEW, Filler, Keys, Recipe, Shape, Value, checks};
use crate::project::Provider;
use crate::revert::throwaway::Session;

/// How checks are switched off, and on again; `None`: not for the session alone.
fn switches(provider: Provider) -> Option<(&'static str, &'static str)> {
    match provider {
        Provider::Mysql => Some(("SET foreign_key_checks = 0", "SET foreign_key_checks = 1")),
        Provider::Sqlite => Some(("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON")),
        Provider::Postgresql | Provider::Sqlserver => None,
    }
}

/// Fills such a table. The second: which keys its parents must have in the end.
pub(super) fn fill(
    provider: Provider,
    session: &mut dyn Session,
    (shapes, shape): (&[Shape], &Shape),
    known: &Keys,
    recipe: &Recipe<'_>,
    rows: usize,
) -> Result<(usize, Keys), String> {
    let why = || "its foreign keys go round in a circle, and none of them may be NULL".to_owned();
    let (off, on) = switches(provider).ok_or_else(why)?;
    let mut keys = known.clone();
    let mut expected = Keys::new();
    for key in shape.foreign.iter().filter(|key| key.table != shape.shown()) {
        let name = (key.table.clone(), key.to.clone());
        if keys.contains_key(&name) {
            continue;
        }
        let parent = shapes.iter().find(|other| other.shown() == key.table).ok_or_else(why)?;
        let values = will_be(provider, session, parent, &key.to, recipe).ok_or_else(why)?;
        keys.insert(name.clone(), values.clone());
        expected.insert(name, values);
    }
    let Recipe { flavor, seed, .. } = *recipe;
    session.execute(off).map_err(|failure| failure.said)?;
    let constants = checks::constants(provider, session);
    let filled = Filler { provider, shape, keys: &keys, constants: &constants, flavor, seed, rows }.fill(session);
    session.execute(on).map_err(|failure| failure.said)?;
    Ok((filled?, expected))
}

/// The keys of the first rows of a table that is still empty.
fn will_be(
    provider: Provider,
    session: &mut dyn Session,
    parent: &Shape,
    columns: &[String],
    recipe: &Recipe<'_>,
) -> Option<Vec<Vec<Value>>> {
    let Recipe { flavor, seed, .. } = *recipe;
    let filler = Filler {
        provider,
        shape: parent,
        keys: &Keys::new(),
        constants: &checks::Constants::new(),
        flavor,
        seed,
        rows: FEW,
    };
    if recipe.done.contains(&parent.shown()) || filler.present(session) > 0 {
        return None;
    }
    let value = |name: &String, row: usize| {
        let column = parent.columns.iter().find(|column| column.name == *name)?;
        match column.automatic {
            // The numbers that a table begins with.
            true => Some(Value::Literal((row + 1).to_string())),
            false if parent.foreign.iter().any(|key| key.columns.contains(name)) => None,
            false => Some(filler.value(column, row, flavor)),
        }
    };
    (0..FEW).map(|row| columns.iter().map(|name| value(name, row)).collect()).collect()
}
