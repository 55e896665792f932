//! Bytes → tokens, one pass, by each database's own lexical rules.
//!
//! White space and comments are no tokens; comments are handed out on the side. A token never holds text, only its range, its kind and
//! where it needs care. The lexer knows nothing of grammar, and it always moves forward: its time is linear in the file whatever is in it.

use super::model::{Comment, Span};
use crate::project::Provider;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Keyword or unquoted identifier; `@variable` and `#temp` of SQL Server and MySQL too.
    Word,
    /// Identifier in `"…"`, `` `…` `` or `[…]`.
    Quoted,
    /// String literal with its prefix (`E'…'`, `N'…'`, `X'…'`), and MySQL's `"…"`.
    Text,
    /// PostgreSQL `$tag$…$tag$`.
    Dollar,
    /// Number.
    Number,
    /// Operator of one or more characters.
    Symbol,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[` where it does not quote.
    OpenBracket,
    /// `]` where it does not quote.
    CloseBracket,
    /// A line of a client program: `\connect x`.
    Client,
    /// A quote or comment that does not end, or a character that has no place in SQL.
    Bad,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
    /// Inside `/*! … */` of MySQL.
    pub conditional: bool,
}

impl Token {
    pub const fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// Text with the place in the file where it begins. The text of a literal that is run is such a part of its own.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub text: &'a str,
    pub base: u32,
}

impl<'a> Source<'a> {
    pub fn slice(self, span: Span) -> &'a str {
        let at = |offset: u32| offset.saturating_sub(self.base) as usize;
        self.text.get(at(span.start)..at(span.end)).unwrap_or("")
    }

    pub fn span(self) -> Span {
        Span::new(self.base, self.base + offset(self.text.len()))
    }
}

/// Lexical facts of a database, from the manuals (PostgreSQL 18 §4.1, MySQL 8.4 §11, SQLite `lang.html`, Transact-SQL reference).
#[derive(Clone, Copy)]
struct Facts {
    /// `\` escapes in plain quotes.
    backslash: bool,
    /// `#` begins a comment.
    hash_comment: bool,
    /// `--` needs white space behind it.
    dashes_need_space: bool,
    /// Block comments nest.
    nested: bool,
    /// `$tag$` quotes.
    dollar: bool,
    /// `[…]` quotes an identifier.
    brackets: bool,
    /// `` `…` `` quotes an identifier.
    back_ticks: bool,
    /// `"…"` is a string.
    double_is_text: bool,
    /// `/*! … */` is code.
    conditional: bool,
    /// A doubled `]` or `"` inside means one, everywhere; a block comment may run to the end of the file.
    open_comment_is_fine: bool,
    /// Operators are runs of operator characters.
    operator_runs: bool,
    /// `@name` is a word.
    at_words: bool,
    /// `#name` is a word.
    hash_words: bool,
}

impl Facts {
    const fn of(provider: Provider) -> Self {
        let none = Facts {
            backslash: false,
            hash_comment: false,
            dashes_need_space: false,
            nested: false,
            dollar: false,
            brackets: false,
            back_ticks: false,
            double_is_text: false,
            conditional: false,
            open_comment_is_fine: false,
            operator_runs: false,
            at_words: false,
            hash_words: false,
        };
        match provider {
            Provider::Postgresql => Facts { nested: true, dollar: true, operator_runs: true, ..none },
            Provider::Mysql => Facts {
                backslash: true,
                hash_comment: true,
                dashes_need_space: true,
                back_ticks: true,
                double_is_text: true,
                conditional: true,
                at_words: true,
                ..none
            },
            Provider::Sqlite => {
                Facts { brackets: true, back_ticks: true, open_comment_is_fine: true, at_words: true, ..none }
            }
            Provider::Sqlserver => Facts { nested: true, brackets: true, at_words: true, hash_words: true, ..none },
        }
    }
}

/// The lexer.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    base: u32,
    at: usize,
    end: usize,
    facts: Facts,
    in_conditional: bool,
    comments: Vec<Comment>,
}

