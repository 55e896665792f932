//! Walking over the tokens of one statement.

use std::borrow::Cow;

use crate::project::Provider;
use crate::sql::lex::{Kind, Source, Token};
use crate::sql::model::{DefaultSchema, Ident, Name, Span};
use crate::sql::split::is_word;

/// The tokens of one statement with the partner of each bracket.
pub(in crate::sql) struct Tokens<'a> {
    pub text: Source<'a>,
    pub provider: Provider,
    list: &'a [Token],
    /// For an opening bracket the index of its closing one; else, and when there is none, the number of tokens.
    partners: Vec<u32>,
}

impl<'a> Tokens<'a> {
    pub fn new(provider: Provider, text: Source<'a>, list: &'a [Token]) -> Self {
        let none = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let mut partners = Vec::new();
        let mut stack: Vec<(usize, Kind)> = Vec::new();
        if list.iter().any(|t| matches!(t.kind, Kind::Open | Kind::OpenBracket)) {
            partners = vec![none; list.len()];
            for (index, token) in list.iter().enumerate() {
                match token.kind {
                    Kind::Open | Kind::OpenBracket => {
                        stack.push((index, token.kind));
                    }
                    Kind::Close | Kind::CloseBracket => {
                        let wanted = if token.kind == Kind::Close { Kind::Open } else { Kind::OpenBracket };
                        if stack.last().is_some_and(|(_, kind)| *kind == wanted)
                            && let Some((open, _)) = stack.pop()
                        {
                            partners[open] = u32::try_from(index).unwrap_or(none);
                        }
                    }
                    _ => {}
                }
            }
        }
        Tokens { text, provider, list, partners }
    }

    pub fn list(&self) -> &'a [Token] {
        self.list
    }

    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { tokens: self, at: 0, end: self.list.len() }
    }

    fn partner(&self, index: usize) -> usize {
        self.partners.get(index).map_or(self.list.len(), |&p| p as usize)
    }
}

