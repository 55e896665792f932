//! Column definitions.

use super::constraint::{self, references, tail};
use super::cursor::Cursor;
use super::data_type::data_type;
use super::expr::expr;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{ColumnDef, ConstraintKind, Expr, Generated, Ident};

/// Words that end an expression inside a column definition.
const AFTER_EXPR: &[&str] = &[
    "AFTER",
    "AS",
    "AUTOINCREMENT",
    "AUTO_INCREMENT",
    "CHARACTER",
    "CHARSET",
    "CHECK",
    "COLLATE",
    "COLUMN_FORMAT",
    "COMMENT",
    "CONSTRAINT",
    "DEFAULT",
    "DEFERRABLE",
    "FIRST",
    "FOR",
    "FOREIGN",
    "GENERATED",
    "IDENTITY",
    "INITIALLY",
    "INVISIBLE",
    "KEY",
    "NOT",
    "NULL",
    "ON",
    "PERSISTED",
    "PRIMARY",
    "REFERENCES",
    "ROWGUIDCOL",
    "SPARSE",
    "STORAGE",
    "STORED",
    "UNIQUE",
    "VIRTUAL",
    "VISIBLE",
    "WITH",
];

/// `name type options…`, up to the end or to a word that is no option.
pub(in crate::sql) fn column_def(c: &mut Cursor<'_>) -> Option<ColumnDef> {
    let start = *c;
    let name = c.ident()?;
    column_body(c, start, name)
}

/// What stands behind the name.
pub(in crate::sql) fn column_body(c: &mut Cursor<'_>, start: Cursor<'_>, name: Ident) -> Option<ColumnDef> {
    let mut column = ColumnDef {
        name,
        span: start.span(),
        data_type: None,
        nullable: None,
        not_null_span: None,
        default: None,
        generated: None,
        identity: false,
        on_update: None,
        constraints: Vec::new(),
        comment: None,
    };
    if has_type(c) {
        column.data_type = Some(data_type(c)?);
    }
    while !c.done() && option(c, &mut column)? {}
    column.span = c.span_since(&start);
    Some(column)
}

fn has_type(c: &Cursor<'_>) -> bool {
    if c.done() || c.is("AS") {
        return false;
    }
    let typeless = c.provider() == Provider::Sqlite;
    !(typeless
        && c.is_any(&[
            "PRIMARY",
            "NOT",
            "NULL",
            "UNIQUE",
            "CHECK",
            "DEFAULT",
            "COLLATE",
            "REFERENCES",
            "GENERATED",
            "CONSTRAINT",
        ]))
}

/// One option. `Some(false)`: what follows is no option of a column. `None`: not understood.
fn option(c: &mut Cursor<'_>, column: &mut ColumnDef) -> Option<bool> {
    let start = *c;
    let mut name = None;
    if c.eat("CONSTRAINT") {
        name = Some(c.ident()?);
        if c.done() {
            return None;
        }
    }
    if c.eat_all(&["NOT", "NULL"]) {
        column.nullable = Some(false);
        column.not_null_span = Some(c.span_since(&start));
        while c.provider() == Provider::Sqlite && conflict(c) {}
        c.eat_all(&["NO", "INHERIT"]);
        return Some(true);
    }
    if c.eat("NULL") {
        column.nullable = Some(true);
        return Some(true);
    }
    if c.eat("DEFAULT") {
        column.default = Some(expression(c)?);
        c.eat_all(&["WITH", "VALUES"]);
        return Some(true);
    }
    if key_option(c, column, start, name.as_ref())? || generated(c, column)? {
        return Some(true);
    }
    plain_option(c, column)
}

