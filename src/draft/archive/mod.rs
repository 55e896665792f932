//! Keeps what a migration takes away: an archive step before the destruction, and its way back in the revert.
//!
//! [`plan`] says what can be kept of each destruction, and why not where it cannot; `keep` writes the steps into the migration,
//! `restore` their counterpart into the revert. One archive table holds what one table of the application loses: the key that
//! survives the migration and the columns that do not, or the whole table.
//!
//! The steps may run again, over what an earlier run left: the table is made where it is missing and filled anew. It is emptied by a statement that
//! reads the column which is about to go; where that is gone already (a run that stopped half-way), the statement fails and the only copy stays.

pub(super) mod keep;
pub(super) mod restore;

use std::collections::HashSet;

use crate::project::Provider;
use crate::sql::analysis::{Destroyed, Destruction, Judgement};
use crate::sql::archive;
use crate::sql::history_state::{State, Table};
use crate::sql::model::{Action, ConstraintKind, Ident, Insert, InsertSource, Name, Script, TypeFamily};
use crate::sql::quote;

/// What a migration can keep of what it takes away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// One for each table that loses something, in file order.
    pub kept: Vec<Kept>,
    /// What cannot be kept: the destruction, and why.
    pub left_out: Vec<(Destruction, String)>,
}

/// What is kept of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The table that loses it.
    pub table: Name,
    /// The archive table's own name, see [`archive::table_name`].
    pub archive: String,
    /// Columns that say which row it was, not among `columns`; none for a whole table.
    pub key: Vec<KeptColumn>,
    /// What is kept: the columns that lose their values, or all of them.
    pub columns: Vec<KeptColumn>,
    /// The table goes as a whole.
    pub whole: bool,
    /// Index of the first statement that takes something away.
    pub statement: usize,
}

/// A column of an archive table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptColumn {
    /// Its name.
    pub name: Ident,
    /// PostgreSQL: a type that the migration may drop. The archive holds its text, so that nothing depends on the type.
    pub as_text: Option<AsText>,
    /// The values that are lost; empty: all.
    pub only: Vec<String>,
    /// The database numbers it by itself, and has to go on where it was.
    pub numbered: bool,
}

/// A type whose values are kept as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsText {
    /// The type.
    pub name: Name,
    /// It is an array of it.
    pub array: bool,
}

impl Plan {
    /// Why a loss is not kept; `None`: it is, as far as anything is. Places do not count: they move when the steps are written in.
    #[must_use]
    pub fn leaves_out(&self, lost: &Destruction) -> Option<&str> {
        let same = |left: &Destruction| left.what == lost.what && left.name == lost.name && left.column == lost.column;
        self.left_out.iter().find(|(left, _)| same(left)).map(|(_, why)| why.as_str())
    }
}

impl Kept {
    /// The archive table in quotes, with its schema.
    #[must_use]
    pub fn quoted(&self, provider: Provider) -> String {
        let name = quote::ident(provider, &self.archive);
        if archive::has_schema(provider) { format!("{}.{name}", quote::ident(provider, archive::SCHEMA)) } else { name }
    }

