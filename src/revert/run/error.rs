//! Why a migration is not taken back, or how taking it back ended badly.

use std::path::PathBuf;

use super::execute::{Cause, Stop};
use super::script::Piece;
use crate::deploy::gates::Verdict;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::shell::count;

/// A revert was refused, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RevertError {
    /// A name that neither disk nor ledger has.
    #[error("no migration is called `{name}`, on disk or in `{environment}`")]
    Unknown {
        /// As typed.
        name: String,
        /// The nearest one that exists.
        nearest: Option<String>,
        /// Where.
        environment: String,
    },
    /// A name that several migrations have.
    #[error("`{name}` may be any of {}", candidates.join(", "))]
    Several {
        /// As typed.
        name: String,
        /// All that fit.
        candidates: Vec<String>,
    },
    /// There is nothing to take back.
    #[error("`{name}` is not applied in `{environment}`: it is {state}")]
    NotApplied {
        /// Which.
        name: String,
        /// What it is instead.
        state: &'static str,
        /// Where.
        environment: String,
    },
    /// Others came after it.
    #[error("`{name}` is not the newest migration in `{environment}`: {} after it, `{newest}` the last", came(*after))]
    NotNewest {
        /// Which.
        name: String,
        /// The newest.
        newest: String,
        /// How many are newer.
        after: usize,
        /// Where.
        environment: String,
    },
    /// Names and times disagree.
    #[error("`{later}` ran in `{environment}` after `{name}`, although it sorts before it")]
    OutOfOrder {
        /// Which.
        name: String,
        /// The one that ran after it.
        later: String,
        /// Where.
        environment: String,
    },
    /// A failed migration comes first.
    #[error("`{name}` has failed in `{environment}`")]
    FailedMigration {
        /// The failed one.
        name: String,
        /// Where.
        environment: String,
    },
    /// Applied and not on disk.
    #[error("`{name}` is applied in `{environment}` and not on disk")]
    NotOnDisk {
        /// Which.
        name: String,
        /// Where.
        environment: String,
    },
    /// Applied as something else.
    #[error("`{name}` was edited since it ran in `{environment}`")]
    Edited {
        /// Which.
        name: String,
        /// Where.
        environment: String,
    },
    /// What it stands on is not what is on disk.
    #[error("`{other}`, before `{name}`, is {state} in `{environment}`")]
    Differs {
        /// Which.
        name: String,
        /// The earlier one.
        other: String,
        /// What it is.
        state: &'static str,
        /// Where.
        environment: String,
    },
    /// More than one row holds.
    #[error("the ledger of `{environment}` has several rows for `{name}` that hold")]
    SeveralRows {
        /// Which.
        name: String,
        /// Where.
        environment: String,
    },
    /// No script.
    #[error("`{name}` has no revert script")]
    NoScript {
        /// Which.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// A script that nobody wrote.
    #[error("the revert script of `{name}` is not written yet: `{}`", path.display())]
    NotWritten {
        /// Which.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// A script that cannot be read.
    #[error("cannot read `{}`: {said}", path.display())]
    Unreadable {
        /// Its file.
        path: PathBuf,
        /// Why.
        said: String,
    },
    /// Not proven, or not on such a server.
    #[error("the revert of `{name}` is not proven: {because}")]
    Unproven {
        /// Which.
        name: String,
        /// What is missing.
        because: String,
    },
    /// The proof says that data stays lost.
    #[error("the revert of `{name}` brings back the schema only; what the migration destroyed stays lost: {}", lost.join(", "))]
    SchemaOnly {
        /// Which.
        name: String,
        /// What.
        lost: Vec<String>,
    },
    /// Gates.
    #[error("{} blocked the revert in `{environment}`: {}", count(blocked.len(), "gate"), blocked.iter().map(|verdict| verdict.gate).collect::<Vec<_>>().join(", "))]
    Blocked {
        /// Where.
        environment: String,
        /// The verdicts that block.
        blocked: Vec<Verdict>,
    },
    /// Another plan than the one that was looked at.
    #[error("the plan of this revert in `{environment}` is not the one that was named")]
    OtherPlan {
        /// Where.
        environment: String,
        /// What it is now.
        now: String,
    },
    /// An agent decides nothing here.
    #[error("started by {agent}, and `{environment}` is not dev: a plan is needed that somebody has looked at")]
    Agent {
        /// Who started us.
        agent: &'static str,
        /// Where.
        environment: String,
    },
    /// `--continue-at` where there is nothing to continue.
    #[error("`--continue-at {at}` does not fit: {because}")]
    CannotContinue {
        /// As given.
        at: usize,
        /// Why.
        because: String,
    },
    /// It did not come to its end.
    #[error("the revert of `{name}` in `{environment}` {}", how(stop))]
    Stopped {
        /// Which.
        name: String,
        /// Where.
        environment: String,
        /// How far it came.
        stop: Box<Stop>,
        /// What the ledger says now; `None`: it could not be read.
        still_applied: Option<bool>,
        /// Those that were taken back before it.
        reverted: Vec<String>,
    },
    /// The script ran and the ledger shows something else.
    #[error("the script of `{name}` ran, and the ledger of `{environment}` does not show it")]
    LedgerDisagrees {
        /// Which.
        name: String,
        /// Where.
        environment: String,
    },
}

fn came(after: usize) -> String {
    if after == 1 { "1 came".to_owned() } else { format!("{after} came") }
}

fn place(piece: &Piece) -> String {
    format!("at statement {} (line {})", piece.number, piece.line)
}

fn how(stop: &Stop) -> String {
    let at = stop.at.as_ref().map_or_else(String::new, |piece| format!(" {}", place(piece)));
    match &stop.cause {
        Cause::Database(error) => format!("stopped{at}: {error}"),
        Cause::User => format!("was interrupted{at}"),
        Cause::NotRestored(problems) => format!("did not do what its script says: {}", problems.join("; ")),
        Cause::LedgerChanged(0) => "found its row in the ledger changed by somebody else".to_owned(),
        Cause::LedgerChanged(rows) => format!(
            "found {} in the ledger where one belongs",
            count(usize::try_from(*rows).unwrap_or(usize::MAX), "row")
        ),
    }
}

/// `1 to 3, 5`.
fn numbers(pieces: &[Piece]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while let Some(first) = pieces.get(at) {
        let mut last = first;
        while let Some(next) = pieces.get(at + 1).filter(|next| next.number == last.number + 1) {
            last = next;
            at += 1;
        }
        at += 1;
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&first.number.to_string());
        if last.number > first.number {
            text.push_str(&format!(" to {}", last.number));
        }
    }
    text
}

