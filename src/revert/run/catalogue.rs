//! Whether what a revert script makes is there, and what it drops is gone: looked at before its transaction ends, so that a script that did
//! something else is taken back.
//!
//! Tables, columns and indexes of the URL's schema, by the statements of the script. The whole comparison is what `verify` does, on a
//! throwaway database.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::script::{Cells, ScriptConnection};
use crate::database::{DatabaseError, Result};
use crate::project::Provider;
use crate::sql::history_state::State;
use crate::sql::model::{Action, Ident, Name, Script};

/// One thing, by its name as the database compares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Table(String),
    Column(String, String),
    /// MySQL's are their table's; elsewhere the first is empty.
    Index(String, String),
}

impl Thing {
    fn is_of(&self, table: &str) -> bool {
        match self {
            Thing::Table(of) | Thing::Column(of, _) | Thing::Index(of, _) => of == table,
        }
    }

    fn shown(&self) -> String {
        match self {
            Thing::Table(table) => format!("table `{table}`"),
            Thing::Column(table, column) => format!("column `{table}`.`{column}`"),
            Thing::Index(table, index) if table.is_empty() => format!("index `{index}`"),
            Thing::Index(table, index) => format!("index `{index}` of `{table}`"),
        }
    }
}

/// What must be there and what must be gone after a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    provider: Provider,
    things: BTreeMap<Thing, bool>,
}

impl Expected {
    /// By the statements of a script. `before` is what there is before it.
    #[must_use]
    pub fn of(script: &Script, before: &State) -> Self {
        let mut expected = Expected { provider: script.provider, things: BTreeMap::new() };
        for (_, operation) in script.operations().filter(|(_, operation)| !operation.conditional) {
            expected.take_in(&operation.action, before);
        }
        expected
    }

    fn take_in(&mut self, action: &Action, before: &State) {
        match action {
            Action::CreateTable(create) if !create.temporary => {
                self.table(&create.name, true);
                for column in &create.columns {
                    self.column(&create.name, &column.name, true);
                }
            }
            Action::DropTable { names, temporary: false, .. } => {
                for name in names {
                    self.forget(name);
                    self.table(name, false);
                }
            }
            Action::RenameTable { table, to } => {
                self.forget(table);
                self.table(table, false);
                self.forget(to);
                self.table(to, true);
            }
            Action::SetSchema { name, .. } => self.forget(name),
            Action::AddColumn { table, column, .. } => self.column(table, &column.name, true),
            Action::DropColumn { table, column, .. } => self.column(table, column, false),
            Action::RenameColumn { table, column, to } => {
                self.column(table, column, false);
                self.column(table, to, true);
            }
            Action::ModifyColumn { table, column, definition, .. } => {
                if definition.name != *column {
                    self.column(table, column, false);
                }
                self.column(table, &definition.name, true);
            }
            Action::RebuildTable(rebuild) => {
                for column in before.table(&rebuild.table).iter().flat_map(|table| &table.columns) {
                    self.column(&rebuild.table, &column.name, false);
                }
                self.table(&rebuild.table, true);
                for column in &rebuild.definition.columns {
                    self.column(&rebuild.table, &column.name, true);
                }
            }
            Action::CreateIndex(index) => {
                if let Some(name) = &index.name {
                    self.index(Some(&index.table), name, true);
                }
            }
            Action::DropIndex { names, table, .. } => {
                for name in names {
                    self.index(table.as_ref(), name, false);
                }
            }
            _ => {}
        }
    }

    /// As this database compares names.
    fn key(&self, name: &str) -> String {
        if self.provider == Provider::Postgresql { name.to_owned() } else { name.to_lowercase() }
    }

    /// Names with a schema may be of another one than the URL's: those are not looked at.
    fn here(&self, name: &Name) -> Option<String> {
        (!name.is_qualified()).then(|| self.key(&name.object.value))
    }

    fn put(&mut self, thing: Thing, there: bool) {
        self.things.insert(thing, there);
    }

    fn table(&mut self, name: &Name, there: bool) {
        if let Some(table) = self.here(name) {
            self.put(Thing::Table(table), there);
        }
    }

    fn column(&mut self, table: &Name, column: &Ident, there: bool) {
        if let Some(table) = self.here(table) {
            let column = self.key(&column.value);
            self.put(Thing::Column(table, column), there);
        }
    }

    fn index(&mut self, table: Option<&Name>, name: &Name, there: bool) {
        let of = match (self.provider, table) {
            (Provider::Mysql, Some(table)) => self.here(table),
            (Provider::Mysql, None) => None,
            _ => Some(String::new()),
        };
        if let (Some(of), Some(name)) = (of, self.here(name)) {
            self.put(Thing::Index(of, name), there);
        }
    }

