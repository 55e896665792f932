//! Rows for every table, made from the catalogue, and read back: deterministic, at least [`FULL`] in each table that the migration
//! touches, parents before children, with edge values that the types allow.
//!
//! The provider's file says what the tables look like ([`Shape`]); `values` makes the values; this file fills and reads.

mod checks;
mod circle;
mod mysql;
mod postgres;
mod sqlite;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::VerifyError;
use super::throwaway::{Session, SqlFailure};
use crate::project::Provider;
use crate::sql::{archive, quote};

pub use values::{Flavor, Kind, Value};

/// What all values are made from, where nobody says another one. The report names it.
pub const SEED: u64 = 1;
/// Rows of a table that the migration names, and of those that they point at.
pub const FULL: usize = 100;
/// Rows of the others.
const FEW: usize = 8;

/// How many constants of a check are tried for one row.
const CONSTANTS_TRIED: usize = 8;

/// A table as the filler sees it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnShape>,
    /// The primary key.
    pub key: Vec<String>,
    /// Unique keys, the primary one among them.
    pub unique: Vec<Vec<String>>,
    /// Foreign keys.
    pub foreign: Vec<Foreign>,
}

/// A column as the filler sees it.
#[derive(Debug, Clone)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// What values it takes.
    pub kind: Kind,
    /// Whether NULL is one of them.
    pub nullable: bool,
    /// The database makes its values: identity, serial, computed.
    pub automatic: bool,
    /// It can be left out.
    pub has_default: bool,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it points at, as [`Shape::shown`] says it.
    pub table: String,
    /// The columns there.
    pub to: Vec<String>,
}

impl Shape {
    /// The name for people, the same as in snapshots.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }

    pub(super) fn quoted(&self, provider: Provider) -> String {
        let name = quote::ident(provider, &self.name);
        match &self.schema {
            Some(schema) => format!("{}.{name}", quote::ident(provider, schema)),
            None => name,
        }
    }

    fn kind(&self, column: &str) -> Option<&Kind> {
        self.columns.iter().find(|found| found.name == column).map(|found| &found.kind)
    }

    fn nullable(&self, columns: &[String]) -> bool {
        columns.iter().all(|name| self.columns.iter().any(|column| column.name == *name && column.nullable))
    }
}

/// The tables of a database.
///
/// # Errors
/// When the catalogue does not answer.
pub fn shapes(provider: Provider, session: &mut dyn Session) -> Result<Vec<Shape>, VerifyError> {
    let read = |failure| VerifyError::Sql { doing: "list its tables", failure };
    let mut shapes = match provider {
        Provider::Sqlite => sqlite::shapes(session).map_err(read)?,
        Provider::Postgresql => postgres::shapes(session).map_err(read)?,
        Provider::Mysql => mysql::shapes(session).map_err(read)?,
        Provider::Sqlserver => return Err(VerifyError::NotThere(provider)),
    };
    // Rows that a migration keeps are copies of others.
    shapes.retain(|shape| !archive::is_archive(shape.schema.as_deref(), &shape.name));
    Ok(shapes)
}

/// What became of filling one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The table.
    pub table: String,
    /// Rows in it.
    pub rows: usize,
    /// Why there is none.
    pub problem: Option<String>,
}

/// Which rows are made.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// Tables that the migration names.
    pub touched: &'a BTreeSet<String>,
    /// Tables that have their rows already.
    pub done: &'a BTreeSet<String>,
    /// Which values.
    pub flavor: Flavor,
    /// What they are made from.
    pub seed: u64,
}

