//! What a migration may leave behind half done, by the catalogue: PostgreSQL only, the others have no such states.

use std::fmt;

use super::{Database, Result};
use crate::project::Provider;
use crate::sql::quote::ident;

/// What kind of thing was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftoverKind {
    /// An index that a build left, or that is still being built: queries do not use it, writes keep it up.
    InvalidIndex,
    /// A constraint that holds for new rows only.
    NotValidConstraint,
    /// A trigger that does not fire.
    DisabledTrigger,
}

/// One thing that is half done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Leftover {
    /// What.
    pub kind: LeftoverKind,
    /// Its schema.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Leftover { schema, table, name, .. } = self;
        match self.kind {
            LeftoverKind::InvalidIndex => write!(
                f,
                "the index `{schema}`.`{name}` of `{table}` is INVALID: no query uses it, and every write still keeps it up"
            ),
            LeftoverKind::NotValidConstraint => {
                write!(f, "the constraint `{name}` of `{schema}`.`{table}` is NOT VALID: it holds for new rows only")
            }
            LeftoverKind::DisabledTrigger => {
                write!(f, "the trigger `{name}` of `{schema}`.`{table}` is disabled: it does not fire")
            }
        }
    }
}

impl Leftover {
    /// The statement that ends it, to be run by hand or in the next migration.
    #[must_use]
    pub fn remedy(&self) -> String {
        let quoted = |name: &str| ident(Provider::Postgresql, name);
        let (schema, table, name) = (quoted(&self.schema), quoted(&self.table), quoted(&self.name));
        match self.kind {
            LeftoverKind::InvalidIndex => {
                format!(
                    "DROP INDEX CONCURRENTLY {schema}.{name};` and build it again, or `REINDEX INDEX CONCURRENTLY {schema}.{name};"
                )
            }
            LeftoverKind::NotValidConstraint => format!("ALTER TABLE {schema}.{table} VALIDATE CONSTRAINT {name};"),
            LeftoverKind::DisabledTrigger => format!("ALTER TABLE {schema}.{table} ENABLE TRIGGER {name};"),
        }
    }
}

/// Everything that is half done in the database, sorted.
///
/// # Errors
/// [`super::DatabaseError`].
pub fn leftovers(database: &mut dyn Database, provider: Provider) -> Result<Vec<Leftover>> {
    if provider != Provider::Postgresql {
        return Ok(Vec::new());
    }
    let own = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";
    // The index of a partitioned table is invalid until all partitions have theirs, on purpose.
    let sql = format!(
        "SELECT 'index', n.nspname, t.relname, c.relname FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND {own}; \
         SELECT 'constraint', n.nspname, t.relname, o.conname FROM pg_catalog.pg_constraint o \
         JOIN pg_catalog.pg_class t ON t.oid = o.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
         WHERE NOT o.convalidated AND {own}; \
         SELECT 'trigger', n.nspname, t.relname, g.tgname FROM pg_catalog.pg_trigger g \
         JOIN pg_catalog.pg_class t ON t.oid = g.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
         WHERE g.tgenabled = 'D' AND {own}"
    );
    let text = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let mut found: Vec<Leftover> = database
        .query("look for what is half done", &sql)?
        .iter()
        .map(|row| Leftover {
            kind: match &*text(row, 0) {
                "index" => LeftoverKind::InvalidIndex,
                "constraint" => LeftoverKind::NotValidConstraint,
                _ => LeftoverKind::DisabledTrigger,
            },
            schema: text(row, 1),
            table: text(row, 2),
            name: text(row, 3),
        })
        .collect();
    found.sort();
    Ok(found)
}
