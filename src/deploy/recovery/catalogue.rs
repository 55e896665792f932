//! What is in the target's database now, asked by the names that a migration writes.
//!
//! It is a snapshot as the proof of a revert takes it ([`crate::revert::snapshot`]), taken read-only on the live database.

use std::collections::BTreeMap;

use crate::database::Database;
use crate::project::Provider;
use crate::revert::VerifyError;
use crate::revert::snapshot::{self, Object, Snapshot};
use crate::revert::throwaway::{Rows, Session, SqlFailure};
use crate::sql::model::{ConstraintKind, Ident, Name};

/// The schema of PostgreSQL that the snapshot leaves out of names.
const PUBLIC: &str = "public";

/// Attributes of an object, by name.
pub type Attributes = BTreeMap<String, String>;

/// The catalogue of a database at one moment.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    snapshot: Snapshot,
    provider: Option<Provider>,
    /// PostgreSQL: the schema of names that have none written.
    schema: String,
}

impl Catalogue {
    /// Reads the catalogue; `schema` is the URL's.
    ///
    /// # Errors
    /// When the database does not answer, or has a provider whose catalogue cannot be read.
    pub fn read(provider: Provider, schema: Option<&str>, database: &mut dyn Database) -> Result<Self, VerifyError> {
        let snapshot = snapshot::take(provider, &mut Live(database))?;
        Ok(Catalogue::of(provider, schema, snapshot))
    }

    /// Of a snapshot that was taken.
    #[must_use]
    pub fn of(provider: Provider, schema: Option<&str>, snapshot: Snapshot) -> Self {
        Catalogue { snapshot, provider: Some(provider), schema: schema.unwrap_or(PUBLIC).to_owned() }
    }

    /// The snapshot itself.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The name as the snapshot writes it.
    #[must_use]
    pub fn shown(&self, name: &Name) -> String {
        let object = &name.object.value;
        if self.provider != Some(Provider::Postgresql) {
            return object.clone();
        }
        match (&name.schema, &name.default_schema.0) {
            (Some(schema), _) => format!("{}.{object}", schema.value),
            (None, Some(_)) => object.clone(),
            (None, None) if self.schema == PUBLIC => object.clone(),
            (None, None) => format!("{}.{object}", self.schema),
        }
    }

