//! Why a way out was not taken.

use std::io;
use std::path::PathBuf;

use crate::database::DatabaseError;
use crate::error::Explain;
use crate::exit_code::ExitCode;

/// A failed migration was not resolved, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Somebody holds Prisma's lock.
    #[error("P1002: Prisma's migration lock in `{environment}` is held by {by}{}", since.as_ref().map_or_else(String::new, |at| format!(", connected since {at}")))]
    Running {
        /// Where.
        environment: String,
        /// Who, as the database names it.
        by: String,
        /// Since when.
        since: Option<String>,
        /// What ends that session, where the number of its process is known.
        ends_it: Option<String>,
    },
    /// The catalogue says otherwise.
    #[error("`{name}` is not wholly in `{environment}`: {missing}")]
    NotAllThere {
        /// The migration.
        name: String,
        /// Where.
        environment: String,
        /// The first statement that is not done.
        missing: String,
        /// A part of it is there.
        partly: bool,
    },
    /// A way that is not true here.
    #[error("`{flag}` is no way out for `{name}` in `{environment}`: {because}")]
    NotTrue {
        /// The flag.
        flag: &'static str,
        /// The migration.
        name: String,
        /// Where.
        environment: String,
        /// Why not.
        because: String,
        /// The commands that are.
        instead: Vec<String>,
    },
    /// The script is written and waits for a reader.
    #[error("`{}` is written and not run yet", file.display())]
    ToBeRead {
        /// The script.
        file: PathBuf,
        /// The command that runs it.
        command: String,
        /// Lines in it wait for a decision.
        undecided: bool,
    },
    /// The script was written for another state of things.
    #[error("`{}` was written for another state of the migration or the database", file.display())]
    Stale {
        /// The script.
        file: PathBuf,
    },
    /// The script cannot be written or read.
    #[error("`{}` cannot be {doing}", file.display())]
    File {
        /// The script.
        file: PathBuf,
        /// `written` or `read`.
        doing: &'static str,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The script itself failed.
    #[error("the script stopped {}", place)]
    Stopped {
        /// At which of its statements.
        place: String,
        /// Everything of it was taken back.
        all_undone: bool,
        /// The command that looks again.
        again: String,
        /// What the database said.
        #[source]
        cause: Box<DatabaseError>,
    },
    /// The script ran, and the catalogue does not show what it should.
    #[error("the script ran, and {what}")]
    NotReached {
        /// What is still otherwise.
        what: String,
        /// The command that looks again.
        again: String,
    },
    /// The database's tables are not those of the migrations.
    #[error("the database of `{environment}` is not what any of its migrations leaves behind")]
    OtherSchema {
        /// Where.
        environment: String,
        /// The migration after which it is nearest.
        nearest: String,
        /// What differs there.
        differences: Vec<String>,
    },
    /// There is nothing to compare or to mark.
    #[error("nothing to baseline in `{environment}`: {because}")]
    NoBaseline {
        /// Where.
        environment: String,
        /// Why.
        because: String,
    },
}

impl Explain for RecoveryError {
    fn exit_code(&self) -> ExitCode {
        match self {
            RecoveryError::NotTrue { .. } | RecoveryError::NoBaseline { .. } | RecoveryError::File { .. } => {
                ExitCode::Usage
            }
            RecoveryError::Running { .. } | RecoveryError::NotAllThere { .. } | RecoveryError::OtherSchema { .. } => {
                ExitCode::Refused
            }
            RecoveryError::ToBeRead { .. } | RecoveryError::Stale { .. } | RecoveryError::NotReached { .. } => {
                ExitCode::FailedMigration
            }
            RecoveryError::Stopped { .. } => ExitCode::Database,
        }
    }

    fn why(&self) -> Option<String> {
        Some(match self {
            RecoveryError::Running { .. } => "a migration that runs right now looks like one that failed; what is read while it does is old in a moment. A session behind a pooler can hold the lock for ever".to_owned(),
            RecoveryError::NotAllThere { .. } => "marked as applied, the missing part would never run here, and nobody would know".to_owned(),
            RecoveryError::NotTrue { .. } => "it would fail again, or leave a history that is not true; nothing was changed".to_owned(),
            RecoveryError::ToBeRead { undecided: true, .. } => "some of its statements wait for a decision, below `-- DECIDE`: the one that failed, or one of which nobody can tell whether it ran".to_owned(),
            RecoveryError::ToBeRead { .. } => "it was put together by a program: nothing of it runs on this database before somebody has read it".to_owned(),
            RecoveryError::Stale { .. } => "what it would do is no longer what is needed; nothing was run".to_owned(),
            RecoveryError::File { .. } => "nothing was run".to_owned(),
            RecoveryError::Stopped { all_undone: true, .. } => "it ran in one transaction, which was taken back: the database is as it was before the script".to_owned(),
            RecoveryError::Stopped { .. } => "what stood before that statement in the script stays done; nothing was marked".to_owned(),
            RecoveryError::NotReached { .. } => "nothing was marked, so the migration still waits".to_owned(),
            RecoveryError::OtherSchema { nearest, .. } => format!("it is nearest to the state after `{nearest}`, with what is listed above in between; nothing was marked"),
            RecoveryError::NoBaseline { .. } => return None,
        })
    }

    fn hints(&self) -> Vec<String> {
        match self {
            RecoveryError::Running { environment, ends_it, .. } => {
                let wait = format!("wait for it, then look: `cargo prisma-safe resolve --env {environment}`");
                let end = ends_it.as_ref().map(|sql| format!("if that session is forgotten, end it in the database: `{sql}`"));
                std::iter::once(wait).chain(end).collect()
            }
            RecoveryError::NotAllThere { name, environment, partly, .. } => {
                let way = if *partly { "--finish" } else { "--rolled-back" };
                vec![
                    format!("`cargo prisma-safe resolve --env {environment} {way} {name}`"),
                    format!("if you know better than the catalogue: `cargo prisma-safe resolve --env {environment} --applied {name} --unchecked`"),
                ]
            }
            RecoveryError::NotTrue { instead, .. } => instead.iter().map(|command| format!("`{command}`")).collect(),
            RecoveryError::ToBeRead { file, command, undecided } => {
                let file = file.display();
                let decide = undecided.then(|| format!("decide in `{file}`: take a statement in by removing its `-- `, or leave it out; then remove the line `-- DECIDE`"));
                let run = format!("read `{file}`, then: `{command}`");
                decide.into_iter().chain([run]).collect()
            }
            RecoveryError::Stale { file } => vec![format!("delete `{}` and run the same command again: it writes a new one", file.display())],
            RecoveryError::File { file, .. } => vec![format!("check the rights of `{}` and the space on its disk", file.display())],
            RecoveryError::Stopped { again, .. } | RecoveryError::NotReached { again, .. } => {
                vec![format!("see what is true now: `{again}`")]
            }
            RecoveryError::OtherSchema { environment, .. } => vec![
                "write a migration for what the migrations lack, or bring the database to what they say; then run the same command again".to_owned(),
                format!("if this is not the database that you meant: `cargo prisma-safe env show {environment}`"),
            ],
            RecoveryError::NoBaseline { environment, .. } => vec![format!("`cargo prisma-safe status --env {environment}` shows what is there")],
        }
    }
}
