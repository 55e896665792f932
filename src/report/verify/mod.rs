//! What `verify` found, in every format. One file each; a format for machines takes a [`Document`] and writes it whole.

pub mod human;
mod json;
mod junit;
mod markdown;

use std::io::{self, Write};

use crate::revert::prove::{Proof, Verdict};
use crate::revert::seed::SeedFile;
use crate::revert::throwaway::Server;

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Human,
    /// One JSON document
    Json,
    /// JUnit XML, for the test view of a CI
    Junit,
    /// Markdown, for a comment on a pull request
    Markdown,
}

/// Everything that was found.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// `None`: nothing had to run.
    pub server: Option<&'a Server>,
    /// What the rows were made from.
    pub row_seed: u64,
    /// The team's own rows.
    pub seeds: &'a [SeedFile],
    /// One for each migration.
    pub proofs: &'a [Proof],
}

impl Document<'_> {
    /// Writes it, but for people, who have read it already.
    ///
    /// # Errors
    /// The stream's.
    pub fn write(&self, format: Format, out: &mut (dyn Write + Send)) -> io::Result<()> {
        match format {
            Format::Human => Ok(()),
            Format::Json => json::write(out, self),
            Format::Junit => junit::write(out, self),
            Format::Markdown => markdown::write(out, self),
        }
    }
}

/// The word for people; JSON has its own spelling.
#[must_use]
pub const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proven => "proven",
        Verdict::SchemaOnly => "schema only",
        Verdict::NotRestored => "not restored",
        Verdict::CannotRun => "cannot run",
        Verdict::NoRevert => "no revert",
        Verdict::NotNeeded => "not needed",
    }
}
