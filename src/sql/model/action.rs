//! What one operation does. Rules match on [`Action`].

use super::data_type::DataType;
use super::dml::{Delete, Insert, Merge, Update};
use super::expr::Expr;
use super::group::{RebuildTable, SwapEnum};
use super::names::{Ident, Name, Span};
use super::table::{ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, Position, Select};

/// What an operation does, the same for every database.
///
/// To add one: a variant here with its documentation, its place in [`Action::label`], the lowering in `lower/` or `keywords/`, and a
/// line in `tests/sql`. Rules that care match on it; the others do not see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named after what the SQL says")]
pub enum Action {
    // Tables
    /// `CREATE TABLE`, `CREATE TABLE … AS`, `SELECT … INTO`.
    CreateTable(Box<CreateTable>),
    /// `DROP TABLE`.
    DropTable { names: Vec<Name>, if_exists: bool, cascade: bool, temporary: bool },
    /// `ALTER TABLE … RENAME TO`, `RENAME TABLE`, `sp_rename`; views too.
    RenameTable { table: Name, to: Name },
    /// `ALTER … SET SCHEMA`, MySQL's rename into another database, `ALTER SCHEMA … TRANSFER`.
    SetSchema { kind: ObjectKind, name: Name, to: Ident },
    /// `TRUNCATE`.
    Truncate { tables: Vec<Name>, cascade: bool },
    /// A setting of a table, see [`TableOption`].
    TableOption { table: Name, option: TableOption },

    // Columns
    /// `ADD COLUMN`.
    AddColumn { table: Name, column: Box<ColumnDef>, if_not_exists: bool, position: Option<Position> },
    /// `DROP COLUMN`.
    DropColumn { table: Name, column: Ident, if_exists: bool, cascade: bool },
    /// `RENAME COLUMN`, `sp_rename … 'COLUMN'`.
    RenameColumn { table: Name, column: Ident, to: Ident },
    /// PostgreSQL `ALTER COLUMN … TYPE`, SQL Server `ALTER COLUMN`.
    AlterColumnType {
        table: Name,
        column: Ident,
        to: DataType,
        /// `USING` expression.
        using: Option<Expr>,
        /// SQL Server writes the nullability again; `None` elsewhere.
        nullable: Option<bool>,
        /// SQL Server `WITH (ONLINE = ON)`.
        online: bool,
    },
    /// `SET NOT NULL`.
    SetNotNull { table: Name, column: Ident },
    /// `DROP NOT NULL`.
    DropNotNull { table: Name, column: Ident },
    /// `SET DEFAULT`.
    SetDefault { table: Name, column: Ident, default: Expr },
    /// `DROP DEFAULT`.
    DropDefault { table: Name, column: Ident },
    /// MySQL `MODIFY` and `CHANGE`: the whole definition is written again, what is left out is dropped. With `CHANGE` the definition's
    /// name may differ from `column`: a rename.
    ModifyColumn { table: Name, column: Ident, definition: Box<ColumnDef>, position: Option<Position> },
    /// Other settings of a column.
    ColumnOption { table: Name, column: Ident, option: ColumnOption },

    // Constraints
    /// `ADD CONSTRAINT`, with a name or without.
    AddConstraint { table: Name, constraint: Box<Constraint> },
    /// `VALIDATE CONSTRAINT`, SQL Server `WITH CHECK CHECK CONSTRAINT`.
    ValidateConstraint { table: Name, name: Ident },
    /// `DROP CONSTRAINT`, `DROP FOREIGN KEY`, `DROP CHECK`. The kind is known when written; else ask the state.
    DropConstraint { table: Name, name: Ident, kind: Option<ConstraintKind>, if_exists: bool, cascade: bool },
    /// MySQL `DROP PRIMARY KEY`. Elsewhere a primary key goes by `DropConstraint`.
    DropPrimaryKey { table: Name },
    /// `RENAME CONSTRAINT`.
    RenameConstraint { table: Name, name: Ident, to: Ident },
    /// SQL Server `CHECK CONSTRAINT` and `NOCHECK CONSTRAINT`; MySQL `ALTER CHECK … [NOT] ENFORCED`. No names: all.
    ToggleConstraint { table: Name, names: Vec<Ident>, enabled: bool, validated: bool },

