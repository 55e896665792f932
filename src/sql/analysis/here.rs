//! What a file itself has made by a given point: what is new there is nobody's yet.

use std::collections::HashSet;

use crate::sql::history_state::{Column, State};
use crate::sql::model::{Action, Ident, Name};

/// The history before the file, with what the file has made so far on top.
pub(super) struct Here<'a> {
    pub before: &'a State,
    tables: HashSet<Name>,
    columns: HashSet<(Name, Ident)>,
    types: HashSet<Name>,
}

impl<'a> Here<'a> {
    pub fn new(before: &'a State) -> Self {
        Here { before, tables: HashSet::new(), columns: HashSet::new(), types: HashSet::new() }
    }

    /// The table was made by this file, or lives only in this session.
    pub fn is_new(&self, table: &Name) -> bool {
        self.tables.contains(table) || self.before.table(table).is_some_and(|t| t.temporary)
    }

    /// The table or the column was made by this file.
    pub fn is_new_column(&self, table: &Name, column: &Ident) -> bool {
        self.is_new(table) || self.columns.contains(&(table.clone(), column.clone()))
    }

    /// The type was made by this file.
    pub fn is_new_type(&self, name: &Name) -> bool {
        self.types.contains(name)
    }

    /// A column as it was before the file.
    pub fn column(&self, table: &Name, column: &Ident) -> Option<&'a Column> {
        self.before.table(table)?.column(column)
    }

    /// Takes in what one operation makes.
    pub fn take_in(&mut self, action: &Action) {
        match action {
            Action::CreateTable(create) if !(create.if_not_exists && self.before.table(&create.name).is_some()) => {
                self.tables.insert(create.name.clone());
            }
            Action::CreateView { name, materialized: true, .. } => {
                self.tables.insert(name.clone());
            }
            Action::CreateEnum { name, .. } | Action::CreateDomain { name, .. } => {
                self.types.insert(name.clone());
            }
            Action::AddColumn { table, column, if_not_exists, .. }
                if !(*if_not_exists && self.column(table, &column.name).is_some()) =>
            {
                self.columns.insert((table.clone(), column.name.clone()));
            }
            Action::RenameTable { table, to } if self.tables.contains(table) => {
                self.tables.remove(table);
                self.tables.insert(to.clone());
            }
            Action::RenameColumn { table, column, to } => {
                let from = (table.clone(), column.clone());
                if self.columns.remove(&from) {
                    self.columns.insert((from.0, to.clone()));
                }
            }
            Action::DropTable { names, .. } => {
                for name in names {
                    self.tables.remove(name);
                }
            }
            _ => {}
        }
    }
}