    /// A table that goes takes what was said of it along.
    fn forget(&mut self, table: &Name) {
        if let Some(table) = self.here(table) {
            self.things.retain(|thing, _| !thing.is_of(&table));
        }
    }

    /// What is not so, in sentences.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub fn check(&self, connection: &mut dyn ScriptConnection) -> Result<Vec<String>, DatabaseError> {
        let found = self.look(connection)?;
        let wrong = self.things.iter().filter(|(thing, there)| found.contains(thing) != **there);
        Ok(wrong
            .map(|(thing, there)| {
                let problem = if *there { "is not there" } else { "is still there" };
                format!("{} {problem}", thing.shown())
            })
            .collect())
    }

    fn look(&self, connection: &mut dyn ScriptConnection) -> Result<BTreeSet<Thing>, DatabaseError> {
        let (columns, indexes) = match self.provider {
            Provider::Sqlite => (
                "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table'",
                "SELECT '', name FROM sqlite_schema WHERE type = 'index'",
            ),
            Provider::Mysql => (
                "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = DATABASE()",
                "SELECT DISTINCT CAST(table_name AS CHAR), CAST(index_name AS CHAR) FROM information_schema.statistics WHERE table_schema = DATABASE()",
            ),
            Provider::Postgresql | Provider::Sqlserver => (
                "SELECT c.relname, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
                 AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')",
                "SELECT '', c.relname FROM pg_catalog.pg_class c \
                 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('i', 'I')",
            ),
        };
        let mut found = BTreeSet::new();
        for (of, name) in self.pairs(&connection.look("read the catalogue", columns)?) {
            found.insert(Thing::Table(of.clone()));
            found.insert(Thing::Column(of, name));
        }
        for (of, name) in self.pairs(&connection.look("read the catalogue", indexes)?) {
            found.insert(Thing::Index(of, name));
        }
        Ok(found)
    }

    fn pairs(&self, cells: &Cells) -> Vec<(String, String)> {
        let text = |row: &Vec<Option<String>>, at: usize| row.get(at).cloned().flatten().map(|text| self.key(&text));
        cells.iter().filter_map(|row| Some((text(row, 0)?, text(row, 1)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    fn expected(provider: Provider, before: &str, script: &str) -> String {
        let mut state = State::new(provider);
        let earlier = sql::read(provider, before.as_bytes()).unwrap();
        for statement in &earlier.statements {
            state.apply(&earlier, statement);
        }
        let expected = Expected::of(&sql::read(provider, script.as_bytes()).unwrap(), &state);
        let line = |(thing, there): (&Thing, &bool)| format!("{}{}", if *there { "+ " } else { "- " }, thing.shown());
        expected.things.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn by_the_statements_of_the_script() {
        let script = "ALTER TABLE \"User\" DROP COLUMN \"fullName\", ADD COLUMN \"nickname\" TEXT;\nCREATE UNIQUE INDEX \"k\" ON \"User\"(\"nickname\");\nDROP TABLE \"T\";\nDROP TABLE other.\"U\";\nDROP INDEX \"i\";";
        insta::assert_snapshot!(expected(Provider::Postgresql, "", script), @r"
        - table `T`
        - column `User`.`fullName`
        + column `User`.`nickname`
        - index `i`
        + index `k`
        ");
        let rebuild = "CREATE TABLE \"new_User\" (\"id\" INTEGER PRIMARY KEY, \"name\" TEXT);\nINSERT INTO \"new_User\" (\"id\") SELECT \"id\" FROM \"User\";\nDROP TABLE \"User\";\nALTER TABLE \"new_User\" RENAME TO \"User\";";
        insta::assert_snapshot!(expected(Provider::Sqlite, "CREATE TABLE \"User\" (\"id\" INTEGER PRIMARY KEY, \"fullName\" TEXT);", rebuild), @r"
        + table `user`
        - column `user`.`fullname`
        + column `user`.`id`
        + column `user`.`name`
        ");
        insta::assert_snapshot!(expected(Provider::Mysql, "", "CREATE TABLE `T` (`a` INT);\nALTER TABLE `T` ADD INDEX `i` (`a`), RENAME COLUMN `a` TO `b`;\nRENAME TABLE `T` TO `S`;\nDROP INDEX `j` ON `R`;"), @r"
        + table `s`
        - table `t`
        - index `j` of `r`
        ");
    }
}