    /// `` `User`.`bio` and `User`.`name` ``, or the table as a whole.
    #[must_use]
    pub fn shown(&self) -> String {
        let list: Vec<String> =
            self.columns.iter().map(|column| format!("`{}`.`{}`", self.table, column.name)).collect();
        match list.as_slice() {
            _ if self.whole => format!("`{}`", self.table),
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => list.concat(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &KeptColumn> {
        self.key.iter().chain(&self.columns)
    }
}

/// What can be kept of the destructions of `migration`. `reverse` is the way back as far as it is known, then the history without and with
/// the migration; `time` the migration's 14 digits.
#[must_use]
pub fn plan(
    migration: &Script,
    judgement: &Judgement,
    reverse: Option<&Script>,
    [before, after]: [&State; 2],
    time: &str,
) -> Plan {
    let mut plan = Planner { migration, reverse, before, after, time, plan: Plan::default() };
    for destruction in &judgement.destructions {
        if let Err(why) = plan.add(destruction) {
            plan.plan.left_out.push((destruction.clone(), why));
        }
    }
    plan.find_keys(judgement);
    plan.plan
}

/// A difference without the statements that make or drop archive tables.
#[must_use]
pub fn hide(provider: Provider, text: &str) -> String {
    let Ok(script) = crate::sql::read(provider, text.as_bytes()) else { return text.to_owned() };
    let is_archive =
        |name: &Name| archive::is_archive(name.schema.as_ref().map(|s| s.value.as_str()), &name.object.value);
    let mut edits = super::edit::Edits::default();
    for statement in &script.statements {
        let all = statement.operations.iter().all(|operation| match &operation.action {
            Action::DropTable { names, .. } => names.iter().all(is_archive),
            Action::Archive { .. } => true,
            _ => false,
        });
        if all {
            edits.remove(statement);
        }
    }
    edits.apply(&script)
}

struct Planner<'a> {
    migration: &'a Script,
    reverse: Option<&'a Script>,
    before: &'a State,
    after: &'a State,
    time: &'a str,
    plan: Plan,
}

impl Planner<'_> {
    fn add(&mut self, destruction: &Destruction) -> Result<(), String> {
        let unknown = |name: &Name| format!("the columns of `{name}` are not known from the migrations");
        match (destruction.what, &destruction.name, &destruction.column) {
            // Its rows go on in another table, and come back from there.
            (Destroyed::Table, Some(name), _) if self.moves_on(name) => Ok(()),
            (Destroyed::Table, Some(name), _) => {
                let table = self.before.table(name).filter(|table| table.complete).ok_or_else(|| unknown(name))?;
                let is_stored = |column: &&crate::sql::history_state::Column| {
                    column.definition.as_ref().is_none_or(|definition| definition.generated.is_none())
                };
                let columns = table.columns.iter().filter(is_stored).map(|column| self.column(table, &column.name));
                let columns = columns.collect();
                self.kept(name, destruction.statement).columns = columns;
                self.kept(name, destruction.statement).whole = true;
                Ok(())
            }
            (Destroyed::Column | Destroyed::Cast, Some(name), Some(column)) => {
                self.values(name, column, Vec::new(), destruction.statement)
            }
            (Destroyed::EnumValues, Some(name), Some(column)) => {
                let lost = self.members_lost(name, column);
                self.values(name, column, lost, destruction.statement)
            }
            (Destroyed::EnumValues, Some(name), None) => self.swapped(name),
            // The schema's difference says all of it: no value goes.
            (Destroyed::PrimaryKey, ..) => Ok(()),
            (Destroyed::Rows | Destroyed::Values, ..) => Err("rows that a statement picks are not kept".to_owned()),
            (Destroyed::Unknown, ..) => Err("the statement was not understood".to_owned()),
            _ => Err("only tables and columns are kept".to_owned()),
        }
    }

    fn moves_on(&self, table: &Name) -> bool {
        let inserts = |script: &Script, wanted: &dyn Fn(&Insert) -> bool| {
            script.operations().any(|(_, operation)| match &operation.action {
                Action::Insert(insert) => wanted(insert),
                _ => false,
            })
        };
        let reads =
            |insert: &Insert| matches!(&insert.source, InsertSource::Select(select) if select.from.contains(table));
        inserts(self.migration, &reads)
            && self.reverse.is_some_and(|reverse| inserts(reverse, &|insert| insert.table == *table))
    }

    /// Keeps one column's values.
    fn values(&mut self, name: &Name, column: &Ident, only: Vec<String>, statement: usize) -> Result<(), String> {
        let Some(table) = self.before.table(name) else {
            return Err(format!("`{name}` is not known from the migrations"));
        };
        if table.column(column).and_then(|known| known.definition.as_ref()).is_some_and(|d| d.generated.is_some()) {
            // Computed again when it comes back.
            return Ok(());
        }
        let mut kept = KeptColumn { only, ..self.column(table, column) };
        if kept.as_text.as_ref().is_some_and(|of| of.array) {
            // A list may hold a lost value anywhere.
            kept.only.clear();
        }
        let columns = &mut self.kept(name, statement).columns;
        match columns.iter_mut().find(|known| known.name == kept.name) {
            Some(known) => {
                // All values of it are among them.
                if kept.only.is_empty() {
                    known.only.clear();
                }
            }
            None => columns.push(kept),
        }
        Ok(())
    }

    /// A PostgreSQL enum loses values: those of every column of it.
    fn swapped(&mut self, name: &Name) -> Result<(), String> {
        let found = self.migration.operations().find_map(|(statement, operation)| match &operation.action {
            Action::SwapEnum(swap) if swap.type_name == *name => Some((statement.index, swap)),
            _ => None,
        });
        let Some((statement, swap)) = found else { return Err("only tables and columns are kept".to_owned()) };
        let known = self.before.enum_type(name).filter(|known| known.complete);
        let lost = known.map_or_else(Vec::new, |known| {
            let gone = known.values.iter().filter(|(value, _)| !swap.values.contains(value));
            gone.map(|(value, _)| value.clone()).collect()
        });
        for (table, column) in &swap.columns {
            self.values(table, column, lost.clone(), statement)?;
        }
        Ok(())
    }

    /// Members of MySQL's own enums that a column loses.
    fn members_lost(&self, table: &Name, column: &Ident) -> Vec<String> {
        let members = |state: &State| {
            let known = state.table(table).and_then(|table| table.column(column));
            known.and_then(|known| known.data_type.as_ref()).map(|of| of.members.clone()).unwrap_or_default()
        };
        let stay = members(self.after);
        members(self.before).into_iter().filter(|member| !stay.contains(member)).collect()
    }

    fn kept(&mut self, table: &Name, statement: usize) -> &mut Kept {
        let at = match self.plan.kept.iter().position(|kept| kept.table == *table) {
            Some(at) => at,
            None => {
                let own = match &table.schema {
                    Some(schema) => format!("{schema}_{}", table.object),
                    None => table.object.value.clone(),
                };
                self.plan.kept.push(Kept {
                    table: table.clone(),
                    archive: archive::table_name(self.migration.provider, self.time, &own),
                    key: Vec::new(),
                    columns: Vec::new(),
                    whole: false,
                    statement,
                });
                self.plan.kept.len() - 1
            }
        };
        &mut self.plan.kept[at]
    }

    fn column(&self, table: &Table, name: &Ident) -> KeptColumn {
        let known = table.column(name);
        let data_type = known.and_then(|known| known.data_type.as_ref());
        let as_text = data_type.filter(|of| of.family == TypeFamily::User).and_then(|of| {
            let name = of.user_type.clone()?;
            (self.migration.provider == Provider::Postgresql).then_some(AsText { name, array: of.array })
        });
        let numbered = data_type.is_some_and(|of| matches!(of.family, TypeFamily::Serial(_)))
            || known.and_then(|known| known.definition.as_ref()).is_some_and(|definition| definition.identity);
        KeptColumn { name: name.clone(), as_text, only: Vec::new(), numbered }
    }

    /// A row is found again by a key that the migration leaves alone.
    fn find_keys(&mut self, judgement: &Judgement) {
        let mut without = Vec::new();
        for at in 0..self.plan.kept.len() {
            let kept = &self.plan.kept[at];
            if kept.whole {
                continue;
            }
            match self.key_of(kept) {
                Some(key) => self.plan.kept[at].key = key,
                None => without.push(kept.table.clone()),
            }
        }
        self.plan.kept.retain(|kept| !without.contains(&kept.table) && !kept.columns.is_empty());
        for destruction in &judgement.destructions {
            if let (Some(name), Some(_)) = (&destruction.name, &destruction.column)
                && without.contains(name)
            {
                let why = format!("no key of `{name}` survives the migration, so no row could be found again");
                self.plan.left_out.push((destruction.clone(), why));
            }
        }
    }

    fn key_of(&self, kept: &Kept) -> Option<Vec<KeptColumn>> {
        let table = self.before.table(&kept.table)?;
        let lost: HashSet<&Ident> = kept.columns.iter().map(|column| &column.name).collect();
        let survives = |column: &Ident| {
            !lost.contains(column)
                && self.after.table(&kept.table).is_some_and(|after| after.column(column).is_some())
                && !self.is_dropped_on_the_way_back(&kept.table, column)
        };
        let required = |column: &Ident| table.column(column).is_some_and(|known| known.nullable == Some(false));
        let of_kind =
            |kind| table.constraints_of(kind).map(|known| known.constraint.columns.clone()).filter(|c| !c.is_empty());
        let by_index = table.indexes.iter().filter(|known| known.index.unique && known.index.condition.is_none());
        let indexed = by_index.filter_map(|known| {
            known.index.columns.iter().map(|part| part.column.clone().filter(|_| part.prefix.is_none())).collect()
        });
        let mut keys = of_kind(ConstraintKind::PrimaryKey)
            .chain(of_kind(ConstraintKind::Unique))
            .chain(indexed)
            .collect::<Vec<Vec<Ident>>>()
            .into_iter();
        let key = keys.find(|key| key.iter().all(|column| survives(column) && required(column)))?;
        Some(key.iter().map(|column| self.column(table, column)).collect())
    }

    fn is_dropped_on_the_way_back(&self, table: &Name, column: &Ident) -> bool {
        self.reverse.is_some_and(|reverse| {
            reverse.operations().any(|(_, operation)| match &operation.action {
                Action::DropColumn { table: of, column: gone, .. } => of == table && gone == column,
                _ => false,
            })
        })
    }
}
