//! Queries: what they read, what they give, what they call.

use super::cursor::Cursor;
use super::expr::{expr, predicate};
use crate::sql::lex::Kind;
use crate::sql::model::{Ident, Name, Select};
use crate::sql::split::is_one_of;

const SET_OPERATIONS: &[&str] = &["UNION", "EXCEPT", "INTERSECT", "MINUS"];

/// Words that end the list of tables.
pub(in crate::sql) const AFTER_FROM: &[&str] = &[
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "WINDOW",
    "OPTION",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "MINUS",
    "RETURNING",
    "INTO",
    "SET",
    "ON",
    "OUTPUT",
];

/// Deepest nesting of queries that is looked into.
const DEEPEST: u32 = 24;

/// A common table expression.
pub(in crate::sql) struct Cte<'a> {
    pub name: Ident,
    pub body: Cursor<'a>,
}

/// Reads `WITH a AS (…), b AS (…)` when it is there, and stands behind it.
pub(in crate::sql) fn with<'a>(c: &mut Cursor<'a>) -> Option<Vec<Cte<'a>>> {
    let mut ctes = Vec::new();
    if !c.eat("WITH") {
        return Some(ctes);
    }
    c.eat("RECURSIVE");
    loop {
        let name = c.ident()?;
        if c.is_kind(Kind::Open) {
            c.group()?;
        }
        c.need("AS")?;
        c.eat("NOT");
        c.eat("MATERIALIZED");
        ctes.push(Cte { name, body: c.group()? });
        if c.eat_any(&["SEARCH", "CYCLE"]).is_some() {
            c.until(&["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"]);
        }
        if c.eat_kind(Kind::Comma).is_none() {
            return Some(ctes);
        }
    }
}

/// Reads all that is left as one query.
pub(in crate::sql) fn select(c: Cursor<'_>) -> Option<Select> {
    let whole = expr(c);
    let mut found = Select { span: c.span(), calls: whole.calls, ..Select::default() };
    branch(c, &mut found, true, 0)?;
    let text = c.text();
    let mut hints = c;
    while let Some(token) = hints.next() {
        found.locks_rows |= is_one_of(text, token, &["HOLDLOCK", "TABLOCKX", "TABLOCK", "UPDLOCK", "XLOCK"]);
    }
    Some(found)
}

fn branch(mut c: Cursor<'_>, found: &mut Select, outer: bool, depth: u32) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let ctes = with(&mut c)?;
    let own: Vec<Ident> = ctes.iter().map(|cte| cte.name.clone()).collect();
    let before = found.from.len();
    for cte in &ctes {
        if cte.body.is_any(&["SELECT", "WITH", "VALUES"]) || cte.body.is_kind(Kind::Open) {
            branch(cte.body, found, false, depth + 1)?;
        }
    }
    let mut first = true;
    loop {
        let part = operand(&mut c);
        if part.done() {
            return None;
        }
        simple(part, found, outer && first, depth)?;
        first = false;
        if c.done() {
            break;
        }
        c.next();
        c.eat_any(&["ALL", "DISTINCT"]);
        if c.eat("CORRESPONDING") || c.done() {
            break;
        }
    }
    let kept: Vec<Name> =
        found.from.drain(before..).filter(|name| name.is_qualified() || !own.contains(&name.object)).collect();
    found.from.extend(kept);
    Some(())
}

/// Up to the next set operation. `EXCEPT` inside `SELECT * EXCEPT (…)` is no PostgreSQL, MySQL, SQLite or SQL Server.
fn operand<'a>(c: &mut Cursor<'a>) -> Cursor<'a> {
    c.until(SET_OPERATIONS)
}

