//! The text of one comment → a directive.

use jiff::civil::Date;

use super::{Allow, Comparison, DirectiveError, DirectiveErrorKind, DirectiveKind, Measure, When};
use crate::sql::model::{Comment, Span};

const MARK: &str = "prisma-safe";

type Problem = (Span, DirectiveErrorKind);

/// `None`: the comment is none of ours.
pub(super) fn comment(text: &str, comment: Comment) -> Option<Result<DirectiveKind, DirectiveError>> {
    let span = comment.span;
    let raw = text.get(span.range())?;
    let (open, close) = match raw.as_bytes() {
        [b'/', b'*', ..] => (2, if raw.len() >= 4 && raw.ends_with("*/") { 2 } else { 0 }),
        [b'#', ..] => (1, 0),
        _ => (2, 0),
    };
    let start = span.start + open;
    let mut words = Words { text, at: start as usize, end: (span.end - close) as usize };
    words.blank();
    if !words.rest().starts_with(MARK) {
        return None;
    }
    words.at += MARK.len();
    let has_colon = words.rest().starts_with(':');
    if has_colon {
        words.at += 1;
    } else if !words.rest().starts_with([' ', '\t']) {
        return None;
    }
    let parsed = match verb(&mut words, has_colon) {
        Ok(None) => return None,
        Ok(Some(kind)) => Ok(kind),
        Err((place, kind)) => Err(DirectiveError { span: place, comment: span, kind }),
    };
    Some(parsed)
}

fn verb(words: &mut Words<'_>, has_colon: bool) -> Result<Option<DirectiveKind>, Problem> {
    let Some((verb, span)) = words.word() else {
        let end = u32::try_from(words.end).unwrap_or(u32::MAX);
        return if has_colon { Err((Span::new(end, end), DirectiveErrorKind::Empty)) } else { Ok(None) };
    };
    let known = matches!(verb, "allow" | "allow-file" | "expect-rows" | "expand-of" | "contract-of");
    if !has_colon {
        // A sentence that begins with our name is no directive; a known verb without the colon is a mistake.
        return if known { Err((span, DirectiveErrorKind::NoColon(verb.to_owned()))) } else { Ok(None) };
    }
    let kind = match verb {
        "allow" => DirectiveKind::Allow(allow(words, span)?),
        "allow-file" => DirectiveKind::AllowFile(allow(words, span)?),
        "expect-rows" => expect_rows(words, span)?,
        "expand-of" | "contract-of" => {
            let Some((migration, place)) = words.word() else { return Err((span, DirectiveErrorKind::NoMigration)) };
            words.no_more()?;
            let migration = migration.to_owned();
            if verb == "expand-of" {
                DirectiveKind::ExpandOf { migration, span: place }
            } else {
                DirectiveKind::ContractOf { migration, span: place }
            }
        }
        other => return Err((span, DirectiveErrorKind::UnknownVerb(other.to_owned()))),
    };
    Ok(Some(kind))
}

fn allow(words: &mut Words<'_>, verb: Span) -> Result<Allow, Problem> {
    let mut rules = Vec::new();
    let mut reason = None;
    let mut until = None;
    let mut when = None;
    while let Some((word, span)) = words.word() {
        let Some((key, _)) = word.split_once('=') else {
            if reason.is_some() || until.is_some() || when.is_some() {
                return Err((span, DirectiveErrorKind::Unexpected(word.to_owned())));
            }
            rules.extend(slugs(word, span));
            continue;
        };
        let (value, value_span) = words.value_of(span, key)?;
        let twice = || Err((span, DirectiveErrorKind::Twice(key.to_owned())));
        match key {
            "reason" if reason.is_some() => return twice(),
            "until" if until.is_some() => return twice(),
            "when" if when.is_some() => return twice(),
            "reason" if value.trim().is_empty() => return Err((value_span, DirectiveErrorKind::EmptyReason)),
            "reason" => reason = Some(value),
            "until" => {
                let date: Date = value.parse().map_err(|_| (value_span, DirectiveErrorKind::BadDate(value.clone())))?;
                until = Some((date, value_span));
            }
            "when" => {
                let condition = condition(&value).ok_or((value_span, DirectiveErrorKind::BadWhen(value)))?;
                when = Some((condition, value_span));
            }
            _ => return Err((span, DirectiveErrorKind::Unexpected(key.to_owned()))),
        }
    }
    if rules.is_empty() {
        return Err((verb, DirectiveErrorKind::NoRule));
    }
    let reason = reason.ok_or((verb, DirectiveErrorKind::NoReason))?;
    Ok(Allow { rules, reason, until, when })
}

