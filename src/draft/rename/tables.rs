//! A table under a new name: the new one is filled from the old one before that goes. A copy, since Prisma makes the new table with other names of
//! keys and indexes; on a large table a rename in a downtime is cheaper, and the comment says so.

use crate::draft::edit::{Edits, end_of};
use crate::project::Provider;
use crate::shell::printable;
use crate::sql::model::{Action, CreateTable, Ident, Name, Script, TypeFamily};
use crate::sql::quote;

/// Fills `to` from `from`, which goes at the end of the file.
pub(super) fn copy(script: &Script, from: &Name, to: &Name) -> Option<String> {
    let provider = script.provider;
    let (created, create) = script.operations().find_map(|(statement, operation)| match &operation.action {
        Action::CreateTable(create) if create.name == *to => Some((statement, create.as_ref())),
        _ => None,
    })?;
    let dropped = script.operations().find_map(|(statement, operation)| match &operation.action {
        Action::DropTable { names, .. } if names.len() == 1 && names[0] == *from => Some(statement),
        _ => None,
    })?;
    if provider == Provider::Sqlserver {
        return None;
    }
    let (from_sql, to_sql) = (quote::name(provider, from), quote::name(provider, to));
    let columns = filled(create);
    let list = quote::list(provider, columns);
    let numbered = create.columns.iter().find(|column| {
        column.identity || column.data_type.as_ref().is_some_and(|of| matches!(of.family, TypeFamily::Serial(_)))
    });
    let overriding =
        if provider == Provider::Postgresql && numbered.is_some() { " OVERRIDING SYSTEM VALUE" } else { "" };
    let said = format!("Rename: `{to}` gets the rows of `{from}`");
    let said = printable(&said).replace(['\n', '\r'], " ");
    let mut text = format!("\n-- {said}\nINSERT INTO {to_sql} ({list}){overriding} SELECT {list} FROM {from_sql};");
    if let (Provider::Postgresql, Some(column)) = (provider, numbered) {
        text.push_str(&format!(
            "\nSELECT setval(pg_get_serial_sequence({}, {}), (SELECT max({}) FROM {to_sql}));",
            quote::text(provider, &to_sql),
            quote::text(provider, &column.name.value),
            quote::ident(provider, &column.name.value)
        ));
    }
    let mut edits = Edits::default();
    edits.remove(dropped);
    let last = script.statements.last()?;
    if provider == Provider::Sqlite {
        // What it points at may be made anew after it.
        let text = text.replacen("\nINSERT", "\nPRAGMA foreign_keys=OFF;\nINSERT", 1);
        edits.insert(end_of(script, created), format!("{text}\nPRAGMA foreign_keys=ON;"));
        edits.insert(
            end_of(script, last),
            format!("\n\n-- DropTable\nPRAGMA foreign_keys=OFF;\nDROP TABLE {from_sql};\nPRAGMA foreign_keys=ON;"),
        );
    } else {
        edits.insert(end_of(script, created), text);
        edits.insert(end_of(script, last), format!("\n\n-- DropTable\nDROP TABLE {from_sql};"));
    }
    Some(edits.apply(script))
}

/// The columns of the new table that are filled: all that nothing computes. One that the old table lacks has to go by hand; then the database
/// says so before anything is lost.
fn filled(create: &CreateTable) -> Vec<&Ident> {
    create.columns.iter().filter(|column| column.generated.is_none()).map(|column| &column.name).collect()
}
