//! Indexes.

use super::cursor::Cursor;
use super::expr::predicate;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, CreateIndex, Ident, IndexColumn, Name, Predicate, Span, SpecialIndex};

fn blank(name: Option<Name>, table: Name) -> CreateIndex {
    CreateIndex {
        name,
        table,
        span: Span::default(),
        unique: false,
        concurrently: false,
        if_not_exists: false,
        only: false,
        columns: Vec::new(),
        include: Vec::new(),
        condition: None,
        method: None,
        special: None,
        clustered: None,
        online: None,
        resumable: false,
    }
}

/// What stands between `CREATE` and `INDEX`.
#[derive(Default, Clone, Copy)]
pub(in crate::sql) struct Prefix {
    pub unique: bool,
    pub special: Option<SpecialIndex>,
    pub clustered: Option<bool>,
}

/// Reads `UNIQUE`, `FULLTEXT`, `SPATIAL`, `CLUSTERED`, `NONCLUSTERED`, `COLUMNSTORE`.
pub(in crate::sql) fn prefix(c: &mut Cursor<'_>) -> Prefix {
    let mut found = Prefix::default();
    loop {
        if c.eat("UNIQUE") {
            found.unique = true;
        } else if c.eat("FULLTEXT") {
            found.special = Some(SpecialIndex::FullText);
        } else if c.eat("SPATIAL") {
            found.special = Some(SpecialIndex::Spatial);
        } else if c.eat("CLUSTERED") {
            found.clustered = Some(true);
        } else if c.eat("NONCLUSTERED") {
            found.clustered = Some(false);
        } else if c.eat_any(&["COLUMNSTORE", "ONLINE", "OFFLINE"]).is_none() {
            return found;
        }
    }
}

/// Behind `CREATE … INDEX`.
pub(in crate::sql) fn create_index(c: &mut Cursor<'_>, prefix: Prefix, start: &Cursor<'_>) -> Option<Action> {
    let concurrently = c.eat("CONCURRENTLY");
    let if_not_exists = c.if_not_exists();
    let name = if c.is("ON") { None } else { Some(c.name()?) };
    let mut method = using(c)?;
    c.need("ON")?;
    let only = c.eat("ONLY");
    let table = c.name()?;
    let mut index = blank(name, table);
    if method.is_none() {
        method = using(c)?;
    }
    index.method = method;
    index.concurrently = concurrently;
    index.if_not_exists = if_not_exists;
    index.only = only;
    apply(&mut index, prefix);
    if c.is_kind(Kind::Open) {
        index.columns = key_parts(c)?;
    }
    while !c.done() {
        option(c, &mut index)?;
    }
    index.span = c.span_since(start);
    Some(Action::CreateIndex(Box::new(index)))
}

fn apply(index: &mut CreateIndex, prefix: Prefix) {
    index.unique = prefix.unique;
    index.special = prefix.special;
    index.clustered = prefix.clustered;
}

fn using(c: &mut Cursor<'_>) -> Option<Option<String>> {
    if !c.eat("USING") {
        return Some(None);
    }
    Some(Some(c.ident()?.value.to_ascii_lowercase()))
}

fn option(c: &mut Cursor<'_>, index: &mut CreateIndex) -> Option<()> {
    if c.eat("INCLUDE") {
        index.include = c.ident_list()?;
    } else if c.eat("WHERE") {
        index.condition = Some(condition(c));
    } else if c.eat("WITH") {
        if c.is_kind(Kind::Open) {
            with_options(c.group()?, index);
        } else {
            // MySQL: `WITH PARSER x`.
            c.need("PARSER")?;
            c.ident()?;
        }
    } else if c.eat_all(&["NULLS", "NOT", "DISTINCT"]) || c.eat_all(&["NULLS", "DISTINCT"]) {
    } else if c.eat("TABLESPACE") {
        c.ident()?;
    } else if c.provider() == Provider::Sqlserver && c.eat_any(&["ON", "FILESTREAM_ON"]).is_some() {
        c.ident()?;
        c.group();
    } else if c.provider() == Provider::Mysql {
        return mysql_option(c, index);
    } else {
        return None;
    }
    Some(())
}

fn mysql_option(c: &mut Cursor<'_>, index: &mut CreateIndex) -> Option<()> {
    if let Some(method) = using(c)? {
        index.method = Some(method);
    } else if c.eat_any(&["ALGORITHM", "LOCK", "KEY_BLOCK_SIZE"]).is_some() {
        c.eat_symbol("=");
        c.next()?;
    } else if c.eat("COMMENT") {
        c.string()?;
    } else if c.eat_any(&["VISIBLE", "INVISIBLE", "IGNORED"]).is_none() {
        return None;
    }
    Some(())
}

/// MySQL `ALGORITHM=` and `LOCK=` behind `CREATE INDEX` or `DROP INDEX`, upper case.
pub(in crate::sql) fn online_clauses(mut c: Cursor<'_>) -> (Option<String>, Option<String>) {
    let (mut algorithm, mut lock) = (None, None);
    while let Some(token) = c.skip() {
        let word = c.slice(token);
        let slot = if word.eq_ignore_ascii_case("ALGORITHM") {
            &mut algorithm
        } else if word.eq_ignore_ascii_case("LOCK") {
            &mut lock
        } else {
            continue;
        };
        c.eat_symbol("=");
        *slot = c.next().map(|t| c.slice(t).to_ascii_uppercase());
    }
    (algorithm, lock)
}

fn condition(c: &mut Cursor<'_>) -> Predicate {
    predicate(c.until(&["WITH", "TABLESPACE", "ON"]))
}

