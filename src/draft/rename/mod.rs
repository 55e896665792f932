//! Drops and adds that may be a new name for what is there: found, and written as what the author says that they are.
//!
//! A rename keeps the values under the new name, both ways. Expand and contract takes the drop out of this migration: old and new stand beside
//! each other until nothing reads the old one. Each works on the texts of the migration and of its way back alike.

mod columns;
mod expand;
mod tables;

use std::fmt;

use crate::project::Provider;
use crate::sql;
use crate::sql::history_state::State;
use crate::sql::model::{Action, Ident, Name, Script};
use crate::sql::renames::{self, Certainty};

/// A drop and an add that may be one thing under a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pair {
    /// Of a column.
    Column {
        /// Its table.
        table: Name,
        /// The one that goes.
        from: Ident,
        /// The new one.
        to: Ident,
    },
    /// Of a table.
    Table {
        /// The one that goes.
        from: Name,
        /// The new one.
        to: Name,
    },
}

impl Pair {
    /// How `--rename` names it.
    #[must_use]
    pub fn flag(&self) -> String {
        match self {
            Pair::Column { table, from, to } => format!("{}.{from}={to}", table.object),
            Pair::Table { from, to } => format!("{}={}", from.object, to.object),
        }
    }

    /// Whether `--rename` means this pair: `old=new`, or `Table.old=new`.
    #[must_use]
    pub fn is_meant(&self, from: &str, to: &str) -> bool {
        match self {
            Pair::Column { table, from: own, to: new } => {
                let (of, column) = from.rsplit_once('.').map_or((None, from), |(of, column)| (Some(of), column));
                new.is(to) && own.is(column) && of.is_none_or(|of| table.object.is(of) || table.to_string() == of)
            }
            Pair::Table { from: own, to: new } => {
                (own.object.is(from) || own.to_string() == from) && (new.object.is(to) || new.to_string() == to)
            }
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pair::Column { table, from, to } => write!(f, "`{table}`.`{from}` goes and `{to}` is new"),
            Pair::Table { from, to } => write!(f, "the table `{from}` goes and `{to}` is new"),
        }
    }
}

/// What a pair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// One thing under a new name.
    Rename,
    /// The same, in steps that the running application does not notice.
    ExpandContract,
    /// Two different things.
    Different,
}

/// A pair whose old side stays for now: the checklist tells how it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// What it is about.
    pub pair: Pair,
    /// Copies what is there: to be run in batches on a large table.
    pub backfill: String,
    /// `NOT NULL` that the new column has to get back in the end.
    pub required: bool,
}

/// Pairs that a person should be asked about. `certainty` of [`Certainty::Possible`] asks about each pair of one type.
#[must_use]
pub fn pairs(migration: &Script, before: &State) -> Vec<Pair> {
    let mut state = before.clone();
    state.begin_migration("", true);
    let mut found = Vec::new();
    for statement in &migration.statements {
        for operation in &statement.operations {
            match &operation.action {
                Action::DropColumn { table, column, .. } => {
                    let sides = renames::of_statements(migration, &state, table, column);
                    let this = sides.dropped.iter().find(|side| side.name.span == column.span);
                    let pair = this.and_then(|this| sides.best_pair(this, Certainty::Possible));
                    found.extend(
                        pair.map(|pair| (table.clone(), column.clone(), pair.name.clone())).and_then(column_pair),
                    );
                }
                Action::RebuildTable(rebuild) => {
                    let Some(known) = state.table(&rebuild.table) else { continue };
                    let sides = renames::of_rebuild(rebuild, known, statement.index);
                    for this in &sides.dropped {
                        let pair = sides.best_pair(this, Certainty::Possible);
                        let pair = pair.map(|pair| (rebuild.table.clone(), this.name.clone(), pair.name.clone()));
                        found.extend(pair.and_then(column_pair));
                    }
                }
                Action::DropTable { names, temporary: false, .. } => {
                    for from in names {
                        let like = renames::of_table(migration, &state, from);
                        found.extend(
                            like.first().map(|(_, create)| Pair::Table { from: from.clone(), to: create.name.clone() }),
                        );
                    }
                }
                _ => {}
            }
        }
        state.apply(migration, statement);
    }
    found
}

/// A column that is made anew under its own name changes its type: that is no rename.
fn column_pair((table, from, to): (Name, Ident, Ident)) -> Option<Pair> {
    (from != to).then_some(Pair::Column { table, from, to })
}

