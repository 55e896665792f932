//! Where an environment's URL comes from, and getting it from there: a variable of the process or of the `.env` files that this
//! Prisma would read, a file, a command, or what the Prisma project itself names.
//!
//! The process environment is never changed. Every URL carries its [`Provenance`], so that `env show` and refusals can say it.
//! To add a way: a variant of [`UrlSource`] with its keys in `settings/environment.rs`, a variant of [`Provenance`], an arm in
//! `Sources::fetch`.

mod command;
mod error;
mod file;

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

pub use error::{NotSet, SourceError};

use super::dev_test::{OtherEnvironment, OtherUrl};
use super::url::DatabaseUrl;
use crate::project::{Project, UrlReference, Variables};
use crate::settings::{EnvironmentSettings, Settings, UrlSource, shown};

/// Where a URL was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A variable of the process.
    Process {
        /// Its name.
        variable: String,
    },
    /// A variable of a `.env` file.
    Dotenv {
        /// Its name.
        variable: String,
        /// The file.
        file: PathBuf,
    },
    /// A file that holds the URL.
    File(PathBuf),
    /// A command that printed it; its program only, since arguments may say more than they should.
    Command(String),
    /// Written out in the schema or the Prisma config.
    Literal(PathBuf),
}

impl Provenance {
    /// The variable that it is the value of.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Provenance::Process { variable } | Provenance::Dotenv { variable, .. } => Some(variable),
            Provenance::File(_) | Provenance::Command(_) | Provenance::Literal(_) => None,
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Provenance::Process { variable } => write!(f, "{variable}, from the process environment"),
            Provenance::Dotenv { variable, file } => write!(f, "{variable}, from {}", shown(file).display()),
            Provenance::File(path) => write!(f, "the file {}", shown(path).display()),
            Provenance::Command(program) => write!(f, "printed by `{program}`"),
            Provenance::Literal(file) => write!(f, "written in {}", shown(file).display()),
        }
    }
}

/// A URL and where it was found.
#[derive(Debug, Clone)]
pub struct FoundUrl {
    /// The URL.
    pub url: DatabaseUrl,
    /// Where it was found.
    pub provenance: Provenance,
}

/// The URLs of an environment.
#[derive(Debug, Clone)]
pub struct EnvironmentUrls {
    /// `url`.
    pub url: FoundUrl,
    /// `directUrl`, which Migrate of Prisma 5 and 6 uses instead; or what the settings name as direct.
    pub direct: Option<FoundUrl>,
}

impl EnvironmentUrls {
    /// The URL that migrations go to.
    #[must_use]
    pub fn migrate(&self) -> &FoundUrl {
        self.direct.as_ref().unwrap_or(&self.url)
    }
}

/// All that URLs are found with.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The project.
    pub project: &'a Project,
    /// The process environment.
    pub variables: &'a Variables,
}

/// A URL's text before it is read.
struct Fetched {
    text: SecretString,
    provenance: Provenance,
}

