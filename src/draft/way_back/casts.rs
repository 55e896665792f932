//! A type change whose way back Prisma writes as drop and add: every value would be lost where a cast brings it back.

use super::{Facts, made_anew};
use crate::draft::edit::Edits;
use crate::project::Provider;
use crate::sql::model::{Action, ColumnDef, Ident, Name, Script, TypeFamily};
use crate::sql::quote;

pub(super) fn fix(reverse: &Script, facts: &Facts<'_>) -> String {
    let mut edits = Edits::default();
    // Those that the migration casts itself, so that the values are still there.
    let cast: Vec<_> =
        made_anew(reverse).into_iter().filter(|(table, column, ..)| is_cast(facts, table, column)).collect();
    for statement in &reverse.statements {
        let here: Vec<_> = cast.iter().filter(|(_, _, index, ..)| *index == statement.index).collect();
        if here.is_empty() {
            continue;
        }
        edits.clauses(reverse, statement, |at, clause| {
            if here.iter().any(|(_, _, _, dropped, _)| *dropped == at) {
                return None;
            }
            match &statement.operations[at].action {
                Action::AddColumn { table, column, .. } if here.iter().any(|(.., added)| *added == at) => {
                    Some(clauses(reverse, facts, table, column))
                }
                _ => Some(clause.to_owned()),
            }
        });
    }
    // Indexes over them have never gone.
    for statement in &reverse.statements {
        let stays = statement.operations.iter().any(|operation| match &operation.action {
            Action::CreateIndex(index) => {
                let over =
                    |column: &Ident| cast.iter().any(|(table, cast, ..)| *table == index.table && cast == column);
                let known = facts.after.table(&index.table).is_some_and(|table| {
                    table.indexes.iter().any(|known| known.name.is_some() && known.name == index.name)
                });
                known && index.columns.iter().filter_map(|part| part.column.as_ref()).any(over)
            }
            _ => false,
        });
        if stays {
            edits.remove(statement);
        }
    }
    edits.apply(reverse)
}

fn is_cast(facts: &Facts<'_>, table: &Name, column: &Ident) -> bool {
    facts.migration.operations().any(|(_, operation)| match &operation.action {
        Action::AlterColumnType { table: of, column: cast, .. } => of == table && cast == column,
        _ => false,
    })
}

/// The clauses that turn the column back into what its definition says.
fn clauses(reverse: &Script, facts: &Facts<'_>, table: &Name, column: &ColumnDef) -> String {
    let provider = Provider::Postgresql;
    let name = quote::ident(provider, &column.name.value);
    let alter = format!("ALTER COLUMN {name}");
    let Some(data_type) = &column.data_type else { return String::new() };
    let (words, default) = match data_type.family {
        TypeFamily::Serial(width) => {
            let sequence = super::sequences::name_of(table, &column.name);
            let words = match width {
                2 => "SMALLINT",
                8 => "BIGINT",
                _ => "INTEGER",
            };
            (words.to_owned(), Some(format!("nextval({})", quote::text(provider, &sequence))))
        }
        _ => {
            let default = column.default.as_ref().map(|default| reverse.slice(default.span).to_owned());
            (reverse.slice(data_type.span).to_owned(), default)
        }
    };
    let mut list =
        vec![format!("{alter} DROP DEFAULT"), format!("{alter} SET DATA TYPE {words} USING ({name}::{words})")];
    list.extend(default.map(|default| format!("{alter} SET DEFAULT {default}")));
    let now = facts.after.table(table).and_then(|known| known.column(&column.name)).and_then(|known| known.nullable);
    let wanted = column.nullable != Some(false) && !matches!(data_type.family, TypeFamily::Serial(_));
    if now != Some(wanted) {
        list.push(format!("{alter} {} NOT NULL", if wanted { "DROP" } else { "SET" }));
    }
    list.join(",\n")
}