/// Options that are constraints.
fn key_option(c: &mut Cursor<'_>, column: &mut ColumnDef, start: Cursor<'_>, name: Option<&Ident>) -> Option<bool> {
    let kind = if c.is_all(&["PRIMARY", "KEY"]) {
        c.next();
        c.next();
        ConstraintKind::PrimaryKey
    } else if c.is("KEY") && c.provider() == Provider::Mysql {
        c.next();
        ConstraintKind::PrimaryKey
    } else if c.eat("UNIQUE") {
        c.eat_any(&["KEY", "INDEX"]);
        ConstraintKind::Unique
    } else if c.eat("CHECK") {
        ConstraintKind::Check
    } else if c.eat_all(&["FOREIGN", "KEY"]) || c.is("REFERENCES") {
        ConstraintKind::ForeignKey
    } else {
        return Some(false);
    };
    let mut made = constraint::blank(kind, name.cloned(), vec![column.name.clone()]);
    match kind {
        ConstraintKind::Check => made.expr = Some(expr(c.group()?)),
        ConstraintKind::ForeignKey => made.references = Some(references(c)?),
        ConstraintKind::PrimaryKey => {
            c.eat_any(&["ASC", "DESC"]);
        }
        _ => {}
    }
    tail(c, &mut made)?;
    while c.provider() == Provider::Sqlite && conflict(c) {}
    made.span = c.span_since(&start);
    if kind == ConstraintKind::PrimaryKey && c.provider() != Provider::Sqlite {
        column.nullable = Some(false);
    }
    column.constraints.push(made);
    Some(true)
}

/// SQLite's `ON CONFLICT x`.
pub(in crate::sql) fn conflict(c: &mut Cursor<'_>) -> bool {
    if !c.eat_all(&["ON", "CONFLICT"]) {
        return false;
    }
    c.next();
    true
}

/// Identity and computed columns.
fn generated(c: &mut Cursor<'_>, column: &mut ColumnDef) -> Option<bool> {
    if c.eat_any(&["AUTO_INCREMENT", "AUTOINCREMENT"]).is_some() {
        column.identity = true;
        return Some(true);
    }
    if c.eat("IDENTITY") {
        c.group();
        column.identity = true;
        c.eat_all(&["NOT", "FOR", "REPLICATION"]);
        return Some(true);
    }
    if c.eat("GENERATED") {
        if c.eat("ALWAYS") || c.eat_all(&["BY", "DEFAULT"]) {
            c.eat_all(&["ON", "NULL"]);
        }
        c.need("AS")?;
        if c.eat("IDENTITY") {
            c.group();
            column.identity = true;
            return Some(true);
        }
        if c.eat("ROW") {
            // Temporal tables of SQL Server and MariaDB.
            c.eat_any(&["START", "END"])?;
            c.eat("HIDDEN");
            return Some(true);
        }
    } else if !c.eat("AS") {
        return Some(false);
    }
    let value = if c.is_kind(Kind::Open) { expr(c.group()?) } else { expression(c)? };
    let stored = c.eat_any(&["STORED", "PERSISTED", "PERSISTENT"]).is_some();
    c.eat("VIRTUAL");
    column.generated = Some(Generated { expr: value, stored });
    Some(true)
}

fn plain_option(c: &mut Cursor<'_>, column: &mut ColumnDef) -> Option<bool> {
    if c.eat("COLLATE") {
        let name = c.name()?;
        if let Some(data_type) = &mut column.data_type {
            data_type.collation = Some(name.object);
        }
    } else if c.eat("COMMENT") {
        column.comment = Some(c.string()?.0);
    } else if c.eat_all(&["ON", "UPDATE"]) {
        column.on_update = Some(expression(c)?);
    } else if c.eat_any(&["CHARACTER", "CHARSET"]).is_some() {
        c.eat("SET");
        let charset = c.ident();
        if let Some(data_type) = &mut column.data_type {
            data_type.charset = charset;
        }
    } else if c.eat_any(&["STORAGE", "COLUMN_FORMAT", "COMPRESSION", "SRID"]).is_some() {
        c.next();
    } else if c
        .eat_any(&["VISIBLE", "INVISIBLE", "SPARSE", "ROWGUIDCOL", "HIDDEN", "DEFERRABLE", "VIRTUAL", "STORED"])
        .is_some()
        || c.eat_all(&["INITIALLY", "DEFERRED"])
        || c.eat_all(&["INITIALLY", "IMMEDIATE"])
        || c.eat_all(&["NOT", "DEFERRABLE"])
        || c.eat_all(&["NOT", "FOR", "REPLICATION"])
    {
    } else {
        return Some(false);
    }
    Some(true)
}

/// An expression that ends before the next option.
pub(in crate::sql) fn expression(c: &mut Cursor<'_>) -> Option<Expr> {
    let start = *c;
    c.skip()?;
    while !c.done() && !c.is_any(AFTER_EXPR) && !c.is_kind(Kind::Comma) {
        if c.eat_symbol("::") {
            data_type(c)?;
        } else {
            c.skip();
        }
    }
    Some(expr(c.since(&start)))
}