impl<'a> Lexer<'a> {
    /// Over a part of the source; all offsets are the file's.
    pub fn new(provider: Provider, source: Source<'a>, part: Span) -> Self {
        let mut at = (part.start - source.base) as usize;
        if part.start == 0 && source.text.starts_with('\u{feff}') {
            at = 3;
        }
        Lexer {
            bytes: source.text.as_bytes(),
            base: source.base,
            at,
            end: (part.end - source.base) as usize,
            facts: Facts::of(provider),
            in_conditional: false,
            comments: Vec::new(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.base + offset(start), self.base + offset(end))
    }

    /// Comments met so far.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// All comments, when the end is reached.
    pub fn into_comments(self) -> Vec<Comment> {
        self.comments
    }

    /// The next token.
    pub fn next(&mut self) -> Option<Token> {
        loop {
            while self.at < self.end && (self.bytes[self.at].is_ascii_whitespace() || self.bytes[self.at] == 0x0b) {
                self.at += 1;
            }
            if self.at >= self.end {
                return None;
            }
            match self.blank() {
                Blank::Skipped => {}
                Blank::Open(start) => return Some(self.token(Kind::Bad, start, self.end)),
                Blank::No => break,
            }
        }
        let start = self.at;
        let (kind, end) = self.scan(start);
        Some(self.token(kind, start, end))
    }

    fn token(&mut self, kind: Kind, start: usize, end: usize) -> Token {
        self.at = end;
        let span = self.span(start, end);
        Token { start: span.start, end: span.end, kind, conditional: self.in_conditional }
    }

    fn byte(&self, at: usize) -> u8 {
        if at < self.end { self.bytes[at] } else { 0 }
    }

    /// Skips one comment or one mark of a conditional comment.
    fn blank(&mut self) -> Blank {
        let start = self.at;
        match (self.bytes[start], self.byte(start + 1)) {
            (b'-', b'-') => {
                let after = self.byte(start + 2);
                if self.facts.dashes_need_space && after > b' ' && start + 2 < self.end {
                    return Blank::No;
                }
                self.line_comment(start)
            }
            (b'#', _) if self.facts.hash_comment => self.line_comment(start),
            (b'/', b'*') => {
                let marks = match (self.byte(start + 2), self.byte(start + 3)) {
                    (b'!', _) => 3,
                    (b'M', b'!') => 4,
                    _ => 0,
                };
                if self.facts.conditional && marks > 0 {
                    self.at = start + marks;
                    while self.byte(self.at).is_ascii_digit() {
                        self.at += 1;
                    }
                    self.in_conditional = true;
                    return Blank::Skipped;
                }
                self.block_comment(start)
            }
            (b'*', b'/') if self.in_conditional => {
                self.in_conditional = false;
                self.at = start + 2;
                Blank::Skipped
            }
            _ => Blank::No,
        }
    }

    fn line_comment(&mut self, start: usize) -> Blank {
        let mut end = start;
        while end < self.end && self.bytes[end] != b'\n' {
            end += 1;
        }
        self.at = end;
        if end > start && self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        let span = self.span(start, end);
        self.comments.push(Comment { span, block: false });
        Blank::Skipped
    }

    fn block_comment(&mut self, start: usize) -> Blank {
        let mut at = start + 2;
        let mut depth = 1_u32;
        while at < self.end {
            match (self.bytes[at], self.byte(at + 1)) {
                (b'*', b'/') => {
                    at += 2;
                    depth -= 1;
                    if depth == 0 {
                        self.at = at;
                        let span = self.span(start, at);
                        self.comments.push(Comment { span, block: true });
                        return Blank::Skipped;
                    }
                }
                (b'/', b'*') if self.facts.nested => {
                    at += 2;
                    depth += 1;
                }
                _ => at += 1,
            }
        }
        if self.facts.open_comment_is_fine {
            self.at = self.end;
            let span = self.span(start, self.end);
            self.comments.push(Comment { span, block: true });
            return Blank::Skipped;
        }
        Blank::Open(start)
    }

    fn scan(&self, start: usize) -> (Kind, usize) {
        let byte = self.bytes[start];
        match byte {
            b';' => (Kind::Semicolon, start + 1),
            b',' => (Kind::Comma, start + 1),
            b'(' => (Kind::Open, start + 1),
            b')' => (Kind::Close, start + 1),
            b'[' if self.facts.brackets => self.quoted(start + 1, b']', false, Kind::Quoted),
            b'[' => (Kind::OpenBracket, start + 1),
            b']' => (Kind::CloseBracket, start + 1),
            b'`' if self.facts.back_ticks => self.quoted(start + 1, b'`', false, Kind::Quoted),
            b'"' if self.facts.double_is_text => self.quoted(start + 1, b'"', self.facts.backslash, Kind::Text),
            b'"' => self.quoted(start + 1, b'"', false, Kind::Quoted),
            b'\'' => self.quoted(start + 1, b'\'', self.facts.backslash, Kind::Text),
            b'$' => self.dollar(start),
            b'.' if !self.byte(start + 1).is_ascii_digit() => (Kind::Dot, start + 1),
            b'.' if start > 0 && word_byte(self.bytes[start - 1]) => (Kind::Dot, start + 1),
            b'0'..=b'9' | b'.' => self.number(start),
            b'\\' if self.begins_line(start) => (Kind::Client, self.line_end(start)),
            b'@' if self.facts.at_words && (word_byte(self.byte(start + 1)) || self.byte(start + 1) == b'@') => {
                self.word(start)
            }
            b'#' if self.facts.hash_words => self.word(start),
            _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.prefixed_or_word(start),
            b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|'
            | b'?' | b':' | b'{' | b'}' => (Kind::Symbol, self.symbol(start)),
            b'`' if self.facts.operator_runs => (Kind::Symbol, self.symbol(start)),
            _ => (Kind::Bad, start + 1),
        }
    }

    /// From behind the opening quote. A doubled closing quote means one.
    fn quoted(&self, mut at: usize, close: u8, backslash: bool, kind: Kind) -> (Kind, usize) {
        while at < self.end {
            let byte = self.bytes[at];
            if byte == close {
                if self.byte(at + 1) != close || at + 1 >= self.end {
                    return (kind, at + 1);
                }
                at += 2;
            } else if backslash && byte == b'\\' {
                at += 2;
            } else {
                at += 1;
            }
        }
        (Kind::Bad, self.end)
    }

    fn prefixed_or_word(&self, start: usize) -> (Kind, usize) {
        let next = self.byte(start + 1);
        if next == b'\'' {
            match self.bytes[start] {
                b'E' | b'e' if self.facts.dollar => return self.quoted(start + 2, b'\'', true, Kind::Text),
                b'N' | b'n' | b'X' | b'x' | b'B' | b'b' => {
                    return self.quoted(start + 2, b'\'', self.facts.backslash, Kind::Text);
                }
                _ => {}
            }
        }
        if self.facts.dollar && matches!(self.bytes[start], b'U' | b'u') && next == b'&' {
            match self.byte(start + 2) {
                b'\'' => return self.quoted(start + 3, b'\'', false, Kind::Text),
                b'"' => return self.quoted(start + 3, b'"', false, Kind::Quoted),
                _ => {}
            }
        }
        self.word(start)
    }

    fn word(&self, start: usize) -> (Kind, usize) {
        let mut at = start + 1;
        while at < self.end {
            let byte = self.bytes[at];
            let more = word_byte(byte)
                || byte == b'$'
                || (self.facts.hash_words && (byte == b'#' || byte == b'@'))
                || (byte == b'@' && self.bytes[start] == b'@');
            if !more {
                break;
            }
            at += 1;
        }
        (Kind::Word, at)
    }

    /// `$tag$…$tag$`, `$1`, or a stray `$`.
    fn dollar(&self, start: usize) -> (Kind, usize) {
        let mut at = start + 1;
        if self.byte(at).is_ascii_digit() {
            while self.byte(at).is_ascii_digit() {
                at += 1;
            }
            return (Kind::Symbol, at);
        }
        if !self.facts.dollar {
            return if word_byte(self.byte(at)) { self.word(start) } else { (Kind::Bad, start + 1) };
        }
        while at < self.end && word_byte(self.bytes[at]) {
            at += 1;
        }
        if self.byte(at) != b'$' {
            return (Kind::Bad, start + 1);
        }
        let tag = &self.bytes[start..=at];
        let mut at = at + 1;
        while at + tag.len() <= self.end {
            if self.bytes[at] != b'$' {
                at += 1;
            } else if self.bytes[at..].starts_with(tag) {
                return (Kind::Dollar, at + tag.len());
            } else {
                // A tag holds no `$` inside, so the next chance is behind what was compared, up to its own next `$`.
                at += 1;
            }
        }
        (Kind::Bad, self.end)
    }

    fn number(&self, start: usize) -> (Kind, usize) {
        let mut at = start;
        if self.bytes[at] == b'0' && matches!(self.byte(at + 1), b'x' | b'X') {
            at += 2;
            while self.byte(at).is_ascii_hexdigit() {
                at += 1;
            }
            return (Kind::Number, at);
        }
        while self.byte(at).is_ascii_digit() || self.byte(at) == b'_' {
            at += 1;
        }
        if self.byte(at) == b'.' {
            at += 1;
            while self.byte(at).is_ascii_digit() {
                at += 1;
            }
        }
        if matches!(self.byte(at), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(at + 1), b'+' | b'-'));
            if self.byte(at + 1 + sign).is_ascii_digit() {
                at += 1 + sign;
                while self.byte(at).is_ascii_digit() {
                    at += 1;
                }
            }
        }
        if at < self.end && (self.bytes[at].is_ascii_alphabetic() || self.bytes[at] >= 0x80) && self.facts.back_ticks {
            // MySQL identifiers may begin with a digit.
            return self.word(start);
        }
        (Kind::Number, at)
    }

    fn symbol(&self, start: usize) -> usize {
        let byte = self.bytes[start];
        if byte == b':' {
            return start + 1 + usize::from(matches!(self.byte(start + 1), b':' | b'='));
        }
        if self.facts.operator_runs {
            return self.operator_run(start);
        }
        let three = &self.bytes[start..(start + 3).min(self.end)];
        if matches!(three, b"<=>" | b"->>") {
            return start + 3;
        }
        let two = &self.bytes[start..(start + 2).min(self.end)];
        let known = matches!(
            two,
            b"<="
                | b">="
                | b"<>"
                | b"!="
                | b"||"
                | b"&&"
                | b"->"
                | b"<<"
                | b">>"
                | b"=="
                | b"+="
                | b"-="
                | b"*="
                | b"/="
                | b"%="
                | b"&="
                | b"|="
                | b"^="
                | b"!<"
                | b"!>"
        );
        start + 1 + usize::from(known)
    }

    /// PostgreSQL §4.1.3: a run of operator characters that holds no comment mark and does not end in `+` or `-` unless it holds one
    /// of a set of rarer characters.
    fn operator_run(&self, start: usize) -> usize {
        let is_operator = |b: u8| {
            matches!(b, b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&')
                || matches!(b, b'|' | b'`' | b'?')
        };
        let mut at = start;
        let mut rare = false;
        while at < self.end && is_operator(self.bytes[at]) {
            let pair = (self.bytes[at], self.byte(at + 1));
            if at > start && matches!(pair, (b'-', b'-') | (b'/', b'*')) {
                break;
            }
            rare |= matches!(self.bytes[at], b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|' | b'`' | b'?');
            at += 1;
        }
        while !rare && at > start + 1 && matches!(self.bytes[at - 1], b'+' | b'-') {
            at -= 1;
        }
        at.max(start + 1)
    }

    fn begins_line(&self, start: usize) -> bool {
        let before = self.bytes[..start].iter().rev().take_while(|&&b| b != b'\n').take(64);
        let mut count = 0;
        for byte in before {
            count += 1;
            if *byte != b' ' && *byte != b'\t' {
                return false;
            }
        }
        count < 64
    }

    fn line_end(&self, start: usize) -> usize {
        self.bytes[start..self.end].iter().position(|&b| b == b'\n').map_or(self.end, |i| start + i)
    }
}

enum Blank {
    /// A comment was skipped.
    Skipped,
    /// A comment begins here and does not end.
    Open(usize),
    /// No comment here.
    No,
}

/// Bytes that continue a word; any byte of a character outside ASCII does.
pub(super) const fn word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("a file over 4 GiB is refused before it is lexed")
}