/// Fills every table.
pub fn fill(provider: Provider, session: &mut dyn Session, shapes: &[Shape], recipe: &Recipe<'_>) -> Vec<Filled> {
    let Recipe { flavor, seed, .. } = *recipe;
    if flavor == Flavor::None {
        return Vec::new();
    }
    let full = with_parents(shapes, recipe.touched);
    let mut keys = Keys::new();
    let mut filled = Vec::new();
    let (order, in_circle) = parents_first(shapes);
    let mut expected: Vec<(usize, Keys)> = Vec::new();
    let constants = checks::constants(provider, session);
    for &at in &order {
        let shape = &shapes[at];
        let rows = if full.contains(&shape.shown()) { FULL } else { FEW };
        let mut filler = Filler { provider, shape, keys: &keys, constants: &constants, flavor, seed, rows };
        let result = if recipe.done.contains(&shape.shown()) {
            Ok(filler.present(session))
        } else if in_circle.contains(&at) {
            circle::fill(provider, session, (shapes, shape), &keys, recipe, rows).map(|(rows, keys)| {
                expected.push((filled.len(), keys));
                rows
            })
        } else {
            filler.fill(session)
        };
        let (rows, problem) = match result {
            Ok(rows) => (rows, None),
            Err(why) => (0, Some(why)),
        };
        filled.push(Filled { table: shape.shown(), rows, problem });
        let wanted: BTreeSet<&Vec<String>> =
            shapes.iter().flat_map(|s| &s.foreign).filter(|f| f.table == shape.shown()).map(|f| &f.to).collect();
        for columns in wanted {
            keys.insert((shape.shown(), columns.clone()), keys_of(provider, session, shape, columns));
        }
    }
    for (at, wanted) in expected {
        let same = |one: &Vec<Value>, two: &Vec<Value>| one.iter().zip(two).all(|(one, two)| one.is_like(two));
        let is_there = |(name, values): (&(String, Vec<String>), &Vec<Vec<Value>>)| {
            values.iter().all(|value| keys.get(name).is_some_and(|found| found.iter().any(|one| same(one, value))))
        };
        if !wanted.iter().all(is_there) {
            filled[at].problem =
                Some("its foreign keys go round in a circle, and a row it points at was refused".to_owned());
        }
    }
    filled
}

type Keys = HashMap<(String, Vec<String>), Vec<Vec<Value>>>;

fn keys_of(provider: Provider, session: &mut dyn Session, shape: &Shape, columns: &[String]) -> Vec<Vec<Value>> {
    let sql = format!("SELECT {} FROM {}", select_list(provider, shape, columns), shape.quoted(provider));
    let rows = session.query(&sql).unwrap_or_default();
    let value = |(cell, column): (Option<String>, &String)| as_value(provider, shape.kind(column), cell);
    rows.into_iter().map(|row| row.into_iter().zip(columns).map(value).collect()).collect()
}

/// One row more for a table that has some: the columns that get a value, each with one that is plain and new.
///
/// # Errors
/// Why there is none, for people.
pub fn another(
    provider: Provider,
    session: &mut dyn Session,
    shapes: &[Shape],
    shape: &Shape,
    seed: u64,
) -> Result<Vec<(String, Value)>, String> {
    let mut keys = Keys::new();
    for key in &shape.foreign {
        if let Some(parent) = shapes.iter().find(|other| other.shown() == key.table && key.table != shape.shown()) {
            keys.insert((key.table.clone(), key.to.clone()), keys_of(provider, session, parent, &key.to));
        }
    }
    let filler = Filler {
        provider,
        shape,
        keys: &keys,
        constants: &checks::constants(provider, session),
        flavor: Flavor::Plain,
        seed,
        rows: 1,
    };
    let columns = filler.columns()?;
    let number = filler.present(session);
    let values = filler.row(&columns, number, Flavor::Plain)?.ok_or("its keys leave no room for one more row")?;
    Ok(columns.iter().map(|column| column.name.clone()).zip(values).collect())
}

/// The primary key of a row that is there. `None`: there is no row, or no key.
pub fn key_of_a_row(provider: Provider, session: &mut dyn Session, shape: &Shape) -> Option<Vec<(String, Value)>> {
    if shape.key.is_empty() {
        return None;
    }
    let sql = format!("SELECT {} FROM {} LIMIT 1", select_list(provider, shape, &shape.key), shape.quoted(provider));
    let row = session.query(&sql).ok()?.into_iter().next()?;
    let value = |(column, cell): (&String, _)| (column.clone(), as_value(provider, shape.kind(column), cell));
    Some(shape.key.iter().zip(row).map(value).collect())
}

fn with_parents(shapes: &[Shape], touched: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = touched.clone();
    loop {
        let parents: Vec<String> = shapes
            .iter()
            .filter(|shape| all.contains(&shape.shown()))
            .flat_map(|shape| shape.foreign.iter().map(|key| key.table.clone()))
            .filter(|table| !all.contains(table))
            .collect();
        if parents.is_empty() {
            return all;
        }
        all.extend(parents);
    }
}

