//! How large tables are, from the server's own statistics: what a decision about locks rests on. Nothing is counted but on SQLite, and
//! there only up to a bound.

use std::collections::BTreeMap;

use super::{Database, Result};
use crate::project::Provider;
use crate::sql::quote::{ident, text};

/// SQLite keeps no number of rows; beyond this it is only said that there are more.
pub const COUNTED: u64 = 1_000_001;
/// The least that a row takes on PostgreSQL: 24 bytes of header, 4 of its pointer (manual, 73.6, "Database Page Layout").
const LEAST_ROW: u64 = 28;
/// How long a question about sizes waits for somebody's lock on a table.
const LOCK_TIMEOUT: &str = "1s";

/// A table to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableRef {
    /// The schema, or MySQL's database; `None`: that of the connection.
    pub schema: Option<String>,
    /// Its name, without quotes.
    pub name: String,
}

/// How many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Counted.
    Exactly(u64),
    /// By the statistics.
    About(u64),
    /// Counting stopped there.
    AtLeast(u64),
    /// Nothing is known but that no more fit: the table was never analyzed.
    AtMost(u64),
}

/// How large a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub rows: Rows,
    /// Bytes with indexes and what is stored aside; `None`: the database does not say.
    pub bytes: Option<u64>,
}

impl Rows {
    /// The number that may have to be reckoned with: the most that there can be; `None`: no end is known.
    #[must_use]
    pub const fn most(self) -> Option<u64> {
        match self {
            Rows::Exactly(rows) | Rows::About(rows) | Rows::AtMost(rows) => Some(rows),
            Rows::AtLeast(_) => None,
        }
    }
}

/// Asks for tables. Those that are not there are not in the answer.
///
/// # Errors
/// [`super::DatabaseError`].
pub fn sizes(
    database: &mut dyn Database,
    provider: Provider,
    schema: Option<&str>,
    tables: &[TableRef],
) -> Result<BTreeMap<TableRef, Size>> {
    if tables.is_empty() {
        return Ok(BTreeMap::new());
    }
    match provider {
        Provider::Postgresql => of_postgres(database, schema.unwrap_or("public"), tables),
        Provider::Mysql => of_mysql(database, tables),
        Provider::Sqlite => of_sqlite(database, tables),
        Provider::Sqlserver => Ok(BTreeMap::new()),
    }
}

fn number(cell: Option<&String>) -> Option<u64> {
    cell?.parse().ok()
}

/// As the planner does it: the density of the last `ANALYZE` times the pages of now. Partitions and children count with their parent.
fn of_postgres(database: &mut dyn Database, schema: &str, tables: &[TableRef]) -> Result<BTreeMap<TableRef, Size>> {
    let literal = |value: &str| format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"));
    let wanted: Vec<String> = tables
        .iter()
        .enumerate()
        .map(|(at, table)| {
            format!("({at}, {}, {})", literal(table.schema.as_deref().unwrap_or(schema)), literal(&table.name))
        })
        .collect();
    let question = format!(
        "SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; \
         WITH RECURSIVE wanted(n, s, t) AS (VALUES {}), \
         tree(n, oid) AS (SELECT w.n, c.oid FROM wanted w JOIN pg_catalog.pg_namespace s ON s.nspname = w.s \
           JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = w.t AND c.relkind IN ('r', 'p', 'm') \
           UNION SELECT tree.n, i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid), \
         part AS (SELECT tree.n, c.oid, c.reltuples, c.relpages, pg_catalog.pg_relation_size(c.oid) AS heap, c.relkind \
           FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid), \
         known AS (SELECT n, oid, heap, relkind, CASE WHEN heap = 0 THEN 0 WHEN relpages = 0 OR reltuples < 0 THEN NULL \
           WHEN reltuples = 0 AND heap > relpages::bigint * pg_catalog.current_setting('block_size')::bigint THEN NULL \
           ELSE reltuples / relpages * (heap / pg_catalog.current_setting('block_size')::bigint) END AS rows FROM part) \
         SELECT n::text, sum(rows)::bigint::text, pg_catalog.bool_or(rows IS NULL)::text, sum(heap)::bigint::text, \
           sum(CASE WHEN relkind = 'p' THEN 0 ELSE pg_catalog.pg_total_relation_size(oid) END)::bigint::text FROM known GROUP BY n",
        wanted.join(", "),
    );
    let mut sizes = BTreeMap::new();
    for row in database.query("read the sizes of tables", &question)? {
        let Some(table) =
            number(row.first().and_then(Option::as_ref)).and_then(|at| tables.get(usize::try_from(at).ok()?))
        else {
            continue;
        };
        let cell = |at: usize| row.get(at).and_then(Option::as_ref);
        let unknown = cell(2).is_some_and(|text| text == "true");
        let heap = number(cell(3)).unwrap_or(u64::MAX);
        let rows = match number(cell(1)) {
            Some(rows) if !unknown => Rows::About(rows),
            _ => Rows::AtMost(heap / LEAST_ROW),
        };
        let rows = if heap == 0 { Rows::Exactly(0) } else { rows };
        sizes.insert(table.clone(), Size { rows, bytes: number(cell(4)) });
    }
    Ok(sizes)
}

