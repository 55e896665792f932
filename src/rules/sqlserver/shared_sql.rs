//! SQL that the family's rules write.

use crate::project::Provider;
use crate::sql::history_state::Context;
use crate::sql::model::{Ident, Name, Span};
use crate::sql::quote;

/// The databases of the rules here.
pub(super) const SQLSERVER: &[Provider] = &[Provider::Sqlserver];

/// A name in brackets.
pub(super) fn table(name: &Name) -> String {
    quote::name(Provider::Sqlserver, name)
}

/// An identifier in brackets.
pub(super) fn ident(name: &Ident) -> String {
    quote::ident(Provider::Sqlserver, &name.value)
}

/// A query for the size and the rows of a table.
pub(super) fn size_query(name: &Name) -> String {
    format!(
        "SELECT SUM(CASE WHEN index_id < 2 THEN row_count END) AS [rows], SUM(reserved_page_count) / 128 AS [mebibytes]\n\
         FROM sys.dm_db_partition_stats WHERE object_id = OBJECT_ID({});",
        quote::text(Provider::Sqlserver, &table(name))
    )
}

/// A clause as a statement of its own.
pub(super) fn whole_statement(context: &Context<'_>, table_name: &Name, clause: Span) -> String {
    let statement = context.statement;
    if statement.operations.len() == 1 {
        return context.script.slice(statement.span).trim().trim_end_matches(';').to_owned();
    }
    let clause = context.script.slice(clause).trim().trim_end_matches(';');
    let verb = if clause.to_ascii_uppercase().starts_with("CONSTRAINT") { "ADD " } else { "" };
    format!("ALTER TABLE {} {verb}{clause}", table(table_name))
}