/// A place in a run of tokens of one statement. Copying it is how to look ahead.
#[derive(Clone, Copy)]
pub(in crate::sql) struct Cursor<'a> {
    tokens: &'a Tokens<'a>,
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    pub fn provider(&self) -> Provider {
        self.tokens.provider
    }

    pub fn text(&self) -> Source<'a> {
        self.tokens.text
    }

    pub fn done(&self) -> bool {
        self.at >= self.end
    }

    pub fn len(&self) -> usize {
        self.end - self.at
    }

    pub fn peek(&self) -> Option<Token> {
        self.look(0)
    }

    pub fn look(&self, n: usize) -> Option<Token> {
        let index = self.at + n;
        if index < self.end { self.tokens.list.get(index).copied() } else { None }
    }

    /// The token before, of the whole statement.
    pub fn behind(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|i| self.tokens.list.get(i).copied())
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Moves on by one token, or over a whole bracket.
    pub fn skip(&mut self) -> Option<Token> {
        let token = self.peek()?;
        let next = match token.kind {
            Kind::Open | Kind::OpenBracket => self.tokens.partner(self.at).saturating_add(1),
            _ => self.at + 1,
        };
        self.at = next.min(self.end);
        Some(token)
    }

    pub fn slice(&self, token: Token) -> &'a str {
        self.tokens.text.slice(token.span())
    }

    /// The text of what is left.
    pub fn rest_text(&self) -> &'a str {
        self.tokens.text.slice(self.span())
    }

    /// What is left, from its first to its last token.
    pub fn span(&self) -> Span {
        if self.done() {
            let at = self.behind().map_or(0, |t| t.end);
            return Span::new(at, at);
        }
        Span::new(self.tokens.list[self.at].start, self.tokens.list[self.end - 1].end)
    }

    /// From where `start` stood to the last token passed.
    pub fn span_since(&self, start: &Cursor<'_>) -> Span {
        if self.at <= start.at {
            return Span::default();
        }
        Span::new(self.tokens.list[start.at].start, self.tokens.list[self.at - 1].end)
    }

    /// The tokens between where `start` stood and here.
    pub fn since(&self, start: &Cursor<'a>) -> Cursor<'a> {
        Cursor { tokens: self.tokens, at: start.at, end: self.at.max(start.at) }
    }

    /// What is left, as a cursor of its own; this one is then at its end.
    pub fn rest(&mut self) -> Cursor<'a> {
        let rest = *self;
        self.at = self.end;
        rest
    }

    pub fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    pub fn is_at(&self, n: usize, word: &str) -> bool {
        self.look(n).is_some_and(|t| is_word(self.tokens.text, t, word))
    }

    pub fn is_any(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|t| t.kind == Kind::Word && words.iter().any(|w| is_word(self.tokens.text, t, w)))
    }

    pub fn is_all(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, word)| self.is_at(n, word))
    }

    pub fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    pub fn eat_any(&mut self, words: &[&str]) -> Option<Token> {
        if self.is_any(words) { self.next() } else { None }
    }

    pub fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = self.is_all(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// `Some` when the word was there.
    pub fn need(&mut self, word: &str) -> Option<()> {
        self.eat(word).then_some(())
    }

    pub fn is_kind(&self, kind: Kind) -> bool {
        self.peek().is_some_and(|t| t.kind == kind)
    }

    pub fn eat_kind(&mut self, kind: Kind) -> Option<Token> {
        if self.is_kind(kind) { self.next() } else { None }
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|t| t.kind == Kind::Symbol && self.slice(t) == symbol)
    }

    pub fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// The inside of the bracket that begins here; moves behind it. A bracket without partner is nothing.
    pub fn group(&mut self) -> Option<Cursor<'a>> {
        let token = self.peek()?;
        if token.kind != Kind::Open && token.kind != Kind::OpenBracket {
            return None;
        }
        let close = self.tokens.partner(self.at);
        if close >= self.end {
            return None;
        }
        let inside = Cursor { tokens: self.tokens, at: self.at + 1, end: close };
        self.at = close + 1;
        Some(inside)
    }

    /// The bracket that begins here is all that is left.
    pub fn group_is_all(&self) -> bool {
        let mut ahead = *self;
        ahead.group().is_some() && ahead.done()
    }

    /// A quote that does not end, or a character that is no SQL.
    pub fn has_bad(&self) -> bool {
        self.tokens.list[self.at..self.end].iter().any(|t| t.kind == Kind::Bad)
    }

    /// What is left, cut at its top-level commas.
    pub fn commas(&mut self) -> Vec<Cursor<'a>> {
        let mut parts = Vec::new();
        while !self.done() {
            let start = *self;
            while !self.done() && !self.is_kind(Kind::Comma) {
                self.skip();
            }
            parts.push(self.since(&start));
            self.at += usize::from(!self.done());
        }
        parts
    }

    /// Up to the next of these words at the top level (or the end), which is not passed.
    pub fn until(&mut self, words: &[&str]) -> Cursor<'a> {
        let start = *self;
        while !self.done() && !self.is_any(words) {
            self.skip();
        }
        self.since(&start)
    }

    /// Up to the next of this symbol at the top level (or the end), which is not passed.
    pub fn until_symbol(&self, symbol: &str) -> Cursor<'a> {
        let mut ahead = *self;
        while !ahead.done() && !ahead.is_symbol(symbol) {
            ahead.skip();
        }
        ahead.since(self)
    }

    /// Up to the next of these symbols at the top level (or the end).
    pub fn until_symbol_of(&self, symbols: &[&str]) -> Cursor<'a> {
        let mut ahead = *self;
        while !ahead.done() && !symbols.iter().any(|s| ahead.is_symbol(s)) {
            ahead.skip();
        }
        ahead.since(self)
    }

    /// Whether one of these words is ahead at the top level.
    pub fn has_top(&self, words: &[&str]) -> bool {
        let mut ahead = *self;
        ahead.until(words);
        !ahead.done()
    }

    /// An identifier of a column, constraint, index, type …: any word or quoted name.
    pub fn ident(&mut self) -> Option<Ident> {
        let sensitive = self.provider() == Provider::Postgresql;
        self.ident_as(sensitive)
    }

    fn ident_as(&mut self, case_sensitive: bool) -> Option<Ident> {
        let token = self.peek()?;
        let quoted = match token.kind {
            Kind::Word => false,
            Kind::Quoted => true,
            _ => return None,
        };
        self.at += 1;
        let raw = self.slice(token);
        let value = if quoted {
            unquoted(raw).into_owned()
        } else if self.provider() == Provider::Postgresql {
            raw.to_ascii_lowercase()
        } else {
            raw.to_owned()
        };
        Some(Ident { value, quoted, case_sensitive, span: token.span() })
    }

    /// A name of up to three parts. SQL Server's `db..t` has an empty schema: the default one.
    pub fn name(&mut self) -> Option<Name> {
        let sensitive = matches!(self.provider(), Provider::Postgresql | Provider::Mysql);
        let mut parts = vec![self.ident_as(sensitive)?];
        while parts.len() < 4 && self.is_kind(Kind::Dot) {
            let mut ahead = *self;
            ahead.at += 1;
            if ahead.is_kind(Kind::Dot) {
                ahead.at += 1;
            }
            let Some(part) = ahead.ident_as(sensitive) else { break };
            *self = ahead;
            parts.push(part);
        }
        Some(name_of(self.provider(), parts))
    }

    /// `IF EXISTS`.
    pub fn if_exists(&mut self) -> bool {
        self.eat_all(&["IF", "EXISTS"])
    }

    /// `IF NOT EXISTS`.
    pub fn if_not_exists(&mut self) -> bool {
        self.eat_all(&["IF", "NOT", "EXISTS"])
    }

    /// `CASCADE` (true) or `RESTRICT` or nothing.
    pub fn cascade(&mut self) -> bool {
        self.eat_any(&["CASCADE", "RESTRICT"]).is_some_and(|t| is_word(self.text(), t, "CASCADE"))
    }

    /// Names separated by commas.
    pub fn names(&mut self) -> Option<Vec<Name>> {
        let mut names = vec![self.name()?];
        while self.eat_kind(Kind::Comma).is_some() {
            names.push(self.name()?);
        }
        Some(names)
    }

    /// `(a, b, c)`; what stands behind a name (`ASC`, an operator class, a length) is left out.
    pub fn ident_list(&mut self) -> Option<Vec<Ident>> {
        let mut inside = self.group()?;
        let mut list = Vec::new();
        for mut part in inside.commas() {
            list.push(part.ident()?);
        }
        Some(list)
    }

    /// A string literal, unescaped, with where it is.
    pub fn string(&mut self) -> Option<(String, Span)> {
        let token = self.peek()?;
        if !matches!(token.kind, Kind::Text | Kind::Dollar) {
            return None;
        }
        self.at += 1;
        Some((literal(self.provider(), self.slice(token)).into_owned(), token.span()))
    }

    /// SQL Server's `@name = value` argument: the value.
    pub fn clone_named_argument(&self) -> Option<Cursor<'a>> {
        let mut ahead = *self;
        let first = ahead.next()?;
        (self.slice(first).starts_with('@') && ahead.eat_symbol("=")).then_some(ahead)
    }

    /// Words left, in lower case with one space between, at most `most` of them.
    pub fn words(&self, most: usize) -> String {
        let mut text = String::new();
        let mut ahead = *self;
        for _ in 0..most {
            let Some(token) = ahead.next() else { break };
            if token.kind != Kind::Word {
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&self.slice(token).to_ascii_lowercase());
        }
        text
    }
}

