//! How approving can fail.

use std::path::PathBuf;

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// No approval was written.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The settings do not know the name.
    #[error("`{name}` is not among `[approvers]`")]
    UnknownName {
        /// As typed.
        name: String,
        /// Who is.
        known: Vec<String>,
    },
    /// The key is somebody else's.
    #[error("the key in `{file}` is not the one that `[approvers]` has for `{name}` ({origin})", file = file.display())]
    WrongKey {
        /// Whose it should be.
        name: String,
        /// The private key's file.
        file: PathBuf,
        /// Where the public key is set.
        origin: String,
    },
    /// The key's file cannot be used.
    #[error("the key in `{file}` cannot be used: {said}", file = file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// Why.
        said: String,
    },
    /// A file could not be written.
    #[error("`{file}` cannot be written: {said}", file = file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// The system's words.
        said: String,
    },
    /// What is to be approved is no hash.
    #[error("`{0}` is not the hash of a plan")]
    NotAHash(String),
    /// `--as` or `--key` is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// There is nothing to approve.
    #[error("nothing is pending in `{0}`")]
    NothingPending(String),
}

impl Explain for ApprovalError {
    fn exit_code(&self) -> ExitCode {
        match self {
            ApprovalError::UnknownName { .. }
            | ApprovalError::NotAHash(_)
            | ApprovalError::Missing(_)
            | ApprovalError::Key { .. }
            | ApprovalError::Write { .. } => ExitCode::Usage,
            ApprovalError::WrongKey { .. } | ApprovalError::NothingPending(_) => ExitCode::Refused,
        }
    }

    fn why(&self) -> Option<String> {
        Some(match self {
            ApprovalError::UnknownName { .. } | ApprovalError::WrongKey { .. } => {
                "an approval counts only when it is signed with the key that the settings have for its name".to_owned()
            }
            ApprovalError::NotAHash(_) => "it has 64 hexadecimal digits".to_owned(),
            ApprovalError::NothingPending(_) => "an approval is of what would run".to_owned(),
            ApprovalError::Key { .. } | ApprovalError::Write { .. } | ApprovalError::Missing(_) => return None,
        })
    }

    fn hints(&self) -> Vec<String> {
        match self {
            ApprovalError::UnknownName { name, known } => {
                let mut hints = vec![format!(
                    "`cargo prisma-safe approve keygen --as {name}` makes a pair and prints the line for prisma-safe.toml"
                )];
                if !known.is_empty() {
                    hints.push(format!("known are: {}", known.join(", ")));
                }
                hints
            }
            ApprovalError::WrongKey { name, .. } => {
                vec![format!(
                    "name the file that `approve keygen --as {name}` has written, or put the new public key into the settings"
                )]
            }
            ApprovalError::Key { file, .. } => {
                vec![format!(
                    "`cargo prisma-safe approve keygen` writes such a file; `chmod 600 {}` makes it private",
                    file.display()
                )]
            }
            ApprovalError::Write { .. } => {
                vec!["choose another place with `--out FILE`; nothing is ever written over".to_owned()]
            }
            ApprovalError::NotAHash(_) => vec!["`cargo prisma-safe plan --env ENVIRONMENT` ends with it".to_owned()],
            ApprovalError::Missing(_) => {
                vec!["`cargo prisma-safe approve --env ENVIRONMENT --plan HASH --as NAME --key FILE`".to_owned()]
            }
            ApprovalError::NothingPending(environment) => {
                vec![format!("`cargo prisma-safe status --env {environment}` shows what is there")]
            }
        }
    }
}
