//! `ALTER TABLE`, every clause of it.

use super::Out;
use super::alter_column::alter_column;
use super::column::{column_body, column_def};
use super::constraint;
use super::cursor::Cursor;
use super::index::inline_index;
use super::table_option::table_option;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, ConstraintKind, Name, ObjectKind, Position, Span};

/// Behind `ALTER [FOREIGN] TABLE`.
pub(in crate::sql) fn alter_table(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    out.guarded |= c.if_exists();
    c.eat("ONLY");
    let table = c.name()?;
    c.eat_symbol("*");
    if c.provider() == Provider::Sqlserver {
        return super::alter_table_tsql::clauses(c, &table, out);
    }
    if c.provider() == Provider::Mysql && super::table_option::mysql_partitions(c, &table, out)? {
        return Some(());
    }
    for mut clause in c.commas() {
        let span = clause.span();
        clauses(&mut clause, &table, span, out)?;
        if !clause.done() {
            return None;
        }
    }
    Some(())
}

fn clauses(c: &mut Cursor<'_>, table: &Name, span: Span, out: &mut Out) -> Option<()> {
    if c.eat("ADD") {
        return add(c, table, span, out);
    }
    if c.eat("DROP") {
        let action = drop(c, table)?;
        out.push(action, span);
        return Some(());
    }
    let action = if c.eat("RENAME") {
        rename(c, table)?
    } else if c.is("ALTER") {
        c.next();
        return alter_column(c, table, span, out);
    } else if c.eat("MODIFY") {
        c.eat("COLUMN");
        c.if_exists();
        let definition = column_def(c)?;
        let column = definition.name.clone();
        let position = position(c)?;
        Action::ModifyColumn { table: table.clone(), column, definition: Box::new(definition), position }
    } else if c.eat("CHANGE") {
        c.eat("COLUMN");
        c.if_exists();
        let column = c.ident()?;
        let definition = column_def(c)?;
        let position = position(c)?;
        Action::ModifyColumn { table: table.clone(), column, definition: Box::new(definition), position }
    } else if c.eat_all(&["VALIDATE", "CONSTRAINT"]) {
        Action::ValidateConstraint { table: table.clone(), name: c.ident()? }
    } else {
        other(c, table)?
    };
    out.push(action, span);
    Some(())
}

/// Behind `ADD`.
pub(in crate::sql) fn add(c: &mut Cursor<'_>, table: &Name, span: Span, out: &mut Out) -> Option<()> {
    if constraint::begins(c) && !(c.provider() == Provider::Mysql && c.is("UNIQUE")) {
        let made = constraint::table_constraint(c)?;
        out.push(Action::AddConstraint { table: table.clone(), constraint: Box::new(made) }, span);
        return Some(());
    }
    if let Some(index) = inline_index(c, table)? {
        out.push(Action::CreateIndex(Box::new(index)), span);
        return Some(());
    }
    c.eat("COLUMN");
    let if_not_exists = c.if_not_exists();
    if c.is_kind(Kind::Open) {
        let mut inside = c.group()?;
        for mut part in inside.commas() {
            let span = part.span();
            add(&mut part, table, span, out)?;
            if !part.done() {
                return None;
            }
        }
        return Some(());
    }
    let column = column_def(c)?;
    let position = position(c)?;
    out.push(Action::AddColumn { table: table.clone(), column: Box::new(column), if_not_exists, position }, span);
    Some(())
}

/// `FIRST` or `AFTER column`, or nothing.
fn position(c: &mut Cursor<'_>) -> Option<Option<Position>> {
    if c.eat("FIRST") {
        Some(Some(Position::First))
    } else if c.eat("AFTER") {
        Some(Some(Position::After(c.ident()?)))
    } else {
        Some(None)
    }
}

/// Behind `DROP`.
fn drop(c: &mut Cursor<'_>, table: &Name) -> Option<Action> {
    let table = table.clone();
    if c.eat_all(&["PRIMARY", "KEY"]) {
        return Some(Action::DropPrimaryKey { table });
    }
    let kind = if c.eat("CONSTRAINT") {
        None
    } else if c.eat_all(&["FOREIGN", "KEY"]) {
        Some(ConstraintKind::ForeignKey)
    } else if c.provider() == Provider::Mysql && c.eat("CHECK") {
        Some(ConstraintKind::Check)
    } else if c.provider() == Provider::Mysql && c.eat_any(&["INDEX", "KEY"]).is_some() {
        let if_exists = c.if_exists();
        let names = vec![c.name()?];
        return Some(Action::DropIndex { names, table: Some(table), if_exists, concurrently: false, cascade: false });
    } else {
        c.eat("COLUMN");
        let if_exists = c.if_exists();
        let column = c.ident()?;
        let cascade = c.cascade();
        return Some(Action::DropColumn { table, column, if_exists, cascade });
    };
    let if_exists = c.if_exists();
    let name = c.ident()?;
    let cascade = c.cascade();
    Some(Action::DropConstraint { table, name, kind, if_exists, cascade })
}