/// `table_rows` is InnoDB's estimate, off by up to a half (MySQL manual, `INFORMATION_SCHEMA.TABLES`), and MySQL 8 keeps it for a day
/// unless it is told not to.
fn of_mysql(database: &mut dyn Database, tables: &[TableRef]) -> Result<BTreeMap<TableRef, Size>> {
    let quoted = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let mut sizes = BTreeMap::new();
    let wanted: Vec<String> = tables
        .iter()
        .enumerate()
        .map(|(at, table)| {
            let schema = table.schema.as_deref().map_or_else(|| "DATABASE()".to_owned(), quoted);
            format!(
                "SELECT CAST({at} AS CHAR), CAST(table_rows AS CHAR), CAST(data_length + index_length AS CHAR) \
                 FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {}",
                quoted(&table.name)
            )
        })
        .collect();
    let question =
        format!("/*!80000 SET SESSION information_schema_stats_expiry = 0; */ {}", wanted.join(" UNION ALL "));
    for row in database.query("read the sizes of tables", &question)? {
        let cell = |at: usize| row.get(at).and_then(Option::as_ref);
        let Some(table) = number(cell(0)).and_then(|at| tables.get(usize::try_from(at).ok()?)) else { continue };
        let bytes = number(cell(2));
        let rows = match number(cell(1)) {
            Some(rows) => Rows::About(rows),
            None => Rows::AtMost(bytes.unwrap_or(u64::MAX)),
        };
        sizes.insert(table.clone(), Size { rows, bytes });
    }
    Ok(sizes)
}

fn of_sqlite(database: &mut dyn Database, tables: &[TableRef]) -> Result<BTreeMap<TableRef, Size>> {
    let names: Vec<String> = tables.iter().map(|table| text(Provider::Sqlite, &table.name)).collect();
    let there = database.query(
        "read the schema",
        &format!(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name COLLATE NOCASE IN ({})",
            names.join(", ")
        ),
    )?;
    let mut sizes = BTreeMap::new();
    for table in tables {
        let known = there.iter().flatten().flatten().any(|name| name.eq_ignore_ascii_case(&table.name));
        if !known {
            continue;
        }
        let question = format!(
            "SELECT CAST(count(*) AS TEXT) FROM (SELECT 1 FROM {} LIMIT {COUNTED})",
            ident(Provider::Sqlite, &table.name)
        );
        let rows = database.query("count rows", &question)?;
        let rows = number(rows.first().and_then(|row| row.first()?.as_ref())).unwrap_or(COUNTED);
        let rows = if rows >= COUNTED { Rows::AtLeast(COUNTED - 1) } else { Rows::Exactly(rows) };
        sizes.insert(table.clone(), Size { rows, bytes: None });
    }
    Ok(sizes)
}
