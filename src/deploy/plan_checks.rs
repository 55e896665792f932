//! Questions about the rows that decide whether a pending statement can succeed, read from the statements themselves: foreign keys over
//! orphans, checks over rows that break them. Those that rules print with their findings are added by
//! [`crate::deploy::evidence::checks`].

use crate::project::Provider;
use crate::sql::history_state::Context;
use crate::sql::lock_facts::holds::is_old;
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident, Name};
use crate::sql::quote;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCheck {
    /// The migration.
    pub migration: String,
    /// Line of the statement, from 1.
    pub line: usize,
    /// What is found, as one word.
    pub noun: &'static str,
    /// What the question finds, after number and noun.
    pub finds: String,
    /// A query without `count` around it: one row for each that is found.
    pub rows: String,
}

/// The questions of one statement, asked at the moment before it. `changed`: tables whose rows the pending migrations before it write to;
/// what holds of them then cannot be asked now.
#[must_use]
pub fn of(context: &Context<'_>, migration: &str, changed: &[Name]) -> Vec<DataCheck> {
    let line = context.script.line_column(context.statement.span.start).0;
    let found = context.statement.operations.iter().filter_map(|operation| {
        let (table, constraint) = match operation.action.alone() {
            Action::AddConstraint { table, constraint } => (table, &**constraint),
            Action::ValidateConstraint { table, name } => {
                (table, &context.table(table)?.constraint(name).filter(|known| !known.validated)?.constraint)
            }
            _ => return None,
        };
        let validates = matches!(operation.action.alone(), Action::ValidateConstraint { .. });
        if (constraint.not_valid && !validates) || constraint.not_enforced {
            return None;
        }
        let is_asked = is_old(context, table) && !changed.contains(table) && are_old(context, table, constraint);
        let (finds, rows) = if is_asked { question(context, table, constraint, validates)? } else { return None };
        Some(DataCheck { migration: migration.to_owned(), line, noun: "row", finds, rows })
    });
    found.collect()
}

/// Columns that a pending migration adds are not there to be asked about.
fn are_old(context: &Context<'_>, table: &Name, constraint: &Constraint) -> bool {
    let read = constraint.expr.as_ref().map_or(&[][..], |expr| &expr.columns);
    constraint.columns.iter().chain(read).all(|column| {
        let born = context.column(table, column).and_then(|known| known.born);
        !context.state.born_in_pending(born)
    })
}

fn question(context: &Context<'_>, table: &Name, constraint: &Constraint, validates: bool) -> Option<(String, String)> {
    let provider = context.provider();
    match constraint.kind {
        // On SQLite both come with a rebuild, which rules look at.
        _ if provider == Provider::Sqlite => None,
        ConstraintKind::ForeignKey => {
            let to = constraint.references.as_ref()?;
            if context.created_in_pending(&to.table) || to.columns.len() != constraint.columns.len() {
                return None;
            }
            let finds = format!("of `{table}` pointing at no row of `{}`", to.table);
            Some((finds, orphans(provider, table, &constraint.columns, &to.table, &to.columns)))
        }
        // The text of one that an earlier file wrote is not at hand.
        ConstraintKind::Check if !validates => {
            let expr = constraint.expr.as_ref().filter(|expr| !expr.subquery)?;
            let name = constraint.name.as_ref().map_or_else(|| "the check".to_owned(), |name| format!("`{name}`"));
            let text = context.script.slice(expr.span);
            let from = quote::name(provider, table);
            Some((format!("of `{table}` breaking {name}"), format!("SELECT 1 FROM {from} WHERE NOT ({text}\n)")))
        }
        _ => None,
    }
}

fn orphans(provider: Provider, table: &Name, own: &[Ident], other: &Name, to: &[Ident]) -> String {
    let quoted = |name: &Ident| quote::ident(provider, &name.value);
    let filled: Vec<_> = own.iter().map(|column| format!("child.{} IS NOT NULL", quoted(column))).collect();
    let pairs: Vec<_> =
        own.iter().zip(to).map(|(own, to)| format!("parent.{} = child.{}", quoted(to), quoted(own))).collect();
    format!(
        "SELECT 1 FROM {} child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} parent WHERE {})",
        quote::name(provider, table),
        filled.join(" AND "),
        quote::name(provider, other),
        pairs.join(" AND "),
    )
}

/// The tables whose rows a statement writes to.
pub fn written(context: &Context<'_>, into: &mut Vec<Name>) {
    for operation in &context.statement.operations {
        let tables: &[Name] = match operation.action.alone() {
            Action::Insert(insert) => std::slice::from_ref(&insert.table),
            Action::Update(update) => std::slice::from_ref(&update.table),
            Action::Merge(merge) => std::slice::from_ref(&merge.table),
            Action::Delete(delete) => &delete.tables,
            Action::Truncate { tables, .. } => tables,
            _ => continue,
        };
        into.extend(tables.iter().cloned());
    }
}
