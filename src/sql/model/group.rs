//! Several statements that are one change.

use super::names::{Ident, Name, Span};
use super::table::CreateTable;

/// A table made anew under another name, filled from the old one, and put in its place: how SQLite and SQL Server change what
/// `ALTER TABLE` cannot (Prisma calls it `RedefineTables`).
///
/// It stands as the one operation of the statement that creates the new table; the others of the group carry
/// [`Action::Step`](super::Action::Step).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildTable {
    /// The table, under its lasting name.
    pub table: Name,
    /// The new definition (its `name` is the passing one, such as `new_User`).
    pub definition: CreateTable,
    /// The statements of the group by index in the script, in order.
    pub steps: Vec<usize>,
    /// Columns of the new table that are filled, with the column each is filled from when it is a plain column.
    pub copied: Vec<CopiedColumn>,
    /// The `INSERT … SELECT`, when there is one. Without one every row is lost.
    pub copy: Option<Span>,
    /// The copy has a `WHERE`, a `LIMIT` or a join: rows may be left behind.
    pub copy_filters_rows: bool,
    /// The `DROP TABLE` of the old one.
    pub drop: Span,
    /// The rename to the lasting name.
    pub rename: Span,
    /// `PRAGMA foreign_keys=OFF` (or `defer_foreign_keys=ON`) stands before it.
    pub foreign_keys_off: Option<Span>,
    /// `PRAGMA foreign_key_check` stands after it (for this table or for all).
    pub foreign_key_check: Option<Span>,
}

/// How a column of the new table is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedColumn {
    /// In the new table.
    pub to: Ident,
    /// The plain column of the old table, or `None` for an expression.
    pub from: Option<Ident>,
    /// Columns of the old table that the expression reads.
    pub reads: Vec<Ident>,
    /// Where the expression is written.
    pub span: Span,
    /// `coalesce(…)` or `ifnull(…)`: NULLs are filled.
    pub coalesced: bool,
}

/// A PostgreSQL enum made anew without some values and put in the old one's place, as Prisma writes it.
///
/// It stands as the one operation of `CREATE TYPE x_new`; the others of the group carry [`Action::Step`](super::Action::Step).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapEnum {
    /// The type, under its lasting name.
    pub type_name: Name,
    /// Values of the new type in order. The old ones are in the state, when its creation was seen.
    pub values: Vec<String>,
    /// Columns that were cast to the new type; each cast rewrites its table under ACCESS EXCLUSIVE.
    pub columns: Vec<(Name, Ident)>,
    /// The statements of the group by index in the script, in order.
    pub steps: Vec<usize>,
    /// `DROP TYPE` of the old one, when it is there.
    pub drop: Option<Span>,
}
