//! `CREATE`, `DROP` and `ALTER`: which family it is, and objects without a family of their own.

use super::Out;
use super::alter_table::alter_table;
use super::create_table::create_table;
use super::cursor::Cursor;
use super::{index, routines, types};
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{Action, Name, ObjectKind, SetScope};

/// `CREATE …`.
pub(in crate::sql) fn create(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let start = *c;
    let span = c.span();
    c.next();
    let mut or_replace = c.eat_all(&["OR", "REPLACE"]) || c.eat_all(&["OR", "ALTER"]);
    routines::definer(c)?;
    let (mut temporary, mut unlogged, mut materialized) = (false, false, false);
    loop {
        if c.eat_any(&["TEMP", "TEMPORARY"]).is_some() {
            temporary = true;
        } else if c.eat("UNLOGGED") {
            unlogged = true;
        } else if c.eat("MATERIALIZED") {
            materialized = true;
        } else if c.eat_any(&["LOCAL", "GLOBAL", "RECURSIVE", "DEFAULT"]).is_none() {
            break;
        }
    }
    let action = if c.eat("TABLE") {
        create_table(c, or_replace, temporary, unlogged)?
    } else if c.is_any(&["UNIQUE", "FULLTEXT", "SPATIAL", "CLUSTERED", "NONCLUSTERED", "COLUMNSTORE", "INDEX"]) {
        if c.is_all(&["FULLTEXT", "CATALOG"])
            || c.is_all(&["FULLTEXT", "STOPLIST"])
            || (c.is_all(&["FULLTEXT", "INDEX", "ON"]))
        {
            generic_create(c, or_replace)?
        } else {
            let prefix = index::prefix(c);
            c.need("INDEX")?;
            let made = index::create_index(c, prefix, &start)?;
            let (algorithm, lock) = index::online_clauses(start);
            if let Action::CreateIndex(index) = &made
                && c.provider() == Provider::Mysql
            {
                online(out, &index.table, algorithm, lock, span, made.clone());
                return Some(());
            }
            made
        }
    } else if c.eat("VIEW") {
        or_replace |= c.if_not_exists();
        routines::create_view(c, or_replace, materialized)?
    } else if c.eat("TYPE") {
        types::create_type(c)?
    } else if c.eat("DOMAIN") {
        types::create_domain(c)?
    } else if c.is_any(&["FUNCTION", "PROCEDURE", "PROC", "AGGREGATE"]) {
        routines::create_routine(c, or_replace)?
    } else if c.is("TRIGGER") || c.is_all(&["CONSTRAINT", "TRIGGER"]) {
        routines::create_trigger(c, or_replace)?
    } else {
        generic_create(c, or_replace)?
    };
    out.push(action, span);
    Some(())
}

/// MySQL's `ALGORITHM=` and `LOCK=` behind an index statement, as for `ALTER TABLE`.
fn online(
    out: &mut Out,
    table: &Name,
    algorithm: Option<String>,
    lock: Option<String>,
    span: crate::sql::model::Span,
    made: Action,
) {
    use crate::sql::model::TableOption;
    out.push(made, span);
    if let Some(text) = algorithm {
        out.push(Action::TableOption { table: table.clone(), option: TableOption::Algorithm(text) }, span);
    }
    if let Some(text) = lock {
        out.push(Action::TableOption { table: table.clone(), option: TableOption::Lock(text) }, span);
    }
}

