//! `status --format json`: the names of design §8, which scripts rely on.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::database::LockState;
use crate::history::{Entry, State};
use crate::status::{EnvironmentStatus, Outcome};

/// The version of this document. It grows when a field changes its meaning or goes away, not when one is added.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'s> {
    schema_version: u32,
    environments: Vec<Environment<'s>>,
    warnings: &'s [String],
}

#[derive(Serialize)]
struct Environment<'s> {
    name: &'s str,
    kind: &'static str,
    target: Option<&'s str>,
    /// Whether the database, or at least its server, answered.
    reachable: bool,
    /// `null`: not known.
    database_exists: Option<bool>,
    ledger_exists: Option<bool>,
    server: Option<Server<'s>>,
    marker: Option<Marker<'s>>,
    migrations: Vec<Migration<'s>>,
    lock: Lock<'s>,
    error: Option<Problem>,
    hints: Vec<String>,
}

#[derive(Serialize)]
struct Server<'s> {
    product: &'s str,
    version: &'s str,
    database: &'s str,
    schema: Option<&'s str>,
    read_only: Option<&'s str>,
}

#[derive(Serialize)]
struct Marker<'s> {
    environment: &'s str,
    kind: Option<&'static str>,
}

#[derive(Serialize)]
struct Migration<'s> {
    name: &'s str,
    state: State,
    on_disk: bool,
    edited: Option<bool>,
    started_at: Option<Timestamp>,
    applied_at: Option<Timestamp>,
    rolled_back_at: Option<Timestamp>,
    attempts: usize,
    logs: Option<&'s str>,
    script_problem: Option<String>,
}

#[derive(Serialize)]
struct Lock<'s> {
    /// `null`: not known.
    held: Option<bool>,
    by: Option<&'s str>,
    since: Option<Timestamp>,
}

#[derive(Serialize)]
struct Problem {
    message: String,
    why: Option<String>,
    hints: Vec<String>,
}

/// Writes the document, with a line end.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, environments: &[EnvironmentStatus], warnings: &[String]) -> io::Result<()> {
    let environments = environments.iter().map(environment).collect();
    let document = Document { schema_version: SCHEMA_VERSION, environments, warnings };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn environment(status: &EnvironmentStatus) -> Environment<'_> {
    let reading = match &status.outcome {
        Outcome::Read(reading) => Some(reading),
        _ => None,
    };
    let error = match &status.outcome {
        Outcome::Read(_) => None,
        Outcome::NoDatabase { error, .. } | Outcome::Unknown { error, .. } => Some(error),
    };
    Environment {
        name: &status.name,
        kind: status.kind.as_str(),
        target: status.target.as_deref(),
        reachable: !matches!(status.outcome, Outcome::Unknown { .. }),
        database_exists: match status.outcome {
            Outcome::Read(_) => Some(true),
            Outcome::NoDatabase { .. } => Some(false),
            Outcome::Unknown { .. } => None,
        },
        ledger_exists: status.history().map(|history| history.has_ledger),
        server: reading.map(|reading| Server {
            product: &reading.server.product,
            version: &reading.server.version,
            database: &reading.server.database,
            schema: reading.server.schema.as_deref(),
            read_only: reading.server.read_only.as_deref(),
        }),
        marker: reading
            .and_then(|reading| reading.marker.as_ref())
            .map(|marker| Marker { environment: &marker.environment, kind: marker.kind.map(|kind| kind.as_str()) }),
        migrations: status.history().map(|history| history.entries.iter().map(migration).collect()).unwrap_or_default(),
        lock: lock(status.lock()),
        error: error.map(|error| Problem { message: error.to_string(), why: error.why(), hints: error.hints() }),
        hints: status.hints(),
    }
}

fn migration(entry: &Entry) -> Migration<'_> {
    Migration {
        name: &entry.name,
        state: entry.state,
        on_disk: entry.on_disk,
        edited: entry.edited,
        started_at: entry.started_at,
        applied_at: entry.applied_at,
        rolled_back_at: entry.rolled_back_at,
        attempts: entry.attempts,
        logs: entry.logs.as_deref(),
        script_problem: entry.script_problem.as_ref().map(ToString::to_string),
    }
}

fn lock(lock: Option<&LockState>) -> Lock<'_> {
    match lock {
        Some(LockState::Free) => Lock { held: Some(false), by: None, since: None },
        Some(LockState::Held { by, since }) => Lock { held: Some(true), by: Some(by), since: *since },
        Some(LockState::Unknown(_)) | None => Lock { held: None, by: None, since: None },
    }
}
