//! What is in a database: everything of its catalogue that a migration can change, in one shape for all providers.

mod mysql;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use super::VerifyError;
use super::throwaway::{Session, SqlFailure};
use crate::project::Provider;

/// Prisma's own table is no part of what a revert restores.
pub(super) const LEDGER: &str = "_prisma_migrations";

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// `table`, `column`, `index`, …: the word that people read.
    pub kind: String,
    /// The table that it belongs to; empty for what stands alone.
    pub of: String,
    /// Its name.
    pub name: String,
}

/// Everything, with its attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What there is, each with its attributes by name.
    pub objects: BTreeMap<Object, BTreeMap<String, String>>,
    /// The columns of each table in order: a difference in it is cosmetic.
    pub order: BTreeMap<String, String>,
}

impl Snapshot {
    fn put(&mut self, kind: &str, of: &str, name: &str) -> &mut BTreeMap<String, String> {
        let object = Object { kind: kind.to_owned(), of: of.to_owned(), name: name.to_owned() };
        self.objects.entry(object).or_default()
    }

    /// Whether there is a table of that name.
    #[must_use]
    pub fn has_table(&self, name: &str) -> bool {
        self.objects.keys().any(|object| object.kind == "table" && object.name == name)
    }
}

/// Takes one.
///
/// # Errors
/// When the catalogue does not answer.
pub fn take(provider: Provider, session: &mut dyn Session) -> Result<Snapshot, VerifyError> {
    match provider {
        Provider::Sqlite => sqlite::take(session).map_err(reading),
        Provider::Postgresql => postgres::take(session).map_err(reading),
        Provider::Mysql => mysql::take(session).map_err(reading),
        Provider::Sqlserver => Err(VerifyError::NotThere(provider)),
    }
}

fn reading(failure: SqlFailure) -> VerifyError {
    VerifyError::Sql { doing: "read its catalogue", failure }
}
