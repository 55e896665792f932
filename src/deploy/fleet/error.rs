//! Why a deploy to many databases is not done.

use super::Counts;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::shell::count;

/// A deploy to many databases did not begin, or did not end everywhere.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// `--only` names what is not there.
    #[error("`{environment}` has no database `{name}`")]
    Unknown {
        /// Where to.
        environment: String,
        /// What was named.
        name: String,
        /// The nearest that there is.
        nearest: Option<String>,
        /// How many there are.
        of: usize,
    },
    /// The settings name a canary that is not there.
    #[error("`{environment}` has no database `{name}`, which is to be its canary")]
    NoCanary {
        /// Where to.
        environment: String,
        /// The name.
        name: String,
        /// Who says so.
        origin: String,
    },
    /// `--only`, and the environment is one database.
    #[error("`--only` names databases of an environment of many, and `{environment}` is one database")]
    One {
        /// Where to.
        environment: String,
    },
    /// Some cannot be deployed, more than may fail, or the canary: nothing was run anywhere.
    #[error("{} of {} of `{environment}` cannot be deployed{}", counts.bad(), count(counts.all(), "database"), among(*canary))]
    NotBegun {
        /// Where to.
        environment: String,
        /// What was found.
        counts: Counts,
        /// The canary is among them.
        canary: bool,
        /// How many may fail, and who says so.
        limit: String,
        /// How the worst of them would end.
        exit: ExitCode,
    },
    /// Some are done and some are not.
    #[error("{} of {} of `{environment}` are not done", counts.bad() + counts.not_begun, count(counts.all(), "database"))]
    NotDone {
        /// Where to.
        environment: String,
        /// What came of them.
        counts: Counts,
        /// How many may fail, and who says so.
        limit: String,
        /// How the worst of them ended.
        exit: ExitCode,
    },
}

const fn among(canary: bool) -> &'static str {
    if canary { ", the canary among them" } else { "" }
}

impl Explain for FleetError {
    fn exit_code(&self) -> ExitCode {
        match self {
            FleetError::Unknown { .. } | FleetError::NoCanary { .. } | FleetError::One { .. } => ExitCode::Usage,
            FleetError::NotBegun { exit, .. } | FleetError::NotDone { exit, .. } => *exit,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            FleetError::Unknown { of, .. } => Some(format!("there are {of} of them")),
            FleetError::NoCanary { origin, .. } => Some(format!("it is {origin}")),
            FleetError::One { .. } => None,
            FleetError::NotBegun { canary: true, .. } => {
                Some("the canary comes first, so nothing was run on any of them".to_owned())
            }
            FleetError::NotBegun { limit, .. } => Some(format!("{limit} may fail, so nothing was run on any of them")),
            FleetError::NotDone { counts, limit, .. } if counts.not_begun > 0 => {
                Some(format!("{limit} may fail, so {} not begun; what is done stays done", were(counts.not_begun)))
            }
            FleetError::NotDone { .. } => Some("the others are done, by their own ledgers".to_owned()),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            FleetError::Unknown { nearest: Some(nearest), .. } => vec![format!("did you mean `{nearest}`?")],
            FleetError::Unknown { environment, .. } | FleetError::NoCanary { environment, .. } => {
                vec![format!("`cargo prisma-safe status --env {environment}` shows them all")]
            }
            FleetError::One { environment } => vec![format!("`cargo prisma-safe deploy --env {environment}`")],
            FleetError::NotBegun { environment, .. } => vec![
                format!("put them right, then `cargo prisma-safe deploy --env {environment}`"),
                format!(
                    "or leave them for later: `max-failures` under [env.{environment}], or `--only` with the others"
                ),
            ],
            FleetError::NotDone { environment, .. } => vec![format!(
                "put them right, then `cargo prisma-safe deploy --env {environment}`: it touches only what is not done"
            )],
        }
    }
}

fn were(number: usize) -> String {
    let verb = if number == 1 { "was" } else { "were" };
    format!("{} {verb}", count(number, "database"))
}
