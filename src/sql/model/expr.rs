//! Expressions, as far as judging a migration needs them: where, how constant, what they call and read.

use super::names::{Ident, Span};

/// One expression.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expr {
    /// Where it is written.
    pub span: Span,
    /// How much its value hangs on when and where it is evaluated.
    pub volatility: Volatility,
    /// It gives another answer at another time or on another server (`now()`, `random()`, `uuid()`, …), volatile or not.
    pub nondeterministic: bool,
    /// Set when the whole expression is one literal (a cast around it, as in `'x'::text`, does not count).
    pub literal: Option<Literal>,
    /// Function calls in it, outermost first, special forms such as `CURRENT_TIMESTAMP` among them.
    pub calls: Vec<Call>,
    /// Columns it reads (last part of the name), in order, each once per place.
    pub columns: Vec<Ident>,
    /// It holds a sub-query.
    pub subquery: bool,
    /// Columns that are not NULL wherever the expression holds: `column IS NOT NULL` alone or as a part of a top-level `AND`.
    pub not_null: Vec<Ident>,
    /// Columns that are NULL wherever the expression holds: `column IS NULL`, in the same places.
    pub null: Vec<Ident>,
}

/// How constant an expression is, from most to least. Names are PostgreSQL's; the ladder is the same elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub enum Volatility {
    /// A literal or built from literals and operators: the same for ever.
    #[default]
    Constant,
    /// Reads columns, or calls built-in functions that depend on their arguments only.
    Immutable,
    /// One value per statement: `now()`, `CURRENT_TIMESTAMP`, `current_user`. As a column default this needs no rewrite on PostgreSQL ≥ 11.
    Stable,
    /// A function that is not known. PostgreSQL takes a function for volatile unless its owner said otherwise, so rules should too.
    Unknown,
    /// Another value per row: `random()`, `gen_random_uuid()`, `clock_timestamp()`, `nextval()`, `UUID()`, `NEWID()`.
    Volatile,
}

/// A literal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// As written, sign included.
    Number(String),
    /// Unescaped.
    Text(String),
}

/// A function call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Lower case, without schema.
    pub name: String,
    /// Where the name is written, or the whole call where that is not known.
    pub span: Span,
    /// What is known of it.
    pub volatility: Volatility,
}

impl Expr {
    /// Whether it is `NULL` written out.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.literal == Some(Literal::Null)
    }
}

/// A predicate: `WHERE`, `ON`, an index's condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Predicate {
    /// The expression.
    pub expr: Expr,
    /// It holds for every row as far as the text tells: `true`, `1=1`, `x = x`.
    pub always_true: bool,
    /// Places where something is compared to `NULL` with `=` or `<>`, which never holds.
    pub compared_to_null: Vec<Span>,
}