/// What is true after a stop.
fn state_after(name: &str, environment: &str, stop: &Stop, still_applied: Option<bool>, reverted: &[String]) -> String {
    let mut text = match (still_applied, stop.stays.is_empty()) {
        (Some(true), true) => {
            format!("nothing of it stays: the database is as it was, and `{name}` is still applied in `{environment}`")
        }
        (Some(true), false) => {
            let several = if stop.stays.len() == 1 { "statement" } else { "statements" };
            format!(
                "{several} {} of its script are done and stay, and the ledger still shows `{name}` as applied",
                numbers(&stop.stays)
            )
        }
        (Some(false), _) => format!(
            "the ledger shows `{name}` as rolled back all the same: its script was made last before the connection broke"
        ),
        (None, _) => format!("the ledger of `{environment}` could not be read afterwards: what holds is not known"),
    };
    if !reverted.is_empty() {
        text.push_str(&format!("; taken back before it, and staying so: {}", reverted.join(", ")));
    }
    text
}

impl Explain for RevertError {
    fn exit_code(&self) -> ExitCode {
        match self {
            RevertError::Unknown { .. }
            | RevertError::Several { .. }
            | RevertError::NotApplied { .. }
            | RevertError::NotNewest { .. }
            | RevertError::CannotContinue { .. }
            | RevertError::Unreadable { .. } => ExitCode::Usage,
            RevertError::OutOfOrder { .. }
            | RevertError::NotOnDisk { .. }
            | RevertError::Edited { .. }
            | RevertError::Differs { .. }
            | RevertError::SeveralRows { .. }
            | RevertError::NoScript { .. }
            | RevertError::NotWritten { .. }
            | RevertError::Unproven { .. }
            | RevertError::SchemaOnly { .. } => ExitCode::Findings,
            RevertError::Blocked { .. } | RevertError::OtherPlan { .. } | RevertError::Agent { .. } => {
                ExitCode::Refused
            }
            RevertError::FailedMigration { .. } => ExitCode::FailedMigration,
            RevertError::Stopped { stop, .. } if stop.cause == Cause::User => ExitCode::Interrupted,
            RevertError::Stopped { .. } | RevertError::LedgerDisagrees { .. } => ExitCode::Database,
        }
    }

