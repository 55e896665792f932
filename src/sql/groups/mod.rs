//! Finds statements that are together one change.

mod rebuild;
mod swap_enum;

use super::model::{Action, Statement};
use crate::project::Provider;

/// Puts each group at its first statement and marks the others as its steps.
pub(super) fn find(provider: Provider, text: &str, statements: &mut [Statement]) {
    rebuild::find(text, statements);
    if provider == Provider::Postgresql {
        swap_enum::find(statements);
    }
}

/// Where an operation stands: statement and operation by index.
type Place = (usize, usize);

fn action(statements: &[Statement], place: Place) -> Option<&Action> {
    statements.get(place.0)?.operations.get(place.1).map(|o| &o.action)
}

/// All operations of a kind, by place.
fn places<'a, T: 'a>(
    statements: &'a [Statement],
    pick: impl Fn(&'a Action) -> Option<T> + 'a,
) -> impl Iterator<Item = (Place, T)> + 'a {
    statements.iter().enumerate().flat_map(move |(s, statement)| {
        let found: Vec<_> = statement
            .operations
            .iter()
            .enumerate()
            .filter_map(|(o, operation)| Some(((s, o), pick(&operation.action)?)))
            .collect();
        found
    })
}

/// Makes an operation a step of a group.
fn mark(statements: &mut [Statement], place: Place, of: usize) {
    if let Some(operation) = statements.get_mut(place.0).and_then(|s| s.operations.get_mut(place.1)) {
        let action = std::mem::replace(&mut operation.action, Action::Unknown);
        operation.action = match action {
            step @ Action::Step { .. } => step,
            action => Action::Step { of, action: Box::new(action) },
        };
    }
}
