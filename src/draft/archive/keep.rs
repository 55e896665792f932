//! The archive steps of a migration.

use std::fmt::Write as _;

use super::{Kept, KeptColumn, Plan};
use crate::draft::edit::Edits;
use crate::project::Provider;
use crate::shell::printable;
use crate::sql::archive;
use crate::sql::model::{Ident, Script, Statement};
use crate::sql::quote;

/// Puts every step before the statement that takes the first of it away. `revert` is the name of the revert script.
pub(in crate::draft) fn write(migration: &Script, plan: &Plan, revert: &str) -> String {
    let mut edits = Edits::default();
    let mut has_schema = false;
    for kept in &plan.kept {
        let Some(statement) = migration.statements.get(kept.statement) else { continue };
        let step = step(migration.provider, kept, revert, &mut has_schema);
        let at = place(migration, statement);
        // Behind the statement before it there is a line's end to write; at the file's start there is none.
        let text = if at == 0 { format!("{step}\n") } else { format!("\n\n{}", step.trim_end()) };
        edits.insert(at, text);
    }
    edits.apply(migration)
}

/// Before the transaction that the statement is in, if any: an enum is exchanged in one.
fn place(migration: &Script, statement: &Statement) -> usize {
    let first = statement.transaction.and_then(|of| migration.statements.iter().find(|s| s.transaction == Some(of)));
    let at = first.unwrap_or(statement).range.start as usize;
    if at == 0 && migration.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { at }
}

fn step(provider: Provider, kept: &Kept, revert: &str, has_schema: &mut bool) -> String {
    let (archive, table) = (kept.quoted(provider), quote::name(provider, &kept.table));
    let names = list(provider, kept.all().map(|column| &column.name));
    let selected: Vec<String> = kept.all().map(|column| read(provider, column)).collect();
    let selected = selected.join(", ");
    let mut text = comment(kept, revert);
    if archive::has_schema(provider) && !std::mem::replace(has_schema, true) {
        text.push_str(&schema(provider));
    }
    let nothing = if provider == Provider::Postgresql { "false" } else { "1 = 0" };
    let probe: Vec<String> = kept.all().map(|column| own(provider, &column.name)).collect();
    let probe = format!("SELECT {} FROM {table} AS t WHERE {nothing}", probe.join(", "));
    match provider {
        Provider::Postgresql => {
            let named: Vec<String> = kept.all().map(|column| read_as(provider, column)).collect();
            let _ = writeln!(
                text,
                "CREATE TABLE IF NOT EXISTS {archive} AS SELECT {} FROM {table} AS t WHERE {nothing};",
                named.join(", ")
            );
        }
        Provider::Mysql => {
            let key = if kept.key.is_empty() {
                String::new()
            } else {
                format!(" (PRIMARY KEY ({}))", list(provider, kept.key.iter().map(|column| &column.name)))
            };
            let _ = writeln!(text, "CREATE TABLE IF NOT EXISTS {archive}{key} AS {probe};");
        }
        Provider::Sqlite => {
            // Without types: each value is kept as it is stored.
            let key = if kept.key.is_empty() {
                String::new()
            } else {
                format!(", PRIMARY KEY ({})", list(provider, kept.key.iter().map(|column| &column.name)))
            };
            let _ = writeln!(text, "CREATE TABLE IF NOT EXISTS {archive} ({names}{key});");
        }
        Provider::Sqlserver => {
            let into = format!(
                "SELECT {selected} INTO {archive} FROM {table} AS t WHERE {nothing} UNION ALL SELECT {selected} FROM {table} AS t WHERE {nothing}"
            );
            let _ = writeln!(
                text,
                "IF OBJECT_ID({}) IS NULL EXEC({});",
                unicode(provider, &archive),
                unicode(provider, &into)
            );
        }
    }
    let _ = writeln!(text, "DELETE FROM {archive} WHERE NOT EXISTS ({probe});");
    let _ = writeln!(
        text,
        "INSERT INTO {archive} ({names}) SELECT {selected} FROM {table} AS t{};",
        condition(provider, kept)
    );
    text
}

fn comment(kept: &Kept, revert: &str) -> String {
    let what = if kept.whole { "every row of " } else { "the values of " };
    let with = match kept.key.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>() {
        key if key.is_empty() => String::new(),
        key => format!(", with {}", key.join(", ")),
    };
    let first = format!("Archive: keeps {what}{}{with}, for {revert}", kept.shown());
    // Nothing from outside ends the comment.
    let first = printable(&first).replace(['\n', '\r'], " ");
    format!(
        "-- {first}\n-- and until `cargo prisma-safe archive drop`. What an earlier run left in it is replaced; \
         where the source is gone already, it stays.\n"
    )
}

fn schema(provider: Provider) -> String {
    let name = quote::ident(provider, archive::SCHEMA);
    match provider {
        Provider::Sqlserver => format!(
            "IF SCHEMA_ID({}) IS NULL EXEC({});\n",
            unicode(provider, archive::SCHEMA),
            unicode(provider, &format!("CREATE SCHEMA {name}"))
        ),
        _ => format!("CREATE SCHEMA IF NOT EXISTS {name};\n"),
    }
}

fn unicode(provider: Provider, text: &str) -> String {
    format!("N{}", quote::text(provider, text))
}

/// Rows that lose something: where no kept column holds a value, there is nothing to keep.
fn condition(provider: Provider, kept: &Kept) -> String {
    if kept.whole {
        return String::new();
    }
    let loses = |column: &KeptColumn| {
        let own = own(provider, &column.name);
        if column.only.is_empty() {
            return format!("{own} IS NOT NULL");
        }
        let own = if column.as_text.is_some() { format!("{own}::text") } else { own };
        let values: Vec<String> = column.only.iter().map(|value| quote::text(provider, value)).collect();
        format!("{own} IN ({})", values.join(", "))
    };
    let rows: Vec<String> = kept.columns.iter().map(loses).collect();
    format!(" WHERE {}", rows.join(" OR "))
}

fn own(provider: Provider, column: &Ident) -> String {
    // Never without the table: SQLite takes a name in quotes that it does not know for a text.
    format!("t.{}", quote::ident(provider, &column.value))
}

/// The value as the archive holds it.
fn read(provider: Provider, column: &KeptColumn) -> String {
    let own = own(provider, &column.name);
    match &column.as_text {
        Some(of) => format!("{own}::text{}", if of.array { "[]" } else { "" }),
        None => own,
    }
}

fn read_as(provider: Provider, column: &KeptColumn) -> String {
    let read = read(provider, column);
    match &column.as_text {
        Some(_) => format!("{read} AS {}", quote::ident(provider, &column.name.value)),
        None => read,
    }
}

fn list<'a>(provider: Provider, names: impl Iterator<Item = &'a Ident>) -> String {
    quote::list(provider, names)
}
