//! A revert script for a migration that has none, from the database itself: renames are taken back as the text says, everything else as the
//! catalogue tells (`draft::restore`).

use crate::draft::restore;
use crate::project::Provider;
use crate::revert::VerifyError;
use crate::revert::snapshot::{self, Snapshot};
use crate::revert::throwaway::Session;
use crate::sql::model::{Action, Script};
use crate::sql::quote;

/// Makes it. The database is the one after the migration, and stays as it is.
pub(super) fn draft(
    session: &mut dyn Session,
    migration: &str,
    script: &Script,
    before: &Snapshot,
) -> Result<String, VerifyError> {
    let asking = |failure| VerifyError::Sql { doing: "take a rename back", failure };
    session.execute("BEGIN").map_err(asking)?;
    let mut renames = Vec::new();
    for statement in renames_back(script) {
        session.execute("SAVEPOINT rename").map_err(asking)?;
        // What it has renamed may be gone later in the file, or be its own.
        if session.execute(&statement).is_ok() {
            renames.push(statement);
        } else {
            session.execute("ROLLBACK TO SAVEPOINT rename").map_err(asking)?;
        }
    }
    let after = snapshot::take(script.provider, session);
    session.execute("ROLLBACK").map_err(asking)?;
    let mut restored = restore::restore(before, &after?);
    restored.statements.splice(0..0, renames);
    Ok(restored.script(migration))
}

/// The last one first.
fn renames_back(script: &Script) -> Vec<String> {
    let ident = |name: &str| quote::ident(Provider::Postgresql, name);
    let text = |value: &str| quote::text(Provider::Postgresql, value);
    let name = |name| quote::name(Provider::Postgresql, name);
    let mut statements = Vec::new();
    for (_, operation) in script.operations() {
        statements.extend(match &operation.action {
            Action::RenameTable { table, to } => {
                Some(format!("ALTER TABLE {} RENAME TO {}", name(to), ident(&table.object.value)))
            }
            Action::RenameColumn { table, column, to } => Some(format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {}",
                name(table),
                ident(&to.value),
                ident(&column.value)
            )),
            Action::RenameConstraint { table, name: from, to } => Some(format!(
                "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
                name(table),
                ident(&to.value),
                ident(&from.value)
            )),
            Action::RenameIndex { index, to, .. } => {
                Some(format!("ALTER INDEX {} RENAME TO {}", ident(&to.value), ident(&index.object.value)))
            }
            Action::RenameType { type_name, to } => {
                Some(format!("ALTER TYPE {} RENAME TO {}", ident(&to.value), ident(&type_name.object.value)))
            }
            Action::RenameEnumValue { type_name, from, to } => Some(format!(
                "ALTER TYPE {} RENAME VALUE {} TO {}",
                name(type_name),
                text(&to.value),
                text(&from.value)
            )),
            _ => None,
        });
    }
    statements.reverse();
    statements
}
