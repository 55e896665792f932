//! `CREATE TABLE`.

use super::column::column_def;
use super::constraint;
use super::cursor::Cursor;
use super::index::inline_index;
use super::query::select;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, CreateTable, Name};

/// A table without anything in it.
pub(in crate::sql) fn blank(name: Name) -> CreateTable {
    CreateTable {
        name,
        if_not_exists: false,
        or_replace: false,
        temporary: false,
        unlogged: false,
        strict: false,
        without_rowid: false,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        partitioned: false,
        partition_of: None,
        inherits: Vec::new(),
        like: None,
        source: None,
        engine: None,
    }
}

/// Behind `CREATE [OR REPLACE] [TEMP|UNLOGGED…] TABLE`.
pub(in crate::sql) fn create_table(
    c: &mut Cursor<'_>,
    or_replace: bool,
    temporary: bool,
    unlogged: bool,
) -> Option<Action> {
    let if_not_exists = c.if_not_exists();
    let mut table = blank(c.name()?);
    table.if_not_exists = if_not_exists;
    table.or_replace = or_replace;
    table.unlogged = unlogged;
    table.temporary = temporary || (c.provider() == Provider::Sqlserver && table.name.object.value.starts_with('#'));
    if c.eat_all(&["PARTITION", "OF"]) {
        table.partition_of = Some(c.name()?);
    }
    if c.eat("LIKE") {
        table.like = Some(c.name()?);
    }
    if c.is_kind(Kind::Open)
        && !c.look(1).is_some_and(|t| crate::sql::split::is_one_of(c.text(), t, &["SELECT", "WITH"]))
    {
        let mut inside = c.group()?;
        for part in inside.commas() {
            item(part, &mut table)?;
        }
    }
    options(c, &mut table)?;
    c.done().then(|| Action::CreateTable(Box::new(table)))
}

/// One entry between the parentheses.
fn item(mut c: Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    if constraint::begins(&c) {
        table.constraints.push(constraint::table_constraint(&mut c)?);
    } else if c.is("LIKE") && c.provider() != Provider::Sqlite && c.len() > 1 {
        c.next();
        table.like = Some(c.name()?);
        c.rest();
    } else if let Some(index) = inline_index(&mut c, &table.name)? {
        table.indexes.push(index);
    } else if c.provider() == Provider::Sqlserver && c.eat_all(&["PERIOD", "FOR", "SYSTEM_TIME"]) {
        c.group()?;
    } else if table.partition_of.is_some() {
        // `column WITH OPTIONS …`: the parent has the definition.
        c.rest();
    } else if c.len() == 1 && c.provider() == Provider::Postgresql {
        // `CREATE TABLE t (a, b) AS …`: only names.
        c.next();
    } else {
        let column = column_def(&mut c)?;
        table.columns.push(column);
        return trailing_constraints(&mut c, table);
    }
    c.done().then_some(())
}

/// SQLite lets commas between table constraints be left out.
fn trailing_constraints(c: &mut Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    while !c.done() {
        if c.provider() != Provider::Sqlite || !constraint::begins(c) {
            return None;
        }
        table.constraints.push(constraint::table_constraint(c)?);
    }
    Some(())
}

/// Behind the parentheses.
fn options(c: &mut Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    while !c.done() {
        if c.eat_kind(Kind::Comma).is_some() || c.eat("STRICT") {
            table.strict |= c.behind().is_some_and(|t| t.kind == Kind::Word);
        } else if c.eat_all(&["WITHOUT", "ROWID"]) {
            table.without_rowid = true;
        } else if c.eat("INHERITS") {
            table.inherits = c.group()?.names()?;
        } else if c.eat_all(&["PARTITION", "BY"]) {
            table.partitioned = true;
            partition_by(c)?;
        } else if c.eat_all(&["FOR", "VALUES"]) {
            c.until(&["PARTITION", "WITH", "TABLESPACE"]);
        } else if table.partition_of.is_some() && c.eat("DEFAULT") {
        } else if c.eat("USING") || c.eat("TABLESPACE") {
            c.ident()?;
        } else if c.eat_all(&["ON", "COMMIT"]) {
            c.next();
            c.eat_any(&["ROWS"]);
        } else if c.is("WITH") && c.look(1).is_some_and(|t| t.kind == Kind::Open) {
            c.next();
            c.group()?;
        } else if c.eat_all(&["WITH", "NO", "DATA"]) || c.eat_all(&["WITH", "DATA"]) {
        } else if c.provider() == Provider::Sqlserver && c.eat_any(&["ON", "TEXTIMAGE_ON", "FILESTREAM_ON"]).is_some() {
            c.ident()?;
            c.group();
        } else if c.is_any(&["AS", "SELECT", "WITH", "IGNORE", "REPLACE", "TABLE", "VALUES"]) || c.is_kind(Kind::Open) {
            c.eat_any(&["IGNORE", "REPLACE"]);
            c.eat("AS");
            source(c, table)?;
        } else {
            mysql_option(c, table)?;
        }
    }
    Some(())
}

/// `AS SELECT …`, up to the end.
fn source(c: &mut Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    let mut query = c.rest();
    for words in [&["NO", "DATA"][..], &["DATA"][..]] {
        let keep = query.len().saturating_sub(words.len() + 1);
        let mut tail = query;
        for _ in 0..keep {
            tail.next();
        }
        if tail.is("WITH") && tail.is_all(&[&["WITH"], words].concat()) {
            query = tail.since(&query);
            break;
        }
    }
    table.source = Some(select(query)?);
    Some(())
}

/// `name [=] value` of MySQL.
fn mysql_option(c: &mut Cursor<'_>, table: &mut CreateTable) -> Option<()> {
    if c.provider() != Provider::Mysql {
        return None;
    }
    c.eat("DEFAULT");
    let name = c.next()?;
    if c.slice(name).eq_ignore_ascii_case("CHARACTER") {
        c.need("SET")?;
    }
    let engine = c.slice(name).eq_ignore_ascii_case("ENGINE");
    if c.slice(name).eq_ignore_ascii_case("DATA") || c.slice(name).eq_ignore_ascii_case("INDEX") {
        c.need("DIRECTORY")?;
    }
    c.eat_symbol("=");
    if c.is_kind(Kind::Open) {
        c.group()?;
    } else if engine {
        table.engine = c.ident();
    } else {
        c.next()?;
    }
    Some(())
}

fn partition_by(c: &mut Cursor<'_>) -> Option<()> {
    if c.provider() == Provider::Mysql {
        c.rest();
        return Some(());
    }
    c.ident()?;
    c.group()?;
    Some(())
}
