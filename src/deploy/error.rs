//! How a deploy can end badly.

use crate::deploy::gates::{Outcome, Verdict};
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::shell::count;

/// A deploy did not do what was asked, or was not allowed to.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// A gate blocks.
    #[error("{} blocked the deploy to `{environment}`: {}", count(blocked.len(), "gate"), names(blocked))]
    Blocked {
        /// Where to.
        environment: String,
        /// The verdicts that block.
        blocked: Vec<Verdict>,
        /// A failed migration is among the reasons.
        failed_migration: bool,
    },
    /// The database is not there, and a typo in a URL must not make an empty production.
    #[error("the database of `{environment}` does not exist: {place}")]
    NoDatabase {
        /// Where to.
        environment: String,
        /// The redacted URL.
        place: String,
    },
    /// What was approved is not what would run.
    #[error("the plan for `{environment}` is not the one that was named")]
    OtherPlan {
        /// Where to.
        environment: String,
        /// What it is now.
        now: String,
    },
    /// Another deploy holds the lock for longer than we wait.
    #[error("another deploy to `{environment}` is running{}", by(holder.as_deref()))]
    Busy {
        /// Where to.
        environment: String,
        /// Who, where the database tells.
        holder: Option<String>,
    },
    /// Prisma reported success, and the ledger says something else.
    #[error("Prisma reported success, and the ledger of `{environment}` does not show it: {details}")]
    LedgerDisagrees {
        /// Where to.
        environment: String,
        /// Which migrations, and what the ledger says of them.
        details: String,
    },
}

fn names(blocked: &[Verdict]) -> String {
    blocked.iter().map(|verdict| verdict.gate).collect::<Vec<_>>().join(", ")
}

fn by(holder: Option<&str>) -> String {
    holder.map_or_else(String::new, |holder| format!(" ({holder})"))
}

impl DeployError {
    /// Blocked, when one of the verdicts blocks.
    ///
    /// # Errors
    /// [`DeployError::Blocked`] with all verdicts that block.
    pub fn check(environment: &str, verdicts: &[Verdict], failed_migration: bool) -> Result<(), Self> {
        let blocked: Vec<_> = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Block).cloned().collect();
        if blocked.is_empty() {
            return Ok(());
        }
        Err(DeployError::Blocked { environment: environment.to_owned(), blocked, failed_migration })
    }
}

impl Explain for DeployError {
    fn exit_code(&self) -> ExitCode {
        match self {
            DeployError::Blocked { failed_migration: true, .. } => ExitCode::FailedMigration,
            DeployError::Blocked { .. } | DeployError::Busy { .. } | DeployError::OtherPlan { .. } => ExitCode::Refused,
            DeployError::NoDatabase { .. } => ExitCode::Database,
            DeployError::LedgerDisagrees { .. } => ExitCode::Prisma,
        }
    }

    fn why(&self) -> Option<String> {
        Some(match self {
            DeployError::Blocked { .. } => "nothing was run, the database is as it was".to_owned(),
            DeployError::NoDatabase { .. } => {
                "Prisma would create it, and a typo in a URL would then make an empty database that looks like production".to_owned()
            }
            DeployError::OtherPlan { now, .. } => format!(
                "the migrations, the ledger, the settings, the database or a version changed since: the plan is now {now}; nothing was run"
            ),
            DeployError::Busy { .. } => "two deploys at once would judge by a history that the other one changes; nothing was run".to_owned(),
            DeployError::LedgerDisagrees { .. } => {
                "what was applied is not known for sure; do not deploy the application until it is".to_owned()
            }
        })
    }

    fn hints(&self) -> Vec<String> {
        match self {
            DeployError::Blocked { blocked, .. } => blocked.iter().filter_map(|verdict| verdict.hint.clone()).collect(),
            DeployError::NoDatabase { environment, .. } => vec![
                format!("check where the URL comes from: `cargo prisma-safe env show {environment}`"),
                format!("if it is really new: `cargo prisma-safe deploy --env {environment} --create-database`"),
            ],
            DeployError::OtherPlan { environment, .. } => {
                vec![format!(
                    "look at it again, and name the plan that it shows: `cargo prisma-safe deploy --env {environment} --dry-run`"
                )]
            }
            DeployError::Busy { environment, .. } => {
                vec![format!("wait for it, then look: `cargo prisma-safe status --env {environment}`")]
            }
            DeployError::LedgerDisagrees { environment, .. } => {
                vec![format!("read the ledger itself: `cargo prisma-safe status --env {environment}`")]
            }
        }
    }
}