/// Behind `RENAME`.
fn rename(c: &mut Cursor<'_>, table: &Name) -> Option<Action> {
    let table = table.clone();
    if c.eat("CONSTRAINT") {
        let name = c.ident()?;
        c.need("TO")?;
        return Some(Action::RenameConstraint { table, name, to: c.ident()? });
    }
    if c.provider() == Provider::Mysql && c.eat_any(&["INDEX", "KEY"]).is_some() {
        let index = c.name()?;
        c.need("TO")?;
        return Some(Action::RenameIndex { table: Some(table), index, to: c.ident()? });
    }
    if c.eat_any(&["TO", "AS"]).is_some() || (c.provider() == Provider::Mysql && c.len() == 1) {
        let mut to = c.name()?;
        if to.schema.is_none() && c.provider() == Provider::Postgresql {
            to.schema.clone_from(&table.schema);
        }
        return Some(Action::RenameTable { table, to });
    }
    c.eat("COLUMN");
    c.if_exists();
    let column = c.ident()?;
    c.need("TO")?;
    Some(Action::RenameColumn { table, column, to: c.ident()? })
}

/// Clauses about the whole table.
fn other(c: &mut Cursor<'_>, table: &Name) -> Option<Action> {
    let own = table.clone();
    let row = ["ROW", "LEVEL", "SECURITY"];
    let rls = |enabled, forced| Action::RowSecurity { table: own.clone(), enabled, forced };
    if c.is("ENABLE") && c.is_at(1, "ROW") {
        c.next();
        return c.eat_all(&row).then(|| rls(true, None));
    }
    if c.is("DISABLE") && c.is_at(1, "ROW") {
        c.next();
        return c.eat_all(&row).then(|| rls(false, None));
    }
    if c.eat_all(&["NO", "FORCE"]) {
        return c.eat_all(&row).then(|| rls(true, Some(false)));
    }
    if c.is("FORCE") && c.is_at(1, "ROW") {
        c.next();
        return c.eat_all(&row).then(|| rls(true, Some(true)));
    }
    if c.is_any(&["ENABLE", "DISABLE"]) {
        return toggle(c, table);
    }
    if c.eat_all(&["ATTACH", "PARTITION"]) {
        let partition = c.name()?;
        let default = c.is("DEFAULT");
        c.rest();
        return Some(Action::AttachPartition { table: own, partition, default });
    }
    if c.eat_all(&["DETACH", "PARTITION"]) {
        let partition = c.name()?;
        let concurrently = c.eat("CONCURRENTLY");
        c.eat("FINALIZE");
        return Some(Action::DetachPartition { table: own, partition, concurrently });
    }
    if c.is_all(&["SET", "SCHEMA"]) {
        c.next();
        c.next();
        return Some(Action::SetSchema { kind: ObjectKind::Table, name: own, to: c.ident()? });
    }
    table_option(c).map(|option| Action::TableOption { table: own, option })
}

/// `ENABLE|DISABLE [ALWAYS|REPLICA] TRIGGER|RULE …`, MySQL `ENABLE KEYS`.
fn toggle(c: &mut Cursor<'_>, table: &Name) -> Option<Action> {
    let enabled = c.is("ENABLE");
    if c.is_at(1, "KEYS") {
        return table_option(c).map(|option| Action::TableOption { table: table.clone(), option });
    }
    c.next();
    c.eat_any(&["ALWAYS", "REPLICA"]);
    if c.eat("RULE") {
        let name = c.name()?;
        return Some(Action::AlterObject { kind: ObjectKind::Rule, name: Some(name), what: "toggle".to_owned() });
    }
    c.need("TRIGGER")?;
    let trigger = if c.eat_any(&["ALL", "USER"]).is_some() { None } else { Some(c.ident()?) };
    Some(Action::ToggleTrigger { table: table.clone(), trigger, enabled })
}

/// A whole column behind its name, for SQL Server's `ALTER COLUMN`.
pub(in crate::sql) fn retyped(c: &mut Cursor<'_>) -> Option<crate::sql::model::ColumnDef> {
    let start = *c;
    let name = c.ident()?;
    column_body(c, start, name)
}
