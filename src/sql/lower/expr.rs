//! Expressions and predicates.

use super::cursor::{Cursor, literal};
use super::data_type::data_type;
use super::functions::{Known, look_up};
use crate::project::Provider;
use crate::sql::lex::{Kind, Token};
use crate::sql::model::{Call, Expr, Ident, Literal, Predicate, Volatility};
use crate::sql::split::{is_one_of, is_word};

/// Words that are no columns and no functions, though `(` may follow.
pub(super) const WORDS: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "AT",
    "BETWEEN",
    "BINARY",
    "BOTH",
    "BY",
    "CASE",
    "COLLATE",
    "CROSS",
    "CURRENT",
    "DEFAULT",
    "DESC",
    "DISTINCT",
    "DIV",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "EXPLICIT",
    "FALSE",
    "FETCH",
    "FILTER",
    "FIRST",
    "FOR",
    "FOLLOWING",
    "FROM",
    "FULL",
    "GLOB",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INNER",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "ISNULL",
    "JOIN",
    "LAST",
    "LATERAL",
    "LEADING",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MATCH",
    "MATERIALIZED",
    "MOD",
    "NATURAL",
    "NEW",
    "NOT",
    "NOTNULL",
    "NULL",
    "NULLS",
    "OFFSET",
    "OLD",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "ORDINALITY",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRECEDING",
    "RANGE",
    "RECURSIVE",
    "REGEXP",
    "RETURNING",
    "RIGHT",
    "RLIKE",
    "ROW",
    "ROWS",
    "SELECT",
    "SEPARATOR",
    "SIMILAR",
    "SOME",
    "SOUNDS",
    "TABLESAMPLE",
    "THEN",
    "TO",
    "TRAILING",
    "TRUE",
    "UNBOUNDED",
    "UNION",
    "UNKNOWN",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHIN",
    "XOR",
    "ZONE",
];

/// Values without parentheses that are functions in truth.
const SPECIAL: &[&str] = &[
    "CURRENT_CATALOG",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "SESSION_USER",
    "SYSTEM_USER",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
];

/// Reads all that is left as one expression.
pub(in crate::sql) fn expr(mut c: Cursor<'_>) -> Expr {
    let mut expr = Expr { span: c.span(), ..Expr::default() };
    if c.len() == 1
        && let Some(token) = c.peek()
        && matches!(token.kind, Kind::Text | Kind::Number | Kind::Dollar)
    {
        expr.literal = single(&c, token);
        return expr;
    }
    (expr.not_null, expr.null) = null_tests(c);
    expr.literal = whole_literal(c);
    if expr.literal.is_some() {
        return expr;
    }
    let mut in_from = false;
    while let Some(token) = c.peek() {
        match token.kind {
            Kind::Word => word(&mut c, token, &mut expr, &mut in_from),
            Kind::Quoted => reference(&mut c, &mut expr, in_from),
            Kind::Symbol if c.slice(token) == "::" => {
                c.next();
                if data_type(&mut c).is_none() {
                    c.next();
                }
            }
            Kind::Symbol if c.slice(token) == "?" || c.slice(token).starts_with('$') => {
                c.next();
                raise(&mut expr, Volatility::Unknown);
            }
            _ => {
                c.next();
            }
        }
    }
    if expr.subquery {
        raise(&mut expr, Volatility::Stable);
    }
    expr
}

