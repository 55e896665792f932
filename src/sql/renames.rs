//! Drops and adds that look like a new name for what was there: Prisma writes no other.
//!
//! The lint rule on them wants pairs that it can be nearly sure of ([`Certainty::Likely`]); `new` asks about every pair of one type
//! ([`Certainty::Possible`]), since a question costs less than a loss.

use super::history_state::{Column, State, Table};
use super::likeness::{begin_alike, name_likeness, same_type};
use super::model::{
    Action, ColumnDef, ConstraintKind, CreateTable, DataType, Ident, InsertSource, Name, RebuildTable, Script, Select,
};

/// Names that have at least this much in common count as alike.
const ALIKE: f64 = 0.4;
/// The only pair of a type needs so much in common: a book's text and its number are both text, and no rename.
const A_LITTLE_ALIKE: f64 = 0.2;
/// Alike enough to be a rename although the type changes.
const NEARLY_EQUAL: f64 = 0.8;

/// A column on either side of a possible rename.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its name.
    pub name: &'a Ident,
    /// Its type, where it is known.
    pub data_type: Option<&'a DataType>,
    /// Whether it takes NULL, where that is known.
    pub nullable: Option<bool>,
    /// Index of its statement.
    pub statement: usize,
}

/// How sure a pair has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The names have something in common.
    Likely,
    /// The types are enough.
    Possible,
}

/// What one table loses and what it gets.
#[derive(Debug, Clone, Default)]
pub struct Sides<'a> {
    /// Columns that go.
    pub dropped: Vec<Side<'a>>,
    /// Columns that are new.
    pub added: Vec<Side<'a>>,
}

impl<'a> Sides<'a> {
    /// The added column that a dropped one most looks like, when that one has no better match itself.
    #[must_use]
    pub fn best_pair(&self, this: &Side<'a>, certainty: Certainty) -> Option<&Side<'a>> {
        let best = self.added.iter().max_by(|a, b| score(this, a).total_cmp(&score(this, b)))?;
        let own = score(this, best);
        let has_rival = self.dropped.iter().any(|other| other.name.span != this.name.span && score(other, best) > own);
        let only_pair = self.dropped.iter().filter(|other| fits(other, best)).count() == 1
            && self.added.iter().filter(|other| fits(this, other)).count() == 1;
        let names = name_likeness(&this.name.value, &best.name.value);
        let is_rename = if fits(this, best) {
            certainty == Certainty::Possible
                || names >= ALIKE
                || (only_pair && names >= A_LITTLE_ALIKE && alike_in_null(this, best))
        } else {
            names >= NEARLY_EQUAL
        };
        (is_rename && !has_rival).then_some(best)
    }
}

/// The sides of one table in the statements of a file, as they bear on the drop of `column`. `state` is the moment before it.
#[must_use]
pub fn of_statements<'a>(script: &'a Script, state: &'a State, table: &Name, column: &Ident) -> Sides<'a> {
    let old = |statement: usize, name: &'a Ident| {
        let known = state.table(table).and_then(|known| known.column(name));
        let data_type = known.and_then(|known| known.data_type.as_ref());
        Side { name, data_type, nullable: known.and_then(|known| known.nullable), statement }
    };
    let follows = |new: &ColumnDef| new.span.start > column.span.start;
    let mut sides = Sides::default();
    for (statement, operation) in script.operations() {
        match &operation.action {
            Action::DropColumn { table: of, column, .. } if of == table => {
                sides.dropped.push(old(statement.index, column));
            }
            // A helper column is added first and dropped at the end of the file: that is no column made anew.
            Action::AddColumn { table: of, column: new, .. }
                if of == table && (new.name != *column || follows(new)) =>
            {
                sides.added.push(new_side(new, statement.index));
            }
            _ => {}
        }
    }
    sides
}

/// The sides of a table that is made anew.
#[must_use]
pub fn of_rebuild<'a>(rebuild: &'a RebuildTable, before: &'a Table, statement: usize) -> Sides<'a> {
    let is_new = |column: &&ColumnDef| {
        before.column(&column.name).is_none() && !rebuild.copied.iter().any(|copied| copied.to == column.name)
    };
    Sides {
        dropped: left_behind(rebuild, before).map(|column| old_side(column, statement)).collect(),
        added: rebuild.definition.columns.iter().filter(is_new).map(|column| new_side(column, statement)).collect(),
    }
}

/// Tables that the file creates with nearly the columns of one that it drops, each with its statement. `state` is the moment before the drop.
#[must_use]
pub fn of_table<'a>(script: &'a Script, state: &State, old: &Name) -> Vec<(usize, &'a CreateTable)> {
    let Some(known) = state.table(old).filter(|table| table.complete && !old.object.value.starts_with('_')) else {
        return Vec::new();
    };
    let created = script.operations().filter_map(|(statement, operation)| match &operation.action {
        Action::CreateTable(create) if create.name != *old && !create.temporary => {
            Some((statement.index, create.as_ref()))
        }
        _ => None,
    });
    created
        .filter(|(_, create)| {
            looks_like(known, create)
                && !is_filled_from(script, create, old)
                && !has_likelier(script, state, old, create)
        })
        .collect()
}

