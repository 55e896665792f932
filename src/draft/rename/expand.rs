//! Expand now, contract later: the new side comes, the old one stays.

use super::{Expansion, Pair};
use crate::draft::edit::{Edits, end_of};
use crate::draft::placeholder::lists_of;
use crate::project::Provider;
use crate::sql::history_state::State;
use crate::sql::model::{Action, ColumnDef, ConstraintKind, Ident, Name, RebuildTable, Script};
use crate::sql::quote;

/// A column that stays beside its successor.
pub(super) fn column(
    forward: &Script,
    reverse: &Script,
    table: &Name,
    from: &Ident,
    to: &Ident,
    before: &State,
) -> Option<([String; 2], Expansion)> {
    let provider = forward.provider;
    let (table_sql, from_sql, to_sql) =
        (quote::name(provider, table), quote::ident(provider, &from.value), quote::ident(provider, &to.value));
    let mut required = false;
    let texts = match (rebuild_of(forward, table), rebuild_of(reverse, table)) {
        (Some(there), Some(back)) => {
            let old = back.definition.columns.iter().find(|column| column.name == *from)?;
            let new = there.definition.columns.iter().find(|column| column.name == *to)?;
            required = is_required(new);
            [in_new_table(forward, there, reverse, old, new)?, stays_in_copy(reverse, back, from)?]
        }
        _ if provider == Provider::Sqlserver => return None,
        _ => {
            let mut edits = Edits::default();
            for statement in &forward.statements {
                let bears = statement.operations.iter().any(|o| bears_on(&o.action, table, from, to, before));
                if !bears {
                    continue;
                }
                edits.clauses(forward, statement, |at, clause| match &statement.operations[at].action {
                    Action::AddColumn { table: of, column, .. } if of == table && column.name == *to => {
                        let needs = is_required(column);
                        required |= needs;
                        match column.not_null_span.filter(|_| needs) {
                            Some(span) => {
                                let begin = statement.operations[at].span.start as usize;
                                let mut clause = clause.to_owned();
                                clause.replace_range(span.start as usize - begin..span.end as usize - begin, "NULL");
                                Some(clause)
                            }
                            None => Some(clause.to_owned()),
                        }
                    }
                    action if ends(action, table, from, before) => None,
                    _ => Some(clause.to_owned()),
                });
            }
            [edits.apply(forward), without(reverse, table, from, before)]
        }
    };
    let backfill = format!("UPDATE {table_sql} SET {to_sql} = {from_sql} WHERE {to_sql} IS NULL;");
    let pair = Pair::Column { table: table.clone(), from: from.clone(), to: to.clone() };
    Some((texts, Expansion { pair, backfill, required }))
}

/// A table that stays beside its successor.
pub(super) fn table(forward: &Script, reverse: &Script, from: &Name, to: &Name) -> Option<([String; 2], Expansion)> {
    let provider = forward.provider;
    let columns = forward.operations().find_map(|(_, operation)| match &operation.action {
        Action::CreateTable(create) if create.name == *to => {
            Some(quote::list(provider, create.columns.iter().map(|column| &column.name)))
        }
        _ => None,
    })?;
    let texts = [forward, reverse].map(|script| {
        let mut edits = Edits::default();
        for statement in &script.statements {
            let of_old = |action: &Action| match action {
                Action::DropTable { names, .. } => names.contains(from),
                Action::CreateTable(create) => create.name == *from,
                Action::DropIndex { names, table, .. } => {
                    table.as_ref() == Some(from)
                        || names.iter().any(|name| name.object.value.starts_with(&format!("{}_", from.object)))
                }
                action => action.table() == Some(from),
            };
            if statement.operations.iter().all(|operation| of_old(&operation.action)) {
                edits.remove(statement);
            }
        }
        edits.apply(script)
    });
    let (from_sql, to_sql) = (quote::name(provider, from), quote::name(provider, to));
    let backfill = format!("INSERT INTO {to_sql} ({columns}) SELECT {columns} FROM {from_sql};");
    let pair = Pair::Table { from: from.clone(), to: to.clone() };
    Some((texts, Expansion { pair, backfill, required: false }))
}

