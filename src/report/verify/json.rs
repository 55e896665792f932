//! `verify --format json`: names that scripts rely on.

use std::io::{self, Write};

use serde::Serialize;

use crate::revert::compare::DataLost;
use crate::revert::prove::{Proof, Verdict};
use crate::revert::rows::SEED;
use crate::revert::throwaway::Server;

/// The version of this document. It grows when a field changes its meaning or goes away, not when one is added.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'p> {
    schema_version: u32,
    /// `null`: nothing had to run.
    server: Option<&'p Server>,
    seed: u64,
    migrations: Vec<Migration<'p>>,
}

#[derive(Serialize)]
struct Migration<'p> {
    name: &'p str,
    verdict: Verdict,
    destructive: bool,
    differences: &'p [String],
    data_lost: &'p [DataLost],
    data_not_proven: Vec<NotProven<'p>>,
    notes: &'p [String],
    rows: usize,
    seconds: f64,
}

#[derive(Serialize)]
struct NotProven<'p> {
    /// `null`: not one table, all of them.
    table: Option<&'p str>,
    why: &'p str,
}

/// Writes the document.
///
/// # Errors
/// The stream's.
pub fn write(out: &mut (dyn Write + Send), server: Option<&Server>, proofs: &[Proof]) -> io::Result<()> {
    let migrations = proofs.iter().map(|proof| Migration {
        name: &proof.name,
        verdict: proof.verdict,
        destructive: proof.destructive,
        differences: &proof.differences,
        data_lost: &proof.data_lost,
        data_not_proven: proof
            .data_not_proven
            .iter()
            .map(|(table, why)| NotProven { table: Some(table.as_str()).filter(|table| *table != "*"), why })
            .collect(),
        notes: &proof.notes,
        rows: proof.rows,
        seconds: (proof.seconds * 1000.0).round() / 1000.0,
    });
    let document = Document { schema_version: SCHEMA_VERSION, server, seed: SEED, migrations: migrations.collect() };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}
