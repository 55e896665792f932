//! What `status` knows about an environment, and what follows from it: exit code, remarks, next commands. Pure: the command
//! fills it in, [`crate::report`] shows it.

use jiff::Timestamp;

use crate::database::{LockState, Server};
use crate::environment::{EnvironmentKind, Marker};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::history::{History, State};

/// One environment.
#[derive(Debug)]
pub struct EnvironmentStatus {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: EnvironmentKind,
    /// The redacted URL, when there is one.
    pub target: Option<String>,
    /// What was found there.
    pub outcome: Outcome,
}

/// What was found.
#[derive(Debug)]
pub enum Outcome {
    /// The database answered.
    Read(Box<Reading>),
    /// There is no database of that name yet.
    NoDatabase {
        /// Everything on disk, pending.
        history: History,
        /// Which one is missing, in the words of the error.
        error: Error,
    },
    /// It could not be read; nothing is known.
    Unknown {
        /// Why.
        error: Error,
        /// Who is at work there, when that is the reason.
        lock: LockState,
    },
}

/// What a database told.
#[derive(Debug)]
pub struct Reading {
    /// What answered.
    pub server: Server,
    /// Disk × ledger.
    pub history: History,
    /// Who holds Prisma's lock.
    pub lock: LockState,
    /// What the database says it is.
    pub marker: Option<Marker>,
}

/// Whether somebody holds the lock: an unfinished migration may then be running.
#[must_use]
pub fn is_held(lock: &LockState) -> bool {
    matches!(lock, LockState::Held { .. })
}

impl EnvironmentStatus {
    /// The environment of many databases that this is one of.
    #[must_use]
    pub fn fleet(&self) -> Option<&str> {
        self.name.split_once(crate::settings::TENANT).map(|(fleet, _)| fleet)
    }

    /// The history, when it is known.
    #[must_use]
    pub fn history(&self) -> Option<&History> {
        match &self.outcome {
            Outcome::Read(reading) => Some(&reading.history),
            Outcome::NoDatabase { history, .. } => Some(history),
            Outcome::Unknown { .. } => None,
        }
    }

    /// The lock, when it is known.
    #[must_use]
    pub fn lock(&self) -> Option<&LockState> {
        match &self.outcome {
            Outcome::Read(reading) => Some(&reading.lock),
            Outcome::Unknown { lock, .. } => Some(lock),
            Outcome::NoDatabase { .. } => None,
        }
    }

    /// The marker, when it belongs to another environment than this one.
    #[must_use]
    pub fn foreign_marker(&self) -> Option<&Marker> {
        let Outcome::Read(reading) = &self.outcome else { return None };
        reading
            .marker
            .as_ref()
            .filter(|marker| marker.environment != self.name || marker.kind.is_some_and(|kind| kind != self.kind))
    }

    /// How this environment alone would end the run: 5 not known, 6 a failed migration, 1 disk and ledger tell different
    /// stories (edited, missing, out of order, a script that cannot be read, another environment's mark), 0 otherwise.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let Some(history) = self.history() else { return ExitCode::Database };
        if history.failed().next().is_some() {
            return ExitCode::FailedMigration;
        }
        let contradicts = |state| matches!(state, State::Edited | State::Missing | State::OutOfOrder);
        let found = history
            .entries
            .iter()
            .any(|entry| contradicts(entry.state) || (entry.would_apply() && entry.script_problem.is_some()));
        if found || self.foreign_marker().is_some() { ExitCode::Findings } else { ExitCode::Done }
    }

    /// The exact next commands, most urgent first.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let Some(history) = self.history() else { return Vec::new() };
        let env = &self.name;
        let has = |state| history.in_state(state).next();
        let mut hints = Vec::new();
        if let Some(failed) = history.failed().next() {
            hints.push(if self.lock().is_some_and(is_held) {
                format!("wait for the deploy that holds the lock, then `cargo prisma-safe status --env {env}` again")
            } else {
                format!("`cargo prisma-safe resolve --env {env}` helps `{}` out of its failure", failed.name)
            });
        }
        if let Some(edited) = has(State::Edited) {
            hints.push(format!(
                "put `{}` back as it was run (version control has it) and write the change as a new migration: `cargo prisma-safe new NAME`",
                edited.name
            ));
        }
        if let Some(missing) = has(State::Missing) {
            hints.push(format!("bring the folder `{}` back from version control", missing.name));
        }
        if let Some(late) = has(State::OutOfOrder) {
            hints.push(format!(
                "`{}` would run after newer ones: where nobody has applied it yet, rename its folder to a time after them",
                late.name
            ));
        }
        if let Some(broken) = history.would_apply().find(|entry| entry.script_problem.is_some()) {
            hints.push(format!(
                "add `migration.sql` to `{}` or remove the folder: deploy stops there (P3015)",
                broken.name
            ));
        }
        if hints.is_empty() && history.would_apply().next().is_some() {
            hints.push(match &self.outcome {
                Outcome::NoDatabase { .. } => {
                    format!("`cargo prisma-safe deploy --env {env} --create-database` makes the database")
                }
                _ => format!("`cargo prisma-safe deploy --env {env} --dry-run` shows what the next deploy would run"),
            });
        }
        hints
    }
}

/// How a run over several environments ends: what is not known outweighs what is known.
#[must_use]
pub fn exit_code(environments: &[EnvironmentStatus]) -> ExitCode {
    let weight = |code: &ExitCode| match code {
        ExitCode::Database => 3,
        ExitCode::FailedMigration => 2,
        ExitCode::Findings => 1,
        _ => 0,
    };
    environments.iter().map(EnvironmentStatus::exit_code).max_by_key(weight).unwrap_or(ExitCode::Done)
}

/// A time for people: UTC, to the second.
#[must_use]
pub fn shown_time(at: Timestamp) -> String {
    jiff::tz::TimeZone::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
