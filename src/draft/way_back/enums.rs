//! Enum values that come back: `ADD VALUE` puts them at the end, and no transaction may use them before it has ended. The type is exchanged once
//! more instead, in its old order; and the exchanges that Prisma writes for the way back lose their own transaction, so that the whole script is
//! one.

use super::Facts;
use crate::draft::edit::{Edits, end_of};
use crate::project::Provider;
use crate::sql::model::{Action, Name, Script, SwapEnum};
use crate::sql::quote;

pub(super) fn fix(reverse: &Script, facts: &Facts<'_>) -> String {
    let mut edits = Edits::default();
    let mut done: Vec<Name> = Vec::new();
    for statement in &reverse.statements {
        for operation in &statement.operations {
            match &operation.action {
                Action::AddEnumValue { type_name, .. } => {
                    let Some(text) = exchange(facts, type_name) else { continue };
                    let first = !done.contains(type_name);
                    edits.replace(
                        statement.span.start as usize..end_of(reverse, statement),
                        if first { text } else { String::new() },
                    );
                    done.push(type_name.clone());
                }
                Action::Begin | Action::Commit if in_exchange(reverse, statement.transaction) => {
                    edits.replace(statement.span.start as usize..end_of(reverse, statement), "");
                }
                _ => {}
            }
        }
    }
    edits.apply(reverse)
}

fn in_exchange(reverse: &Script, transaction: Option<u32>) -> bool {
    transaction.is_some()
        && reverse.operations().any(|(statement, operation)| {
            statement.transaction == transaction && matches!(operation.action, Action::SwapEnum(_))
        })
}

/// The migration's own exchange of the type, with the old values.
fn exchange(facts: &Facts<'_>, type_name: &Name) -> Option<String> {
    let known = facts.before.enum_type(type_name).filter(|known| known.complete)?;
    let (create, swap): (usize, &SwapEnum) =
        facts.migration.operations().find_map(|(statement, operation)| match &operation.action {
            Action::SwapEnum(swap) if swap.type_name == *type_name => Some((statement.index, swap.as_ref())),
            _ => None,
        })?;
    let values: Vec<String> = known.values.iter().map(|(value, _)| quote::text(Provider::Postgresql, value)).collect();
    let mut list = Vec::new();
    let mut steps = swap.steps.clone();
    steps.push(create);
    steps.sort_unstable();
    steps.dedup();
    for step in steps {
        let text = facts.migration.slice(facts.migration.statements.get(step)?.span);
        if step == create {
            // `CREATE TYPE "x_new" AS ENUM (…)`: up to the list.
            let (head, _) = text.split_once('(')?;
            list.push(format!("{head}({});", values.join(", ")));
        } else {
            list.push(format!("{text};"));
        }
    }
    Some(list.join("\n"))
}
