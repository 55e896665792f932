//! Tokens → statements, exact to the byte.
//!
//! PostgreSQL, MySQL and SQLite end a statement with `;`; only bodies (`compound`) hold more of them. Transact-SQL may leave it out,
//! see `tsql`. The ranges of all pieces, the wrapper and the tail make up the file; a test holds that.

mod compound;
mod tsql;

use std::collections::VecDeque;

use super::lex::{Kind, Lexer, Source, Token};
use super::model::{Comment, Span, Wrapper};
use crate::project::Provider;
use compound::Compound;
pub(super) use tsql::starts_statement;

/// One statement, not yet understood. Its tokens are in the buffer that was given.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub range: Span,
    pub span: Span,
    pub leading_comments: std::ops::Range<usize>,
    pub batch: u32,
}

/// Takes a file, or a part of it, into pieces.
pub(super) struct Splitter<'a> {
    provider: Provider,
    text: Source<'a>,
    lexer: Lexer<'a>,
    ahead: VecDeque<Token>,
    /// End of the piece before.
    last_end: u32,
    /// Comments that were before the end of the piece before.
    last_comments: usize,
    batch: u32,
    started: bool,
    wrapper_opening: Option<Span>,
    wrapper_closing: Option<Span>,
}

impl<'a> Splitter<'a> {
    /// `part` is the whole file, or the body of something in it.
    pub fn new(provider: Provider, text: Source<'a>, part: Span) -> Self {
        Splitter {
            provider,
            text,
            lexer: Lexer::new(provider, text, part),
            ahead: VecDeque::new(),
            last_end: part.start,
            last_comments: 0,
            batch: 0,
            started: false,
            wrapper_opening: None,
            wrapper_closing: None,
        }
    }

    /// The wrapper that was taken off, known at the end.
    pub fn wrapper(&self) -> Option<Wrapper> {
        let opening = self.wrapper_opening?;
        let closing = self.wrapper_closing.unwrap_or(Span::new(self.last_end, self.last_end));
        Some(Wrapper { opening, closing })
    }

    /// Whether a wrapper was opened and is not closed yet.
    pub fn in_wrapper(&self) -> bool {
        self.wrapper_opening.is_some() && self.wrapper_closing.is_none()
    }

    /// Comments of the file, when the end is reached.
    pub fn into_comments(self) -> Vec<Comment> {
        self.lexer.into_comments()
    }

    /// The next piece; its tokens replace what is in `tokens`.
    pub fn next(&mut self, tokens: &mut Vec<Token>) -> Option<Piece> {
        tokens.clear();
        if self.provider == Provider::Sqlserver { self.next_tsql(tokens) } else { self.next_plain(tokens) }
    }

    fn next_plain(&mut self, tokens: &mut Vec<Token>) -> Option<Piece> {
        let mut compound = Compound::new(self.provider);
        let mut comments = 0;
        let delimiter = self.provider == Provider::Mysql;
        while let Some(token) = self.take() {
            if token.kind == Kind::Semicolon {
                if tokens.is_empty() {
                    continue;
                }
                if !compound.is_open() {
                    return Some(self.piece(tokens, comments, token.end));
                }
            }
            if tokens.is_empty() {
                comments = self.lexer.comments().len();
            }
            tokens.push(token);
            if tokens.len() == 1 {
                if token.kind == Kind::Client {
                    return Some(self.piece(tokens, comments, token.end));
                }
                if delimiter && self.is(token, "DELIMITER") {
                    return Some(self.client_line(tokens, comments));
                }
            }
            compound.see(self.text, token);
        }
        let end = tokens.last()?.end;
        Some(self.piece(tokens, comments, end))
    }

    /// MySQL's client takes the rest of the line for itself.
    fn client_line(&mut self, tokens: &mut Vec<Token>, comments: usize) -> Piece {
        let start = tokens[0].end;
        let rest = self.text.slice(Span::new(start, self.text.span().end));
        let line = start as usize + rest.find('\n').unwrap_or(rest.len());
        while let Some(next) = self.look(0) {
            if next.start as usize >= line {
                break;
            }
            self.take();
            tokens.push(next);
        }
        let end = tokens[tokens.len() - 1].end;
        self.piece(tokens, comments, end)
    }

    fn piece(&mut self, tokens: &[Token], comments: usize, end: u32) -> Piece {
        let range = Span::new(self.last_end, end);
        let span = Span::new(tokens[0].start, tokens[tokens.len() - 1].end);
        let leading_comments = self.last_comments.min(comments)..comments;
        self.last_end = end;
        // A look ahead may have passed comments that lie behind this piece.
        let seen = self.lexer.comments();
        let mut before = seen.len();
        while before > 0 && seen[before - 1].span.start >= end {
            before -= 1;
        }
        self.last_comments = before;
        Piece { range, span, leading_comments, batch: self.batch }
    }

    fn take(&mut self) -> Option<Token> {
        self.ahead.pop_front().or_else(|| self.lexer.next())
    }

    fn look(&mut self, n: usize) -> Option<Token> {
        while self.ahead.len() <= n {
            let token = self.lexer.next()?;
            self.ahead.push_back(token);
        }
        self.ahead.get(n).copied()
    }

    fn is(&self, token: Token, word: &str) -> bool {
        is_word(self.text, token, word)
    }
}

/// Whether a token is this keyword, given in upper case.
pub(super) fn is_word(text: Source<'_>, token: Token, word: &str) -> bool {
    token.kind == Kind::Word
        && (token.end - token.start) as usize == word.len()
        && text.slice(token.span()).eq_ignore_ascii_case(word)
}

/// Whether a token is one of these keywords, given in upper case.
pub(super) fn is_one_of(text: Source<'_>, token: Token, words: &[&str]) -> bool {
    words.iter().any(|word| is_word(text, token, word))
}