/// One `SELECT`, `VALUES` or `TABLE`, or something in parentheses.
fn simple(mut c: Cursor<'_>, found: &mut Select, outer: bool, depth: u32) -> Option<()> {
    if c.is_kind(Kind::Open) {
        let inside = c.group()?;
        branch(inside, found, outer, depth + 1)?;
        tail(c, found, outer, depth);
        return Some(());
    }
    if c.eat("VALUES") {
        return Some(());
    }
    if c.eat("TABLE") {
        found.from.push(c.name()?);
        if outer {
            found.star = Some(c.span_since(&c));
        }
        return Some(());
    }
    c.need("SELECT")?;
    if c.eat("DISTINCT") {
        if c.eat("ON") {
            c.group()?;
        }
    } else {
        c.eat_any(&["ALL", "SQL_CALC_FOUND_ROWS", "STRAIGHT_JOIN"]);
    }
    if c.eat("TOP") {
        if c.group().is_none() {
            c.next();
        }
        c.eat("PERCENT");
        c.eat_all(&["WITH", "TIES"]);
        found.limit |= outer;
    }
    let mut output = until_from(&mut c);
    if outer {
        outputs(&mut output, found);
    } else {
        subqueries(output, found, depth);
    }
    tail(c, found, outer, depth);
    Some(())
}

/// The select list: up to `FROM` that is no `IS DISTINCT FROM`, or another clause.
fn until_from<'a>(c: &mut Cursor<'a>) -> Cursor<'a> {
    let start = *c;
    loop {
        c.until(&[
            "FROM", "INTO", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "WINDOW", "BULK",
        ]);
        if c.is("FROM") && c.behind().is_some_and(|t| is_one_of(c.text(), t, &["DISTINCT"])) && c.len() < start.len() {
            c.next();
            continue;
        }
        return c.since(&start);
    }
}

