//! `docs/locks.md`: what the tests saw, as people read it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use prisma_safe::sql::lock_facts::postgres::ROWS;
use prisma_safe::sql::lock_facts::types::TypeChange;

const HEAD: &str = "# What each statement locks on PostgreSQL\n\n\
    The rules of the family `locks` cite this table. Every row is run on a real server by `tests/database/locks_postgres.rs`, which writes this page: \
    the locks are those of `pg_locks`, the work is what was read and which files were new.\n\n\
    ACCESS EXCLUSIVE stops reads and writes. SHARE, SHARE ROW EXCLUSIVE and EXCLUSIVE stop writes. SHARE UPDATE EXCLUSIVE and weaker ones stop neither. \
    A lock is kept to the end of its transaction.\n";

/// Two tests write one page.
static PAGE: Mutex<()> = Mutex::new(());

pub fn locks() -> String {
    let mut out = String::from("| statement | locks | meanwhile | in a transaction | since |\n|---|---|---|---|---|\n");
    for row in ROWS {
        let locks =
            row.locks.iter().map(|(on, mode)| format!("{mode} on {}", on.as_str())).collect::<Vec<_>>().join("; ");
        let locks = if locks.is_empty() { "no table".to_owned() } else { locks };
        let inside = if row.outside_transaction { "refused (25001)" } else { "yes" };
        let since = row.since.map_or_else(String::new, |major| major.to_string());
        let _ = writeln!(out, "| `{}` | {locks} | {} | {inside} | {since} |", row.sql, row.work.as_str());
    }
    out
}

pub fn types(lines: &[(&str, &str, TypeChange)]) -> String {
    let mut out = String::from("| from | to | what happens |\n|---|---|---|\n");
    for (from, to, change) in lines {
        let change = match change {
            TypeChange::InPlace => "catalogue only",
            TypeChange::Rewrite => "rewrites the table",
            TypeChange::ZoneDecides => "catalogue only where the session's TimeZone is UTC, else rewrites the table",
            TypeChange::Unknown => "not known",
        };
        let _ = writeln!(out, "| `{from}` | `{to}` | {change} |");
    }
    out
}

/// Compares one part of the page with what was seen, or writes it.
pub fn hold_to(part: &str, major: u16, seen: &str) {
    let _page = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/locks.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    if between(&written, part) == Some(seen) {
        return;
    }
    assert!(
        std::env::var_os("PRISMA_SAFE_BLESS").is_some_and(|value| value == "1"),
        "the part `{part}` of docs/locks.md is not what PostgreSQL {major} does; PRISMA_SAFE_BLESS=1 writes it anew"
    );
    let own =
        |name: &str| if name == part { Some(seen.to_owned()) } else { between(&written, name).map(str::to_owned) };
    let mut page = format!("{HEAD}\nLast written on PostgreSQL {major}.\n");
    for (name, title) in [
        ("locks", "Statements"),
        ("types", "Type changes"),
        ("algorithms", "What ALTER TABLE costs on MySQL and MariaDB"),
    ] {
        if let Some(text) = own(name) {
            let _ = write!(page, "\n## {title}\n\n<!-- {name} -->\n{text}<!-- /{name} -->\n");
        }
    }
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs can be made");
    std::fs::write(&path, page).expect("docs/locks.md can be written");
}

fn between<'a>(page: &'a str, part: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("<!-- {part} -->\n"))?;
    Some(rest.split_once(&format!("<!-- /{part} -->"))?.0)
}
