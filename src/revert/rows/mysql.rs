//! MySQL's and MariaDB's tables, from `information_schema`, and the values that only they have.

use std::collections::BTreeMap;

use super::{ColumnShape, Foreign, Kind, Shape, Value};
use crate::project::Provider;
use crate::revert::snapshot::LEDGER;
use crate::revert::throwaway::{Session, SqlFailure};
use crate::sql::quote;

const COLUMNS: &str = "SELECT c.table_name, c.column_name, c.column_type, c.is_nullable, if(c.column_default IS NULL OR c.column_default = 'NULL', '0', '1'), \
    lower(c.extra), if(coalesce(c.generation_expression, '') = '', '0', '1') \
    FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
      AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') \
    WHERE c.table_schema = DATABASE() ORDER BY c.table_name, c.ordinal_position";
/// Keys over whole columns: the beginnings of two values may be the same where the values are not, and then the row is left out.
const UNIQUE: &str = "SELECT table_name, index_name, column_name FROM information_schema.statistics \
    WHERE table_schema = DATABASE() AND non_unique = 0 AND column_name IS NOT NULL ORDER BY table_name, index_name <> 'PRIMARY', index_name, seq_in_index";
const FOREIGN: &str = "SELECT table_name, constraint_name, column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage \
    WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE() ORDER BY table_name, constraint_name, ordinal_position";
/// MariaDB's JSON is a text with this check.
const JSON: &str = "SELECT table_name, check_clause FROM information_schema.check_constraints \
    WHERE constraint_schema = DATABASE() AND check_clause LIKE 'json\\_valid(%'";

pub(super) fn shapes(session: &mut dyn Session) -> Result<Vec<Shape>, SqlFailure> {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for row in session.query(COLUMNS)? {
        let [table, name, data_type, nullable, default, extra, computed] = fields(row);
        if table == LEDGER {
            continue;
        }
        let shape = shapes.entry(table.clone()).or_insert_with(|| Shape {
            schema: None,
            name: table,
            columns: Vec::new(),
            key: Vec::new(),
            unique: Vec::new(),
            foreign: Vec::new(),
        });
        shape.columns.push(ColumnShape {
            name,
            kind: kind(&data_type),
            nullable: nullable == "YES",
            automatic: computed == "1" || extra.contains("auto_increment"),
            has_default: default == "1",
        });
    }
    let mut last = (String::new(), String::new());
    for row in session.query(UNIQUE)? {
        let [table, index, column] = fields(row);
        let Some(shape) = shapes.get_mut(&table) else { continue };
        if index == "PRIMARY" {
            shape.key.push(column.clone());
        }
        if last != (table.clone(), index.clone()) {
            shape.unique.push(Vec::new());
            last = (table, index);
        }
        if let Some(columns) = shape.unique.last_mut() {
            columns.push(column);
        }
    }
    foreign(session, &mut shapes)?;
    // Not every server has the table, and only MariaDB needs it.
    for row in session.query(JSON).unwrap_or_default() {
        let [table, clause] = fields(row);
        let quoted = |column: &ColumnShape| clause.contains(&quote::ident(Provider::Mysql, &column.name));
        let column = shapes.get_mut(&table).and_then(|shape| shape.columns.iter_mut().find(|column| quoted(column)));
        if let Some(column) = column {
            column.kind = Kind::Json;
        }
    }
    Ok(shapes.into_values().collect())
}

fn foreign(session: &mut dyn Session, shapes: &mut BTreeMap<String, Shape>) -> Result<(), SqlFailure> {
    let mut last = (String::new(), String::new());
    for row in session.query(FOREIGN)? {
        let [table, name, column, to_table, to] = fields(row);
        let Some(shape) = shapes.get_mut(&table) else { continue };
        if last != (table.clone(), name.clone()) {
            shape.foreign.push(Foreign { columns: Vec::new(), table: to_table, to: Vec::new() });
            last = (table, name);
        }
        if let Some(key) = shape.foreign.last_mut() {
            key.columns.push(column);
            key.to.push(to);
        }
    }
    Ok(())
}

