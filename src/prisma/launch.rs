//! From a project to a run of its own Prisma: which program, which folder, which files, which variables.

use std::path::Path;

use super::{Command, Invocation, Paths, PrismaError, Run, Target};
use crate::environment::DatabaseUrl;
use crate::project::{Project, ProjectError};
use crate::settings::{Settings, SettingsSource};
use crate::sql::analysis::PrismaVersion;

use super::guard::pin::Pin;

/// What a project without any readable URL reference most likely reads. The guard refuses the run when it reads something else.
const USUAL_VARIABLE: &str = "DATABASE_URL";

/// A project's Prisma, ready to be run.
#[derive(Debug, Clone)]
pub struct Launch {
    /// How the CLI is started.
    pub invocation: Invocation,
    /// The files that it must be told.
    pub paths: Paths,
    /// The variables that it reads its URL from.
    pub variables: Vec<String>,
    /// The settings file that the guard shall use, too.
    settings: Option<std::path::PathBuf>,
}

impl Launch {
    /// Finds the project's CLI.
    ///
    /// # Errors
    /// [`ProjectError`] when Prisma is not installed, or in a major that is not supported.
    pub fn of(project: &Project, settings: &Settings) -> Result<Self, ProjectError> {
        let cli = project.prisma()?;
        let mut variables: Vec<String> = project.urls.variables().into_iter().map(str::to_owned).collect();
        if variables.is_empty() {
            variables.push(USUAL_VARIABLE.to_owned());
        }
        Ok(Launch {
            invocation: Invocation {
                command: cli.invocation.clone(),
                major: u32::from(cli.major.number()),
                directory: project.root.clone(),
            },
            paths: Paths {
                schema: project.schema_argument().map(Path::to_owned),
                config: project.config_argument().map(Path::to_owned),
            },
            variables,
            settings: match &settings.source {
                SettingsSource::File(path) | SettingsSource::CargoMetadata(path) => Some(path.clone()),
                SettingsSource::Nothing => None,
            },
        })
    }

    /// A command against one database, pinned to it.
    ///
    /// # Errors
    /// [`PrismaError`] when this Prisma major has no such command.
    pub fn command<'a>(&'a self, command: Command, url: &'a DatabaseUrl, pin: Pin) -> Result<Run<'a>, PrismaError> {
        Ok(self.at(Run::command(&self.invocation, command, &self.paths)?, url, pin))
    }

    /// Pins any run to one database.
    #[must_use]
    pub fn at<'a>(&'a self, run: Run<'a>, url: &'a DatabaseUrl, pin: Pin) -> Run<'a> {
        let target = Target { variables: &self.variables, url: url.expose(), file: url.identity().path() };
        self.anywhere(run.target(target, pin))
    }

    /// Any run, on whatever database Prisma takes; the guard judges that one.
    #[must_use]
    pub fn anywhere<'a>(&'a self, run: Run<'a>) -> Run<'a> {
        match &self.settings {
            Some(file) => run.settings(file),
            None => run,
        }
    }
}

/// The project's Prisma version for [`crate::sql::analysis`]: exact when it is installed, else the major alone.
#[must_use]
pub fn version(project: &Project) -> PrismaVersion {
    let major = u16::from(project.major.number());
    let minor = project.prisma().ok().and_then(|cli| u16::try_from(cli.version.minor).ok());
    PrismaVersion { major, minor }
}
