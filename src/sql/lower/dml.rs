//! `INSERT`, `UPDATE`, `DELETE`, `MERGE`, with or without `WITH` before them.

use super::Out;
use super::cursor::Cursor;
use super::expr::{expr, predicate};
use super::query::{self, FromItem, alias, from_items, with};
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{
    Action, Assignment, Delete, Ident, Insert, InsertSource, Merge, Name, OnConflict, Predicate, Span, Update,
    Volatility,
};
use crate::sql::split::is_one_of;

/// Most rows of a `VALUES` list whose values are kept.
const ROWS_KEPT: usize = 10_000;

/// A query or a statement that writes rows, with the writing parts of its `WITH`.
pub(in crate::sql) fn data(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let start = *c;
    let ctes = with(c)?;
    for cte in &ctes {
        if cte.body.is_any(&["INSERT", "UPDATE", "DELETE", "MERGE"]) {
            let mut body = cte.body;
            let span = body.span();
            let action = statement(&mut body)?;
            out.push(action, span);
        }
    }
    let span = start.span();
    if c.is_any(&["INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE"]) {
        let mut action = statement(c)?;
        through(&mut action, &ctes);
        out.push(action, span);
        return Some(());
    }
    let mut all = start;
    let query = query::select(all.rest())?;
    c.rest();
    out.push(Action::Select(Box::new(query)), span);
    Some(())
}

/// SQL Server writes through a common table expression to the one table under it.
fn through(action: &mut Action, ctes: &[query::Cte<'_>]) {
    let target = match action {
        Action::Update(update) => &mut update.table,
        Action::Delete(delete) => match delete.tables.as_mut_slice() {
            [one] => one,
            _ => return,
        },
        _ => return,
    };
    let Some(cte) = ctes.iter().find(|cte| cte.name == target.object && !target.is_qualified()) else { return };
    if let Some(select) = query::select(cte.body)
        && let [table] = select.from.as_slice()
    {
        *target = table.clone();
    }
}

fn statement(c: &mut Cursor<'_>) -> Option<Action> {
    if c.is_any(&["INSERT", "REPLACE"]) {
        insert(c)
    } else if c.eat("UPDATE") {
        update(c)
    } else if c.eat("DELETE") {
        delete(c)
    } else {
        merge(c)
    }
}

fn insert(c: &mut Cursor<'_>) -> Option<Action> {
    let mut on_conflict = if c.eat("REPLACE") { OnConflict::Replace } else { OnConflict::Fail };
    c.eat("INSERT");
    if c.eat("OR") {
        on_conflict = conflict_word(c)?;
    }
    while c.eat_any(&["LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED"]).is_some() {}
    if c.eat("IGNORE") {
        on_conflict = OnConflict::Nothing;
    }
    if c.eat("TOP") {
        c.group()?;
    }
    c.eat("INTO");
    let table = c.name()?;
    if c.eat("PARTITION") {
        c.group()?;
    }
    if c.is("WITH") && c.look(1).is_some_and(|t| t.kind == Kind::Open) && c.provider() == Provider::Sqlserver {
        c.next();
        c.group()?;
    }
    alias(c);
    let mut columns = None;
    if c.is_kind(Kind::Open) && !c.look(1).is_some_and(|t| is_one_of(c.text(), t, &["SELECT", "WITH", "VALUES"])) {
        columns = Some(column_list(c)?);
    }
    if c.eat("OVERRIDING") {
        c.eat_any(&["SYSTEM", "USER"]);
        c.eat("VALUE");
    }
    if c.eat("OUTPUT") {
        c.until(&["VALUES", "SELECT", "EXEC", "EXECUTE", "DEFAULT", "WITH"]);
    }
    let body = until_conflict(c);
    let source = source(body, &mut columns)?;
    if c.eat_all(&["ON", "CONFLICT"]) {
        c.until(&["DO"]);
        c.need("DO")?;
        on_conflict = if c.eat("NOTHING") { OnConflict::Nothing } else { OnConflict::Update };
    } else if c.eat_all(&["ON", "DUPLICATE"]) {
        on_conflict = OnConflict::Update;
    }
    c.rest();
    let nondeterministic = changing(&source);
    Some(Action::Insert(Box::new(Insert { table, columns, source, on_conflict, nondeterministic })))
}

fn conflict_word(c: &mut Cursor<'_>) -> Option<OnConflict> {
    let word = c.eat_any(&["REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"])?;
    Some(match c.slice(word).to_ascii_uppercase().as_str() {
        "REPLACE" => OnConflict::Replace,
        "IGNORE" => OnConflict::Nothing,
        _ => OnConflict::Fail,
    })
}

/// `(a, "b", t.c)`: the last part of each.
fn column_list(c: &mut Cursor<'_>) -> Option<Vec<Ident>> {
    let mut inside = c.group()?;
    let mut list = Vec::new();
    for mut part in inside.commas() {
        let mut column = part.ident()?;
        while part.eat_kind(Kind::Dot).is_some() {
            column = part.ident()?;
        }
        list.push(column);
    }
    Some(list)
}

/// The rows: up to `ON CONFLICT`, `ON DUPLICATE KEY` or `RETURNING`; an `ON` of a join goes on.
fn until_conflict<'a>(c: &mut Cursor<'a>) -> Cursor<'a> {
    let start = *c;
    loop {
        c.until(&["ON", "RETURNING"]);
        if c.is("ON") && !c.is_at(1, "CONFLICT") && !c.is_at(1, "DUPLICATE") {
            c.next();
            continue;
        }
        return c.since(&start);
    }
}

