//! Constraints of tables and what they share with those of columns.

use super::column::{conflict, expression};
use super::cursor::Cursor;
use super::expr::expr;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Constraint, ConstraintKind, Ident, References, ReferentialAction, Span};

/// A constraint with nothing but its kind.
pub(in crate::sql) fn blank(kind: ConstraintKind, name: Option<Ident>, columns: Vec<Ident>) -> Constraint {
    Constraint {
        name,
        span: Span::default(),
        kind,
        columns,
        references: None,
        expr: None,
        not_valid: false,
        not_enforced: false,
        using_index: None,
        clustered: None,
        deferrable: false,
    }
}

/// Whether a table constraint begins here rather than a column of such a name.
pub(in crate::sql) fn begins(c: &Cursor<'_>) -> bool {
    let opens = |n: usize| c.look(n).is_some_and(|t| t.kind == Kind::Open);
    c.is("CONSTRAINT")
        || c.is_all(&["PRIMARY", "KEY"])
        || c.is_all(&["FOREIGN", "KEY"])
        || (c.is("CHECK") && opens(1))
        || (c.is("UNIQUE")
            && (opens(1)
                || ["KEY", "INDEX", "CLUSTERED", "NONCLUSTERED", "NULLS", "USING"].iter().any(|w| c.is_at(1, w))
                || (c.provider() == Provider::Mysql && opens(2))))
        || (c.is("EXCLUDE") && (opens(1) || c.is_at(1, "USING")))
        || (c.is_all(&["NOT", "NULL"]) && c.provider() == Provider::Postgresql)
        || (c.is("DEFAULT") && c.provider() == Provider::Sqlserver)
}

/// `[CONSTRAINT name] kind …`, up to the end or to what is no part of it.
pub(in crate::sql) fn table_constraint(c: &mut Cursor<'_>) -> Option<Constraint> {
    let start = *c;
    let mut name = None;
    // MySQL allows the word without a name.
    if c.eat("CONSTRAINT") && !c.is_any(&["PRIMARY", "FOREIGN", "UNIQUE", "CHECK"]) {
        name = Some(c.ident()?);
    }
    let mut made = if c.eat_all(&["PRIMARY", "KEY"]) {
        key(c, ConstraintKind::PrimaryKey, name)?
    } else if c.eat("UNIQUE") {
        c.eat_any(&["KEY", "INDEX"]);
        key(c, ConstraintKind::Unique, name)?
    } else if c.eat_all(&["FOREIGN", "KEY"]) {
        if !c.is_kind(Kind::Open) {
            c.if_not_exists();
            // MySQL: a name for the index behind it.
            let index = c.ident()?;
            name = name.or(Some(index));
        }
        let columns = c.ident_list()?;
        let mut made = blank(ConstraintKind::ForeignKey, name, columns);
        made.references = Some(references(c)?);
        made
    } else if c.eat("CHECK") {
        c.eat_all(&["NOT", "FOR", "REPLICATION"]);
        let mut made = blank(ConstraintKind::Check, name, Vec::new());
        made.expr = Some(expr(c.group()?));
        made
    } else if c.eat("EXCLUDE") {
        if c.eat("USING") {
            c.ident()?;
        }
        let mut made = blank(ConstraintKind::Exclude, name, Vec::new());
        let mut inside = c.group()?;
        made.columns = inside.commas().into_iter().filter_map(|mut part| part.ident()).collect();
        if c.eat("WHERE") {
            c.group()?;
        }
        made
    } else if c.eat_all(&["NOT", "NULL"]) {
        let column = c.ident()?;
        blank(ConstraintKind::NotNull, name, vec![column])
    } else if c.eat("DEFAULT") {
        let value = expression(c)?;
        let columns = if c.eat("FOR") { vec![c.ident()?] } else { Vec::new() };
        c.eat_all(&["WITH", "VALUES"]);
        let mut made = blank(ConstraintKind::Default, name, columns);
        made.expr = Some(value);
        made
    } else {
        return None;
    };
    tail(c, &mut made)?;
    while c.provider() == Provider::Sqlite && conflict(c) {}
    made.span = c.span_since(&start);
    Some(made)
}

