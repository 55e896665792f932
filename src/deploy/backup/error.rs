//! Why there is no backup.

use std::path::PathBuf;

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// A backup that the settings ask for is not there.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder, or a file in it, cannot be written.
    #[error("no backup: cannot write into `{}`", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
    /// Nothing here takes one of this database.
    #[error("no backup: {why}")]
    NoWay {
        /// Why.
        why: String,
    },
    /// The database's program is not on this machine.
    #[error("no backup: `{program}` is not on the PATH")]
    NotInstalled {
        /// Its name.
        program: String,
    },
    /// It ended badly.
    #[error("no backup: `{program}` failed: {said}")]
    Failed {
        /// Its name.
        program: String,
        /// Its last words.
        said: String,
    },
    /// It ended well, and what it wrote is not whole.
    #[error("no backup: what `{program}` wrote is not whole: {said}")]
    NotWhole {
        /// Its name.
        program: String,
        /// What is wrong.
        said: String,
    },
}

impl Explain for BackupError {
    fn exit_code(&self) -> ExitCode {
        match self {
            BackupError::Folder { .. }
            | BackupError::NoWay { .. }
            | BackupError::NotInstalled { .. }
            | BackupError::Failed { .. }
            | BackupError::NotWhole { .. } => ExitCode::Refused,
        }
    }

    fn why(&self) -> Option<String> {
        Some("the settings ask for one before every deploy; no migration was run".to_owned())
    }

    fn hints(&self) -> Vec<String> {
        let elsewhere = "or let something else take it: `command = [\"…\"]` under [env.<name>.backup]".to_owned();
        match self {
            BackupError::Folder { folder, .. } => {
                vec![format!("check room and rights: `df {0}` and `ls -ld {0}`", folder.display())]
            }
            BackupError::NoWay { .. } => vec![elsewhere],
            BackupError::NotInstalled { .. } => {
                vec!["install the client programs of the database's own version".to_owned(), elsewhere]
            }
            BackupError::Failed { said, .. } if said.contains("version mismatch") => {
                vec!["install the client programs of the server's version or newer".to_owned(), elsewhere]
            }
            BackupError::Failed { program, .. } | BackupError::NotWhole { program, .. } => {
                vec![format!("run `{program}` by hand and see"), elsewhere]
            }
        }
    }
}
