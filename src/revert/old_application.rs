//! The old application on the new schema: what the Prisma Client that runs before the migration would send for every model that the migration
//! touches is tried on the database before the migration and again after it. What worked and does not any more breaks the running version.
//!
//! As Prisma's client writes it (5, 6 and 7): every column by name, qualified; enums through a cast; `RETURNING` where the database has it.
//! An insert is tried twice, with every column and with the required ones only; each column is updated by itself. All of it happens in a
//! transaction that is rolled back.
//!
//! What is not seen: values that only the application knows to be wrong (a new unique index and its duplicates, a new check and its
//! odd values), raw SQL, and what the client validates itself.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::{self, ColumnShape, Kind, Shape, Value};
use super::throwaway::{Session, SqlFailure};
use crate::project::Provider;
use crate::sql::quote;

/// Whether the running version still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Everything that was tried works as before.
    Works,
    /// Something does not.
    Breaks,
    /// Nothing could be tried.
    NotTried,
}

/// A statement of the old application that works no more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Broken {
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`.
    pub statement: &'static str,
    /// The table.
    pub table: String,
    /// The column, where it is one.
    pub column: Option<String>,
    /// The database's words, or ours where we know better.
    pub why: String,
}

/// What became of the old application.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OldApplication {
    /// In a word.
    pub answer: Answer,
    /// How many statements were tried: those that worked before the migration.
    pub tried: usize,
    /// What breaks.
    pub statements: Vec<Broken>,
    /// Why nothing was tried.
    pub why: Option<String>,
}

impl OldApplication {
    /// Nothing was tried.
    #[must_use]
    pub fn not_tried(why: impl Into<String>) -> Self {
        OldApplication { answer: Answer::NotTried, tried: 0, statements: Vec::new(), why: Some(why.into()) }
    }
}

impl Broken {
    /// `INSERT into User, `fullName` has no default`.
    #[must_use]
    pub fn shown(&self) -> String {
        let preposition = match self.statement {
            "INSERT" => " into",
            "UPDATE" => " of",
            _ => " from",
        };
        match &self.column {
            Some(column) => format!("{}{preposition} `{}`.`{column}`: {}", self.statement, self.table, self.why),
            None => format!("{}{preposition} `{}`: {}", self.statement, self.table, self.why),
        }
    }
}

/// One statement that is tried before and after.
#[derive(Debug)]
struct Probe {
    statement: &'static str,
    /// Index into [`Probes::shapes`].
    shape: usize,
    column: Option<String>,
    sql: String,
}

/// What the old application sends, as far as it works before the migration.
#[derive(Debug)]
pub struct Probes {
    provider: Provider,
    shapes: Vec<Shape>,
    probes: Vec<Probe>,
}

/// Asks the database before the migration: everything that the old application would send for the tables that the migration names, itself or
/// by the type of a column, and that works. The tables have their rows already.
#[must_use]
pub fn before(
    provider: Provider,
    session: &mut dyn Session,
    all: &[Shape],
    is_named: &dyn Fn(&str) -> bool,
    seed: u64,
) -> Probes {
    let casts = enum_types(provider, session);
    let by_type = |shape: &Shape| {
        let shown = shape.shown();
        let mut types = casts.iter().filter(|((table, _), _)| *table == shown).map(|(_, name)| name);
        types.any(|name| name.rsplit("\".\"").next().is_some_and(|name| is_named(name.trim_end_matches('"'))))
    };
    let shapes: Vec<Shape> = all.iter().filter(|shape| is_named(&shape.name) || by_type(shape)).cloned().collect();
    let mut probes = Vec::new();
    for (number, shape) in shapes.iter().enumerate().filter(|(_, shape)| !shape.columns.is_empty()) {
        let writer = Writer { provider, shape, casts: &casts };
        let mut add = |statement, column: Option<&str>, sql| {
            probes.push(Probe { statement, shape: number, column: column.map(str::to_owned), sql });
        };
        add("SELECT", None, writer.select());
        let Ok(row) = rows::another(provider, session, all, shape, seed) else { continue };
        add("INSERT", None, writer.insert(&row));
        let required: Vec<_> = row.iter().filter(|(name, _)| writer.is_required(name)).cloned().collect();
        if required.len() < row.len() {
            add("INSERT", None, writer.insert(&required));
        }
        if let Some(key) = rows::key_of_a_row(provider, session, shape) {
            for (name, value) in &row {
                add("UPDATE", Some(name), writer.update(name, value, &key));
            }
        }
        let own: Option<Vec<(String, Value)>> =
            shape.key.iter().map(|key| row.iter().find(|(name, _)| name == key).cloned()).collect();
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            // With a row of its own: one that others point at could not be deleted before either.
            add("DELETE", None, format!("{}; {}", writer.insert(&row), writer.delete(&own)));
        }
    }
    let answers = run(session, &probes);
    let works = probes.into_iter().zip(answers).filter(|(_, answer)| answer.is_none()).map(|(probe, _)| probe);
    Probes { provider, probes: works.collect(), shapes }
}

impl Probes {
    /// Asks the database after the migration.
    #[must_use]
    pub fn after(&self, session: &mut dyn Session) -> OldApplication {
        if self.probes.is_empty() {
            return OldApplication::not_tried(if self.shapes.is_empty() {
                "it names no table that was there before"
            } else {
                "nothing could be tried on the tables that it names"
            });
        }
        let now = rows::shapes(self.provider, session).unwrap_or_default();
        let answers = run(session, &self.probes);
        let mut statements: Vec<Broken> = Vec::new();
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        for (probe, failure) in self.probes.iter().zip(answers) {
            let Some(failure) = failure else { continue };
            let old = &self.shapes[probe.shape];
            let new = now.iter().find(|shape| shape.shown() == old.shown());
            let (column, why) = explain(probe, old, new, &failure.said);
            // One reason is told once, by the first statement that meets it.
            if seen.insert((old.shown(), why.clone())) {
                statements.push(Broken { statement: probe.statement, table: old.shown(), column, why });
            }
        }
        self.read_otherwise(&now, &mut statements);
        let answer = if statements.is_empty() { Answer::Works } else { Answer::Breaks };
        OldApplication { answer, tried: self.probes.len(), statements, why: None }
    }

    /// Columns whose values come as something else than the old client reads.
    fn read_otherwise(&self, now: &[Shape], statements: &mut Vec<Broken>) {
        for old in &self.shapes {
            let Some(new) = now.iter().find(|shape| shape.shown() == old.shown()) else { continue };
            for column in &old.columns {
                let Some(other) = new.columns.iter().find(|other| other.name == column.name) else { continue };
                let (was, is) = (family(&column.kind), family(&other.kind));
                if was != is && !(was == "text" && is == "enum" || was == "enum" && is == "text") {
                    statements.push(Broken {
                        statement: "SELECT",
                        table: old.shown(),
                        column: Some(column.name.clone()),
                        why: format!("it comes as {is}, and the running version reads {was}"),
                    });
                }
            }
        }
    }
}

/// What the database's words mean, where the catalogue says it better.
fn explain(probe: &Probe, old: &Shape, new: Option<&Shape>, said: &str) -> (Option<String>, String) {
    let Some(new) = new else { return (None, "the table is not there any more".to_owned()) };
    let gone = |column: &&ColumnShape| !new.columns.iter().any(|other| other.name == column.name);
    if let Some(column) = &probe.column
        && !new.columns.iter().any(|other| other.name == *column)
    {
        return (None, format!("`{column}` is not there any more"));
    }
    if let Some(column) = old.columns.iter().find(gone)
        && mentions(said, &column.name)
    {
        return (None, format!("`{}` is not there any more", column.name));
    }
    if probe.statement == "INSERT" || probe.statement == "DELETE" {
        let required = new.columns.iter().find(|column| {
            mentions(said, &column.name) && !column.nullable && !column.has_default && !column.automatic
        });
        if let Some(column) = required {
            return match old.columns.iter().find(|other| other.name == column.name) {
                None => (None, format!("`{}` has no default", column.name)),
                Some(other) if other.nullable => (None, format!("`{}` is required now, and was not", column.name)),
                Some(other) if other.has_default => (None, format!("`{}` has lost its default", column.name)),
                Some(_) => (probe.column.clone(), said.to_owned()),
            };
        }
    }
    (probe.column.clone(), said.to_owned())
}

/// Whether it stands there as a word.
fn mentions(said: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    said.match_indices(name).any(|(at, _)| {
        !said[..at].chars().next_back().is_some_and(is_part)
            && !said[at + name.len()..].chars().next().is_some_and(is_part)
    })
}

fn family(kind: &Kind) -> String {
    match kind {
        Kind::Boolean => "a boolean".to_owned(),
        Kind::Bits(1) => "a boolean".to_owned(),
        Kind::Integer { .. } | Kind::Unsigned | Kind::Year => "an integer".to_owned(),
        Kind::Decimal { .. } => "a decimal".to_owned(),
        Kind::Float => "a float".to_owned(),
        Kind::Text(_) => "text".to_owned(),
        Kind::Bytes | Kind::Binary(_) | Kind::Bits(_) => "bytes".to_owned(),
        Kind::Uuid => "text".to_owned(),
        Kind::Timestamp | Kind::ShortTimestamp | Kind::Date => "a date".to_owned(),
        Kind::Time => "a time of day".to_owned(),
        Kind::Interval => "an interval".to_owned(),
        Kind::Json => "JSON".to_owned(),
        Kind::Enum(_) => "enum".to_owned(),
        Kind::Set(_) => "text".to_owned(),
        Kind::Point => "a point".to_owned(),
        Kind::Array(element) => format!("a list of {}", family(element)),
        Kind::Address => "text".to_owned(),
        Kind::Unknown(name) => name.clone(),
    }
}

/// Runs each by itself in one transaction that is rolled back; what each said when it failed.
fn run(session: &mut dyn Session, probes: &[Probe]) -> Vec<Option<SqlFailure>> {
    let mut answers = Vec::with_capacity(probes.len());
    let begun = session.execute("BEGIN");
    for probe in probes {
        if let Err(failure) = &begun {
            answers.push(Some(failure.clone()));
            continue;
        }
        let answer = session.execute("SAVEPOINT probe").and_then(|()| session.query(&probe.sql).map(drop));
        // Each starts from the same rows.
        let _ = session.execute("ROLLBACK TO SAVEPOINT probe");
        answers.push(answer.err());
    }
    let _ = session.execute("ROLLBACK");
    answers
}

/// Enum columns with their types, by table and column, quoted.
type Casts = BTreeMap<(String, String), String>;

const ENUMS: &str = "SELECT CASE WHEN n.nspname = 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END, a.attname::text, \
     '\"' || replace(tn.nspname, '\"', '\"\"') || '\".\"' || replace(t.typname, '\"', '\"\"') || '\"' \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace \
    WHERE t.typtype = 'e' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')";

fn enum_types(provider: Provider, session: &mut dyn Session) -> Casts {
    if provider != Provider::Postgresql {
        return Casts::new();
    }
    let rows = session.query(ENUMS).unwrap_or_default();
    rows.into_iter()
        .filter_map(|row| match <[Option<String>; 3]>::try_from(row) {
            Ok([Some(table), Some(column), Some(name)]) => Some(((table, column), name)),
            _ => None,
        })
        .collect()
}

/// Writes as Prisma's client does.
struct Writer<'a> {
    provider: Provider,
    shape: &'a Shape,
    casts: &'a Casts,
}

impl Writer<'_> {
    fn ident(&self, name: &str) -> String {
        quote::ident(self.provider, name)
    }

    /// `"public"."User"`.
    fn table(&self) -> String {
        let schema = match (&self.shape.schema, self.provider) {
            (Some(schema), _) => Some(schema.as_str()),
            (None, Provider::Postgresql) => Some("public"),
            (None, Provider::Sqlite) => Some("main"),
            (None, Provider::Sqlserver) => Some("dbo"),
            // The database's own name, which is a random one here.
            (None, Provider::Mysql) => None,
        };
        match schema {
            Some(schema) => format!("{}.{}", self.ident(schema), self.ident(&self.shape.name)),
            None => self.ident(&self.shape.name),
        }
    }

    fn cast(&self, column: &str) -> Option<&String> {
        self.casts.get(&(self.shape.shown(), column.to_owned()))
    }

    fn output(&self, table: &str) -> String {
        let columns = self.shape.columns.iter().map(|column| {
            let cast = if self.cast(&column.name).is_some() { "::text" } else { "" };
            format!("{table}.{}{cast}", self.ident(&column.name))
        });
        columns.collect::<Vec<_>>().join(", ")
    }

    fn value(&self, column: &str, value: &Value) -> String {
        let literal = value.literal(self.provider);
        match self.cast(column) {
            Some(name) if *value != Value::Null => format!("CAST({literal}::text AS {name})"),
            _ => literal,
        }
    }

    fn select(&self) -> String {
        let table = self.table();
        format!("SELECT {} FROM {table} WHERE 1=1 LIMIT 1 OFFSET 0", self.output(&table))
    }

    fn insert(&self, row: &[(String, Value)]) -> String {
        let table = self.table();
        let names: Vec<String> = row.iter().map(|(name, _)| self.ident(name)).collect();
        let values: Vec<String> = row.iter().map(|(name, value)| self.value(name, value)).collect();
        let what = if row.is_empty() {
            if self.provider == Provider::Mysql { "() VALUES ()".to_owned() } else { "DEFAULT VALUES".to_owned() }
        } else {
            format!("({}) VALUES ({})", names.join(","), values.join(","))
        };
        let returning = match self.provider {
            Provider::Postgresql => format!(" RETURNING {}", self.output(&table)),
            // SQLite takes no qualified names there.
            Provider::Sqlite => {
                let columns: Vec<String> = self.shape.columns.iter().map(|column| self.ident(&column.name)).collect();
                format!(" RETURNING {}", columns.join(", "))
            }
            Provider::Mysql | Provider::Sqlserver => String::new(),
        };
        format!("INSERT INTO {table} {what}{returning}")
    }

    fn update(&self, column: &str, value: &Value, key: &[(String, Value)]) -> String {
        format!(
            "UPDATE {} SET {} = {} WHERE ({})",
            self.table(),
            self.ident(column),
            self.value(column, value),
            self.is_row(key)
        )
    }

    fn delete(&self, key: &[(String, Value)]) -> String {
        format!("DELETE FROM {} WHERE ({})", self.table(), self.is_row(key))
    }

    fn is_row(&self, key: &[(String, Value)]) -> String {
        let table = self.table();
        let parts =
            key.iter().map(|(name, value)| format!("{table}.{} = {}", self.ident(name), self.value(name, value)));
        parts.collect::<Vec<_>>().join(" AND ")
    }

    /// The client must send it: the database has nothing to put there.
    fn is_required(&self, name: &str) -> bool {
        let column = self.shape.columns.iter().find(|column| column.name == name);
        column.is_some_and(|column| !column.nullable && !column.has_default)
    }
}
