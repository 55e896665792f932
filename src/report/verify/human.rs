//! `verify` for people: one line a migration, and below it what is wrong with it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::word;
use crate::deploy::plan::phase_word;
use crate::revert::old_application::Answer;
use crate::revert::prove::{Proof, RunsTwice, Twice, Verdict};
use crate::revert::second_opinion::PrismaSays;
use crate::shell::{count, printable};

/// How many broken statements are shown.
const BROKEN_SHOWN: usize = 5;

/// One migration.
#[must_use]
pub fn proof(proof: &Proof, color: bool) -> String {
    let verdict = format!("{:<12}", word(proof.verdict));
    let verdict = if color { format!("{0}{verdict}{0:#}", style(proof.verdict)) } else { verdict };
    let mut text = format!("{verdict}  {}", printable(&proof.name));
    if !matches!(proof.verdict, Verdict::NoRevert | Verdict::NotNeeded) {
        let _ = write!(text, "  ({:.2} s)", proof.seconds);
    }
    text.push('\n');
    for found in sentences(proof) {
        let _ = writeln!(text, "              {}", printable(&found).replace('\n', " "));
    }
    text
}

/// Everything that is said of a migration, one thing a line.
pub(super) fn sentences(proof: &Proof) -> Vec<String> {
    let mut lines = Vec::new();
    if proof.verdict == Verdict::Proven {
        let rows = if proof.rows == 0 { "there were no tables to fill".to_owned() } else { count(proof.rows, "row") };
        lines.push(format!("schema and data came back: {rows}"));
    }
    if proof.drafted.is_some() {
        lines.push("the revert was made from the catalogue before and after the migration".to_owned());
    }
    lines.extend(proof.differences.iter().cloned());
    for lost in &proof.data_lost {
        let name = &lost.table;
        lines.push(match &lost.column {
            Some(column) => format!("lost: {} of {} of `{name}`.`{column}`", lost.lost, count(lost.of, "value")),
            None => format!("lost: {} of {} of `{name}`", lost.lost, count(lost.of, "row")),
        });
    }
    for (table, why) in &proof.data_not_proven {
        lines.push(if table == "*" {
            format!("data not proven: {why}")
        } else {
            format!("data not proven for table `{table}`: {why}")
        });
    }
    match &proof.prisma_diff {
        Some(PrismaSays::Same) => lines.push("Prisma sees no difference after the revert".to_owned()),
        Some(PrismaSays::NoAnswer(why)) => lines.push(format!("Prisma was asked and has no answer: {why}")),
        Some(PrismaSays::Differs(_)) | None => {}
    }
    lines.extend(old_application(proof));
    lines.extend(proof.runs_twice.as_ref().and_then(runs_twice));
    lines.extend(proof.notes.iter().map(|note| format!("note: {note}")));
    lines
}

fn old_application(proof: &Proof) -> Vec<String> {
    let old = &proof.old_application;
    let phase = phase_word(proof.phase);
    match old.answer {
        Answer::NotTried => Vec::new(),
        Answer::Works => {
            vec![format!(
                "old application ({phase} step): the running version still works, {} tried",
                count(old.tried, "statement")
            )]
        }
        Answer::Breaks => {
            let by_design = if proof.breaks_promise() { "" } else { ", as such a step does" };
            let mut lines = vec![format!("old application ({phase} step): the running version breaks{by_design}")];
            lines
                .extend(old.statements.iter().take(BROKEN_SHOWN).map(|broken| format!("  breaks: {}", broken.shown())));
            if let Some(more) = old.statements.len().checked_sub(BROKEN_SHOWN).filter(|more| *more > 0) {
                lines.push(format!("  and {more} more, see `--format json`"));
            }
            lines
        }
    }
}

/// `None`: both run twice, which needs no line.
fn runs_twice(twice: &RunsTwice) -> Option<String> {
    let said = |what: &str, twice: &Twice| match twice {
        Twice::Yes => format!("{what}: yes"),
        Twice::No(why) => format!("{what}: no, {why}"),
    };
    if twice.migration == Twice::Yes && twice.revert == Some(Twice::Yes) {
        return None;
    }
    let mut line = format!("runs twice: {}", said("the migration", &twice.migration));
    if let Some(revert) = &twice.revert {
        let _ = write!(line, "; {}", said("the revert", revert));
    }
    Some(line)
}

const fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Proven => AnsiColor::Green,
        Verdict::SchemaOnly => AnsiColor::Yellow,
        Verdict::NotRestored | Verdict::CannotRun | Verdict::NoRevert => AnsiColor::Red,
        Verdict::NotNeeded => AnsiColor::White,
    };
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}
