//! `docs/faults.md`: the tables of it are what the tests saw.

use super::{Cell, Fault, Place, Step, on};
use crate::bed::root;

const PAGE: &str = "docs/faults.md";

pub fn read() -> String {
    std::fs::read_to_string(root(PAGE)).unwrap_or_default()
}

fn marks(place: Place) -> (String, String) {
    (format!("<!-- seen on {} -->\n", place.name()), format!("<!-- end of {} -->\n", place.name()))
}

/// What the page says of a cell.
pub fn cell(page: &str, cell: Cell) -> String {
    let (begin, end) = marks(cell.place);
    let table = page.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map_or("", |(table, _)| table);
    let row = table.lines().find(|line| line.starts_with(&format!("| {} |", cell.step.name()))).unwrap_or_default();
    let columns = faults(cell.place);
    let column = columns.iter().position(|fault| *fault == cell.fault).expect("it has a column");
    row.split('|').nth(column + 2).unwrap_or_default().trim().trim_matches('`').to_owned()
}

fn faults(place: Place) -> Vec<Fault> {
    Fault::ALL.into_iter().filter(|fault| Step::ALL.iter().any(|step| fault.can_happen(place, *step))).collect()
}

fn table(place: Place, said: impl Fn(Cell) -> String) -> String {
    let columns = faults(place);
    let heads: Vec<&str> = columns.iter().map(|fault| fault.name()).collect();
    let mut text = format!("| when | {} |\n|---{}|\n", heads.join(" | "), "|---".repeat(heads.len()));
    for step in Step::ALL {
        if !columns.iter().any(|fault| fault.can_happen(place, step)) {
            continue;
        }
        let cells: Vec<String> = columns
            .iter()
            .map(|fault| match fault.can_happen(place, step) {
                true => format!("`{}`", said(on(place, *fault, step))),
                false => "".to_owned(),
            })
            .collect();
        text.push_str(&format!("| {} | {} |\n", step.name(), cells.join(" | ")));
    }
    text
}

/// What the page says of a case that kills nobody.
pub fn case(page: &str, name: &str) -> String {
    let row = page.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap_or_default();
    row.split('|').nth(2).unwrap_or_default().trim().trim_matches('`').to_owned()
}

/// Compares what was played with the page, or writes it (`PRISMA_SAFE_BLESS=1`).
pub fn settle(played: &[(Cell, String)], cases: &[(&str, String)]) {
    let page = read();
    let said = |wanted: Cell| {
        let found = played.iter().find(|(cell, _)| *cell == wanted).map(|(_, told)| told.clone());
        found.unwrap_or_else(|| cell(&page, wanted))
    };
    let mut new = page.clone();
    for place in [Place::Postgres, Place::Sqlite] {
        let (begin, end) = marks(place);
        let (before, rest) = new.split_once(&begin).expect("the page has its marks");
        let (_, after) = rest.split_once(&end).expect("the page has its marks");
        new = format!("{before}{begin}{}{end}{after}", table(place, said));
    }
    let mut wrong = Vec::new();
    for (name, told) in cases {
        if case(&page, name) != *told {
            wrong.push(format!("{name}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{PAGE} says something else of {wrong:#?}");
    if std::env::var_os("PRISMA_SAFE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(root(PAGE), new).unwrap();
        return;
    }
    assert_eq!(new, page, "{PAGE} is not what was seen: PRISMA_SAFE_BLESS=1 writes it");
}