fn source(mut c: Cursor<'_>, columns: &mut Option<Vec<Ident>>) -> Option<InsertSource> {
    if c.eat_any(&["VALUES", "VALUE"]).is_some() {
        return values(c);
    }
    if c.eat_all(&["DEFAULT", "VALUES"]) {
        return Some(InsertSource::Defaults);
    }
    if c.provider() == Provider::Mysql && c.eat("SET") {
        let assignments = assignments(&mut c)?;
        *columns = Some(assignments.iter().map(|a| a.column.clone()).collect());
        let row = assignments.into_iter().map(|a| a.value).collect();
        return Some(InsertSource::Values { rows: 1, values: vec![row] });
    }
    if c.is_any(&["EXEC", "EXECUTE"]) {
        return Some(InsertSource::Other);
    }
    query::select(c).map(|select| InsertSource::Select(Box::new(select)))
}

fn values(mut c: Cursor<'_>) -> Option<InsertSource> {
    let mut rows = 0;
    let mut values = Vec::new();
    while !c.done() {
        if c.eat("AS") {
            // MySQL's alias for the new row.
            c.rest();
            break;
        }
        c.eat("ROW");
        let mut row = c.group()?;
        rows += 1;
        if rows <= ROWS_KEPT {
            values.push(row.commas().into_iter().map(expr).collect());
        }
        if c.eat_kind(Kind::Comma).is_none() && !c.done() && !c.is("AS") {
            return None;
        }
    }
    (rows > 0).then_some(InsertSource::Values { rows, values })
}

fn changing(source: &InsertSource) -> Vec<Span> {
    match source {
        InsertSource::Values { values, .. } => values
            .iter()
            .flatten()
            .filter(|e| e.nondeterministic || e.volatility == Volatility::Volatile)
            .map(|e| e.span)
            .collect(),
        InsertSource::Select(select) => {
            select.expressions.iter().filter(|e| e.nondeterministic).map(|e| e.span).collect()
        }
        InsertSource::Defaults | InsertSource::Other => Vec::new(),
    }
}

fn update(c: &mut Cursor<'_>) -> Option<Action> {
    if c.eat("OR") {
        conflict_word(c)?;
    }
    while c.eat_any(&["LOW_PRIORITY", "IGNORE", "ONLY"]).is_some() {}
    let mut limit = top(c);
    let targets = from_items(c.until(&["SET"]));
    c.need("SET")?;
    let mut targets = targets.into_iter();
    let mut table = targets.next()?.name?;
    let mut from: Vec<Name> = targets.filter_map(|item| item.name).collect();
    let assignments = assignments(&mut c.until(&["FROM", "WHERE", "ORDER", "LIMIT", "RETURNING", "OUTPUT", "OPTION"]))?;
    if c.eat("OUTPUT") {
        c.until(&["FROM", "WHERE"]);
    }
    if c.eat("FROM") {
        let items = from_items(c.until(&["WHERE", "ORDER", "LIMIT", "RETURNING", "OPTION"]));
        take_tables(&mut table, &mut from, items);
    }
    let (condition, ordered, limited) = narrow(c);
    limit |= limited;
    Some(Action::Update(Box::new(Update { table, assignments, condition, from, limit, ordered })))
}

/// Adds the other tables; where the target is an alias of one of them, as SQL Server writes it, that one is the target.
fn take_tables(table: &mut Name, from: &mut Vec<Name>, items: Vec<FromItem<'_>>) {
    let mut renamed = false;
    for item in items {
        let is_target =
            !renamed && item.alias.as_ref().is_some_and(|alias| *alias == table.object) && !table.is_qualified();
        match item.name {
            Some(name) if is_target => {
                renamed = true;
                *table = name;
            }
            Some(name) => from.push(name),
            None => {}
        }
    }
    if !renamed {
        let own = table.clone();
        let before = from.len();
        let mut kept = false;
        // SQL Server repeats the target in FROM; that narrows nothing by itself.
        from.retain(|name| {
            kept || *name != own || {
                kept = true;
                false
            }
        });
        debug_assert!(from.len() <= before);
    }
}

