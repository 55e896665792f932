//! Where an environment's URL comes from, and getting it from there: a variable of the process or of the `.env` files that this
//! Prisma would read, a file, a command, or what the Prisma project itself names.
//!
//! An environment may be many databases ([`Sources::tenants`]): then each of them is an environment of its own, named `fleet/acme`.
//!
//! The process environment is never changed. Every URL carries its [`Provenance`], so that `env show` and refusals can say it.
//! To add a way: a variant of [`UrlSource`] with its keys in `settings/environment.rs`, a variant of [`Provenance`], an arm in
//! `Sources::fetch`.

mod command;
mod error;
mod file;
mod targets;

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

pub use error::{NotSet, SourceError};

use super::dev_test::{OtherEnvironment, OtherUrl};
use super::url::DatabaseUrl;
use crate::project::{Project, UrlReference, Variables};
use crate::settings::{EnvironmentSettings, Settings, TargetsSource, UrlSource, nearest, shown};

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

/// One of the databases of an environment of many, as an environment of its own.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its name among them.
    pub name: String,
    /// All that is set for the whole, under the name `fleet/acme`.
    pub environment: EnvironmentSettings,
    /// Its URL.
    pub found: FoundUrl,
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

    /// The databases of an environment of many, in the order in which they are listed, names and databases each once. Runs its `targets-command`,
    /// whose stderr is shown. Empty for an environment that is one database.
    ///
    /// # Errors
    /// [`SourceError`] when the list cannot be had or read, a URL in it cannot be read, or two of them are one database.
    pub fn tenants(&self, environment: &EnvironmentSettings) -> Result<Vec<Tenant>, SourceError> {
        let UrlSource::Targets(all) = &environment.url.value else { return Ok(Vec::new()) };
        self.tenants_of(environment, all, command::Stderr::Shown)
    }

    fn tenants_of(
        &self,
        environment: &EnvironmentSettings,
        all: &TargetsSource,
        stderr: command::Stderr,
    ) -> Result<Vec<Tenant>, SourceError> {
        let mut tenants: Vec<Tenant> = Vec::new();
        for (name, found) in self.listed(environment, all, stderr)? {
            let wrong = |problem: String| SourceError::Targets {
                environment: environment.name.value.clone(),
                place: found.provenance.to_string(),
                problem,
            };
            for known in &tenants {
                if known.name == name {
                    return Err(wrong(format!("calls two databases `{name}`")));
                }
                let same = known.found.url.identity().same_database(found.url.identity());
                if same == super::Comparison::Same {
                    return Err(wrong(format!("has one database twice: as `{}` and as `{name}`", known.name)));
                }
            }
            let Some(environment) = environment.tenant(&name) else { continue };
            tenants.push(Tenant { name, environment, found });
        }
        Ok(tenants)
    }

    /// Names and URLs as they are listed.
    fn listed(
        &self,
        environment: &EnvironmentSettings,
        all: &TargetsSource,
        stderr: command::Stderr,
    ) -> Result<Vec<(String, FoundUrl)>, SourceError> {
        let Fetched { text, provenance } = match all {
            TargetsSource::Variable(name) => self.of_variable(environment, name)?,
            TargetsSource::Command(words) => Fetched {
                text: command::run_for_all(environment, words, &self.settings.root, stderr)?,
                provenance: Provenance::Command(words[0].clone()),
            },
        };
        let wrong = |problem: String| SourceError::Targets {
            environment: environment.name.value.clone(),
            place: provenance.to_string(),
            problem,
        };
        let listed = targets::read(text.expose_secret()).map_err(wrong)?;
        let mut found = Vec::with_capacity(listed.len());
        for (index, one) in listed.into_iter().enumerate() {
            let fetched = Fetched { text: one.url, provenance: provenance.clone() };
            let place = one.name.clone().map_or_else(|| format!("number {}", index + 1), |name| format!("`{name}`"));
            let url = self.read(environment, fetched).map_err(|error| match error {
                SourceError::Url { environment, provenance, problem } => {
                    SourceError::Url { environment, provenance: format!("{provenance}, {place}"), problem }
                }
                other => other,
            })?;
            let name = match one.name {
                Some(name) => name,
                None => name_of(&url.url)
                    .ok_or_else(|| wrong(format!("has no name for {place}, and its database's name cannot be one")))?,
            };
            found.push((name, url));
        }
        Ok(found)
    }

    /// What is known of every environment but one, for the dev test: an environment with two URLs is there twice.
    #[must_use]
    pub fn others(&self, except: &str) -> Vec<OtherEnvironment> {
        let mut others = Vec::new();
        for environment in self.each_database().iter().filter(|other| other.name.value != except) {
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

    /// Every environment, and one of many databases once for each of them. A list that cannot be had stays one environment, without a URL.
    #[must_use]
    pub fn each_database(&self) -> Vec<EnvironmentSettings> {
        let each = self.settings.environments.iter().map(|environment| match &environment.url.value {
            UrlSource::Targets(all) => match self.tenants_of(environment, all, command::Stderr::Hidden) {
                Ok(tenants) => tenants.into_iter().map(|tenant| tenant.environment).collect(),
                Err(_) => vec![environment.clone()],
            },
            _ => vec![environment.clone()],
        });
        each.flatten().collect()
    }

    fn urls_with(
        &self,
        environment: &EnvironmentSettings,
        stderr: command::Stderr,
    ) -> Result<EnvironmentUrls, SourceError> {
        let url = match &environment.url.value {
            UrlSource::Target { all, name } => self.one_of(environment, all, name, stderr)?,
            source => self.read(environment, self.fetch(environment, source, stderr)?)?,
        };
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
            UrlSource::File(_) | UrlSource::Command(_) | UrlSource::Targets(_) | UrlSource::Target { .. } => false,
        };
        match &urls.direct {
            Some(direct) if is_own => self.of_reference(environment, direct).map(Some),
            _ => Ok(None),
        }
    }

    fn one_of(
        &self,
        environment: &EnvironmentSettings,
        all: &TargetsSource,
        name: &str,
        stderr: command::Stderr,
    ) -> Result<FoundUrl, SourceError> {
        let mut listed = self.listed(environment, all, stderr)?;
        match listed.iter().position(|(known, _)| known == name) {
            Some(at) => Ok(listed.swap_remove(at).1),
            None => Err(SourceError::UnknownTarget {
                environment: fleet_of(environment).to_owned(),
                name: name.to_owned(),
                nearest: nearest(name, listed.iter().map(|(known, _)| known.as_str())).map(str::to_owned),
                known: listed.len(),
            }),
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
            UrlSource::Targets(all) | UrlSource::Target { all, .. } => {
                let listed = self.listed(environment, all, stderr)?;
                let names = listed.into_iter().map(|(name, _)| name).collect();
                Err(SourceError::Many { environment: environment.name.value.clone(), names })
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

/// A database that nobody named: its own name, where that can be one.
fn name_of(url: &DatabaseUrl) -> Option<String> {
    let identity = url.identity();
    let name = match identity.path() {
        Some(file) => file.file_stem()?.to_str()?.to_owned(),
        None => identity.database()?.to_owned(),
    };
    targets::is_name(&name).then_some(name)
}

/// The name of the environment of many that one belongs to.
fn fleet_of(environment: &EnvironmentSettings) -> &str {
    let name = &environment.name.value;
    name.split_once(crate::settings::TENANT).map_or(name, |(fleet, _)| fleet)
}