/// Kinds by their keywords, longest first.
const KINDS: &[(&[&str], ObjectKind)] = &[
    (&["MATERIALIZED", "VIEW"], ObjectKind::MaterializedView),
    (&["EVENT", "TRIGGER"], ObjectKind::EventTrigger),
    (&["FOREIGN", "TABLE"], ObjectKind::ForeignTable),
    (&["VIRTUAL", "TABLE"], ObjectKind::Table),
    (&["FOREIGN", "DATA", "WRAPPER"], ObjectKind::Other),
    (&["TEXT", "SEARCH", "CONFIGURATION"], ObjectKind::TextSearch),
    (&["TEXT", "SEARCH", "DICTIONARY"], ObjectKind::TextSearch),
    (&["TEXT", "SEARCH", "PARSER"], ObjectKind::TextSearch),
    (&["TEXT", "SEARCH", "TEMPLATE"], ObjectKind::TextSearch),
    (&["TRUSTED", "LANGUAGE"], ObjectKind::Language),
    (&["PROCEDURAL", "LANGUAGE"], ObjectKind::Language),
    (&["USER", "MAPPING"], ObjectKind::Other),
    (&["OPERATOR", "CLASS"], ObjectKind::Operator),
    (&["OPERATOR", "FAMILY"], ObjectKind::Operator),
    (&["ACCESS", "METHOD"], ObjectKind::Other),
    (&["FULLTEXT", "CATALOG"], ObjectKind::FulltextCatalog),
    (&["FULLTEXT", "STOPLIST"], ObjectKind::FulltextCatalog),
    (&["FULLTEXT", "INDEX"], ObjectKind::FulltextCatalog),
    (&["PARTITION", "FUNCTION"], ObjectKind::Other),
    (&["PARTITION", "SCHEME"], ObjectKind::Other),
    (&["SECURITY", "POLICY"], ObjectKind::Policy),
    (&["AGGREGATE"], ObjectKind::Aggregate),
    (&["CAST"], ObjectKind::Other),
    (&["COLLATION"], ObjectKind::Collation),
    (&["COLUMN"], ObjectKind::Column),
    (&["CONSTRAINT"], ObjectKind::Constraint),
    (&["CONVERSION"], ObjectKind::Other),
    (&["DATABASE"], ObjectKind::Database),
    (&["DOMAIN"], ObjectKind::Domain),
    (&["EVENT"], ObjectKind::Event),
    (&["EXTENSION"], ObjectKind::Extension),
    (&["FUNCTION"], ObjectKind::Function),
    (&["GROUP"], ObjectKind::Role),
    (&["INDEX"], ObjectKind::Index),
    (&["LANGUAGE"], ObjectKind::Language),
    (&["LOGIN"], ObjectKind::User),
    (&["OPERATOR"], ObjectKind::Operator),
    (&["POLICY"], ObjectKind::Policy),
    (&["PROCEDURE"], ObjectKind::Procedure),
    (&["PROC"], ObjectKind::Procedure),
    (&["PUBLICATION"], ObjectKind::Publication),
    (&["ROLE"], ObjectKind::Role),
    (&["ROUTINE"], ObjectKind::Function),
    (&["RULE"], ObjectKind::Rule),
    (&["SCHEMA"], ObjectKind::Schema),
    (&["SEQUENCE"], ObjectKind::Sequence),
    (&["SERVER"], ObjectKind::Server),
    (&["STATISTICS"], ObjectKind::Statistics),
    (&["SUBSCRIPTION"], ObjectKind::Subscription),
    (&["SYNONYM"], ObjectKind::Synonym),
    (&["TABLE"], ObjectKind::Table),
    (&["TABLESPACE"], ObjectKind::Tablespace),
    (&["TRANSFORM"], ObjectKind::Other),
    (&["TRIGGER"], ObjectKind::Trigger),
    (&["TYPE"], ObjectKind::Type),
    (&["USER"], ObjectKind::User),
    (&["VIEW"], ObjectKind::View),
];

/// Reads the keywords of a kind.
pub(in crate::sql) fn kind(c: &mut Cursor<'_>) -> Option<ObjectKind> {
    KINDS.iter().find(|(words, _)| c.eat_all(words)).map(|(_, kind)| *kind)
}

fn generic_create(c: &mut Cursor<'_>, or_replace: bool) -> Option<Action> {
    let kind = kind(c)?;
    let if_not_exists = c.if_not_exists();
    let name = if kind == ObjectKind::Schema && c.is("AUTHORIZATION") {
        c.next();
        c.name()?
    } else if matches!(kind, ObjectKind::Operator | ObjectKind::Other) || c.is("FOR") || c.is("ON") {
        super::cursor::name_of(c.provider(), Vec::new())
    } else {
        user_name(c)?
    };
    let table = if matches!(kind, ObjectKind::Policy | ObjectKind::Rule | ObjectKind::Statistics) {
        let mut ahead = *c;
        ahead.until(&["ON", "TO"]);
        if ahead.eat_any(&["ON", "TO"]).is_some() { ahead.name() } else { None }
    } else {
        None
    };
    c.rest();
    Some(Action::CreateObject { kind, name, or_replace, if_not_exists, table })
}

/// A name, or MySQL's `'user'@'host'`.
fn user_name(c: &mut Cursor<'_>) -> Option<Name> {
    if let Some((value, span)) = c.string() {
        let ident = crate::sql::model::Ident { value, quoted: true, case_sensitive: true, span };
        return Some(Name::bare(ident));
    }
    c.name()
}

/// `DROP …`.
pub(in crate::sql) fn drop(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let start = *c;
    let span = c.span();
    c.next();
    let temporary = c.eat_any(&["TEMPORARY", "TEMP"]).is_some();
    let action = if c.eat("TABLE") || c.eat_all(&["FOREIGN", "TABLE"]) {
        let if_exists = c.if_exists();
        let names = c.names()?;
        let cascade = c.cascade();
        Action::DropTable { names, if_exists, cascade, temporary }
    } else if c.eat("INDEX") {
        let made = index::drop_index(c)?;
        if let Action::DropIndex { table: Some(table), .. } = &made
            && c.provider() == Provider::Mysql
        {
            let (algorithm, lock) = index::online_clauses(start);
            online(out, &table.clone(), algorithm, lock, span, made);
            return Some(());
        }
        made
    } else if c.eat("TYPE") || c.eat("DOMAIN") {
        let if_exists = c.if_exists();
        let names = c.names()?;
        let cascade = c.cascade();
        Action::DropType { names, if_exists, cascade }
    } else if c.eat_all(&["OWNED", "BY"]) {
        c.rest();
        Action::DropObject { kind: ObjectKind::Other, names: Vec::new(), if_exists: false, cascade: true, table: None }
    } else {
        generic_drop(c)?
    };
    out.push(action, span);
    Some(())
}

