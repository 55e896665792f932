//! What can go wrong with a database, sorted by what the reader has to do next.

use std::time::Duration;

use crate::environment::UrlError;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::shell::count;

/// Why no connection came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// Nothing listens there.
    #[error("the connection was refused")]
    Refused,
    /// No answer in time.
    #[error("no answer within {}", seconds(*.0))]
    Timeout(Duration),
    /// The name does not resolve.
    #[error("the host name does not resolve")]
    UnknownHost,
    /// The unix socket is not there.
    #[error("there is no such socket")]
    NoSocket,
    /// Anything else, in the words of the system or the server.
    #[error("{0}")]
    Other(String),
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        count(usize::try_from(time.as_secs()).unwrap_or(usize::MAX), "second")
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// A database did not do what it was asked. `target` is always the redacted URL, `said` the database's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The server (or the folder) is there, the database is not.
    #[error("there is no database at {target}: {what}")]
    NoSuchDatabase {
        /// Redacted URL.
        target: String,
        /// The name or file that is missing.
        what: String,
    },
    /// No connection.
    #[error("cannot reach {address} (for {target})")]
    Unreachable {
        /// Redacted URL.
        target: String,
        /// `host:port` or the socket's path.
        address: String,
        /// What happened.
        #[source]
        cause: Unreachable,
    },
    /// User or password are wrong, or this user may not connect from here.
    #[error("{target} does not let us in: {said}")]
    Authentication {
        /// Redacted URL.
        target: String,
        /// The server's words.
        said: String,
    },
    /// TLS could not be agreed on.
    #[error("no secure connection to {target}: {said}")]
    Tls {
        /// Redacted URL.
        target: String,
        /// The TLS library's words.
        said: String,
    },
    /// Something is there, and it is no database of this provider.
    #[error("{target} is not a database: {said}")]
    NotADatabase {
        /// Redacted URL.
        target: String,
        /// What it is instead.
        said: String,
    },
    /// Somebody else holds it, or the answer took too long.
    #[error("{target} is busy: {said}")]
    Busy {
        /// Redacted URL.
        target: String,
        /// Who or what holds it.
        said: String,
    },
    /// A crash left an unfinished write behind, which only a writing connection may undo.
    #[error("{target} needs recovery before it can be read: {said}")]
    NeedsRecovery {
        /// Redacted URL.
        target: String,
        /// What was found.
        said: String,
    },
    /// Connected, and not allowed.
    #[error("not allowed to {doing} on {target}: {said}")]
    Permission {
        /// Redacted URL.
        target: String,
        /// What was tried.
        doing: &'static str,
        /// The server's words.
        said: String,
    },
    /// The server takes no writes.
    #[error("{target} is read-only: {said}")]
    ReadOnly {
        /// Redacted URL.
        target: String,
        /// Why it is.
        said: String,
    },
    /// There is no `_prisma_migrations` to write to.
    #[error("{target} has no table `_prisma_migrations` to carry the mark")]
    NoLedger {
        /// Redacted URL.
        target: String,
    },
    /// A row of `_prisma_migrations` that Prisma cannot have written.
    #[error("row {row} of `_prisma_migrations` in {target} cannot be read: {problem}")]
    LedgerRow {
        /// Redacted URL.
        target: String,
        /// The row's id, or its place when it has none.
        row: String,
        /// Column and value.
        problem: String,
    },
    /// The comment would not fit.
    #[error(
        "the mark does not fit: the comment of `_prisma_migrations` would have {length} characters, {limit} are allowed"
    )]
    MarkerTooLong {
        /// Redacted URL.
        target: String,
        /// Characters.
        length: usize,
        /// The database's limit.
        limit: usize,
    },
    /// The database has no table comments.
    #[error("{target} cannot carry a mark: {because}")]
    NoMarker {
        /// Redacted URL.
        target: String,
        /// Why, and what stands in for it.
        because: String,
    },
    /// This build cannot talk to the provider.
    #[error("cannot read {target}: this program has no driver for {provider}")]
    NoDriver {
        /// Redacted URL.
        target: String,
        /// Its name for people.
        provider: &'static str,
    },
    /// A statement failed in a way that has no kind of its own.
    #[error("{target} failed to {doing}: {said}")]
    Query {
        /// Redacted URL.
        target: String,
        /// What was tried.
        doing: &'static str,
        /// The database's error code, where it has one.
        code: Option<String>,
        /// The database's words.
        said: String,
    },
    /// The URL names something that no driver can reach: Prisma's cloud.
    #[error(transparent)]
    Url(UrlError),
    /// The runtime could not be made: the operating system refused.
    #[error("the network could not be set up: {0}")]
    Runtime(String),
}

impl DatabaseError {
    /// Who holds the whole database so that it cannot be read (SQLite), when that is known.
    #[must_use]
    pub fn lock_holder(&self) -> Option<&str> {
        match self {
            DatabaseError::Busy { said, .. } => said.strip_suffix(super::HOLDS),
            _ => None,
        }
    }

    /// Whether the database simply does not exist yet, which is no fault before the first deploy.
    #[must_use]
    pub fn is_no_such_database(&self) -> bool {
        matches!(self, DatabaseError::NoSuchDatabase { .. })
    }
}