/// An order in which keys point backwards; one that may be NULL may point forwards where a circle leaves no other way. Tables that cannot
/// have a place are in the second list too.
fn parents_first(shapes: &[Shape]) -> (Vec<usize>, BTreeSet<usize>) {
    #[derive(PartialEq, Eq, Clone, Copy)]
    enum Waits {
        All,
        Required,
        Nothing,
    }
    let mut order: Vec<usize> = Vec::new();
    let mut in_circle = BTreeSet::new();
    let index: HashMap<String, usize> = shapes.iter().enumerate().map(|(at, shape)| (shape.shown(), at)).collect();
    while order.len() < shapes.len() {
        let is_ready = |at: usize, shape: &Shape, waits: Waits| {
            !order.contains(&at)
                && shape.foreign.iter().all(|key| {
                    let missing = index.get(&key.table).is_some_and(|parent| *parent != at && !order.contains(parent));
                    let required = !shape.nullable(&key.columns);
                    !missing || waits == Waits::Nothing || (waits == Waits::Required && !required)
                })
        };
        let ready = [Waits::All, Waits::Required, Waits::Nothing].into_iter().find_map(|waits| {
            let next = shapes.iter().enumerate().find(|(at, shape)| is_ready(*at, shape, waits));
            next.map(|(at, _)| (at, waits))
        });
        let Some((at, waits)) = ready else { break };
        if waits == Waits::Nothing {
            in_circle.insert(at);
        }
        order.push(at);
    }
    (order, in_circle)
}

/// Fills one table.
struct Filler<'a> {
    provider: Provider,
    shape: &'a Shape,
    keys: &'a Keys,
    constants: &'a checks::Constants,
    flavor: Flavor,
    seed: u64,
    rows: usize,
}

