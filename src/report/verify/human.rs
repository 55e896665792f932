//! `verify` for people: one line a migration, and below it what is wrong with it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::word;
use crate::revert::prove::{Proof, Verdict};
use crate::shell::{count, printable};

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
    if proof.verdict == Verdict::Proven {
        let rows = if proof.rows == 0 { "there were no tables to fill".to_owned() } else { count(proof.rows, "row") };
        line(&mut text, &format!("schema and data came back: {rows}"));
    }
    for found in &proof.differences {
        line(&mut text, found);
    }
    for lost in &proof.data_lost {
        let name = &lost.table;
        match &lost.column {
            Some(column) => {
                line(&mut text, &format!("lost: {} of {} of `{name}`.`{column}`", lost.lost, count(lost.of, "value")))
            }
            None => line(&mut text, &format!("lost: {} of {} of `{name}`", lost.lost, count(lost.of, "row"))),
        }
    }
    for (table, why) in &proof.data_not_proven {
        if table == "*" {
            line(&mut text, &format!("data not proven: {why}"));
        } else {
            line(&mut text, &format!("data not proven for table `{table}`: {why}"));
        }
    }
    for note in &proof.notes {
        line(&mut text, &format!("note: {note}"));
    }
    text
}

fn line(text: &mut String, found: &str) {
    let _ = writeln!(text, "              {}", printable(found).replace('\n', " "));
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
