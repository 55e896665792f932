//! Values by type: the edges that applications meet (empty, longest, negative, far dates, quotes, line breaks, other scripts, NULL), or
//! plain ones that casts and constraints take.

use super::mysql;
use crate::project::Provider;
use crate::sql::quote;

/// Which values to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// With edge values and NULLs.
    Edge,
    /// No NULL, no edge; text is digits.
    Plain,
    /// No rows at all.
    None,
}

/// What a column takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// True and false.
    Boolean,
    /// Whole numbers.
    Integer {
        /// The lowest one.
        min: i64,
        /// The highest one.
        max: i64,
    },
    /// Exact numbers: digits in all, and behind the point.
    Decimal {
        /// In all.
        precision: usize,
        /// Behind the point.
        scale: usize,
    },
    /// Inexact numbers.
    Float,
    /// Text of at most so many characters.
    Text(Option<usize>),
    /// Bytes.
    Bytes,
    /// UUIDs.
    Uuid,
    /// A moment.
    Timestamp,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A span of time.
    Interval,
    /// JSON.
    Json,
    /// One of these.
    Enum(Vec<String>),
    /// Several of these.
    Array(Box<Kind>),
    /// An address.
    Address,
    /// So many bits: MySQL.
    Bits(usize),
    /// Whole numbers of 64 bits without a sign: MySQL.
    Unsigned,
    /// At most so many bytes: MySQL.
    Binary(usize),
    /// A year: MySQL.
    Year,
    /// A moment from 1970 to 2038: MySQL's TIMESTAMP.
    ShortTimestamp,
    /// Any of these: MySQL's SET.
    Set(Vec<String>),
    /// A point: MySQL.
    Point,
    /// A type that no values are known for, by name.
    Unknown(String),
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// Its text; the database makes its type of it.
    Text(String),
    /// SQL.
    Literal(String),
}

impl Value {
    /// The same value, however it is written.
    pub(super) fn is_like(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Text(one) | Value::Literal(one), Value::Text(two) | Value::Literal(two)) => {
                one.trim_matches('\'') == two.trim_matches('\'')
            }
            _ => false,
        }
    }

    /// As SQL.
    #[must_use]
    pub fn literal(&self, provider: Provider) -> String {
        match self {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) => quote::text(provider, text),
            Value::Literal(sql) => sql.clone(),
        }
    }
}

/// A column by name, and what all its values are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// `table.column`.
    pub name: &'a str,
    /// See [`super::SEED`].
    pub seed: u64,
}

impl Place<'_> {
    /// So that the edges of two columns do not meet in the same rows. FNV-1a with the seed.
    fn offset(self) -> usize {
        let start = 0xcbf2_9ce4_8422_2325 ^ self.seed;
        let hash = self.name.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        usize::try_from(hash % 97).unwrap_or(0)
    }
}

/// Whether this row has NULL there, where it may.
pub(super) fn picks_null(place: Place<'_>, row: usize, flavor: Flavor) -> bool {
    flavor == Flavor::Edge && (row + place.offset()) % 7 == 3
}

/// Makes the value of a row. With `unique` no two rows get the same one, as far as the type has enough.
pub(super) fn make(
    provider: Provider,
    kind: &Kind,
    place: Place<'_>,
    row: usize,
    unique: bool,
    flavor: Flavor,
) -> Value {
    let edge = flavor == Flavor::Edge;
    let turn = (row + place.offset()) % 10;
    if provider == Provider::Mysql
        && let Some(value) = mysql::make(kind, row, turn, unique, edge)
    {
        return value;
    }
    match kind {
        Kind::Bytes => bytes(provider, row, edge && !unique && turn == 0),
        Kind::Array(element) => {
            if edge && !unique && turn == 0 {
                return Value::Text("{}".to_owned());
            }
            let item = |row| match make(provider, element, place, row, true, Flavor::Plain) {
                Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                Value::Literal(_) | Value::Null => "NULL".to_owned(),
            };
            Value::Text(format!("{{{},{}}}", item(row), item(row + 1)))
        }
        _ => Value::Text(text_of(provider, kind, row, turn, unique, edge)),
    }
}

fn bytes(provider: Provider, row: usize, empty: bool) -> Value {
    let hex = if empty { String::new() } else { format!("00ff{row:08x}") };
    match provider {
        Provider::Sqlite => Value::Literal(format!("X'{hex}'")),
        _ => Value::Text(format!("\\x{hex}")),
    }
}

