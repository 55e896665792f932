//! Whether every value of one type fits another.

use crate::sql::model::{DataType, TypeFamily};

/// Every value survives the change as it is. `false` also when that cannot be told.
pub(super) fn widens(from: &DataType, to: &DataType) -> bool {
    use TypeFamily::{
        BitString, Bytes, Char, Decimal, Enum, Float, Integer, Json, Jsonb, Serial, Set, Text, Time, Timestamp,
        TimestampTz, User, VarChar,
    };
    if from.array != to.array || from.collation.is_some() != to.collation.is_some() {
        return false;
    }
    if from.charset != to.charset && to.charset.is_some() {
        return false;
    }
    let first = |t: &DataType| t.arguments.first().copied();
    match (from.family, to.family) {
        (Integer(a) | Serial(a), Integer(b) | Serial(b)) => {
            a <= b && from.unsigned == to.unsigned || (from.unsigned && a < b)
        }
        (Float(a), Float(b)) => a <= b,
        (Decimal, Decimal) => decimal(from, to),
        (Char, Char) | (Char | VarChar, VarChar) => match (first(from), first(to)) {
            (_, None) => to.family == VarChar,
            // Between `varchar` and `nvarchar` every value is written anew; one way loses what the code page has no sign for.
            (Some(a), Some(b)) => a <= b && from.name.starts_with('n') == to.name.starts_with('n'),
            (None, Some(b)) => from.family == Char && b >= 1,
        },
        (VarChar | Char, Text) => {
            from.family == VarChar
                && room(to).is_none_or(|room| first(from).is_some_and(|n| n.saturating_mul(4) <= room))
        }
        (Text, Text) | (Bytes, Bytes) => match (room(from), room(to)) {
            (_, None) => from.name == to.name || room(from).is_some() || from.family == Text,
            (Some(a), Some(b)) => a <= b,
            (None, Some(_)) => false,
        },
        (Time, Time) | (Timestamp, Timestamp) | (TimestampTz, TimestampTz) => {
            from.name == to.name && first(from).unwrap_or(6) <= first(to).unwrap_or(6)
        }
        (Enum, Enum) | (Set, Set) => to.members.starts_with(&from.members),
        (Json, Jsonb) => false,
        (BitString, BitString) => first(from) == first(to),
        (User, User) => from.user_type == to.user_type && from.arguments == to.arguments,
        (a, b) => a == b && from.name == to.name && from.arguments == to.arguments,
    }
}

/// Every value survives the change, though not as the same type: readers may trip over it, nothing is lost.
#[must_use]
pub fn keeps_values(from: &DataType, to: &DataType) -> bool {
    use TypeFamily::{Boolean, Date, Decimal, Integer, Json, Jsonb, Serial, Text, User, Uuid, VarChar};
    if widens(from, to) {
        return true;
    }
    if from.array || to.array {
        return false;
    }
    match (from.family, to.family) {
        // Each of them is written out in a few dozen signs.
        (Integer(_) | Serial(_) | Decimal | Boolean | Uuid | Date | User, Text) => room(to).is_none(),
        (Integer(_) | Serial(_) | Boolean | Uuid | Date, VarChar) => to.arguments.first().is_some_and(|&n| n >= 64),
        (Integer(width) | Serial(width), Decimal) => {
            let digits = [3, 5, 8, 10, 13, 15, 18, 20];
            let needed = digits.get(usize::from(width).saturating_sub(1)).copied().unwrap_or(20);
            let precision = to.arguments.first().copied();
            precision.is_none_or(|p| p.saturating_sub(to.arguments.get(1).copied().unwrap_or(0)) >= needed)
        }
        (Json, Jsonb) => true,
        _ => false,
    }
}

/// Bytes that a text or bytes type of MySQL holds; `None`: no limit in the type.
fn room(t: &DataType) -> Option<u64> {
    match t.name.as_str() {
        "tinytext" | "tinyblob" => Some(255),
        "text" | "blob" if t.charset.is_some() => Some(65_535),
        "mediumtext" | "mediumblob" => Some(16_777_215),
        "binary" | "varbinary" => t.arguments.first().copied().or(Some(1)),
        _ => None,
    }
}

fn decimal(from: &DataType, to: &DataType) -> bool {
    let parts = |t: &DataType| {
        let precision = t.arguments.first().copied();
        let scale = t.arguments.get(1).copied().unwrap_or(0);
        precision.map(|p| (p.saturating_sub(scale), scale))
    };
    match (parts(from), parts(to)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((whole, scale)), Some((new_whole, new_scale))) => whole <= new_whole && scale <= new_scale,
    }
}
