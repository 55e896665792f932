//! How a `MODIFY` or `CHANGE` differs from what the column was.

use crate::project::Provider;
use crate::rules::OperationView;
use crate::rules::locks::shared_holds::is_old;
use crate::sql::history_state::Column;
use crate::sql::model::{Action, ColumnDef, DataType, Ident, Name, TypeFamily};

/// The databases of most rules here.
pub(super) const MYSQL: &[Provider] = &[Provider::Mysql];

/// A column that is written anew, with what it was.
pub(super) struct Modified<'a> {
    pub(super) table: &'a Name,
    pub(super) column: &'a Ident,
    pub(super) after: &'a ColumnDef,
    pub(super) before: &'a Column,
}

/// A `MODIFY` or `CHANGE` of a column whose old form is known, in a table that is in use.
pub(super) fn modified<'a>(view: &OperationView<'a>) -> Option<Modified<'a>> {
    let Action::ModifyColumn { table, column, definition, .. } = view.action() else { return None };
    let context = view.context();
    let before = context.column(table, column)?;
    let counts = is_old(&context, table) && !context.state.born_in_pending(before.born);
    counts.then_some(Modified { table, column, after: definition, before })
}

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
pub(super) fn has_long_length(of: &DataType) -> bool {
    of.arguments.first().copied().unwrap_or(0) * character_bytes(of) > 255
}

/// Whether the stored form of a value is another one. Enums and sets are the matter of another rule.
pub(super) fn is_stored_alike(from: &DataType, to: &DataType) -> bool {
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
