//! The way back: what a migration has kept goes to where it was.
//!
//! Rows and values go back as soon as their table has its old shape, so before indexes and foreign keys are made over them. SQLite makes tables
//! anew: there the kept values are read in the copy itself.

use std::fmt::Write as _;

use super::{Kept, KeptColumn, Plan};
use crate::draft::edit::{Edits, end_of};
use crate::draft::placeholder::{lists_of, value_for};
use crate::project::Provider;
use crate::sql::analysis::keeps_values;
use crate::sql::history_state::State;
use crate::sql::model::{Action, ColumnDef, Ident, Name, RebuildTable, Script, Statement, TypeFamily};
use crate::sql::quote;

/// Writes the way back into the reverse difference.
///
/// `before` and `after` are the history without and with the migration.
pub(in crate::draft) fn write([migration, reverse]: [&Script; 2], plan: &Plan, [before, after]: [&State; 2]) -> String {
    let mut edits = Edits::default();
    let mut at_end = String::new();
    for kept in &plan.kept {
        let mut way = WayBack { migration, reverse, before, after, kept, edits: &mut edits, later: Later::default() };
        let text = if kept.whole { way.rows() } else { way.values() };
        let Some(text) = text else { continue };
        match place(reverse, kept) {
            Some(statement) => edits.insert(end_of(reverse, statement), format!("\n{}", text.trim_end())),
            None => at_end.push_str(&text),
        }
    }
    let mut text = edits.apply(reverse);
    if !at_end.is_empty() {
        let _ = write!(text, "\n{at_end}");
    }
    text
}

/// The statements alone, for a revert that nobody has written yet.
pub(in crate::draft) fn alone(plan: &Plan, migration: &Script) -> String {
    let mut text = String::new();
    let nothing = Script { statements: Vec::new(), ..migration.clone() };
    let before = State::new(migration.provider);
    for kept in &plan.kept {
        let mut edits = Edits::default();
        let mut way = WayBack {
            migration,
            reverse: &nothing,
            before: &before,
            after: &before,
            kept,
            edits: &mut edits,
            later: Later::default(),
        };
        text.push_str(&if kept.whole { way.rows() } else { way.values() }.unwrap_or_default());
    }
    text
}

/// What has to be said once the values are back.
#[derive(Default)]
struct Later {
    /// Columns that were made without `NOT NULL`: the definition as it was.
    required: Vec<(Ident, String)>,
}

struct WayBack<'a> {
    migration: &'a Script,
    reverse: &'a Script,
    before: &'a State,
    after: &'a State,
    kept: &'a Kept,
    edits: &'a mut Edits,
    later: Later,
}

impl<'a> WayBack<'a> {
    fn provider(&self) -> Provider {
        self.reverse.provider
    }

    fn table(&self) -> String {
        quote::name(self.provider(), &self.kept.table)
    }

    /// A whole table.
    fn rows(&mut self) -> Option<String> {
        let (provider, table, archive) = (self.provider(), self.table(), self.kept.quoted(self.provider()));
        let names = quote::list(provider, self.kept.columns.iter().map(|column| &column.name));
        let values: Vec<String> = self.kept.columns.iter().map(|column| kept_value(provider, column)).collect();
        let values = values.join(", ");
        let mut text = comment(self.kept);
        let overriding = if provider == Provider::Postgresql && self.kept.columns.iter().any(|column| column.numbered) {
            " OVERRIDING SYSTEM VALUE"
        } else {
            ""
        };
        let insert = format!("INSERT INTO {table} ({names}){overriding} SELECT {values} FROM {archive} AS a;\n");
        match provider {
            Provider::Sqlite => {
                // Tables that it points at may come back after it.
                let _ = write!(text, "PRAGMA foreign_keys=OFF;\n{insert}PRAGMA foreign_keys=ON;\n");
            }
            Provider::Sqlserver => {
                let numbered = self.kept.columns.iter().any(|column| column.numbered);
                let around =
                    |on: &str| if numbered { format!("SET IDENTITY_INSERT {table} {on}; ") } else { String::new() };
                let run = format!("{}{} {}", around("ON"), insert.trim_end(), around("OFF"));
                let _ = writeln!(text, "EXEC({});", unicode(provider, run.trim_end()));
            }
            _ => text.push_str(&insert),
        }
        text.push_str(&self.numbers());
        Some(text)
    }

