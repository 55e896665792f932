//! A copy of a MySQL or MariaDB database on the same server: what `SHOW CREATE` says of everything in it, and its rows.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Rows, Session, SqlFailure};
use crate::project::Provider;
use crate::sql::quote;

/// Creates the database `to` with the character set of `from`.
///
/// # Errors
/// The server's.
pub(super) fn create(server: &mut dyn Session, from: &str, to: &str) -> Result<(), SqlFailure> {
    let found = server.query(&format!(
        "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = '{from}'"
    ))?;
    let [charset, collation] = cells(found.into_iter().next().unwrap_or_default());
    server.query(&format!("CREATE DATABASE {} CHARACTER SET {charset} COLLATE {collation}", name(to))).map(drop)
}

/// Whose server it is: settings of a server of our own may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    /// Ours.
    OwnServer,
    /// Somebody else's.
    OthersServer,
}

/// Copies everything that is in `from`. `server` is connected to `to`, and has other settings afterwards.
///
/// # Errors
/// The server's.
pub(super) fn fill(server: &mut dyn Session, from: &str, to: &str, filling: Filling) -> Result<(), SqlFailure> {
    // Zeroes and wrong dates that are there are copied as they are; a key may point at what is not there yet.
    server.query("SET foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")?;
    let tables = server.query(&format!("SHOW FULL TABLES FROM {}", name(from)))?;
    let of = |kind: &str| -> Vec<String> {
        let fits = tables.iter().filter(|row| row.get(1).cloned().flatten().as_deref() == Some(kind));
        fits.filter_map(|row| row.first().cloned().flatten()).collect()
    };
    for sequence in of("SEQUENCE") {
        let text = shown(server, "SEQUENCE", from, &sequence)?;
        server.query(&text)?;
        let at = server.query(&format!("SELECT next_not_cached_value FROM {}.{}", name(from), name(&sequence)))?;
        if let Some(at) = at.into_iter().flatten().flatten().next() {
            server.query(&format!("SELECT SETVAL({}, {at}, 0)", name(&sequence)))?;
        }
    }
    let all: Vec<String> = of("BASE TABLE").into_iter().chain(of("SYSTEM VERSIONED")).collect();
    tables_of(server, from, &all, filling)?;
    copy_rows(server, from)?;
    for kind in ["FUNCTION", "PROCEDURE"] {
        routines(server, kind, from)?;
    }
    views(server, from, to, of("VIEW"))?;
    for trigger in triggers(server, from)? {
        let rows = server.query(&format!("SHOW CREATE TRIGGER {}.{}", name(from), name(&trigger)))?;
        again(server, &rows, 1, 2)?;
    }
    let events = server.query(&format!(
        "SELECT event_name FROM information_schema.events WHERE event_schema = '{from}' ORDER BY event_name"
    ))?;
    for event in events.into_iter().flatten().flatten() {
        let rows = server.query(&format!("SHOW CREATE EVENT {}.{}", name(from), name(&event)))?;
        again(server, &rows, 1, 3)?;
    }
    Ok(())
}

/// A file of its own for each table takes most of the time. Tables that ask for something which only such a file can do get one.
fn tables_of(server: &mut dyn Session, from: &str, names: &[String], filling: Filling) -> Result<(), SqlFailure> {
    let (mut common, mut special) = (String::new(), String::new());
    for name in names {
        let definition = shown(server, "TABLE", from, name)?;
        let tail = definition.rsplit_once("\n)").map_or("", |(_, tail)| tail).to_ascii_uppercase();
        let needs_file = ["ROW_FORMAT", "COMPRESS", "ENCRYPT", "DIRECTORY", "TABLESPACE", "PARTITION"];
        let part = if needs_file.iter().any(|word| tail.contains(word)) { &mut special } else { &mut common };
        let _ = write!(part, "{definition}; ");
    }
    if filling == Filling::OthersServer {
        return run(server, &format!("{common}{special}"));
    }
    // Not every server lets it be changed.
    let _ = server.query("SET GLOBAL innodb_file_per_table = 0");
    let made = run(server, &common);
    let _ = server.query("SET GLOBAL innodb_file_per_table = 1");
    made.and_then(|()| run(server, &special))
}

