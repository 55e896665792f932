//! What earlier statements and earlier migrations did.
//!
//! A [`State`] starts empty and is led through every migration in order with [`State::begin_migration`] and [`State::apply`].
//! A rule asks it through a [`Context`]. What the text does not tell is `None`, never a guess: a table that no read migration
//! created is simply not known, and then it is old.

mod apply;
mod columns;
mod constraints;
mod settings;

use std::collections::HashMap;

use super::model::{
    ColumnDef, Constraint, ConstraintKind, CreateIndex, DataType, Ident, Name, Operation, Script, Span, Statement,
};
use crate::project::Provider;

/// Where something was born: which migration (by the order in which they were led through) and which of its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Birth {
    /// Ordinal of the migration, from 0.
    pub migration: u32,
    /// Index of the statement in it.
    pub statement: u32,
}

/// A table as far as the text tells.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name now.
    pub name: Name,
    /// Where it was created; `None`: by nothing that was read.
    pub born: Option<Birth>,
    /// Every column is known, since its creation was read.
    pub complete: bool,
    /// Known columns in order.
    pub columns: Vec<Column>,
    /// Known constraints, those of columns among them.
    pub constraints: Vec<KnownConstraint>,
    /// Known indexes, those behind constraints left out.
    pub indexes: Vec<KnownIndex>,
    /// It is temporary.
    pub temporary: bool,
    /// It has partitions.
    pub partitioned: bool,
    /// Rows were written to it by a migration since its creation.
    pub written: bool,
    /// Names of triggers on it that were read.
    pub triggers: Vec<Ident>,
    /// Indexes that went with the old table in its last rebuild. A migration puts those back that it still wants.
    pub before_rebuild: Vec<KnownIndex>,
    /// Unique keys that were dropped, without those over expressions or with a condition: their columns, by the names of now.
    pub dropped_keys: Vec<DroppedKey>,
}

/// A unique key that a migration dropped: the rows that were there at that time obey it.
#[derive(Debug, Clone)]
pub struct DroppedKey {
    /// Its columns, under their names of now.
    pub columns: Vec<Ident>,
    /// Ordinal of the migration that dropped it.
    pub dropped_in: u32,
}

/// A column as far as the text tells.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name now.
    pub name: Ident,
    /// Its type now.
    pub data_type: Option<DataType>,
    /// `None`: not known.
    pub nullable: Option<bool>,
    /// `Some(true)`: it has a default; `None`: not known.
    pub has_default: Option<bool>,
    /// The definition as last written in full, when there was one.
    pub definition: Option<ColumnDef>,
    /// Where it was added; `None`: not by anything that was read.
    pub born: Option<Birth>,
}

/// A constraint as far as the text tells.
#[derive(Debug, Clone)]
pub struct KnownConstraint {
    /// As written; its name is `None` where the database made one up (then [`KnownConstraint::likely_name`] helps).
    pub constraint: Constraint,
    /// PostgreSQL's made-up name (`t_c_key`, `t_pkey`, `t_c_fkey`, `t_c_check`), where that can be told.
    pub likely_name: Option<String>,
    /// Every row obeys it: it was not added `NOT VALID`, or it was validated since.
    pub validated: bool,
    /// Where it was added.
    pub born: Birth,
    /// Where it was validated, when that was later.
    pub validated_at: Option<Birth>,
}

/// An index as far as the text tells.
#[derive(Debug, Clone)]
pub struct KnownIndex {
    /// Its name now.
    pub name: Option<Name>,
    /// As created.
    pub index: CreateIndex,
    /// Where.
    pub born: Birth,
}

/// An enum type as far as the text tells.
#[derive(Debug, Clone)]
pub struct EnumType {
    /// Its name now.
    pub name: Name,
    /// Values in order, each with where it was added.
    pub values: Vec<(String, Birth)>,
    /// Its creation was read, so all values are known.
    pub complete: bool,
    /// Where it was created.
    pub born: Option<Birth>,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As written, without quotes.
    pub value: String,
    /// In milliseconds where it is a time and could be read. 0 means: no limit.
    pub millis: Option<u64>,
    /// `SET LOCAL`, so gone at the end of the transaction.
    pub local: bool,
    /// Where it was set.
    pub set: Birth,
    /// The statement that set it.
    pub span: Span,
}

/// Memory over the history.
#[derive(Debug, Clone)]
pub struct State {
    provider: Provider,
    migration: Option<u32>,
    pending_from: Option<u32>,
    names: Vec<String>,
    tables: HashMap<Name, Table>,
    enums: HashMap<Name, EnumType>,
    settings: HashMap<String, Setting>,
}

impl State {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(provider: Provider) -> Self {
        State {
            provider,
            migration: None,
            pending_from: None,
            names: Vec::new(),
            tables: HashMap::new(),
            enums: HashMap::new(),
            settings: HashMap::new(),
        }
    }

