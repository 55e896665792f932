//! `revert` for people: for each migration what would run, what would be lost since it was applied, what is kept for it, and its proof.

use super::Planned;
use crate::revert::prove::Verdict;
use crate::shell::{count, printable};

/// The lines about one migration, each for the gutter of the story.
#[must_use]
pub fn planned(planned: &Planned) -> Vec<String> {
    let mut lines = vec![format!(
        "{} · {} · {}",
        printable(&planned.name),
        printable(&planned.revert_file),
        count(planned.statements, "statement")
    )];
    let since = planned.applied_at.map_or_else(
        || "since it was applied".to_owned(),
        |at| format!("since {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")),
    );
    if planned.never_ran {
        lines.push("it never ran here: `resolve --applied` marked it as applied".to_owned());
    }
    match &planned.why_stepwise {
        None => lines.push("in one transaction together with its mark in the ledger: all or nothing".to_owned()),
        Some(why) => lines.push(format!(
            "statement by statement, the mark last, since {}: when one fails, those before it stay",
            printable(why)
        )),
    }
    if planned.stakes.is_lossless() {
        lines.push(format!("lossless until now: nothing was written {since} that it would take away"));
    } else {
        lines.push(format!("would be lost, {since}:"));
    }
    for loss in &planned.stakes.losses {
        lines.push(format!("! {}", printable(&loss.sentence())));
    }
    for kept in &planned.stakes.kept {
        lines.push(format!("+ {}", printable(&kept.sentence())));
    }
    if let Some(proof) = &planned.proof {
        let what = match proof.verdict {
            Verdict::SchemaOnly => "proven for the schema only",
            _ => "proven, schema and data,",
        };
        lines.push(format!("{what} on {} at {}", printable(&proof.server), printable(&proof.proven_at)));
    }
    lines
}