/// Whether the last token is this word.
pub(in crate::sql) fn ends_with(c: &Cursor<'_>, word: &str) -> bool {
    c.tokens.list[..c.end].last().is_some_and(|t| is_word(c.tokens.text, *t, word))
}

/// Puts the parts of a name in their places. The default schema counts as not written.
pub(in crate::sql) fn name_of(provider: Provider, mut parts: Vec<Ident>) -> Name {
    let object = parts.pop().unwrap_or_else(|| Ident {
        value: String::new(),
        quoted: true,
        case_sensitive: true,
        span: Span::default(),
    });
    let schema = parts.pop();
    let catalog = parts.pop();
    let default = match provider {
        Provider::Postgresql => "public",
        Provider::Sqlserver => "dbo",
        Provider::Sqlite => "main",
        Provider::Mysql => "",
    };
    match schema {
        Some(schema) if !default.is_empty() && schema.is(default) => {
            Name { catalog, schema: None, object, default_schema: DefaultSchema(Some(schema)) }
        }
        schema => Name { catalog, schema, object, default_schema: DefaultSchema::default() },
    }
}

/// Takes the quotes off an identifier.
pub(in crate::sql) fn unquoted(raw: &str) -> Cow<'_, str> {
    let raw = raw.strip_prefix("U&").or_else(|| raw.strip_prefix("u&")).unwrap_or(raw);
    let Some(close) = raw.chars().next_back() else { return Cow::Borrowed("") };
    let inside = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    if inside.contains(close) {
        let double: String = [close, close].iter().collect();
        Cow::Owned(inside.replace(&double, &close.to_string()))
    } else {
        Cow::Borrowed(inside)
    }
}

/// Length of the `$tag$` that a literal begins with.
pub(in crate::sql) fn dollar_tag(raw: &str) -> Option<usize> {
    raw.strip_prefix('$')?.find('$').map(|i| i + 2)
}

/// The value of a string literal.
pub(in crate::sql) fn literal(provider: Provider, raw: &str) -> Cow<'_, str> {
    if let Some(tag) = dollar_tag(raw) {
        return Cow::Borrowed(raw.get(tag..raw.len().saturating_sub(tag)).unwrap_or(""));
    }
    let Some(open) = raw.find(['\'', '"']) else { return Cow::Borrowed(raw) };
    let prefix = &raw[..open];
    let quote = raw.as_bytes()[open];
    let inside = raw.get(open + 1..raw.len().saturating_sub(1)).unwrap_or("");
    let backslash = (provider == Provider::Mysql || prefix.eq_ignore_ascii_case("e")) && inside.contains('\\');
    if !backslash && !inside.as_bytes().contains(&quote) {
        return Cow::Borrowed(inside);
    }
    let mut out = String::with_capacity(inside.len());
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && backslash {
            match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some(other) => out.push(other),
                None => {}
            }
        } else {
            if c == char::from(quote) && chars.peek() == Some(&c) {
                chars.next();
            }
            out.push(c);
        }
    }
    Cow::Owned(out)
}
