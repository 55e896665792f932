//! `SET …`.

use super::Out;
use super::cursor::{Cursor, literal};
use super::session::setting_name;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, SetScope};

/// `SET`, any of them.
pub(in crate::sql) fn set(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let span = c.span();
    c.next();
    if c.provider() == Provider::Mysql {
        for mut part in c.commas() {
            let action = mysql(&mut part)?;
            out.push(action, span);
        }
        return Some(());
    }
    let action = if c.provider() == Provider::Sqlserver { sqlserver(c)? } else { postgres(c)? };
    out.push(action, span);
    Some(())
}

fn postgres(c: &mut Cursor<'_>) -> Option<Action> {
    let mut scope = SetScope::Session;
    if c.eat("LOCAL") {
        scope = SetScope::Local;
    } else if c.is("SESSION") && !c.is_at(1, "CHARACTERISTICS") && !c.is_at(1, "AUTHORIZATION") {
        c.next();
    }
    for (words, name) in [
        (&["TRANSACTION"][..], "transaction"),
        (&["SESSION", "CHARACTERISTICS"][..], "session characteristics"),
        (&["SESSION", "AUTHORIZATION"][..], "session authorization"),
        (&["CONSTRAINTS"][..], "constraints"),
        (&["ROLE"][..], "role"),
        (&["NAMES"][..], "client_encoding"),
    ] {
        if c.eat_all(words) {
            let scope = if name == "transaction" || name == "constraints" { SetScope::Local } else { scope };
            return Some(Action::Set { name: name.to_owned(), value: value(&c.rest()), scope });
        }
    }
    let name = setting_name(c)?;
    if !c.eat_symbol("=") {
        c.eat("TO");
    }
    if c.done() {
        return None;
    }
    let rest = c.rest();
    if rest.is("DEFAULT") {
        return Some(Action::Reset { name: Some(name) });
    }
    Some(Action::Set { name, value: value(&rest), scope })
}

/// Text of a value; one literal without its quotes.
fn value(c: &Cursor<'_>) -> String {
    if c.done() {
        return String::new();
    }
    match c.peek() {
        Some(token) if c.len() == 1 && token.kind == Kind::Text => literal(c.provider(), c.slice(token)).into_owned(),
        _ => c.rest_text().to_owned(),
    }
}

fn mysql(c: &mut Cursor<'_>) -> Option<Action> {
    let mut scope = SetScope::Session;
    if c.eat_any(&["GLOBAL", "PERSIST", "PERSIST_ONLY"]).is_some() {
        scope = SetScope::Global;
    } else {
        c.eat_any(&["SESSION", "LOCAL"]);
    }
    if c.is_any(&["NAMES", "TRANSACTION", "PASSWORD", "ROLE", "DEFAULT"]) || c.is_all(&["CHARACTER", "SET"]) {
        let name = c.words(1);
        c.next();
        return Some(Action::Set { name, value: value(&c.rest()), scope });
    }
    let start = *c;
    c.name()?;
    let written = c.since(&start).rest_text().replace('`', "").to_ascii_lowercase();
    let mut name = written.as_str();
    for (prefix, of) in [
        ("@@global.", Some(SetScope::Global)),
        ("@@persist.", Some(SetScope::Global)),
        ("@@session.", None),
        ("@@local.", None),
        ("@@", None),
    ] {
        if let Some(rest) = name.strip_prefix(prefix) {
            name = rest;
            scope = of.unwrap_or(scope);
            break;
        }
    }
    if !c.eat_symbol("=") && !c.eat_symbol(":=") {
        return None;
    }
    let name = name.to_owned();
    let rest = c.rest();
    if rest.is("DEFAULT") {
        return Some(Action::Reset { name: Some(name) });
    }
    Some(Action::Set { name, value: value(&rest), scope })
}

fn sqlserver(c: &mut Cursor<'_>) -> Option<Action> {
    if c.eat("IDENTITY_INSERT") {
        let table = c.name()?;
        let on = c.eat("ON");
        c.eat("OFF");
        return Some(Action::IdentityInsert { table, on });
    }
    if c.eat("TRANSACTION") {
        return Some(Action::Set { name: "transaction".to_owned(), value: value(&c.rest()), scope: SetScope::Session });
    }
    let mut name = c.next()?;
    if name.kind != Kind::Word {
        return None;
    }
    if c.slice(name).eq_ignore_ascii_case("STATISTICS") {
        name = c.next()?;
    }
    let name = c.slice(name).to_ascii_lowercase();
    for operator in ["=", "+=", "-=", "*="] {
        if c.eat_symbol(operator) {
            break;
        }
    }
    if c.done() {
        return None;
    }
    Some(Action::Set { name, value: value(&c.rest()), scope: SetScope::Session })
}
