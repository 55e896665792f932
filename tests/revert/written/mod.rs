//! Reverts that `new` writes for what Prisma prints, proven: schema and data. The tables of `docs/reverts.md` are written from it
//! (`PRISMA_SAFE_BLESS=1` writes them).
//!
//! The differences are recorded as Prisma 6.19 prints them: its start for each of them would cost a minute. To add one: an entry in the file of the
//! database, with `T` (and names that begin with it) for whatever it makes.

mod mysql;
mod postgres;
mod sqlite;

use std::fmt::Write as _;
use std::sync::Mutex;

use jiff::Timestamp;
use prisma_safe::draft::rename::{self, Expansion};
use prisma_safe::draft::{Draft, Origin, Parts};
use prisma_safe::project::Provider;
use prisma_safe::sql;
use prisma_safe::sql::history_state::State;

use crate::bed::{project_of, told, verify};
use crate::postgres::has_server;

/// A difference, both ways.
pub struct Recorded {
    /// What kind.
    pub operation: &'static str,
    /// Of what; may be empty.
    pub what: &'static str,
    /// What is there before.
    pub before: &'static str,
    /// The migration.
    pub forward: &'static str,
    /// The way back.
    pub reverse: &'static str,
}

/// A difference that is a new name.
pub struct Renamed {
    /// What Prisma prints for it.
    pub recorded: Recorded,
    /// The old name.
    pub from: &'static str,
    /// The new name.
    pub to: &'static str,
    /// In steps.
    pub expand: bool,
}

/// Both texts as the answer to the question writes them.
fn renamed(provider: Provider, renamed: &Renamed, number: usize, before: &State) -> ([String; 2], Vec<Expansion>) {
    let texts = [renamed.recorded.forward, renamed.recorded.reverse].map(|text| named(text, number));
    let script = sql::read(provider, texts[0].as_bytes()).expect("text");
    let table = |name: &str| name.replacen('T', &format!("K{number:02}k"), usize::from(name.starts_with('T')));
    let pair = rename::named(&script, before, &table(renamed.from), &table(renamed.to)).expect("both sides");
    assert_eq!(rename::pairs(&script, before), std::slice::from_ref(&pair), "it is asked about");
    if renamed.expand {
        let (texts, expansion) = rename::expand(provider, &texts, &pair, before).expect("a known shape");
        (texts, vec![expansion])
    } else {
        (rename::rename(provider, &texts, &pair, before).expect("a known shape"), Vec::new())
    }
}

fn take_in(state: &mut State, provider: Provider, name: &str, text: &str) {
    let script = sql::read(provider, text.as_bytes()).expect("text");
    state.begin_migration(name, false);
    for statement in &script.statements {
        state.apply(&script, statement);
    }
}

/// Each in tables of its own, so that one run proves them all.
fn named(text: &str, number: usize) -> String {
    let table = format!("K{number:02}k");
    let lower = table.to_lowercase();
    text.replace("\"T", &format!("\"{table}"))
        .replace("\"_T", &format!("\"_{table}"))
        .replace("new_T\"", &format!("new_{table}\""))
        .replace("`T", &format!("`{table}"))
        .replace("`_T", &format!("`_{table}"))
        .replace("t_id_seq", &format!("{lower}_id_seq"))
}

fn draft(
    provider: Provider,
    operation: &str,
    number: usize,
    before: &State,
    [migration, reverse]: [String; 2],
    expansions: Vec<Expansion>,
) -> Draft {
    Draft::new(Parts {
        provider,
        existing: &[],
        before,
        prisma: None,
        slug: format!("case{number}"),
        title: operation.to_owned(),
        migration,
        reverse: Some(reverse),
        expansions,
        keep: true,
        origin: Origin::Database,
        now: Timestamp::from_second(1_770_000_000 + i64::try_from(number).expect("few") * 60).expect("a time"),
    })
    .expect("text")
}

