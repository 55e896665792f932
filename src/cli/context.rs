//! What every command works with.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{CliError, GlobalArgs};
use crate::environment::{EnvironmentUrls, Sources, Tenant};
use crate::error::Result;
use crate::project::{Project, ProjectError, Variables};
use crate::settings::{EnvironmentSettings, Origin, Settings, SettingsError};
use crate::shell::Shell;

/// The shell, the global flags, and settings and project, found at the first call.
pub struct Context {
    /// The one thing that prints.
    pub shell: Shell,
    /// The global flags.
    pub global: GlobalArgs,
    /// The process environment as it was at the start.
    pub variables: Variables,
    start: OnceCell<PathBuf>,
    settings: OnceCell<Rc<Settings>>,
    project: OnceCell<Rc<Project>>,
}

impl Context {
    /// A context that has looked at nothing yet.
    #[must_use]
    pub fn new(shell: Shell, global: GlobalArgs) -> Self {
        Context {
            shell,
            global,
            variables: Variables::of_process(),
            start: OnceCell::new(),
            settings: OnceCell::new(),
            project: OnceCell::new(),
        }
    }

    /// The folder that everything is looked for from: `--project`, or the current one. Absolute.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn start(&self) -> Result<&Path> {
        if let Some(start) = self.start.get() {
            return Ok(start);
        }
        let here = std::env::current_dir().map_err(|source| CliError::NoFolder { source })?;
        let start = match &self.global.project {
            Some(folder) => crate::project::clean_path(&here.join(folder)),
            None => here,
        };
        if !start.is_dir() {
            let path = self.global.project.clone().unwrap_or(start);
            return Err(ProjectError::NoFolder { path }.into());
        }
        Ok(self.start.get_or_init(|| start))
    }

    /// The settings. Shared, so that the shell stays free to print.
    ///
    /// # Errors
    /// When there are some and they cannot be used.
    pub fn settings(&self) -> Result<Rc<Settings>> {
        if let Some(settings) = self.settings.get() {
            return Ok(Rc::clone(settings));
        }
        let settings = Rc::new(Settings::find(self.start()?, self.global.config().as_ref())?);
        Ok(Rc::clone(self.settings.get_or_init(|| settings)))
    }

    /// The project. Shared, so that the shell stays free to print.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn project(&self) -> Result<Rc<Project>> {
        if let Some(project) = self.project.get() {
            return Ok(Rc::clone(project));
        }
        let project = Rc::new(Project::find(self.start()?, &*self.settings()?)?);
        Ok(Rc::clone(self.project.get_or_init(|| project)))
    }

    /// The one environment to work on: that of `--env`; else `dev`; else the only one there is.
    ///
    /// # Errors
    /// When it does not exist, several were named, or none was and it cannot be told.
    pub fn environment(&self) -> Result<EnvironmentSettings> {
        let settings = self.settings()?;
        match self.global.env.as_slice() {
            [name] => self.named(&settings, name),
            [] => match (settings.environments.as_slice(), settings.environment("dev")) {
                (_, Ok(dev)) => Ok(dev.clone()),
                ([only], Err(_)) => Ok(only.clone()),
                (all, Err(_)) => {
                    let known = all.iter().map(|environment| environment.name.value.clone()).collect();
                    Err(CliError::NoEnvironment { known }.into())
                }
            },
            several => Err(CliError::SeveralEnvironments { names: several.to_vec() }.into()),
        }
    }

    /// An environment of `--env` or its variable; a wrong name in the variable is hard to see, so it is said.
    fn named(&self, settings: &Settings, name: &str) -> Result<EnvironmentSettings> {
        match (settings.named(name), self.global.env_origin()) {
            (Ok(environment), _) => Ok(environment),
            (
                Err(SettingsError::UnknownEnvironment { name, nearest, known, has_settings, .. }),
                origin @ Origin::Variable(_),
            ) => {
                let named_by = Some(origin.to_string());
                Err(SettingsError::UnknownEnvironment { name, nearest, known, has_settings, named_by }.into())
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The environments of `--env` in the order given, each once; empty when it was not given.
    ///
    /// # Errors
    /// When one does not exist.
    pub fn named_environments(&self) -> Result<Vec<EnvironmentSettings>> {
        let settings = self.settings()?;
        let mut found: Vec<EnvironmentSettings> = Vec::new();
        for name in &self.global.env {
            let environment = self.named(&settings, name)?;
            if !found.contains(&environment) {
                found.push(environment);
            }
        }
        Ok(found)
    }

    /// The databases of an environment of many. Runs its `targets-command`.
    ///
    /// # Errors
    /// When the list cannot be had or read.
    pub fn tenants(&self, environment: &EnvironmentSettings) -> Result<Vec<Tenant>> {
        let (settings, project) = (self.settings()?, self.project()?);
        let sources = Sources { settings: &settings, project: &project, variables: &self.variables };
        Ok(sources.tenants(environment)?)
    }

    /// The URLs of an environment. Runs its `url-command`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn urls(&self, environment: &EnvironmentSettings) -> Result<EnvironmentUrls> {
        let (settings, project) = (self.settings()?, self.project()?);
        let sources = Sources { settings: &settings, project: &project, variables: &self.variables };
        Ok(sources.urls(environment)?)
    }
}
