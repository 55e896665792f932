//! Whether the pair of migration and revert was proven, as the files are now, on such a server.

use std::collections::BTreeSet;
use std::path::Path;

use super::RevertError;
use crate::database::Server;
use crate::environment::Sources;
use crate::migrations::MigrationsFolder;
use crate::prisma::launch;
use crate::revert::VerifyError;
use crate::revert::prove::{Demands, Job, Proof, Verdict, prove};
use crate::revert::receipt::{self, ProofState, RowsFrom, proof_of};
use crate::revert::rows::SEED;
use crate::revert::seed::SeedFile;
use crate::revert::throwaway::Throwaway;

/// What a proof is asked of.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The project's folder.
    pub project: &'a Path,
    /// All migrations.
    pub folder: &'a MigrationsFolder,
    /// The server that the revert is to run on.
    pub server: &'a Server,
    /// The user accepts that only the schema comes back.
    pub schema_only: bool,
}

/// What stands behind a revert.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Proven {
    /// The migration.
    pub name: String,
    /// `proven` or `schema_only`.
    pub verdict: Verdict,
    /// The server of the proof.
    pub server: String,
    /// When.
    pub proven_at: String,
}

/// Looks at the receipt of one migration.
///
/// # Errors
/// [`RevertError::Unproven`], [`RevertError::SchemaOnly`].
pub fn check(asked: &Asked<'_>, name: &str) -> Result<Proven, RevertError> {
    let unproven = |because: String| RevertError::Unproven { name: name.to_owned(), because };
    let receipt = match proof_of(asked.project, asked.folder, name) {
        ProofState::Current(receipt) => receipt,
        ProofState::Missing => return Err(unproven("nobody has proven it".to_owned())),
        ProofState::Outdated { because } => return Err(unproven(because)),
    };
    let made_on = format!("{} {}", receipt.server.product, receipt.server.version);
    if !receipt.server.is_like(asked.server) {
        let here = format!("{} {}", asked.server.product, asked.server.version);
        return Err(unproven(format!("the proof was made on {made_on}, and this is {here}")));
    }
    match receipt.verdict {
        Verdict::Proven => {}
        Verdict::SchemaOnly if asked.schema_only => {}
        Verdict::SchemaOnly => {
            let lost = receipt.data_lost.iter().map(|lost| match &lost.column {
                Some(column) => format!("`{}`.`{column}`", lost.table),
                None => format!("rows of `{}`", lost.table),
            });
            return Err(RevertError::SchemaOnly { name: name.to_owned(), lost: lost.collect() });
        }
        _ => {
            let why = receipt.differences.first().map_or_else(String::new, |first| format!(": {first}"));
            return Err(unproven(format!("the proof failed{why}")));
        }
    }
    Ok(Proven {
        name: name.to_owned(),
        verdict: receipt.verdict,
        server: made_on,
        proven_at: receipt.proven_at.clone(),
    })
}

/// Proves those on a throwaway database, as `verify` does, and writes the receipts. `each` hears of every proof.
///
/// # Errors
/// When the throwaway database fails, or a receipt cannot be written.
pub fn prove_now(
    sources: &Sources<'_>,
    folder: &MigrationsFolder,
    names: &BTreeSet<String>,
    place: &mut dyn Throwaway,
    mut each: impl FnMut(&Proof),
) -> Result<(), VerifyError> {
    let (settings, project) = (&sources.settings.verify, sources.project);
    let seeds: Vec<SeedFile> = settings
        .seed
        .value
        .iter()
        .map(|file| SeedFile::read(project.provider, &project.root, file))
        .collect::<Result<_, _>>()?;
    let job = Job {
        folder,
        provider: project.provider,
        prisma: Some(launch::version(project)),
        chosen: names,
        row_seed: SEED,
        seeds: &seeds,
        draft: false,
        prisma_diff: None,
        demands: Demands { old_application: settings.old_application.value, runs_twice: settings.runs_twice.value },
    };
    let server = place.server().clone();
    let proofs = prove(&job, place, &mut each)?;
    let rows = RowsFrom { seed: SEED, files: &seeds };
    for proof in &proofs {
        receipt::write(&project.root, folder, proof, &server, &rows)?;
    }
    Ok(())
}

/// Of those, the ones that a proof made now could help.
#[must_use]
pub fn to_prove(asked: &Asked<'_>, names: &[String]) -> BTreeSet<String> {
    let needs = |name: &&String| match proof_of(asked.project, asked.folder, name) {
        ProofState::Current(receipt) => !receipt.server.is_like(asked.server),
        ProofState::Missing | ProofState::Outdated { .. } => true,
    };
    names.iter().filter(needs).cloned().collect()
}