/// `int(10) unsigned`, `enum('a','b')`, `varchar(191)`.
fn kind(data_type: &str) -> Kind {
    let lower = data_type.to_ascii_lowercase();
    let (word, rest) = match lower.find(|c: char| c == '(' || c.is_whitespace()) {
        Some(at) => (&lower[..at], &lower[at..]),
        None => (&*lower, ""),
    };
    let inside = rest.strip_prefix('(').and_then(|rest| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
    let unsigned = rest.contains("unsigned");
    let length = inside.split(',').next().and_then(|number| number.trim().parse::<usize>().ok());
    let scale = inside.split(',').nth(1).and_then(|number| number.trim().parse::<usize>().ok());
    let whole = |bits: u32| match unsigned {
        true => Kind::Integer { min: 0, max: (1_i64 << bits) - 1 },
        false => Kind::Integer { min: -(1_i64 << (bits - 1)), max: (1_i64 << (bits - 1)) - 1 },
    };
    match word {
        "tinyint" if length == Some(1) => Kind::Boolean,
        "tinyint" => whole(8),
        "smallint" => whole(16),
        "mediumint" => whole(24),
        "int" => whole(32),
        "bigint" if unsigned => Kind::Unsigned,
        "bigint" => Kind::Integer { min: i64::MIN, max: i64::MAX },
        "bit" => Kind::Bits(length.unwrap_or(1)),
        "decimal" => Kind::Decimal { precision: length.unwrap_or(10), scale: scale.unwrap_or(0) },
        "float" | "double" => Kind::Float,
        "year" => Kind::Year,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "datetime" => Kind::Timestamp,
        "timestamp" => Kind::ShortTimestamp,
        "char" | "varchar" => Kind::Text(Some(length.unwrap_or(1))),
        // Bytes, and a character has up to four of them.
        "tinytext" => Kind::Text(Some(63)),
        "text" | "mediumtext" | "longtext" => Kind::Text(None),
        "binary" | "varbinary" => Kind::Binary(length.unwrap_or(1)),
        "tinyblob" => Kind::Binary(255),
        "blob" | "mediumblob" | "longblob" => Kind::Binary(65_535),
        "json" => Kind::Json,
        "enum" => Kind::Enum(labels(data_type)),
        "set" => Kind::Set(labels(data_type)),
        "uuid" => Kind::Uuid,
        "inet4" | "inet6" => Kind::Address,
        "point" | "geometry" => Kind::Point,
        other => Kind::Unknown(other.to_owned()),
    }
}

/// What stands in quotes; a quote inside is doubled.
fn labels(data_type: &str) -> Vec<String> {
    let inside = data_type.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
    let mut labels = Vec::new();
    let mut rest = inside;
    while let Some(open) = rest.strip_prefix('\'').or_else(|| rest.strip_prefix(",'")) {
        let mut label = String::new();
        let mut chars = open.char_indices().peekable();
        let mut end = open.len();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                label.push(c);
            } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
                label.push('\'');
            } else {
                end = at + 1;
                break;
            }
        }
        labels.push(label);
        rest = &open[end..];
    }
    labels
}

/// How a column is read, so that two values are the same text only if they are the same.
pub(super) fn read_as(kind: &Kind, quoted: &str) -> String {
    match kind {
        Kind::Bits(_) => format!("{quoted} + 0"),
        Kind::Binary(_) | Kind::Point | Kind::Unknown(_) => format!("hex({quoted})"),
        // A FLOAT is written with six digits only.
        Kind::Float => format!("{quoted} + 0e0"),
        _ => quoted.to_owned(),
    }
}

/// What was read, as a value to write.
pub(super) fn written(kind: &Kind, text: String) -> Value {
    match kind {
        Kind::Bits(_) => Value::Literal(text),
        Kind::Binary(_) => Value::Literal(format!("X'{text}'")),
        _ => Value::Text(text),
    }
}

