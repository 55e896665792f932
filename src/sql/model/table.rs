//! What a table is made of: columns, constraints, indexes.

use super::data_type::DataType;
use super::expr::{Expr, Predicate};
use super::names::{Ident, Name, Span};

/// `CREATE TABLE`, and `SELECT … INTO` a new table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// The table.
    pub name: Name,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `OR REPLACE` (MariaDB): drops what was there.
    pub or_replace: bool,
    /// `TEMP`, or a `#name` of SQL Server.
    pub temporary: bool,
    /// PostgreSQL `UNLOGGED`.
    pub unlogged: bool,
    /// SQLite `STRICT`.
    pub strict: bool,
    /// SQLite `WITHOUT ROWID`.
    pub without_rowid: bool,
    /// In the order written.
    pub columns: Vec<ColumnDef>,
    /// Table constraints in the order written; those inside a column are in [`ColumnDef`] only.
    pub constraints: Vec<Constraint>,
    /// MySQL and SQL Server: indexes written inside.
    pub indexes: Vec<CreateIndex>,
    /// `PARTITION BY`.
    pub partitioned: bool,
    /// `PARTITION OF` this parent.
    pub partition_of: Option<Name>,
    /// PostgreSQL `INHERITS`.
    pub inherits: Vec<Name>,
    /// `LIKE` another table.
    pub like: Option<Name>,
    /// `AS SELECT …` or `SELECT … INTO`.
    pub source: Option<Select>,
    /// MySQL `ENGINE=`.
    pub engine: Option<Ident>,
}

/// One column's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDef {
    /// The column.
    pub name: Ident,
    /// From name to the last option.
    pub span: Span,
    /// `None` where SQLite allows it to be left out, or for a computed column of SQL Server.
    pub data_type: Option<DataType>,
    /// `NULL` or `NOT NULL` as written; `None` when neither is.
    pub nullable: Option<bool>,
    /// Where `NOT NULL` is written.
    pub not_null_span: Option<Span>,
    /// `DEFAULT …`.
    pub default: Option<Expr>,
    /// Computed columns.
    pub generated: Option<Generated>,
    /// `IDENTITY`, `AUTO_INCREMENT`, `AUTOINCREMENT`, `GENERATED … AS IDENTITY`; `serial` types are in the type's family.
    pub identity: bool,
    /// MySQL `ON UPDATE CURRENT_TIMESTAMP`.
    pub on_update: Option<Expr>,
    /// Constraints written inside the column: primary key, unique, check, references.
    pub constraints: Vec<Constraint>,
    /// MySQL `COMMENT '…'`.
    pub comment: Option<String>,
}

/// A computed column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression.
    pub expr: Expr,
    /// `STORED` or `PERSISTED`: adding it rewrites the table.
    pub stored: bool,
}

/// Where MySQL puts a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// `FIRST`.
    First,
    /// `AFTER column`.
    After(Ident),
}

/// A constraint, in a table or inside a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// `CONSTRAINT name`; `None`: the database makes one up.
    pub name: Option<Ident>,
    /// Where it is written.
    pub span: Span,
    /// Which one.
    pub kind: ConstraintKind,
    /// Columns it is over; for one inside a column, that column.
    pub columns: Vec<Ident>,
    /// Target of a foreign key.
    pub references: Option<References>,
    /// Expression of a check, or value of a SQL Server default.
    pub expr: Option<Expr>,
    /// PostgreSQL `NOT VALID`, SQL Server `WITH NOCHECK`: existing rows are not looked at.
    pub not_valid: bool,
    /// `NOT ENFORCED` (MySQL checks, PostgreSQL 18).
    pub not_enforced: bool,
    /// PostgreSQL `USING INDEX name`.
    pub using_index: Option<Ident>,
    /// SQL Server `CLUSTERED` (`Some(true)`) or `NONCLUSTERED` (`Some(false)`).
    pub clustered: Option<bool>,
    /// `DEFERRABLE`.
    pub deferrable: bool,
}

/// Kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `FOREIGN KEY`, `REFERENCES`.
    ForeignKey,
    /// `UNIQUE`.
    Unique,
    /// `CHECK`.
    Check,
    /// PostgreSQL `EXCLUDE`.
    Exclude,
    /// PostgreSQL 18 `NOT NULL column` as a table constraint.
    NotNull,
    /// SQL Server `DEFAULT value FOR column`.
    Default,
}

/// Target of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct References {
    /// The table that is pointed at.
    pub table: Name,
    /// Empty: its primary key.
    pub columns: Vec<Ident>,
    /// `ON DELETE`.
    pub on_delete: Option<ReferentialAction>,
    /// `ON UPDATE`.
    pub on_update: Option<ReferentialAction>,
}

/// What happens to rows that point at a row that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferentialAction {
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
    /// `RESTRICT`.
    Restrict,
    /// `NO ACTION`.
    NoAction,
}

/// `CREATE INDEX`, and `ADD INDEX` inside MySQL's `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// `None`: the database makes one up.
    pub name: Option<Name>,
    /// The table (or materialised view) it is on.
    pub table: Name,
    /// Where it is written, inside a larger statement too.
    pub span: Span,
    /// `UNIQUE`.
    pub unique: bool,
    /// PostgreSQL `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// PostgreSQL `ON ONLY`.
    pub only: bool,
    /// Key columns and expressions in order.
    pub columns: Vec<IndexColumn>,
    /// `INCLUDE (…)`.
    pub include: Vec<Ident>,
    /// `WHERE …`.
    pub condition: Option<Predicate>,
    /// `USING btree|gin|hnsw|hash|…`, lower case.
    pub method: Option<String>,
    /// MySQL `FULLTEXT` or `SPATIAL`.
    pub special: Option<SpecialIndex>,
    /// SQL Server `CLUSTERED` (`Some(true)`) or `NONCLUSTERED` (`Some(false)`).
    pub clustered: Option<bool>,
    /// SQL Server `WITH (ONLINE = ON|OFF)`.
    pub online: Option<bool>,
    /// SQL Server `WITH (RESUMABLE = ON)`.
    pub resumable: bool,
}

/// A key part of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    /// Set when the part is a plain column.
    pub column: Option<Ident>,
    /// Where it is written.
    pub span: Span,
    /// MySQL prefix length.
    pub prefix: Option<u64>,
}

/// MySQL's other kinds of indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialIndex {
    /// `FULLTEXT`.
    FullText,
    /// `SPATIAL`.
    Spatial,
}

/// A query, as far as judging needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Select {
    /// Where it is written.
    pub span: Span,
    /// Tables it reads, common table expressions left out.
    pub from: Vec<Name>,
    /// What it gives, in order: the column for a plain column, `None` for anything else. Empty when `*` is among them.
    pub output: Vec<Option<Ident>>,
    /// What it gives, in order, as expressions. Same length as `output`.
    pub expressions: Vec<Expr>,
    /// Where `*` or `t.*` is written in its output.
    pub star: Option<Span>,
    /// Its `WHERE`.
    pub condition: Option<Predicate>,
    /// It has `LIMIT`, `TOP` or `FETCH FIRST`.
    pub limit: bool,
    /// It has `ORDER BY`.
    pub ordered: bool,
    /// Functions it calls anywhere.
    pub calls: Vec<super::expr::Call>,
    /// `FOR UPDATE`, `FOR SHARE`, or SQL Server's locking hints.
    pub locks_rows: bool,
}
