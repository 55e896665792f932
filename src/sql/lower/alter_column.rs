//! `ALTER [COLUMN] c …` of PostgreSQL and MySQL.

use super::Out;
use super::column::expression;
use super::cursor::Cursor;
use super::data_type::data_type;
use super::expr::expr;
use crate::project::Provider;
use crate::sql::model::{Action, ColumnOption, Name, Span, TableOption};

/// Behind `ALTER` of an `ALTER TABLE`.
pub(in crate::sql) fn alter_column(c: &mut Cursor<'_>, table: &Name, span: Span, out: &mut Out) -> Option<()> {
    let own = table.clone();
    if c.is("CONSTRAINT") || (c.provider() == Provider::Mysql && c.is("CHECK")) {
        c.next();
        let names = vec![c.ident()?];
        let off = c.eat("NOT");
        if c.eat("ENFORCED") {
            out.push(Action::ToggleConstraint { table: own, names, enabled: !off, validated: !off }, span);
        } else {
            // Deferrability only.
            c.rest();
            let option = TableOption::Other("alter constraint".to_owned());
            out.push(Action::TableOption { table: own, option }, span);
        }
        return Some(());
    }
    if c.provider() == Provider::Mysql && c.eat("INDEX") {
        c.ident()?;
        c.eat_any(&["VISIBLE", "INVISIBLE", "IGNORED", "NOT"])?;
        c.eat("IGNORED");
        out.push(Action::TableOption { table: own, option: TableOption::Other("index visibility".to_owned()) }, span);
        return Some(());
    }
    c.eat("COLUMN");
    c.if_exists();
    let column = c.ident()?;
    if c.provider() == Provider::Postgresql && c.eat_all(&["ADD", "GENERATED"]) {
        c.rest();
        out.push(Action::ColumnOption { table: own, column, option: ColumnOption::AddIdentity }, span);
        return Some(());
    }
    let mut typed = c.eat_all(&["SET", "DATA"]);
    if typed {
        c.need("TYPE")?;
    } else {
        typed = c.eat("TYPE");
    }
    let action = if typed {
        let to = data_type(c)?;
        let using = if c.eat("USING") { Some(expr(c.rest())) } else { None };
        Action::AlterColumnType { table: own, column, to, using, nullable: None, online: false }
    } else if c.eat_all(&["SET", "NOT", "NULL"]) {
        Action::SetNotNull { table: own, column }
    } else if c.eat_all(&["DROP", "NOT", "NULL"]) {
        Action::DropNotNull { table: own, column }
    } else if c.eat_all(&["SET", "DEFAULT"]) {
        Action::SetDefault { table: own, column, default: expression(c)? }
    } else if c.eat_all(&["DROP", "DEFAULT"]) {
        Action::DropDefault { table: own, column }
    } else {
        let option = option(c)?;
        Action::ColumnOption { table: own, column, option }
    };
    out.push(action, span);
    Some(())
}

fn option(c: &mut Cursor<'_>) -> Option<ColumnOption> {
    let found = if c.eat_all(&["DROP", "IDENTITY"]) {
        ColumnOption::DropIdentity
    } else if c.eat_all(&["DROP", "EXPRESSION"]) {
        ColumnOption::DropExpression
    } else if c.eat_all(&["SET", "EXPRESSION"]) {
        ColumnOption::SetExpression
    } else if c.eat_all(&["SET", "VISIBLE"]) || c.eat_all(&["SET", "INVISIBLE"]) {
        ColumnOption::Visibility
    } else if c.eat("RESTART")
        || c.is_all(&["SET", "GENERATED"])
        || c.is_all(&["SET", "INCREMENT"])
        || c.is_all(&["SET", "START"])
    {
        ColumnOption::SetIdentity
    } else if c.eat_any(&["SET", "RESET"]).is_some() {
        ColumnOption::Storage
    } else {
        return None;
    };
    c.rest();
    Some(found)
}
