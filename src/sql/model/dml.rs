//! Statements that write rows.

use super::expr::{Expr, Predicate};
use super::names::{Ident, Name, Span};
use super::table::Select;

/// `INSERT`, `REPLACE`, and `WITH … INSERT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// The table written to.
    pub table: Name,
    /// Column list as written; `None`: none, the order of the table counts.
    pub columns: Option<Vec<Ident>>,
    /// Where the rows come from.
    pub source: InsertSource,
    /// What happens on a key that is there already.
    pub on_conflict: OnConflict,
    /// Volatile or non-deterministic expressions among the values or the query's output.
    pub nondeterministic: Vec<Span>,
}

/// Where inserted rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertSource {
    /// `VALUES`; one list per row. Lists longer than 10,000 rows keep the first 10,000.
    Values {
        /// Number of rows.
        rows: usize,
        /// The values, row by row.
        values: Vec<Vec<Expr>>,
    },
    /// A query.
    Select(Box<Select>),
    /// `DEFAULT VALUES`.
    Defaults,
    /// A form that was not taken apart.
    Other,
}

/// What an insert does on a key that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// Fails (nothing written about it).
    Fail,
    /// `ON CONFLICT DO NOTHING`, `INSERT IGNORE`, `INSERT OR IGNORE`.
    Nothing,
    /// `ON CONFLICT DO UPDATE`, `ON DUPLICATE KEY UPDATE`.
    Update,
    /// `REPLACE`, `INSERT OR REPLACE`: the old row is deleted.
    Replace,
}

/// `UPDATE`, and `WITH … UPDATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The table written to.
    pub table: Name,
    /// `SET` parts in order.
    pub assignments: Vec<Assignment>,
    /// `WHERE`; `None`: every row.
    pub condition: Option<Predicate>,
    /// `FROM` or joined tables: they may narrow the rows without a `WHERE`.
    pub from: Vec<Name>,
    /// `LIMIT` or `TOP`.
    pub limit: bool,
    /// `ORDER BY` beside the limit.
    pub ordered: bool,
}

/// `column = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The column; for `(a, b) = (…)` one assignment each with the same value.
    pub column: Ident,
    /// The value.
    pub value: Expr,
    /// The value is computed from the column itself (`n = n + 1`): a second run changes the rows again.
    pub reads_itself: bool,
}

/// `DELETE`, and `WITH … DELETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// The tables that lose rows (MySQL may name several).
    pub tables: Vec<Name>,
    /// `WHERE`; `None`: every row.
    pub condition: Option<Predicate>,
    /// `USING` or joined tables: they may narrow the rows without a `WHERE`.
    pub using: Vec<Name>,
    /// `LIMIT` or `TOP`.
    pub limit: bool,
    /// `ORDER BY` beside the limit.
    pub ordered: bool,
}

/// `MERGE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The table written to.
    pub table: Name,
    /// It has a `WHEN … THEN DELETE`.
    pub deletes: bool,
    /// It has a `WHEN … THEN UPDATE`.
    pub updates: bool,
    /// It has a `WHEN … THEN INSERT`.
    pub inserts: bool,
}
