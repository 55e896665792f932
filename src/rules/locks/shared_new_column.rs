//! A new column without a rewrite: add it empty, fill it in batches, tighten it later.

use super::shared_sql::{ident, table as quoted_table};
use crate::sql::model::{ColumnDef, Name, Script};

/// The three steps for a column whose `default` (as SQL) would rewrite the table.
pub(super) fn in_steps(script: &Script, table: &Name, column: &ColumnDef, default: &str) -> String {
    let kind = column.data_type.as_ref().map_or("…", |data_type| script.slice(data_type.span).trim());
    let (table, name) = (quoted_table(table), ident(&column.name));
    let tighten = if column.nullable == Some(false) {
        "\nWhen no row is left, prove and set NOT NULL (see not-null-scan).".to_owned()
    } else {
        String::new()
    };
    format!(
        "Add it empty; the default then counts for new rows only:\nALTER TABLE {table} ADD COLUMN {name} {kind};\n\
         ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {default};\n\
         Fill the old rows in batches, outside of migrations:\n\
         UPDATE {table} SET {name} = {default} WHERE {name} IS NULL AND … ;{tighten}"
    )
}
