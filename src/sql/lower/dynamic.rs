//! SQL inside SQL: `DO`, `EXEC('…')`, `sp_executesql`, `PREPARE`, `EXECUTE`, `CALL`, and `sp_rename`.
//!
//! A literal is read like a file of its own, at its own place: its spans point into the migration. Where the literal holds doubled
//! quotes or escapes, a copy of the same length is read, in which each such pair is one quote and a blank, so offsets stay.

use std::borrow::Cow;

use super::cursor::{Cursor, Tokens, dollar_tag, literal, name_of};
use super::{Out, plpgsql, statement};
use crate::project::Provider;
use crate::sql::lex::{Kind, Source, Token};
use crate::sql::model::{Action, Ident, Name, ObjectKind, Span, Within};
use crate::sql::split::Splitter;

/// How deep literals in literals are read.
const DEEPEST: u32 = 8;

/// By its first word.
pub(in crate::sql) fn dynamic(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let span = c.span();
    if c.eat("DO") {
        return if c.provider() == Provider::Postgresql { do_block(c, span, out) } else { mysql_do(c, span, out) };
    }
    if c.eat("CALL") {
        let procedure = c.name()?;
        c.group();
        out.push(Action::Call { procedure }, span);
        return Some(());
    }
    if c.eat("DEALLOCATE") {
        c.rest();
        out.push(Action::Nothing { what: "deallocate" }, span);
        return Some(());
    }
    if c.eat("PREPARE") {
        return prepare(c, span, out);
    }
    let word = c.next()?;
    if c.provider() == Provider::Sqlserver {
        return exec(c, span, out);
    }
    if c.eat("IMMEDIATE") {
        // MariaDB.
        return run(c, span, out);
    }
    if !c.slice(word).eq_ignore_ascii_case("EXECUTE") {
        return None;
    }
    let name = c.ident()?;
    let known = out.prepared.iter().any(|p| name.value.eq_ignore_ascii_case(p));
    c.rest();
    let action = if known {
        Action::Nothing { what: "execute prepared" }
    } else {
        Action::ExecuteDynamic { what: format!("execute {name}") }
    };
    out.push(action, span);
    Some(())
}

fn mysql_do(c: &mut Cursor<'_>, span: Span, out: &mut Out) -> Option<()> {
    let query = super::expr::expr(c.rest());
    let select = crate::sql::model::Select { span, calls: query.calls, ..Default::default() };
    out.push(Action::Select(Box::new(select)), span);
    Some(())
}

/// `DO [LANGUAGE x] $$ … $$ [LANGUAGE x]`.
fn do_block(c: &mut Cursor<'_>, span: Span, out: &mut Out) -> Option<()> {
    let mut language = None;
    let mut body = None;
    while !c.done() {
        if c.eat("LANGUAGE") {
            language = Some(match c.string() {
                Some((text, _)) => text.to_ascii_lowercase(),
                None => c.ident()?.value,
            });
        } else {
            let token = c.next()?;
            if !matches!(token.kind, Kind::Dollar | Kind::Text) || body.is_some() {
                return None;
            }
            body = Some(token);
        }
    }
    let body = body?;
    if language.is_some_and(|l| l != "plpgsql" && l != "sql") {
        out.push(Action::ExecuteDynamic { what: "do block in another language".to_owned() }, span);
        return Some(());
    }
    let first = out.operations.len();
    with_inside(c, body, |source| plpgsql::block(source, out))?;
    if out.operations.len() == first {
        out.push(Action::Nothing { what: "empty block" }, span);
    }
    Some(())
}

/// `PREPARE s FROM 'literal'|@variable` and `PREPARE s AS statement`.
fn prepare(c: &mut Cursor<'_>, span: Span, out: &mut Out) -> Option<()> {
    let name = c.ident()?.value.to_ascii_lowercase();
    c.group();
    if c.eat("AS") {
        out.prepared.push(name);
        return out.inside(Within::Dynamic, false, false, |out| statement(&mut c.rest(), out));
    }
    c.need("FROM")?;
    let is_literal = c.len() == 1 && c.is_kind(Kind::Text);
    if is_literal {
        out.prepared.push(name);
        return run(c, span, out);
    }
    c.rest();
    out.push(Action::Nothing { what: "prepare" }, span);
    Some(())
}