/// A pair that the author names, where the migration has both sides of it, however little they look alike.
#[must_use]
pub fn named(migration: &Script, before: &State, from: &str, to: &str) -> Option<Pair> {
    let mut dropped: Vec<(Name, Option<Ident>)> = Vec::new();
    let mut added: Vec<(Name, Option<Ident>)> = Vec::new();
    for (_, operation) in migration.operations() {
        match &operation.action {
            Action::DropColumn { table, column, .. } => dropped.push((table.clone(), Some(column.clone()))),
            Action::AddColumn { table, column, .. } => added.push((table.clone(), Some(column.name.clone()))),
            Action::DropTable { names, .. } => dropped.extend(names.iter().map(|name| (name.clone(), None))),
            Action::CreateTable(create) => added.push((create.name.clone(), None)),
            Action::RebuildTable(rebuild) => {
                let Some(known) = before.table(&rebuild.table) else { continue };
                let sides = renames::of_rebuild(rebuild, known, 0);
                let side = |side: &renames::Side<'_>| (rebuild.table.clone(), Some(side.name.clone()));
                dropped.extend(sides.dropped.iter().map(side));
                added.extend(sides.added.iter().map(side));
            }
            _ => {}
        }
    }
    let pairs = dropped.iter().flat_map(|old| added.iter().map(move |new| (old, new)));
    let mut pairs = pairs.filter_map(|(old, new)| match (old, new) {
        ((table, Some(from)), (of, Some(to))) if table == of => column_pair((table.clone(), from.clone(), to.clone())),
        ((from, None), (to, None)) => Some(Pair::Table { from: from.clone(), to: to.clone() }),
        _ => None,
    });
    pairs.find(|pair| pair.is_meant(from, to))
}

/// Both texts, written as a rename. `None`: this shape cannot be written so.
#[must_use]
pub fn rename(provider: Provider, texts: &[String; 2], pair: &Pair, before: &State) -> Option<[String; 2]> {
    let [forward, reverse] = read(provider, texts)?;
    match pair {
        Pair::Column { table, from, to } => {
            let old = columns::Was::known(before, table, from);
            let new = columns::Was::added(&forward, table, to);
            Some([columns::rename(&forward, table, from, to, old)?, columns::rename(&reverse, table, to, from, new)?])
        }
        Pair::Table { from, to } => Some([tables::copy(&forward, from, to)?, tables::copy(&reverse, to, from)?]),
    }
}

/// Both texts without the old side's end. `None`: this shape cannot be written so.
#[must_use]
pub fn expand(
    provider: Provider,
    texts: &[String; 2],
    pair: &Pair,
    before: &State,
) -> Option<([String; 2], Expansion)> {
    let [forward, reverse] = read(provider, texts)?;
    match pair {
        Pair::Column { table, from, to } => expand::column(&forward, &reverse, table, from, to, before),
        Pair::Table { from, to } => expand::table(&forward, &reverse, from, to),
    }
}

fn read(provider: Provider, texts: &[String; 2]) -> Option<[Script; 2]> {
    let read = |text: &String| sql::read(provider, text.as_bytes()).ok();
    Some([read(&texts[0])?, read(&texts[1])?])
}

/// The steps that are still to come, as comments at the head of the migration. Empty without any.
#[must_use]
pub fn plan_comment(expansions: &[Expansion]) -> String {
    let mut text = String::new();
    for expansion in expansions {
        for line in expansion.steps() {
            // Nothing from outside ends the comment.
            text.push_str(&format!("-- {}\n", crate::shell::printable(&line).replace(['\n', '\r'], " ")));
        }
        text.push('\n');
    }
    text
}

impl Expansion {
    /// What is done, and what is still to do, one line each.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        let (old, new) = match &self.pair {
            Pair::Column { table, from, to } => (format!("`{table}`.`{from}`"), format!("`{table}`.`{to}`")),
            Pair::Table { from, to } => (format!("`{from}`"), format!("`{to}`")),
        };
        let required = if self.required { format!(", and makes {new} NOT NULL") } else { String::new() };
        vec![
            format!(
                "Expand: {new} takes the place of {old}, in steps. This one adds {new}; {old} stays, in schema.prisma too."
            ),
            format!("Migrate: write both, then copy what is there (a large table in batches): {}", self.backfill),
            format!("Contract: when nothing reads {old} any more, a later migration drops it{required}."),
        ]
    }
}
