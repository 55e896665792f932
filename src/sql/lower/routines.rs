//! Views, functions, procedures and triggers.

use super::cursor::Cursor;
use super::query::select;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, Select};

/// MySQL's words between `CREATE` and the kind: `DEFINER=x@y`, `SQL SECURITY x`, `ALGORITHM=x`.
pub(in crate::sql) fn definer(c: &mut Cursor<'_>) -> Option<()> {
    loop {
        if c.eat("DEFINER") {
            c.eat_symbol("=");
            c.next()?;
            c.group();
            // `'user'@'host'`, which lexes as text, `@`, text, or as `user` and `@host`.
            if c.eat_symbol("@") {
                c.next()?;
            } else if c.peek().is_some_and(|t| c.slice(t).starts_with('@')) {
                c.next();
            }
        } else if c.is_all(&["SQL", "SECURITY"]) {
            c.next();
            c.next();
            c.next()?;
        } else if c.eat("ALGORITHM") {
            c.eat_symbol("=");
            c.next()?;
        } else {
            return Some(());
        }
    }
}

/// Behind `CREATE [MATERIALIZED] VIEW [IF NOT EXISTS]`.
pub(in crate::sql) fn create_view(c: &mut Cursor<'_>, or_replace: bool, materialized: bool) -> Option<Action> {
    let name = c.name()?;
    if c.is_kind(Kind::Open) {
        c.group()?;
    }
    c.until(&["AS"]);
    c.need("AS")?;
    let query = c.rest();
    let (query, with_data) = without_with(query);
    let query: Box<Select> = Box::new(select(query)?);
    Some(Action::CreateView { name, or_replace, materialized, with_data, query })
}

/// Takes `WITH [NO] DATA` or `WITH … CHECK OPTION` off the end.
fn without_with(query: Cursor<'_>) -> (Cursor<'_>, bool) {
    let tails: [(&[&str], bool); 6] = [
        (&["WITH", "NO", "DATA"], false),
        (&["WITH", "DATA"], true),
        (&["WITH", "CHECK", "OPTION"], true),
        (&["WITH", "LOCAL", "CHECK", "OPTION"], true),
        (&["WITH", "CASCADED", "CHECK", "OPTION"], true),
        (&["WITH", "READ", "ONLY"], true),
    ];
    for (words, with_data) in tails {
        let Some(keep) = query.len().checked_sub(words.len()) else { continue };
        let mut tail = query;
        for _ in 0..keep {
            tail.next();
        }
        if tail.is_all(words) {
            return (tail.since(&query), with_data);
        }
    }
    (query, true)
}

/// From the kind on. The body is not run by the migration, so nothing in it counts.
pub(in crate::sql) fn create_routine(c: &mut Cursor<'_>, or_replace: bool) -> Option<Action> {
    c.eat("AGGREGATE");
    let procedure = c.eat_any(&["PROCEDURE", "PROC"]).is_some();
    if !procedure {
        c.eat("FUNCTION");
    }
    c.if_not_exists();
    let name = c.name()?;
    let (mut security_definer, mut sets_search_path, mut body) = (false, false, None);
    let mut rest = c.rest();
    while !rest.done() {
        if rest.eat_all(&["SECURITY", "DEFINER"]) || rest.eat_all(&["EXECUTE", "AS", "OWNER"]) {
            security_definer = true;
        } else if rest.is("SET") && rest.is_at(1, "SEARCH_PATH") {
            sets_search_path = true;
            rest.next();
        } else if rest.eat("AS") {
            if let Some(token) = rest.peek()
                && matches!(token.kind, Kind::Dollar | Kind::Text)
            {
                body = body.or(Some(token.span()));
            }
        } else if body.is_none() && rest.is_any(&["BEGIN", "RETURN"]) {
            body = Some(rest.span());
            break;
        } else {
            rest.skip();
        }
    }
    Some(Action::CreateRoutine { name, or_replace, procedure, security_definer, sets_search_path, body })
}

/// From `[CONSTRAINT] TRIGGER` on.
pub(in crate::sql) fn create_trigger(c: &mut Cursor<'_>, or_replace: bool) -> Option<Action> {
    c.eat("CONSTRAINT");
    c.need("TRIGGER")?;
    c.if_not_exists();
    let name = c.name()?;
    let mut rest = c.rest();
    rest.until(&["ON"]);
    rest.next();
    let table = rest.name();
    Some(Action::CreateTrigger { name, table, or_replace })
}
