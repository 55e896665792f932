//! For a pull request, or whoever has to approve it.

use std::fmt::Write as _;

use super::{MigrationReport, PlanReport};
use crate::deploy::gates::Outcome;
use crate::shell::{count, printable};

/// The document. It ends with the hash.
#[must_use]
pub fn markdown(report: &PlanReport) -> String {
    let mut text = String::new();
    let what = match report.pending.len() {
        0 => "nothing is pending".to_owned(),
        pending => count(pending, "migration"),
    };
    let _ = writeln!(text, "## Plan for `{}`: {what}\n", report.environment);
    let _ = writeln!(text, "| | |\n| --- | --- |");
    let _ = writeln!(text, "| Target | `{}` ({}) |", code(&report.target), cell(&report.kind));
    if !report.server.is_empty() {
        let _ = writeln!(text, "| Server | {} |", cell(&report.server));
    }
    if let Some(downtime) = &report.expected_downtime {
        let _ = writeln!(text, "| Downtime | {} |", cell(downtime.trim_start_matches("expected downtime: ")));
    }
    let _ = writeln!(text, "\n### Gates\n\n| | gate | what it saw |\n| --- | --- | --- |");
    for verdict in &report.verdicts {
        let mark = match verdict.outcome {
            Outcome::Pass => "passes",
            Outcome::Warn => "**warns**",
            Outcome::Block => "**blocks**",
        };
        let hint = match (&verdict.hint, verdict.outcome) {
            (Some(hint), Outcome::Warn | Outcome::Block) => format!("<br>→ {}", cell(hint)),
            _ => String::new(),
        };
        let _ = writeln!(text, "| {mark} | {} | {}{hint} |", verdict.gate, cell(&verdict.evidence));
    }
    if !report.migrations.is_empty() {
        text.push_str("\n### Migrations\n");
    }
    for migration in &report.migrations {
        one(&mut text, migration);
    }
    let _ = writeln!(text, "\nPlan `{}`", report.plan);
    text
}

fn one(text: &mut String, migration: &MigrationReport) {
    let _ = writeln!(text, "\n#### `{}`\n", code(&migration.name));
    let mut line = format!("{}, {}", migration.phase, count(migration.statements, "statement"));
    if migration.understood < migration.statements {
        let _ = write!(line, ", **{} not understood**", migration.statements - migration.understood);
    }
    let _ = writeln!(text, "{line}\n");
    for lost in &migration.destroys {
        let _ = writeln!(text, "- **{}**", inline(lost));
    }
    for lock in migration.locks.iter().filter(|lock| lock.waits != "nobody") {
        let _ = writeln!(
            text,
            "- line {}: {} on `{}`, {} meanwhile; {}",
            lock.line,
            lock.mode,
            code(&lock.table),
            lock.work,
            match lock.waits {
                "writes" => "writes wait",
                _ => "reads and writes wait",
            }
        );
    }
    let sql = printable(&migration.sql);
    // A fence that is longer than any in the script.
    let longest = sql.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if sql.ends_with('\n') { "" } else { "\n" };
    let _ = writeln!(text, "\n{fence}sql\n{sql}{end}{fence}");
}

/// Text in a cell of a table. Code in back-ticks stays code.
fn cell(text: &str) -> String {
    inline(text).replace('|', "\\|").replace('\n', "<br>")
}

fn inline(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in printable(text).split('`').enumerate() {
        if at > 0 {
            out.push('`');
        }
        // Inside back-ticks nothing is markup.
        if at % 2 == 1 {
            out.push_str(part);
        } else {
            out.push_str(&part.replace('&', "&amp;").replace('<', "&lt;").replace('*', "\\*"));
        }
    }
    out
}

fn code(text: &str) -> String {
    printable(text).replace('`', "'").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::Verdict;
    use crate::report::plan::LockReport;

    #[test]
    fn a_plan_reads_well_and_breaks_no_table() {
        let report = PlanReport {
            schema_version: 1,
            environment: "production".to_owned(),
            kind: "production".to_owned(),
            target: "postgresql://db/app".to_owned(),
            server: "PostgreSQL 15.4".to_owned(),
            plan: "ab".repeat(32),
            expected_downtime: Some("expected downtime: none beyond a moment for `User`".to_owned()),
            verdicts: vec![
                Verdict::pass("target", "`postgresql://db/app`, marked as `production`"),
                Verdict::block("lint", "a|b <script> `x < y`", "`cargo prisma-safe lint`"),
            ],
            pending: vec!["20260101000000_a".to_owned()],
            migrations: vec![MigrationReport {
                name: "20260101000000_a".to_owned(),
                checksum: "c".to_owned(),
                phase: "contract",
                statements: 2,
                understood: 1,
                destroys: vec!["drops the column `User`.`name` with its values".to_owned()],
                locks: vec![LockReport {
                    line: 1,
                    table: "User".to_owned(),
                    mode: "ACCESS EXCLUSIVE",
                    waits: "everybody",
                    work: "catalogue only",
                }],
                sql: "ALTER TABLE \"User\" DROP COLUMN name; -- ```".to_owned(),
            }],
        };
        insta::assert_snapshot!(markdown(&report), @r#"
        ## Plan for `production`: 1 migration

        | | |
        | --- | --- |
        | Target | `postgresql://db/app` (production) |
        | Server | PostgreSQL 15.4 |
        | Downtime | none beyond a moment for `User` |

        ### Gates

        | | gate | what it saw |
        | --- | --- | --- |
        | passes | target | `postgresql://db/app`, marked as `production` |
        | **blocks** | lint | a\|b &lt;script> `x < y`<br>→ `cargo prisma-safe lint` |

        ### Migrations

        #### `20260101000000_a`

        contract, 2 statements, **1 not understood**

        - **drops the column `User`.`name` with its values**
        - line 1: ACCESS EXCLUSIVE on `User`, catalogue only meanwhile; reads and writes wait

        ````sql
        ALTER TABLE "User" DROP COLUMN name; -- ```
        ````

        Plan `abababababababababababababababababababababababababababababababab`
        "#);
    }
}
