//! What came of each database, and of all of them together.

use jiff::Timestamp;
use serde::Serialize;

use crate::deploy::Applied;
use crate::deploy::gates::Verdict;
use crate::deploy::receipt::Who;
use crate::error::Error;
use crate::exit_code::ExitCode;

/// What came of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its migrations are applied, by its ledger.
    Applied,
    /// Nothing was pending.
    NothingPending,
    /// It would be deployed: a dry run.
    Ready,
    /// A gate blocks; nothing was run there.
    Blocked,
    /// It cannot be looked at; nothing was run there.
    Unreachable,
    /// Its deploy failed.
    Failed,
    /// Others had failed before its turn.
    NotBegun,
}

impl Outcome {
    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Outcome::Applied => "applied",
            Outcome::NothingPending => "nothing pending",
            Outcome::Ready => "ready",
            Outcome::Blocked => "blocked",
            Outcome::Unreachable => "unreachable",
            Outcome::Failed => "failed",
            Outcome::NotBegun => "not begun",
        }
    }
}

/// An error as a record keeps it: nothing of it is a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// One line.
    pub message: String,
    /// The exit code that it would end a deploy to this database alone with.
    pub exit_code: u8,
    /// The next commands.
    pub hints: Vec<String>,
    /// The whole report, for people.
    #[serde(skip)]
    pub report: String,
    #[serde(skip)]
    pub(super) exit: ExitCode,
}

impl From<&Error> for Said {
    fn from(error: &Error) -> Self {
        let exit = error.exit_code();
        Said { message: error.causes(), exit_code: exit as u8, hints: error.hints(), report: error.report(), exit }
    }
}

/// What came of one database.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Its name among the others.
    pub name: String,
    /// What other commands know it by: `--env fleet/acme`.
    pub environment: String,
    /// The redacted URL.
    pub target: String,
    /// How many migrations were applied before.
    pub before: Option<usize>,
    /// What was pending.
    pub pending: Vec<String>,
    /// What its gates said.
    pub verdicts: Vec<Verdict>,
    /// What came of it.
    pub result: Outcome,
    /// What this deploy applied, by its ledger.
    pub applied: Vec<Applied>,
    /// Its own receipt.
    pub receipt: Option<String>,
    /// Why it is not done.
    pub error: Option<Said>,
    /// How long its deploy took.
    pub seconds: f64,
}

/// How many ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Deployed now.
    pub applied: usize,
    /// Nothing was pending there.
    pub nothing_pending: usize,
    /// Would be deployed.
    pub ready: usize,
    /// Blocked by a gate.
    pub blocked: usize,
    /// Not to be looked at.
    pub unreachable: usize,
    /// Failed.
    pub failed: usize,
    /// Not begun.
    pub not_begun: usize,
}

impl Counts {
    /// Of these.
    #[must_use]
    pub fn of(records: &[Record]) -> Self {
        let mut counts = Counts::default();
        for record in records {
            *match record.result {
                Outcome::Applied => &mut counts.applied,
                Outcome::NothingPending => &mut counts.nothing_pending,
                Outcome::Ready => &mut counts.ready,
                Outcome::Blocked => &mut counts.blocked,
                Outcome::Unreachable => &mut counts.unreachable,
                Outcome::Failed => &mut counts.failed,
                Outcome::NotBegun => &mut counts.not_begun,
            } += 1;
        }
        counts
    }

    /// Those that count towards `max-failures`.
    #[must_use]
    pub const fn bad(&self) -> usize {
        self.blocked + self.unreachable + self.failed
    }

    /// All of them.
    #[must_use]
    pub const fn all(&self) -> usize {
        self.applied + self.nothing_pending + self.ready + self.bad() + self.not_begun
    }
}

/// The exit code for all: a failed migration outweighs a failed Prisma, that a database, that a refusal.
#[must_use]
pub fn worst(records: &[Record]) -> ExitCode {
    let weight = |exit: &ExitCode| match exit {
        ExitCode::Interrupted => 6,
        ExitCode::FailedMigration => 5,
        ExitCode::Prisma => 4,
        ExitCode::Database => 3,
        ExitCode::Refused => 2,
        ExitCode::Usage => 1,
        ExitCode::Findings | ExitCode::Done => 0,
    };
    let errors = records.iter().filter_map(|record| record.error.as_ref());
    errors.map(|said| said.exit).max_by_key(weight).unwrap_or(ExitCode::Refused)
}

/// All of them, as JSON document and as receipt.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    /// 1.
    pub schema_version: u32,
    /// The environment's name.
    pub environment: &'a str,
    /// Version of this tool.
    pub prisma_safe: &'static str,
    /// Who ran it.
    pub by: Who,
    /// When it began, the look at all of them included.
    pub started_at: Timestamp,
    /// When the last one had ended.
    pub finished_at: Timestamp,
    /// Hash of everything that all of them rest on.
    pub plan: &'a str,
    /// Nothing was run.
    pub dry_run: bool,
    /// How many ended how.
    pub counts: Counts,
    /// Each of them, in the order of the list.
    pub tenants: &'a [Record],
    /// Where this summary is kept.
    pub receipt: Option<&'a str>,
}
