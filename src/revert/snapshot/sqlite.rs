//! SQLite: `sqlite_schema` and the table-valued pragmas; what only the text of `CREATE TABLE` says (checks, collations, computed columns,
//! `AUTOINCREMENT`) is read from that text.

use super::{LEDGER, Snapshot};
use crate::project::Provider;
use crate::revert::throwaway::{Session, SqlFailure};
use crate::shell::single_spaced;
use crate::sql;
use crate::sql::model::{Action, ConstraintKind, CreateTable, Script};

const OBJECTS: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema \
    WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name";
const COLUMNS: &str = "SELECT m.name, c.name, c.type, CAST(c.\"notnull\" AS TEXT), c.dflt_value, CAST(c.pk AS TEXT), CAST(c.hidden AS TEXT) \
    FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";
const KEYS: &str = "SELECT m.name, CAST(f.id AS TEXT), f.\"table\", group_concat(f.\"from\", ', '), group_concat(coalesce(f.\"to\", ''), ', '), f.on_update, f.on_delete \
    FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id, f.\"table\", f.on_update, f.on_delete";
const INDEXES: &str = "SELECT m.name, i.name, CAST(i.\"unique\" AS TEXT), i.origin, \
    (SELECT group_concat(coalesce(x.name, '(expression)') || CASE x.\"desc\" WHEN 1 THEN ' DESC' ELSE '' END || \
      CASE x.coll WHEN 'BINARY' THEN '' ELSE ' COLLATE ' || x.coll END, ', ') FROM pragma_index_xinfo(i.name) x WHERE x.key = 1) \
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table'";

pub(super) fn take(session: &mut dyn Session) -> Result<Snapshot, SqlFailure> {
    let mut snapshot = Snapshot::default();
    for row in session.query(OBJECTS)? {
        let [kind, name, table, text] = fields(row);
        match &*kind {
            _ if table == LEDGER => {}
            "table" => add_table(&mut snapshot, &name, &text),
            "view" => {
                snapshot.put("view", "", &name).insert("definition".to_owned(), single_spaced(&text));
            }
            "trigger" => {
                snapshot.put("trigger", &table, &name).insert("definition".to_owned(), single_spaced(&text));
            }
            "index" => {
                // Conditions and expressions are in the text only.
                let rest = text.split_once('(').map_or("", |(_, rest)| rest);
                if rest.to_ascii_lowercase().contains("where") || rest.trim_end_matches(')').contains('(') {
                    snapshot.put("index", &table, &name).insert("definition".to_owned(), single_spaced(rest));
                }
            }
            _ => {}
        }
    }
    columns(session, &mut snapshot)?;
    for row in session.query(KEYS)? {
        let [table, _, to, from, columns, on_update, on_delete] = fields(row);
        if table != LEDGER {
            let name = format!("({from}) to {to} ({columns})");
            let key = snapshot.put("foreign key", &table, &name);
            key.insert("action on delete".to_owned(), on_delete);
            key.insert("action on update".to_owned(), on_update);
        }
    }
    for row in session.query(INDEXES)? {
        let [table, name, unique, origin, columns] = fields(row);
        match &*origin {
            _ if table == LEDGER => {}
            "c" => {
                let index = snapshot.put("index", &table, &name);
                index.insert("uniqueness".to_owned(), if unique == "1" { "unique" } else { "not unique" }.to_owned());
                index.insert("column list".to_owned(), columns);
            }
            // Its index has a number for a name, which a rebuild changes.
            "u" => {
                snapshot.put("unique key", &table, &format!("({columns})"));
            }
            _ => {}
        }
    }
    Ok(snapshot)
}

fn columns(session: &mut dyn Session, snapshot: &mut Snapshot) -> Result<(), SqlFailure> {
    for row in session.query(COLUMNS)? {
        let [table, name, data_type, not_null, default, key, hidden] = fields(row);
        if table == LEDGER {
            continue;
        }
        let order = snapshot.order.entry(table.clone()).or_default();
        order.push_str(if order.is_empty() { "" } else { ", " });
        order.push_str(&name);
        let column = snapshot.put("column", &table, &name);
        column.insert("type".to_owned(), data_type);
        column.insert("nullability".to_owned(), if not_null == "1" { "NOT NULL" } else { "NULL" }.to_owned());
        if !default.is_empty() {
            column.insert("default".to_owned(), default);
        }
        if key != "0" {
            column.insert("place in the primary key".to_owned(), key);
        }
        if hidden != "0" {
            column.insert(
                "way of being computed".to_owned(),
                if hidden == "3" { "stored" } else { "virtual" }.to_owned(),
            );
        }
    }
    Ok(())
}

/// What the pragmas do not tell.
fn add_table(snapshot: &mut Snapshot, name: &str, text: &str) {
    snapshot.put("table", "", name);
    let Ok(script) = sql::read(Provider::Sqlite, text.as_bytes()) else { return };
    let create = script.operations().find_map(|(_, operation)| match &operation.action {
        Action::CreateTable(create) => Some(create),
        _ => None,
    });
    let Some(create) = create else {
        // A virtual table, or one that we do not read: its text is all there is to compare.
        snapshot.put("table", "", name).insert("definition".to_owned(), single_spaced(text));
        return;
    };
    let table = snapshot.put("table", "", name);
    if create.strict {
        table.insert("mode".to_owned(), "STRICT".to_owned());
    }
    if create.without_rowid {
        table.insert("row id".to_owned(), "WITHOUT ROWID".to_owned());
    }
    add_from_text(snapshot, name, &script, create);
}

fn add_from_text(snapshot: &mut Snapshot, name: &str, script: &Script, create: &CreateTable) {
    let inside = create.columns.iter().flat_map(|column| &column.constraints);
    for check in inside.chain(&create.constraints).filter(|constraint| constraint.kind == ConstraintKind::Check) {
        let text = check.expr.as_ref().map_or(check.span, |expr| expr.span);
        snapshot.put("check", name, &single_spaced(script.slice(text)));
    }
    for column in &create.columns {
        let found = snapshot.put("column", name, &column.name.value);
        if column.identity {
            found.insert("AUTOINCREMENT".to_owned(), "on".to_owned());
        }
        if let Some(generated) = &column.generated {
            found.insert("expression".to_owned(), single_spaced(script.slice(generated.expr.span)));
        }
        let words: Vec<&str> = script.slice(column.span).split_whitespace().collect();
        if let Some(at) = words.iter().position(|word| word.eq_ignore_ascii_case("COLLATE")) {
            let collation = words.get(at + 1).map_or(String::new(), |word| word.trim_matches('"').to_ascii_uppercase());
            found.insert("collation".to_owned(), collation);
        }
    }
}

fn fields<const N: usize>(row: Vec<Option<String>>) -> [String; N] {
    let mut cells = row.into_iter();
    std::array::from_fn(|_| cells.next().flatten().unwrap_or_default())
}