impl Sources<'_> {
    /// The URLs of an environment. Runs its `url-command`, whose stderr is shown.
    ///
    /// # Errors
    /// [`SourceError`] when there is none, or it cannot be read.
    pub fn urls(&self, environment: &EnvironmentSettings) -> Result<EnvironmentUrls, SourceError> {
        self.urls_with(environment, command::Stderr::Shown)
    }

    /// The shadow database that the project names; `None` when it names none, or the variable is not set (Prisma makes its own
    /// then).
    ///
    /// # Errors
    /// [`SourceError`] when there is one and it cannot be read.
    pub fn shadow(&self, environment: &EnvironmentSettings) -> Result<Option<FoundUrl>, SourceError> {
        let Some(reference) = &self.project.urls.shadow else { return Ok(None) };
        match self.of_reference(environment, reference) {
            Ok(fetched) => self.read(environment, fetched).map(Some),
            Err(error) if error.is_not_here() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is known of every environment but one, for the dev test: an environment with two URLs is there twice.
    #[must_use]
    pub fn others(&self, except: &str) -> Vec<OtherEnvironment> {
        let mut others = Vec::new();
        for environment in self.settings.environments.iter().filter(|other| other.name.value != except) {
            let mut add = |url| {
                others.push(OtherEnvironment {
                    name: environment.name.value.clone(),
                    kind: environment.kind.value,
                    origin: Some(environment.url.origin.to_string()),
                    url,
                });
            };
            match self.urls_with(environment, command::Stderr::Hidden) {
                Ok(urls) => {
                    add(OtherUrl::Known(Box::new(urls.url.url)));
                    if let Some(direct) = urls.direct {
                        add(OtherUrl::Known(Box::new(direct.url)));
                    }
                }
                Err(error) if error.is_not_here() => add(OtherUrl::NotHere(error.to_string())),
                Err(error) => add(OtherUrl::Unreadable(error.to_string())),
            }
        }
        others
    }

    fn urls_with(
        &self,
        environment: &EnvironmentSettings,
        stderr: command::Stderr,
    ) -> Result<EnvironmentUrls, SourceError> {
        let url = self.read(environment, self.fetch(environment, &environment.url.value, stderr)?)?;
        let direct = match &environment.direct_url {
            Some(source) => Some(self.fetch(environment, &source.value, stderr)?),
            None => self.projects_own_direct(environment)?,
        };
        let direct = direct.map(|fetched| self.read(environment, fetched)).transpose()?;
        Ok(EnvironmentUrls { url, direct })
    }

    /// The project's `directUrl`, for the environment whose URL is the project's own: that is where Prisma would go.
    fn projects_own_direct(&self, environment: &EnvironmentSettings) -> Result<Option<Fetched>, SourceError> {
        let urls = &self.project.urls;
        let is_own = match &environment.url.value {
            UrlSource::Project => true,
            UrlSource::Variable(name) => urls.url.as_ref().and_then(UrlReference::variable) == Some(name),
            UrlSource::File(_) | UrlSource::Command(_) => false,
        };
        match &urls.direct {
            Some(direct) if is_own => self.of_reference(environment, direct).map(Some),
            _ => Ok(None),
        }
    }

    fn fetch(
        &self,
        environment: &EnvironmentSettings,
        source: &UrlSource,
        stderr: command::Stderr,
    ) -> Result<Fetched, SourceError> {
        match source {
            UrlSource::Variable(name) => self.of_variable(environment, name),
            UrlSource::File(path) => {
                Ok(Fetched { text: file::read(environment, path)?, provenance: Provenance::File(path.clone()) })
            }
            UrlSource::Command(words) => {
                let text = command::run(environment, words, &self.settings.root, stderr)?;
                Ok(Fetched { text, provenance: Provenance::Command(words[0].clone()) })
            }
            UrlSource::Project => match &self.project.urls.url {
                Some(reference) => self.of_reference(environment, reference),
                None => Err(SourceError::ProjectNamesNone { schema: shown(&self.project.schema.path) }),
            },
        }
    }

    fn of_reference(
        &self,
        environment: &EnvironmentSettings,
        reference: &UrlReference,
    ) -> Result<Fetched, SourceError> {
        let place = match &self.project.config {
            Some(config) if config.url.is_some() => &config.path,
            _ => &self.project.schema.datasource_file,
        };
        match reference {
            UrlReference::Variable(name) => self.of_variable(environment, name),
            UrlReference::Literal(text) => {
                Ok(Fetched { text: text.clone(), provenance: Provenance::Literal(place.clone()) })
            }
            UrlReference::Unreadable => Err(SourceError::Computed { place: shown(place) }),
        }
    }

    fn of_variable(&self, environment: &EnvironmentSettings, name: &str) -> Result<Fetched, SourceError> {
        if let Some(value) = self.variables.get(name) {
            let provenance = Provenance::Process { variable: name.to_owned() };
            return Ok(Fetched { text: value.into(), provenance });
        }
        let dotenv = &self.project.dotenv;
        if let Some(found) = dotenv.get(name, self.variables)? {
            let provenance = Provenance::Dotenv { variable: name.to_owned(), file: found.file };
            return Ok(Fetched { text: found.value.into(), provenance });
        }
        let ignored = dotenv.ignored.as_ref().filter(|(file, _)| file::mentions(file, name));
        Err(SourceError::NotSet(Box::new(NotSet {
            environment: environment.name.value.clone(),
            variable: name.to_owned(),
            origin: environment.url.is_set().then(|| environment.url.origin.to_string()),
            looked_in: dotenv.read.iter().map(|file| shown(file)).collect(),
            ignored: ignored.map(|(file, reason)| (shown(file), *reason)),
            loads_unknown: dotenv.unreadable,
        })))
    }

    fn read(&self, environment: &EnvironmentSettings, fetched: Fetched) -> Result<FoundUrl, SourceError> {
        let text = fetched.text.expose_secret();
        match DatabaseUrl::parse(Some(self.project.provider), text, self.project.sqlite_base_dir()) {
            Ok(url) => Ok(FoundUrl { url, provenance: fetched.provenance }),
            Err(problem) => Err(SourceError::Url {
                environment: environment.name.value.clone(),
                provenance: fetched.provenance.to_string(),
                problem,
            }),
        }
    }
}
