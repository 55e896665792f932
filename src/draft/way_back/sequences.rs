//! Numbers that go on: Prisma makes a new sequence, under a new name and from 1 on, where the old one was never dropped; and it leaves those that
//! the migration has made.

use super::Facts;
use crate::draft::edit::{Edits, end_of};
use crate::project::Provider;
use crate::sql::model::{Action, Ident, Name, ObjectKind, Script, TypeFamily};
use crate::sql::quote;

pub(super) fn fix(reverse: &Script, facts: &Facts<'_>) -> String {
    let mut edits = Edits::default();
    for statement in &reverse.statements {
        for operation in &statement.operations {
            let Action::SetDefault { table, column, default } = &operation.action else { continue };
            let Some(width) = numbered(facts, table, column) else { continue };
            let own = name_of(table, column);
            // The sequence that Prisma makes for it, made just before.
            let Some(made) =
                reverse.statements.iter().find_map(|other| made_sequence(other, reverse.slice(default.span)))
            else {
                continue;
            };
            edits.replace(default.span.range(), format!("nextval({})", quote::text(Provider::Postgresql, &own)));
            let survives = !drops_sequence(facts.migration, &own);
            for other in &reverse.statements {
                let (creates, owns) = (creates(other, &made), alters(other, &made));
                if creates && !survives {
                    edits.replace(other.span.range(), format!("CREATE SEQUENCE {own} AS {width}"));
                } else if creates || (owns && survives) {
                    edits.remove(other);
                } else if owns {
                    let (table, column) =
                        (quote::name(Provider::Postgresql, table), quote::ident(Provider::Postgresql, &column.value));
                    let text = format!(
                        "ALTER SEQUENCE {own} OWNED BY {table}.{column};\nSELECT setval({}, (SELECT max({column}) FROM {table}))",
                        quote::text(Provider::Postgresql, &own)
                    );
                    edits.replace(other.span.range(), text);
                }
            }
        }
    }
    drop_new(reverse, facts, &mut edits);
    edits.apply(reverse)
}

/// The name that PostgreSQL gives the sequence of a `serial` column, quoted.
pub(super) fn name_of(table: &Name, column: &Ident) -> String {
    let mut name = table.clone();
    name.object.value = format!("{}_{}_seq", table.object, column);
    quote::name(Provider::Postgresql, &name)
}

/// The type of a column that was `serial` before the migration.
fn numbered(facts: &Facts<'_>, table: &Name, column: &Ident) -> Option<&'static str> {
    let known = facts.before.table(table)?.column(column)?;
    let definition = known.definition.as_ref()?.data_type.as_ref().or(known.data_type.as_ref())?;
    match definition.family {
        TypeFamily::Serial(2) => Some("smallint"),
        TypeFamily::Serial(8) => Some("bigint"),
        TypeFamily::Serial(_) => Some("integer"),
        _ => None,
    }
}

fn made_sequence(statement: &crate::sql::model::Statement, default: &str) -> Option<Name> {
    statement.operations.iter().find_map(|operation| match &operation.action {
        Action::CreateObject { kind: ObjectKind::Sequence, name, .. } if default.contains(&name.object.value) => {
            Some(name.clone())
        }
        _ => None,
    })
}

fn creates(statement: &crate::sql::model::Statement, sequence: &Name) -> bool {
    statement.operations.iter().any(|operation| {
        matches!(&operation.action, Action::CreateObject { kind: ObjectKind::Sequence, name, .. } if name == sequence)
    })
}

fn alters(statement: &crate::sql::model::Statement, sequence: &Name) -> bool {
    statement.operations.iter().any(|operation| match &operation.action {
        Action::AlterObject { kind: ObjectKind::Sequence, name, .. } => name.as_ref() == Some(sequence),
        _ => false,
    })
}

fn drops_sequence(script: &Script, quoted: &str) -> bool {
    dropped(script).any(|name| quote::name(Provider::Postgresql, &name) == quoted)
}

fn dropped(script: &Script) -> impl Iterator<Item = Name> {
    script.operations().flat_map(|(_, operation)| match &operation.action {
        Action::DropObject { kind: ObjectKind::Sequence, names, .. } => names.clone(),
        _ => Vec::new(),
    })
}

/// Sequences that the migration makes by themselves: with the default gone, nothing drops them.
fn drop_new(reverse: &Script, facts: &Facts<'_>, edits: &mut Edits) {
    for (_, operation) in facts.migration.operations() {
        let Action::CreateObject { kind: ObjectKind::Sequence, name, .. } = &operation.action else { continue };
        if dropped(reverse).any(|gone| gone == *name) {
            continue;
        }
        let text = format!("\nDROP SEQUENCE IF EXISTS {};", quote::name(Provider::Postgresql, name));
        match reverse.statements.last() {
            Some(last) => edits.insert(end_of(reverse, last), text),
            None => edits.insert(reverse.text.len(), text),
        }
    }
}
