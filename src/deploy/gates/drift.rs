//! *The database is what its migrations say*: replayed on a throwaway database, they give the same catalogue.
//!
//! Asked on production, elsewhere where the settings say so: it costs a throwaway server and a replay of the history.

use super::{Facts, Gate, Outcome, Verdict};
use crate::deploy::evidence::drift;

/// See the module.
pub struct DriftGate;

const NAME: &str = "drift";
/// Differences that are told; the rest is counted.
const SHOWN: usize = 5;

impl Gate for DriftGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let name = facts.target.name();
        let environment = facts.target.environment();
        if !drift::is_wanted(environment) {
            let kind = facts.target.kind();
            return Verdict::pass(
                NAME,
                format!("not compared on {kind}, unless [env.{name}.gates] has `drift = \"block\"`"),
            );
        }
        let purpose = match &environment.drift.ignore {
            Some(set) => format!("`ignore = [{}]`, {}", set.value.join(", "), set.origin),
            None => format!(
                "nothing is ignored, the default; `ignore` under [env.{name}.drift] names what is there on purpose"
            ),
        };
        match &facts.evidence.drift {
            None => Verdict::pass(NAME, "nothing is applied there yet that it could differ from"),
            Some(Err(said)) => {
                // Asked for is asked for; on production it is asked by itself, and not every machine has a server to spare.
                let outcome = if environment.gates.mode(NAME).is_some() { Outcome::Block } else { Outcome::Warn };
                let hint = format!(
                    "`cargo prisma-safe verify --env {name}` needs the same and says what is missing; or set `drift = \"off\"` under [env.{name}.gates] in a reviewed change"
                );
                let evidence = format!("whether it is what its migrations say cannot be told: {said}");
                Verdict { gate: NAME, outcome, evidence, hint: Some(hint) }
            }
            Some(Ok(drift)) if drift.differences.is_empty() => {
                Verdict::pass(NAME, format!("it is what its migrations say, replayed on {}", drift.place))
            }
            Some(Ok(drift)) => {
                let mut told: Vec<&str> = drift.differences.iter().take(SHOWN).map(String::as_str).collect();
                let more = format!("and {} more", drift.differences.len().saturating_sub(SHOWN));
                if drift.differences.len() > SHOWN {
                    told.push(&more);
                }
                let other = if drift.alike {
                    ""
                } else {
                    ", which is another version than the target's and may spell things otherwise"
                };
                Verdict {
                    gate: NAME,
                    outcome: if drift.alike { Outcome::Block } else { Outcome::Warn },
                    evidence: format!("{} (compared with {}{other}; {purpose})", told.join("; "), drift.place),
                    hint: Some(format!(
                        "somebody changed it by hand: undo that there, or write it as a migration (`cargo prisma-safe new`) that is marked as done (`cargo prisma-safe resolve --env {name}`)"
                    )),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::evidence::drift::Drift;
    use crate::deploy::gates::bench::Bench;

    fn judge(kind: &str, more: &str, drift: Option<Result<Drift, String>>) -> String {
        let settings = format!("[env.eu]\nkind = \"{kind}\"\nurl-env = \"E\"\n{more}");
        let mut bench = Bench::new(&settings, "eu", &[("20260101000000_a", "SELECT 1;\n")]);
        bench.evidence.drift = drift;
        bench.judge(&DriftGate)
    }

    #[test]
    fn what_was_changed_by_hand_stops_a_deploy_to_production() {
        let found = |alike, differences: &[&str]| {
            let differences = differences.iter().map(|text| (*text).to_owned()).collect();
            Some(Ok(Drift { place: "a throwaway PostgreSQL 15.4".to_owned(), alike, differences }))
        };
        let index = "index `x` of `User` is in the database and not in the migrations";
        insta::assert_snapshot!(judge("staging", "", None), @r#"pass: not compared on staging, unless [env.eu.gates] has `drift = "block"`"#);
        insta::assert_snapshot!(judge("production", "", None), @r"pass: nothing is applied there yet that it could differ from");
        insta::assert_snapshot!(judge("production", "", found(true, &[])), @r"pass: it is what its migrations say, replayed on a throwaway PostgreSQL 15.4");
        insta::assert_snapshot!(judge("production", "", found(true, &[index])), @r"
        block: index `x` of `User` is in the database and not in the migrations (compared with a throwaway PostgreSQL 15.4; nothing is ignored, the default; `ignore` under [env.eu.drift] names what is there on purpose)
        → somebody changed it by hand: undo that there, or write it as a migration (`cargo prisma-safe new`) that is marked as done (`cargo prisma-safe resolve --env eu`)
        ");
        assert!(judge("production", "", found(false, &[index; 7])).starts_with("warn"));
        let ignoring = "[env.eu.drift]\nignore = [\"y\"]\n";
        assert!(
            judge("production", ignoring, found(true, &[index]))
                .contains("`ignore = [y]`, set in /work/prisma-safe.toml:5")
        );
    }

    #[test]
    fn what_cannot_be_told_stops_only_where_somebody_asked_for_it() {
        let none = || Some(Err("no PostgreSQL server can be started: `initdb` is not installed".to_owned()));
        insta::assert_snapshot!(judge("production", "", none()), @r#"
        warn: whether it is what its migrations say cannot be told: no PostgreSQL server can be started: `initdb` is not installed
        → `cargo prisma-safe verify --env eu` needs the same and says what is missing; or set `drift = "off"` under [env.eu.gates] in a reviewed change
        "#);
        assert!(judge("staging", "[env.eu.gates]\ndrift = \"block\"\n", none()).starts_with("block"));
    }
}