fn run(server: &mut dyn Session, statements: &str) -> Result<(), SqlFailure> {
    if statements.is_empty() { Ok(()) } else { server.query(statements).map(drop) }
}

/// What `SHOW CREATE` says.
fn shown(server: &mut dyn Session, kind: &str, from: &str, of: &str) -> Result<String, SqlFailure> {
    let rows = server.query(&format!("SHOW CREATE {kind} {}.{}", name(from), name(of)))?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().nth(1).flatten()).unwrap_or_default())
}

/// Runs what `SHOW CREATE` said, under the modes that it was made with.
fn again(server: &mut dyn Session, rows: &Rows, mode: usize, text: usize) -> Result<(), SqlFailure> {
    let Some(row) = rows.first() else { return Ok(()) };
    let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    server.query(&format!("SET sql_mode = '{}'", cell(mode)))?;
    let made = server.query(&cell(text)).map(drop);
    server.query("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")?;
    made
}

/// Rows of every table that has any; computed columns compute themselves.
fn copy_rows(server: &mut dyn Session, from: &str) -> Result<(), SqlFailure> {
    let columns = server.query(&format!(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t \
         ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') \
         WHERE c.table_schema = '{from}' AND coalesce(c.generation_expression, '') = '' ORDER BY c.table_name, c.ordinal_position"
    ))?;
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for row in columns {
        let [table, column] = cells(row);
        match tables.last_mut() {
            Some((last, columns)) if *last == table => columns.push(name(&column)),
            _ => tables.push((table, vec![name(&column)])),
        }
    }
    let mut copying = String::new();
    for (table, columns) in tables {
        let list = columns.join(", ");
        let (from, to) = (format!("{}.{}", name(from), name(&table)), name(&table));
        let _ = write!(copying, "INSERT INTO {to} ({list}) SELECT {list} FROM {from}; ");
    }
    run(server, &copying)
}

fn routines(server: &mut dyn Session, kind: &str, from: &str) -> Result<(), SqlFailure> {
    let names = server.query(&format!(
        "SELECT routine_name FROM information_schema.routines WHERE routine_schema = '{from}' AND routine_type = '{kind}' ORDER BY routine_name"
    ))?;
    for routine in names.into_iter().flatten().flatten() {
        let rows = server.query(&format!("SHOW CREATE {kind} {}.{}", name(from), name(&routine)))?;
        again(server, &rows, 1, 2)?;
    }
    Ok(())
}

/// Views name their database in front of every table, and may read from each other.
fn views(server: &mut dyn Session, from: &str, to: &str, names: Vec<String>) -> Result<(), SqlFailure> {
    let mut waiting = Vec::new();
    for view in names {
        let text = shown(server, "VIEW", from, &view)?;
        waiting.push(text.replace(&format!("{}.", name(from)), &format!("{}.", name(to))));
    }
    let mut left: BTreeSet<usize> = (0..waiting.len()).collect();
    while !left.is_empty() {
        let before = left.len();
        let mut refused = None;
        left.retain(|&at| match server.query(&waiting[at]) {
            Ok(_) => false,
            Err(failure) => {
                refused = Some(failure);
                true
            }
        });
        if left.len() == before {
            // A view over what is gone: it exists in the base, and cannot be made again.
            return refused.map_or(Ok(()), Err);
        }
    }
    Ok(())
}

/// In the order in which they were made: triggers of one moment run in it.
fn triggers(server: &mut dyn Session, from: &str) -> Result<Vec<String>, SqlFailure> {
    let rows = server.query(&format!(
        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = '{from}' \
         ORDER BY event_object_table, action_timing, event_manipulation, action_order"
    ))?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

fn name(name: &str) -> String {
    quote::ident(Provider::Mysql, name)
}

fn cells<const N: usize>(row: Vec<Option<String>>) -> [String; N] {
    let mut cells = row.into_iter();
    std::array::from_fn(|_| cells.next().flatten().unwrap_or_default())
}
