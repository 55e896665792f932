//! Our own small model of a migration's SQL, the same for every database.
//!
//! A [`Script`] is a file; its [`Statement`]s stand in file order; each statement has one or more [`Operation`]s (an `ALTER TABLE` with
//! three clauses has three, a `DO` block has those of its body). Everything has an exact byte range. Nothing here knows the parser.
//!
//! What rules have to know:
//! - Several statements that are one change (a table rebuild, an enum swap) stand as **one** operation at their first statement;
//!   the rest are [`Action::Step`], so a rule on `DropTable` does not see the `DROP TABLE` of a rebuild.
//! - [`Action::Unknown`] may do anything.
//! - Names compare as the database compares them, see [`Ident`] and [`Name`].

mod action;
mod data_type;
mod dml;
mod expr;
mod group;
mod names;
mod table;

pub use action::*;
pub use data_type::*;
pub use dml::*;
pub use expr::*;
pub use group::*;
pub use names::*;
pub use table::*;

use crate::project::Provider;
use crate::sql::directive::{Directive, DirectiveError};

/// One file of SQL, taken apart.
#[derive(Debug, Clone)]
pub struct Script {
    /// The database it is for.
    pub provider: Provider,
    /// The whole file, byte for byte. Every [`Span`] indexes it.
    pub text: String,
    /// In file order.
    pub statements: Vec<Statement>,
    /// SQL Server: Prisma's `BEGIN TRY … END CATCH` around everything, taken off.
    pub wrapper: Option<Wrapper>,
    /// Well-formed `-- prisma-safe: …` comments in file order.
    pub directives: Vec<Directive>,
    /// Malformed ones.
    pub directive_errors: Vec<DirectiveError>,
    /// All comments in file order, wherever they stand (those inside function bodies and literals are not comments of the file).
    pub comments: Vec<Comment>,
    /// Where lines start; made when it is first asked for.
    pub(crate) lines: std::sync::OnceLock<Vec<u32>>,
}

/// Prisma's `BEGIN TRY BEGIN TRAN … COMMIT TRAN END TRY BEGIN CATCH … END CATCH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrapper {
    /// `BEGIN TRY … BEGIN TRAN`.
    pub opening: Span,
    /// From `COMMIT TRAN` (when there is one) to `END CATCH`.
    pub closing: Span,
}

/// A comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// With its marks, without the line's end.
    pub span: Span,
    /// `/* … */` rather than to the end of the line.
    pub block: bool,
}

/// One statement of the file.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its place in [`Script::statements`].
    pub index: usize,
    /// From the first byte after the statement before to its terminator, that included: leading comments and white space too.
    /// The ranges of all statements, the wrapper and what follows the last one make up the file.
    pub range: Span,
    /// From its first token to its last one, without comments around it and without the terminator.
    pub span: Span,
    /// Indexes into [`Script::comments`] of the comments between the statement before (or the file's start) and its first token.
    pub leading_comments: std::ops::Range<usize>,
    /// How it was understood.
    pub read: Read,
    /// What it does, in order. Never empty.
    pub operations: Vec<Operation>,
    /// `ALTER TABLE IF EXISTS`, or inside T-SQL `IF EXISTS (…)` as a whole.
    pub guarded: bool,
    /// The explicit transaction it is in, by number within the file from 0; the `BEGIN` and the `COMMIT` belong to theirs.
    /// SQL Server's wrapper counts as one.
    pub transaction: Option<u32>,
    /// SQL Server: the batch by number from 0; `GO` starts a new one.
    pub batch: u32,
}

/// How a statement was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// By the SQL parser.
    Parsed,
    /// By the keyword reader, since the parser refuses it.
    Keywords,
    /// Not, or only in part. The parser's own words, without positions.
    Unknown(String),
}

/// One thing that a statement does.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What.
    pub action: Action,
    /// The clause of an `ALTER TABLE` that does it; elsewhere the whole statement.
    pub span: Span,
    /// Where it stands.
    pub within: Within,
    /// It runs only when a condition holds (`IF … THEN`, `IF EXISTS (…)`, an `EXCEPTION` handler, a loop).
    pub conditional: bool,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Within {
    /// In the file itself.
    #[default]
    File,
    /// In the body of a `DO` block, which runs at once as part of one transaction.
    DoBlock,
    /// In a literal that is run: `EXEC('…')`, `sp_executesql N'…'`, `EXECUTE '…'`, `PREPARE s FROM '…'`.
    Dynamic,
    /// In a conditional comment of MySQL: `/*!50001 … */`.
    ConditionalComment,
}

impl Script {
    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Every operation of the file with its statement, in order.
    pub fn operations(&self) -> impl Iterator<Item = (&Statement, &Operation)> {
        self.statements.iter().flat_map(|s| s.operations.iter().map(move |o| (s, o)))
    }

    /// Directives bound to one statement.
    pub fn directives_of(&self, statement: usize) -> impl Iterator<Item = &Directive> {
        self.directives.iter().filter(move |d| d.statement == Some(statement))
    }

    /// Statements understood, and all of them.
    #[must_use]
    pub fn coverage(&self) -> (usize, usize) {
        let understood = self.statements.iter().filter(|s| s.is_understood()).count();
        (understood, self.statements.len())
    }

    /// The first line of a statement: enough to underline where all of it would fill the screen.
    #[must_use]
    pub fn first_line(&self, statement: &Statement) -> Span {
        let text = self.slice(statement.span);
        let length = text.lines().next().map_or(0, |line| line.trim_end().len());
        Span::new(statement.span.start, statement.span.start + u32::try_from(length).unwrap_or(0))
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let starts = self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(ends).collect()
        });
        let line = starts.partition_point(|start| *start as usize <= end);
        (line, self.text[starts[line - 1] as usize..end].chars().count() + 1)
    }
}

impl Statement {
    /// Neither it nor any part of it is unknown. Dynamic SQL ([`Action::ExecuteDynamic`]) counts as understood here: that it runs
    /// something unknown *is* understood, and a rule of its own says so.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        !matches!(self.read, Read::Unknown(_)) && !self.operations.iter().any(|o| matches!(o.action, Action::Unknown))
    }

    /// MySQL `ALGORITHM=`, upper case.
    #[must_use]
    pub fn algorithm(&self) -> Option<&str> {
        self.operations.iter().find_map(|o| match &o.action {
            Action::TableOption { option: TableOption::Algorithm(text), .. } => Some(text.as_str()),
            _ => None,
        })
    }

    /// MySQL `LOCK=`, upper case.
    #[must_use]
    pub fn lock_clause(&self) -> Option<&str> {
        self.operations.iter().find_map(|o| match &o.action {
            Action::TableOption { option: TableOption::Lock(text), .. } => Some(text.as_str()),
            _ => None,
        })
    }
}
