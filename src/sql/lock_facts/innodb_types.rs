//! Which type changes InnoDB makes without copying the table.

use crate::sql::model::{DataType, TypeFamily};

/// Bytes that a character takes at most. Without a word it is utf8mb4, which Prisma writes and MySQL 8 takes by itself.
fn character_bytes(of: &DataType) -> u64 {
    let word = of.charset.as_ref().or(of.collation.as_ref()).map_or(String::new(), |c| c.value.to_ascii_lowercase());
    match word {
        word if word.starts_with("latin1") || word.starts_with("ascii") || word.starts_with("binary") => 1,
        word if word.starts_with("utf8mb3") || word.starts_with("utf8_") || word == "utf8" => 3,
        _ => 4,
    }
}

/// Whether a `VARCHAR` needs two bytes for its length.
#[must_use]
pub fn has_long_length(of: &DataType) -> bool {
    of.arguments.first().copied().unwrap_or(0) * character_bytes(of) > 255
}

/// Whether the stored form of a value is another one. Enums and sets are the matter of another rule.
#[must_use]
pub fn is_stored_alike(from: &DataType, to: &DataType) -> bool {
    if matches!(from.family, TypeFamily::Enum | TypeFamily::Set) && from.family == to.family {
        return true;
    }
    let (charset, collation) = (&from.charset, &from.collation);
    let same_charset = to.charset.is_none() || *charset == to.charset;
    let same_collation = to.collation.is_none() || *collation == to.collation;
    let name = |of: &DataType| match of.name.as_str() {
        "integer" => "int".to_owned(),
        "bool" | "boolean" => "tinyint".to_owned(),
        "numeric" | "dec" => "decimal".to_owned(),
        "character varying" => "varchar".to_owned(),
        other => other.to_owned(),
    };
    // The display width of an integer is not stored.
    let width = |of: &DataType| match of.family {
        TypeFamily::Integer(_) | TypeFamily::Boolean => Vec::new(),
        _ => of.arguments.clone(),
    };
    name(from) == name(to) && from.unsigned == to.unsigned && width(from) == width(to) && same_charset && same_collation
}

/// A longer `VARCHAR` whose length is still written in as many bytes.
#[must_use]
pub fn grows_in_place(from: &DataType, to: &DataType) -> bool {
    let both = from.family == TypeFamily::VarChar && to.family == TypeFamily::VarChar && from.name == to.name;
    let same_text = to.charset.is_none() && to.collation.is_none()
        || (from.charset == to.charset && from.collation == to.collation);
    both && same_text && to.arguments.first() >= from.arguments.first() && has_long_length(from) == has_long_length(to)
}

/// Bytes per value of an enum or a set.
#[must_use]
pub fn member_bytes(of: &DataType) -> usize {
    let members = of.members.len();
    match of.family {
        TypeFamily::Enum => 1 + usize::from(members > 255),
        _ => match members.div_ceil(8) {
            bytes @ 0..=4 => bytes,
            _ => 8,
        },
    }
}
