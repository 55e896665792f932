//! *History is clean*: no failed, edited, missing or out-of-order migration, no unreadable script, and the provider of the lock file.
//!
//! `migrate deploy` itself stops only at failed rows (P3009), another provider (P3019) and a missing script (P3015); an edited,
//! missing or out-of-order migration passes it without a word (prisma-facts §0.2, Prisma 5 to 7).

use std::fmt::Write as _;

use super::{Facts, Gate, Outcome, Verdict};
use crate::history::State;
use crate::migrations::LockFile;
use crate::shell::count;

/// See the module.
pub struct HistoryGate;

const NAME: &str = "history";

impl Gate for HistoryGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let mut findings: Vec<Found> = Vec::new();
        findings.extend(provider(facts));
        findings.extend(failed(facts));
        findings.extend(unreadable(facts));
        findings.extend(divergence(facts));
        findings.extend(facts.folder.warnings.iter().map(|warning| Found {
            outcome: Outcome::Warn,
            evidence: warning.to_string(),
            hint: None,
        }));
        let outcome = findings.iter().map(|found| found.outcome).max().unwrap_or(Outcome::Pass);
        if outcome == Outcome::Pass {
            let applied = facts.history.in_state(State::Applied).count();
            return Verdict::pass(NAME, format!("{} applied, all as they are on disk", count(applied, "migration")));
        }
        // The worst first: it is what the hint is about.
        findings.sort_by_key(|found| std::cmp::Reverse(found.outcome));
        let hint = findings.iter().find_map(|found| found.hint.clone());
        let evidence = findings.into_iter().map(|found| found.evidence).collect::<Vec<_>>().join("; ");
        Verdict { gate: NAME, outcome, evidence, hint }
    }
}

struct Found {
    outcome: Outcome,
    evidence: String,
    hint: Option<String>,
}

fn provider(facts: &Facts<'_>) -> Option<Found> {
    let evidence = match &facts.folder.lock_file {
        LockFile::Provider(provider) if *provider != facts.provider => {
            format!(
                "the migrations were written for {provider} (migration_lock.toml), the schema says {}",
                facts.provider
            )
        }
        LockFile::Unknown(name) => format!("migration_lock.toml names the provider `{name}`, which is not known"),
        LockFile::Unreadable(said) => format!("migration_lock.toml cannot be read: {said}"),
        LockFile::Provider(_) | LockFile::Absent => return None,
    };
    let hint = "restore migration_lock.toml from version control, or point `migrations` in prisma-safe.toml at the right folder";
    Some(Found { outcome: Outcome::Block, evidence, hint: Some(hint.to_owned()) })
}

fn failed(facts: &Facts<'_>) -> Option<Found> {
    let names: Vec<&str> = facts.history.failed().map(|entry| entry.name.as_str()).collect();
    (!names.is_empty()).then(|| Found {
        outcome: Outcome::Block,
        evidence: format!("failed or still running: {}", list(&names)),
        hint: Some(format!("`cargo prisma-safe resolve --env {}`", facts.target.name())),
    })
}

fn unreadable(facts: &Facts<'_>) -> Vec<Found> {
    facts
        .history
        .would_apply()
        .filter_map(|entry| {
            let problem = entry.script_problem.as_ref()?;
            Some(Found {
                outcome: Outcome::Block,
                evidence: format!("`{}` {problem}: Prisma would stop there (P3015)", entry.name),
                hint: Some(format!("put its script back or remove the folder `{}`", entry.name)),
            })
        })
        .collect()
}

/// What Prisma does not notice. On a developer's own database it is said and no more.
fn divergence(facts: &Facts<'_>) -> Vec<Found> {
    let outcome = if facts.target.kind().is_dev() { Outcome::Warn } else { Outcome::Block };
    let of = |state| facts.history.in_state(state).map(|entry| entry.name.as_str()).collect::<Vec<_>>();
    let mut found = Vec::new();
    let edited = of(State::Edited);
    if let Some(first) = edited.first() {
        found.push(Found {
            outcome,
            evidence: format!("edited since applied: {}", list(&edited)),
            hint: Some(format!(
                "put back what was applied: `git log --oneline -- {}`; write the change as a new migration",
                facts.folder.path.join(first).display()
            )),
        });
    }
    let missing = of(State::Missing);
    if !missing.is_empty() {
        found.push(Found {
            outcome,
            evidence: format!("applied there, not on disk here: {}", list(&missing)),
            hint: Some("bring this checkout up to date: it lacks migrations that the database has".to_owned()),
        });
    }
    let late = of(State::OutOfOrder);
    if let Some(first) = late.first() {
        found.push(Found {
            outcome,
            evidence: format!("older than what is applied there: {}", list(&late)),
            hint: Some(format!(
                "give it a new timestamp, since nobody tried this order: `cargo prisma-safe new --sql {} {}`, then delete the old folder",
                facts.folder.path.join(first).join("migration.sql").display(),
                crate::migrations::name::slug_of(first),
            )),
        });
    }
    found
}

/// At most five names; the rest is counted.
fn list(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}
