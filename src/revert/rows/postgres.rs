//! PostgreSQL's tables, from its catalogue. Domains take the values of their base type; what their checks refuse is left out row by row.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ColumnShape, Foreign, Kind, Position, Shape};
use crate::revert::snapshot::LEDGER;
use crate::revert::throwaway::{Session, SqlFailure};

const TABLES: &str = "\
    SELECT json_build_object('schema', n.nspname, 'name', c.relname, \
     'columns', coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type', b.typname, 'category', b.typcategory, \
        'modifier', CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, 'nullable', NOT a.attnotnull AND NOT t.typnotnull, \
        'automatic', a.attidentity <> '' OR a.attgenerated <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid), '') LIKE 'nextval(%', 'has_default', a.atthasdef, \
        'element', e.typname, 'labels', coalesce((SELECT json_agg(v.enumlabel ORDER BY v.enumsortorder) FROM pg_enum v WHERE v.enumtypid IN (b.oid, e.oid)), '[]'::json)) ORDER BY a.attnum) \
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
        LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A' LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'::json), \
     'key', coalesce((SELECT json_agg(a.attname ORDER BY k.place) FROM pg_index x, unnest(x.indkey::int2[]) WITH ORDINALITY k(number, place), pg_attribute a \
        WHERE x.indrelid = c.oid AND x.indisprimary AND a.attrelid = c.oid AND a.attnum = k.number), '[]'::json), \
     'unique', coalesce((SELECT json_agg((SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(number, place), pg_attribute a \
        WHERE k.place <= x.indnkeyatts AND a.attrelid = c.oid AND a.attnum = k.number)) FROM pg_index x WHERE x.indrelid = c.oid AND x.indisunique AND 0 <> ALL (x.indkey::int2[])), '[]'::json), \
     'foreign', coalesce((SELECT json_agg(json_build_object('schema', pn.nspname, 'table', p.relname, \
        'columns', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY k(number, place), pg_attribute a WHERE a.attrelid = f.conrelid AND a.attnum = k.number), \
        'to', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY k(number, place), pg_attribute a WHERE a.attrelid = f.confrelid AND a.attnum = k.number)) ORDER BY f.conname) \
        FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE f.conrelid = c.oid AND f.contype = 'f'), '[]'::json))::text \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1";

#[derive(Deserialize)]
struct Table {
    schema: String,
    name: String,
    columns: Vec<Column>,
    key: Vec<String>,
    unique: Vec<Vec<String>>,
    foreign: Vec<Key>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    category: String,
    modifier: i32,
    nullable: bool,
    automatic: bool,
    has_default: bool,
    element: Option<String>,
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct Key {
    schema: String,
    table: String,
    columns: Vec<String>,
    to: Vec<String>,
}

pub(super) fn shapes(session: &mut dyn Session) -> Result<Vec<Shape>, SqlFailure> {
    let mut shapes = Vec::new();
    for text in session.query(TABLES)?.into_iter().flatten().flatten() {
        let table: Table = serde_json::from_str(&text)
            .map_err(|error| SqlFailure { said: format!("its catalogue has another form: {error}"), at: None })?;
        if table.name == LEDGER {
            continue;
        }
        let foreign = table.foreign.into_iter().map(|key| Foreign {
            columns: key.columns,
            table: shown(&key.schema, &key.table),
            to: key.to,
        });
        shapes.push(Shape {
            schema: Some(table.schema).filter(|schema| schema != "public"),
            name: table.name,
            columns: table.columns.into_iter().map(column).collect(),
            key: table.key,
            unique: table.unique,
            foreign: foreign.collect(),
        });
    }
    Ok(shapes)
}

/// Those that count upwards.
const POSITIONS: &str = "SELECT CASE WHEN s.schemaname = 'public' THEN s.sequencename::text ELSE s.schemaname || '.' || s.sequencename END, \
     coalesce(s.last_value, s.start_value - s.increment_by)::text, CASE WHEN n.nspname = 'public' THEN t.relname::text ELSE n.nspname || '.' || t.relname END, a.attname::text \
    FROM pg_sequences s JOIN pg_class c ON c.relname = s.sequencename AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = s.schemaname) \
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
    LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace n ON n.oid = t.relnamespace \
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid WHERE s.increment_by > 0";

/// Where the sequences stand.
pub(super) fn positions(session: &mut dyn Session) -> Result<BTreeMap<String, Position>, SqlFailure> {
    let mut positions = BTreeMap::new();
    for row in session.query(POSITIONS)? {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten();
        let (Some(name), Some(at)) = (next(), next().and_then(|at| at.parse().ok())) else { continue };
        positions.insert(name, Position { at, of: next().zip(next()) });
    }
    Ok(positions)
}

fn shown(schema: &str, table: &str) -> String {
    if schema == "public" { table.to_owned() } else { format!("{schema}.{table}") }
}

fn column(column: Column) -> ColumnShape {
    let modifier = column.modifier;
    let kind = match &column.element {
        Some(element) if column.category == "A" => Kind::Array(Box::new(kind(element, modifier, &column.labels))),
        _ => kind(&column.data_type, modifier, &column.labels),
    };
    let kind = match kind {
        Kind::Array(element) if matches!(*element, Kind::Unknown(_)) => Kind::Unknown(column.data_type),
        kind => kind,
    };
    ColumnShape {
        name: column.name,
        kind,
        nullable: column.nullable,
        automatic: column.automatic,
        has_default: column.has_default,
    }
}

fn kind(name: &str, modifier: i32, labels: &[String]) -> Kind {
    // Lengths and precisions are stored with four more than what was written.
    let length = usize::try_from(modifier - 4).ok();
    match name {
        _ if !labels.is_empty() => Kind::Enum(labels.to_vec()),
        "bool" => Kind::Boolean,
        "int2" => Kind::Integer { min: i64::from(i16::MIN), max: i64::from(i16::MAX) },
        "int4" => Kind::Integer { min: i64::from(i32::MIN), max: i64::from(i32::MAX) },
        "int8" => Kind::Integer { min: i64::MIN, max: i64::MAX },
        "oid" => Kind::Integer { min: 0, max: i64::from(i32::MAX) },
        "numeric" => match length {
            Some(both) => Kind::Decimal { precision: both >> 16, scale: both & 0x7ff },
            None => Kind::Decimal { precision: 30, scale: 10 },
        },
        "money" => Kind::Decimal { precision: 8, scale: 2 },
        "float4" | "float8" => Kind::Float,
        "text" | "citext" | "name" => Kind::Text(if name == "name" { Some(30) } else { None }),
        "varchar" | "bpchar" => Kind::Text(length.or((name == "bpchar").then_some(1))),
        "bytea" => Kind::Bytes,
        "uuid" => Kind::Uuid,
        "timestamp" | "timestamptz" => Kind::Timestamp,
        "date" => Kind::Date,
        "time" | "timetz" => Kind::Time,
        "interval" => Kind::Interval,
        "json" | "jsonb" => Kind::Json,
        "inet" | "cidr" => Kind::Address,
        other => Kind::Unknown(other.to_owned()),
    }
}