impl Filler<'_> {
    fn fill(&mut self, session: &mut dyn Session) -> Result<usize, String> {
        let columns = self.columns()?;
        if columns.is_empty() {
            return self.fill_with_defaults(session);
        }
        let mut rows = Vec::with_capacity(self.rows);
        for row in 0..self.rows {
            match self.row(&columns, row, self.flavor)? {
                Some(values) => rows.push(values),
                None => break,
            }
        }
        if rows.is_empty() {
            return Err("its keys leave no room for a row".to_owned());
        }
        if session.execute(&self.insert(&columns, &rows)).is_ok() {
            return Ok(rows.len());
        }
        self.one_by_one(session, &columns, rows)
    }

    /// A check, a trigger or a key that we do not see refuses some of them: each by itself, and once more with plain values.
    fn one_by_one(
        &self,
        session: &mut dyn Session,
        columns: &[&ColumnShape],
        rows: Vec<Vec<Value>>,
    ) -> Result<usize, String> {
        let (mut filled, mut first) = (0, None);
        for (number, row) in rows.into_iter().enumerate() {
            let mut attempt = session.execute(&self.insert(columns, &[row]));
            if attempt.is_err()
                && self.flavor == Flavor::Edge
                && let Some(plain) = self.row(columns, number, Flavor::Plain)?
            {
                attempt = session.execute(&self.insert(columns, &[plain]));
            }
            for turn in 0..CONSTANTS_TRIED {
                if attempt.is_ok() {
                    break;
                }
                let Some(fitting) = self.with_constants(columns, number, turn)? else { break };
                if let Ok(()) = session.execute(&self.insert(columns, &[fitting])) {
                    attempt = Ok(());
                }
            }
            match attempt {
                Ok(()) => filled += 1,
                Err(SqlFailure { said, .. }) => first = first.or(Some(said)),
            }
            // A table that has taken none of so many takes none.
            if filled == 0 && number >= 20 {
                break;
            }
        }
        match (filled, first) {
            // A migration has filled it, and it takes no more: settings of one row, for example.
            (0, _) if self.present(session) > 0 => Ok(self.present(session)),
            (0, why) => Err(why.unwrap_or_else(|| "no row was taken".to_owned())),
            (filled, _) => Ok(filled),
        }
    }

    /// A plain row whose columns with checks have a constant of the check. `None`: it has no such column, or there is no room.
    fn with_constants(
        &self,
        columns: &[&ColumnShape],
        number: usize,
        turn: usize,
    ) -> Result<Option<Vec<Value>>, String> {
        let Some(mut row) = self.row(columns, number, Flavor::Plain)? else { return Ok(None) };
        let mut any = false;
        for (column, value) in columns.iter().zip(&mut row) {
            let known = self.constants.get(&(self.shape.shown(), column.name.clone()));
            if let Some(constants) = known.filter(|constants| !constants.is_empty()) {
                *value = Value::Text(constants[(number + turn) % constants.len()].clone());
                any = true;
            }
        }
        Ok(any.then_some(row))
    }

    fn present(&self, session: &mut dyn Session) -> usize {
        let text = if self.provider == Provider::Mysql { "CHAR" } else { "TEXT" };
        let sql = format!("SELECT CAST(count(*) AS {text}) FROM {}", self.shape.quoted(self.provider));
        let answer = session.query(&sql).unwrap_or_default().into_iter().flatten().flatten().next();
        answer.and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    fn fill_with_defaults(&self, session: &mut dyn Session) -> Result<usize, String> {
        for _ in 0..self.rows {
            let nothing = if self.provider == Provider::Mysql { "() VALUES ()" } else { "DEFAULT VALUES" };
            let sql = format!("INSERT INTO {} {nothing}", self.shape.quoted(self.provider));
            session.execute(&sql).map_err(|failure| failure.said)?;
        }
        Ok(self.rows)
    }

    /// Columns that get a value from us.
    fn columns(&self) -> Result<Vec<&ColumnShape>, String> {
        let mut columns = Vec::new();
        for column in &self.shape.columns {
            let in_key = self.shape.foreign.iter().any(|key| key.columns.contains(&column.name));
            match &column.kind {
                _ if column.automatic && !in_key => {}
                Kind::Unknown(_) if in_key => columns.push(column),
                Kind::Unknown(_) if column.nullable || column.has_default => {}
                Kind::Unknown(name) => {
                    return Err(format!("no values are known for the type `{name}` of `{}`", column.name));
                }
                _ => columns.push(column),
            }
        }
        Ok(columns)
    }

    /// One row. `None`: the keys leave no room for more.
    fn row(&self, columns: &[&ColumnShape], row: usize, flavor: Flavor) -> Result<Option<Vec<Value>>, String> {
        let mut given: BTreeMap<&str, Value> = BTreeMap::new();
        let mut divisor = 1;
        for key in &self.shape.foreign {
            let chosen = match self.parent(key, row, flavor, &mut divisor)? {
                Some(chosen) => chosen,
                None => return Ok(None),
            };
            for (column, value) in key.columns.iter().zip(chosen) {
                given.entry(column).or_insert(value);
            }
        }
        if divisor > 1 && row >= divisor {
            return Ok(None);
        }
        let make = |column: &&ColumnShape| match given.get(column.name.as_str()) {
            Some(value) => value.clone(),
            None => self.value(column, row, flavor),
        };
        Ok(Some(columns.iter().map(make).collect()))
    }

    /// The row that a foreign key points at.
    fn parent(
        &self,
        key: &Foreign,
        row: usize,
        flavor: Flavor,
        divisor: &mut usize,
    ) -> Result<Option<Vec<Value>>, String> {
        let parents = self.keys.get(&(key.table.clone(), key.to.clone())).map_or(&[][..], Vec::as_slice);
        let nullable = self.shape.nullable(&key.columns);
        let nothing = || Ok(Some(vec![Value::Null; key.columns.len()]));
        if key.table == self.shape.shown() {
            let to = if nullable { row.checked_sub(1).filter(|_| row % 3 == 1) } else { Some(row) };
            let Some(to) = to else { return nothing() };
            return match key.to.iter().map(|column| self.own(column, to, flavor)).collect::<Option<Vec<_>>>() {
                Some(own) => Ok(Some(own)),
                None if nullable => nothing(),
                None => Err("it must point at itself, and the database makes its keys".to_owned()),
            };
        }
        if nullable && (parents.is_empty() || values::picks_null(self.place(&key.columns.join(",")), row, flavor)) {
            return nothing();
        }
        if parents.is_empty() {
            return Err(format!("`{}`, which it points at, has no rows", key.table));
        }
        let index = match self.keys_in_unique(key) {
            0 => row % parents.len(),
            1 if row >= parents.len() => return Ok(None),
            1 => row,
            // Keys that make a unique one together count like digits, so that no pair comes twice.
            _ => {
                let digit = row / *divisor % parents.len();
                *divisor *= parents.len();
                digit
            }
        };
        Ok(Some(parents[index].clone()))
    }

    fn place<'n>(&self, name: &'n str) -> values::Place<'n> {
        values::Place { name, seed: self.seed }
    }

    fn value(&self, column: &ColumnShape, row: usize, flavor: Flavor) -> Value {
        let unique = self.shape.unique.iter().any(|unique| unique.contains(&column.name));
        let name = format!("{}.{}", self.shape.shown(), column.name);
        let place = self.place(&name);
        if column.nullable && !unique && values::picks_null(place, row, flavor) {
            return Value::Null;
        }
        values::make(self.provider, &column.kind, place, row, unique, flavor)
    }

    /// The value of a column of this very row.
    fn own(&self, name: &str, row: usize, flavor: Flavor) -> Option<Value> {
        let column = self.shape.columns.iter().find(|column| column.name == name)?;
        if column.automatic { None } else { Some(self.value(column, row, flavor)) }
    }

    /// Every column of it belongs to a foreign key.
    fn only_keys(&self, unique: &[String]) -> bool {
        unique.iter().all(|column| self.shape.foreign.iter().any(|key| key.columns.contains(column)))
    }

    fn keys_in_unique(&self, key: &Foreign) -> usize {
        let unique = self
            .shape
            .unique
            .iter()
            .find(|unique| key.columns.iter().all(|column| unique.contains(column)) && self.only_keys(unique));
        let Some(unique) = unique else { return 0 };
        self.shape.foreign.iter().filter(|key| key.columns.iter().any(|column| unique.contains(column))).count()
    }

    fn insert(&self, columns: &[&ColumnShape], rows: &[Vec<Value>]) -> String {
        let names: Vec<String> = columns.iter().map(|column| quote::ident(self.provider, &column.name)).collect();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.shape.quoted(self.provider), names.join(", "));
        for (number, row) in rows.iter().enumerate() {
            let values: Vec<String> = row.iter().map(|value| value.literal(self.provider)).collect();
            sql.push_str(if number == 0 { "(" } else { ", (" });
            sql.push_str(&values.join(", "));
            sql.push(')');
        }
        sql
    }
}

