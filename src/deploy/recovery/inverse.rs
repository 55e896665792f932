//! The opposite of a statement, where there is one that needs no knowledge of what was there before.

use super::diagnosis::Statement;
use super::effects::Seen;
use super::remedy::Piece;
use crate::project::Provider;
use crate::sql::model::{Action, Name, Script};
use crate::sql::quote;

/// The opposites of all statements that are done by this migration, last first. `None`: one of them has none.
pub(super) fn of(script: &Script, statements: &[Statement]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    for statement in statements.iter().rev() {
        if statement.seen == Seen::NoEffect || statement.is_done() == Some(false) || statement.was_there_before() {
            continue;
        }
        let operations = &script.statements[statement.index].operations;
        for operation in operations.iter().rev() {
            // What nobody knows to be done cannot be taken back by guessing.
            statement.is_done()?;
            let sql = opposite(script.provider, &operation.action)?;
            let place = format!("takes back statement {} (line {})", statement.index + 1, statement.line);
            pieces.push(Piece { note: format!("{place}: {}", statement.says), sql: Some(sql), undecided: false });
        }
    }
    Some(pieces)
}

fn opposite(provider: Provider, action: &Action) -> Option<String> {
    let name = |name: &Name| quote::name(provider, name);
    let ident = |text: &str| quote::ident(provider, text);
    Some(match action {
        Action::CreateTable(create) if !create.or_replace && create.source.is_none() => {
            format!("DROP TABLE {}", name(&create.name))
        }
        Action::AddColumn { table, column, .. } => {
            format!("ALTER TABLE {} DROP COLUMN {}", name(table), ident(&column.name.value))
        }
        Action::RenameColumn { table, column, to } => {
            format!("ALTER TABLE {} RENAME COLUMN {} TO {}", name(table), ident(&to.value), ident(&column.value))
        }
        Action::DropNotNull { table, column } => {
            format!("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL", name(table), ident(&column.value))
        }
        Action::SetNotNull { table, column } => {
            format!("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", name(table), ident(&column.value))
        }
        Action::AddConstraint { table, constraint } => {
            let constraint = constraint.name.as_ref()?;
            format!("ALTER TABLE {} DROP CONSTRAINT {}", name(table), ident(&constraint.value))
        }
        Action::CreateIndex(index) => {
            let own = index.name.as_ref()?;
            match provider {
                Provider::Mysql => format!("DROP INDEX {} ON {}", ident(&own.object.value), name(&index.table)),
                _ => {
                    // It lives in its table's schema, which is not always written.
                    let place = Name { object: own.object.clone(), ..index.table.clone() };
                    let concurrently = if index.concurrently { " CONCURRENTLY" } else { "" };
                    format!("DROP INDEX{concurrently} {}", name(&place))
                }
            }
        }
        Action::CreateEnum { name: own, .. } => format!("DROP TYPE {}", name(own)),
        Action::CreateView { name: own, or_replace: false, materialized, .. } => {
            format!("DROP {}VIEW {}", if *materialized { "MATERIALIZED " } else { "" }, name(own))
        }
        _ => return None,
    })
}
