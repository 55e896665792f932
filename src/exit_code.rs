//! The exit codes, as scripts see them. They are API: a number never changes its meaning.
//!
//! To add one: a variant with its number, its sentence in [`ExitCode::meaning`], a row in `docs/exit-codes.md`.

/// How a run ended. Every error type says which one it is (see [`crate::error::Explain`]), so none can be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// Done, and nothing to object to.
    Done = 0,
    /// The tool worked and found something: lint findings at `deny`, a revert that is not proven.
    Findings = 1,
    /// Wrong arguments, settings or project.
    Usage = 2,
    /// The engine guard, the dev test or a gate refused.
    Refused = 3,
    /// Prisma or its schema engine failed, or ended without saying what it did.
    Prisma = 4,
    /// The database could not be reached, or answered with an error.
    Database = 5,
    /// A failed migration waits for `resolve`.
    FailedMigration = 6,
    /// Interrupted, or the question was answered with no.
    Interrupted = 130,
}

impl ExitCode {
    /// Every code, in the order of its number.
    pub const ALL: [ExitCode; 8] = [
        ExitCode::Done,
        ExitCode::Findings,
        ExitCode::Usage,
        ExitCode::Refused,
        ExitCode::Prisma,
        ExitCode::Database,
        ExitCode::FailedMigration,
        ExitCode::Interrupted,
    ];

    /// One sentence for the documentation and `--help`.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            ExitCode::Done => "done",
            ExitCode::Findings => "findings, or a revert that is not proven",
            ExitCode::Usage => "wrong usage, settings or project",
            ExitCode::Refused => "refused by the guard, the dev test or a gate",
            ExitCode::Prisma => "Prisma or its schema engine failed",
            ExitCode::Database => "the database is not reachable or failed",
            ExitCode::FailedMigration => "a failed migration waits for `resolve`",
            ExitCode::Interrupted => "interrupted",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code as u8)
    }
}