/// Behind `EXEC`.
fn exec(c: &mut Cursor<'_>, span: Span, out: &mut Out) -> Option<()> {
    if c.is_kind(Kind::Open) {
        let mut inside = c.group()?;
        let at = c.eat("AT");
        c.rest();
        if at {
            out.push(Action::ExecuteDynamic { what: "exec at a linked server".to_owned() }, span);
            return Some(());
        }
        return run(&mut inside, span, out);
    }
    // `EXEC @status = procedure`.
    if c.peek().is_some_and(|t| c.slice(t).starts_with('@')) {
        let mut ahead = *c;
        ahead.next();
        if ahead.eat_symbol("=") {
            *c = ahead;
        } else {
            c.rest();
            out.push(Action::ExecuteDynamic { what: "exec of a variable".to_owned() }, span);
            return Some(());
        }
    }
    let procedure = c.name()?;
    if procedure.object.is("sp_executesql") {
        let mut arguments = c.rest();
        let mut first = *arguments.commas().first()?;
        return run(&mut first, span, out);
    }
    if procedure.object.is("sp_rename") {
        let action = sp_rename(&mut c.rest())?;
        out.push(action, span);
        return Some(());
    }
    c.rest();
    out.push(Action::Call { procedure }, span);
    Some(())
}

/// Reads a literal as SQL; anything else is put together at run time.
pub(in crate::sql) fn run(c: &mut Cursor<'_>, span: Span, out: &mut Out) -> Option<()> {
    let named = c.clone_named_argument();
    if let Some(value) = named {
        *c = value;
    }
    let token = c.peek()?;
    let alone = c.len() == 1 && matches!(token.kind, Kind::Text | Kind::Dollar);
    let words = c.rest();
    if !alone || out.depth >= DEEPEST {
        let what: String = words.rest_text().chars().take(60).collect();
        out.push(Action::ExecuteDynamic { what }, span);
        return Some(());
    }
    let first = out.operations.len();
    let provider = words.provider();
    with_inside(&words, token, |source| {
        out.inside(Within::Dynamic, false, false, |out| pieces(provider, source, out))
    })?;
    if out.operations.len() == first {
        out.push(Action::Nothing { what: "empty literal" }, span);
    }
    Some(())
}

/// Reads every statement of a part; one that is not understood is an operation of its own.
pub(in crate::sql) fn pieces(provider: Provider, source: Source<'_>, out: &mut Out) -> Option<()> {
    let mut splitter = Splitter::new(provider, source, source.span());
    let mut list = Vec::new();
    while let Some(piece) = splitter.next(&mut list) {
        let tokens = Tokens::new(provider, source, &list);
        let before = out.operations.len();
        if statement(&mut tokens.cursor(), out).is_none() {
            out.operations.truncate(before);
            out.push(Action::Unknown, piece.span);
        }
    }
    Some(())
}

/// Calls `f` with the inside of a literal, each byte at its place in the file.
pub(in crate::sql) fn with_inside<T>(c: &Cursor<'_>, token: Token, f: impl FnOnce(Source<'_>) -> T) -> T {
    let raw = c.slice(token);
    if let Some(tag) = dollar_tag(raw) {
        let text = raw.get(tag..raw.len().saturating_sub(tag)).unwrap_or("");
        return f(Source { text, base: token.start + tag as u32 });
    }
    let open = raw.find(['\'', '"']).map_or(0, |i| i + 1);
    let inside = raw.get(open..raw.len().saturating_sub(1)).unwrap_or("");
    let backslash = c.provider() == Provider::Mysql || raw.starts_with(['e', 'E']);
    let quote = raw.as_bytes().get(open.saturating_sub(1)).copied().unwrap_or(b'\'');
    let text = same_length(inside, quote, backslash);
    f(Source { text: &text, base: token.start + open as u32 })
}