/// Columns of the `column IS NOT NULL` and of the `column IS NULL` parts of a top-level `AND`.
fn null_tests(c: Cursor<'_>) -> (Vec<Ident>, Vec<Ident>) {
    let mut c = c;
    while c.is_kind(Kind::Open) {
        let mut ahead = c;
        let Some(inside) = ahead.group() else { return (Vec::new(), Vec::new()) };
        if !ahead.done() {
            break;
        }
        c = inside;
    }
    if !c.has_top(&["IS"]) || c.has_top(&["OR"]) {
        return (Vec::new(), Vec::new());
    }
    let (mut not_null, mut null) = (Vec::new(), Vec::new());
    while !c.done() {
        let mut part = c.until(&["AND"]);
        c.next();
        while part.is_kind(Kind::Open) && part.group_is_all() {
            let Some(inside) = part.group() else { break };
            part = inside;
        }
        let Some(mut column) = part.ident() else { continue };
        while part.eat_kind(Kind::Dot).is_some() {
            let Some(last) = part.ident() else { break };
            column = last;
        }
        if part.len() == 3 && part.is_all(&["IS", "NOT", "NULL"]) {
            not_null.push(column);
        } else if part.len() == 2 && part.is_all(&["IS", "NULL"]) {
            null.push(column);
        }
    }
    (not_null, null)
}

fn raise(expr: &mut Expr, volatility: Volatility) {
    expr.volatility = expr.volatility.max(volatility);
}