fn all_are_proven(provider: Provider, word: &str, plain: &[Recorded], new_names: &[Renamed]) {
    let all: Vec<&Recorded> = plain.iter().chain(new_names.iter().map(|one| &one.recorded)).collect();
    let before: String = all.iter().enumerate().map(|(number, one)| named(one.before, number)).collect();
    let mut state = State::new(provider);
    take_in(&mut state, provider, "20260101000000_init", &before);
    let mut migrations = vec![("20260101000000_init".to_owned(), before, None)];
    let mut drafts = Vec::new();
    for (number, recorded) in all.iter().enumerate() {
        let (texts, expansions) = match new_names.get(number.wrapping_sub(plain.len())) {
            Some(one) => renamed(provider, one, number, &state),
            None => ([recorded.forward, recorded.reverse].map(|text| named(text, number)), Vec::new()),
        };
        let draft = draft(provider, recorded.operation, number, &state, texts, expansions);
        let file = |name: &str| {
            draft.scaffold().files.iter().find(|(file, _)| file.starts_with(name)).expect("a file").1.clone()
        };
        take_in(&mut state, provider, &draft.name, &draft.migration);
        migrations.push((draft.name.clone(), file("migration"), Some(file("revert"))));
        drafts.push(draft);
    }
    let project = project_of(word, &migrations);
    let (found, _) = verify(&project, &["--all"]);
    let mut table = "| operation | kept in the archive | verdict |\n|---|---|---|\n".to_owned();
    let mut failures = String::new();
    for ((found, recorded), draft) in found[1..].iter().zip(&all).zip(&drafts) {
        let verdict = found["verdict"].as_str().expect("a word").replace('_', " ");
        if verdict != "proven" {
            let _ = writeln!(
                failures,
                "=== {} {}\n{}{}\n{}",
                recorded.operation,
                recorded.what,
                told(found),
                draft.migration,
                draft.scaffold().files[1].1
            );
        }
        let what = if recorded.what.is_empty() { String::new() } else { format!(" {}", recorded.what) };
        let kept: Vec<String> = draft
            .archive
            .kept
            .iter()
            .map(|kept| {
                if kept.whole {
                    "every row".to_owned()
                } else {
                    kept.columns.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
                }
            })
            .collect();
        let refused = found["notes"]
            .as_array()
            .expect("notes")
            .iter()
            .any(|note| note.as_str().is_some_and(|note| note.contains("the migration stops")));
        let note = if refused { ", on rows that the migration takes" } else { "" };
        let _ = writeln!(
            table,
            "| {}{what} | {} | {verdict}{note} |",
            recorded.operation,
            if kept.is_empty() { "nothing is lost".to_owned() } else { kept.join("; ") }
        );
    }
    assert!(failures.is_empty(), "{failures}");
    assert_eq!(found.len(), all.len() + 1);
    page(word, &table);
}

/// Compares a part of the page with what it should be, or writes it.
fn page(part: &str, wanted: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().expect("no test panics while it writes");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reverts.md");
    let text = std::fs::read_to_string(path).expect("the page");
    let (open, close) = (format!("<!-- {part}: written by a test -->\n"), format!("<!-- end of {part} -->\n"));
    let start = text.find(&open).expect("the part begins") + open.len();
    let end = start + text[start..].find(&close).expect("the part ends");
    if text[start..end] == *wanted {
        return;
    }
    assert!(
        std::env::var_os("PRISMA_SAFE_BLESS").is_some_and(|value| value == "1"),
        "the part `{part}` of docs/reverts.md is not what `verify` says; PRISMA_SAFE_BLESS=1 writes it anew:\n{wanted}"
    );
    std::fs::write(path, format!("{}{wanted}{}", &text[..start], &text[end..])).expect("to write the page");
}

#[test]
fn on_sqlite() {
    all_are_proven(Provider::Sqlite, "sqlite", sqlite::RECORDED, sqlite::RENAMED);
}

#[test]
fn on_postgres() {
    if has_server() {
        all_are_proven(Provider::Postgresql, "postgresql", postgres::RECORDED, postgres::RENAMED);
    }
}

#[test]
fn on_mariadb() {
    if crate::mysql::has_server() {
        all_are_proven(Provider::Mysql, "mysql", mysql::RECORDED, mysql::RENAMED);
    }
}