fn generic_drop(c: &mut Cursor<'_>) -> Option<Action> {
    let kind = kind(c)?;
    let if_exists = c.if_exists();
    let mut names = Vec::new();
    if !matches!(kind, ObjectKind::Operator | ObjectKind::Other) && !c.is("FOR") {
        loop {
            names.push(user_name(c)?);
            if c.is_kind(Kind::Open) {
                c.group()?;
            }
            if c.eat_kind(Kind::Comma).is_none() {
                break;
            }
        }
    }
    let table = if c.eat("ON") { c.name() } else { None };
    let cascade = c.has_top(&["CASCADE"]);
    c.rest();
    Some(Action::DropObject { kind, names, if_exists, cascade, table })
}

/// `ALTER …`.
pub(in crate::sql) fn alter(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let span = c.span();
    c.next();
    if c.eat_any(&["ONLINE", "OFFLINE", "IGNORE"]).is_some() || c.is("TABLE") || c.is_all(&["FOREIGN", "TABLE"]) {
        c.eat("FOREIGN");
        c.need("TABLE")?;
        return alter_table(c, out);
    }
    routines::definer(c)?;
    let action = if c.eat("INDEX") {
        index::alter_index(c)?
    } else if c.eat("TYPE") {
        types::alter_type(c)?
    } else if c.eat("DOMAIN") {
        types::alter_domain(c)?
    } else if c.eat_all(&["DEFAULT", "PRIVILEGES"]) {
        c.rest();
        Action::AlterObject { kind: ObjectKind::Role, name: None, what: "default privileges".to_owned() }
    } else if c.eat("SYSTEM") {
        let name = if c.eat("SET") { c.name().map(|n| n.to_string()).unwrap_or_default() } else { String::new() };
        c.rest();
        Action::Set { name, value: String::new(), scope: SetScope::Global }
    } else if c.provider() == Provider::Sqlserver && c.eat("SCHEMA") {
        let to = c.ident()?;
        c.need("TRANSFER")?;
        if c.eat_any(&["OBJECT", "TYPE"]).is_some() {
            c.eat_symbol("::");
        }
        Action::SetSchema { kind: ObjectKind::Table, name: c.name()?, to }
    } else if c.provider() == Provider::Sqlserver && c.is_any(&["VIEW", "PROC", "PROCEDURE", "FUNCTION", "TRIGGER"]) {
        if c.eat("VIEW") {
            routines::create_view(c, true, false)?
        } else if c.is("TRIGGER") {
            routines::create_trigger(c, true)?
        } else {
            routines::create_routine(c, true)?
        }
    } else {
        generic_alter(c)?
    };
    out.push(action, span);
    Some(())
}

fn generic_alter(c: &mut Cursor<'_>) -> Option<Action> {
    let kind = kind(c)?;
    c.if_exists();
    let mut name = user_name(c)?;
    if c.is_kind(Kind::Open) {
        c.group()?;
    }
    let table = if matches!(kind, ObjectKind::Policy | ObjectKind::Trigger | ObjectKind::Rule) && c.eat("ON") {
        c.name()
    } else {
        None
    };
    if c.eat_all(&["RENAME", "TO"]) {
        let to = c.ident()?;
        if matches!(kind, ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable) {
            let mut new = Name::bare(to);
            new.schema.clone_from(&name.schema);
            return Some(Action::RenameTable { table: name, to: new });
        }
        return Some(Action::RenameObject { kind, name, to });
    }
    if c.eat_all(&["SET", "SCHEMA"]) {
        return Some(Action::SetSchema { kind, name, to: c.ident()? });
    }
    if matches!(kind, ObjectKind::View | ObjectKind::MaterializedView) && c.is("RENAME") && c.is_at(1, "COLUMN") {
        c.next();
        c.next();
        let column = c.ident()?;
        c.need("TO")?;
        return Some(Action::RenameColumn { table: name, column, to: c.ident()? });
    }
    if matches!(kind, ObjectKind::Database | ObjectKind::Role | ObjectKind::User)
        && c.is("SET")
        && c.provider() == Provider::Postgresql
    {
        c.next();
        let setting = c.name()?.to_string();
        let value = c.rest().rest_text().to_owned();
        return Some(Action::Set { name: setting, value, scope: SetScope::Global });
    }
    let what = c.words(3);
    c.rest();
    if let Some(table) = table {
        // Policies and triggers hang on a table: its schema is theirs.
        name.schema.clone_from(&table.schema);
    }
    Some(Action::AlterObject { kind, name: Some(name), what })
}
