//! Our tokens → `sqlparser`'s, with byte offsets in place of columns.

use sqlparser::ast::DollarQuotedString;
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span as SqlSpan, Token as SqlToken, TokenWithSpan, Tokenizer, Word};

use crate::sql::lex::{Kind, Source, Token};

/// The place of a byte. Line 0 means "nowhere" to the parser, column 0 too.
fn location(offset: u32) -> Location {
    Location { line: 1, column: u64::from(offset) + 1 }
}

/// The byte of a place, or nothing when the parser does not know it.
pub(super) fn offset(span: SqlSpan) -> Option<u32> {
    if span.start.line == 0 { None } else { u32::try_from(span.start.column - 1).ok() }
}

/// `None`: a token that is no SQL.
pub(super) fn convert(dialect: &dyn Dialect, source: Source<'_>, list: &[Token]) -> Option<Vec<TokenWithSpan>> {
    let mut tokens = Vec::with_capacity(list.len());
    for token in list {
        let span = SqlSpan { start: location(token.start), end: location(token.end) };
        let text = source.slice(token.span());
        match one(*token, text) {
            Some(token) => tokens.push(TokenWithSpan { token, span }),
            None if token.kind == Kind::Bad || token.kind == Kind::Client => return None,
            None => {
                // Rare: the parser's own tokenizer decides. What it makes of it all gets the place of ours.
                for token in Tokenizer::new(dialect, text).tokenize().ok()? {
                    tokens.push(TokenWithSpan { token, span });
                }
            }
        }
    }
    Some(tokens)
}

/// The common tokens.
fn one(token: Token, text: &str) -> Option<SqlToken> {
    Some(match token.kind {
        Kind::Word => SqlToken::make_word(text, None),
        Kind::Quoted => quoted(text)?,
        Kind::Text => return plain_text(text),
        Kind::Dollar => dollar(text),
        Kind::Number if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            SqlToken::Number(text.to_owned(), false)
        }
        Kind::Semicolon => SqlToken::SemiColon,
        Kind::Comma => SqlToken::Comma,
        Kind::Dot => SqlToken::Period,
        Kind::Open => SqlToken::LParen,
        Kind::Close => SqlToken::RParen,
        Kind::OpenBracket => SqlToken::LBracket,
        Kind::CloseBracket => SqlToken::RBracket,
        Kind::Symbol => match text {
            "=" => SqlToken::Eq,
            "<>" | "!=" => SqlToken::Neq,
            "<" => SqlToken::Lt,
            ">" => SqlToken::Gt,
            "<=" => SqlToken::LtEq,
            ">=" => SqlToken::GtEq,
            "+" => SqlToken::Plus,
            "-" => SqlToken::Minus,
            "*" => SqlToken::Mul,
            "/" => SqlToken::Div,
            "||" => SqlToken::StringConcat,
            "::" => SqlToken::DoubleColon,
            _ => return None,
        },
        Kind::Number | Kind::Client | Kind::Bad => return None,
    })
}

fn quoted(text: &str) -> Option<SqlToken> {
    if text.starts_with(['U', 'u']) {
        return None;
    }
    let quote_style = text.chars().next();
    let value = crate::sql::lower::cursor::unquoted(text).into_owned();
    Some(SqlToken::Word(Word { value, quote_style, keyword: Keyword::NoKeyword }))
}

/// A literal without prefix, escapes and doubled quotes.
fn plain_text(text: &str) -> Option<SqlToken> {
    let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
    if inside.contains(['\'', '\\']) {
        return None;
    }
    Some(SqlToken::SingleQuotedString(inside.to_owned()))
}

fn dollar(text: &str) -> SqlToken {
    let end = text[1..].find('$').map_or(text.len(), |i| i + 2);
    let tag = text.get(1..end - 1).filter(|tag| !tag.is_empty()).map(str::to_owned);
    let value = text.get(end..text.len().saturating_sub(end)).unwrap_or("").to_owned();
    SqlToken::DollarQuotedString(DollarQuotedString { value, tag })
}
