//! For people: the error at its statement, what it means, each statement with what the database shows of it, the ways out.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstyle::{AnsiColor, Style};

use super::super::lint::Excerpt;
use crate::deploy::recovery::{Atomic, Diagnosis, Seen, Statement, Way};
use crate::lint::LineTable;
use crate::report::prose::{one_line, wrap};
use crate::shell::{printable, single_spaced};

/// Statements shown at most on each side of what matters: a file may have thousands.
const SHOWN: usize = 40;

/// How it is written.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// Columns to fill.
    pub width: usize,
}

/// One failed migration.
#[must_use]
pub fn diagnosis(environment: &str, found: &Diagnosis, look: Look) -> String {
    let mut text = error(environment, found, look);
    text.push('\n');
    if !found.statements.is_empty() {
        text.push_str(&statements(found, look));
    }
    if let Some(why) = &found.blind {
        let _ = writeln!(text, "what of it is in the database cannot be told: {}", printable(why));
    }
    text
}

/// The ways out of it.
#[must_use]
pub fn ways(ways: &[Way]) -> String {
    let mut text = String::from(if ways.len() == 1 { "\nthe way out:\n" } else { "\nways out, the best first:\n" });
    for way in ways {
        let _ = writeln!(text, "  - {}\n    `{}`", printable(&way.what), printable(&way.command));
    }
    text
}

fn error(environment: &str, found: &Diagnosis, look: Look) -> String {
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() }.term_width(look.width);
    let started =
        found.started_at.map_or_else(String::new, |at| format!(", started {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")));
    let title = format!("`{}` failed in `{environment}`{started}", one_line(&found.name));
    let mut title = Level::ERROR.primary_title(title);
    let code = found.failure.as_ref().and_then(|failure| failure.code.as_deref()).map(one_line);
    if let Some(code) = &code {
        title = title.id(code.as_str());
    }
    let said = found.failure.as_ref().map(|failure| printable(&failure.said).into_owned());
    let mut group = Group::with_title(title);
    let place = found.failed_at.and_then(|at| {
        let script = found.script.as_ref().ok()?;
        Some((script, script.statements.get(at)?.span))
    });
    let label = said.as_deref().and_then(|said| said.lines().next()).unwrap_or("it stopped here").to_owned();
    match place {
        Some((script, span)) => {
            let lines = LineTable::new(&script.text);
            let excerpt = Excerpt::of(&script.text, span, &lines);
            let annotation = AnnotationKind::Primary.span(excerpt.start..excerpt.end).label(label);
            let snippet = Snippet::source(excerpt.text).path(one_line(&found.file)).line_start(lines.locate(span).line);
            group = group.element(snippet.annotation(annotation));
        }
        None if !found.file.is_empty() => group = group.element(Origin::path(one_line(&found.file))),
        None => {}
    }
    let rest: Vec<&str> = said.as_deref().unwrap_or("").lines().skip(usize::from(place.is_some())).collect();
    if !rest.is_empty() {
        group = group.element(Level::NOTE.with_name("database").message(rest.join("\n")));
    }
    for cause in &found.causes {
        group = group.element(Level::NOTE.with_name("why").message(paragraph(&printable(cause), look.width)));
    }
    if let Err(problem) = &found.script {
        group = group.element(Level::NOTE.with_name("file").message(printable(problem).into_owned()));
    }
    let atomic = match &found.atomic {
        Atomic::Whole(why) => format!("yes, all or nothing: {why}"),
        Atomic::Parts(why) => format!("no, what stood before the failing statement stays: {why}"),
        Atomic::Unclear(why) => format!("not known: {why}"),
    };
    group = group.element(Level::NOTE.with_name("atomic").message(paragraph(&atomic, look.width)));
    renderer.render(&[group])
}

fn statements(found: &Diagnosis, look: Look) -> String {
    let mut text = String::from("\nwhat the database shows of each statement:\n");
    let all: Vec<&Statement> = found.effective().collect();
    let around = found.failed_at.map_or(0, |at| all.iter().position(|one| one.index >= at).unwrap_or(0));
    let start = around.saturating_sub(SHOWN);
    let end = all.len().min(around + SHOWN);
    if start > 0 {
        let _ = writeln!(text, "  … {} before these, see `--format json`", crate::shell::count(start, "statement"));
    }
    for statement in &all[start..end] {
        let mark = if found.failed_at == Some(statement.index) { '>' } else { ' ' };
        let (word, color) = word(statement);
        let shown = format!("{word:<11}");
        let shown = if look.color {
            let style = Style::new().bold().fg_color(Some(color.into()));
            format!("{style}{shown}{style:#}")
        } else {
            shown
        };
        let _ = writeln!(text, "{mark} {:>3}  {shown} {}", statement.index + 1, printable(&statement.text));
        let _ = writeln!(text, "       {:<11} {}", "", printable(&reason(statement)));
        let is_open = statement.seen == Seen::CannotTell && found.failed_at != Some(statement.index);
        if let Some(query) = statement.query.as_ref().filter(|_| is_open) {
            let sql = single_spaced(&query.sql);
            let _ = writeln!(text, "       {:<11} ask: {} ({})", "", printable(&sql), query.reads);
        }
    }
    if end < all.len() {
        let _ = writeln!(
            text,
            "  … {} after these, see `--format json`",
            crate::shell::count(all.len() - end, "statement")
        );
    }
    text
}

fn word(statement: &Statement) -> (&'static str, AnsiColor) {
    match statement.seen {
        Seen::Done => ("done", AnsiColor::Green),
        Seen::NotDone => ("not done", AnsiColor::Red),
        Seen::CannotTell | Seen::NoEffect => ("cannot tell", AnsiColor::Yellow),
    }
}

fn reason(statement: &Statement) -> String {
    let says = &statement.says;
    match (statement.seen, statement.ran) {
        (Seen::Done, Some(false)) => format!("{says}, and not by this run: it was there before"),
        (Seen::NotDone, Some(true)) => format!("{says}, although it ran: somebody took it back"),
        (Seen::CannotTell, Some(true)) => format!("{says}; by the error it ran"),
        (Seen::CannotTell, Some(false)) => format!("{says}; by the error it did not run, or was taken back"),
        _ => says.clone(),
    }
}

/// A note beside a snippet: one paragraph in what its margin leaves.
fn paragraph(text: &str, width: usize) -> String {
    const MARGIN: usize = 16;
    wrap(&single_spaced(text), width.saturating_sub(MARGIN).max(40))
}
