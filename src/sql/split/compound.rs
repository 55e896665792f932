//! Bodies that hold `;`: triggers and routines of SQLite and MySQL, PostgreSQL's `BEGIN ATOMIC` and rules.

use super::{is_one_of, is_word};
use crate::project::Provider;
use crate::sql::lex::{Kind, Source, Token};

/// Follows one statement's tokens and knows whether a `;` ends it.
pub(super) struct Compound {
    provider: Provider,
    shape: Shape,
    seen: u32,
    depth: u32,
    parens: u32,
    /// The token before, as far as it counts.
    before: Before,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Not decided yet.
    Undecided,
    /// A statement without a body.
    Plain,
    /// A trigger, routine or event.
    Routine,
    /// PostgreSQL routine: only `BEGIN ATOMIC` opens a body.
    Atomic,
    /// PostgreSQL rule: several commands in parentheses.
    Rule,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A place where a statement of a body may begin.
    StatementPlace,
    End,
    Begin,
    Other,
}

impl Compound {
    pub fn new(provider: Provider) -> Self {
        Compound { provider, shape: Shape::Undecided, seen: 0, depth: 0, parens: 0, before: Before::Other }
    }

    /// A `;` does not end the statement now.
    pub fn is_open(&self) -> bool {
        match self.shape {
            Shape::Undecided | Shape::Plain => false,
            Shape::Routine | Shape::Atomic => self.depth > 0,
            Shape::Rule => self.parens > 0,
        }
    }

    /// Takes in the next token of the statement.
    pub fn see(&mut self, text: Source<'_>, token: Token) {
        self.seen += 1;
        match self.shape {
            Shape::Plain => {}
            Shape::Undecided => self.decide(text, token),
            Shape::Rule => match token.kind {
                Kind::Open => self.parens += 1,
                Kind::Close => self.parens = self.parens.saturating_sub(1),
                _ => {}
            },
            Shape::Routine => self.routine(text, token),
            Shape::Atomic => self.atomic(text, token),
        }
    }

    fn decide(&mut self, text: Source<'_>, token: Token) {
        if self.seen == 1 {
            if self.provider == Provider::Mysql && is_word(text, token, "BEGIN") {
                // Only MariaDB's `BEGIN NOT ATOMIC` goes on; a plain BEGIN is a transaction.
                return;
            }
            if !(is_word(text, token, "CREATE") || self.provider == Provider::Mysql && is_word(text, token, "ALTER")) {
                self.shape = Shape::Plain;
            }
            return;
        }
        if self.seen == 2 && self.provider == Provider::Mysql && is_word(text, token, "NOT") {
            self.shape = Shape::Routine;
            self.depth = 1;
            return;
        }
        let known = match self.provider {
            Provider::Postgresql if is_one_of(text, token, &["FUNCTION", "PROCEDURE"]) => Shape::Atomic,
            Provider::Postgresql if is_word(text, token, "RULE") => Shape::Rule,
            Provider::Sqlite if is_word(text, token, "TRIGGER") => Shape::Routine,
            Provider::Mysql if is_one_of(text, token, &["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"]) => {
                Shape::Routine
            }
            _ if self.seen > 12 => Shape::Plain,
            _ if is_one_of(
                text,
                token,
                &[
                    "TABLE",
                    "INDEX",
                    "VIEW",
                    "TYPE",
                    "SCHEMA",
                    "DATABASE",
                    "TRIGGER",
                    "EXTENSION",
                    "SEQUENCE",
                    "USER",
                    "ROLE",
                ],
            ) =>
            {
                Shape::Plain
            }
            _ => Shape::Undecided,
        };
        self.shape = known;
    }

    fn atomic(&mut self, text: Source<'_>, token: Token) {
        if token.kind != Kind::Word {
            self.before = Before::Other;
            return;
        }
        let mut before = Before::Other;
        if self.depth == 0 {
            if is_word(text, token, "BEGIN") {
                before = Before::Begin;
            } else if self.before == Before::Begin && is_word(text, token, "ATOMIC") {
                self.depth = 1;
            }
        } else if is_word(text, token, "CASE") {
            self.depth += 1;
        } else if is_word(text, token, "END") {
            self.depth -= 1;
        }
        self.before = before;
    }

    fn routine(&mut self, text: Source<'_>, token: Token) {
        let place = self.before == Before::StatementPlace;
        let after_end = self.before == Before::End;
        self.before = match token.kind {
            Kind::Semicolon => Before::StatementPlace,
            Kind::Symbol if text.slice(token.span()).starts_with(':') => Before::StatementPlace,
            Kind::Close if self.depth == 0 => Before::StatementPlace,
            _ => Before::Other,
        };
        if token.kind != Kind::Word {
            return;
        }
        if is_word(text, token, "END") {
            self.depth = self.depth.saturating_sub(1);
            self.before = Before::End;
        } else if after_end && is_one_of(text, token, &["IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR"]) {
            // `END IF`: counted with its END.
        } else if is_word(text, token, "BEGIN") {
            self.depth += 1;
            self.before = Before::StatementPlace;
        } else if is_word(text, token, "CASE")
            || (place
                && self.provider == Provider::Mysql
                && is_one_of(text, token, &["IF", "WHILE", "REPEAT", "LOOP", "FOR"]))
        {
            self.depth += 1;
            if is_one_of(text, token, &["LOOP", "REPEAT"]) {
                self.before = Before::StatementPlace;
            }
        } else if is_one_of(text, token, &["THEN", "ELSE", "DO", "ROW"]) {
            self.before = Before::StatementPlace;
        }
    }
}