/// `a,b,c`, each with its place.
fn slugs(word: &str, span: Span) -> Vec<(String, Span)> {
    let mut list = Vec::new();
    let mut at = span.start;
    for part in word.split(',') {
        let length = u32::try_from(part.len()).unwrap_or(0);
        if !part.is_empty() {
            list.push((part.to_owned(), Span::new(at, at + length)));
        }
        at += length + 1;
    }
    list
}

fn expect_rows(words: &mut Words<'_>, verb: Span) -> Result<DirectiveKind, Problem> {
    let Some((word, span)) = words.word() else { return Err((verb, DirectiveErrorKind::BadRows(String::new()))) };
    let bad = || (span, DirectiveErrorKind::BadRows(word.to_owned()));
    let number = |text: &str| text.replace('_', "").parse::<u64>().map_err(|_| bad());
    let (min, max) = match word.split_once("..") {
        None => {
            let exact = number(word)?;
            (exact, Some(exact))
        }
        Some(("", "")) => return Err(bad()),
        Some((low, "")) => (number(low)?, None),
        Some(("", high)) => (0, Some(number(high)?)),
        Some((low, high)) => (number(low)?, Some(number(high)?)),
    };
    if max.is_some_and(|max| max < min) {
        return Err(bad());
    }
    words.no_more()?;
    Ok(DirectiveKind::ExpectRows { min, max, span })
}

/// `rows < 10000`, `size <= 1GB`.
fn condition(text: &str) -> Option<When> {
    let text = text.trim();
    let (measure, rest) = if let Some(rest) = text.strip_prefix("rows") {
        (Measure::Rows, rest)
    } else {
        (Measure::Size, text.strip_prefix("size")?)
    };
    let rest = rest.trim_start();
    let (comparison, rest) = if let Some(rest) = rest.strip_prefix("<=") {
        (Comparison::LessOrEqual, rest)
    } else if let Some(rest) = rest.strip_prefix(">=") {
        (Comparison::GreaterOrEqual, rest)
    } else if let Some(rest) = rest.strip_prefix('<') {
        (Comparison::Less, rest)
    } else if let Some(rest) = rest.strip_prefix('>') {
        (Comparison::Greater, rest)
    } else {
        (Comparison::Equal, rest.strip_prefix('=')?)
    };
    let rest = rest.trim();
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
    let number: u64 = rest[..digits].replace('_', "").parse().ok()?;
    let unit = match (measure, rest[digits..].trim().to_ascii_lowercase().as_str()) {
        (_, "") => 1,
        (Measure::Size, "kb") => 1 << 10,
        (Measure::Size, "mb") => 1 << 20,
        (Measure::Size, "gb") => 1 << 30,
        (Measure::Size, "tb") => 1 << 40,
        _ => return None,
    };
    Some(When { measure, comparison, value: number.checked_mul(unit)? })
}

/// The comment's text, word by word.
struct Words<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Words<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    fn blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
    }

    /// Up to the next blank; behind `key=` a quoted value is left for [`Words::value_of`].
    fn word(&mut self) -> Option<(&'a str, Span)> {
        self.blank();
        let rest = self.rest();
        let mut length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if let Some(equals) = rest[..length].find('=') {
            length = equals + 1;
        }
        if length == 0 {
            return None;
        }
        let start = self.at;
        self.at += length;
        Some((&rest[..length], self.span(start, self.at)))
    }

    /// The value behind `key=`.
    fn value_of(&mut self, key_span: Span, key: &str) -> Result<(String, Span), Problem> {
        let rest = self.rest();
        let start = self.at;
        if let Some(inside) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut escaped = false;
            for (index, c) in inside.char_indices() {
                if escaped {
                    value.push(c);
                    escaped = false;
                } else if c == '\\' {
                    escaped = true;
                } else if c == '"' {
                    self.at = start + 1 + index + 1;
                    return Ok((value, self.span(start, self.at)));
                } else {
                    value.push(c);
                }
            }
            let place = self.span(start, self.end);
            return Err((place, DirectiveErrorKind::OpenQuote));
        }
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if length == 0 {
            return Err((key_span, DirectiveErrorKind::NoValue(key.to_owned())));
        }
        self.at += length;
        Ok((rest[..length].to_owned(), self.span(start, self.at)))
    }

    fn no_more(&mut self) -> Result<(), Problem> {
        match self.word() {
            None => Ok(()),
            Some((word, span)) => Err((span, DirectiveErrorKind::Unexpected(word.to_owned()))),
        }
    }
}