    fn why(&self) -> Option<String> {
        let untouched = "nothing was run, the database is as it was";
        Some(match self {
            RevertError::Unknown { .. } | RevertError::Several { .. } | RevertError::CannotContinue { .. } => {
                return None;
            }
            RevertError::NotApplied { .. } => "there is nothing of it to take back".to_owned(),
            RevertError::NotNewest { .. } => {
                "what came after it may stand on what it made; its script was never tried with those there".to_owned()
            }
            RevertError::OutOfOrder { .. } => {
                "the two were proven in the order of their names; nobody has tried them the other way round".to_owned()
            }
            RevertError::FailedMigration { .. } => {
                "what a failed migration has left behind is not known; its script was never tried on that".to_owned()
            }
            RevertError::NotOnDisk { .. } => "its revert script is not here either".to_owned(),
            RevertError::Edited { .. } => {
                "the script on disk undoes another migration than the one that ran".to_owned()
            }
            RevertError::Differs { .. } => {
                "a proof rests on every earlier migration as it is on disk; this database holds something else"
                    .to_owned()
            }
            RevertError::SeveralRows { .. } => {
                "Prisma never writes that; which of them to mark would be a guess".to_owned()
            }
            RevertError::NoScript { .. } | RevertError::NotWritten { .. } | RevertError::Unreadable { .. } => {
                untouched.to_owned()
            }
            RevertError::Unproven { .. } => {
                format!("a script that was never run as it is, on such a server, is no way back; {untouched}")
            }
            RevertError::SchemaOnly { .. } => format!("the proof says so; {untouched}"),
            RevertError::Blocked { .. } => untouched.to_owned(),
            RevertError::OtherPlan { now, .. } => {
                format!("something that it rests on has changed since: the plan is now {now}; {untouched}")
            }
            RevertError::Agent { .. } => format!("what is lost here is for a person to decide; {untouched}"),
            RevertError::Stopped { name, environment, stop, still_applied, reverted } => {
                state_after(name, environment, stop, *still_applied, reverted)
            }
            RevertError::LedgerDisagrees { .. } => {
                "what the schema is and what the ledger says are two things now; deploy nothing until they agree"
                    .to_owned()
            }
        })
    }

    fn hints(&self) -> Vec<String> {
        let forward = |name: &str| {
            format!(
                "go forward instead: `cargo prisma-safe new --undo-of {name}` writes a new migration that takes it back"
            )
        };
        match self {
            RevertError::Unknown { name: _, nearest, environment } => match nearest {
                Some(nearest) => vec![format!("perhaps: `cargo prisma-safe revert {nearest} --env {environment}`")],
                None => vec![format!("`cargo prisma-safe status --env {environment}` lists the migrations")],
            },
            RevertError::Several { candidates, .. } => {
                candidates.iter().map(|name| format!("`cargo prisma-safe revert {name}`")).collect()
            }
            RevertError::NotApplied { environment, .. }
            | RevertError::LedgerDisagrees { environment, .. }
            | RevertError::SeveralRows { environment, .. } => {
                vec![format!("`cargo prisma-safe status --env {environment}` shows what is there")]
            }
            RevertError::NotNewest { name, environment, .. } => vec![
                forward(name),
                format!(
                    "or take all of them back, newest first: `cargo prisma-safe revert --through {name} --env {environment}`"
                ),
            ],
            RevertError::OutOfOrder { name, .. } | RevertError::Differs { name, .. } => vec![forward(name)],
            RevertError::FailedMigration { environment, .. } => {
                vec![format!("resolve it first: `cargo prisma-safe resolve --env {environment}`")]
            }
            RevertError::NotOnDisk { name, .. } => {
                vec![format!("bring this checkout to the commit that holds `{name}`")]
            }
            RevertError::Edited { name, .. } => {
                vec![format!(
                    "bring `{name}` back as it ran, from version control; what has to change goes into a new migration"
                )]
            }
            RevertError::NoScript { name, path } | RevertError::NotWritten { name, path } => {
                vec![format!("write `{}`, then: `cargo prisma-safe verify {name}`", path.display())]
            }
            RevertError::Unreadable { path, .. } => vec![format!("check `{}`", path.display())],
            RevertError::Unproven { name, .. } => {
                vec![format!("prove it on a server of that version: `cargo prisma-safe verify {name}`"), forward(name)]
            }
            RevertError::SchemaOnly { name, .. } => {
                vec!["if the schema alone is what you need, say so: add `--schema-only`".to_owned(), forward(name)]
            }
            RevertError::Blocked { blocked, .. } => blocked.iter().filter_map(|verdict| verdict.hint.clone()).collect(),
            RevertError::OtherPlan { .. } => {
                vec!["look at it again with `--dry-run`, and name the plan that it shows".to_owned()]
            }
            RevertError::Agent { .. } => {
                vec!["show a person what `--dry-run` says; with their consent go on with `--plan` and the hash that it shows".to_owned()]
            }
            RevertError::CannotContinue { .. } => vec!["leave `--continue-at` away".to_owned()],
            RevertError::Stopped { name, environment, stop, still_applied, .. } => {
                after_stop(name, environment, stop, *still_applied)
            }
        }
    }
}

fn after_stop(name: &str, environment: &str, stop: &Stop, still_applied: Option<bool>) -> Vec<String> {
    let look = format!("`cargo prisma-safe status --env {environment}` shows what is there");
    if still_applied != Some(true) {
        return vec![look];
    }
    let again = format!("cargo prisma-safe revert {name} --env {environment}");
    if stop.stays.is_empty() {
        return vec![format!("when the cause is mended, the same again: `{again}`")];
    }
    // A transaction of the script's own that was open begins anew.
    let last = stop.stays.last().map_or(0, |piece| piece.number);
    vec![
        format!("mend the cause, then let it go on where it stopped: `{again} --continue-at {}`", last + 1),
        format!("or bring back by hand what statements {} took away, and leave `{name}` applied", numbers(&stop.stays)),
    ]
}