fn word(c: &mut Cursor<'_>, token: Token, expr: &mut Expr, in_from: &mut bool) {
    let text = c.text();
    if is_word(text, token, "SELECT") {
        expr.subquery = true;
        *in_from = false;
        c.next();
    } else if is_one_of(text, token, &["FROM", "JOIN", "INTO", "UPDATE"]) {
        *in_from = expr.subquery;
        c.next();
    } else if is_word(text, token, "AS") {
        c.next();
        // `CAST(x AS type)`; in a sub-query an alias reads the same way.
        if data_type(c).is_none() {
            c.next();
        }
    } else if is_word(text, token, "COLLATE") {
        c.next();
        c.name();
    } else if is_one_of(text, token, SPECIAL) {
        c.next();
        push_call(c, token, token, expr);
        c.group();
    } else if is_one_of(text, token, WORDS) && !c.look(1).is_some_and(|t| t.kind == Kind::Dot) {
        *in_from = *in_from && !is_one_of(text, token, &["WHERE", "ON", "GROUP", "ORDER", "HAVING", "USING"]);
        c.next();
    } else if c.slice(token).starts_with('@') {
        c.next();
        raise(expr, Volatility::Unknown);
    } else if c.look(1).is_some_and(|t| t.kind == Kind::Text)
        && is_one_of(text, token, &["DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "UUID"])
    {
        c.next();
    } else {
        reference(c, expr, *in_from);
    }
}

/// A column, a table or a call.
fn reference(c: &mut Cursor<'_>, expr: &mut Expr, in_from: bool) {
    let Some(first) = c.peek() else { return };
    let mut last;
    loop {
        last = *c;
        c.next();
        if !c.is_kind(Kind::Dot) {
            break;
        }
        c.next();
        if c.is_symbol("*") || !(c.is_kind(Kind::Word) || c.is_kind(Kind::Quoted)) {
            return;
        }
    }
    let Some(token) = last.peek() else { return };
    if c.is_kind(Kind::Open) {
        push_call(c, first, token, expr);
    } else if !in_from {
        raise(expr, Volatility::Immutable);
        if let Some(ident) = last.ident() {
            expr.columns.push(ident);
        }
    }
}

fn push_call(c: &Cursor<'_>, first: Token, token: Token, expr: &mut Expr) {
    let raw = c.slice(token);
    let name = if token.kind == Kind::Quoted {
        super::cursor::unquoted(raw).to_ascii_lowercase()
    } else {
        raw.to_ascii_lowercase()
    };
    let known = look_up(c.provider(), &name);
    let mut volatility = known.map_or(Volatility::Unknown, |k| k.volatility());
    let mut changes = known.is_some_and(Known::changes);
    if c.provider() == Provider::Sqlite && known == Some(Known::SqliteTime) {
        // `datetime('2020-01-01')` is the same for ever; without arguments, or with 'now', it is the clock.
        let mut ahead = *c;
        let inside = ahead.group().map_or(String::new(), |g| g.rest_text().to_ascii_lowercase());
        changes = inside.trim().is_empty() || inside.contains("now");
        volatility = if changes { Volatility::Stable } else { Volatility::Immutable };
    }
    expr.nondeterministic |= changes;
    raise(expr, volatility);
    expr.calls.push(Call { name, span: first.span().to(token.span()), volatility });
}

fn single(c: &Cursor<'_>, token: Token) -> Option<Literal> {
    let raw = c.slice(token);
    match token.kind {
        Kind::Text | Kind::Dollar => Some(Literal::Text(literal(c.provider(), raw).into_owned())),
        Kind::Number => Some(Literal::Number(raw.to_owned())),
        Kind::Word if raw.eq_ignore_ascii_case("null") => Some(Literal::Null),
        Kind::Word if raw.eq_ignore_ascii_case("true") => Some(Literal::Boolean(true)),
        Kind::Word if raw.eq_ignore_ascii_case("false") => Some(Literal::Boolean(false)),
        _ => None,
    }
}

/// A literal with parentheses or PostgreSQL casts around it.
fn whole_literal(mut c: Cursor<'_>) -> Option<Literal> {
    while c.is_kind(Kind::Open) {
        let mut ahead = c;
        let inside = ahead.group()?;
        if !ahead.done() {
            break;
        }
        c = inside;
    }
    let start = c;
    let mut sign = "";
    if c.eat_symbol("-") {
        sign = "-";
    } else {
        c.eat_symbol("+");
    }
    let token = c.next()?;
    let mut value = single(&start, token)?;
    if !sign.is_empty() {
        match &mut value {
            Literal::Number(number) => number.insert(0, '-'),
            _ => return None,
        }
    }
    while c.eat_symbol("::") {
        data_type(&mut c)?;
    }
    c.done().then_some(value)
}

/// Reads all that is left as a predicate.
pub(in crate::sql) fn predicate(c: Cursor<'_>) -> Predicate {
    Predicate { expr: expr(c), always_true: always_true(c, 0), compared_to_null: compared_to_null(c) }
}

/// `true`, `1`, `1 = 1`, `x = x`, in parentheses or not, alone or in an `OR`.
fn always_true(c: Cursor<'_>, depth: u32) -> bool {
    if c.done() || depth > 16 {
        return false;
    }
    let mut c = c;
    let mut ors = c;
    let first = ors.until(&["OR"]);
    if !ors.done() {
        let mut any = always_true(first, depth + 1);
        while ors.eat("OR") {
            any |= always_true(ors.until(&["OR"]), depth + 1);
        }
        return any;
    }
    let mut ands = c;
    let first = ands.until(&["AND"]);
    if !ands.done() {
        let mut all = !c.has_top(&["BETWEEN"]) && always_true(first, depth + 1);
        while ands.eat("AND") {
            all &= always_true(ands.until(&["AND"]), depth + 1);
        }
        return all;
    }
    if c.is_kind(Kind::Open) {
        let mut ahead = c;
        if let Some(inside) = ahead.group()
            && ahead.done()
        {
            return always_true(inside, depth + 1);
        }
    }
    if c.len() == 1 {
        return match c.peek().and_then(|token| single(&c, token)) {
            Some(Literal::Boolean(value)) => value,
            Some(Literal::Number(number)) => number.bytes().any(|b| (b'1'..=b'9').contains(&b)),
            _ => false,
        };
    }
    let mut left = c.until_symbol("=");
    for _ in 0..left.len() {
        c.next();
    }
    if !c.eat_symbol("=") || left.len() != c.len() {
        return false;
    }
    while let (Some(a), Some(b)) = (left.next(), c.next()) {
        if left.slice(a) != c.slice(b) {
            return false;
        }
    }
    true
}

/// `= NULL`, `<> NULL`, `!= NULL`: never true.
fn compared_to_null(mut c: Cursor<'_>) -> Vec<crate::sql::model::Span> {
    let mut places = Vec::new();
    while let Some(token) = c.next() {
        if token.kind == Kind::Symbol
            && matches!(c.slice(token), "=" | "<>" | "!=")
            && c.is("NULL")
            && let Some(null) = c.peek()
        {
            places.push(token.span().to(null.span()));
        }
    }
    places
}
