//! Settings of a table inside `ALTER TABLE`.

use super::Out;
use super::cursor::Cursor;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, Name, TableOption};

/// One clause, to its end.
pub(in crate::sql) fn table_option(c: &mut Cursor<'_>) -> Option<TableOption> {
    if c.provider() == Provider::Mysql { mysql(c) } else { postgres(c) }
}

fn postgres(c: &mut Cursor<'_>) -> Option<TableOption> {
    if c.eat_all(&["SET", "LOGGED"]) {
        return Some(TableOption::Logged(true));
    }
    if c.eat_all(&["SET", "UNLOGGED"]) {
        return Some(TableOption::Logged(false));
    }
    if c.eat_all(&["SET", "TABLESPACE"]) {
        let name = c.ident()?;
        c.eat("NOWAIT");
        return Some(TableOption::Tablespace(name));
    }
    if c.eat_all(&["SET", "ACCESS", "METHOD"]) {
        return Some(TableOption::AccessMethod(c.ident()?));
    }
    if c.eat_all(&["CLUSTER", "ON"]) {
        c.ident()?;
        return Some(TableOption::ClusterOn(true));
    }
    if c.eat_all(&["SET", "WITHOUT"]) {
        c.eat_any(&["CLUSTER", "OIDS"])?;
        return Some(TableOption::ClusterOn(false));
    }
    if c.eat_all(&["REPLICA", "IDENTITY"]) {
        let text = c.rest().rest_text().to_ascii_uppercase();
        return Some(TableOption::ReplicaIdentity(text));
    }
    if c.eat_all(&["OWNER", "TO"]) {
        c.ident()?;
        return Some(TableOption::Owner);
    }
    if c.eat_all(&["NO", "INHERIT"]) {
        c.name()?;
        return Some(TableOption::Inherit(false));
    }
    if c.eat("INHERIT") {
        c.name()?;
        return Some(TableOption::Inherit(true));
    }
    if c.is_any(&["SET", "RESET"]) && c.look(1).is_some_and(|t| t.kind == Kind::Open) {
        c.next();
        return Some(TableOption::Parameters(parameters(c.group()?)));
    }
    if c.eat("OF") || c.eat_all(&["NOT", "OF"]) || c.eat("OPTIONS") {
        let what = c.words(2);
        c.rest();
        return Some(TableOption::Other(what));
    }
    None
}

fn parameters(mut c: Cursor<'_>) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for part in c.commas() {
        let name = part.until_symbol("=");
        let mut value = part;
        for _ in 0..name.len() {
            value.next();
        }
        value.eat_symbol("=");
        list.push((text_of(&name).to_ascii_lowercase(), text_of(&value).trim_matches('\'').to_owned()));
    }
    list
}

fn text_of<'a>(c: &Cursor<'a>) -> &'a str {
    if c.done() { "" } else { c.rest_text() }
}

fn mysql(c: &mut Cursor<'_>) -> Option<TableOption> {
    if c.eat_any(&["ENABLE", "DISABLE"]).is_some() {
        let on = c.behind().is_some_and(|t| c.slice(t).eq_ignore_ascii_case("ENABLE"));
        c.need("KEYS")?;
        return Some(TableOption::Keys(on));
    }
    if c.eat("CONVERT") {
        c.need("TO")?;
        return charset(c, true);
    }
    if c.is("FORCE") {
        c.next();
        return Some(TableOption::Rewrite("FORCE".to_owned()));
    }
    if c.eat_all(&["ORDER", "BY"]) {
        c.rest();
        return Some(TableOption::Rewrite("ORDER BY".to_owned()));
    }
    if c.is("DEFAULT") || c.is_any(&["CHARACTER", "CHARSET", "COLLATE"]) {
        c.eat("DEFAULT");
        return charset(c, false);
    }
    if c.eat_any(&["DISCARD", "IMPORT"]).is_some() {
        c.need("TABLESPACE")?;
        return Some(TableOption::Rewrite("TABLESPACE".to_owned()));
    }
    if c.eat("WITH") || c.eat("WITHOUT") {
        c.need("VALIDATION")?;
        return Some(TableOption::Other("validation".to_owned()));
    }
    let mut result = None;
    // `name [=] value` several times without commas.
    while !c.done() {
        let name = c.next()?;
        let name = c.slice(name).to_ascii_uppercase();
        c.eat_symbol("=");
        let value = if c.is_kind(Kind::Open) {
            c.group()?;
            String::new()
        } else {
            let token = c.next()?;
            c.slice(token).to_owned()
        };
        let option = match name.as_str() {
            "ALGORITHM" => TableOption::Algorithm(value.to_ascii_uppercase()),
            "LOCK" => TableOption::Lock(value.to_ascii_uppercase()),
            "ENGINE" => TableOption::Engine(value),
            "AUTO_INCREMENT" => TableOption::AutoIncrement,
            "COMMENT" => TableOption::Comment,
            "ROW_FORMAT" | "KEY_BLOCK_SIZE" | "ENCRYPTION" | "TABLESPACE" | "PAGE_COMPRESSED" => {
                TableOption::Rewrite(name)
            }
            "STATS_PERSISTENT" | "STATS_AUTO_RECALC" | "STATS_SAMPLE_PAGES" | "MAX_ROWS" | "MIN_ROWS"
            | "AVG_ROW_LENGTH" | "PACK_KEYS" | "CHECKSUM" | "DELAY_KEY_WRITE" | "INSERT_METHOD" | "AUTOEXTEND_SIZE" => {
                TableOption::Other(name.to_ascii_lowercase())
            }
            _ => return None,
        };
        result = Some(option);
    }
    result
}

/// `CHARACTER SET x [COLLATE y]`.
fn charset(c: &mut Cursor<'_>, converts: bool) -> Option<TableOption> {
    let (mut charset, mut collation) = (None, None);
    while !c.done() {
        c.eat("DEFAULT");
        let slot = if c.eat_all(&["CHARACTER", "SET"]) || c.eat("CHARSET") {
            &mut charset
        } else if c.eat("COLLATE") {
            &mut collation
        } else {
            return None;
        };
        c.eat_symbol("=");
        *slot = Some(match c.string() {
            Some((text, _)) => text,
            None => c.ident()?.value,
        });
    }
    Some(TableOption::CharacterSet { charset, collation, converts })
}

/// MySQL's partition clauses, which use commas inside. `Some(false)`: none.
pub(in crate::sql) fn mysql_partitions(c: &mut Cursor<'_>, table: &Name, out: &mut Out) -> Option<bool> {
    let span = c.span();
    let own = table.clone();
    let drops = c.is_all(&["DROP", "PARTITION"]) || c.is_all(&["TRUNCATE", "PARTITION"]);
    if drops {
        c.next();
        c.next();
        c.if_exists();
        let mut partitions = Vec::new();
        for mut part in c.commas() {
            partitions.push(part.ident()?);
        }
        out.push(Action::DropPartition { table: own, partitions }, span);
        return Some(true);
    }
    let changes = c.is_all(&["PARTITION", "BY"])
        || [
            "ADD",
            "REORGANIZE",
            "COALESCE",
            "EXCHANGE",
            "ANALYZE",
            "CHECK",
            "OPTIMIZE",
            "REBUILD",
            "REPAIR",
            "DISCARD",
            "IMPORT",
        ]
        .iter()
        .any(|w| c.is_all(&[w, "PARTITION"]))
        || c.is_all(&["REMOVE", "PARTITIONING"]);
    if changes {
        let option = TableOption::Partitioning(c.words(2));
        c.rest();
        out.push(Action::TableOption { table: own, option }, span);
    }
    Some(changes)
}
