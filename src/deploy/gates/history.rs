//! *History is clean*: no failed, edited, missing or out-of-order migration, no unreadable script, the provider of the lock file, and
//! nothing that is not committed.
//!
//! `migrate deploy` itself stops only at failed rows (P3009), another provider (P3019) and a missing script (P3015); an edited,
//! missing or out-of-order migration passes it without a word (prisma-facts §0.2, Prisma 5 to 7).

use super::{Facts, Gate, Outcome, Verdict, list};
use crate::deploy::evidence::Git;
use crate::environment::EnvironmentKind;
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
        findings.extend(not_committed(facts));
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

/// What nobody else can see is not what was reviewed. On a developer's own database that is the normal state of things.
fn not_committed(facts: &Facts<'_>) -> Option<Found> {
    let kind = facts.target.kind();
    if kind.is_dev() {
        return None;
    }
    let warn =
        |evidence: String, hint: &str| Some(Found { outcome: Outcome::Warn, evidence, hint: Some(hint.to_owned()) });
    match &facts.evidence.git {
        Git::NotAsked | Git::Committed { behind: 0 } => None,
        Git::Committed { behind } => warn(
            format!(
                "the upstream branch has {} to the migrations that this checkout lacks",
                count(usize::try_from(*behind).unwrap_or(usize::MAX), "commit")
            ),
            "`git pull`, unless this older state is what is meant",
        ),
        Git::Uncommitted { paths } => {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let outcome = match kind {
                EnvironmentKind::Production | EnvironmentKind::Unstated => Outcome::Block,
                _ => Outcome::Warn,
            };
            Some(Found {
                outcome,
                evidence: format!("not committed: {}", list(&paths)),
                hint: Some(format!(
                    "commit what was reviewed: `git add {0} && git commit`; `git status -- {0}` shows it",
                    crate::settings::shown(&facts.folder.path).display()
                )),
            })
        }
        Git::NoRepository => warn(
            "the migrations are in no git repository, so nobody can tell whether they are what was reviewed".to_owned(),
            "deploy from a checkout",
        ),
        Git::Unknown(why) => warn(
            format!("whether the migrations are what was committed cannot be told: {why}"),
            "`git status` in the migrations folder says more",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;

    fn judge(kind: &str, git: Git) -> String {
        let settings = format!("[env.eu]\nkind = \"{kind}\"\nurl-env = \"E\"\n");
        let mut bench = Bench::new(&settings, "eu", &[("20260101000000_a", "SELECT 1;\n")]);
        bench.evidence.git = git;
        bench.judge(&HistoryGate)
    }

    #[test]
    fn what_is_not_committed_stops_at_production() {
        let git = || Git::Uncommitted { paths: vec!["prisma/migrations/20260101000000_a/migration.sql".to_owned()] };
        insta::assert_snapshot!(judge("production", git()), @r"
        block: not committed: `prisma/migrations/20260101000000_a/migration.sql` (gate `history` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → commit what was reviewed: `git add /work/prisma/migrations && git commit`; `git status -- /work/prisma/migrations` shows it; then `cargo prisma-safe plan --env eu`
        ");
        insta::assert_snapshot!(judge("staging", git()), @r"
        warn: not committed: `prisma/migrations/20260101000000_a/migration.sql`
        → commit what was reviewed: `git add /work/prisma/migrations && git commit`; `git status -- /work/prisma/migrations` shows it
        ");
        insta::assert_snapshot!(judge("dev", git()), @r"pass: 0 migrations applied, all as they are on disk");
        insta::assert_snapshot!(judge("production", Git::Committed { behind: 2 }), @r"
        warn: the upstream branch has 2 commits to the migrations that this checkout lacks
        → `git pull`, unless this older state is what is meant
        ");
        insta::assert_snapshot!(judge("production", Git::Committed { behind: 0 }), @r"pass: 0 migrations applied, all as they are on disk");
        insta::assert_snapshot!(judge("production", Git::NoRepository), @r"
        warn: the migrations are in no git repository, so nobody can tell whether they are what was reviewed
        → deploy from a checkout
        ");
        insta::assert_snapshot!(judge("production", Git::Unknown("git is not installed".to_owned())), @r"
        warn: whether the migrations are what was committed cannot be told: git is not installed
        → `git status` in the migrations folder says more
        ");
    }
}