/// The rows of every table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// By name.
    pub tables: BTreeMap<String, TableContents>,
    /// Where the sequences stand, by name.
    pub sequences: BTreeMap<String, Position>,
}

/// Where a sequence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The value that it gave last; one before its first where it gave none.
    pub at: i64,
    /// The table and the column that it is for.
    pub of: Option<(String, String)>,
}

/// The rows of one table, each value as the database writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableContents {
    /// Names.
    pub columns: Vec<String>,
    /// The primary key.
    pub key: Vec<String>,
    /// In no order.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Reads all rows.
///
/// # Errors
/// When a table cannot be read.
pub fn read(provider: Provider, session: &mut dyn Session, shapes: &[Shape]) -> Result<Contents, VerifyError> {
    let mut contents = Contents::default();
    for shape in shapes {
        let columns: Vec<String> = shape.columns.iter().map(|column| column.name.clone()).collect();
        let list = if columns.is_empty() { "NULL".to_owned() } else { select_list(provider, shape, &columns) };
        let sql = format!("SELECT {list} FROM {}", shape.quoted(provider));
        let rows = session.query(&sql).map_err(|failure| VerifyError::Sql { doing: "read its rows", failure })?;
        contents.tables.insert(shape.shown(), TableContents { columns, key: shape.key.clone(), rows });
    }
    if provider == Provider::Postgresql {
        let asked = postgres::positions(session);
        contents.sequences = asked.map_err(|failure| VerifyError::Sql { doing: "read its sequences", failure })?;
    }
    Ok(contents)
}

/// Values in a form that tells `1` from `'1'`, where the database does.
fn select_list(provider: Provider, shape: &Shape, columns: &[String]) -> String {
    let quoted = columns.iter().map(|column| quote::ident(provider, column));
    let list: Vec<String> = match provider {
        Provider::Sqlite => {
            quoted.map(|name| format!("CASE WHEN {name} IS NULL THEN NULL ELSE quote({name}) END")).collect()
        }
        Provider::Mysql => {
            let with_kind = quoted.zip(columns.iter().map(|column| shape.kind(column)));
            with_kind.map(|(name, kind)| kind.map_or(name.clone(), |kind| mysql::read_as(kind, &name))).collect()
        }
        _ => quoted.map(|name| format!("{name}::text")).collect(),
    };
    list.join(", ")
}

fn as_value(provider: Provider, kind: Option<&Kind>, cell: Option<String>) -> Value {
    match (cell, kind) {
        (None, _) => Value::Null,
        (Some(text), Some(kind)) if provider == Provider::Mysql => mysql::written(kind, text),
        (Some(text), _) if provider == Provider::Sqlite => Value::Literal(text),
        (Some(text), _) => Value::Text(text),
    }
}
