//! What a rule sees.

use std::time::Duration;

use jiff::civil::Date;

use crate::environment::EnvironmentKind;
use crate::project::Provider;
use crate::sql::ServerVersion;
use crate::sql::analysis::{Judgement, PrismaVersion};
use crate::sql::history_state::{Context, State};
use crate::sql::model::{Action, Operation, Script, Statement};

/// What is known beside the SQL. What is not known is `None`, and rules then judge for the newest supported version and say so.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The database.
    pub provider: Provider,
    /// The server that the migrations are meant for: from the settings or from a target that was reached.
    pub server: Option<ServerVersion>,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
    /// The kind of environment that is judged for; `None`: no environment was named, held to production's standard.
    pub kind: Option<EnvironmentKind>,
    /// Today, for directives that expire.
    pub today: Date,
    /// How long a deploy through this tool waits for a lock: the engine guard sets it for the session (PostgreSQL), or the deploy ends the
    /// wait from beside it (MySQL). `None`: nothing limits it.
    pub lock_timeout: Option<LockLimit>,
}

/// A limit for waits that a deploy sets by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockLimit {
    /// How long.
    pub time: Duration,
    /// Who says so, for people: `the default`, `set in prisma-safe.toml:4`.
    pub origin: String,
}

impl Facts {
    /// The server is known to be older than this.
    #[must_use]
    pub fn server_before(&self, major: u16, minor: u16, patch: u16) -> bool {
        self.server.is_some_and(|server| !server.at_least(major, minor, patch))
    }

    /// Prisma is known to be at least this version (an unknown minor counts as the newest of its major).
    #[must_use]
    pub fn prisma_at_least(&self, major: u16, minor: u16) -> bool {
        self.prisma.is_none_or(|prisma| (prisma.major, prisma.minor.unwrap_or(u16::MAX)) >= (major, minor))
    }
}

/// What is known of a migration's revert script.
#[derive(Debug, Clone, Copy)]
pub enum RevertView<'a> {
    /// It was not looked for: SQL from standard input, a lone file.
    NotLooked,
    /// There is none.
    Missing,
    /// There is one.
    Present(&'a Script),
    /// There is one that cannot be read as text.
    Unreadable,
}

/// One migration as a whole.
#[derive(Clone, Copy)]
pub struct MigrationView<'a> {
    /// What is known beside the SQL.
    pub facts: &'a Facts,
    /// Folder name, or the file's name.
    pub name: &'a str,
    /// Its statements.
    pub script: &'a Script,
    /// The history with it. For what was before it, check its statements: each sees the state just before it.
    pub state: &'a State,
    /// Phase, destruction, what is left after a failure.
    pub judgement: &'a Judgement,
    /// Its revert script.
    pub revert: RevertView<'a>,
    /// Names of the migrations before it, in order.
    pub earlier: &'a [String],
    /// The scripts before it that are pending too, in order: what the same deploy runs first.
    pub pending_before: &'a [(String, Script)],
}

/// The whole history, after its last migration: for what was begun somewhere and never finished.
#[derive(Clone, Copy)]
pub struct HistoryView<'a> {
    /// What is known beside the SQL.
    pub facts: &'a Facts,
    /// The history with all migrations.
    pub state: &'a State,
}

/// One statement with what came before it.
#[derive(Clone, Copy)]
pub struct StatementView<'a> {
    /// What is known beside the SQL.
    pub facts: &'a Facts,
    /// Folder name of the migration.
    pub migration: &'a str,
    /// The statement, its file, and the state just before it.
    pub context: Context<'a>,
    /// Phase, destruction, what is left after a failure, of the whole migration.
    pub judgement: &'a Judgement,
    /// The scripts before this one that are pending too, in order: what the same deploy runs first.
    pub pending_before: &'a [(String, Script)],
}

/// One operation with what came before its statement.
#[derive(Clone, Copy)]
pub struct OperationView<'a> {
    /// Its statement.
    pub statement: StatementView<'a>,
    /// The operation.
    pub operation: &'a Operation,
}

impl<'a> StatementView<'a> {
    /// The file.
    #[must_use]
    pub fn script(&self) -> &'a Script {
        self.context.script
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &'a Statement {
        self.context.statement
    }
}

impl<'a> OperationView<'a> {
    /// What it does.
    #[must_use]
    pub fn action(&self) -> &'a Action {
        &self.operation.action
    }

    /// The state just before its statement.
    #[must_use]
    pub fn context(&self) -> Context<'a> {
        self.statement.context
    }

    /// What is known beside the SQL.
    #[must_use]
    pub fn facts(&self) -> &'a Facts {
        self.statement.facts
    }
}
