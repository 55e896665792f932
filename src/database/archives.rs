//! The archive tables of a database: what there is of them, and their end.

use std::time::Duration;

use super::script::{Cells, Ran, ScriptConnection, Way};
use super::{DatabaseError, Result};
use crate::project::Provider;
use crate::sql::{archive, quote};

/// How long one question may take: a table whose rows are not counted by then is listed without them.
const COUNTING: Duration = Duration::from_secs(10);

/// An archive table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTable {
    /// Its own name, without the schema.
    pub name: String,
    /// Its rows; `None`: they could not be counted in time.
    pub rows: Option<u64>,
    /// What it takes on disk, where the database tells.
    pub bytes: Option<u64>,
}

impl ArchiveTable {
    /// In quotes, with its schema.
    #[must_use]
    pub fn quoted(&self, provider: Provider) -> String {
        let name = quote::ident(provider, &self.name);
        if archive::has_schema(provider) { format!("{}.{name}", quote::ident(provider, archive::SCHEMA)) } else { name }
    }
}

/// Every archive table, by name.
///
/// # Errors
/// [`DatabaseError`] when the catalogue does not answer.
pub fn archives(provider: Provider, connection: &mut dyn ScriptConnection) -> Result<Vec<ArchiveTable>> {
    let schema = quote::text(provider, archive::SCHEMA);
    let sql = match provider {
        Provider::Postgresql => format!(
            "SELECT c.relname::text, pg_catalog.pg_total_relation_size(c.oid)::text FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p') ORDER BY 1"
        ),
        Provider::Mysql => "SELECT table_name, CAST(data_length + index_length AS CHAR) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name LIKE '\\_archive\\_%' ORDER BY 1"
            .to_owned(),
        Provider::Sqlite => "SELECT name, NULL FROM sqlite_schema WHERE type = 'table' AND name LIKE '\\_archive\\_%' ESCAPE '\\' ORDER BY 1".to_owned(),
        Provider::Sqlserver => format!("SELECT name, NULL FROM sys.tables WHERE schema_id = SCHEMA_ID({schema}) ORDER BY 1"),
    };
    let found = connection.ask("list the archive tables", &sql, COUNTING)?;
    let mut tables = Vec::new();
    for row in found {
        let cell = |at: usize| row.get(at).cloned().flatten();
        let Some(name) = cell(0) else { continue };
        if !archive::has_schema(provider) && !archive::is_archive(None, &name) {
            continue;
        }
        let mut table = ArchiveTable { name, rows: None, bytes: cell(1).and_then(|bytes| bytes.parse().ok()) };
        let text = if provider == Provider::Mysql { "CHAR" } else { "TEXT" };
        let sql = format!("SELECT CAST(count(*) AS {text}) FROM {}", table.quoted(provider));
        table.rows = match connection.ask("count the rows of an archive table", &sql, COUNTING) {
            Ok(cells) => number(&cells),
            Err(DatabaseError::Busy { .. }) => None,
            Err(error) => return Err(error),
        };
        tables.push(table);
    }
    Ok(tables)
}

fn number(cells: &Cells) -> Option<u64> {
    cells.first()?.first()?.as_ref()?.parse().ok()
}

/// Drops archive tables: all or none, where the database has transactions over schema changes.
///
/// # Errors
/// [`DatabaseError`]; on MySQL those before the one that failed are gone.
pub fn drop_archives(
    provider: Provider,
    connection: &mut dyn ScriptConnection,
    tables: &[&ArchiveTable],
) -> Result<()> {
    let way = match provider {
        Provider::Mysql => Way::Stepwise,
        _ => Way::OneTransaction { foreign_keys_off: false },
    };
    connection.begin(way)?;
    for table in tables {
        match connection.run(&format!("DROP TABLE {}", table.quoted(provider))) {
            Ok(Ran::Done) => {}
            Ok(Ran::Stopped) => {
                connection.abandon();
                return Ok(());
            }
            Err(error) => {
                connection.abandon();
                return Err(error);
            }
        }
    }
    connection.commit()
}