    /// PostgreSQL tells upper from lower case once names are in the catalogue; the others compare without, in most installations.
    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        if self.provider == Some(Provider::Postgresql) { one == other } else { one.eq_ignore_ascii_case(other) }
    }

    fn find(&self, kinds: &[&str], of: Option<&str>, name: &str) -> Option<(&Object, &Attributes)> {
        self.snapshot.objects.iter().find(|(object, _)| {
            kinds.contains(&object.kind.as_str())
                && of.is_none_or(|of| self.same(&object.of, of))
                && self.same(&object.name, name)
        })
    }

    /// A table.
    #[must_use]
    pub fn table(&self, name: &Name) -> Option<&Attributes> {
        self.find(&["table"], None, &self.shown(name)).map(|(_, attributes)| attributes)
    }

    /// A column.
    #[must_use]
    pub fn column(&self, table: &Name, column: &Ident) -> Option<&Attributes> {
        self.find(&["column"], Some(&self.shown(table)), &column.value).map(|(_, attributes)| attributes)
    }

    /// The names of what belongs to a table, of one kind.
    #[must_use]
    pub fn names_of(&self, kind: &str, table: &Name) -> Vec<&str> {
        let table = self.shown(table);
        let mine = |object: &&Object| object.kind == kind && self.same(&object.of, &table);
        self.snapshot.objects.keys().filter(mine).map(|object| object.name.as_str()).collect()
    }

    /// Whether a table has a primary key. SQLite tells it by its columns.
    #[must_use]
    pub fn has_primary_key(&self, table: &Name) -> bool {
        let table = self.shown(table);
        self.snapshot.objects.iter().any(|(object, attributes)| {
            self.same(&object.of, &table)
                && (object.kind == "primary key" || attributes.contains_key("place in the primary key"))
        })
    }

    /// A constraint by its name, and its kind where that is known: MySQL keeps the index of a foreign key, under its name, when the key is dropped.
    #[must_use]
    pub fn constraint(
        &self,
        table: &Name,
        name: &Ident,
        kind: Option<ConstraintKind>,
    ) -> Option<(&Object, &Attributes)> {
        let kinds: &[&str] = match kind {
            Some(ConstraintKind::PrimaryKey) => &["primary key"],
            Some(ConstraintKind::ForeignKey) => &["foreign key"],
            Some(ConstraintKind::Unique) => &["unique key", "index"],
            Some(ConstraintKind::Check) => &["check"],
            Some(ConstraintKind::Exclude) => &["exclusion constraint"],
            Some(ConstraintKind::NotNull | ConstraintKind::Default) | None => {
                &["primary key", "foreign key", "unique key", "check", "exclusion constraint", "index"]
            }
        };
        self.find(kinds, Some(&self.shown(table)), &name.value)
    }

    /// An index by its name; PostgreSQL and SQLite have one of a name in a schema, MySQL one in a table.
    #[must_use]
    pub fn index(&self, table: Option<&Name>, name: &Name) -> Option<(&Object, &Attributes)> {
        let kinds = ["index", "unique key"];
        let Some(Provider::Postgresql) = self.provider else {
            let table = table.map(|table| self.shown(table));
            return self.find(&kinds, table.as_deref(), &name.object.value);
        };
        // Its schema is its table's.
        let shown = self.shown(name);
        let schema = shown.rsplit_once('.').map(|(schema, _)| schema);
        self.snapshot.objects.iter().find(|(object, _)| {
            kinds.contains(&object.kind.as_str())
                && object.name == name.object.value
                && object.of.rsplit_once('.').map(|(schema, _)| schema) == schema
        })
    }

    /// Something that stands alone: `enum`, `view`, `sequence`, …
    #[must_use]
    pub fn alone(&self, kinds: &[&str], name: &Name) -> Option<&Attributes> {
        self.find(kinds, None, &self.shown(name)).map(|(_, attributes)| attributes)
    }

    /// A schema or an extension, which have no schema of their own.
    #[must_use]
    pub fn unqualified(&self, kind: &str, name: &Name) -> Option<&Attributes> {
        self.find(&[kind], None, &name.object.value).map(|(_, attributes)| attributes)
    }

    /// Something that belongs to a table: `trigger`, `policy`.
    #[must_use]
    pub fn belonging(&self, kind: &str, table: Option<&Name>, name: &Name) -> Option<&Attributes> {
        let table = table.map(|table| self.shown(table));
        self.find(&[kind], table.as_deref(), &name.object.value).map(|(_, attributes)| attributes)
    }

    /// A function or procedure, whatever its arguments. How many of that name there are.
    #[must_use]
    pub fn routines(&self, name: &Name) -> usize {
        let shown = self.shown(name);
        let is = |object: &&Object| {
            matches!(&*object.kind, "function" | "procedure")
                && self.same(object.name.split('(').next().unwrap_or_default(), &shown)
        };
        self.snapshot.objects.keys().filter(is).count()
    }

    /// Indexes that a broken `CONCURRENTLY` left behind: table, name.
    pub fn invalid_indexes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.snapshot.objects.iter().filter_map(|(object, attributes)| {
            let invalid = attributes.get("validity").is_some_and(|validity| validity == "not valid");
            (object.kind == "index" && invalid).then_some((object.of.as_str(), object.name.as_str()))
        })
    }
}

/// A live database as the snapshot's questions want it: it answers, and changes nothing but settings of its own session.
pub(in crate::deploy) struct Live<'a>(pub(in crate::deploy) &'a mut dyn Database);

impl Session for Live<'_> {
    fn execute(&mut self, sql: &str) -> Result<(), SqlFailure> {
        if sql.starts_with("SET ") {
            return self.query(sql).map(drop);
        }
        Err(SqlFailure { said: "this connection only reads".to_owned(), at: None })
    }

    fn query(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
        self.0.query("read the catalogue", sql).map_err(|error| SqlFailure { said: error.to_string(), at: None })
    }

    fn renew(&mut self) -> Result<(), SqlFailure> {
        Ok(())
    }
}