fn text_of(provider: Provider, kind: &Kind, row: usize, turn: usize, unique: bool, edge: bool) -> String {
    match kind {
        Kind::Boolean if provider == Provider::Sqlite => (row % 2).to_string(),
        Kind::Boolean => (if row.is_multiple_of(2) { "true" } else { "false" }).to_owned(),
        Kind::Integer { min, max } => integer(*min, *max, row, turn, unique, edge).to_string(),
        Kind::Decimal { precision, scale } => decimal(*precision, *scale, row, turn, unique, edge),
        Kind::Float if edge && !unique && turn == 0 => "-1.5e30".to_owned(),
        Kind::Float if edge && !unique && turn == 1 => "0".to_owned(),
        Kind::Float => format!("{row}.5"),
        Kind::Text(longest) => text(*longest, row, turn, unique, edge),
        Kind::Uuid => format!("{:08x}-0000-4000-8000-{row:012x}", row.wrapping_mul(2_654_435_761) & 0xffff_ffff),
        Kind::Timestamp | Kind::Date | Kind::Time => moment(provider, kind, row, turn, unique, edge),
        Kind::Interval => format!("{row} days"),
        Kind::Json if edge && !unique && turn == 0 => "[]".to_owned(),
        Kind::Json => format!("{{\"n\": {row}, \"s\": \"Zoë\"}}"),
        // Where a value is taken out of an enum, plain rows hold one that stays.
        Kind::Enum(labels) if !edge && !unique => labels.first().cloned().unwrap_or_default(),
        Kind::Enum(labels) => labels.get(row % labels.len().max(1)).cloned().unwrap_or_default(),
        Kind::Address => format!("10.{}.{}.{}", row / 65_536, row / 256 % 256, row % 256),
        Kind::Bytes | Kind::Array(_) | Kind::Unknown(_) => String::new(),
        // Made by `mysql`.
        Kind::Bits(_) | Kind::Unsigned | Kind::Binary(_) | Kind::Year | Kind::ShortTimestamp => String::new(),
        Kind::Set(_) | Kind::Point => String::new(),
    }
}

fn integer(min: i64, max: i64, row: usize, turn: usize, unique: bool, edge: bool) -> i64 {
    let number = i64::try_from(row).unwrap_or(i64::MAX);
    if edge && unique {
        return match row {
            0 => max,
            1 => min,
            _ => number.min(max),
        };
    }
    match turn {
        0 if edge => min,
        1 if edge => max,
        2 if edge => 0,
        3 if edge => (-1).max(min),
        _ => (number + 1).min(max),
    }
}

fn decimal(precision: usize, scale: usize, row: usize, turn: usize, unique: bool, edge: bool) -> String {
    let whole = precision.saturating_sub(scale);
    let nines = |digits: usize| "9".repeat(digits);
    let fraction = |text: &str| if scale == 0 { String::new() } else { format!(".{text}") };
    match turn {
        0 if edge && !unique => {
            format!("{}{}", if whole == 0 { "0".to_owned() } else { nines(whole) }, fraction(&nines(scale)))
        }
        1 if edge && !unique => format!("-0{}", fraction(&nines(scale))),
        _ => {
            let digits = (row + 1).to_string();
            if digits.len() <= whole {
                format!("{digits}{}", fraction("5"))
            } else {
                format!("0{}", fraction(&digits.chars().rev().take(scale).collect::<String>()))
            }
        }
    }
}

fn text(longest: Option<usize>, row: usize, turn: usize, unique: bool, edge: bool) -> String {
    let cut = |text: String| match longest {
        Some(longest) => text.chars().take(longest).collect(),
        None => text,
    };
    let number = row + 1;
    if !edge {
        return cut(number.to_string());
    }
    let body = match turn {
        0 => String::new(),
        1 => "x".repeat(longest.unwrap_or(300).min(2000)),
        2 => "Zoë 漢字 🦀".to_owned(),
        3 => "it's \"quoted\" \\ back".to_owned(),
        4 => "  spaces  ".to_owned(),
        5 => "line\nbreak\ttab".to_owned(),
        6 => "NULL".to_owned(),
        _ => format!("text {number}"),
    };
    cut(if unique { format!("{number}|{body}") } else { body })
}

fn moment(provider: Provider, kind: &Kind, row: usize, turn: usize, unique: bool, edge: bool) -> String {
    let day = match turn {
        0 if edge && !unique => "0001-01-01".to_owned(),
        1 if edge && !unique => "9999-12-31".to_owned(),
        2 if edge && !unique => "2024-02-29".to_owned(),
        _ => format!("{:04}-{:02}-{:02}", 2000 + row / 336, 1 + row / 28 % 12, 1 + row % 28),
    };
    let time = format!("{:02}:{:02}:{:02}", row / 3600 % 24, row / 60 % 60, row % 60);
    match kind {
        Kind::Date => day,
        Kind::Time => time,
        // As Prisma writes it there.
        _ if provider == Provider::Sqlite => format!("{day}T{time}.000+00:00"),
        _ => format!("{day} {time}"),
    }
}