    // Indexes
    /// `CREATE INDEX`, MySQL `ADD INDEX|KEY|UNIQUE|FULLTEXT|SPATIAL`.
    CreateIndex(Box<CreateIndex>),
    /// `DROP INDEX`.
    DropIndex { names: Vec<Name>, table: Option<Name>, if_exists: bool, concurrently: bool, cascade: bool },
    /// `ALTER INDEX … RENAME`, `RENAME INDEX`, `sp_rename … 'INDEX'`.
    RenameIndex { table: Option<Name>, index: Name, to: Ident },
    /// `REINDEX`, `ALTER INDEX … REBUILD`.
    Reindex { target: Option<Name>, concurrently: bool },
    /// `ALTER INDEX … ATTACH PARTITION`.
    AttachIndex { index: Name, partition: Name },

    // Types
    /// PostgreSQL `CREATE TYPE … AS ENUM`.
    CreateEnum { name: Name, values: Vec<EnumValue> },
    /// `ALTER TYPE … ADD VALUE`.
    AddEnumValue { type_name: Name, value: EnumValue, position: Option<EnumPosition>, if_not_exists: bool },
    /// `ALTER TYPE … RENAME VALUE`.
    RenameEnumValue { type_name: Name, from: EnumValue, to: EnumValue },
    /// `ALTER TYPE … RENAME TO`.
    RenameType { type_name: Name, to: Ident },
    /// `DROP TYPE`, `DROP DOMAIN`.
    DropType { names: Vec<Name>, if_exists: bool, cascade: bool },
    /// `CREATE DOMAIN`.
    CreateDomain { name: Name, data_type: DataType, not_null: bool, default: Option<Expr>, checks: Vec<Expr> },
    /// `ALTER DOMAIN`: `adds_check` scans every table that uses it unless `not_valid`.
    AlterDomain { name: Name, adds_check: bool, sets_not_null: bool, not_valid: bool },

    // Views, functions, triggers
    /// `CREATE VIEW`, `CREATE MATERIALIZED VIEW`.
    CreateView { name: Name, or_replace: bool, materialized: bool, with_data: bool, query: Box<Select> },
    /// `REFRESH MATERIALIZED VIEW`.
    RefreshView { name: Name, concurrently: bool, with_data: bool },
    /// `CREATE FUNCTION`, `CREATE PROCEDURE`. Its body is not run by the migration.
    CreateRoutine {
        name: Name,
        or_replace: bool,
        procedure: bool,
        /// `SECURITY DEFINER`, or SQL Server `EXECUTE AS OWNER`.
        security_definer: bool,
        /// `SET search_path` is part of the definition.
        sets_search_path: bool,
        body: Option<Span>,
    },
    /// `CREATE TRIGGER`.
    CreateTrigger { name: Name, table: Option<Name>, or_replace: bool },
    /// `ENABLE|DISABLE TRIGGER`. No name: all of the table.
    ToggleTrigger { table: Name, trigger: Option<Ident>, enabled: bool },
    /// `ENABLE|DISABLE|FORCE ROW LEVEL SECURITY`.
    RowSecurity { table: Name, enabled: bool, forced: Option<bool> },
    /// `GRANT`.
    Grant { privileges: Vec<String>, objects: Vec<Name>, to: Vec<Ident>, with_grant_option: bool },
    /// `REVOKE`.
    Revoke { objects: Vec<Name>, from: Vec<Ident>, cascade: bool },

    // Other objects, by kind
    /// `CREATE` of a kind without a variant of its own.
    CreateObject { kind: ObjectKind, name: Name, or_replace: bool, if_not_exists: bool, table: Option<Name> },
    /// `DROP` of a kind without a variant of its own: schema, database, view, function, trigger, sequence, policy, …
    DropObject { kind: ObjectKind, names: Vec<Name>, if_exists: bool, cascade: bool, table: Option<Name> },
    /// `ALTER … RENAME TO` of a kind without a variant of its own.
    RenameObject { kind: ObjectKind, name: Name, to: Ident },
    /// Any other `ALTER` of such a kind. `what` names it in lower case words: `owned by`, `restart`, `drop table`.
    AlterObject { kind: ObjectKind, name: Option<Name>, what: String },
    /// `COMMENT ON`.
    Comment { kind: ObjectKind, name: Option<Name>, column: Option<Ident> },

    // Partitions
    /// `ATTACH PARTITION`.
    AttachPartition { table: Name, partition: Name, default: bool },
    /// `DETACH PARTITION`.
    DetachPartition { table: Name, partition: Name, concurrently: bool },
    /// MySQL `DROP PARTITION` (loses rows) and `TRUNCATE PARTITION`.
    DropPartition { table: Name, partitions: Vec<Ident> },

