//! Whether `migrate resolve` may be asked, decided before Prisma is started.
//!
//! Prisma's own conditions (schema engine, `mark_migration_applied.rs`, `mark_migration_rolled_back.rs`, Prisma 5 to 7), and two of ours:
//! a migration that is already rolled back is not marked again, and one that never ran is marked as applied only as a baseline, on purpose.

use crate::database::LedgerRow;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::history::{History, State};
use crate::prisma::Resolution;

/// Why a migration cannot be resolved so.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ResolutionError {
    /// P3011.
    #[error("P3011: `{name}` never ran in `{environment}`, so there is nothing to roll back")]
    NeverRan {
        /// As given.
        name: String,
        /// Where.
        environment: String,
        /// A name that is close and failed.
        nearest: Option<String>,
    },
    /// P3012.
    #[error("P3012: `{name}` did not fail in `{environment}`, it is {state}")]
    NotFailed {
        /// As given.
        name: String,
        /// Where.
        environment: String,
        /// What it is instead.
        state: &'static str,
    },
    /// P3008.
    #[error("P3008: `{name}` is already recorded as applied in `{environment}`")]
    AlreadyApplied {
        /// As given.
        name: String,
        /// Where.
        environment: String,
    },
    /// P3017.
    #[error("P3017: there is no migration `{name}` in the migrations folder")]
    NotOnDisk {
        /// As given.
        name: String,
        /// A name that is close.
        nearest: Option<String>,
    },
    /// Never ran, and marking it as applied means that its SQL never will.
    #[error("`{name}` never ran in `{environment}`")]
    WouldSkip {
        /// As given.
        name: String,
        /// Where.
        environment: String,
    },
    /// Nobody said what happened.
    #[error("{} in `{environment}`, and nobody said what became of {}", crate::shell::count(*failed, "failed migration"), if *failed == 1 { "it" } else { "them" })]
    NothingChosen {
        /// How many.
        failed: usize,
        /// Where.
        environment: String,
        /// What may be done about the first of them.
        ways: Vec<String>,
    },
    /// A way out was asked for, and nothing is in the way.
    #[error("no migration has failed in `{environment}`")]
    NothingFailed {
        /// Where.
        environment: String,
    },
    /// What was shown is no longer true.
    #[error("the history or the tables of `{environment}` changed while the question was open")]
    Changed {
        /// Where.
        environment: String,
    },
}

impl Explain for ResolutionError {
    fn exit_code(&self) -> ExitCode {
        match self {
            ResolutionError::NeverRan { .. }
            | ResolutionError::NotFailed { .. }
            | ResolutionError::AlreadyApplied { .. }
            | ResolutionError::NotOnDisk { .. }
            | ResolutionError::NothingFailed { .. }
            | ResolutionError::WouldSkip { .. } => ExitCode::Usage,
            ResolutionError::Changed { .. } => ExitCode::Refused,
            ResolutionError::NothingChosen { .. } => ExitCode::FailedMigration,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            ResolutionError::NotFailed { .. } => Some(
                "Prisma has no command that takes back a migration that succeeded; a new migration does".to_owned(),
            ),
            ResolutionError::WouldSkip { .. } => {
                Some("marked as applied, its SQL would never run here; that is right only for a baseline".to_owned())
            }
            ResolutionError::NothingChosen { .. } => {
                Some("every deploy to this database stops until it is resolved (P3009)".to_owned())
            }
            ResolutionError::Changed { .. } => {
                Some("the answer was about something that is no longer so; nothing was changed".to_owned())
            }
            ResolutionError::NeverRan { .. }
            | ResolutionError::AlreadyApplied { .. }
            | ResolutionError::NothingFailed { .. }
            | ResolutionError::NotOnDisk { .. } => None,
        }
    }

    fn hints(&self) -> Vec<String> {
        let status = |environment: &str| format!("`cargo prisma-safe status --env {environment}` lists what is there");
        match self {
            ResolutionError::NeverRan { environment, nearest, .. } => {
                nearest.iter().map(|name| format!("did you mean `{name}`?")).chain([status(environment)]).collect()
            }
            ResolutionError::NotOnDisk { nearest, .. } => match nearest {
                Some(name) => vec![format!("did you mean `{name}`?")],
                None => vec!["bring this checkout up to date, then try again".to_owned()],
            },
            ResolutionError::NotFailed { environment, .. } | ResolutionError::AlreadyApplied { environment, .. } => {
                vec![status(environment)]
            }
            ResolutionError::WouldSkip { name, environment } => vec![
                format!("to run it: `cargo prisma-safe deploy --env {environment}`"),
                format!(
                    "if its objects are there already: `cargo prisma-safe resolve --env {environment} --applied {name} --baseline`"
                ),
            ],
            ResolutionError::NothingChosen { ways, .. } => ways.clone(),
            ResolutionError::NothingFailed { environment } => vec![status(environment)],
            ResolutionError::Changed { environment } => {
                vec![format!("look again: `cargo prisma-safe resolve --env {environment}`")]
            }
        }
    }
}

/// Checks a resolution against the history and its ledger.
///
/// # Errors
/// [`ResolutionError`], with Prisma's code where Prisma would refuse too.
pub fn check(
    environment: &str,
    resolution: &Resolution,
    baseline: bool,
    history: &History,
    ledger: &[LedgerRow],
) -> Result<(), ResolutionError> {
    let environment = environment.to_owned();
    match resolution {
        Resolution::RolledBack(name) => {
            let name = name.clone();
            match history.get(&name) {
                Some(entry) if entry.state == State::Failed => Ok(()),
                Some(entry) if entry.attempts > 0 => {
                    Err(ResolutionError::NotFailed { name, environment, state: entry.state.words() })
                }
                _ => {
                    let nearest = nearest(&name, history.failed().map(|entry| entry.name.as_str()));
                    Err(ResolutionError::NeverRan { name, environment, nearest })
                }
            }
        }
        Resolution::Applied(name) => {
            let name = name.clone();
            let Some(entry) = history.get(&name).filter(|entry| entry.on_disk) else {
                let on_disk = history.entries.iter().filter(|entry| entry.on_disk);
                let nearest = nearest(&name, on_disk.map(|entry| entry.name.as_str()));
                return Err(ResolutionError::NotOnDisk { name, nearest });
            };
            if ledger.iter().any(|row| row.migration_name == name && row.finished_at.is_some()) {
                return Err(ResolutionError::AlreadyApplied { name, environment });
            }
            match entry.state {
                State::Failed => Ok(()),
                _ if baseline => Ok(()),
                _ => Err(ResolutionError::WouldSkip { name, environment }),
            }
        }
    }
}

fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
