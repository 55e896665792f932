//! What differs between two snapshots, and which values are lost between two readings of the rows, in sentences.

use std::collections::{BTreeMap, HashMap};

use super::rows::{Contents, Position};
use super::snapshot::{Object, Snapshot};
use crate::shell::single_spaced;

/// What differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Each one a reason not to call it restored.
    pub real: Vec<String>,
    /// The order of columns.
    pub cosmetic: Vec<String>,
}

/// Compares a schema with what it should be.
#[must_use]
pub fn schemas(wanted: &Snapshot, found: &Snapshot) -> Differences {
    let mut differences = Differences::default();
    for (object, attributes) in &wanted.objects {
        match found.objects.get(object) {
            Some(now) => attributes_of(object, attributes, now, &mut differences.real),
            // One sentence for a table, not one for each of its columns.
            None if object.of.is_empty() || found.has_table(&object.of) || !wanted.has_table(&object.of) => {
                differences.real.push(format!("{} is gone", shown(object)));
            }
            None => {}
        }
    }
    for object in found.objects.keys().filter(|object| !wanted.objects.contains_key(object)) {
        if object.of.is_empty() || wanted.has_table(&object.of) || !found.has_table(&object.of) {
            differences.real.push(format!("{} is there and was not before", shown(object)));
        }
    }
    for (table, order) in &wanted.order {
        if let Some(now) = found.order.get(table)
            && now != order
            && sorted(now) == sorted(order)
        {
            differences.cosmetic.push(format!("the columns of `{table}` stand in another order: {now}"));
        }
    }
    differences
}

fn sorted(list: &str) -> Vec<&str> {
    let mut names: Vec<&str> = list.split(", ").collect();
    names.sort_unstable();
    names
}

fn attributes_of(
    object: &Object,
    wanted: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
    differences: &mut Vec<String>,
) {
    let subject = shown(object);
    for (attribute, value) in wanted {
        match found.get(attribute) {
            Some(now) if now == value => {}
            Some(now) => {
                differences.push(format!("{subject}: its {attribute} is `{}` and was `{}`", short(now), short(value)));
            }
            None => differences.push(format!("{subject}: its {attribute} `{}` is gone", short(value))),
        }
    }
    for (attribute, value) in found.iter().filter(|(attribute, _)| !wanted.contains_key(*attribute)) {
        differences.push(format!("{subject} has the {attribute} `{}` and had none", short(value)));
    }
}

fn shown(object: &Object) -> String {
    let Object { kind, of, name } = object;
    match &**kind {
        "column" => format!("column `{of}`.`{name}`"),
        _ if of.is_empty() => format!("{kind} `{name}`"),
        _ => format!("{kind} `{name}` of `{of}`"),
    }
}

/// Definitions of functions have pages.
fn short(value: &str) -> String {
    const WIDTH: usize = 160;
    let line = single_spaced(value);
    if line.chars().count() > WIDTH { line.chars().take(WIDTH).collect::<String>() + "…" } else { line }
}

/// Values that did not come back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct DataLost {
    /// The table.
    pub table: String,
    /// The column; `None`: whole rows.
    pub column: Option<String>,
    /// How many.
    pub lost: usize,
    /// Of how many.
    pub of: usize,
}

/// What became of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataDifferences {
    /// What did not come back.
    pub lost: Vec<DataLost>,
    /// Rows that were not there before, and sequences that will give old values again: sentences.
    pub added: Vec<String>,
}

/// Compares the rows with what they were.
#[must_use]
pub fn contents(before: &Contents, after: &Contents) -> DataDifferences {
    let mut found = DataDifferences::default();
    for (table, old) in &before.tables {
        let of = old.rows.len();
        if of == 0 {
            continue;
        }
        let Some(new) = after.tables.get(table) else {
            found.lost.push(DataLost { table: table.clone(), column: None, lost: of, of });
            continue;
        };
        // A column that is not there any more has lost all its values; the schema's difference says so too.
        let places: Vec<Option<usize>> =
            old.columns.iter().map(|column| new.columns.iter().position(|other| other == column)).collect();
        let keyed = !old.key.is_empty() && old.key == new.key;
        let pairs = if keyed { by_key(old, new, &places) } else { None };
        match pairs {
            Some(pairs) => compare_pairs(table, old, new, &places, &pairs, &mut found),
            None => compare_bags(table, old, new, &places, &mut found),
        }
    }
    found.added.extend(before.sequences.iter().filter_map(|(name, old)| set_back(name, old, after)));
    found
}