fn key(c: &mut Cursor<'_>, kind: ConstraintKind, name: Option<Ident>) -> Option<Constraint> {
    let mut made = blank(kind, name, Vec::new());
    clustered(c, &mut made);
    let _ = c.eat_all(&["NULLS", "NOT", "DISTINCT"]) || c.eat_all(&["NULLS", "DISTINCT"]);
    if c.eat_all(&["USING", "INDEX"]) {
        made.using_index = Some(c.ident()?);
        return Some(made);
    }
    if c.provider() == Provider::Mysql {
        c.if_not_exists();
        if !c.is_kind(Kind::Open) && !c.is("USING") {
            let index = c.ident()?;
            made.name = made.name.or(Some(index));
        }
        if c.eat("USING") {
            c.next();
        }
    }
    made.columns = c.ident_list()?;
    Some(made)
}

fn clustered(c: &mut Cursor<'_>, made: &mut Constraint) {
    if c.eat("CLUSTERED") {
        made.clustered = Some(true);
    } else if c.eat("NONCLUSTERED") {
        made.clustered = Some(false);
    }
}

/// `REFERENCES table (columns) ON DELETE … ON UPDATE … MATCH …`.
pub(in crate::sql) fn references(c: &mut Cursor<'_>) -> Option<References> {
    c.need("REFERENCES")?;
    let table = c.name()?;
    let columns = if c.is_kind(Kind::Open) { c.ident_list()? } else { Vec::new() };
    let mut made = References { table, columns, on_delete: None, on_update: None };
    loop {
        if c.eat_all(&["ON", "DELETE"]) {
            made.on_delete = Some(action(c)?);
        } else if c.eat_all(&["ON", "UPDATE"]) {
            made.on_update = Some(action(c)?);
        } else if c.eat("MATCH") {
            c.next();
        } else {
            return Some(made);
        }
    }
}

fn action(c: &mut Cursor<'_>) -> Option<ReferentialAction> {
    let found = if c.eat("CASCADE") {
        ReferentialAction::Cascade
    } else if c.eat("RESTRICT") {
        ReferentialAction::Restrict
    } else if c.eat_all(&["NO", "ACTION"]) {
        ReferentialAction::NoAction
    } else if c.eat_all(&["SET", "NULL"]) {
        c.group();
        ReferentialAction::SetNull
    } else if c.eat_all(&["SET", "DEFAULT"]) {
        c.group();
        ReferentialAction::SetDefault
    } else {
        return None;
    };
    Some(found)
}

/// What may stand behind any constraint.
pub(in crate::sql) fn tail(c: &mut Cursor<'_>, made: &mut Constraint) -> Option<()> {
    loop {
        if c.eat_all(&["NOT", "VALID"]) {
            made.not_valid = true;
        } else if c.eat_all(&["NOT", "DEFERRABLE"]) || c.eat_all(&["NOT", "FOR", "REPLICATION"]) {
        } else if c.eat("DEFERRABLE") {
            made.deferrable = true;
        } else if c.eat_all(&["INITIALLY", "DEFERRED"])
            || c.eat_all(&["INITIALLY", "IMMEDIATE"])
            || c.eat_all(&["NO", "INHERIT"])
        {
        } else if c.eat_all(&["NOT", "ENFORCED"]) {
            made.not_enforced = true;
        } else if c.eat("ENFORCED") || c.eat_any(&["VISIBLE", "INVISIBLE"]).is_some() {
        } else if c.eat("INCLUDE") {
            c.group()?;
        } else if c.is("WITH") && c.look(1).is_some_and(|t| t.kind == Kind::Open) {
            c.next();
            c.group()?;
        } else if c.eat_all(&["USING", "INDEX", "TABLESPACE"]) {
            c.ident()?;
        } else if c.is("CLUSTERED") || c.is("NONCLUSTERED") {
            clustered(c, made);
            if c.is_kind(Kind::Open) {
                c.group();
            }
        } else if c.provider() == Provider::Mysql && c.eat("USING") {
            c.next()?;
        } else if c.provider() == Provider::Mysql && c.eat("KEY_BLOCK_SIZE") {
            c.eat_symbol("=");
            c.next()?;
        } else if c.provider() == Provider::Sqlserver && c.is("ON") && !c.is_at(1, "DELETE") && !c.is_at(1, "UPDATE") {
            // A filegroup.
            c.next();
            c.ident()?;
            c.group();
        } else if c.eat_all(&["NULLS", "NOT", "DISTINCT"]) || c.eat_all(&["NULLS", "DISTINCT"]) {
        } else {
            return Some(());
        }
    }
}