fn rebuild_of<'a>(script: &'a Script, table: &Name) -> Option<&'a RebuildTable> {
    script.operations().find_map(|(_, operation)| match &operation.action {
        Action::RebuildTable(rebuild) if rebuild.table == *table => Some(rebuild.as_ref()),
        _ => None,
    })
}

fn is_required(column: &ColumnDef) -> bool {
    column.nullable == Some(false) && column.default.is_none() && column.generated.is_none() && !column.identity
}

fn bears_on(action: &Action, table: &Name, from: &Ident, to: &Ident, before: &State) -> bool {
    ends(action, table, from, before)
        || matches!(action, Action::AddColumn { table: of, column, .. } if of == table && column.name == *to)
}

/// The operation ends the old column, its index or its key.
fn ends(action: &Action, table: &Name, from: &Ident, before: &State) -> bool {
    let known = before.table(table);
    match action {
        Action::DropColumn { table: of, column, .. } => of == table && column == from,
        Action::DropIndex { names, .. } => known.is_some_and(|known| {
            known.indexes.iter().any(|index| {
                index.name.as_ref().is_some_and(|name| names.contains(name))
                    && index.index.columns.iter().any(|part| part.column.as_ref() == Some(from))
            })
        }),
        Action::DropConstraint { table: of, name, .. } if of == table => {
            known.and_then(|known| known.constraint(name)).is_some_and(|found| {
                found.constraint.kind == ConstraintKind::ForeignKey && found.constraint.columns.contains(from)
            })
        }
        _ => false,
    }
}

/// The way back without what never went.
fn without(reverse: &Script, table: &Name, from: &Ident, before: &State) -> String {
    let returns = |action: &Action| match action {
        Action::AddColumn { table: of, column, .. } => of == table && column.name == *from,
        Action::CreateIndex(index) => {
            index.table == *table && index.columns.iter().any(|part| part.column.as_ref() == Some(from))
        }
        Action::AddConstraint { table: of, constraint } => {
            of == table && constraint.kind == ConstraintKind::ForeignKey && constraint.columns.contains(from)
        }
        action => ends(action, table, from, before),
    };
    let mut edits = Edits::default();
    for statement in &reverse.statements {
        if statement.operations.iter().any(|operation| returns(&operation.action)) {
            edits.clauses(reverse, statement, |at, clause| {
                (!returns(&statement.operations[at].action)).then(|| clause.to_owned())
            });
        }
    }
    edits.apply(reverse)
}

/// SQLite: the new table keeps the old column too, and what stood on it.
fn in_new_table(
    forward: &Script,
    rebuild: &RebuildTable,
    reverse: &Script,
    old: &ColumnDef,
    new: &ColumnDef,
) -> Option<String> {
    let (columns, values) = lists_of(forward, rebuild.copy?)?;
    let name = quote::ident(forward.provider, &old.name.value);
    let mut edits = Edits::default();
    edits.insert(new.span.start as usize, format!("{},\n    ", reverse.slice(old.span)));
    if let Some(span) = new.not_null_span.filter(|_| is_required(new)) {
        edits.replace(span.range(), "");
    }
    edits.insert(columns, format!("{name}, "));
    edits.insert(values, format!("{name}, "));
    let last = forward.statements.get(*rebuild.steps.last()?)?;
    for statement in &reverse.statements {
        let over = statement.operations.iter().any(|operation| match &operation.action {
            Action::CreateIndex(index) => {
                index.table == rebuild.table && index.columns.iter().any(|part| part.column.as_ref() == Some(&old.name))
            }
            _ => false,
        });
        if over {
            edits.insert(end_of(forward, last), format!("\n{};", reverse.slice(statement.span)));
        }
    }
    // An index that goes with the column does not go.
    Some(edits.apply(forward))
}

fn stays_in_copy(reverse: &Script, rebuild: &RebuildTable, from: &Ident) -> Option<String> {
    let (columns, values) = lists_of(reverse, rebuild.copy?)?;
    let name = quote::ident(reverse.provider, &from.value);
    let mut edits = Edits::default();
    edits.insert(columns, format!("{name}, "));
    edits.insert(values, format!("{name}, "));
    Some(edits.apply(reverse))
}
