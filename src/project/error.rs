//! What can be wrong with a project.

use std::path::PathBuf;

use super::{UnknownProvider, Version};
use crate::error::Explain;
use crate::exit_code::ExitCode;

/// The project cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// `--project` names no folder.
    #[error("there is no folder `{}`", path.display())]
    NoFolder {
        /// As given.
        path: PathBuf,
    },
    /// No schema here or above.
    #[error("no Prisma schema found in `{}` or above it", start.display())]
    NoSchema {
        /// Where the search began. Schemas below it are looked for when the hint is shown: who does without a project does not wait for that.
        start: PathBuf,
        /// The same as the system knows it.
        looked_from: PathBuf,
    },
    /// A path that somebody named does not exist.
    #[error("{what} `{}` does not exist", path.display())]
    NotThere {
        /// What it was to be: "the schema", "the Prisma config".
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// Who named it.
        named_by: String,
    },
    /// The Prisma config computes the path of the schema.
    #[error("the schema's path in `{}` can only be told by running it", config.display())]
    ComputedSchema {
        /// The config.
        config: PathBuf,
    },
    /// A folder of schema files where none has a datasource, or a file without one.
    #[error("the schema `{}` has no `datasource` block with a provider", path.display())]
    NoProvider {
        /// The schema.
        path: PathBuf,
    },
    /// A database that is not supported.
    #[error("{provider} ({})", path.display())]
    Provider {
        /// Which.
        provider: UnknownProvider,
        /// Where it is said.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that is not UTF-8.
    #[error("`{}` is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// A file that is too large to be what it should be.
    #[error("`{}` is larger than {limit_mib} MiB", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_mib: u64,
    },
    /// No Prisma CLI anywhere.
    #[error("Prisma is not installed for `{}`", start.display())]
    NoPrisma {
        /// Where the search began.
        start: PathBuf,
        /// The command that installs it, after the lock file found.
        install: String,
    },
    /// A Prisma that this tool does not know.
    #[error("Prisma {version} is not supported; this tool knows 5, 6 and 7")]
    UnsupportedVersion {
        /// Its version.
        version: Version,
        /// Where it is installed.
        path: PathBuf,
    },
    /// A package called `prisma` that is not Prisma's CLI, or has no readable version.
    #[error("`{}` is not the package of Prisma's CLI", path.display())]
    NotPrisma {
        /// Its `package.json`.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A way to start Prisma whose version cannot be told.
    #[error("the version of Prisma behind `{command}` is not known")]
    UnknownVersion {
        /// How it is started.
        command: String,
    },
    /// A program that is needed to start Prisma.
    #[error("`{program}` is needed to start Prisma and is not on the PATH")]
    NoProgram {
        /// Which.
        program: String,
    },
}