fn top(c: &mut Cursor<'_>) -> bool {
    if c.provider() != Provider::Sqlserver || !c.eat("TOP") {
        return false;
    }
    if c.group().is_none() {
        c.next();
    }
    c.eat("PERCENT");
    true
}

/// `WHERE … ORDER BY … LIMIT … RETURNING …`.
fn narrow(c: &mut Cursor<'_>) -> (Option<Predicate>, bool, bool) {
    let mut condition = None;
    if c.eat("WHERE") {
        condition = Some(predicate(c.until(&["ORDER", "LIMIT", "RETURNING", "OPTION"])));
    }
    let ordered = c.has_top(&["ORDER"]);
    let limited = c.has_top(&["LIMIT"]);
    c.rest();
    (condition, ordered, limited)
}

/// `a = 1, t.b = 2, (c, d) = (3, 4)`.
fn assignments(c: &mut Cursor<'_>) -> Option<Vec<Assignment>> {
    let mut list = Vec::new();
    for part in c.commas() {
        let mut left = part.until_symbol_of(&["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ":="]);
        let mut right = part;
        for _ in 0..left.len() {
            right.next();
        }
        let operator = right.next()?;
        let compound = right.slice(operator) != "=" && right.slice(operator) != ":=";
        let value = expr(right);
        let mut columns = Vec::new();
        if left.is_kind(Kind::Open) {
            let mut inside = left.group()?;
            for mut column in inside.commas() {
                columns.push(last_part(&mut column)?);
            }
        } else {
            columns.push(last_part(&mut left)?);
        }
        for column in columns {
            let reads_itself = compound || reads_itself(&value.columns, &column, right);
            list.push(Assignment { column, value: value.clone(), reads_itself });
        }
    }
    (!list.is_empty()).then_some(list)
}

fn last_part(c: &mut Cursor<'_>) -> Option<Ident> {
    let mut ident = c.ident()?;
    while c.eat_kind(Kind::Dot).is_some() {
        ident = c.ident()?;
    }
    Some(ident)
}

/// `n = n + 1` reads itself; `n = n` and `n = coalesce(n, 0)` do too, but give the same again.
fn reads_itself(columns: &[Ident], column: &Ident, value: Cursor<'_>) -> bool {
    columns.contains(column)
        && value.len() > 1
        && !value.is_any(&["COALESCE", "IFNULL", "ISNULL", "NULLIF", "LOWER", "UPPER", "TRIM", "BTRIM"])
}

fn delete(c: &mut Cursor<'_>) -> Option<Action> {
    while c.eat_any(&["LOW_PRIORITY", "QUICK", "IGNORE"]).is_some() {}
    let mut limit = top(c);
    let mut tables = Vec::new();
    if c.eat("FROM") {
        c.eat("ONLY");
        tables.push(c.name()?);
        while c.provider() == Provider::Mysql && c.eat_kind(Kind::Comma).is_some() {
            tables.push(c.name()?);
        }
    } else {
        tables = c.names()?;
    }
    c.eat_symbol("*");
    if c.is("WITH") && c.provider() == Provider::Sqlserver {
        c.next();
        c.group()?;
    }
    let own_alias = alias_of_delete(c);
    let mut using = Vec::new();
    if c.eat("OUTPUT") {
        c.until(&["FROM", "WHERE"]);
    }
    while c.eat_any(&["FROM", "USING"]).is_some() {
        let items = from_items(c.until(&["WHERE", "ORDER", "LIMIT", "RETURNING", "OPTION", "USING"]));
        if let [only] = tables.as_mut_slice() {
            take_tables(only, &mut using, items);
        } else {
            using.extend(items.into_iter().filter_map(|item| item.name));
        }
    }
    if own_alias.is_none() && c.is_any(&["JOIN", "INNER", "LEFT"]) {
        using.extend(from_items(c.until(&["WHERE"])).into_iter().filter_map(|item| item.name));
    }
    let (condition, ordered, limited) = narrow(c);
    limit |= limited;
    Some(Action::Delete(Box::new(Delete { tables, condition, using, limit, ordered })))
}

fn alias_of_delete(c: &mut Cursor<'_>) -> Option<Ident> {
    if c.is_any(&["FROM", "USING"]) { None } else { alias(c) }
}

fn merge(c: &mut Cursor<'_>) -> Option<Action> {
    c.need("MERGE")?;
    top(c);
    c.eat("INTO");
    let table = c.name()?;
    let mut made = Merge { table, deletes: false, updates: false, inserts: false };
    c.until(&["USING"]);
    c.need("USING")?;
    let mut rest = c.rest();
    while !rest.done() {
        rest.until(&["THEN"]);
        rest.next();
        made.deletes |= rest.is("DELETE");
        made.updates |= rest.is("UPDATE");
        made.inserts |= rest.is("INSERT");
    }
    Some(Action::Merge(Box::new(made)))
}
