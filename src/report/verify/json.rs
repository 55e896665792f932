//! `verify --format json`: names that scripts rely on.

use std::io::{self, Write};

use serde::Serialize;

use crate::deploy::plan::phase_word;
use crate::revert::compare::DataLost;
use crate::revert::old_application::OldApplication;
use crate::revert::prove::{Proof, RunsTwice, Verdict};
use crate::revert::second_opinion::PrismaSays;
use crate::revert::throwaway::Server;

/// The version of this document. It grows when a field changes its meaning or goes away, not when one is added.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'p> {
    schema_version: u32,
    /// `null`: nothing had to run.
    server: Option<&'p Server>,
    seed: u64,
    seed_files: Vec<SeedFile<'p>>,
    migrations: Vec<Migration<'p>>,
}

#[derive(Serialize)]
struct SeedFile<'p> {
    file: String,
    sha256: &'p str,
}

#[derive(Serialize)]
struct Migration<'p> {
    name: &'p str,
    verdict: Verdict,
    failed: bool,
    destructive: bool,
    phase: &'static str,
    /// The revert script was made in this run.
    drafted: bool,
    differences: &'p [String],
    data_lost: &'p [DataLost],
    data_not_proven: Vec<NotProven<'p>>,
    /// `null`: it was not tried.
    runs_twice: Option<&'p RunsTwice>,
    old_application: &'p OldApplication,
    /// `null`: it was not asked.
    prisma_diff: Option<&'p PrismaSays>,
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

pub(super) fn write(out: &mut (dyn Write + Send), found: &super::Document<'_>) -> io::Result<()> {
    let seed_files = found.seeds.iter().map(|seed| SeedFile { file: seed.shown(), sha256: &seed.checksum });
    let document = Document {
        schema_version: SCHEMA_VERSION,
        server: found.server,
        seed: found.row_seed,
        seed_files: seed_files.collect(),
        migrations: found.proofs.iter().map(migration).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn migration(proof: &Proof) -> Migration<'_> {
    let not_proven = proof.data_not_proven.iter();
    Migration {
        name: &proof.name,
        verdict: proof.verdict,
        failed: proof.failed,
        destructive: proof.destructive,
        phase: phase_word(proof.phase),
        drafted: proof.drafted.is_some(),
        differences: &proof.differences,
        data_lost: &proof.data_lost,
        data_not_proven: not_proven
            .map(|(table, why)| NotProven { table: Some(table.as_str()).filter(|table| *table != "*"), why })
            .collect(),
        runs_twice: proof.runs_twice.as_ref(),
        old_application: &proof.old_application,
        prisma_diff: proof.prisma_diff.as_ref(),
        notes: &proof.notes,
        rows: proof.rows,
        seconds: (proof.seconds * 1000.0).round() / 1000.0,
    }
}
