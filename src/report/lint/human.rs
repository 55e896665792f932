//! For people: the SQL underlined, why, what instead, who set the level, how to read more.

use std::collections::BTreeSet;
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};

use super::{Report, Style, explain_command, page_url, summary_line};
use crate::lint::{Judged, LineTable, Reported, Summary, UNREADABLE};
use crate::report::prose::{one_line, wrap};
use crate::rules::Level;
use crate::settings::Origin;
use crate::shell::{count, printable};
use crate::sql::model::Span;

/// Lines of SQL that a finding shows at most.
const EXCERPT_LINES: usize = 8;
/// Bytes of one line of SQL that a finding shows at most behind what it underlines: some migrations hold one line of a megabyte.
const EXCERPT_TAIL: usize = 300;

/// Columns before the text of a `why`: the gutter and the word itself.
const MARGIN: usize = 14;

/// Writes text.
pub(super) struct Human {
    renderer: Renderer,
    width: usize,
    /// Rules whose way out was shown.
    shown: BTreeSet<&'static str>,
}

impl Human {
    pub(super) fn new(style: Style) -> Self {
        let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
        Human {
            renderer: renderer.term_width(style.width).hyperlink(style.hyperlinks),
            width: style.width,
            shown: BTreeSet::new(),
        }
    }
}

impl Report for Human {
    fn migration(&mut self, out: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        if judged.findings.is_empty() {
            return Ok(());
        }
        let lines = LineTable::new(&judged.text);
        // The same effect is explained once per migration.
        let mut explained = BTreeSet::new();
        for found in &judged.findings {
            let detail = Detail {
                why: explained.insert((found.rule.slug, found.finding.why.as_str())),
                way_out: self.shown.insert(found.rule.slug),
                width: self.width.saturating_sub(MARGIN).max(40),
            };
            writeln!(out, "{}\n", render(&self.renderer, judged, found, &lines, detail))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        writeln!(out, "{}", summary_line(summary))?;
        if summary.unknown > 0 {
            writeln!(
                out,
                "{} not understood: it may do anything, and unknown is never safe",
                count(summary.unknown, "statement")
            )?;
        }
        Ok(())
    }
}

/// What of a finding was not told before.
#[derive(Clone, Copy)]
struct Detail {
    why: bool,
    way_out: bool,
    width: usize,
}

fn render(renderer: &Renderer, judged: &Judged, found: &Reported, lines: &LineTable<'_>, detail: Detail) -> String {
    let level = match found.level {
        Level::Deny => Shown::ERROR,
        Level::Warn | Level::Allow => Shown::WARNING,
    };
    let mut title = level.primary_title(one_line(&found.finding.message)).id(found.rule.id);
    if let Some(url) = page_url(found.rule.slug) {
        title = title.id_url(url);
    }
    let excerpt = Excerpt::of(&judged.text, found.finding.span, lines);
    let mut group = Group::with_title(title);
    group = if judged.text.is_empty() {
        group.element(annotate_snippets::Origin::path(one_line(&judged.file)).line(found.location.line))
    } else {
        let annotation = AnnotationKind::Primary.span(excerpt.start..excerpt.end);
        let snippet = Snippet::source(excerpt.text).path(one_line(&judged.file)).line_start(found.location.line);
        group.element(snippet.annotation(annotation))
    };
    if detail.why {
        group =
            group.element(Shown::NOTE.with_name("why").message(wrap(&many_lines(&found.finding.why), detail.width)));
    }
    group = group.element(Shown::HELP.message(many_lines(&found.finding.help)));
    // Some helps are that very query.
    if let Some(query) = found.finding.query.as_ref().filter(|query| !found.finding.help.contains(query.as_str())) {
        let text = format!("ask the database whether it matters:\n{}", many_lines(query));
        group = group.element(Shown::NOTE.with_name("query").message(text));
    }
    group = group.element(Shown::NOTE.message(note(found, detail.way_out)));
    renderer.render(&[group])
}

/// Level with its origin; once per rule the way to allow it and the way to read more.
fn note(found: &Reported, way_out: bool) -> String {
    let slug = found.rule.slug;
    let origin = match &found.level_origin {
        Origin::Default => "by default".to_owned(),
        other => one_line(&other.to_string()),
    };
    let mut note = format!("`{slug}` is `{}`, {origin}", found.level);
    if way_out {
        let place = if found.finding.statement.is_some() { "above the statement" } else { "anywhere in the file" };
        note.push_str(&format!("\nmore: {}", explain_command(slug)));
        // A file that cannot be read cannot say what it allows.
        if found.rule.id != UNREADABLE.id {
            note.push_str(&format!("\nto allow it, {place}: {}", found.directive()));
        }
    }
    note
}

fn many_lines(text: &str) -> String {
    printable(text.trim_end()).into_owned()
}

/// The lines around a span, safe to print, with the span in them.
pub(in crate::report) struct Excerpt {
    pub(in crate::report) text: String,
    pub(in crate::report) start: usize,
    pub(in crate::report) end: usize,
}

impl Excerpt {
    pub(in crate::report) fn of(text: &str, span: Span, lines: &LineTable<'_>) -> Self {
        let (first, excerpt) = lines.excerpt(span, EXCERPT_LINES);
        let within = |offset: u32| {
            let mut at = (offset as usize).saturating_sub(first).min(excerpt.len());
            while !excerpt.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (within(span.start), within(span.end).max(within(span.start)));
        let mut cut = (end + EXCERPT_TAIL).min(excerpt.len());
        while !excerpt.is_char_boundary(cut) {
            cut -= 1;
        }
        // What is replaced may be longer or shorter, so the three parts are made safe one by one.
        let safe = |part: &str| printable(part).replace('\t', "    ");
        let (before, under, after) = (safe(&excerpt[..start]), safe(&excerpt[start..end]), safe(&excerpt[end..cut]));
        let _ = text;
        Excerpt { start: before.len(), end: before.len() + under.len(), text: format!("{before}{under}{after}") }
    }
}
