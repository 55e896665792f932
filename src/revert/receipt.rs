//! What a proof leaves behind: `.prisma-safe/receipts/verify/<migration>.json`, bound to the SHA-256 of every file that it rests on and to
//! the server. [`proof_of`] says whether it still holds.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::VerifyError;
use super::compare::DataLost;
use super::prove::{Proof, Verdict, revert_of};
use super::seed::SeedFile;
use super::throwaway::Server;
use crate::migrations::{Checksum, MigrationsFolder};

/// Where receipts are, from the project's folder.
pub const FOLDER: &str = ".prisma-safe/receipts/verify";
/// It grows when a field changes its meaning or goes away, not when one is added.
const SCHEMA_VERSION: u32 = 1;

/// A proof that was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// The version of its form.
    pub schema_version: u32,
    /// The migration.
    pub name: String,
    /// What came out.
    pub verdict: Verdict,
    /// On which server.
    pub server: Server,
    /// SHA-256 of `migration.sql`.
    pub migration: String,
    /// The revert script's file name.
    pub revert_file: String,
    /// Its SHA-256.
    pub revert: String,
    /// SHA-256 over names and checksums of all migrations before it, in order.
    pub earlier: String,
    /// Why it was not restored.
    pub differences: Vec<String>,
    /// What did not come back.
    pub data_lost: Vec<DataLost>,
    /// What the rows were made from.
    pub seed: u64,
    /// The team's own rows.
    #[serde(default)]
    pub seed_files: Vec<SeedReceipt>,
    /// When.
    pub proven_at: String,
    /// The version of this tool.
    pub tool: String,
}

/// A seed file that a proof rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SeedReceipt {
    /// From the project's folder.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// Whether a migration's revert was proven, as the files are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofState {
    /// It never was.
    Missing,
    /// It was, and something that the proof rests on has changed.
    Outdated {
        /// What: completes "the proof is outdated: …".
        because: String,
    },
    /// It was, for these very files. Its verdict need not be a good one.
    Current(Box<Receipt>),
}

/// Looks for the proof of a migration. Reads files only.
#[must_use]
pub fn proof_of(project: &Path, folder: &MigrationsFolder, name: &str) -> ProofState {
    let outdated = |because: &str| ProofState::Outdated { because: because.to_owned() };
    let bytes = match std::fs::read(path_of(project, name)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return ProofState::Missing,
        Err(error) => return outdated(&format!("its receipt cannot be read: {error}")),
    };
    let Ok(receipt) = serde_json::from_slice::<Receipt>(&bytes) else {
        return outdated("its receipt is damaged, or of another version");
    };
    if receipt.schema_version != SCHEMA_VERSION || receipt.name != name {
        return outdated("its receipt is of another version, or of another migration");
    }
    let Some(now) = Ground::of(folder, name) else {
        return outdated("the migration or its revert script is gone");
    };
    if now.migration != receipt.migration {
        outdated("`migration.sql` was edited since")
    } else if now.revert != receipt.revert || now.revert_file != receipt.revert_file {
        outdated(&format!("`{}` was edited since", now.revert_file))
    } else if now.earlier != receipt.earlier {
        outdated("an earlier migration was added, edited or removed since")
    } else if let Some(seed) = receipt.seed_files.iter().find(|seed| !is_as_it_was(project, seed)) {
        outdated(&format!("the seed `{}` was edited or removed since", seed.file))
    } else {
        ProofState::Current(Box::new(receipt))
    }
}

fn is_as_it_was(project: &Path, seed: &SeedReceipt) -> bool {
    std::fs::read(project.join(&seed.file)).is_ok_and(|bytes| Checksum::of(&bytes).as_str() == seed.sha256)
}

/// The files that a proof rests on.
struct Ground {
    migration: String,
    revert_file: String,
    revert: String,
    earlier: String,
}

impl Ground {
    fn of(folder: &MigrationsFolder, name: &str) -> Option<Self> {
        let migration = folder.get(name)?;
        let script = migration.script.as_ref().ok()?;
        let revert = revert_of(migration)?;
        let mut earlier = String::new();
        for before in folder.migrations.iter().take_while(|other| other.name != name) {
            let checksum = before.checksum.as_ref().map_or("none", Checksum::as_str);
            earlier.push_str(&format!("{} {checksum}\n", before.name));
        }
        Some(Ground {
            migration: Checksum::of(script).as_str().to_owned(),
            revert_file: revert.file_name()?.to_str()?.to_owned(),
            revert: Checksum::of(&std::fs::read(revert).ok()?).as_str().to_owned(),
            earlier: Checksum::of(earlier.as_bytes()).as_str().to_owned(),
        })
    }
}

fn path_of(project: &Path, name: &str) -> PathBuf {
    project.join(FOLDER).join(format!("{name}.json"))
}

/// Where the rows of a proof came from.
#[derive(Debug, Clone, Copy)]
pub struct RowsFrom<'a> {
    /// What ours were made from.
    pub seed: u64,
    /// The team's own.
    pub files: &'a [SeedFile],
}

impl SeedReceipt {
    fn of(seed: &SeedFile) -> Self {
        SeedReceipt { file: seed.shown(), sha256: seed.checksum.clone() }
    }
}

/// Writes the receipt of a proof, whole or not at all. `None`: there is nothing to write down, since nothing ran.
///
/// # Errors
/// [`VerifyError::Receipt`].
pub fn write(
    project: &Path,
    folder: &MigrationsFolder,
    proof: &Proof,
    server: &Server,
    rows: &RowsFrom<'_>,
) -> Result<Option<PathBuf>, VerifyError> {
    let path = path_of(project, &proof.name);
    let ran = !matches!(proof.verdict, Verdict::NoRevert | Verdict::NotNeeded);
    let Some(ground) = Ground::of(folder, &proof.name).filter(|_| ran) else { return Ok(None) };
    let receipt = Receipt {
        schema_version: SCHEMA_VERSION,
        name: proof.name.clone(),
        verdict: proof.verdict,
        server: server.clone(),
        migration: ground.migration,
        revert_file: ground.revert_file,
        revert: ground.revert,
        earlier: ground.earlier,
        differences: proof.differences.clone(),
        data_lost: proof.data_lost.clone(),
        seed: rows.seed,
        seed_files: rows.files.iter().map(SeedReceipt::of).collect(),
        proven_at: jiff::Timestamp::now().to_string(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
    };
    write_whole(&path, &receipt).map_err(|cause| VerifyError::Receipt { path: path.clone(), cause })?;
    Ok(Some(path))
}

fn write_whole(path: &Path, receipt: &Receipt) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut text = serde_json::to_string_pretty(receipt).map_err(io::Error::other)?;
    text.push('\n');
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A temporary file is private by default; a receipt is for the team.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map(drop).map_err(|error| error.error)
}
