//! How a deploy can end badly.

use std::time::Duration;

use crate::deploy::gates::{Outcome, Verdict};
use crate::error::{Error, Explain};
use crate::exit_code::ExitCode;
use crate::prisma::PrismaError;
use crate::prisma::errors::OwnWords;
use crate::settings::format_duration;
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
    /// A coding agent started it, and brought no plan that a person has seen.
    #[error("a deploy to `{environment}` that {agent} starts needs the hash of a plan")]
    AgentNeedsPlan {
        /// Where to.
        environment: String,
        /// Who started us.
        agent: &'static str,
    },
    /// Another deploy holds the lock for longer than we wait.
    #[error("another deploy to `{environment}` is running{}", by(holder.as_deref()))]
    Busy {
        /// Where to.
        environment: String,
        /// Who, where the database tells.
        holder: Option<String>,
    },
    /// A migration was ended by a limit: it did not get a lock in time, ran for too long, or others had to wait for it.
    #[error(transparent)]
    GaveWay(Box<GivenWay>),
    /// The migrations are applied, and a check of the team says that something is not as it has to be.
    #[error("{} of `{environment}` found something after the deploy: {}", count(failed.len(), "check"), failed.join("; "))]
    Checks {
        /// Where.
        environment: String,
        /// What each said.
        failed: Vec<String>,
    },
    /// Prisma reported success, and the ledger says something else.
    #[error("Prisma reported success, and the ledger of `{environment}` does not show it: {details}")]
    LedgerDisagrees {
        /// Where to.
        environment: String,
        /// Which migrations, and what the ledger says of them.
        details: String,
    },
    /// The database stopped answering.
    #[error("{}", lost(environment, *prisma_is_done))]
    Lost {
        /// Where to.
        environment: String,
        /// Prisma ran and reported success; otherwise nothing ran.
        prisma_is_done: bool,
        /// What the database, or the way to it, said.
        source: OwnWords,
    },
}

fn lost(environment: &str, prisma_is_done: bool) -> String {
    if prisma_is_done {
        format!("Prisma reported success, and the ledger of `{environment}` cannot be read")
    } else {
        format!("the database of `{environment}` stopped answering before anything was run")
    }
}

/// A migration that a limit ended.
#[derive(Debug, thiserror::Error)]
#[error("{}", gave_way(environment, migration, why, *attempts))]
pub struct GivenWay {
    /// Where.
    pub environment: String,
    /// The folder's name.
    pub migration: String,
    /// Which limit.
    pub why: GaveWay,
    /// How often it was tried.
    pub attempts: u64,
    /// Nothing of it can be in the database, and its mark was taken back.
    pub nothing_stayed: bool,
    /// Who held what it waited for, where it was seen.
    pub held_by: Vec<String>,
    /// What Prisma said.
    #[source]
    pub source: PrismaError,
}

impl GivenWay {
    fn hints(&self) -> Vec<String> {
        let GivenWay { environment, migration, why, nothing_stayed, held_by, .. } = self;
        let mut hints: Vec<String> = held_by
            .iter()
            .take(3)
            .map(|by| format!("what it waited for was held by {by}: wait for it to end, or end it"))
            .collect();
        let again = format!("`cargo prisma-safe deploy --env {environment}`");
        hints.push(match why {
            _ if !nothing_stayed => format!(
                "`cargo prisma-safe resolve --env {environment}` shows what is there of `{migration}`, and asks"
            ),
            GaveWay::Blocking { .. } => format!(
                "again when less is going on: {again}; or make it lighter: `cargo prisma-safe lint --pending --env {environment}`"
            ),
            GaveWay::LockTimeout { .. } => format!(
                "again when less is going on: {again}; `lock-retries` in [env.{environment}] says how often it is tried"
            ),
            GaveWay::StatementLimit { .. } => {
                format!("give it longer with `statement-timeout` in [env.{environment}], then: {again}")
            }
        });
        hints
    }
}

/// A limit that ended a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GaveWay {
    /// It did not get a lock in time; how long that was and who said so, where it is one of ours.
    LockTimeout {
        /// The limit and its origin.
        limit: Option<(Duration, String)>,
    },
    /// A statement ran for too long.
    StatementLimit {
        /// For how long.
        after: Duration,
    },
    /// Somebody waited behind it for too long.
    Blocking {
        /// Who.
        who: String,
        /// For how long.
        waited: Duration,
    },
}

