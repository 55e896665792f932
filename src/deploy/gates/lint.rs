//! *No finding at `deny` in what is pending*, for this environment's kind and this database's version and history.

use super::{Facts, Gate, Verdict};
use crate::shell::count;

/// See the module.
pub struct LintGate;

const NAME: &str = "lint";
/// Findings that are told; the rest is counted.
const SHOWN: usize = 3;

impl Gate for LintGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let Some(lint) = &facts.evidence.lint else { return Verdict::pass(NAME, "nothing is pending") };
        let command = format!("`cargo prisma-safe lint --pending --env {}`", facts.target.name());
        let judged = count(lint.statements, "statement");
        let Some(first) = lint.denied.first() else {
            if lint.warned > 0 {
                let warned = count(lint.warned, "warning");
                return Verdict::warn(NAME, format!("{warned} in {judged}, nothing denied"), command);
            }
            // The same reason to stop twice would read like two.
            let left = match lint.left_to_revert {
                0 => String::new(),
                left => format!(", {} left to the gate `revert`", count(left, "finding")),
            };
            let allowed = match lint.allowed {
                0 => String::new(),
                allowed => format!(", {} allowed by directives", count(allowed, "finding")),
            };
            return Verdict::pass(NAME, format!("{judged}, nothing found{left}{allowed}"));
        };
        let told: Vec<String> = lint
            .denied
            .iter()
            .take(SHOWN)
            .map(|found| format!("{} at {}: {} (`deny`, {})", found.rule, found.place, found.message, found.origin))
            .collect();
        let more = match lint.denied.len() - told.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Verdict::block(
            NAME,
            format!("{}{more}", told.join("; ")),
            format!(
                "{command} shows them with what to write instead; `cargo prisma-safe explain {}` says why",
                first.rule
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::evidence::LintEvidence;
    use crate::deploy::evidence::lint::Denied;
    use crate::deploy::gates::bench::Bench;

    fn judge(denied: usize, warned: usize) -> String {
        let mut bench = Bench::new(
            "[env.production]\nkind = \"production\"\nurl-env = \"P\"\n",
            "production",
            &[("20260101000000_a", "SELECT 1;\n")],
        );
        let found = Denied {
            rule: "drop-table",
            place: "prisma/migrations/20260101000000_a/migration.sql:3".to_owned(),
            message: "drops the table `a`".to_owned(),
            origin: "the default".to_owned(),
        };
        bench.evidence.lint = Some(LintEvidence {
            denied: vec![found; denied],
            warned,
            allowed: 1,
            statements: 4,
            ..LintEvidence::default()
        });
        bench.judge(&LintGate)
    }

    #[test]
    fn says_what_it_found() {
        insta::assert_snapshot!(judge(0, 0), @r"pass: 4 statements, nothing found, 1 finding allowed by directives");
        insta::assert_snapshot!(judge(0, 2), @r"
        warn: 2 warnings in 4 statements, nothing denied
        → `cargo prisma-safe lint --pending --env production`
        ");
        insta::assert_snapshot!(judge(5, 2), @r"
        block: drop-table at prisma/migrations/20260101000000_a/migration.sql:3: drops the table `a` (`deny`, the default); drop-table at prisma/migrations/20260101000000_a/migration.sql:3: drops the table `a` (`deny`, the default); drop-table at prisma/migrations/20260101000000_a/migration.sql:3: drops the table `a` (`deny`, the default); and 2 more
        → `cargo prisma-safe lint --pending --env production` shows them with what to write instead; `cargo prisma-safe explain drop-table` says why
        ");
    }
}