impl Explain for ProjectError {
    fn exit_code(&self) -> ExitCode {
        match self {
            ProjectError::NoFolder { .. }
            | ProjectError::NoSchema { .. }
            | ProjectError::NotThere { .. }
            | ProjectError::ComputedSchema { .. }
            | ProjectError::NoProvider { .. }
            | ProjectError::Provider { .. }
            | ProjectError::Unreadable { .. }
            | ProjectError::Unwritable { .. }
            | ProjectError::NotUtf8 { .. }
            | ProjectError::TooLarge { .. }
            | ProjectError::NoPrisma { .. }
            | ProjectError::UnsupportedVersion { .. }
            | ProjectError::NotPrisma { .. }
            | ProjectError::UnknownVersion { .. }
            | ProjectError::NoProgram { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            ProjectError::NoFolder { .. } | ProjectError::NoSchema { .. } => None,
            ProjectError::NotThere { named_by, .. } => Some(format!("it was {named_by}")),
            ProjectError::ComputedSchema { .. } => {
                Some("the tool does not run code of the project to find out what it is about".to_owned())
            }
            ProjectError::NoProvider { .. } => {
                Some("what a migration does depends on the database it is for".to_owned())
            }
            ProjectError::Provider { provider, .. } => provider.why(),
            ProjectError::Unwritable { .. } => Some("nothing that was there before was touched".to_owned()),
            ProjectError::Unreadable { .. } | ProjectError::NotUtf8 { .. } | ProjectError::TooLarge { .. } => None,
            ProjectError::NoPrisma { .. } => Some(
                "Prisma runs the migrations; it is never downloaded on the fly, because that could bring another major".to_owned(),
            ),
            ProjectError::UnsupportedVersion { version, .. } if version.major >= 8 => Some(
                "Prisma 8 migrates by another system, with other commands, files and tables, so this tool's checks would be blind"
                    .to_owned(),
            ),
            ProjectError::UnsupportedVersion { .. } => {
                Some("its commands and tables differ from those that this tool was checked against".to_owned())
            }
            ProjectError::NotPrisma { reason, .. } => Some(reason.clone()),
            ProjectError::UnknownVersion { .. } => {
                Some("Prisma 7 and the majors before it take different flags and read different files".to_owned())
            }
            ProjectError::NoProgram { .. } => None,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            ProjectError::NoFolder { .. } => vec!["correct `--project`".to_owned()],
            ProjectError::NoSchema { looked_from, .. } => {
                let mut hints: Vec<String> = super::schema::below(looked_from)
                    .iter()
                    .map(|path| format!("found `{}`: add `--project {}`", path.display(), project_of(path)))
                    .collect();
                let or = if hints.is_empty() { "" } else { "or " };
                hints.push(format!(
                    "{or}name it: `schema = \"path/to/schema.prisma\"` under `[prisma]` in prisma-safe.toml"
                ));
                hints
            }
            ProjectError::NotThere { .. } => vec!["correct the path where it is named".to_owned()],
            ProjectError::ComputedSchema { .. } => {
                vec!["name it: `schema = \"prisma/schema.prisma\"` under `[prisma]` in prisma-safe.toml".to_owned()]
            }
            ProjectError::NoProvider { .. } => {
                vec!["add `datasource db { provider = \"postgresql\" }` to the schema, or name the schema's folder".to_owned()]
            }
            ProjectError::Provider { provider, .. } => provider.hints(),
            ProjectError::Unreadable { path, .. } => vec![format!("check who may read `{}`", path.display())],
            ProjectError::Unwritable { path, .. } => vec![format!("check who may write to `{}`, then run it again", path.display())],
            ProjectError::NotUtf8 { .. } => vec!["save it as UTF-8".to_owned()],
            ProjectError::TooLarge { .. } => vec!["is this the right file?".to_owned()],
            ProjectError::NoPrisma { install, .. } => vec![
                format!("`{install}`"),
                "or name how it is started: `command = [\"pnpm\", \"exec\", \"prisma\"]` under `[prisma]` in prisma-safe.toml".to_owned(),
            ],
            ProjectError::UnsupportedVersion { path, .. } => vec![
                format!("installed in `{}`", path.display()),
                "install a supported one: `npm install --save-dev prisma@7`".to_owned(),
            ],
            ProjectError::NotPrisma { path, .. } => vec![format!("look at `{}`", path.display())],
            ProjectError::UnknownVersion { .. } => {
                vec!["say it: `version = \"6.19.3\"` under `[prisma]` in prisma-safe.toml".to_owned()]
            }
            ProjectError::NoProgram { program } => vec![format!("install `{program}`, or put it on the PATH")],
        }
    }
}

/// The folder to name for a schema: what contains its `prisma` folder, where it is in one.
fn project_of(schema: &std::path::Path) -> String {
    let folder = schema.parent().unwrap_or(std::path::Path::new("."));
    let folder = if folder.ends_with("prisma") { folder.parent().unwrap_or(folder) } else { folder };
    let shown = folder.display().to_string();
    if shown.is_empty() { ".".to_owned() } else { shown }
}
