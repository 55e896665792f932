//! What can be wrong with the settings as a whole.

use std::path::PathBuf;

use super::problem::Problem;
use crate::error::Explain;
use crate::exit_code::ExitCode;

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file named by `--config` or `PRISMA_SAFE_CONFIG` is not there.
    #[error("there is no settings file `{}`", path.display())]
    NotThere {
        /// The file.
        path: PathBuf,
        /// Who named it.
        named_by: &'static str,
    },
    /// The file is there and cannot be read.
    #[error("the settings file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// More than a settings file can be.
    #[error("the settings file `{}` is larger than {limit_mib} MiB", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_mib: u64,
    },
    /// Bytes that are not UTF-8.
    #[error("the settings file `{}` is not UTF-8 (line {line})", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Where the first wrong byte is.
        line: usize,
        /// Whether it starts as UTF-16 does.
        utf16: bool,
    },
    /// Unknown keys, wrong types, values that mean nothing.
    #[error("{}", join(problems))]
    Invalid {
        /// All of them, in the order of the file; never empty.
        problems: Vec<Problem>,
    },
    /// `cargo metadata` failed while `Cargo.toml` seems to hold settings.
    #[error("`{}` mentions `prisma-safe`, and Cargo cannot read it", manifest.display())]
    Cargo {
        /// The manifest.
        manifest: PathBuf,
        /// What Cargo said.
        source: cargo_metadata::Error,
    },
    /// An environment that the settings do not have.
    #[error("there is no environment `{name}`")]
    UnknownEnvironment {
        /// As asked for.
        name: String,
        /// The one that was probably meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
        /// Whether there are any settings at all.
        has_settings: bool,
        /// Who asked for it, when that is not plain from the command line.
        named_by: Option<String>,
    },
}

fn join(problems: &[Problem]) -> String {
    let blocks: Vec<String> = problems.iter().map(Problem::to_string).collect();
    blocks.join("\n")
}

impl Explain for SettingsError {
    fn exit_code(&self) -> ExitCode {
        match self {
            SettingsError::NotThere { .. }
            | SettingsError::Unreadable { .. }
            | SettingsError::TooLarge { .. }
            | SettingsError::NotUtf8 { .. }
            | SettingsError::Invalid { .. }
            | SettingsError::Cargo { .. }
            | SettingsError::UnknownEnvironment { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            SettingsError::NotThere { .. } => {
                Some("going on without it would take every database for one without a policy".to_owned())
            }
            SettingsError::Unreadable { .. }
            | SettingsError::TooLarge { .. }
            | SettingsError::NotUtf8 { .. }
            | SettingsError::Cargo { .. } => {
                Some("without its settings the tool cannot tell production from a developer's database".to_owned())
            }
            SettingsError::Invalid { .. } => Some(
                "a setting that is not understood may be the one that protects production, so nothing runs".to_owned(),
            ),
            SettingsError::UnknownEnvironment { has_settings: false, .. } => Some(
                "without settings there is one environment, `dev`: the URL that the Prisma project itself reads"
                    .to_owned(),
            ),
            SettingsError::UnknownEnvironment { named_by, .. } => {
                named_by.as_ref().map(|named_by| format!("the environment was {named_by}"))
            }
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            SettingsError::NotThere { named_by, .. } => {
                vec![format!("correct {named_by}, or leave it out to use the nearest `prisma-safe.toml`")]
            }
            SettingsError::Unreadable { path, .. } => vec![format!("check who may read `{}`", path.display())],
            SettingsError::TooLarge { .. } => {
                vec!["is this the right file? settings have a few dozen lines".to_owned()]
            }
            SettingsError::NotUtf8 { utf16: true, .. } => vec!["it looks like UTF-16: save it as UTF-8".to_owned()],
            SettingsError::NotUtf8 { .. } => vec!["save it as UTF-8".to_owned()],
            SettingsError::Invalid { problems } => problems.iter().filter_map(|problem| problem.help.clone()).collect(),
            SettingsError::Cargo { .. } => vec!["`cargo metadata --no-deps` shows the error alone".to_owned()],
            SettingsError::UnknownEnvironment { name, nearest, known, has_settings, .. } => {
                if !has_settings {
                    return vec![format!(
                        "`cargo prisma-safe init` writes a `prisma-safe.toml`; describe `[env.{name}]` there"
                    )];
                }
                let mut hints: Vec<String> = nearest.iter().map(|near| format!("did you mean `{near}`?")).collect();
                hints.push(format!("environments here: {}", known.join(", ")));
                hints
            }
        }
    }
}