    /// Columns of a table that stays. `None`: the copy of the table reads all of them.
    fn values(&mut self) -> Option<String> {
        let rebuild = self.reverse.operations().find_map(|(_, operation)| match &operation.action {
            Action::RebuildTable(rebuild) if rebuild.table == self.kept.table => Some(rebuild.as_ref()),
            _ => None,
        });
        let in_copy = match rebuild {
            Some(rebuild) if self.provider() == Provider::Sqlite => self.read_in_copy(rebuild),
            _ => Vec::new(),
        };
        let rest: Vec<&KeptColumn> = self.kept.columns.iter().filter(|c| !in_copy.contains(&c.name)).collect();
        if rest.is_empty() {
            return None;
        }
        self.without_not_null(&rest);
        self.make_way(&rest);
        let provider = self.provider();
        let (table, archive) = (self.table(), self.kept.quoted(provider));
        let set = |prefix: &str| -> String {
            let set = rest.iter().map(|column| {
                format!("{prefix}{} = {}", quote::ident(provider, &column.name.value), kept_value(provider, column))
            });
            set.collect::<Vec<_>>().join(", ")
        };
        let join = |of: &str| join(provider, self.kept, of);
        let mut text = comment(self.kept);
        for column in rest.iter().filter(|column| column.numbered && self.comes_back(&column.name)) {
            // Out of the way of the numbers that come back: each row got a new one.
            let own = quote::ident(provider, &column.name.value);
            let _ = writeln!(text, "UPDATE {table} SET {own} = -{own};");
        }
        match provider {
            Provider::Postgresql => {
                let _ = writeln!(text, "UPDATE {table} AS t SET {} FROM {archive} AS a WHERE {};", set(""), join("t"));
            }
            Provider::Sqlite => {
                let _ = writeln!(text, "UPDATE {table} SET {} FROM {archive} AS a WHERE {};", set(""), join(&table));
            }
            Provider::Mysql => {
                let _ = writeln!(text, "UPDATE {table} AS t JOIN {archive} AS a ON {} SET {};", join("t"), set("t."));
            }
            Provider::Sqlserver => {
                let run = format!("UPDATE t SET {} FROM {table} AS t JOIN {archive} AS a ON {}", set("t."), join("t"));
                // Compiled when it runs: the columns are not there before.
                let _ = writeln!(text, "EXEC({});", unicode(provider, &run));
            }
        }
        for (column, definition) in std::mem::take(&mut self.later.required) {
            let column = quote::ident(provider, &column.value);
            let _ = match provider {
                Provider::Mysql => writeln!(text, "ALTER TABLE {table} MODIFY {definition};"),
                Provider::Sqlserver => writeln!(text, "ALTER TABLE {table} ALTER COLUMN {definition};"),
                _ => writeln!(text, "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;"),
            };
        }
        text.push_str(&self.numbers());
        Some(text)
    }

    /// PostgreSQL's sequences know nothing of rows that come with their number.
    fn numbers(&self) -> String {
        let (provider, table) = (self.provider(), self.table());
        let mut text = String::new();
        for column in self.kept.columns.iter().filter(|column| column.numbered && provider == Provider::Postgresql) {
            let own = quote::ident(provider, &column.name.value);
            let _ = writeln!(
                text,
                "SELECT setval(pg_get_serial_sequence({}, {}), (SELECT max({own}) FROM {table} WHERE {own} > 0));",
                quote::text(provider, &table),
                quote::text(provider, &column.name.value)
            );
        }
        text
    }

    /// The way back adds the column.
    fn comes_back(&self, column: &Ident) -> bool {
        self.reverse.operations().any(|(_, operation)| match &operation.action {
            Action::AddColumn { table, column: new, .. } => *table == self.kept.table && new.name == *column,
            _ => false,
        })
    }

