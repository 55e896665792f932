//! Why nothing could be proven at all. What a single migration does wrong is a verdict, not an error.

use std::io;
use std::path::PathBuf;

use super::throwaway::SqlFailure;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::project::Provider;

/// The proof could not be attempted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A provider without a throwaway database.
    #[error("`verify` cannot prove reverts on {} yet", .0.display_name())]
    NotThere(Provider),
    /// No server could be started.
    #[error("no throwaway {} server: {why}", provider.display_name())]
    NoServer {
        /// Of which kind.
        provider: Provider,
        /// What is missing, or what the server said.
        why: String,
    },
    /// The temporary folder.
    #[error("the throwaway database has no room")]
    Scratch(#[source] io::Error),
    /// A server that is not one for this.
    #[error("`verify` does not run on the server of `{server}`: {why}")]
    NotForProofs {
        /// What people call it.
        server: String,
        /// Why.
        why: String,
    },
    /// A script would do something beyond its database.
    #[error(
        "`verify` does not run `{script}` on the server of `{server}`: line {line} reaches beyond its database ({what})"
    )]
    ReachesOut {
        /// What people call the server.
        server: String,
        /// Folder and file.
        script: String,
        /// The line, from 1.
        line: usize,
        /// The words.
        what: String,
    },
    /// The throwaway database does not answer a question of ours.
    #[error("the throwaway database failed to {doing}: {}", failure.said)]
    Sql {
        /// Completes "failed to …".
        doing: &'static str,
        /// Its words.
        failure: SqlFailure,
    },
    /// A name that no migration has.
    #[error("no migration is called `{name}`")]
    NoSuchMigration {
        /// As typed.
        name: String,
        /// The nearest one that exists.
        nearest: Option<String>,
    },
    /// A name that several migrations have.
    #[error("`{name}` may be any of {}", candidates.join(", "))]
    SeveralMigrations {
        /// As typed.
        name: String,
        /// All that fit.
        candidates: Vec<String>,
    },
    /// A revert script of our making.
    #[error("cannot write the revert script `{}`", path.display())]
    Revert {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A seed file.
    #[error("the seed `{}` cannot be read: {why}", path.display())]
    Seed {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The receipt.
    #[error("cannot write the receipt `{}`", path.display())]
    Receipt {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

impl Explain for VerifyError {
    fn exit_code(&self) -> ExitCode {
        match self {
            VerifyError::NotThere(_)
            | VerifyError::NoSuchMigration { .. }
            | VerifyError::SeveralMigrations { .. }
            | VerifyError::Seed { .. }
            | VerifyError::Revert { .. }
            | VerifyError::Receipt { .. } => ExitCode::Usage,
            VerifyError::NotForProofs { .. } | VerifyError::ReachesOut { .. } => ExitCode::Refused,
            VerifyError::NoServer { .. } | VerifyError::Scratch(_) | VerifyError::Sql { .. } => ExitCode::Database,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            VerifyError::NotThere(_)
            | VerifyError::NoServer { .. }
            | VerifyError::Scratch(_)
            | VerifyError::Sql { .. } => {
                Some("nothing was proven: a revert that was never run counts as none".to_owned())
            }
            VerifyError::NotForProofs { .. } => Some(
                "proofs create and drop databases, fill them with rows and keep the server busy: that is for a server where nothing else matters"
                    .to_owned(),
            ),
            VerifyError::ReachesOut { .. } => Some(
                "what it changes there would be real, and would stay when the databases of the proof are dropped".to_owned(),
            ),
            VerifyError::Receipt { .. } => Some("the next deploy would not know of this proof".to_owned()),
            VerifyError::Revert { .. } => Some("it was proven, and the next deploy would not find it".to_owned()),
            VerifyError::Seed { .. } => Some("a proof on other rows than the team's own would say too much".to_owned()),
            VerifyError::NoSuchMigration { .. } | VerifyError::SeveralMigrations { .. } => None,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            VerifyError::NotThere(_) => {
                vec!["it proves SQLite, PostgreSQL and MySQL; run the revert on staging by hand until then".to_owned()]
            }
            VerifyError::NoServer { provider, .. } => vec![
                match provider {
                    Provider::Mysql => {
                        "install MariaDB's or MySQL's server programs (`apt-get install mariadb-server`, `brew install mariadb`): \
                         `mariadbd` or `mysqld` are looked for on PATH and in the usual places"
                    }
                    _ => {
                        "install PostgreSQL's server programs (`apt-get install postgresql`, `brew install postgresql`): \
                         `initdb` and `postgres` are looked for on PATH and in the usual places"
                    }
                }
                .to_owned(),
                "or name a server that may be used for it: `server-env` of `[verify]` in the settings".to_owned(),
            ],
            VerifyError::NotForProofs { .. } => vec![
                "name a server that is nobody's in `server-env` of `[verify]`, or leave it out: then it starts one of its own"
                    .to_owned(),
            ],
            VerifyError::ReachesOut { .. } => vec![
                "leave `server-env` of `[verify]` out: on a server of its own it runs everything".to_owned(),
            ],
            VerifyError::Scratch(_) => vec!["check the space and the rights of the temporary folder".to_owned()],
            VerifyError::Sql { .. } => {
                vec!["run it again with `--verbose`; the database was a throwaway one".to_owned()]
            }
            VerifyError::NoSuchMigration { nearest, .. } => match nearest {
                Some(nearest) => vec![format!("perhaps: `cargo prisma-safe verify {nearest}`")],
                None => vec!["`cargo prisma-safe status` lists the migrations".to_owned()],
            },
            VerifyError::SeveralMigrations { candidates, .. } => {
                candidates.iter().map(|name| format!("`cargo prisma-safe verify {name}`")).collect()
            }
            VerifyError::Seed { path, .. } => {
                vec![format!("`verify.seed` in the settings, or `--seed`, names `{}`", path.display())]
            }
            VerifyError::Revert { path, .. } | VerifyError::Receipt { path, .. } => {
                vec![format!("check the rights of `{}`", path.display())]
            }
        }
    }
}
