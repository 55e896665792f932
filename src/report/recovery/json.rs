//! `resolve --format json`: everything that the text for people says.

use jiff::Timestamp;
use serde::Serialize;

use crate::database::LockState;
use crate::deploy::recovery::{Atomic, Diagnosis, Query, Seen, Way};

/// The version of this document. It grows when a field changes its meaning or goes away, not when one is added.
const SCHEMA_VERSION: u32 = 1;

/// What a run of `resolve` knows at its end.
pub struct Told<'a> {
    /// The environment.
    pub environment: &'a str,
    /// Who holds Prisma's lock.
    pub lock: &'a LockState,
    /// What still waits, each with its ways out.
    pub failed: &'a [(Diagnosis, Vec<Way>)],
    /// The ledger's own texts, in the same order.
    pub logs: &'a [Option<String>],
    /// What was marked: name and `applied` or `rolled_back`.
    pub resolved: Option<(&'a str, &'static str)>,
    /// The script that was written or run.
    pub script: Option<(String, bool)>,
    /// What a baseline found.
    pub baseline: Option<BaselineTold<'a>>,
}

/// What a baseline found.
#[derive(Debug, Serialize)]
pub struct BaselineTold<'a> {
    /// What the database contains.
    pub contained: &'a [String],
    /// What changes rows only, so that nobody can tell.
    pub rows_only: &'a [String],
    /// What was marked as applied.
    pub marked: &'a [String],
    /// The migration after which the database is nearest, when it is that of none.
    pub nearest: Option<&'a str>,
    /// What differs there.
    pub differences: &'a [String],
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    environment: &'a str,
    lock: Lock<'a>,
    failed: Vec<Failed<'a>>,
    resolved: Option<Resolved<'a>>,
    script: Option<Script>,
    baseline: Option<BaselineTold<'a>>,
}

#[derive(Serialize)]
struct Lock<'a> {
    held: Option<bool>,
    by: Option<&'a str>,
    since: Option<Timestamp>,
}

#[derive(Serialize)]
struct Failed<'a> {
    name: &'a str,
    started_at: Option<Timestamp>,
    logs: Option<&'a str>,
    edited: bool,
    error: Option<Error<'a>>,
    atomic: Option<bool>,
    atomic_because: &'a str,
    causes: &'a [String],
    leftovers: &'a [String],
    statements: Vec<Statement<'a>>,
    unreadable: Option<&'a str>,
    ways: &'a [Way],
}

#[derive(Serialize)]
struct Error<'a> {
    code: Option<&'a str>,
    message: &'a str,
    passing: bool,
    /// From 1, as everywhere below.
    statement: Option<usize>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct Statement<'a> {
    statement: usize,
    line: usize,
    text: &'a str,
    seen: Seen,
    because: &'a str,
    ran: Option<bool>,
    done: Option<bool>,
    query: Option<&'a Query>,
}

#[derive(Serialize)]
struct Resolved<'a> {
    name: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct Script {
    path: String,
    ran: bool,
}

/// The document.
#[must_use]
pub fn document<'a>(told: Told<'a>) -> impl Serialize + 'a {
    let lock = match told.lock {
        LockState::Free => Lock { held: Some(false), by: None, since: None },
        LockState::Held { by, since } => Lock { held: Some(true), by: Some(by), since: *since },
        LockState::Unknown(_) => Lock { held: None, by: None, since: None },
    };
    let logs = told.logs.iter().map(Option::as_deref).chain(std::iter::repeat(None));
    Document {
        schema_version: SCHEMA_VERSION,
        environment: told.environment,
        lock,
        failed: told.failed.iter().zip(logs).map(|((found, ways), logs)| failed(found, ways, logs)).collect(),
        resolved: told.resolved.map(|(name, state)| Resolved { name, state }),
        script: told.script.map(|(path, ran)| Script { path, ran }),
        baseline: told.baseline,
    }
}

fn failed<'a>(found: &'a Diagnosis, ways: &'a [Way], logs: Option<&'a str>) -> Failed<'a> {
    let (atomic, atomic_because) = match &found.atomic {
        Atomic::Whole(why) => (Some(true), why),
        Atomic::Parts(why) => (Some(false), why),
        Atomic::Unclear(why) => (None, why),
    };
    let at = found.failed_at.and_then(|at| found.statements.get(at));
    Failed {
        name: &found.name,
        started_at: found.started_at,
        logs,
        edited: found.edited,
        error: found.failure.as_ref().map(|failure| Error {
            code: failure.code.as_deref(),
            message: &failure.said,
            passing: failure.is_passing(),
            statement: found.failed_at.map(|at| at + 1),
            line: at.map(|statement| statement.line),
        }),
        atomic,
        atomic_because,
        causes: &found.causes,
        leftovers: &found.leftovers,
        statements: found
            .statements
            .iter()
            .map(|statement| Statement {
                statement: statement.index + 1,
                line: statement.line,
                text: &statement.text,
                seen: statement.seen,
                because: &statement.says,
                ran: statement.ran,
                done: statement.is_done(),
                query: statement.query.as_ref(),
            })
            .collect(),
        unreadable: found.script.as_ref().err().map(String::as_str).or(found.blind.as_deref()),
        ways,
    }
}
