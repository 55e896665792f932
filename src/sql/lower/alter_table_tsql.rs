//! `ALTER TABLE` of SQL Server, where one `ADD` or `DROP` takes a list.

use super::Out;
use super::alter_table::{add, retyped};
use super::cursor::Cursor;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, Name, TableOption};

/// Behind the table's name.
pub(in crate::sql) fn clauses(c: &mut Cursor<'_>, table: &Name, out: &mut Out) -> Option<()> {
    let span = c.span();
    let nocheck = c.eat_all(&["WITH", "NOCHECK"]);
    let recheck = !nocheck && c.eat_all(&["WITH", "CHECK"]);
    if c.eat("ADD") {
        let first = out.operations.len();
        for mut part in c.commas() {
            let span = part.span();
            add(&mut part, table, span, out)?;
            if !part.done() {
                return None;
            }
        }
        for operation in &mut out.operations[first..] {
            if let Action::AddConstraint { constraint, .. } = &mut operation.action {
                constraint.not_valid = nocheck;
            }
        }
        if let [only] = &mut out.operations[first..] {
            only.span = span;
        }
        return Some(());
    }
    if c.eat("DROP") {
        return drop(c, table, out);
    }
    if c.eat_all(&["ALTER", "COLUMN"]) {
        let action = alter_column(c, table)?;
        out.push(action, span);
        return c.done().then_some(());
    }
    if c.is_any(&["CHECK", "NOCHECK"]) && c.is_at(1, "CONSTRAINT") {
        let enabled = c.eat("CHECK");
        c.eat("NOCHECK");
        c.next();
        let mut names = Vec::new();
        if !c.eat("ALL") {
            for mut part in c.commas() {
                names.push(part.ident()?);
            }
        }
        if recheck && enabled && !names.is_empty() {
            for name in names {
                out.push(Action::ValidateConstraint { table: table.clone(), name }, span);
            }
            return Some(());
        }
        out.push(Action::ToggleConstraint { table: table.clone(), names, enabled, validated: recheck }, span);
        return Some(());
    }
    if c.is_any(&["ENABLE", "DISABLE"]) && c.is_at(1, "TRIGGER") {
        let enabled = c.eat("ENABLE");
        c.eat("DISABLE");
        c.next();
        let all = c.eat("ALL");
        for mut part in c.commas() {
            let trigger = Some(part.ident()?);
            out.push(Action::ToggleTrigger { table: table.clone(), trigger, enabled }, span);
        }
        if all {
            out.push(Action::ToggleTrigger { table: table.clone(), trigger: None, enabled }, span);
        }
        return Some(());
    }
    let option = if c.eat("REBUILD") {
        TableOption::Rewrite("REBUILD".to_owned())
    } else if c.eat("SWITCH") {
        TableOption::Partitioning("switch".to_owned())
    } else if c.eat("SET") && c.is_kind(Kind::Open) {
        TableOption::Other("set".to_owned())
    } else {
        return None;
    };
    c.rest();
    out.push(Action::TableOption { table: table.clone(), option }, span);
    Some(())
}

/// `DROP [COLUMN|CONSTRAINT] [IF EXISTS] a, b, COLUMN c`: the kind holds until another is written.
fn drop(c: &mut Cursor<'_>, table: &Name, out: &mut Out) -> Option<()> {
    let mut column = false;
    let mut if_exists = false;
    for mut part in c.commas() {
        let span = part.span();
        if part.is("COLUMN") && part.len() > 1 {
            part.next();
            column = true;
            if_exists = part.if_exists();
        } else if part.is("CONSTRAINT") && part.len() > 1 {
            part.next();
            column = false;
            if_exists = part.if_exists();
        }
        let name = part.ident()?;
        if part.eat("WITH") {
            part.group()?;
        }
        if !part.done() {
            return None;
        }
        let table = table.clone();
        let action = if column {
            Action::DropColumn { table, column: name, if_exists, cascade: false }
        } else {
            Action::DropConstraint { table, name, kind: None, if_exists, cascade: false }
        };
        out.push(action, span);
    }
    Some(())
}

/// Behind `ALTER COLUMN`.
fn alter_column(c: &mut Cursor<'_>, table: &Name) -> Option<Action> {
    if c.is_at(1, "ADD") || c.is_at(1, "DROP") {
        // `ADD|DROP ROWGUIDCOL|PERSISTED|MASKED|…`
        let column = c.ident()?;
        c.rest();
        let option = crate::sql::model::ColumnOption::Storage;
        return Some(Action::ColumnOption { table: table.clone(), column, option });
    }
    let definition = retyped(c)?;
    let mut online = false;
    if c.eat("WITH") {
        let inside = c.group()?;
        online = inside.is("ONLINE") && crate::sql::lower::cursor::ends_with(&inside, "ON");
    }
    Some(Action::AlterColumnType {
        table: table.clone(),
        column: definition.name,
        to: definition.data_type?,
        using: None,
        nullable: definition.nullable,
        online,
    })
}