fn outputs(list: &mut Cursor<'_>, found: &mut Select) {
    for part in list.commas() {
        let item = without_alias(part);
        let mut names = item;
        let mut plain = None;
        loop {
            if names.is_symbol("*") {
                found.star = found.star.or(Some(item.span()));
                break;
            }
            let Some(ident) = names.ident() else {
                plain = None;
                break;
            };
            plain = Some(ident);
            if names.eat_kind(Kind::Dot).is_none() {
                break;
            }
        }
        if !names.done() {
            plain = None;
        }
        let keyword = item.len() == 1
            && item.is_any(&["NULL", "TRUE", "FALSE", "DEFAULT", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_USER"]);
        found.output.push(plain.filter(|_| !keyword));
        found.expressions.push(expr(item));
    }
    if found.star.is_some() {
        found.output.clear();
        found.expressions.clear();
    }
}

/// Takes `AS alias`, or a bare alias, off the end.
pub(in crate::sql) fn without_alias(part: Cursor<'_>) -> Cursor<'_> {
    let length = part.len();
    if length < 2 {
        return part;
    }
    let mut last = part;
    for _ in 0..length - 2 {
        last.next();
    }
    let cut = last.since(&part);
    let mut tail = last;
    let before = tail.next();
    let alias = tail.peek();
    let is_name = alias.is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Quoted | Kind::Text));
    if before.is_some_and(|t| is_one_of(part.text(), t, &["AS"])) && is_name && !cut.done() {
        return cut;
    }
    let ends_value = before.is_some_and(|t| match t.kind {
        Kind::Word => !is_one_of(
            part.text(),
            t,
            &["AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "THEN", "ELSE", "WHEN", "COLLATE", "CASE", "AS"],
        ),
        Kind::Quoted | Kind::Number | Kind::Text | Kind::Close | Kind::CloseBracket => true,
        _ => false,
    });
    let bare = alias.is_some_and(|t| {
        t.kind == Kind::Quoted
            || (t.kind == Kind::Word
                && !is_one_of(part.text(), t, &["END", "NULL", "TRUE", "FALSE", "ISNULL", "NOTNULL", "PRECISION"]))
    });
    if ends_value && bare { tail.since(&part) } else { part }
}

/// From `FROM` on.
fn tail(mut c: Cursor<'_>, found: &mut Select, outer: bool, depth: u32) {
    while let Some(token) = c.peek() {
        let is = |word: &str| is_one_of(c.text(), token, &[word]);
        if is("FROM") {
            c.next();
            let list = c.until(AFTER_FROM_QUERY);
            for item in from_items(list) {
                found.from.extend(item.name);
                if let Some(inside) = item.inside {
                    let _ = branch(inside, found, false, depth + 1);
                }
            }
        } else if is("WHERE") {
            c.next();
            let list = c.until(&["GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "WINDOW", "OPTION"]);
            subqueries(list, found, depth);
            if outer && found.condition.is_none() {
                found.condition = Some(predicate(list));
            }
        } else if is("LIMIT") || is("FETCH") {
            found.limit |= outer;
            c.next();
        } else if is("ORDER") {
            found.ordered |= outer;
            c.next();
        } else if is("FOR") {
            c.next();
            found.locks_rows |= c.is_any(&["UPDATE", "SHARE", "NO", "KEY"]);
        } else {
            c.skip();
        }
    }
}

/// Words that end the list of tables of a query; `ON` is part of it there.
const AFTER_FROM_QUERY: &[&str] = &[
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "WINDOW",
    "OPTION",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "MINUS",
];

/// Tables of sub-queries anywhere in a run of tokens.
fn subqueries(mut c: Cursor<'_>, found: &mut Select, depth: u32) {
    if depth > DEEPEST {
        return;
    }
    while !c.done() {
        if !c.is_kind(Kind::Open) {
            c.next();
            continue;
        }
        let Some(inside) = c.group() else {
            c.next();
            continue;
        };
        if inside.is_any(&["SELECT", "WITH"]) {
            let _ = branch(inside, found, false, depth + 1);
        } else {
            subqueries(inside, found, depth + 1);
        }
    }
}

/// One entry of a `FROM` list.
pub(in crate::sql) struct FromItem<'a> {
    pub name: Option<Name>,
    pub alias: Option<Ident>,
    /// A sub-query.
    pub inside: Option<Cursor<'a>>,
}

/// Tables with aliases, joins among them.
pub(in crate::sql) fn from_items(mut c: Cursor<'_>) -> Vec<FromItem<'_>> {
    let mut items = Vec::new();
    let mut expects = true;
    while let Some(token) = c.peek() {
        if token.kind == Kind::Comma || is_one_of(c.text(), token, &["JOIN", "APPLY", "STRAIGHT_JOIN"]) {
            expects = true;
            c.next();
        } else if !expects {
            c.skip();
        } else if is_one_of(c.text(), token, &["LATERAL", "ONLY"]) {
            c.next();
        } else if token.kind == Kind::Open {
            expects = false;
            let Some(inside) = c.group() else { break };
            if inside.is_any(&["SELECT", "WITH", "VALUES"]) {
                items.push(FromItem { name: None, alias: alias(&mut c), inside: Some(inside) });
            } else {
                items.extend(from_items(inside));
            }
        } else {
            expects = false;
            let Some(name) = c.name() else {
                c.skip();
                continue;
            };
            let is_call = c.is_kind(Kind::Open);
            let alias = alias(&mut c);
            items.push(FromItem { name: (!is_call).then_some(name), alias, inside: None });
        }
    }
    items
}

/// `[AS] alias`, when one is there.
pub(in crate::sql) fn alias(c: &mut Cursor<'_>) -> Option<Ident> {
    if c.eat("AS") {
        return c.ident();
    }
    let none = c.is_any(AFTER_FROM)
        || c.is_any(&[
            "JOIN",
            "LEFT",
            "RIGHT",
            "INNER",
            "FULL",
            "CROSS",
            "NATURAL",
            "USING",
            "WITH",
            "OUTER",
            "TABLESAMPLE",
            "VALUES",
            "SELECT",
            "DEFAULT",
            "PARTITION",
            "FORCE",
            "USE",
            "IGNORE",
            "INDEXED",
            "NOT",
            "STRAIGHT_JOIN",
            "OVERRIDING",
            "APPLY",
            "WHEN",
            "EXEC",
            "EXECUTE",
        ]);
    if none { None } else { c.ident() }
}
