//! A column under a new name.

use crate::draft::edit::Edits;
use crate::draft::placeholder::lists_of;
use crate::project::Provider;
use crate::sql::history_state::State;
use crate::sql::model::{Action, ColumnDef, Ident, Name, RebuildTable, Script};
use crate::sql::quote;

/// What is known of a column before it gets its new name.
#[derive(Clone, Copy)]
pub(super) struct Was {
    nullable: Option<bool>,
    has_default: Option<bool>,
}

impl Was {
    /// From the history.
    pub fn known(state: &State, table: &Name, column: &Ident) -> Self {
        let known = state.table(table).and_then(|known| known.column(column));
        Was { nullable: known.and_then(|k| k.nullable), has_default: known.and_then(|k| k.has_default) }
    }

    /// From the statement that adds it.
    pub fn added(script: &Script, table: &Name, column: &Ident) -> Self {
        let found = script.operations().find_map(|(_, operation)| match &operation.action {
            Action::AddColumn { table: of, column: new, .. } if of == table && new.name == *column => Some(new),
            _ => None,
        });
        match found {
            Some(new) => Was { nullable: Some(new.nullable != Some(false)), has_default: Some(new.default.is_some()) },
            None => Was { nullable: None, has_default: None },
        }
    }
}

/// Writes the drop of `from` and the add of `to` as a rename.
pub(super) fn rename(script: &Script, table: &Name, from: &Ident, to: &Ident, was: Was) -> Option<String> {
    let rebuild = script.operations().find_map(|(_, operation)| match &operation.action {
        Action::RebuildTable(rebuild) if rebuild.table == *table => Some(rebuild.as_ref()),
        _ => None,
    });
    match (script.provider, rebuild) {
        (_, Some(rebuild)) => in_copy(script, rebuild, from, to),
        (Provider::Sqlserver, None) => None,
        _ => in_clauses(script, table, from, to, was),
    }
}

/// The table is made anew: its new column is filled from the old one.
fn in_copy(script: &Script, rebuild: &RebuildTable, from: &Ident, to: &Ident) -> Option<String> {
    let (columns, values) = lists_of(script, rebuild.copy?)?;
    let mut edits = Edits::default();
    edits.insert(columns, format!("{}, ", quote::ident(script.provider, &to.value)));
    edits.insert(values, format!("{}, ", quote::ident(script.provider, &from.value)));
    Some(edits.apply(script))
}

fn in_clauses(script: &Script, table: &Name, from: &Ident, to: &Ident, was: Was) -> Option<String> {
    let drops = |action: &Action| matches!(action, Action::DropColumn { table: of, column, .. } if of == table && column == from);
    let adds = |action: &Action| matches!(action, Action::AddColumn { table: of, column, .. } if of == table && column.name == *to);
    let place = |wanted: &dyn Fn(&Action) -> bool| {
        script.operations().find(|(_, operation)| wanted(&operation.action)).map(|(statement, _)| statement.index)
    };
    let (dropped, added) = (place(&drops)?, place(&adds)?);
    let (table_sql, from_sql, to_sql) = (
        quote::name(script.provider, table),
        quote::ident(script.provider, &from.value),
        quote::ident(script.provider, &to.value),
    );
    let mut edits = Edits::default();
    for statement in script.statements.iter().filter(|statement| [dropped, added].contains(&statement.index)) {
        let mut kept = Vec::new();
        for operation in &statement.operations {
            match &operation.action {
                action if drops(action) => {}
                Action::AddColumn { column, .. } if adds(&operation.action) => match script.provider {
                    // The whole definition, so that type and default become the new ones too.
                    Provider::Mysql => kept.push(format!("CHANGE {from_sql} {}", script.slice(column.span))),
                    _ => kept.extend(adjusted(script, column, was)),
                },
                _ => kept.push(script.slice(operation.span).to_owned()),
            }
        }
        let rename = if statement.index == dropped.min(added) && script.provider == Provider::Postgresql {
            Some(format!("ALTER TABLE {table_sql} RENAME COLUMN {from_sql} TO {to_sql}"))
        } else {
            None
        };
        let whole = statement.span.range();
        match (rename, kept.is_empty()) {
            (Some(rename), true) => edits.replace(whole, rename),
            (None, true) => edits.remove(statement),
            (rename, false) => {
                let (first, last) = (statement.operations.first()?, statement.operations.last()?);
                let before = rename.map_or_else(String::new, |rename| format!("{rename};\n"));
                let head = script.text.get(whole.start..first.span.start as usize)?;
                let tail = script.text.get(last.span.end as usize..whole.end)?;
                edits.replace(whole, format!("{before}{head}{}{tail}", kept.join(",\n")));
            }
        }
    }
    Some(edits.apply(script))
}

/// What the new definition wants beside the name.
fn adjusted(script: &Script, column: &ColumnDef, was: Was) -> Vec<String> {
    let alter = format!("ALTER COLUMN {}", quote::ident(script.provider, &column.name.value));
    let mut list = Vec::new();
    match &column.default {
        Some(default) => list.push(format!("{alter} SET DEFAULT {}", script.slice(default.span))),
        None if was.has_default != Some(false) => list.push(format!("{alter} DROP DEFAULT")),
        None => {}
    }
    let nullable = column.nullable != Some(false);
    if was.nullable != Some(nullable) {
        list.push(format!("{alter} {} NOT NULL", if nullable { "DROP" } else { "SET" }));
    }
    list
}
