//! The expand–migrate–contract checklist of the policy, filled in for one migration: `templates/sql/expand_migrate_contract_checklist.md`
//! with everything in it that is known when the migration is written.

use std::fmt::Write as _;

use super::Draft;
use crate::deploy::plan::{loss, phase_word};
use crate::sql::analysis::Phase;

const TEMPLATE: &str = include_str!("../../templates/sql/expand_migrate_contract_checklist.md");

/// Writes the checklist. What only people know keeps its `<…>`.
#[must_use]
pub fn write(draft: &Draft) -> String {
    let mut text = String::with_capacity(TEMPLATE.len() + 1024);
    let mut section = "";
    for line in TEMPLATE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        }
        let line = match line {
            "What changes, in one sentence: <…>" => {
                format!("What changes, in one sentence: {}", one_line(&draft.title))
            }
            _ if line.starts_with("Destructive statements: <") => destructive(draft),
            _ if line.starts_with("Migration: ") && is_in(section, draft.judgement.phase) => {
                format!("Migration: `{}`", draft.name)
            }
            _ => line.replace("revert_<name>.sql", &draft.revert_file()),
        };
        let line = if line.starts_with("# ") { line.replace("<timestamp>_<name>", &draft.name) } else { line };
        text.push_str(line.trim_end());
        text.push('\n');
        if line.starts_with("# ") {
            for step in draft.expansions.iter().flat_map(crate::draft::rename::Expansion::steps) {
                let _ = write!(text, "\n- [ ] {}", one_line(&step));
            }
            if !draft.expansions.is_empty() {
                text.push('\n');
            }
        }
        if line.starts_with("Destructive statements:") {
            text.push_str(&statements(draft));
        }
    }
    text
}

fn destructive(draft: &Draft) -> String {
    if draft.judgement.destructions.is_empty() {
        return "Destructive statements: none that the SQL shows".to_owned();
    }
    let mut text = format!("Destructive statements, reverted by `{}`:\n", draft.revert_file());
    for lost in &draft.judgement.destructions {
        let kept = if draft.keeps && draft.archive.leaves_out(lost).is_none() {
            "the data is kept in the archive; drop that after the window: `cargo prisma-safe archive drop`"
        } else {
            "the data is kept, or nobody needs it"
        };
        let _ = write!(text, "\n- [ ] it {}: {kept}", one_line(&loss(lost)));
    }
    text
}

/// Every statement with its phase, so that a mixture is seen.
fn statements(draft: &Draft) -> String {
    if draft.script.statements.is_empty() {
        return String::new();
    }
    let mut text = format!("\nPhase: **{}**. {}\n\n", phase_word(draft.judgement.phase), advice(draft.judgement.phase));
    for (statement, (phase, why)) in draft.script.statements.iter().zip(&draft.judgement.statements) {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let _ = writeln!(text, "- `{}` ({}{why})", first_line(draft.script.slice(statement.span)), phase_word(*phase));
    }
    text
}

fn is_in(section: &str, phase: Phase) -> bool {
    match phase {
        Phase::Expand => section.starts_with("Expand"),
        Phase::Migrate => section.starts_with("Migrate"),
        Phase::Contract => section.starts_with("Contract"),
        Phase::Mixed => section.starts_with("Expand") || section.starts_with("Contract"),
        Phase::Neutral => false,
    }
}

const fn advice(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "The running application does not notice.",
        Phase::Migrate => "It moves data; switch reads to the new shape once nothing is left to move.",
        Phase::Contract => "It takes away what the old application uses: only after a stabilization window.",
        Phase::Mixed => {
            "It does more than one step at once. Split it, or the old application breaks before the new one is ready."
        }
        Phase::Neutral => "It changes no shape.",
    }
}

/// One line of Markdown code: the statement's first line, without what would end the code span.
fn first_line(sql: &str) -> String {
    const WIDTH: usize = 100;
    let line = one_line(sql.lines().next().unwrap_or("").trim()).replace('`', "'");
    if line.chars().count() > WIDTH { line.chars().take(WIDTH).collect::<String>() + "…" } else { line }
}

/// Nothing from outside begins a line of the checklist, or moves a terminal that shows it.
fn one_line(text: &str) -> String {
    crate::shell::printable(text).replace(['\n', '\r'], " ")
}
