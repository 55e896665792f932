//! Why a run cannot start. Nothing that is wrong with a single migration is here: that is a finding.

use std::path::PathBuf;

use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::settings::Origin;

/// A name that is no rule's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// As written.
    pub name: String,
    /// Where.
    pub origin: Origin,
    /// What was most likely meant.
    pub nearest: Option<&'static str>,
}

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// Names in settings or flags.
    #[error("{}", unknown_rules(names))]
    UnknownRules {
        /// All of them.
        names: Vec<UnknownName>,
    },
    /// Neither a flag nor a file says which database the SQL is for.
    #[error("which database is `{}` for?", path.display())]
    NoProvider {
        /// The file or folder.
        path: PathBuf,
    },
    /// `migration_lock.toml` names another database than those known.
    #[error("`{}` says that its migrations are for `{provider}`, which is not supported", path.display())]
    OtherProvider {
        /// The lock file.
        path: PathBuf,
        /// As written.
        provider: String,
    },
    /// An argument is neither a path nor a migration.
    #[error("`{name}` is neither a file, nor a folder, nor a migration of this project")]
    NotFound {
        /// As typed.
        name: String,
        /// A migration that was most likely meant.
        nearest: Option<String>,
    },
    /// A folder without any SQL.
    #[error("there is no SQL in `{}`", path.display())]
    NothingThere {
        /// The folder.
        path: PathBuf,
    },
    /// A path that cannot be looked at.
    #[error("cannot look at `{}`", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
    /// A server version that is none.
    #[error("`{text}` ({origin}) is not a server version")]
    ServerVersion {
        /// As written.
        text: String,
        /// Where.
        origin: Origin,
    },
    /// The findings cannot be written out.
    #[error("cannot write the findings to standard output")]
    Output {
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
    /// A baseline that cannot be read.
    #[error("the baseline `{}` cannot be used: {what}", path.display())]
    Baseline {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A baseline that cannot be written.
    #[error("cannot write the baseline `{}`", path.display())]
    WriteBaseline {
        /// The file.
        path: PathBuf,
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
    /// `git` is not installed.
    #[error("`--since` asks git what has changed, and git cannot be started")]
    NoGit {
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
    /// The migrations are not in a repository.
    #[error("`{}` is not in a git repository", path.display())]
    NoRepository {
        /// The folder.
        path: PathBuf,
    },
    /// The reference does not exist.
    #[error("git does not know `{reference}`")]
    NoReference {
        /// As typed.
        reference: String,
    },
    /// No common ancestor is there, as in a shallow clone.
    #[error("git finds no common ancestor of `{reference}` and the current commit")]
    NoMergeBase {
        /// As typed.
        reference: String,
    },
    /// Anything else that git said.
    #[error("git failed: {said}")]
    Git {
        /// Its last line.
        said: String,
    },
}

fn unknown_rules(names: &[UnknownName]) -> String {
    let list: Vec<String> = names.iter().map(|name| format!("`{}` ({})", name.name, name.origin)).collect();
    match list.as_slice() {
        [one] => format!("there is no rule {one}"),
        many => format!("there are no rules {}", many.join(", ")),
    }
}

impl Explain for LintError {
    fn exit_code(&self) -> ExitCode {
        match self {
            LintError::UnknownRules { .. }
            | LintError::NoProvider { .. }
            | LintError::OtherProvider { .. }
            | LintError::NotFound { .. }
            | LintError::NothingThere { .. }
            | LintError::Unreadable { .. }
            | LintError::ServerVersion { .. }
            | LintError::Output { .. }
            | LintError::Baseline { .. }
            | LintError::WriteBaseline { .. }
            | LintError::NoGit { .. }
            | LintError::NoRepository { .. }
            | LintError::NoReference { .. }
            | LintError::NoMergeBase { .. }
            | LintError::Git { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            LintError::UnknownRules { .. } => {
                Some("a level for a rule that does not exist would silently have no effect".to_owned())
            }
            LintError::NoProvider { .. } => Some(
                "what a statement locks and destroys depends on the database; a guess could call it safe".to_owned(),
            ),
            LintError::OtherProvider { .. } => {
                Some("what a migration does there is not known to this tool, and unknown is never safe".to_owned())
            }
            LintError::NothingThere { .. } => {
                Some("a run that judges nothing must not look like a good one".to_owned())
            }
            LintError::NoMergeBase { .. } => Some(
                "without it, it cannot be told which migrations are new; CI often clones only the last commit"
                    .to_owned(),
            ),
            LintError::Output { .. } => Some("what was written is not whole".to_owned()),
            LintError::Baseline { .. } => Some("findings could be left out, or told, that should not be".to_owned()),
            LintError::NotFound { .. }
            | LintError::Unreadable { .. }
            | LintError::ServerVersion { .. }
            | LintError::WriteBaseline { .. }
            | LintError::NoGit { .. }
            | LintError::NoRepository { .. }
            | LintError::NoReference { .. }
            | LintError::Git { .. } => None,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            LintError::UnknownRules { names } => {
                let mut hints: Vec<String> = names
                    .iter()
                    .filter_map(|name| Some(format!("for `{}` did you mean `{}`?", name.name, name.nearest?)))
                    .collect();
                hints.push("all rules: `cargo prisma-safe lint --list`".to_owned());
                hints
            }
            LintError::NoProvider { .. } | LintError::OtherProvider { .. } => {
                vec!["say it: `--provider postgresql`, or mysql (MariaDB too), sqlite, sqlserver".to_owned()]
            }
            LintError::NotFound { nearest: Some(nearest), .. } => vec![format!("did you mean `{nearest}`?")],
            LintError::NotFound { nearest: None, .. } => {
                vec!["name a path, a migration's folder name, or `-` for standard input".to_owned()]
            }
            LintError::NothingThere { .. } => {
                vec!["name a migrations folder, one migration, or a folder that holds .sql files".to_owned()]
            }
            LintError::Unreadable { path, .. } => vec![format!("check the rights of `{}`", path.display())],
            LintError::ServerVersion { .. } => vec!["write it like 15.4, 8.0.36 or 10.11.2-mariadb".to_owned()],
            LintError::Output { .. } => vec!["check the space on the disk that it is written to".to_owned()],
            LintError::Baseline { path, .. } => {
                vec![format!("write it again: `cargo prisma-safe lint --baseline {} --write-baseline`", path.display())]
            }
            LintError::WriteBaseline { path, .. } => vec![format!("check the rights of `{}`", path.display())],
            LintError::NoGit { .. } => vec!["install git, or name the migrations that are to be judged".to_owned()],
            LintError::NoRepository { .. } => vec!["name the migrations that are to be judged".to_owned()],
            LintError::NoReference { reference } => {
                let branch = reference.strip_prefix("origin/").unwrap_or(reference);
                vec![
                    format!("fetch it: `git fetch origin {branch}`"),
                    "see what there is: `git branch --all`".to_owned(),
                ]
            }
            LintError::NoMergeBase { reference } => vec![
                "fetch the history: `git fetch --unshallow` (GitHub Actions: `fetch-depth: 0`)".to_owned(),
                format!("see whether they are related: `git merge-base {reference} HEAD`"),
            ],
            LintError::Git { .. } => vec!["run `git status` in that folder".to_owned()],
        }
    }
}
