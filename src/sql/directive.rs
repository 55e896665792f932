//! `-- prisma-safe: …` comments: what an author says to the tool inside the SQL.
//!
//! ```sql
//! -- prisma-safe: allow drop-column reason="moved to profiles in March" until=2027-01-31 when="rows < 10000"
//! -- prisma-safe: allow-file concurrent-index reason="the table is empty until launch"
//! -- prisma-safe: expect-rows 100..200
//! -- prisma-safe: expand-of 20270110120000_drop_name
//! -- prisma-safe: contract-of 20261201120000_add_full_name
//! ```
//!
//! A directive binds to exactly one statement: the one that begins on its line before it, else the next one. `allow-file`, `expand-of` and
//! `contract-of` are about the file.

mod parse;

use jiff::civil::Date;

use super::model::{Comment, Span, Statement};

/// A well-formed directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The comment.
    pub span: Span,
    /// The statement it binds to by index; `None` when it is about the file, or when no statement follows (it is dead).
    pub statement: Option<usize>,
    /// What it says.
    pub kind: DirectiveKind,
}

/// What a directive says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `allow rule, … reason="…"`: one statement.
    Allow(Allow),
    /// `allow-file rule, … reason="…"`: the whole file.
    AllowFile(Allow),
    /// `expect-rows n` or `n..m` (both ends count; either may be left out): what an `UPDATE` or `DELETE` may touch.
    ExpectRows {
        /// At least.
        min: u64,
        /// At most.
        max: Option<u64>,
        /// Where the numbers are.
        span: Span,
    },
    /// The migration that this one is the expand step of.
    ExpandOf {
        /// Folder name.
        migration: String,
        /// Where it is written.
        span: Span,
    },
    /// The migration that this one is the contract step of.
    ContractOf {
        /// Folder name.
        migration: String,
        /// Where it is written.
        span: Span,
    },
}

/// The parts of an `allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Rule slugs as written, with where. Whether they exist is for the rules to say.
    pub rules: Vec<(String, Span)>,
    /// Required, never empty.
    pub reason: String,
    /// Last day on which it holds, in the reader's time zone.
    pub until: Option<(Date, Span)>,
    /// Condition that the deploy gates check, as written: `rows < 10000`.
    pub when: Option<(When, Span)>,
}

/// A condition on the live database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// What is measured.
    pub measure: Measure,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; rows, or bytes for `size`.
    pub value: u64,
}

/// What a condition measures of the statement's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// `rows`.
    Rows,
    /// `size`, in bytes (`kB`, `MB`, `GB` are read).
    Size,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=`
    Equal,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

/// Finds all directives of a file and binds each to its statement.
pub(super) fn find(
    text: &str,
    comments: &[Comment],
    statements: &[Statement],
) -> (Vec<Directive>, Vec<DirectiveError>) {
    let (mut directives, mut errors) = (Vec::new(), Vec::new());
    for comment in comments {
        let Some(parsed) = parse::comment(text, *comment) else { continue };
        match parsed {
            Ok(kind) => {
                let about_file = !matches!(kind, DirectiveKind::Allow(_) | DirectiveKind::ExpectRows { .. });
                let statement = if about_file { None } else { bind(text, comment.span, statements) };
                directives.push(Directive { span: comment.span, statement, kind });
            }
            Err(error) => errors.push(error),
        }
    }
    (directives, errors)
}

/// The statement on the comment's own line before it, or the one that the comment stands in, or the next one.
fn bind(text: &str, comment: Span, statements: &[Statement]) -> Option<usize> {
    let next = statements.partition_point(|s| s.span.start <= comment.start);
    if let Some(before) = next.checked_sub(1).map(|i| &statements[i]) {
        let between = text.get(before.span.end as usize..comment.start as usize);
        let inside = before.span.end > comment.start;
        if inside || between.is_some_and(|gap| !gap.contains('\n')) {
            return Some(before.index);
        }
    }
    statements.get(next).map(|s| s.index)
}

/// A malformed directive. It does not count: what it should have allowed is still a finding, and it is one itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveError {
    /// The exact place.
    pub span: Span,
    /// The comment it is in.
    pub comment: Span,
    /// What is wrong.
    pub kind: DirectiveErrorKind,
}

/// What is wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveErrorKind {
    /// Nothing after the colon.
    #[error("says nothing")]
    Empty,
    /// Not one of the verbs.
    #[error("`{0}` is not a directive; known are allow, allow-file, expect-rows, expand-of, contract-of")]
    UnknownVerb(String),
    /// The colon is missing.
    #[error("the colon is missing: `prisma-safe: {0} …`")]
    NoColon(String),
    /// No rule named.
    #[error("names no rule")]
    NoRule,
    /// No reason.
    #[error("a reason is required: reason=\"…\"")]
    NoReason,
    /// An empty reason.
    #[error("the reason is empty")]
    EmptyReason,
    /// A word that has no place here.
    #[error("`{0}` has no place here")]
    Unexpected(String),
    /// The same key twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A key without a value.
    #[error("`{0}` has no value")]
    NoValue(String),
    /// A quote that does not end.
    #[error("the quote does not end on this line")]
    OpenQuote,
    /// Not a date.
    #[error("`{0}` is not a date like 2027-01-31")]
    BadDate(String),
    /// Not a number or range.
    #[error("`{0}` is not a number of rows like 200 or 100..200")]
    BadRows(String),
    /// Not a condition.
    #[error("`{0}` is not a condition like rows < 10000 or size < 1GB")]
    BadWhen(String),
    /// No migration named.
    #[error("names no migration")]
    NoMigration,
}