    /// Starts the next migration. `pending`: the database that is judged for does not have it yet.
    pub fn begin_migration(&mut self, name: &str, pending: bool) {
        let ordinal = self.migration.map_or(0, |m| m + 1);
        self.migration = Some(ordinal);
        self.names.push(name.to_owned());
        if pending && self.pending_from.is_some() {
            // Prisma runs all pending files of a deploy in one session: what one sets, the next still has.
            self.settings.retain(|_, setting| !setting.local);
        } else {
            self.settings.clear();
        }
        if pending && self.pending_from.is_none() {
            self.pending_from = Some(ordinal);
        }
        if !pending {
            // Temporary tables end with their session.
            self.tables.retain(|_, table| !table.temporary);
        }
    }

    /// Takes in what one statement of the current migration does.
    pub fn apply(&mut self, script: &Script, statement: &Statement) {
        debug_assert_eq!(script.provider, self.provider, "one state is for one database");
        let migration = self.migration.unwrap_or(0);
        let birth = Birth { migration, statement: u32::try_from(statement.index).unwrap_or(u32::MAX) };
        for operation in &statement.operations {
            apply::apply(self, operation, birth);
        }
    }

    /// Name of a migration by ordinal.
    #[must_use]
    pub fn migration_name(&self, ordinal: u32) -> Option<&str> {
        self.names.get(ordinal as usize).map(String::as_str)
    }

    /// Something was born in the pending set or in the migration at hand: the database that is judged for does not have it yet.
    #[must_use]
    pub fn born_in_pending(&self, born: Option<Birth>) -> bool {
        born.is_some_and(|born| {
            Some(born.migration) == self.migration || self.pending_from.is_some_and(|from| born.migration >= from)
        })
    }

    /// Unique keys of a table that the migration at hand dropped before this statement.
    pub fn keys_dropped_here<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = &'a [Ident]> {
        let here = table.dropped_keys.iter().filter(|key| Some(key.dropped_in) == self.migration);
        here.map(|key| key.columns.as_slice())
    }

    /// Something was born in the migration at hand.
    #[must_use]
    pub fn born_here(&self, born: Birth) -> bool {
        Some(born.migration) == self.migration
    }

    /// A table by name.
    #[must_use]
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.get(name)
    }

    /// All tables that are known.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// An enum type by name.
    #[must_use]
    pub fn enum_type(&self, name: &Name) -> Option<&EnumType> {
        self.enums.get(name)
    }

    /// A setting by lower-case name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }
}

impl State {
    /// A table to change; one that no read migration created is begun with nothing known.
    fn table_mut(&mut self, name: &Name) -> &mut Table {
        self.tables.entry(name.clone()).or_insert_with(|| Table::unknown(name.clone()))
    }

    fn enum_mut(&mut self, name: &Name) -> &mut EnumType {
        let unknown = || EnumType { name: name.clone(), values: Vec::new(), complete: false, born: None };
        self.enums.entry(name.clone()).or_insert_with(unknown)
    }

    fn written(&mut self, name: &Name) {
        self.table_mut(name).written = true;
    }
}

impl KnownConstraint {
    /// By its written or its made-up name.
    #[must_use]
    pub fn is_called(&self, name: &Ident) -> bool {
        match &self.constraint.name {
            Some(written) => written == name,
            None => self.likely_name.as_deref().is_some_and(|likely| name.is(likely)),
        }
    }
}

impl Table {
    /// Keeps in mind the unique keys that go now.
    fn remember_keys(
        &mut self,
        dropped_in: u32,
        index_goes: impl Fn(&KnownIndex) -> bool,
        constraint_goes: impl Fn(&KnownConstraint) -> bool,
    ) {
        let is_key = |kind| matches!(kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey);
        let whole = |known: &&KnownIndex| known.index.unique && known.index.condition.is_none() && index_goes(known);
        let by_index = self.indexes.iter().filter(whole).filter_map(|known| {
            known.index.columns.iter().map(|part| part.column.clone()).collect::<Option<Vec<Ident>>>()
        });
        let keys = self.constraints.iter().filter(|known| is_key(known.constraint.kind) && constraint_goes(known));
        let by_constraint = keys.map(|known| known.constraint.columns.clone());
        let gone: Vec<_> = by_index.chain(by_constraint).filter(|columns| !columns.is_empty()).collect();
        self.dropped_keys.extend(gone.into_iter().map(|columns| DroppedKey { columns, dropped_in }));
    }

