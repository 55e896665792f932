//! Flags that every command has.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::settings::{Origin, Sourced};
use crate::shell::{ColorChoice, Verbosity};

/// The variable that does what `--env` does.
pub const ENV_VARIABLE: &str = "PRISMA_SAFE_ENV";
/// The variable that does what `--config` does.
pub const CONFIG_VARIABLE: &str = "PRISMA_SAFE_CONFIG";

/// Flags of every command.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Environment; several with commas or by repeating, where the command takes several
    #[arg(long = "env", value_name = "NAME", global = true, env = ENV_VARIABLE, hide_env_values = true, value_delimiter = ',')]
    pub env: Vec<String>,
    /// Settings file [default: the nearest prisma-safe.toml upwards, else Cargo metadata]
    #[arg(long, value_name = "FILE", global = true, env = CONFIG_VARIABLE, hide_env_values = true)]
    pub config: Option<OsString>,
    /// Folder to look for the Prisma project in [default: the current one]
    #[arg(long, value_name = "DIR", global = true)]
    pub project: Option<PathBuf>,
    /// When to colour
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t, hide_possible_values = false)]
    pub color: ColorChoice,
    /// Errors, refusals and data only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also tell which files are read and what is run
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Whether `--env` was given by its variable.
    #[arg(skip)]
    env_by_variable: bool,
    /// Whether `--config` was given by its variable.
    #[arg(skip)]
    config_by_variable: bool,
}

impl GlobalArgs {
    /// Remembers what came from variables, and drops what is empty: an empty variable is one that is not set.
    pub(super) fn note_origins(&mut self, matches: &ArgMatches) {
        self.env.retain(|name| !name.trim().is_empty());
        for name in &mut self.env {
            *name = name.trim().to_owned();
        }
        self.config = self.config.take().filter(|path| !path.is_empty());
        let by_variable = |id: &str| matches.value_source(id) == Some(ValueSource::EnvVariable);
        self.env_by_variable = by_variable("env");
        self.config_by_variable = by_variable("config");
    }

    /// How much to tell.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }

    /// Who chose the environment.
    #[must_use]
    pub fn env_origin(&self) -> Origin {
        if self.env.is_empty() {
            Origin::Default
        } else if self.env_by_variable {
            Origin::Variable(ENV_VARIABLE.to_owned())
        } else {
            Origin::Flag("--env")
        }
    }

    /// The settings file that was named.
    #[must_use]
    pub fn config(&self) -> Option<Sourced<PathBuf>> {
        let origin = if self.config_by_variable {
            Origin::Variable(CONFIG_VARIABLE.to_owned())
        } else {
            Origin::Flag("--config")
        };
        self.config.as_ref().map(|path| Sourced { value: PathBuf::from(path), origin })
    }
}

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OutputFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// `--format`, for the commands that have it: `#[command(flatten)]`.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct FormatArgs {
    /// Format of the data on stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: OutputFormat,
}

impl FormatArgs {
    /// Whether JSON was asked for.
    #[must_use]
    pub fn is_json(self) -> bool {
        self.format == OutputFormat::Json
    }
}
