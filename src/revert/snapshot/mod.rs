//! What is in a database: everything of its catalogue that a migration can change, in one shape for all providers.

mod mysql;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use super::VerifyError;
use super::throwaway::{Session, SqlFailure};
use crate::project::Provider;
use crate::sql::archive;

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

    /// What a migration keeps of what it takes away stays where it is, and is no part of what a revert restores either.
    fn without_archives(mut self) -> Self {
        let is_archive = |object: &Object| {
            let named = matches!(&*object.kind, "table" | "schema") && archive::is_shown_archive(&object.name);
            named || archive::is_shown_archive(&object.of)
        };
        self.objects.retain(|object, _| !is_archive(object));
        self.order.retain(|table, _| !archive::is_shown_archive(table));
        self
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
    let taken = match provider {
        Provider::Sqlite => sqlite::take(session),
        Provider::Postgresql => postgres::take(session),
        Provider::Mysql => mysql::take(session),
        Provider::Sqlserver => return Err(VerifyError::NotThere(provider)),
    };
    taken.map_err(reading).map(Snapshot::without_archives)
}

fn reading(failure: SqlFailure) -> VerifyError {
    VerifyError::Sql { doing: "read its catalogue", failure }
}