    // Rows
    /// `INSERT`, `REPLACE`.
    Insert(Box<Insert>),
    /// `UPDATE`.
    Update(Box<Update>),
    /// `DELETE`.
    Delete(Box<Delete>),
    /// `MERGE`.
    Merge(Box<Merge>),
    /// `COPY`, `LOAD DATA`, `BULK INSERT`. `table` is `None` for a query copied out.
    Copy { table: Option<Name>, into_table: bool },
    /// `SELECT`, `VALUES`, `PERFORM`: look at `calls` for side effects (`setval`, `pg_advisory_lock`, own functions).
    Select(Box<Select>),
    /// `CALL`, `EXEC procedure`.
    Call { procedure: Name },

    // Locks, session and transactions
    /// `LOCK TABLE(S)`. The mode in upper case.
    LockTable { tables: Vec<Name>, mode: Option<String>, nowait: bool },
    /// `SET name = value`. Name in lower case; value without quotes.
    Set { name: String, value: String, scope: SetScope },
    /// `RESET name`, `SET name TO DEFAULT`. No name: all.
    Reset { name: Option<String> },
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`; with a name, `ROLLBACK TO SAVEPOINT`.
    Rollback { to: Option<Ident> },
    /// `SAVEPOINT`, `SAVE TRAN`.
    Savepoint { name: Ident },
    /// `RELEASE SAVEPOINT`.
    Release { name: Ident },
    /// `VACUUM`, MySQL `OPTIMIZE TABLE`. No table: all. `full` rewrites.
    Vacuum { tables: Vec<Name>, full: bool },
    /// `CLUSTER`.
    Cluster { table: Option<Name> },
    /// `ANALYZE`, `UPDATE STATISTICS`.
    Analyze { tables: Vec<Name> },
    /// SQLite `PRAGMA`. Name in lower case; value without quotes as written.
    Pragma { name: String, value: Option<String> },
    /// SQL Server `SET IDENTITY_INSERT`.
    IdentityInsert { table: Name, on: bool },
    /// SQL that is put together at run time: what it does cannot be known. Literal SQL is read instead and appears as operations
    /// [`Within::Dynamic`](super::Within::Dynamic).
    ExecuteDynamic { what: String },
    /// A command of a client program (`GO`, `DELIMITER`, `\connect`) that the database itself does not know.
    ClientCommand { command: String },
    /// Known, and without effect on schema or rows: `DECLARE`, `PRINT`, `THROW`, `IF` without body, a lone `;`.
    Nothing { what: &'static str },

    // Several statements that are one change
    /// The table rebuild of SQLite and SQL Server.
    RebuildTable(Box<RebuildTable>),
    /// Prisma's re-creation of a PostgreSQL enum.
    SwapEnum(Box<SwapEnum>),
    /// Makes or fills an archive table (see [`crate::sql::archive`]): part of the destruction that it stands before. `from`: the table whose
    /// rows are kept, where the statement names it.
    Archive { table: Name, from: Option<Name> },
    /// Part of a group; `of` is the index of the statement that carries the group. `action` is what it would be alone.
    Step { of: usize, action: Box<Action> },

    /// Not understood. Never safe.
    Unknown,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// Unescaped.
    pub value: String,
    /// Where it is written, quotes included.
    pub span: Span,
}

/// Where a new enum value goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumPosition {
    /// `BEFORE 'x'`.
    Before(String),
    /// `AFTER 'x'`.
    After(String),
}

/// How long a `SET` lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetScope {
    /// The session: it outlives the file (Prisma runs all pending files on one connection).
    Session,
    /// `SET LOCAL`: until the end of the transaction, nothing outside one.
    Local,
    /// MySQL `SET GLOBAL`, `PERSIST`; PostgreSQL `ALTER SYSTEM|DATABASE|ROLE … SET`.
    Global,
}

/// Kinds of objects that share variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the SQL keyword of that name")]
pub enum ObjectKind {
    Aggregate,
    Collation,
    Column,
    Constraint,
    Database,
    Domain,
    EventTrigger,
    Extension,
    ForeignTable,
    Function,
    Index,
    Language,
    MaterializedView,
    Operator,
    Policy,
    Procedure,
    Publication,
    Role,
    Rule,
    Schema,
    Sequence,
    Server,
    Statistics,
    Subscription,
    Synonym,
    Table,
    Tablespace,
    TextSearch,
    Trigger,
    Type,
    User,
    View,
    Event,
    FulltextCatalog,
    Other,
}

/// Settings of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnOption {
    /// `ADD GENERATED … AS IDENTITY`.
    AddIdentity,
    /// `DROP IDENTITY`.
    DropIdentity,
    /// `SET GENERATED …`, `RESTART`: sequence settings of an identity column.
    SetIdentity,
    /// `DROP EXPRESSION`: a computed column becomes a plain one.
    DropExpression,
    /// `SET EXPRESSION`: rewrites the table.
    SetExpression,
    /// `SET STATISTICS n`, `SET (…)`, `SET STORAGE`, `SET COMPRESSION`: no rewrite.
    Storage,
    /// MySQL 8.0.23 `SET VISIBLE|INVISIBLE`, MySQL 8 `ALTER COLUMN`.
    Visibility,
}

/// Settings of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableOption {
    /// PostgreSQL `SET LOGGED` (`true`) or `SET UNLOGGED`.
    Logged(bool),
    /// `SET TABLESPACE`.
    Tablespace(Ident),
    /// `SET ACCESS METHOD`.
    AccessMethod(Ident),
    /// `CLUSTER ON` (`true`) or `SET WITHOUT CLUSTER`: only marks.
    ClusterOn(bool),
    /// PostgreSQL `REPLICA IDENTITY`; the words after it in upper case.
    ReplicaIdentity(String),
    /// `SET (…)`, `RESET (…)`: names in lower case with values.
    Parameters(Vec<(String, String)>),
    /// `OWNER TO`.
    Owner,
    /// `INHERIT` (`true`), `NO INHERIT`.
    Inherit(bool),
    /// MySQL `ENGINE =`.
    Engine(String),
    /// MySQL `CONVERT TO CHARACTER SET` (`converts`) or `DEFAULT CHARACTER SET`.
    #[allow(missing_docs, reason = "named after the clauses")]
    CharacterSet { charset: Option<String>, collation: Option<String>, converts: bool },
    /// MySQL `ALGORITHM =`, upper case: `INSTANT`, `INPLACE`, `COPY`, `NOCOPY`, `DEFAULT`.
    Algorithm(String),
    /// MySQL `LOCK =`, upper case: `NONE`, `SHARED`, `EXCLUSIVE`, `DEFAULT`.
    Lock(String),
    /// MySQL `AUTO_INCREMENT =`.
    AutoIncrement,
    /// MySQL `COMMENT =`.
    Comment,
    /// MySQL `FORCE`, `ROW_FORMAT`, `KEY_BLOCK_SIZE`; SQL Server `REBUILD`: rewrites the table.
    Rewrite(String),
    /// MySQL `DISABLE KEYS`, `ENABLE KEYS`.
    Keys(bool),
    /// Partitioning is changed: MySQL `PARTITION BY`, `ADD|REORGANIZE|COALESCE|EXCHANGE PARTITION`, SQL Server `SWITCH`.
    Partitioning(String),
    /// Another setting without effect on rows; lower case words.
    Other(String),
}

impl Action {
    /// A short name in lower case for tables and tests: `drop column`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Action::CreateTable(_) => "create table",
            Action::DropTable { .. } => "drop table",
            Action::RenameTable { .. } => "rename table",
            Action::SetSchema { .. } => "set schema",
            Action::Truncate { .. } => "truncate",
            Action::TableOption { .. } => "table option",
            Action::AddColumn { .. } => "add column",
            Action::DropColumn { .. } => "drop column",
            Action::RenameColumn { .. } => "rename column",
            Action::AlterColumnType { .. } => "alter column type",
            Action::SetNotNull { .. } => "set not null",
            Action::DropNotNull { .. } => "drop not null",
            Action::SetDefault { .. } => "set default",
            Action::DropDefault { .. } => "drop default",
            Action::ModifyColumn { .. } => "modify column",
            Action::ColumnOption { .. } => "column option",
            Action::AddConstraint { .. } => "add constraint",
            Action::ValidateConstraint { .. } => "validate constraint",
            Action::DropConstraint { .. } => "drop constraint",
            Action::DropPrimaryKey { .. } => "drop primary key",
            Action::RenameConstraint { .. } => "rename constraint",
            Action::ToggleConstraint { .. } => "toggle constraint",
            Action::CreateIndex(_) => "create index",
            Action::DropIndex { .. } => "drop index",
            Action::RenameIndex { .. } => "rename index",
            Action::Reindex { .. } => "reindex",
            Action::AttachIndex { .. } => "attach index",
            Action::CreateEnum { .. } => "create enum",
            Action::AddEnumValue { .. } => "add enum value",
            Action::RenameEnumValue { .. } => "rename enum value",
            Action::RenameType { .. } => "rename type",
            Action::DropType { .. } => "drop type",
            Action::CreateDomain { .. } => "create domain",
            Action::AlterDomain { .. } => "alter domain",
            Action::CreateView { .. } => "create view",
            Action::RefreshView { .. } => "refresh view",
            Action::CreateRoutine { .. } => "create routine",
            Action::CreateTrigger { .. } => "create trigger",
            Action::ToggleTrigger { .. } => "toggle trigger",
            Action::RowSecurity { .. } => "row security",
            Action::Grant { .. } => "grant",
            Action::Revoke { .. } => "revoke",
            Action::CreateObject { .. } => "create object",
            Action::DropObject { .. } => "drop object",
            Action::RenameObject { .. } => "rename object",
            Action::AlterObject { .. } => "alter object",
            Action::Comment { .. } => "comment",
            Action::AttachPartition { .. } => "attach partition",
            Action::DetachPartition { .. } => "detach partition",
            Action::DropPartition { .. } => "drop partition",
            Action::Insert(_) => "insert",
            Action::Update(_) => "update",
            Action::Delete(_) => "delete",
            Action::Merge(_) => "merge",
            Action::Copy { .. } => "copy",
            Action::Select(_) => "select",
            Action::Call { .. } => "call",
            Action::LockTable { .. } => "lock table",
            Action::Set { .. } => "set",
            Action::Reset { .. } => "reset",
            Action::Begin => "begin",
            Action::Commit => "commit",
            Action::Rollback { .. } => "rollback",
            Action::Savepoint { .. } => "savepoint",
            Action::Release { .. } => "release",
            Action::Vacuum { .. } => "vacuum",
            Action::Cluster { .. } => "cluster",
            Action::Analyze { .. } => "analyze",
            Action::Pragma { .. } => "pragma",
            Action::IdentityInsert { .. } => "identity insert",
            Action::ExecuteDynamic { .. } => "execute dynamic",
            Action::ClientCommand { .. } => "client command",
            Action::Nothing { .. } => "nothing",
            Action::RebuildTable(_) => "rebuild table",
            Action::SwapEnum(_) => "swap enum",
            Action::Archive { .. } => "archive",
            Action::Step { .. } => "step",
            Action::Unknown => "unknown",
        }
    }

    /// The table that it is about, when it is about exactly one.
    #[must_use]
    pub fn table(&self) -> Option<&Name> {
        match self {
            Action::CreateTable(create) => Some(&create.name),
            Action::DropTable { names, .. } | Action::Truncate { tables: names, .. } => match names.as_slice() {
                [one] => Some(one),
                _ => None,
            },
            Action::RenameTable { table, .. }
            | Action::TableOption { table, .. }
            | Action::AddColumn { table, .. }
            | Action::DropColumn { table, .. }
            | Action::RenameColumn { table, .. }
            | Action::AlterColumnType { table, .. }
            | Action::SetNotNull { table, .. }
            | Action::DropNotNull { table, .. }
            | Action::SetDefault { table, .. }
            | Action::DropDefault { table, .. }
            | Action::ModifyColumn { table, .. }
            | Action::ColumnOption { table, .. }
            | Action::AddConstraint { table, .. }
            | Action::ValidateConstraint { table, .. }
            | Action::DropConstraint { table, .. }
            | Action::DropPrimaryKey { table }
            | Action::RenameConstraint { table, .. }
            | Action::ToggleConstraint { table, .. }
            | Action::ToggleTrigger { table, .. }
            | Action::RowSecurity { table, .. }
            | Action::AttachPartition { table, .. }
            | Action::DetachPartition { table, .. }
            | Action::DropPartition { table, .. }
            | Action::IdentityInsert { table, .. } => Some(table),
            Action::CreateIndex(index) => Some(&index.table),
            Action::DropIndex { table, .. }
            | Action::RenameIndex { table, .. }
            | Action::CreateTrigger { table, .. }
            | Action::Cluster { table }
            | Action::Copy { table, .. } => table.as_ref(),
            Action::Insert(insert) => Some(&insert.table),
            Action::Update(update) => Some(&update.table),
            Action::Delete(delete) => match delete.tables.as_slice() {
                [one] => Some(one),
                _ => None,
            },
            Action::Merge(merge) => Some(&merge.table),
            Action::RefreshView { name, .. } | Action::CreateView { name, .. } => Some(name),
            Action::RebuildTable(rebuild) => Some(&rebuild.table),
            _ => None,
        }
    }

    /// The action itself, or for a part of a group what it would be alone.
    #[must_use]
    pub fn alone(&self) -> &Action {
        match self {
            Action::Step { action, .. } => action,
            other => other,
        }
    }
}
