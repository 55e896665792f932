//! The body of a `DO` block: PL/pgSQL, as far as telling what its statements do.
//!
//! The body is cut at `;`; what opens or closes a block is taken off the front of each piece; what is left is an assignment, a word of
//! PL/pgSQL itself, or SQL, which is read like any other.

use super::cursor::{Cursor, Tokens};
use super::{Out, dynamic, statement};
use crate::project::Provider;
use crate::sql::lex::{Kind, Source};
use crate::sql::model::{Action, Span, Within};
use crate::sql::split::Splitter;

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Block,
    If,
    Case,
    Loop,
    /// A block whose exception handler has begun.
    Handler,
}

/// Reads a body.
pub(in crate::sql) fn block(source: Source<'_>, out: &mut Out) -> Option<()> {
    let mut splitter = Splitter::new(Provider::Postgresql, source, source.span());
    let mut list = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut declaring = false;
    while let Some(piece) = splitter.next(&mut list) {
        let tokens = Tokens::new(Provider::Postgresql, source, &list);
        let mut c = tokens.cursor();
        if declaring && !c.is("BEGIN") {
            continue;
        }
        declaring = false;
        let before = out.operations.len();
        let read = read(&mut c, &mut open, &mut declaring, out);
        if read.is_none() {
            out.operations.truncate(before);
            let conditional = is_conditional(&open);
            out.inside(Within::DoBlock, conditional, true, |out| out.push(Action::Unknown, piece.span));
        }
    }
    Some(())
}

fn is_conditional(open: &[Open]) -> bool {
    open.iter().any(|o| *o != Open::Block)
}

/// One piece: its openings, then one statement.
fn read(c: &mut Cursor<'_>, open: &mut Vec<Open>, declaring: &mut bool, out: &mut Out) -> Option<()> {
    loop {
        if c.done() {
            return Some(());
        }
        if c.eat_symbol("<<") {
            c.ident()?;
            if !c.eat_symbol(">>") {
                return None;
            }
        } else if c.eat("DECLARE") {
            *declaring = true;
            return Some(());
        } else if c.eat("BEGIN") {
            open.push(Open::Block);
        } else if c.eat("EXCEPTION") {
            if let Some(last) = open.last_mut() {
                *last = Open::Handler;
            }
        } else if c.is("WHEN") && !open.is_empty() {
            c.until(&["THEN"]);
            c.need("THEN")?;
        } else if c.eat("IF") {
            c.until(&["THEN"]);
            c.need("THEN")?;
            open.push(Open::If);
        } else if c.eat_any(&["ELSIF", "ELSEIF"]).is_some() {
            c.until(&["THEN"]);
            c.need("THEN")?;
        } else if c.eat("ELSE") {
        } else if c.is("CASE") {
            c.until(&["WHEN"]);
            open.push(Open::Case);
        } else if c.is_any(&["LOOP", "WHILE", "FOR", "FOREACH"]) {
            c.until(&["LOOP"]);
            c.need("LOOP")?;
            open.push(Open::Loop);
        } else if c.eat("END") {
            open.pop();
            c.eat_any(&["IF", "LOOP", "CASE"]);
            c.rest();
            return Some(());
        } else {
            let conditional = is_conditional(open);
            return out.inside(Within::DoBlock, conditional, true, |out| one(c, out));
        }
    }
}

/// One statement without openings.
fn one(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let span = c.span();
    if c.is_any(&["RAISE", "NULL", "RETURN", "EXIT", "CONTINUE", "GET", "ASSERT", "OPEN", "FETCH", "MOVE", "CLOSE"])
        && !is_assignment(c)
    {
        c.rest();
        out.push(Action::Nothing { what: "pl/pgsql" }, span);
        return Some(());
    }
    if c.eat("PERFORM") {
        return calls(c, span, out);
    }
    if c.is("EXECUTE") && !is_assignment(c) {
        c.next();
        let mut text = c.until(&["INTO", "USING"]);
        c.rest();
        return dynamic::run(&mut text, span, out);
    }
    if is_assignment(c) {
        return calls(c, span, out);
    }
    statement(c, out)
}

fn is_assignment(c: &Cursor<'_>) -> bool {
    let mut ahead = *c;
    if ahead.name().is_none() {
        return false;
    }
    while ahead.is_kind(Kind::OpenBracket) && ahead.group().is_some() {}
    ahead.is_symbol(":=") || ahead.is_symbol("=")
}

/// Only the functions that are called matter.
fn calls(c: &mut Cursor<'_>, span: Span, out: &mut Out) -> Option<()> {
    let expr = super::expr::expr(c.rest());
    let select = crate::sql::model::Select { span, calls: expr.calls, ..Default::default() };
    out.push(Action::Select(Box::new(select)), span);
    Some(())
}
