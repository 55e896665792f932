//! Why an environment has no URL.

use std::path::PathBuf;

use crate::environment::UrlError;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::project::ProjectError;

/// A variable that is nowhere, and where it was looked for.
#[derive(Debug)]
pub struct NotSet {
    /// The environment.
    pub environment: String,
    /// The variable.
    pub variable: String,
    /// Who says that it is that variable; `None`: the Prisma project.
    pub origin: Option<String>,
    /// `.env` files that were read.
    pub looked_in: Vec<PathBuf>,
    /// A `.env` that has it and that this Prisma does not read, with the reason.
    pub ignored: Option<(PathBuf, &'static str)>,
    /// Whether the Prisma config loads files that only running it could tell.
    pub loads_unknown: bool,
}

impl NotSet {
    fn why(&self) -> String {
        let named = self.origin.clone().unwrap_or_else(|| "named by the Prisma project".to_owned());
        let looked = match (&self.ignored, self.looked_in.as_slice()) {
            (Some((file, reason)), _) => format!("`{}` has it, but {reason}", file.display()),
            _ if self.loads_unknown => {
                "the Prisma config loads a `.env` file whose name only running it could tell".to_owned()
            }
            (None, []) => {
                "looked in the process environment; there is no `.env` file that this Prisma reads".to_owned()
            }
            (None, files) => {
                let files: Vec<String> = files.iter().map(|file| format!("`{}`", file.display())).collect();
                format!("looked in the process environment and {}", files.join(", "))
            }
        };
        format!("{named}; {looked}")
    }

    fn hints(&self) -> Vec<String> {
        let variable = &self.variable;
        match &self.ignored {
            Some((file, _)) => vec![
                format!("`set -a; . {}; set +a` sets `{variable}` in this shell", file.display()),
                "or add `import 'dotenv/config'` at the top of the Prisma config".to_owned(),
            ],
            None => vec![format!("set `{variable}` for this command")],
        }
    }
}

/// The URL of an environment cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The variable is nowhere.
    #[error("`{}`, the URL of `{}`, is not set", .0.variable, .0.environment)]
    NotSet(Box<NotSet>),
    /// The file cannot be read.
    #[error("the URL of `{environment}` could not be read from `{}`", path.display())]
    File {
        /// The environment.
        environment: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The command did not print it.
    #[error("the URL of `{environment}` could not be had from `{program}`: {problem}")]
    Command {
        /// The environment.
        environment: String,
        /// The command's program.
        program: String,
        /// What went wrong.
        problem: String,
    },
    /// A file or an output that is not one line.
    #[error("the URL of `{environment}`: {place} {problem}")]
    NotOneUrl {
        /// The environment.
        environment: String,
        /// The file or the command.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The environment is many databases, and one is needed.
    #[error("`{environment}` is {} databases, and this is about one", names.len())]
    Many {
        /// The environment.
        environment: String,
        /// What they are called.
        names: Vec<String>,
    },
    /// The text with many URLs cannot be read.
    #[error("the databases of `{environment}`: {place} {problem}")]
    Targets {
        /// The environment.
        environment: String,
        /// The variable or the command.
        place: String,
        /// What is wrong, without anything of the text but names.
        problem: String,
    },
    /// There is no database of that name among many.
    #[error("`{environment}` has no database `{name}`")]
    UnknownTarget {
        /// The environment.
        environment: String,
        /// What was asked for.
        name: String,
        /// The nearest name that there is.
        nearest: Option<String>,
        /// How many there are.
        known: usize,
    },
    /// The Prisma project names no URL at all.
    #[error("neither the schema `{}` nor a Prisma config says where the database is", schema.display())]
    ProjectNamesNone {
        /// The schema.
        schema: PathBuf,
    },
    /// The Prisma project computes its URL.
    #[error("the URL in `{}` can only be told by running it", place.display())]
    Computed {
        /// The config or schema.
        place: PathBuf,
    },
    /// There is a URL and it cannot be read.
    #[error("the URL of `{environment}` ({provenance}) is not usable: {problem}")]
    Url {
        /// The environment.
        environment: String,
        /// Where it was found.
        provenance: String,
        /// What is wrong with it.
        problem: UrlError,
    },
    /// A `.env` file that cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

impl SourceError {
    /// Whether there is simply no URL on this machine, as opposed to one that could not be read.
    #[must_use]
    pub fn is_not_here(&self) -> bool {
        match self {
            SourceError::NotSet(not_set) => !not_set.loads_unknown,
            SourceError::File { source, .. } => {
                matches!(source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied)
            }
            SourceError::Command { .. } | SourceError::ProjectNamesNone { .. } => true,
            SourceError::Targets { problem, .. } => problem == "is empty",
            SourceError::Many { .. } | SourceError::UnknownTarget { .. } => false,
            SourceError::NotOneUrl { problem, .. } => *problem == "is empty",
            SourceError::Computed { .. } | SourceError::Url { .. } | SourceError::Project(_) => false,
        }
    }
}

impl Explain for SourceError {
    fn exit_code(&self) -> ExitCode {
        match self {
            SourceError::NotSet(_)
            | SourceError::File { .. }
            | SourceError::Command { .. }
            | SourceError::NotOneUrl { .. }
            | SourceError::Many { .. }
            | SourceError::Targets { .. }
            | SourceError::UnknownTarget { .. }
            | SourceError::ProjectNamesNone { .. }
            | SourceError::Computed { .. } => ExitCode::Usage,
            SourceError::Url { problem, .. } => problem.exit_code(),
            SourceError::Project(error) => error.exit_code(),
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            SourceError::NotSet(not_set) => Some(not_set.why()),
            SourceError::File { .. } | SourceError::Command { .. } | SourceError::NotOneUrl { .. } => None,
            SourceError::Many { .. } => None,
            SourceError::Targets { .. } => {
                Some("a list that is read wrongly would leave databases out, or deploy one of them twice".to_owned())
            }
            SourceError::UnknownTarget { known, .. } => Some(format!("there are {known} of them")),
            SourceError::ProjectNamesNone { .. } | SourceError::Computed { .. } => Some(
                "the database that is checked must be the one that Prisma goes to, so it is never guessed".to_owned(),
            ),
            SourceError::Url { problem, .. } => problem.why(),
            SourceError::Project(error) => error.why(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            SourceError::NotSet(not_set) => not_set.hints(),
            SourceError::File { path, .. } => vec![format!("write the URL, and nothing else, to `{}`", path.display())],
            SourceError::Command { environment, .. } => {
                vec![format!("run the `url-command` of `[env.{environment}]` by hand to see what it says")]
            }
            SourceError::NotOneUrl { .. } => vec!["it must hold the URL and nothing else".to_owned()],
            SourceError::Many { environment, names } => vec![format!(
                "name one of them: `--env {environment}/{}`; `cargo prisma-safe status --env {environment}` shows all",
                names.first().map_or("NAME", String::as_str)
            )],
            SourceError::Targets { .. } => {
                vec!["write lines of `name=URL`, or JSON: `[{\"name\": \"acme\", \"url\": \"…\"}]`, each database once".to_owned()]
            }
            SourceError::UnknownTarget { environment, nearest, .. } => vec![match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("`cargo prisma-safe status --env {environment}` shows them all"),
            }],
            SourceError::ProjectNamesNone { .. } | SourceError::Computed { .. } => vec![
                "name the variable that Prisma reads: `url-env = \"DATABASE_URL\"` under `[prisma]` in prisma-safe.toml".to_owned(),
            ],
            SourceError::Url { problem, .. } => problem.hints(),
            SourceError::Project(error) => error.hints(),
        }
    }
}
