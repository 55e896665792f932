//! Transactions, locks, maintenance, privileges, bulk loading: statements of few words.

use super::cursor::Cursor;
use super::objects::kind;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, Ident, Name, ObjectKind};
use crate::sql::split::is_one_of;

/// By its first word in upper case.
pub(in crate::sql) fn session(c: &mut Cursor<'_>, word: &str) -> Option<Action> {
    let start = *c;
    c.next();
    match word {
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" | "SAVE" => {
            transaction(c, word)
        }
        "TRUNCATE" => truncate(c),
        "LOCK" | "UNLOCK" => lock(c, word),
        "VACUUM" | "OPTIMIZE" | "ANALYZE" | "ANALYSE" | "CLUSTER" | "REINDEX" => maintenance(c, word),
        "REFRESH" => refresh(c),
        "COPY" | "BULK" => copy(c),
        "LOAD" if c.len() > 1 => copy(c),
        "PRAGMA" => pragma(c),
        "GRANT" | "REVOKE" | "DENY" => privileges(c, word),
        "COMMENT" => comment(c),
        "RESET" => {
            let name = if c.eat("ALL") { None } else { Some(setting_name(c)?) };
            Some(Action::Reset { name })
        }
        "DBCC" => {
            // Checks, but for `CHECKIDENT`, which moves an identity.
            let what = c.words(1);
            c.rest();
            Some(Action::AlterObject { kind: ObjectKind::Sequence, name: None, what })
        }
        "IMPORT" | "REASSIGN" | "SECURITY" => {
            let what = start.words(2);
            c.rest();
            Some(Action::AlterObject { kind: ObjectKind::Other, name: None, what })
        }
        "DELIMITER" | "SOURCE" => {
            let command = start.rest_text().to_owned();
            c.rest();
            Some(Action::ClientCommand { command })
        }
        _ => nothing(c, word).map(|what| Action::Nothing { what }),
    }
}