fn new_side(column: &ColumnDef, statement: usize) -> Side<'_> {
    Side { name: &column.name, data_type: column.data_type.as_ref(), nullable: Some(takes_null(column)), statement }
}

fn old_side(column: &Column, statement: usize) -> Side<'_> {
    Side { name: &column.name, data_type: column.data_type.as_ref(), nullable: column.nullable, statement }
}

/// Whether both have one type.
#[must_use]
pub fn fits(old: &Side<'_>, new: &Side<'_>) -> bool {
    matches!((old.data_type, new.data_type), (Some(old), Some(new)) if same_type(old, new))
}

fn alike_in_null(old: &Side<'_>, new: &Side<'_>) -> bool {
    old.nullable.is_none() || new.nullable.is_none() || old.nullable == new.nullable
}

fn score(old: &Side<'_>, new: &Side<'_>) -> f64 {
    let kind = if fits(old, new) { 1.0 } else { 0.0 };
    let null = if alike_in_null(old, new) { 0.1 } else { 0.0 };
    let head = if begin_alike(&old.name.value, &new.name.value) { 0.05 } else { 0.0 };
    name_likeness(&old.name.value, &new.name.value) + kind + null + head
}

/// The file moves the values: it writes the new column from the old one, or for one of the same name takes them elsewhere or brings them back.
#[must_use]
pub fn is_copied(script: &Script, table: &Name, old: &Ident, new: &Ident) -> bool {
    script.operations().any(|(_, operation)| match &operation.action {
        Action::Update(update) if update.table == *table => update.assignments.iter().any(|assignment| {
            let asks_old = update.condition.as_ref().is_some_and(|condition| condition.expr.columns.contains(old));
            let reads_old = assignment.value.columns.contains(old);
            if old == new {
                return (reads_old && assignment.column != *old) || assignment.column == *old;
            }
            assignment.column == *new && (reads_old || asks_old || assignment.value.subquery)
        }),
        _ => false,
    })
}

/// Another table that the file drops looks more like the new one.
fn has_likelier(script: &Script, state: &State, old: &Name, create: &CreateTable) -> bool {
    let likeness = |name: &Name| name_likeness(&name.object.value, &create.name.object.value);
    let better = |other: &Name| {
        other != old
            && likeness(other) > likeness(old)
            && state.table(other).is_some_and(|known| known.complete && looks_like(known, create))
    };
    script.operations().any(|(_, operation)| match &operation.action {
        Action::DropTable { names, temporary: false, .. } => names.iter().any(better),
        _ => false,
    })
}

/// Nearly the same columns: seven in ten by name and type, six under a name that is alike.
fn looks_like(old: &Table, new: &CreateTable) -> bool {
    let most = old.columns.len().max(new.columns.len());
    let same = new.columns.iter().filter(|column| {
        old.column(&column.name).is_some_and(|before| match (&before.data_type, &column.data_type) {
            (Some(a), Some(b)) => same_type(a, b),
            _ => true,
        })
    });
    let same = same.count();
    // What nearly every table of a Prisma schema has in common.
    let common = new.columns.iter().filter(|column| {
        let name = column.name.value.replace('_', "").to_ascii_lowercase();
        matches!(name.as_str(), "id" | "createdat" | "updatedat" | "deletedat") && old.column(&column.name).is_some()
    });
    let telling = same.saturating_sub(common.count());
    let alike = name_likeness(&old.name.object.value, &new.name.object.value) >= ALIKE;
    (same * 10 >= most * 7 && (telling >= 2 || (telling >= 1 && alike)))
        || (alike && same * 10 >= most * 6 && telling >= 2)
}

fn is_filled_from(script: &Script, create: &CreateTable, old: &Name) -> bool {
    let reads = |select: &Select| select.from.contains(old);
    create.source.as_ref().is_some_and(reads)
        || script.operations().any(|(_, operation)| match &operation.action {
            Action::Insert(insert) if insert.table == create.name => {
                matches!(&insert.source, InsertSource::Select(select) if reads(select))
            }
            _ => false,
        })
}

/// Whether a definition takes NULL. A primary key and an identity do not.
#[must_use]
pub fn takes_null(definition: &ColumnDef) -> bool {
    definition.nullable != Some(false)
        && !definition.identity
        && !definition.constraints.iter().any(|c| c.kind == ConstraintKind::PrimaryKey)
}

/// Columns of the old table that neither stand in the new one nor fill any column of it.
pub fn left_behind<'a>(rebuild: &'a RebuildTable, before: &'a Table) -> impl Iterator<Item = &'a Column> {
    before.columns.iter().filter(|old| {
        let stays = rebuild.definition.columns.iter().any(|new| new.name == old.name);
        let fills = rebuild
            .copied
            .iter()
            .any(|copied| copied.from.as_ref() == Some(&old.name) || copied.reads.contains(&old.name));
        !stays && !fills
    })
}
