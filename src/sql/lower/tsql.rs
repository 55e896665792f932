//! Statements that only Transact-SQL has.

use super::cursor::{Cursor, Tokens};
use super::{Out, statement as any_statement};
use crate::project::Provider;
use crate::sql::lex::{Kind, Source};
use crate::sql::model::{Action, Within};
use crate::sql::split::{Splitter, starts_statement};

/// By its first word in upper case. `Some(false)`: it is none of these.
pub(in crate::sql) fn statement(c: &mut Cursor<'_>, word: &str, out: &mut Out) -> Option<bool> {
    let span = c.span();
    let what = match word {
        "IF" | "WHILE" => {
            conditional(c, out)?;
            return Some(true);
        }
        "GO" => {
            c.rest();
            out.push(Action::ClientCommand { command: "GO".to_owned() }, span);
            return Some(true);
        }
        "BEGIN" if c.is_at(1, "TRY") || c.len() == 1 => "begin of a block",
        "BEGIN" if c.is_at(1, "CATCH") => {
            // An error handler: whatever it does, it does after a failure.
            c.rest();
            out.push(Action::Nothing { what: "error handler" }, span);
            return Some(true);
        }
        "BEGIN" if c.is_at(1, "DISTRIBUTED") => {
            c.rest();
            out.push(Action::Begin, span);
            return Some(true);
        }
        "END" => "end of a block",
        "DECLARE" => "declare",
        "PRINT" | "RAISERROR" | "THROW" => "message",
        "RETURN" | "BREAK" | "CONTINUE" | "GOTO" | "ELSE" => "flow",
        "WAITFOR" => "wait",
        "USE" => "use",
        "OPEN" | "CLOSE" | "FETCH" => "cursor",
        "ENABLE" | "DISABLE" if c.is_at(1, "TRIGGER") => {
            let enabled = word == "ENABLE";
            c.next();
            c.next();
            let trigger = if c.eat("ALL") { None } else { c.ident() };
            c.need("ON")?;
            let table = c.name()?;
            c.rest();
            out.push(Action::ToggleTrigger { table, trigger, enabled }, span);
            return Some(true);
        }
        _ => return Some(false),
    };
    c.rest();
    out.push(Action::Nothing { what }, span);
    Some(true)
}

/// `IF condition statement [ELSE statement]`: what is governed is read like a file of its own.
fn conditional(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let span = c.span();
    c.next();
    out.guarded |= is_guard(c);
    let mut cases = 0_u32;
    while let Some(token) = c.peek() {
        if c.is("CASE") {
            cases += 1;
        } else if cases > 0 && c.is("END") {
            cases -= 1;
        } else if cases == 0 && token.kind == Kind::Word && starts_statement(c.text(), token) {
            break;
        }
        c.skip();
    }
    let body = c.rest();
    if body.done() || out.depth > 12 {
        return None;
    }
    let part = body.span();
    let source = Source { text: c.text().slice(part), base: part.start };
    let first = out.operations.len();
    out.inside(out.within, true, false, |out| governed(source, out))?;
    if out.operations.len() == first {
        out.push(Action::Nothing { what: "if" }, span);
    }
    Some(())
}

/// The condition asks whether something is there.
fn is_guard(c: &Cursor<'_>) -> bool {
    c.is("EXISTS")
        || c.is_all(&["NOT", "EXISTS"])
        || c.is_any(&["OBJECT_ID", "COL_LENGTH", "INDEXPROPERTY", "SCHEMA_ID", "TYPE_ID"])
}

fn governed(source: Source<'_>, out: &mut Out) -> Option<()> {
    let mut splitter = Splitter::new(Provider::Sqlserver, source, source.span());
    let mut list = Vec::new();
    while let Some(piece) = splitter.next(&mut list) {
        let tokens = Tokens::new(Provider::Sqlserver, source, &list);
        let before = out.operations.len();
        if any_statement(&mut tokens.cursor(), out).is_none() {
            out.operations.truncate(before);
            out.push(Action::Unknown, piece.span);
        } else if let Some(last) = out.operations.last()
            && matches!(last.action, Action::Nothing { what: "begin of a block" | "end of a block" | "flow" })
        {
            out.operations.pop();
        }
    }
    let _ = Within::File;
    Some(())
}
