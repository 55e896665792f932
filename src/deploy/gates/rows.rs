//! *Statements touch as many rows as their authors expect* (`-- prisma-safe: expect-rows 100..200`), counted here before anything runs.

use super::{Facts, Gate, Outcome, Verdict};
use crate::deploy::evidence::rows::ExpectedRows;
use crate::environment::EnvironmentKind;
use crate::shell::count;

/// See the module.
pub struct RowsGate;

const NAME: &str = "rows";

impl Gate for RowsGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let expected = &facts.evidence.rows;
        if expected.is_empty() {
            return Verdict::pass(NAME, "no pending statement says how many rows it expects");
        }
        if facts.target.kind().is_dev() {
            return Verdict::pass(
                NAME,
                format!("{} with a number of rows, to which dev is not held", statements(expected.len())),
            );
        }
        let told = |holds: Option<bool>| -> Vec<String> {
            expected.iter().filter(|expected| expected.holds() == holds).map(tell).collect()
        };
        let (wrong, unknown) = (told(Some(false)), told(None));
        let mut verdict = match (wrong.is_empty(), unknown.is_empty()) {
            (true, true) => return Verdict::pass(NAME, told(Some(true)).join("; ")),
            (false, _) => Verdict::block(
                NAME,
                format!("{}; they were counted now, before anything runs", [wrong, unknown].concat().join("; ")),
                "find out why before anything is changed: the data are not what the author knew; if the number is right, correct the directive and deploy that migration anew everywhere",
            ),
            (true, false) => Verdict::warn(
                NAME,
                format!("{}; nothing stops it when it touches more", unknown.join("; ")),
                "count by hand what it will touch, or give it a migration of its own that is deployed after the others",
            ),
        };
        // The number is the author's for production; elsewhere it is worth a word.
        if matches!(facts.target.kind(), EnvironmentKind::Staging | EnvironmentKind::Preview) {
            verdict.outcome = Outcome::Warn;
        }
        verdict
    }
}

fn statements(number: usize) -> String {
    count(number, "statement")
}

fn tell(expected: &ExpectedRows) -> String {
    let ExpectedRows { migration, line, table, staged, .. } = expected;
    let place = format!("`{migration}`, line {line}");
    let mut text = match &expected.counted {
        Ok(rows) => {
            let rows = count(usize::try_from(*rows).unwrap_or(usize::MAX), "row");
            format!("{place}: {rows} of `{table}`, expected {}", expected.range())
        }
        Err(why) => format!("{place}: expected {} rows of `{table}`, not counted: {why}", expected.range()),
    };
    for (environment, rows) in staged {
        text.push_str(&format!(" ({environment} had {rows})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;

    fn judge(kind: &str, counted: &[Result<u64, String>]) -> String {
        let settings = format!("[env.eu]\nkind = \"{kind}\"\nurl-env = \"E\"\n");
        let mut bench = Bench::new(&settings, "eu", &[]);
        let expected = |counted: &Result<u64, String>| ExpectedRows {
            migration: "20260101000000_a".to_owned(),
            checksum: "c".to_owned(),
            line: 3,
            table: "orders".to_owned(),
            min: 100,
            max: Some(200),
            counted: counted.clone(),
            staged: vec![("staging".to_owned(), 150)],
        };
        bench.evidence.rows = counted.iter().map(expected).collect();
        bench.judge(&RowsGate)
    }

    #[test]
    fn production_is_held_to_the_number() {
        insta::assert_snapshot!(judge("production", &[]), @"pass: no pending statement says how many rows it expects");
        insta::assert_snapshot!(judge("production", &[Ok(200)]), @"pass: `20260101000000_a`, line 3: 200 rows of `orders`, expected 100..200 (staging had 150)");
        insta::assert_snapshot!(judge("production", &[Ok(201), Ok(100), Err("no such column".to_owned())]), @r"
        block: `20260101000000_a`, line 3: 201 rows of `orders`, expected 100..200 (staging had 150); `20260101000000_a`, line 3: expected 100..200 rows of `orders`, not counted: no such column (staging had 150); they were counted now, before anything runs (gate `rows` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → find out why before anything is changed: the data are not what the author knew; if the number is right, correct the directive and deploy that migration anew everywhere; then `cargo prisma-safe plan --env eu`
        ");
        insta::assert_snapshot!(judge("production", &[Err("no such column".to_owned())]), @r"
        warn: `20260101000000_a`, line 3: expected 100..200 rows of `orders`, not counted: no such column (staging had 150); nothing stops it when it touches more
        → count by hand what it will touch, or give it a migration of its own that is deployed after the others
        ");
    }

    #[test]
    fn elsewhere_it_is_told() {
        assert!(judge("staging", &[Ok(1)]).starts_with("warn: "));
        assert!(judge("dev", &[Ok(1)]).starts_with("pass: 1 statement with a number of rows"));
        assert!(judge("staging", &[Ok(150)]).starts_with("pass: "));
    }
}
