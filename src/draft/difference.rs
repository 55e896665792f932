//! Asks Prisma for the difference, both ways.

use std::path::PathBuf;

use crate::environment::{DatabaseUrl, EnvironmentKind};
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::prisma::guard::pin::Pin;
use crate::prisma::launch::Launch;
use crate::prisma::{Command, DiffSide, Success};
use crate::project::Provider;
use crate::sql;
use crate::sql::model::Action;

/// What the schema is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The live database.
    Database,
    /// The migrations folder, replayed on a shadow database.
    Migrations(PathBuf),
    /// Nothing: the first migration of a project without a database.
    Empty,
}

/// The difference, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// From what is there to the schema.
    pub forward: String,
    /// From the schema back to what is there.
    pub reverse: String,
}

impl Difference {
    /// Without our own archive tables, where Prisma sees them: they belong to no schema, and nobody but `archive drop` drops them. `None`: then
    /// nothing is left.
    #[must_use]
    pub fn without_archives(self, provider: Provider) -> Option<Self> {
        let forward = super::archive::hide(provider, &self.forward);
        let changes = sql::read(provider, forward.as_bytes()).map_or(true, |script| {
            script
                .operations()
                .any(|(_, operation)| !matches!(operation.action, Action::Pragma { .. } | Action::Nothing { .. }))
        });
        changes.then(|| Difference { forward, reverse: super::archive::hide(provider, &self.reverse) })
    }
}

/// The two sides and how Prisma is reached.
pub struct Question<'a> {
    /// The project's Prisma.
    pub launch: &'a Launch,
    /// The schema file or folder.
    pub schema: PathBuf,
    /// What it is compared with.
    pub base: Base,
    /// The database that the project's variables shall name.
    pub url: &'a DatabaseUrl,
    /// Its environment.
    pub environment: (&'a str, EnvironmentKind),
    /// The shadow database that the project names, for [`Base::Migrations`].
    pub shadow: Option<&'a DatabaseUrl>,
}

impl Question<'_> {
    /// Asks Prisma twice. `None`: there is no difference.
    ///
    /// # Errors
    /// When Prisma fails, or does not say positively whether there is a difference.
    pub fn ask(&self) -> Result<Option<Difference>> {
        let Some(forward) = self.forward()? else { return Ok(None) };
        // The reverse of a difference is never empty; if Prisma says so all the same, an empty script is the truth about it.
        let reverse = self.script(DiffSide::Schema(self.schema.clone()), self.there())?.unwrap_or_default();
        Ok(Some(Difference { forward, reverse }))
    }

    /// Asks for the way to the schema only. `None`: there is no difference.
    ///
    /// # Errors
    /// As [`Question::ask`].
    pub fn forward(&self) -> Result<Option<String>> {
        self.script(self.there(), DiffSide::Schema(self.schema.clone()))
    }

    fn there(&self) -> DiffSide {
        match &self.base {
            Base::Database => DiffSide::Database(self.schema.clone()),
            Base::Migrations(folder) => DiffSide::Migrations(folder.clone()),
            Base::Empty => DiffSide::Empty,
        }
    }

    /// Through a file: Prisma 6 prints its notices on the same stream as the SQL.
    fn script(&self, from: DiffSide, to: DiffSide) -> Result<Option<String>> {
        let folder = tempfile::Builder::new().prefix("prisma-safe-diff-").tempdir().map_err(DifferenceError::Folder)?;
        let file = folder.path().join("difference.sql");
        let command = Command::MigrateDiff { from, to, script: true, exit_code: true, output: Some(file.clone()) };
        let (name, kind) = self.environment;
        let mut run = self.launch.command(command, self.url, Pin::new(name, kind))?;
        if let Some(shadow) = self.shadow {
            run = run.shadow(shadow.expose());
        }
        match run.run()?.success()? {
            Success::Same => Ok(None),
            _ => {
                let text = std::fs::read_to_string(&file).map_err(DifferenceError::Folder)?;
                // Exit code 2 says "different"; without SQL that is no answer.
                if text.trim().is_empty() {
                    Err(DifferenceError::Nothing.into())
                } else {
                    Ok(Some(text.trim_end().to_owned() + "\n"))
                }
            }
        }
    }
}

/// Prisma's answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DifferenceError {
    /// The temporary folder.
    #[error("the difference cannot be kept in a temporary file")]
    Folder(#[source] std::io::Error),
    /// A difference without SQL.
    #[error("Prisma sees a difference and wrote no SQL for it")]
    Nothing,
    /// The base lacks what the migrations folder has.
    #[error("`{environment}` lacks {} of the migrations folder: {first}", crate::shell::count(*count, "migration"))]
    Behind {
        /// Where.
        environment: String,
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// A failed migration in the base.
    #[error("`{first}` has failed in `{environment}`")]
    Failed {
        /// Where.
        environment: String,
        /// The first of them.
        first: String,
    },
    /// No database to compare with.
    #[error("the database of `{environment}` does not exist: {place}")]
    NoDatabase {
        /// Where.
        environment: String,
        /// The redacted URL.
        place: String,
    },
}

impl Explain for DifferenceError {
    fn exit_code(&self) -> ExitCode {
        match self {
            DifferenceError::Folder(_) | DifferenceError::Behind { .. } => ExitCode::Usage,
            DifferenceError::Nothing => ExitCode::Prisma,
            DifferenceError::Failed { .. } => ExitCode::FailedMigration,
            DifferenceError::NoDatabase { .. } => ExitCode::Database,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            DifferenceError::Folder(_) => None,
            DifferenceError::Nothing => {
                Some("an empty migration would be marked as applied and change nothing".to_owned())
            }
            DifferenceError::Behind { .. } | DifferenceError::Failed { .. } => {
                Some("the difference to this database would hold the changes of those migrations once more".to_owned())
            }
            DifferenceError::NoDatabase { .. } => {
                Some("the difference to nothing would create every table once more".to_owned())
            }
        }
    }

    fn hints(&self) -> Vec<String> {
        let from_migrations = "or compare with the folder instead: add `--from migrations`".to_owned();
        match self {
            DifferenceError::Folder(_) => vec!["check the space and the rights of the temporary folder".to_owned()],
            DifferenceError::Nothing => {
                vec!["write the SQL by hand: `cargo prisma-safe new --empty <name>`".to_owned()]
            }
            DifferenceError::Behind { environment, .. } => {
                vec![format!("apply them first: `cargo prisma-safe deploy --env {environment}`"), from_migrations]
            }
            DifferenceError::Failed { environment, .. } => {
                vec![format!("resolve it first: `cargo prisma-safe resolve --env {environment}`"), from_migrations]
            }
            DifferenceError::NoDatabase { environment, .. } => vec![
                format!("create it: `cargo prisma-safe deploy --env {environment} --create-database`"),
                from_migrations,
            ],
        }
    }
}
