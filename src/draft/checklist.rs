//! The expand–migrate–contract checklist, filled in for one migration (`templates/sql/expand_migrate_contract_checklist.md`).

use std::fmt::Write as _;

use super::Draft;
use crate::deploy::plan::loss;
use crate::sql::analysis::Phase;

/// Writes the checklist.
#[must_use]
pub fn write(draft: &Draft) -> String {
    let mut text = format!("# {}\n\n", draft.name);
    let _ = writeln!(text, "Phase: **{}**. {}\n", word(draft.judgement.phase), advice(draft.judgement.phase));
    let _ = writeln!(text, "## What it does\n");
    for (statement, (phase, why)) in draft.script.statements.iter().zip(&draft.judgement.statements) {
        let line = first_line(draft.script.slice(statement.span));
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let _ = writeln!(text, "- `{line}` ({}{why})", word(*phase));
    }
    if draft.script.statements.is_empty() {
        let _ = writeln!(text, "- nothing yet");
    }
    let _ = writeln!(text, "\n## What it destroys\n");
    if draft.judgement.destructions.is_empty() {
        let _ = writeln!(text, "- nothing that the SQL shows");
    }
    for lost in &draft.judgement.destructions {
        let _ = writeln!(text, "- [ ] it {}: the data is kept, or nobody needs it", loss(lost));
    }
    text.push_str(&steps(draft));
    text
}

fn steps(draft: &Draft) -> String {
    let (slug, name) = (&draft.slug, &draft.name);
    let contract = matches!(draft.judgement.phase, Phase::Contract | Phase::Mixed);
    let window = if contract {
        "- [ ] the stabilization window since the expand step is over, and nothing reads the old shape any more\n"
    } else {
        ""
    };
    format!(
        "\n## Before staging\n\n\
         - [ ] the SQL was read: no unintended drops, no long locks\n\
         - [ ] `revert_{slug}.sql` restores the schema and the critical data\n\
         {window}\
         - [ ] backfills are batched, deterministic and can run twice\n\
         \n## Staging\n\n\
         - [ ] `cargo prisma-safe deploy --env staging`, on data like production's\n\
         - [ ] the application works, old version and new\n\
         - [ ] `revert_{slug}.sql` was tested there\n\
         \n## Production\n\n\
         - [ ] backup or point-in-time recovery is in place\n\
         - [ ] expected downtime is announced, if there is any\n\
         - [ ] `cargo prisma-safe deploy --env production --dry-run` was read, then without `--dry-run`\n\
         - [ ] watched afterwards; a corrective migration for {name} is ready\n"
    )
}

const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Migrate => "migrate",
        Phase::Contract => "contract",
        Phase::Mixed => "mixed",
        Phase::Neutral => "neutral",
    }
}

const fn advice(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "The running application does not notice; write to old and new where both exist.",
        Phase::Migrate => "Moves data; switch reads to the new shape once nothing is left to move.",
        Phase::Contract => "Takes away what the old application uses: only after a stabilization window.",
        Phase::Mixed => {
            "It does more than one step at once. Split it: the old application breaks before the new one is ready."
        }
        Phase::Neutral => "Changes no shape.",
    }
}

/// One line of Markdown code: the statement's first line, without what would end the code span.
fn first_line(sql: &str) -> String {
    const WIDTH: usize = 100;
    let line = crate::shell::printable(sql.lines().next().unwrap_or("").trim()).replace('`', "'");
    if line.chars().count() > WIDTH { line.chars().take(WIDTH).collect::<String>() + "…" } else { line }
}