/// Statements without effect on schema or rows.
fn nothing(c: &mut Cursor<'_>, word: &str) -> Option<&'static str> {
    let what = match word {
        "SHOW" => "show",
        "EXPLAIN" if !c.has_top(&["INSERT", "UPDATE", "DELETE", "MERGE", "CREATE"]) => "explain",
        "DESCRIBE" | "DESC" => "describe",
        "LISTEN" | "NOTIFY" | "UNLISTEN" => "notify",
        "CHECKPOINT" => "checkpoint",
        "DECLARE" | "FETCH" | "MOVE" | "CLOSE" => "cursor",
        "LOAD" if c.len() == 1 => "load a library",
        "DISCARD" => "discard",
        "FLUSH" => "flush",
        "USE" if c.len() == 1 => "use",
        "ATTACH" | "DETACH" if c.provider() == Provider::Sqlite => "attach",
        _ => return None,
    };
    c.rest();
    Some(what)
}

fn transaction(c: &mut Cursor<'_>, word: &str) -> Option<Action> {
    let plain = |c: &mut Cursor<'_>| {
        c.eat_any(&["TRANSACTION", "TRAN", "WORK", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"]).is_some()
    };
    match word {
        "BEGIN" | "START" => {
            while plain(c) {}
            // Isolation levels, and SQL Server's name.
            if !c.done()
                && !c.is_any(&["ISOLATION", "READ", "NOT", "DEFERRABLE", "WITH"])
                && c.provider() != Provider::Sqlserver
            {
                return None;
            }
            c.rest();
            Some(Action::Begin)
        }
        "COMMIT" | "END" => {
            plain(c);
            if c.eat("PREPARED") {
                c.string()?;
            }
            c.eat("AND");
            c.eat("NO");
            c.eat("CHAIN");
            if c.provider() == Provider::Sqlserver {
                c.rest();
            }
            Some(Action::Commit)
        }
        "ROLLBACK" | "ABORT" => {
            plain(c);
            if c.eat("TO") {
                c.eat("SAVEPOINT");
                return Some(Action::Rollback { to: Some(c.ident()?) });
            }
            let to = if c.provider() == Provider::Sqlserver { c.ident() } else { None };
            c.eat("AND");
            c.eat("NO");
            c.eat("CHAIN");
            Some(Action::Rollback { to })
        }
        "RELEASE" => {
            c.eat("SAVEPOINT");
            Some(Action::Release { name: c.ident()? })
        }
        _ => {
            plain(c);
            Some(Action::Savepoint { name: c.ident()? })
        }
    }
}

fn truncate(c: &mut Cursor<'_>) -> Option<Action> {
    c.eat("TABLE");
    c.eat("ONLY");
    let mut tables = Vec::new();
    loop {
        c.eat("ONLY");
        tables.push(c.name()?);
        c.eat_symbol("*");
        if c.eat_kind(Kind::Comma).is_none() {
            break;
        }
    }
    if c.eat_any(&["RESTART", "CONTINUE"]).is_some() {
        c.need("IDENTITY")?;
    }
    let cascade = c.cascade();
    if c.provider() == Provider::Sqlserver && c.eat("WITH") {
        c.group()?;
    }
    Some(Action::Truncate { tables, cascade })
}

fn lock(c: &mut Cursor<'_>, word: &str) -> Option<Action> {
    c.eat_any(&["TABLE", "TABLES"]);
    if word == "UNLOCK" {
        return Some(Action::Nothing { what: "unlock tables" });
    }
    if c.eat_all(&["INSTANCE", "FOR", "BACKUP"]) {
        return Some(Action::LockTable {
            tables: Vec::new(),
            mode: Some("INSTANCE FOR BACKUP".to_owned()),
            nowait: false,
        });
    }
    let mut tables = Vec::new();
    let mut mode = None;
    for mut part in c.until(&["IN", "NOWAIT"]).commas() {
        part.eat("ONLY");
        tables.push(part.name()?);
        part.eat_symbol("*");
        if !part.done() {
            part.eat("AS");
            let mut words = part;
            words.until(&["READ", "WRITE", "LOW_PRIORITY"]);
            mode = Some(words.rest_text().to_ascii_uppercase());
        }
    }
    if c.eat("IN") {
        mode = Some(c.until(&["MODE"]).rest_text().to_ascii_uppercase());
        c.need("MODE")?;
    }
    let nowait = c.eat("NOWAIT");
    Some(Action::LockTable { tables, mode, nowait })
}

fn maintenance(c: &mut Cursor<'_>, word: &str) -> Option<Action> {
    match word {
        "CLUSTER" => {
            c.eat("VERBOSE");
            c.group();
            let mut table = if c.done() { None } else { Some(c.name()?) };
            if c.eat("USING") {
                c.name()?;
            } else if c.eat("ON") {
                // The old order: `CLUSTER index ON table`.
                table = Some(c.name()?);
            }
            Some(Action::Cluster { table })
        }
        "REINDEX" => {
            let mut concurrently = false;
            if c.is_kind(Kind::Open) {
                concurrently = c.group()?.has_top(&["CONCURRENTLY"]);
            }
            c.eat_any(&["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"]);
            concurrently |= c.eat("CONCURRENTLY");
            let target = if c.done() { None } else { Some(c.name()?) };
            Some(Action::Reindex { target, concurrently })
        }
        "ANALYZE" | "ANALYSE" => {
            c.group();
            c.eat_any(&["VERBOSE", "LOCAL", "NO_WRITE_TO_BINLOG"]);
            c.eat("TABLE");
            Some(Action::Analyze { tables: tables(c)? })
        }
        _ => {
            let mut full = word == "OPTIMIZE" || c.provider() == Provider::Sqlite;
            if c.is_kind(Kind::Open) {
                full |= c.group()?.has_top(&["FULL"]);
            }
            while c.is_any(&["FULL", "FREEZE", "VERBOSE", "ANALYZE", "LOCAL", "NO_WRITE_TO_BINLOG", "TABLE"]) {
                full |= c.is("FULL");
                c.next();
            }
            let tables = tables(c)?;
            if c.eat("INTO") {
                c.rest();
            }
            Some(Action::Vacuum { tables, full })
        }
    }
}

fn tables(c: &mut Cursor<'_>) -> Option<Vec<Name>> {
    let mut tables = Vec::new();
    while !c.done() && !c.is("INTO") {
        tables.push(c.name()?);
        c.group();
        if c.eat_kind(Kind::Comma).is_none() {
            break;
        }
    }
    Some(tables)
}

fn refresh(c: &mut Cursor<'_>) -> Option<Action> {
    if !c.eat_all(&["MATERIALIZED", "VIEW"]) {
        return None;
    }
    let concurrently = c.eat("CONCURRENTLY");
    let name = c.name()?;
    let with_data = !c.eat_all(&["WITH", "NO", "DATA"]);
    c.eat_all(&["WITH", "DATA"]);
    Some(Action::RefreshView { name, concurrently, with_data })
}

fn copy(c: &mut Cursor<'_>) -> Option<Action> {
    let start = *c;
    if c.is_kind(Kind::Open) {
        c.rest();
        return Some(Action::Copy { table: None, into_table: false });
    }
    if c.eat_any(&["DATA", "XML"]).is_some() {
        c.until(&["INTO"]);
        c.need("INTO")?;
        c.need("TABLE")?;
    } else {
        c.eat("INSERT");
    }
    let table = c.name()?;
    if c.is_kind(Kind::Open) {
        c.group()?;
    }
    let into_table = !c.is("TO") || start.is("DATA");
    c.rest();
    Some(Action::Copy { table: Some(table), into_table })
}

fn pragma(c: &mut Cursor<'_>) -> Option<Action> {
    let name = c.name()?;
    let name = name.object.value.to_ascii_lowercase();
    let value = if c.eat_symbol("=") {
        Some(pragma_value(&c.rest()))
    } else if c.is_kind(Kind::Open) {
        Some(pragma_value(&c.group()?))
    } else {
        None
    };
    Some(Action::Pragma { name, value })
}

fn pragma_value(c: &Cursor<'_>) -> String {
    let text = if c.done() { "" } else { c.rest_text() };
    text.trim_matches(['"', '\'', '`', '[', ']']).to_owned()
}

fn privileges(c: &mut Cursor<'_>, word: &str) -> Option<Action> {
    let option = word == "REVOKE" && c.eat_all(&["GRANT", "OPTION", "FOR"]);
    let mut privileges = Vec::new();
    for part in c.until(&["ON", "TO", "FROM"]).commas() {
        privileges.push(part.rest_text().to_ascii_uppercase());
    }
    let mut objects = Vec::new();
    if c.eat("ON") {
        let mut list = c.until(&["TO", "FROM"]);
        kind(&mut list);
        list.eat_any(&["TABLES", "SEQUENCES", "FUNCTIONS", "OBJECT"]);
        list.eat_symbol("::");
        for mut part in list.commas() {
            objects.extend(part.name());
        }
    }
    c.eat_any(&["TO", "FROM"])?;
    let mut people: Vec<Ident> = Vec::new();
    for mut part in c.until(&["WITH", "CASCADE", "RESTRICT", "GRANTED"]).commas() {
        part.eat("GROUP");
        match part.string() {
            Some((value, span)) => people.push(Ident { value, quoted: true, case_sensitive: true, span }),
            None => people.push(part.ident()?),
        }
    }
    let rest = c.rest();
    let with_grant_option = !option && rest.has_top(&["GRANT"]);
    if word == "GRANT" {
        return Some(Action::Grant { privileges, objects, to: people, with_grant_option });
    }
    Some(Action::Revoke { objects, from: people, cascade: rest.has_top(&["CASCADE"]) })
}

fn comment(c: &mut Cursor<'_>) -> Option<Action> {
    c.need("ON")?;
    let kind = kind(c)?;
    if matches!(kind, ObjectKind::Other | ObjectKind::Operator) {
        c.rest();
        return Some(Action::Comment { kind, name: None, column: None });
    }
    let mut name = c.name()?;
    let mut column = None;
    if kind == ObjectKind::Column {
        // `schema.table.column`: everything moves one place.
        column = Some(name.object.clone());
        let mut parts: Vec<Ident> =
            [name.catalog.take(), name.schema.take().or(name.default_schema.0.take())].into_iter().flatten().collect();
        if parts.is_empty() {
            return None;
        }
        name = super::cursor::name_of(c.provider(), std::mem::take(&mut parts));
    }
    c.until(&["IS"]);
    c.need("IS")?;
    c.rest();
    Some(Action::Comment { kind, name: Some(name), column })
}

/// A setting's name in lower case, with its dots.
pub(in crate::sql) fn setting_name(c: &mut Cursor<'_>) -> Option<String> {
    let first = c.peek()?;
    if is_one_of(c.text(), first, &["TIME"]) && c.is_at(1, "ZONE") {
        c.next();
        c.next();
        return Some("timezone".to_owned());
    }
    let start = *c;
    c.name()?;
    Some(c.since(&start).rest_text().replace(['"', '`'], "").to_ascii_lowercase())
}