    /// A required column that gets no placeholder comes back without `NOT NULL`, gets its values, and then the `NOT NULL`.
    fn without_not_null(&mut self, columns: &[&KeptColumn]) {
        let provider = self.provider();
        for (_, operation) in self.reverse.operations() {
            let Action::AddColumn { table, column, .. } = &operation.action else { continue };
            let is_kept = *table == self.kept.table && columns.iter().any(|kept| kept.name == column.name);
            let needs = match provider {
                Provider::Postgresql => value_for(self.reverse, self.before, table, column).is_none(),
                // Other types begin with zero or an empty text; a day zero is refused by a strict server.
                Provider::Mysql => column.data_type.as_ref().is_some_and(|of| {
                    matches!(of.family, TypeFamily::Date | TypeFamily::Timestamp | TypeFamily::TimestampTz)
                }),
                Provider::Sqlserver => true,
                Provider::Sqlite => false,
            };
            if let (true, true, Some(span)) = (is_kept, needs && can_wait(column), column.not_null_span) {
                self.edits.replace(span.range(), "NULL");
                let definition = self.reverse.slice(column.span).to_owned();
                self.later.required.push((column.name.clone(), definition));
            }
        }
    }

    /// A value that comes back from the archive does not have to survive the cast back: it makes way before, so that the cast cannot stop at it.
    fn make_way(&mut self, columns: &[&KeptColumn]) {
        let provider = self.provider();
        let kept = self.kept;
        for (statement, operation) in self.reverse.operations() {
            let (table, column, to) = match &operation.action {
                Action::AlterColumnType { table, column, to, .. } if provider == Provider::Postgresql => {
                    (table, column, Some(to))
                }
                Action::ModifyColumn { table, column, definition, .. } => {
                    (table, column, definition.data_type.as_ref())
                }
                _ => continue,
            };
            let is_kept = *table == kept.table && columns.iter().any(|kept| kept.name == *column);
            let now = self.after.table(table).and_then(|known| known.column(column));
            let from = now.and_then(|now| now.data_type.as_ref());
            let survives = from.zip(to).is_some_and(|(from, to)| keeps_values(from, to));
            if !is_kept || survives || self.is_tightened(table, column) {
                continue;
            }
            let required = now.is_none_or(|now| now.nullable != Some(true));
            let Some(loosen) = self.loosened(&operation.action, required) else { continue };
            let own = quote::ident(provider, &column.value);
            let (table, archive, join) = (self.table(), kept.quoted(provider), join(provider, kept, "t"));
            let empty = match provider {
                Provider::Mysql => format!("UPDATE {table} AS t JOIN {archive} AS a ON {join} SET t.{own} = NULL;\n"),
                _ => format!("UPDATE {table} AS t SET {own} = NULL FROM {archive} AS a WHERE {join};\n"),
            };
            self.edits.insert(statement.span.start as usize, format!("{loosen}{empty}"));
        }
    }

    /// PostgreSQL: the way back itself forbids NULL in it.
    fn is_tightened(&self, table: &Name, column: &Ident) -> bool {
        self.reverse.operations().any(|(_, other)| match &other.action {
            Action::SetNotNull { table: of, column: tight } => of == table && tight == column,
            _ => false,
        })
    }

    /// Lets the column be NULL until its values are back. `None`: this shape is left alone.
    fn loosened(&mut self, back: &Action, required: bool) -> Option<String> {
        if !required {
            return Some(String::new());
        }
        let provider = self.provider();
        let table = self.table();
        match back {
            Action::ModifyColumn { column, definition, .. } => {
                let now = self.migration.operations().find_map(|(_, operation)| match &operation.action {
                    Action::ModifyColumn { table, column: of, definition, .. }
                        if *table == self.kept.table && of == column =>
                    {
                        Some(definition)
                    }
                    _ => None,
                })?;
                let wanted = definition.not_null_span?;
                let mut loose = self.migration.slice(now.span).to_owned();
                let begin = now.span.start as usize;
                let not_null = now.not_null_span?;
                loose.replace_range(not_null.start as usize - begin..not_null.end as usize - begin, "NULL");
                self.edits.replace(wanted.range(), "NULL");
                self.later.required.push((column.clone(), self.reverse.slice(definition.span).to_owned()));
                Some(format!("ALTER TABLE {table} MODIFY {loose};\n"))
            }
            Action::AlterColumnType { column, .. } => {
                self.later.required.push((column.clone(), String::new()));
                let own = quote::ident(provider, &column.value);
                Some(format!("ALTER TABLE {table} ALTER COLUMN {own} DROP NOT NULL;\n"))
            }
            _ => None,
        }
    }

