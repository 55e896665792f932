//! What a rule says: a [`Finding`] is one hit, with where, why, what instead.

use crate::sql::history_state::Birth;
use crate::sql::model::{Ident, Name, Span};

use super::rule::Rule;

/// What a finding is about, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Subject {
    /// The table, as written (schema included where the SQL has it).
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// Any other object: an index, a constraint, a type.
    pub name: Option<String>,
}

impl Subject {
    /// A table.
    #[must_use]
    pub fn table(table: &Name) -> Self {
        Subject { table: Some(table.to_string()), ..Self::default() }
    }

    /// A column of a table.
    #[must_use]
    pub fn column(table: &Name, column: &Ident) -> Self {
        Subject { table: Some(table.to_string()), column: Some(column.to_string()), name: None }
    }

    /// Another object, on a table where that is known.
    #[must_use]
    pub fn named(table: Option<&Name>, name: impl ToString) -> Self {
        Subject { table: table.map(ToString::to_string), column: None, name: Some(name.to_string()) }
    }
}

/// One edit of a fix, by byte range of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// A migration that a fix moves SQL into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its slug.
    pub slug: String,
    /// Its script.
    pub sql: String,
}

/// The safe form, written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, imperative, one line.
    pub title: String,
    /// Edits of this file; they do not overlap.
    pub edits: Vec<Edit>,
    /// New migrations that follow this one, in order.
    pub follow_ups: Vec<FollowUp>,
}

/// One hit of a rule, before levels and directives are applied.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Bytes of the file to underline: the name or the clause, not the whole statement.
    pub span: Span,
    /// Index of the statement in its script; `None` when it is about the file.
    pub statement: Option<usize>,
    /// Ordinal of the migration in the history; `None`: the one that is being checked.
    pub migration: Option<u32>,
    /// By name.
    pub subject: Subject,
    /// What, one line, with the real names.
    pub message: String,
    /// The effect in production terms: which lock, who waits, what old code sees.
    pub why: String,
    /// The safe SQL or command, written out with the real names; may be several lines.
    pub help: String,
    /// A query that answers from the live database whether it matters (sizes, NULLs, duplicates).
    pub query: Option<String>,
    /// The safe form as an edit, where it can be written.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding at a place, with what it is about and what happens there. Add [`Finding::why`] and [`Finding::help`]: a test holds
    /// every finding to both.
    #[must_use]
    pub fn new(span: Span, subject: Subject, message: impl Into<String>) -> Self {
        Finding {
            span,
            statement: None,
            migration: None,
            subject,
            message: message.into(),
            why: String::new(),
            help: String::new(),
            query: None,
            fix: None,
        }
    }

    /// In an earlier migration than the one at hand.
    #[must_use]
    pub fn in_migration(mut self, born: Birth) -> Self {
        self.migration = Some(born.migration);
        self.statement = Some(born.statement as usize);
        self
    }

    /// The effect in production terms.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// The safe SQL or command.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// A query that answers from the live database whether it matters.
    #[must_use]
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = Some(query.into());
        self
    }

    /// The safe form as an edit.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// Where a rule puts what it found.
pub struct Findings<'a> {
    rule: &'static Rule,
    statement: Option<usize>,
    sink: &'a mut Vec<(&'static Rule, Finding)>,
}

impl<'a> Findings<'a> {
    /// Findings of one rule about one statement, or about the file.
    pub fn new(rule: &'static Rule, statement: Option<usize>, sink: &'a mut Vec<(&'static Rule, Finding)>) -> Self {
        Findings { rule, statement, sink }
    }

    /// One more. It belongs to the statement at hand, unless it names another one itself.
    pub fn push(&mut self, mut finding: Finding) {
        finding.statement = finding.statement.or(self.statement);
        self.sink.push((self.rule, finding));
    }
}
