//! Prisma's reverse difference goes to a schema that means the same; a revert goes to the one that was there, with its values.
//!
//! One file for each thing that Prisma's script gets wrong, all of the same shape: `fix(reverse, facts)` gives the text anew. PostgreSQL only: what
//! the other databases need is in the restore of archives.

mod casts;
mod enums;
mod sequences;

use crate::project::Provider;
use crate::sql;
use crate::sql::history_state::State;
use crate::sql::model::{Action, Ident, Name, Script};

/// What the passes may ask.
pub(super) struct Facts<'a> {
    /// The migration.
    pub migration: &'a Script,
    /// The history before it.
    pub before: &'a State,
    /// The history with it.
    pub after: &'a State,
}

/// Corrects a reverse difference.
pub(super) fn fix(reverse: String, facts: &Facts<'_>) -> String {
    if facts.migration.provider != Provider::Postgresql {
        return reverse;
    }
    let passes: [fn(&Script, &Facts<'_>) -> String; 3] = [casts::fix, sequences::fix, enums::fix];
    passes.iter().fold(reverse, |text, pass| match sql::read(facts.migration.provider, text.as_bytes()) {
        Ok(script) => pass(&script, facts),
        Err(_) => text,
    })
}

/// Columns that a statement drops and adds again under their own name: the column, the clause that drops and the one that adds.
fn made_anew(script: &Script) -> Vec<(Name, Ident, usize, usize, usize)> {
    let mut found = Vec::new();
    for statement in &script.statements {
        for (dropped, operation) in statement.operations.iter().enumerate() {
            let Action::DropColumn { table, column, .. } = &operation.action else { continue };
            let added = statement.operations.iter().position(|other| match &other.action {
                Action::AddColumn { table: of, column: new, .. } => of == table && new.name == *column,
                _ => false,
            });
            if let Some(added) = added {
                found.push((table.clone(), column.clone(), statement.index, dropped, added));
            }
        }
    }
    found
}