    /// The columns that the copy of an SQLite table reads from the archive.
    fn read_in_copy(&mut self, rebuild: &RebuildTable) -> Vec<Ident> {
        let provider = self.provider();
        let Some((columns, values)) = rebuild.copy.and_then(|copy| lists_of(self.reverse, copy)) else {
            return Vec::new();
        };
        let table = self.table();
        let join = join(provider, self.kept, &table);
        let archive = self.kept.quoted(provider);
        let mut done = Vec::new();
        for kept in &self.kept.columns {
            let name = quote::ident(provider, &kept.name.value);
            let Some(definition) = rebuild.definition.columns.iter().find(|column| column.name == kept.name) else {
                continue;
            };
            let select = format!("(SELECT a.{name} FROM {archive} AS a WHERE {join})");
            let copied = rebuild.copied.iter().find(|copied| copied.to == kept.name);
            match copied {
                Some(copied) => {
                    let now = self.reverse.slice(copied.span);
                    self.edits.replace(copied.span.range(), format!("coalesce({select}, {now})"));
                }
                None => {
                    let value = match value_for(self.reverse, self.before, &rebuild.table, definition) {
                        Some(placeholder) => format!("coalesce({select}, {placeholder})"),
                        None => select,
                    };
                    self.edits.insert(columns, format!("{name}, "));
                    self.edits.insert(values, format!("{value}, "));
                }
            }
            done.push(kept.name.clone());
        }
        done
    }
}

/// The last statement that gives the table its old shape.
fn place<'r>(reverse: &'r Script, kept: &Kept) -> Option<&'r Statement> {
    let of_table = |action: &Action| match action {
        Action::CreateTable(create) => create.name == kept.table,
        Action::CreateIndex(_) | Action::DropIndex { .. } => false,
        Action::AddConstraint { .. } | Action::DropConstraint { .. } | Action::DropPrimaryKey { .. } => false,
        Action::SwapEnum(swap) => swap.columns.iter().any(|(table, _)| *table == kept.table),
        action => action.table() == Some(&kept.table),
    };
    let last = reverse
        .statements
        .iter()
        .rev()
        .find(|statement| statement.operations.iter().any(|operation| of_table(&operation.action)))?;
    // A group ends with its last step.
    let group = last.operations.iter().find_map(|operation| match &operation.action {
        Action::SwapEnum(swap) => swap.steps.last(),
        Action::RebuildTable(rebuild) => rebuild.steps.last(),
        _ => None,
    });
    Some(group.and_then(|step| reverse.statements.get(*step)).unwrap_or(last))
}

/// `NOT NULL` can be added afterwards: nothing gives the column a value now.
fn can_wait(column: &ColumnDef) -> bool {
    column.nullable == Some(false)
        && column.default.is_none()
        && column.generated.is_none()
        && !column.identity
        && column.constraints.is_empty()
        && !column.data_type.as_ref().is_some_and(|of| matches!(of.family, TypeFamily::Serial(_)))
}

/// Which archived row belongs to which row of the table.
fn join(provider: Provider, kept: &Kept, of: &str) -> String {
    let join = kept.key.iter().map(|column| {
        let name = quote::ident(provider, &column.name.value);
        format!("{} = {of}.{name}", kept_value(provider, column))
    });
    join.collect::<Vec<_>>().join(" AND ")
}

/// The value as the table holds it.
fn kept_value(provider: Provider, column: &KeptColumn) -> String {
    let value = format!("a.{}", quote::ident(provider, &column.name.value));
    match &column.as_text {
        Some(of) => format!("{value}::{}{}", quote::name(provider, &of.name), if of.array { "[]" } else { "" }),
        None => value,
    }
}

fn comment(kept: &Kept) -> String {
    let what = format!("Puts back what the migration has kept of {}", kept.shown());
    format!("-- {}\n", crate::shell::printable(&what).replace(['\n', '\r'], " "))
}

fn unicode(provider: Provider, text: &str) -> String {
    format!("N{}", quote::text(provider, text))
}