impl Explain for DatabaseError {
    fn exit_code(&self) -> ExitCode {
        match self {
            DatabaseError::NoLedger { .. }
            | DatabaseError::NoMarker { .. }
            | DatabaseError::MarkerTooLong { .. }
            | DatabaseError::NoSuchDatabase { .. }
            | DatabaseError::Unreachable { .. }
            | DatabaseError::Authentication { .. }
            | DatabaseError::Tls { .. }
            | DatabaseError::NotADatabase { .. }
            | DatabaseError::Busy { .. }
            | DatabaseError::NeedsRecovery { .. }
            | DatabaseError::Permission { .. }
            | DatabaseError::ReadOnly { .. }
            | DatabaseError::LedgerRow { .. }
            | DatabaseError::NoDriver { .. }
            | DatabaseError::Query { .. }
            | DatabaseError::Runtime(_) => ExitCode::Database,
            DatabaseError::Url(error) => error.exit_code(),
        }
    }

    fn why(&self) -> Option<String> {
        Some(
            match self {
                DatabaseError::NoSuchDatabase { .. } => {
                    "a typo in a URL looks the same as a database that nobody made yet, so nothing was created"
                }
                DatabaseError::Unreachable { .. } => "what has been applied there is not known, so nothing may be decided",
                DatabaseError::Authentication { .. } => {
                    "the server answered, and the user, its password or its right to connect from here was refused"
                }
                DatabaseError::Tls { .. } => {
                    "the URL asks for an encrypted connection; without it a password could be read on the way"
                }
                DatabaseError::NotADatabase { .. } => "the URL points at something else; nothing there was touched",
                DatabaseError::Busy { .. } => "a deploy may be running right now; reading half of it would be a guess",
                DatabaseError::NeedsRecovery { .. } => {
                    "a process died while it wrote; what is in the file right now is neither before nor after"
                }
                DatabaseError::Permission { .. } => "the connection works, the user's rights do not reach",
                DatabaseError::ReadOnly { .. } => "a replica or a read-only server takes its changes from elsewhere",
                DatabaseError::NoLedger { .. } => {
                    "the mark is a comment on that table, and Prisma makes the table in the first deploy"
                }
                DatabaseError::LedgerRow { .. } => {
                    "Prisma did not write this; a history with a hole in it would say pending where something ran"
                }
                DatabaseError::MarkerTooLong { .. } => {
                    "the comment holds other text too, and that text is not ours to cut"
                }
                DatabaseError::NoMarker { .. } => "SQLite has no comments on tables, and a table of our own would be drift in Prisma's eyes",
                DatabaseError::NoDriver { .. } => {
                    "its ledger, locks and marks cannot be read, so `status` and the gates that read the database answer nothing there"
                }
                DatabaseError::Query { .. } => "what the database holds is not known, so nothing may be decided",
                DatabaseError::Url(error) => return error.why(),
                DatabaseError::Runtime(_) => return None,
            }
            .to_owned(),
        )
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            DatabaseError::NoSuchDatabase { .. } => {
                "check the name in the URL; the first `cargo prisma-safe deploy --create-database` makes it"
            }
            DatabaseError::Unreachable { cause, .. } => match cause {
                Unreachable::Refused => "check that the server runs and that the port is right",
                Unreachable::Timeout(_) => {
                    "check firewall, VPN and tunnel; `connect_timeout=30` in the URL waits longer"
                }
                Unreachable::UnknownHost => "check the spelling of the host and whether you are on the right network",
                Unreachable::NoSocket => "check that the server runs and where it keeps its socket",
                Unreachable::Other(_) => "check that the server runs and can be reached from here",
            },
            DatabaseError::Authentication { .. } => {
                "check user and password in the URL; characters such as `@`, `/` and `#` must be percent-encoded there"
            }
            DatabaseError::Tls { .. } => {
                "check `sslmode`, `sslaccept` and `sslcert` in the URL against what the server offers"
            }
            DatabaseError::NotADatabase { .. } => "check the URL with `cargo prisma-safe env show`",
            DatabaseError::Busy { .. } => "wait until the other process is done, then run the same command again",
            DatabaseError::NeedsRecovery { .. } => {
                "open it once with a program that may write, for instance `sqlite3 FILE 'PRAGMA quick_check'`, then run this again"
            }
            DatabaseError::Permission { .. } => {
                "use the user that runs the migrations, or grant this one SELECT on `_prisma_migrations`"
            }
            DatabaseError::ReadOnly { .. } => "point the environment at the primary",
            DatabaseError::NoLedger { .. } => "deploy first: the first gated deploy sets the mark by itself",
            DatabaseError::LedgerRow { .. } => "look at the row in `_prisma_migrations` and correct it by hand",
            DatabaseError::MarkerTooLong { .. } => "shorten the comment on `_prisma_migrations` by hand",
            DatabaseError::NoMarker { .. } => "nothing to do: the file's real path is its identity",
            DatabaseError::NoDriver { .. } => {
                "`lint`, `new`, the guard and `run -- migrate status` work without reading the database"
            }
            DatabaseError::Query { .. } => "run the command again with `--verbose` to see what was asked",
            DatabaseError::Url(error) => return error.hints(),
            DatabaseError::Runtime(_) => "check the limits of this process (`ulimit -n`)",
        };
        vec![hint.to_owned()]
    }
}
