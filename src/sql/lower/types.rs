//! Types, enums and domains of PostgreSQL; alias types of SQL Server.

use super::column::expression;
use super::cursor::Cursor;
use super::data_type::data_type;
use super::expr::expr;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, EnumPosition, EnumValue, ObjectKind};

fn value(c: &mut Cursor<'_>) -> Option<EnumValue> {
    c.string().map(|(value, span)| EnumValue { value, span })
}

/// Behind `CREATE TYPE`.
pub(in crate::sql) fn create_type(c: &mut Cursor<'_>) -> Option<Action> {
    c.if_not_exists();
    let name = c.name()?;
    if !c.eat_all(&["AS", "ENUM"]) {
        c.rest();
        return Some(Action::CreateObject {
            kind: ObjectKind::Type,
            name,
            or_replace: false,
            if_not_exists: false,
            table: None,
        });
    }
    let mut values = Vec::new();
    let mut inside = c.group()?;
    for mut part in inside.commas() {
        values.push(value(&mut part)?);
        if !part.done() {
            return None;
        }
    }
    Some(Action::CreateEnum { name, values })
}

/// Behind `ALTER TYPE`.
pub(in crate::sql) fn alter_type(c: &mut Cursor<'_>) -> Option<Action> {
    let type_name = c.name()?;
    if c.eat_all(&["ADD", "VALUE"]) {
        let if_not_exists = c.if_not_exists();
        let added = value(c)?;
        let position = if c.eat("BEFORE") {
            Some(EnumPosition::Before(c.string()?.0))
        } else if c.eat("AFTER") {
            Some(EnumPosition::After(c.string()?.0))
        } else {
            None
        };
        return Some(Action::AddEnumValue { type_name, value: added, position, if_not_exists });
    }
    if c.eat_all(&["RENAME", "VALUE"]) {
        let from = value(c)?;
        c.need("TO")?;
        return Some(Action::RenameEnumValue { type_name, from, to: value(c)? });
    }
    if c.eat_all(&["RENAME", "TO"]) {
        return Some(Action::RenameType { type_name, to: c.ident()? });
    }
    if c.eat_all(&["SET", "SCHEMA"]) {
        return Some(Action::SetSchema { kind: ObjectKind::Type, name: type_name, to: c.ident()? });
    }
    let what = c.words(2);
    c.rest();
    (!what.is_empty()).then_some(Action::AlterObject { kind: ObjectKind::Type, name: Some(type_name), what })
}

/// Behind `CREATE DOMAIN`.
pub(in crate::sql) fn create_domain(c: &mut Cursor<'_>) -> Option<Action> {
    let name = c.name()?;
    c.eat("AS");
    let data_type = data_type(c)?;
    let (mut not_null, mut default, mut checks) = (false, None, Vec::new());
    while !c.done() {
        if c.eat("CONSTRAINT") {
            c.ident()?;
        } else if c.eat_all(&["NOT", "NULL"]) {
            not_null = true;
        } else if c.eat("NULL") {
        } else if c.eat("DEFAULT") {
            default = Some(expression(c)?);
        } else if c.eat("COLLATE") {
            c.name()?;
        } else if c.eat("CHECK") && c.is_kind(Kind::Open) {
            checks.push(expr(c.group()?));
        } else {
            return None;
        }
    }
    Some(Action::CreateDomain { name, data_type, not_null, default, checks })
}

/// Behind `ALTER DOMAIN`.
pub(in crate::sql) fn alter_domain(c: &mut Cursor<'_>) -> Option<Action> {
    let name = c.name()?;
    if c.eat_all(&["RENAME", "TO"]) {
        return Some(Action::RenameType { type_name: name, to: c.ident()? });
    }
    if c.eat_all(&["SET", "SCHEMA"]) {
        return Some(Action::SetSchema { kind: ObjectKind::Domain, name, to: c.ident()? });
    }
    if !c.is_any(&["ADD", "SET", "DROP", "RENAME", "VALIDATE", "OWNER"]) {
        return None;
    }
    let adds_check = c.is("ADD") && c.has_top(&["CHECK"]);
    let sets_not_null = c.is_all(&["SET", "NOT", "NULL"]) || (c.is("ADD") && !adds_check);
    let not_valid = super::cursor::ends_with(c, "VALID");
    c.rest();
    Some(Action::AlterDomain { name, adds_check, sets_not_null, not_valid })
}