    /// Nothing is known but the name.
    fn unknown(name: Name) -> Self {
        Table {
            name,
            born: None,
            complete: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            temporary: false,
            partitioned: false,
            written: false,
            triggers: Vec::new(),
            before_rebuild: Vec::new(),
            dropped_keys: Vec::new(),
        }
    }

    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &Ident) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == *name)
    }

    /// A constraint by its written or its made-up name.
    #[must_use]
    pub fn constraint(&self, name: &Ident) -> Option<&KnownConstraint> {
        self.constraints.iter().find(|c| c.is_called(name))
    }

    /// Constraints of a kind.
    pub fn constraints_of(&self, kind: ConstraintKind) -> impl Iterator<Item = &KnownConstraint> {
        self.constraints.iter().filter(move |c| c.constraint.kind == kind)
    }

    /// An index or a key finds rows by equality on all these columns: they are its leading ones, in whatever order. A partial index
    /// does when all that it leaves out is NULL in one of them.
    #[must_use]
    pub fn has_index_on(&self, columns: &[Ident]) -> bool {
        let leads = |own: &[Option<&Ident>]| {
            own.get(..columns.len()).is_some_and(|first| columns.iter().all(|wanted| first.contains(&Some(wanted))))
        };
        let by_index = self.indexes.iter().map(|known| &known.index).any(|index| {
            let ordered =
                index.special.is_none() && !matches!(index.method.as_deref(), Some("gin" | "brin" | "gist" | "spgist"));
            let whole = index.condition.as_ref().is_none_or(|condition| {
                // Nothing but `column IS NOT NULL`: such an expression reads the column and compares nothing.
                let expr = &condition.expr;
                !expr.not_null.is_empty()
                    && expr.columns == expr.not_null
                    && expr.calls.is_empty()
                    && expr.not_null.iter().all(|c| columns.contains(c))
            });
            ordered && whole && leads(&index.columns.iter().map(|part| part.column.as_ref()).collect::<Vec<_>>())
        });
        by_index
            || self.constraints.iter().any(|known| {
                matches!(known.constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
                    && leads(&known.constraint.columns.iter().map(Some).collect::<Vec<_>>())
            })
    }
}

/// What a rule may ask about the moment just before one statement runs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The file.
    pub script: &'a Script,
    /// The statement that is judged.
    pub statement: &'a Statement,
    /// Everything before it.
    pub state: &'a State,
}

/// Leads `state` through one migration and shows each statement with what was before it.
pub fn walk(state: &mut State, name: &str, pending: bool, script: &Script, mut visit: impl FnMut(Context<'_>)) {
    state.begin_migration(name, pending);
    for statement in &script.statements {
        visit(Context { script, statement, state });
        state.apply(script, statement);
    }
}

impl<'a> Context<'a> {
    /// The provider.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.script.provider
    }

    /// A table as it is before the statement.
    #[must_use]
    pub fn table(&self, name: &Name) -> Option<&'a Table> {
        self.state.table(name)
    }

    /// A column as it is before the statement.
    #[must_use]
    pub fn column(&self, table: &Name, column: &Ident) -> Option<&'a Column> {
        self.state.table(table)?.column(column)
    }

    /// The table was created earlier in this very migration (temporary ones too).
    #[must_use]
    pub fn created_here(&self, table: &Name) -> bool {
        let born = self.state.table(table).and_then(|t| t.born);
        born.is_some_and(|born| Some(born.migration) == self.state.migration)
    }

    /// The table was created earlier in the pending set (this migration among it): in the database that is judged for it does
    /// not exist yet, so locking it stops nobody.
    #[must_use]
    pub fn created_in_pending(&self, table: &Name) -> bool {
        let born = self.state.table(table).and_then(|t| t.born);
        self.created_here(table)
            || born.is_some_and(|born| self.state.pending_from.is_some_and(|from| born.migration >= from))
    }

    /// The statement is inside an explicit `BEGIN … COMMIT` (SQL Server's wrapper too).
    #[must_use]
    pub fn in_explicit_transaction(&self) -> bool {
        self.statement.transaction.is_some()
    }

    /// The lock timeout in force: `lock_timeout` of PostgreSQL and SQL Server, `lock_wait_timeout` of MySQL, `busy_timeout` of
    /// SQLite, as set by the migrations themselves. One of 0 is reported too: look at `millis`.
    #[must_use]
    pub fn lock_timeout(&self) -> Option<&'a Setting> {
        self.state.setting(match self.provider() {
            Provider::Postgresql | Provider::Sqlserver => "lock_timeout",
            Provider::Mysql => "lock_wait_timeout",
            Provider::Sqlite => "busy_timeout",
        })
    }

    /// PostgreSQL's `statement_timeout` in force, as set by the migrations themselves.
    #[must_use]
    pub fn statement_timeout(&self) -> Option<&'a Setting> {
        self.state.setting("statement_timeout")
    }

    /// Operations of earlier statements of this file, in order.
    pub fn earlier(&self) -> impl Iterator<Item = (&'a Statement, &'a Operation)> {
        self.script.statements[..self.statement.index].iter().flat_map(|s| s.operations.iter().map(move |o| (s, o)))
    }

    /// Operations of later statements of this file, in order.
    pub fn later(&self) -> impl Iterator<Item = (&'a Statement, &'a Operation)> {
        let rest = self.script.statements.get(self.statement.index + 1..).unwrap_or(&[]);
        rest.iter().flat_map(|s| s.operations.iter().map(move |o| (s, o)))
    }
}