fn gave_way(environment: &str, migration: &str, why: &GaveWay, attempts: u64) -> String {
    let times = usize::try_from(attempts).unwrap_or(usize::MAX);
    match why {
        GaveWay::LockTimeout { limit: Some((time, origin)) } => format!(
            "`{migration}` did not get its locks in `{environment}`: it waited {} each time, {} (`lock-timeout`, {origin})",
            format_duration(*time),
            count(times, "time")
        ),
        GaveWay::LockTimeout { limit: None } => {
            format!("`{migration}` did not get its locks in `{environment}`, {}", count(times, "time"))
        }
        GaveWay::StatementLimit { after } => {
            format!(
                "`{migration}` was cancelled in `{environment}`: a statement ran for {} s (`statement-timeout`)",
                after.as_secs()
            )
        }
        GaveWay::Blocking { who, waited } => format!(
            "`{migration}` was cancelled in `{environment}`: {who} had waited behind it for {} s (`abort-if-blocking`)",
            waited.as_secs()
        ),
    }
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

impl DeployError {
    /// An error of a database that had answered before. Others stay what they are.
    #[must_use]
    pub fn lost(environment: &str, prisma_is_done: bool, error: Error) -> Error {
        if error.exit_code() != ExitCode::Database {
            return error;
        }
        let source = OwnWords(error.causes());
        DeployError::Lost { environment: environment.to_owned(), prisma_is_done, source }.into()
    }
}

impl Explain for DeployError {
    fn exit_code(&self) -> ExitCode {
        match self {
            DeployError::Blocked { failed_migration: true, .. } => ExitCode::FailedMigration,
            DeployError::Blocked { .. }
            | DeployError::Busy { .. }
            | DeployError::OtherPlan { .. }
            | DeployError::AgentNeedsPlan { .. } => ExitCode::Refused,
            DeployError::NoDatabase { .. } | DeployError::Lost { .. } => ExitCode::Database,
            DeployError::GaveWay(given) if !given.nothing_stayed => ExitCode::FailedMigration,
            DeployError::Checks { .. } => ExitCode::Findings,
            DeployError::GaveWay(_) | DeployError::LedgerDisagrees { .. } => ExitCode::Prisma,
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
            DeployError::AgentNeedsPlan { .. } => {
                "what runs there is what a person has read; nothing was run".to_owned()
            }
            DeployError::Busy { .. } => "two deploys at once would judge by a history that the other one changes; nothing was run".to_owned(),
            DeployError::Checks { .. } => {
                "the migrations are applied and stay applied: a check only looks; think before the application goes out".to_owned()
            }
            DeployError::GaveWay(given) if given.nothing_stayed => {
                "nothing of it is in the database, and it is marked as rolled back: the next deploy runs it again; what came before it is applied".to_owned()
            }
            DeployError::GaveWay(_) => {
                "some of its statements may be in the database, so it is not tried again by itself; no further migration runs".to_owned()
            }
            DeployError::Lost { prisma_is_done: false, .. } => "nothing was run, the database is as it was".to_owned(),
            DeployError::LedgerDisagrees { .. } | DeployError::Lost { prisma_is_done: true, .. } => {
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
                    "look at it again, and name the plan that it shows: `cargo prisma-safe plan --env {environment}`"
                )]
            }
            DeployError::AgentNeedsPlan { environment, .. } => vec![
                format!("`cargo prisma-safe plan --env {environment}` shows it; let a person read it"),
                format!("then `cargo prisma-safe deploy --env {environment} --plan HASH --yes`"),
            ],
            DeployError::Busy { environment, .. } => {
                vec![format!("wait for it, then look: `cargo prisma-safe status --env {environment}`")]
            }
            DeployError::Checks { environment, .. } => vec![
                "run the query to see the rows; correct them in a new migration: `cargo prisma-safe new <name>`"
                    .to_owned(),
                format!("what is applied: `cargo prisma-safe status --env {environment}`"),
            ],
            DeployError::GaveWay(given) => given.hints(),
            DeployError::Lost { environment, .. } => {
                vec![format!("when it answers again: `cargo prisma-safe status --env {environment}`")]
            }
            DeployError::LedgerDisagrees { environment, .. } => {
                vec![format!("read the ledger itself: `cargo prisma-safe status --env {environment}`")]
            }
        }
    }
}
