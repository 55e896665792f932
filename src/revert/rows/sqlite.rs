//! SQLite's tables: types by the words that Prisma writes, else by SQLite's affinity rules (`sqlite.org/datatype3.html` §3.1).

use std::collections::BTreeMap;

use super::{ColumnShape, Foreign, Kind, Shape};
use crate::revert::snapshot::LEDGER;
use crate::revert::throwaway::{Session, SqlFailure};

const COLUMNS: &str = "SELECT m.name, c.name, c.type, CAST(c.\"notnull\" AS TEXT), CAST(c.dflt_value IS NOT NULL AS TEXT), CAST(c.pk AS TEXT), CAST(c.hidden AS TEXT), CAST(m.sql LIKE '%WITHOUT ROWID%' AS TEXT) \
    FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";
const UNIQUE: &str = "SELECT m.name, i.name, x.name FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) x \
    WHERE m.type = 'table' AND i.\"unique\" = 1 ORDER BY m.name, i.name, x.seqno";
const FOREIGN: &str = "SELECT m.name, CAST(f.id AS TEXT), f.\"table\", f.\"from\", f.\"to\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f \
    WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq";

pub(super) fn shapes(session: &mut dyn Session) -> Result<Vec<Shape>, SqlFailure> {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    let mut keys: BTreeMap<String, Vec<(usize, String, bool)>> = BTreeMap::new();
    for row in session.query(COLUMNS)? {
        let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let (table, name) = (cell(0), cell(1));
        if table == LEDGER {
            continue;
        }
        let shape = shapes.entry(table.clone()).or_insert_with(|| Shape {
            schema: None,
            name: table.clone(),
            columns: Vec::new(),
            key: Vec::new(),
            unique: Vec::new(),
            foreign: Vec::new(),
        });
        let place: usize = cell(5).parse().unwrap_or(0);
        if place > 0 {
            let row_id = cell(2).eq_ignore_ascii_case("INTEGER") && cell(7) != "1";
            keys.entry(table).or_default().push((place, name.clone(), row_id));
        }
        shape.columns.push(ColumnShape {
            name,
            kind: kind(&cell(2)),
            nullable: cell(3) != "1" && place == 0,
            automatic: cell(6) != "0",
            has_default: cell(4) == "1",
        });
    }
    for (table, mut columns) in keys {
        columns.sort();
        let Some(shape) = shapes.get_mut(&table) else { continue };
        // `INTEGER PRIMARY KEY` is the row's own number.
        if let [(_, only, true)] = columns.as_slice()
            && let Some(column) = shape.columns.iter_mut().find(|column| column.name == *only)
        {
            column.automatic = true;
        }
        shape.key = columns.into_iter().map(|(_, name, _)| name).collect();
        shape.unique.push(shape.key.clone());
    }
    let mut unique: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in session.query(UNIQUE)? {
        let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        unique.entry((cell(0), cell(1))).or_default().push(cell(2));
    }
    for ((table, _), columns) in unique {
        if let Some(shape) = shapes.get_mut(&table) {
            shape.unique.push(columns);
        }
    }
    foreign(session, &mut shapes)?;
    Ok(shapes.into_values().collect())
}

fn foreign(session: &mut dyn Session, shapes: &mut BTreeMap<String, Shape>) -> Result<(), SqlFailure> {
    let mut foreign: BTreeMap<(String, String), Foreign> = BTreeMap::new();
    for row in session.query(FOREIGN)? {
        let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let key = foreign.entry((cell(0), cell(1))).or_insert_with(|| Foreign {
            columns: Vec::new(),
            table: cell(2),
            to: Vec::new(),
        });
        key.columns.push(cell(3));
        if !cell(4).is_empty() {
            key.to.push(cell(4));
        }
    }
    for ((table, _), mut key) in foreign {
        // Names compare without case, and no column named means the primary key.
        let parent = shapes.values().find(|shape| shape.name.eq_ignore_ascii_case(&key.table));
        if let Some(parent) = parent {
            key.table = parent.name.clone();
            if key.to.is_empty() {
                key.to = parent.key.clone();
            }
        }
        if let Some(shape) = shapes.get_mut(&table) {
            shape.foreign.push(key);
        }
    }
    Ok(())
}

fn kind(declared: &str) -> Kind {
    let upper = declared.to_ascii_uppercase();
    let has = |part: &str| upper.contains(part);
    match upper.as_str() {
        "BOOLEAN" => Kind::Boolean,
        "DATETIME" | "TIMESTAMP" => Kind::Timestamp,
        "DATE" => Kind::Date,
        "JSON" | "JSONB" => Kind::Json,
        "UUID" => Kind::Uuid,
        // Prisma's Int is 32 bits wide; its client refuses more.
        "INTEGER" | "INT" => Kind::Integer { min: i64::from(i32::MIN), max: i64::from(i32::MAX) },
        _ if has("INT") => Kind::Integer { min: i64::MIN, max: i64::MAX },
        _ if has("CHAR") || has("CLOB") || has("TEXT") => Kind::Text(None),
        "" => Kind::Text(None),
        _ if has("BLOB") => Kind::Bytes,
        _ if has("REAL") || has("FLOA") || has("DOUB") => Kind::Float,
        _ => Kind::Decimal { precision: 10, scale: 2 },
    }
}