/// Values that only these servers have, or have other limits for. `turn` chooses the edge; `None`: the common ones will do.
pub(super) fn make(kind: &Kind, row: usize, turn: usize, unique: bool, edge: bool) -> Option<Value> {
    let edge = edge && !unique;
    let text = |text: String| Some(Value::Text(text));
    match kind {
        Kind::Boolean => Some(Value::Literal((row % 2).to_string())),
        Kind::Bits(bits) => {
            let highest = if *bits >= 64 { u64::MAX } else { (1_u64 << bits) - 1 };
            let number = if edge && turn == 0 { highest } else { (row as u64).min(highest) };
            Some(Value::Literal(number.to_string()))
        }
        Kind::Unsigned if edge && turn == 0 => text(u64::MAX.to_string()),
        Kind::Unsigned if edge && turn == 1 => text("0".to_owned()),
        Kind::Unsigned => text((row + 1).to_string()),
        Kind::Binary(longest) => Some(Value::Literal(binary(*longest, row, turn, edge))),
        Kind::Year => text(match turn {
            0 if edge => "1901".to_owned(),
            1 if edge => "2155".to_owned(),
            _ => (1970 + row % 180).to_string(),
        }),
        Kind::Set(labels) => {
            let chosen = labels.iter().take(12).enumerate().filter(|(at, _)| row >> at & 1 == 1);
            text(chosen.map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(","))
        }
        Kind::Point => Some(Value::Literal(format!("ST_GeomFromText('POINT({} {})')", row % 90, row % 180))),
        Kind::Time if edge && turn == 0 => text("-838:59:59".to_owned()),
        Kind::Time if edge && turn == 1 => text("838:59:59".to_owned()),
        Kind::Date | Kind::Timestamp | Kind::ShortTimestamp => text(moment(kind, row, turn, edge)),
        _ => None,
    }
}

/// What tells rows apart is at the end, which is kept.
fn binary(longest: usize, row: usize, turn: usize, edge: bool) -> String {
    let hex = match turn {
        0 if edge => String::new(),
        1 if edge => "00".repeat(longest.min(1000)),
        _ => {
            let all = format!("00ff{row:08x}");
            let keep = all.len().min(longest * 2);
            all[all.len() - keep..].to_owned()
        }
    };
    format!("X'{hex}'")
}

/// The limits are those of the manual (`The DATE, DATETIME, and TIMESTAMP Types`); more digits than the column has are rounded.
fn moment(kind: &Kind, row: usize, turn: usize, edge: bool) -> String {
    let short = *kind == Kind::ShortTimestamp;
    let day = match turn {
        0 if edge => if short { "1970-01-02" } else { "1000-01-01" }.to_owned(),
        1 if edge => if short { "2038-01-18" } else { "9999-12-31" }.to_owned(),
        2 if edge => "2024-02-29".to_owned(),
        _ => format!("{:04}-{:02}-{:02}", 2000 + row / 336, 1 + row / 28 % 12, 1 + row % 28),
    };
    if *kind == Kind::Date {
        return day;
    }
    format!("{day} {:02}:{:02}:{:02}.123456", 4 + row / 3600 % 12, row / 60 % 60, row % 60)
}

fn fields<const N: usize>(row: Vec<Option<String>>) -> [String; N] {
    let mut cells = row.into_iter();
    std::array::from_fn(|_| cells.next().flatten().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_types_as_the_server_writes_them() {
        assert_eq!(kind("int(10) unsigned"), Kind::Integer { min: 0, max: 4_294_967_295 });
        assert_eq!(kind("int"), Kind::Integer { min: -2_147_483_648, max: 2_147_483_647 });
        assert_eq!(kind("bigint unsigned"), Kind::Unsigned);
        assert_eq!(kind("decimal(65,30)"), Kind::Decimal { precision: 65, scale: 30 });
        assert_eq!(kind("bit(8)"), Kind::Bits(8));
        assert_eq!(kind("datetime(3)"), Kind::Timestamp);
        assert_eq!(kind("polygon"), Kind::Unknown("polygon".to_owned()));
        let labels = ["A", "it's", "(x),y", ""].map(str::to_owned).to_vec();
        assert_eq!(kind("enum('A','it''s','(x),y','')"), Kind::Enum(labels));
    }

    #[test]
    fn short_bytes_still_tell_rows_apart() {
        assert_eq!(binary(1, 7, 9, true), "X'07'");
        assert_eq!(binary(16, 7, 9, true), "X'00ff00000007'");
    }
}