/// A sequence that stands further back than it did, so that it gives values again that rows have.
fn set_back(name: &str, old: &Position, after: &Contents) -> Option<String> {
    let new = after.sequences.get(name).filter(|new| new.at < old.at)?;
    let Some((table, column)) = &new.of else {
        return Some(format!("sequence `{name}` stands at {} and stood at {}", new.at, old.at));
    };
    let rows = after.tables.get(table)?;
    let place = rows.columns.iter().position(|other| other == column)?;
    let highest = rows.rows.iter().filter_map(|row| row[place].as_ref()?.parse::<i64>().ok()).max()?;
    (highest > new.at).then(|| {
        format!(
            "sequence `{name}` stands at {} and stood at {}: the next row of `{table}` gets a number that one has already",
            new.at, old.at
        )
    })
}

type Table = super::rows::TableContents;

/// For each old row the new one with the same key.
fn by_key(old: &Table, new: &Table, places: &[Option<usize>]) -> Option<Vec<Option<usize>>> {
    let columns: Vec<usize> =
        old.key.iter().map(|name| old.columns.iter().position(|column| column == name)).collect::<Option<_>>()?;
    let their: Vec<usize> = columns.iter().map(|&column| places[column]).collect::<Option<_>>()?;
    let key = |row: &[Option<String>], columns: &[usize]| -> Vec<Option<String>> {
        columns.iter().map(|&column| row[column].clone()).collect()
    };
    let index: HashMap<_, usize> = new.rows.iter().enumerate().map(|(at, row)| (key(row, &their), at)).collect();
    Some(old.rows.iter().map(|row| index.get(&key(row, &columns)).copied()).collect())
}

fn compare_pairs(
    table: &str,
    old: &Table,
    new: &Table,
    places: &[Option<usize>],
    pairs: &[Option<usize>],
    found: &mut DataDifferences,
) {
    let gone = pairs.iter().filter(|pair| pair.is_none()).count();
    let lost = |column, lost, of| DataLost { table: table.to_owned(), column, lost, of };
    if gone > 0 {
        found.lost.push(lost(None, gone, old.rows.len()));
    }
    let added = (new.rows.len() + gone).saturating_sub(old.rows.len());
    if added > 0 {
        found.added.push(format!("table `{table}` has {} that it had not", crate::shell::count(added, "row")));
    }
    for (column, name) in old.columns.iter().enumerate() {
        let (mut changed, mut of) = (0, 0);
        for (row, pair) in old.rows.iter().zip(pairs) {
            let Some(pair) = pair else { continue };
            let now = places[column].and_then(|place| new.rows[*pair][place].as_ref());
            let differs = now != row[column].as_ref();
            changed += usize::from(differs);
            of += usize::from(differs || row[column].is_some());
        }
        if changed > 0 {
            found.lost.push(lost(Some(name.clone()), changed, of));
        }
    }
}

/// Without a key that both have: each column by itself, as a bag of values; then rows as wholes.
fn compare_bags(table: &str, old: &Table, new: &Table, places: &[Option<usize>], found: &mut DataDifferences) {
    let mut any = false;
    for (column, name) in old.columns.iter().enumerate() {
        let mut bag: HashMap<Option<&String>, usize> = HashMap::new();
        if let Some(place) = places[column] {
            for row in &new.rows {
                *bag.entry(row[place].as_ref()).or_default() += 1;
            }
        }
        let (mut lost, mut of) = (0, 0);
        for row in &old.rows {
            let value = row[column].as_ref();
            match bag.get_mut(&value) {
                Some(left) if *left > 0 => *left -= 1,
                _ => lost += 1,
            }
            of += 1;
        }
        if lost > 0 {
            any = true;
            found.lost.push(DataLost { table: table.to_owned(), column: Some(name.clone()), lost, of });
        }
    }
    if !any {
        let mut bag: HashMap<Vec<Option<&String>>, usize> = HashMap::new();
        for row in &new.rows {
            *bag.entry(places.iter().map(|place| place.and_then(|place| row[place].as_ref())).collect())
                .or_default() += 1;
        }
        let mut lost = 0;
        for row in &old.rows {
            match bag.get_mut(&row.iter().map(Option::as_ref).collect::<Vec<_>>()) {
                Some(left) if *left > 0 => *left -= 1,
                _ => lost += 1,
            }
        }
        if lost > 0 {
            found.lost.push(DataLost { table: table.to_owned(), column: None, lost, of: old.rows.len() });
        }
    }
    if new.rows.len() > old.rows.len() {
        let added = new.rows.len() - old.rows.len();
        found.added.push(format!("table `{table}` has {} that it had not", crate::shell::count(added, "row")));
    }
}
