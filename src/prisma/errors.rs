//! What can go wrong around a Prisma run, explained.

use std::fmt;
use std::path::PathBuf;

use super::arguments::ArgumentError;
use super::codes;
use super::output::Failure;
use crate::error::Explain;
use crate::exit_code::ExitCode;

/// Prisma's or the database's own words, as the cause below ours.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnWords(pub String);

impl fmt::Display for OwnWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OwnWords {}

/// A run of Prisma did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PrismaError {
    /// The command line cannot be put together.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// The program cannot be started.
    #[error("`{program}` cannot be started")]
    NotStarted {
        /// What was started.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// Our own guard is not there, and without it nothing is run.
    #[error("the engine guard `{0}` is missing")]
    GuardMissing(PathBuf),
    /// The run file cannot be written.
    #[error("the run cannot be pinned to its database")]
    NotPinned(#[source] std::io::Error),
    /// Prisma failed and said why.
    #[error("{}", failed(command, failure))]
    Failed {
        /// `prisma migrate deploy`.
        command: String,
        /// The environment, for the hints.
        environment: Option<String>,
        /// What it said.
        failure: Box<Failure>,
        /// The same, as the cause.
        #[source]
        source: OwnWords,
    },
    /// The engine guard refused.
    #[error("{}", reason.lines().next().unwrap_or("refused by the engine guard"))]
    Refused {
        /// The guard's whole message: what, why, hints.
        reason: String,
    },
    /// Exit code 0, and no word of success.
    #[error("`{command}` ended without saying what it did")]
    Silent {
        /// `prisma migrate deploy`.
        command: String,
        /// The environment, for the hints.
        environment: Option<String>,
    },
    /// Interrupted.
    #[error("`{command}` was interrupted")]
    Interrupted {
        /// `prisma migrate deploy`.
        command: String,
        /// The environment, for the hints.
        environment: Option<String>,
    },
    /// Ended by a signal.
    #[error("`{command}` was ended by signal {signal}")]
    Killed {
        /// `prisma migrate deploy`.
        command: String,
        /// The signal's number.
        signal: i32,
        /// The environment, for the hints.
        environment: Option<String>,
    },
}

fn failed(command: &str, failure: &Failure) -> String {
    let what = failure.code.as_deref().and_then(codes::find).map(|row| row.what);
    let mut text = match (&failure.code, what) {
        (Some(code), Some(what)) => format!("{code}: {what}"),
        (Some(code), None) => format!("`{command}` failed with {code}"),
        (None, _) => format!("`{command}` failed"),
    };
    if let Some(migration) = &failure.migration {
        text.push_str(&format!(": `{migration}`"));
    }
    if let Some(code) = &failure.database_code {
        text.push_str(&format!(" (database error {code})"));
    }
    text
}

impl PrismaError {
    /// Builds [`PrismaError::Failed`].
    #[must_use]
    pub fn failed(command: String, environment: Option<String>, failure: Failure) -> Self {
        let words = failure.database_message.clone().unwrap_or_else(|| failure.message.clone());
        let source = OwnWords(if words.is_empty() { "it gave no reason".to_owned() } else { words });
        PrismaError::Failed { command, environment, failure: Box::new(failure), source }
    }

    /// Prisma's code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            PrismaError::Failed { failure, .. } => failure.code.as_deref(),
            PrismaError::Arguments(_)
            | PrismaError::NotStarted { .. }
            | PrismaError::GuardMissing(_)
            | PrismaError::NotPinned(_)
            | PrismaError::Refused { .. }
            | PrismaError::Silent { .. }
            | PrismaError::Interrupted { .. }
            | PrismaError::Killed { .. } => None,
        }
    }
}

/// `status --env staging`, or without `--env` where no environment is known.
fn status_of(environment: Option<&str>) -> String {
    let env = environment.map(|name| format!(" --env {name}")).unwrap_or_default();
    format!("`cargo prisma-safe status{env}` reads from the database itself what happened")
}

impl Explain for PrismaError {
    fn exit_code(&self) -> ExitCode {
        match self {
            PrismaError::Arguments(error) => error.exit_code(),
            PrismaError::NotStarted { .. } | PrismaError::GuardMissing(_) | PrismaError::NotPinned(_) => {
                ExitCode::Usage
            }
            PrismaError::Failed { failure, .. } => {
                failure.code.as_deref().and_then(codes::find).map_or(ExitCode::Prisma, |row| row.exit)
            }
            PrismaError::Refused { .. } => ExitCode::Refused,
            PrismaError::Silent { .. } | PrismaError::Killed { .. } => ExitCode::Prisma,
            PrismaError::Interrupted { .. } => ExitCode::Interrupted,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            PrismaError::Arguments(error) => error.why(),
            PrismaError::NotStarted { .. } => Some("nothing was sent to the database".to_owned()),
            PrismaError::GuardMissing(_) => {
                Some("without it nothing stands between Prisma and the database, so nothing is started".to_owned())
            }
            PrismaError::NotPinned(_) => {
                Some("without the pin, what was checked might not be what runs, so nothing is started".to_owned())
            }
            PrismaError::Failed { failure, .. } => {
                failure.code.as_deref().and_then(codes::find).map(|row| row.why.to_owned())
            }
            PrismaError::Refused { reason } => {
                reason.lines().find_map(|line| line.strip_prefix("why: ")).map(str::to_owned)
            }
            PrismaError::Silent { .. } => Some(
                "Prisma also ends with exit code 0 when its schema engine dies at once; without its sentence of success nothing is believed"
                    .to_owned(),
            ),
            PrismaError::Interrupted { .. } | PrismaError::Killed { .. } => Some(
                "a migration that was running is recorded as failed, although some or all of its statements may have run".to_owned(),
            ),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            PrismaError::Arguments(error) => error.hints(),
            PrismaError::NotStarted { .. } => vec![
                "install the project's packages: `npm install`".to_owned(),
                "or name the command in prisma-safe.toml: `[prisma]`, `command = [\"pnpm\", \"exec\", \"prisma\"]`"
                    .to_owned(),
            ],
            PrismaError::GuardMissing(_) => vec!["install both programs: `cargo install cargo-prisma-safe`".to_owned()],
            PrismaError::NotPinned(_) => {
                vec!["make the temporary folder writable, or set `TMPDIR` to one that is".to_owned()]
            }
            PrismaError::Failed { environment, failure, .. } => {
                let env = environment.as_deref().unwrap_or("<name>");
                let row = failure.code.as_deref().and_then(codes::find);
                row.map_or_else(
                    || vec![status_of(environment.as_deref())],
                    |row| row.next.iter().map(|step| step.replace("{env}", env)).collect(),
                )
            }
            PrismaError::Refused { reason } => {
                reason.lines().filter_map(|line| line.strip_prefix("hint: ")).map(str::to_owned).collect()
            }
            PrismaError::Silent { environment, .. } => vec![
                status_of(environment.as_deref()),
                "`cargo prisma-safe guard status` shows whether the schema engine can be started".to_owned(),
            ],
            PrismaError::Interrupted { environment, .. } | PrismaError::Killed { environment, .. } => {
                vec![status_of(environment.as_deref())]
            }
        }
    }
}