fn with_options(mut c: Cursor<'_>, index: &mut CreateIndex) {
    for mut part in c.commas() {
        let online = part.eat("ONLINE");
        let resumable = !online && part.eat("RESUMABLE");
        part.eat_symbol("=");
        let on = part.is("ON");
        if online {
            index.online = Some(on);
        }
        index.resumable |= resumable && on;
    }
}

/// `(a, lower(b) DESC, c(10))`.
fn key_parts(c: &mut Cursor<'_>) -> Option<Vec<IndexColumn>> {
    let mut inside = c.group()?;
    let mut parts = Vec::new();
    for mut part in inside.commas() {
        let span = part.span();
        let mut column = None;
        let mut prefix = None;
        let mut ahead = part;
        if let Some(ident) = ahead.ident() {
            let call = ahead.is_kind(Kind::Open);
            if call && ahead.provider() == Provider::Mysql {
                let mut length = ahead.group()?;
                if let Some(number) = length.eat_kind(Kind::Number)
                    && length.done()
                {
                    prefix = length.slice(number).parse().ok();
                    column = Some(ident);
                }
            } else if !call
                && !ahead.is_kind(Kind::Dot)
                && (ahead.done() || ahead.peek().is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Quoted)))
            {
                column = Some(ident);
            }
        }
        part.rest();
        parts.push(IndexColumn { column, span, prefix });
    }
    Some(parts)
}

/// An index written inside `CREATE TABLE`, or behind `ADD` in MySQL. `Some(None)`: no index begins here.
pub(in crate::sql) fn inline_index(c: &mut Cursor<'_>, table: &Name) -> Option<Option<CreateIndex>> {
    let start = *c;
    let provider = c.provider();
    let mysql = provider == Provider::Mysql && c.is_any(&["INDEX", "KEY", "FULLTEXT", "SPATIAL", "UNIQUE"]);
    let sqlserver = provider == Provider::Sqlserver && c.is("INDEX");
    if !mysql && !sqlserver {
        return Some(None);
    }
    let found = prefix(c);
    c.eat_any(&["INDEX", "KEY"]);
    let if_not_exists = c.if_not_exists();
    let mut index = blank(None, table.clone());
    if !c.is_kind(Kind::Open) && !c.is("USING") {
        index.name = Some(Name::bare(c.ident()?));
    }
    apply(&mut index, found);
    index.if_not_exists = if_not_exists;
    let late = prefix(c);
    index.unique |= late.unique;
    index.clustered = index.clustered.or(late.clustered);
    index.method = using(c)?;
    index.columns = key_parts(c)?;
    while !c.done() {
        option(c, &mut index)?;
    }
    index.span = c.span_since(&start);
    Some(Some(index))
}

/// Behind `DROP INDEX`.
pub(in crate::sql) fn drop_index(c: &mut Cursor<'_>) -> Option<Action> {
    let concurrently = c.eat("CONCURRENTLY");
    let if_exists = c.if_exists();
    let mut names = Vec::new();
    let mut table = None;
    loop {
        let mut name = c.name()?;
        if c.eat("ON") {
            table = Some(c.name()?);
        } else if c.provider() == Provider::Sqlserver {
            // The old form `table.index`.
            if let Some(schema) = name.schema.take() {
                table = Some(Name::bare(Ident { ..schema }));
            }
        }
        names.push(name);
        if c.eat_kind(Kind::Comma).is_none() {
            break;
        }
    }
    let cascade = c.cascade();
    while !c.done() {
        if c.provider() == Provider::Mysql && c.eat_any(&["ALGORITHM", "LOCK"]).is_some() {
            c.eat_symbol("=");
            c.next()?;
        } else if c.eat("WITH") {
            c.group()?;
        } else {
            return None;
        }
    }
    Some(Action::DropIndex { names, table, if_exists, concurrently, cascade })
}

/// Behind `ALTER INDEX`.
pub(in crate::sql) fn alter_index(c: &mut Cursor<'_>) -> Option<Action> {
    if c.eat("ALL") {
        c.need("ON")?;
        let table = c.name()?;
        return alter_index_of(c, table.clone(), Some(table));
    }
    c.if_exists();
    let index = c.name()?;
    let table = if c.eat("ON") { Some(c.name()?) } else { None };
    alter_index_of(c, index, table)
}

fn alter_index_of(c: &mut Cursor<'_>, index: Name, table: Option<Name>) -> Option<Action> {
    use crate::sql::model::ObjectKind;
    if c.eat_all(&["RENAME", "TO"]) {
        let to = c.ident()?;
        return c.done().then_some(Action::RenameIndex { table, index, to });
    }
    if c.eat_all(&["ATTACH", "PARTITION"]) {
        let partition = c.name()?;
        return c.done().then_some(Action::AttachIndex { index, partition });
    }
    if c.is("REBUILD") {
        let online = c.rest_text().to_ascii_uppercase();
        let concurrently =
            online.contains("ONLINE") && online.contains("ON)") || online.replace(' ', "").contains("ONLINE=ON");
        c.rest();
        return Some(Action::Reindex { target: table.or(Some(index)), concurrently });
    }
    if c.is_any(&["SET", "RESET", "DEPENDS", "NO", "ALTER", "DISABLE", "REORGANIZE", "RESUME", "PAUSE", "ABORT"]) {
        let what = c.words(3);
        c.rest();
        return Some(Action::AlterObject { kind: ObjectKind::Index, name: Some(index), what });
    }
    None
}