/// Replaces every doubled quote and every escape by what it stands for and a blank.
fn same_length(inside: &str, quote: u8, backslash: bool) -> Cow<'_, str> {
    let doubled = inside.as_bytes().contains(&quote);
    let escaped = backslash && inside.contains('\\');
    if !doubled && !escaped {
        return Cow::Borrowed(inside);
    }
    let mut bytes = inside.as_bytes().to_vec();
    let mut in_text = false;
    let mut at = 0;
    while at + 1 < bytes.len() {
        let pair = (bytes[at], bytes[at + 1]);
        let is_quote = pair == (quote, quote) || (escaped && pair.0 == b'\\' && (pair.1 == quote || pair.1 == b'\''));
        if is_quote {
            let meant = pair.1;
            // The quote opens or closes a text inside; the blank goes outside of it.
            let again = bytes.get(at + 2..at + 4) == Some(&[quote, quote][..]);
            if in_text && again && meant == quote {
                bytes[at..at + 4].copy_from_slice(&[meant, meant, b' ', b' ']);
                at += 4;
                continue;
            }
            if in_text {
                (bytes[at], bytes[at + 1]) = (meant, b' ');
            } else {
                (bytes[at], bytes[at + 1]) = (b' ', meant);
            }
            in_text = !in_text;
            at += 2;
        } else if escaped && pair.0 == b'\\' && pair.1.is_ascii() {
            (bytes[at], bytes[at + 1]) = (b' ', if pair.1.is_ascii_alphabetic() { b' ' } else { pair.1 });
            at += 2;
        } else {
            at += 1;
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(inside), Cow::Owned)
}

/// `N'schema.table.column', N'new', N'COLUMN'`.
fn sp_rename(c: &mut Cursor<'_>) -> Option<Action> {
    let mut arguments = Vec::new();
    for mut part in c.commas() {
        if let Some(value) = part.clone_named_argument() {
            part = value;
        }
        let token = part.peek()?;
        if part.len() != 1 || !matches!(token.kind, Kind::Text | Kind::Quoted | Kind::Word) {
            return Some(Action::ExecuteDynamic { what: "sp_rename".to_owned() });
        }
        arguments.push((part, token));
    }
    let (old, new) = (arguments.first()?, arguments.get(1)?);
    let mut parts = name_parts(&old.0, old.1);
    let to = new_name(&new.0, new.1);
    let kind = arguments.get(2).map(|(c, t)| literal(c.provider(), c.slice(*t)).to_ascii_uppercase());
    let provider = c.provider();
    if parts.is_empty() {
        return None;
    }
    Some(match kind.as_deref() {
        Some("COLUMN") => {
            let column = parts.pop()?;
            Action::RenameColumn { table: name_of(provider, parts), column, to }
        }
        Some("INDEX") => {
            let index = parts.pop()?;
            Action::RenameIndex { table: Some(name_of(provider, parts)), index: Name::bare(index), to }
        }
        Some("USERDATATYPE") => Action::RenameType { type_name: name_of(provider, parts), to },
        Some("DATABASE") => Action::RenameObject { kind: ObjectKind::Database, name: name_of(provider, parts), to },
        _ if is_constraint(&to.value) => {
            Action::RenameObject { kind: ObjectKind::Constraint, name: name_of(provider, parts), to }
        }
        _ => {
            let table = name_of(provider, parts);
            let mut new = Name::bare(to);
            new.schema.clone_from(&table.schema);
            new.default_schema.clone_from(&table.default_schema);
            Action::RenameTable { table, to: new }
        }
    })
}

/// `sp_rename` does not say whether it renames a table or a constraint; Prisma's names and the usual prefixes do.
fn is_constraint(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["_pkey", "_fkey", "_key", "_df", "_check"].iter().any(|s| lower.ends_with(s))
        || ["pk_", "fk_", "uq_", "df_", "ck_"].iter().any(|s| lower.starts_with(s))
}

/// The dotted name inside a literal.
fn name_parts(c: &Cursor<'_>, token: Token) -> Vec<Ident> {
    if token.kind != Kind::Text {
        return c.to_owned().ident().into_iter().collect();
    }
    let provider = c.provider();
    with_inside(c, token, |source| {
        let mut lexer = crate::sql::lex::Lexer::new(provider, source, source.span());
        let mut list = Vec::new();
        while let Some(token) = lexer.next() {
            list.push(token);
        }
        let tokens = Tokens::new(provider, source, &list);
        let mut cursor = tokens.cursor();
        let mut parts = Vec::new();
        while let Some(ident) = cursor.ident() {
            parts.push(ident);
            cursor.eat_kind(Kind::Dot);
        }
        parts
    })
}

/// The new name is not parsed by the server: what is in the literal is the name, brackets and all.
fn new_name(c: &Cursor<'_>, token: Token) -> Ident {
    let value = if token.kind == Kind::Text {
        literal(c.provider(), c.slice(token)).into_owned()
    } else {
        super::cursor::unquoted(c.slice(token)).into_owned()
    };
    Ident { value, quoted: true, case_sensitive: false, span: token.span() }
}
