//! The revert scripts of what destroys, and whether they are proven.

use super::Ground;
use crate::deploy::plan::Planned;
use crate::draft::revert_script::UNWRITTEN_MARK;
use crate::migrations::{Checksum, Migration};
use crate::project::Provider;
use crate::revert::prove::Verdict;
use crate::revert::receipt::{self, ProofState};
use crate::revert::throwaway::Server;
use crate::sql;

/// One destructive pending migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert {
    /// The migration.
    pub migration: String,
    /// Its script.
    pub script: Script,
    /// Whether it was executed and brought everything back.
    pub proof: Proof,
}

/// A revert script as it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// There is none.
    Missing,
    /// It says itself that it is not written, or holds no statement.
    NotWritten(String),
    /// It cannot be read; the system's words.
    Unreadable(String, String),
    /// File name and SHA-256.
    Written(String, Checksum),
}

/// What is known of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Nobody ever proved it.
    None,
    /// A receipt says so, and its hashes are those of the two scripts. On which server.
    Receipt(Server),
}

/// Looks at the scripts.
pub(super) fn look(ground: &Ground<'_>) -> Vec<Revert> {
    let destructive = ground.plan.migrations.iter().filter(|planned| !planned.destructions.is_empty());
    destructive
        .map(|planned| {
            let migration = ground.folder.get(&planned.name);
            let script =
                migration.map_or(Script::Missing, |migration| script(ground.sources.project.provider, migration));
            let proof = proof(ground, planned);
            Revert { migration: planned.name.clone(), script, proof }
        })
        .collect()
}

fn script(provider: Provider, migration: &Migration) -> Script {
    let Some(path) = migration.reverts.first() else { return Script::Missing };
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Script::Unreadable(name, error.to_string()),
    };
    let text = String::from_utf8_lossy(&bytes);
    let says_nothing = sql::read(provider, text.as_bytes()).is_ok_and(|script| script.statements.is_empty());
    if text.contains(UNWRITTEN_MARK) || says_nothing {
        return Script::NotWritten(name);
    }
    Script::Written(name, Checksum::of(&bytes))
}

/// The receipt of a proof for exactly these files. One that says anything less than "proven" is none.
fn proof(ground: &Ground<'_>, planned: &Planned) -> Proof {
    match receipt::proof_of(&ground.sources.project.root, ground.folder, &planned.name) {
        ProofState::Current(found) if found.verdict == Verdict::Proven => Proof::Receipt(found.server),
        ProofState::Current(_) | ProofState::Outdated { .. } | ProofState::Missing => Proof::None,
    }
}
