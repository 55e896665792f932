//! What the settings, the environments and the database itself say about a target.
//!
//! Nothing in the process environment can talk the guard into a reset. Settings are looked for from where the engine runs and from where the schema is; a
//! file that `PRISMA_SAFE_CONFIG` names is heard in addition, and all of them must agree that the database is dev.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::court::Evidence;
use super::entry::{Databases, Entry, FoundUrl};
use super::rules::Standing;
use crate::environment::dev_test::{OtherEnvironment, OtherUrl};
use crate::environment::source::Sources;
use crate::environment::{Comparison, DatabaseUrl, EnvironmentKind};
use crate::error::Explain as _;
use crate::prisma::dev_check::{ClaimedUrls, prove};
use crate::project::{Project, Variables};
use crate::settings::{EnvironmentSettings, Origin, Settings, Sourced, UngatedDeploy};

/// The variable that names a settings file.
const CONFIG_VARIABLE: &str = "PRISMA_SAFE_CONFIG";

/// Looks things up when asked.
pub struct Lookup {
    directory: PathBuf,
    starts: Vec<PathBuf>,
    databases: Databases,
    variables: Variables,
    found: Option<Result<Vec<Place>, String>>,
}

/// One settings file, or the lack of one, and the project it is about.
struct Place {
    settings: Settings,
    /// The text of why there is none.
    project: Result<Project, String>,
}

impl Lookup {
    /// For an engine that was started so, in `directory`. Reads nothing yet.
    #[must_use]
    pub fn new(entry: &Entry, directory: &Path) -> Self {
        let mut starts = vec![directory.to_path_buf()];
        starts.extend(entry.schema_folders.iter().cloned());
        Lookup {
            directory: directory.to_path_buf(),
            starts,
            databases: entry.databases.clone(),
            variables: Variables::of_process(),
            found: None,
        }
    }

    fn places(&mut self) -> Result<&[Place], String> {
        if self.found.is_none() {
            self.found = Some(places(&self.directory, &self.starts, &self.variables));
        }
        match &self.found {
            Some(Ok(places)) => Ok(places),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("the settings were not looked for".to_owned()),
        }
    }
}

/// Every settings file that has a say, each once.
fn places(directory: &Path, starts: &[PathBuf], variables: &Variables) -> Result<Vec<Place>, String> {
    let unusable = |error: &dyn std::fmt::Display| format!("the settings cannot be used: {error}");
    let mut all: Vec<(Settings, &Path)> = Vec::new();
    let named = variables
        .get(CONFIG_VARIABLE)
        .map(|path| Sourced { value: PathBuf::from(path), origin: Origin::Variable(CONFIG_VARIABLE.to_owned()) });
    if let Some(named) = &named {
        all.push((Settings::find(directory, Some(named)).map_err(|error| unusable(&error))?, directory));
    }
    for start in starts {
        let settings = Settings::find(start, None).map_err(|error| unusable(&error))?;
        if !all.iter().any(|(known, _)| known.source == settings.source) {
            all.push((settings, start));
        }
    }
    // Where one place has settings, the lack of them elsewhere says nothing.
    if all.iter().any(|(settings, _)| settings.exist()) {
        all.retain(|(settings, _)| settings.exist());
    }
    let place = |(settings, start): (Settings, &Path)| {
        let project = Project::find(start, &settings).or_else(|_| Project::find(&settings.root, &settings));
        Place { settings, project: project.map_err(|error| error.to_string()) }
    };
    Ok(all.into_iter().map(place).collect())
}

/// A URL of the engine's, read.
struct Read {
    url: DatabaseUrl,
    origin: String,
}

fn read(found: &FoundUrl) -> Result<Read, String> {
    let url = DatabaseUrl::parse(None, found.expose(), &found.base)
        .map_err(|error| format!("its URL cannot be read: {error}"))?;
    Ok(Read { url, origin: found.written.to_string() })
}

fn not_dev(reason: String) -> Standing {
    Standing::NotDev { reason, environment: None, hints: Vec::new() }
}

impl Place {
    fn sources<'a>(&'a self, variables: &'a Variables) -> Option<Sources<'a>> {
        let project = self.project.as_ref().ok()?;
        Some(Sources { settings: &self.settings, project, variables })
    }

    /// The environment that a database belongs to.
    fn environment_of(
        &self,
        target: &DatabaseUrl,
        pinned: Option<&str>,
        variables: &Variables,
    ) -> Result<EnvironmentSettings, String> {
        if let Some(name) = pinned {
            return self.settings.named(name).map_err(|error| error.to_string());
        }
        // Without settings the project's own URL is `dev`, and that is the one that Prisma uses.
        if let ([only], false) = (self.settings.environments.as_slice(), self.settings.exist()) {
            return Ok(only.clone());
        }
        let sources = match (&self.project, self.sources(variables)) {
            (_, Some(sources)) => sources,
            (Err(reason), None) => return Err(format!("the project was not found: {reason}")),
            (Ok(_), None) => return Err("the project was not found".to_owned()),
        };
        let mut not_here = Vec::new();
        let mut belongs = Vec::new();
        for environment in sources.each_database() {
            match sources.urls(&environment) {
                Ok(urls) => {
                    let all = [Some(&urls.url), urls.direct.as_ref()];
                    if all
                        .into_iter()
                        .flatten()
                        .any(|url| url.url.identity().same_database(target.identity()) == Comparison::Same)
                    {
                        belongs.push(environment);
                    }
                }
                Err(_) => not_here.push(environment.name.value),
            }
        }
        // One that is not dev wins: the claim is then refused for its kind.
        let found = belongs.iter().find(|environment| !environment.kind.value.is_dev()).or(belongs.first());
        found.cloned().ok_or_else(|| {
            let mut text = "it is the database of no environment in the settings".to_owned();
            if !not_here.is_empty() {
                text.push_str(&format!(" (not available here: `{}`)", not_here.join("`, `")));
            }
            text
        })
    }

    fn standing(
        &self,
        targets: &[Read],
        shadow: Option<&Read>,
        pinned: Option<&str>,
        variables: &Variables,
    ) -> Standing {
        let (main, direct) = match targets {
            [main] => (main, None),
            // `directUrl` comes first: the engine uses it.
            [direct, main] => (main, Some(direct)),
            _ => return not_dev("the call is about several databases".to_owned()),
        };
        let target = direct.unwrap_or(main);
        let environment = match self.environment_of(&target.url, pinned, variables) {
            Ok(environment) => environment,
            Err(reason) => return not_dev(reason),
        };
        let others = self.sources(variables).map_or_else(Vec::new, |sources| sources.others(&environment.name.value));
        let schemas = self.project.as_ref().ok().and_then(|project| project.schema.datasource.as_ref());
        let schemas = schemas.map(|datasource| datasource.schemas.clone()).unwrap_or_default();
        let claimed = |read: &Read| (read.url.clone(), read.origin.clone());
        let (main, direct, shadow) = (claimed(main), direct.map(claimed), shadow.map(claimed));
        let urls = ClaimedUrls {
            url: (&main.0, &main.1),
            direct: direct.as_ref().map(|(url, origin)| (url, origin.as_str())),
            shadow: shadow.as_ref().map(|(url, origin)| (url, origin.as_str())),
        };
        match prove(&self.settings, &environment, urls, &schemas, &others) {
            Ok(_) => Standing::Dev,
            Err(not_dev) => Standing::NotDev {
                reason: not_dev.to_string(),
                hints: not_dev.hints(),
                environment: self.settings.exist().then_some(not_dev.environment),
            },
        }
    }

    /// Everything that is somebody's own database, so no shadow may be it.
    fn real_databases(&self, variables: &Variables) -> Vec<OtherEnvironment> {
        // No environment has an empty name, so none is left out.
        self.sources(variables).map_or_else(Vec::new, |sources| sources.others(""))
    }
}

impl Evidence for Lookup {
    fn standing(&mut self, targets: &[&FoundUrl], pinned: Option<&str>) -> Standing {
        let variables = self.variables.clone();
        let shadow = self.databases.shadow_url.clone();
        let read_all: Result<Vec<_>, _> = targets.iter().map(|found| read(found)).collect();
        let (targets, shadow) = match (read_all, shadow.as_ref().map(read).transpose()) {
            (Ok(targets), Ok(shadow)) => (targets, shadow),
            (Err(reason), _) | (_, Err(reason)) => return Standing::Unknown(reason),
        };
        let places = match self.places() {
            Ok(places) => places,
            Err(reason) => return Standing::Unknown(reason),
        };
        for place in places {
            let standing = place.standing(&targets, shadow.as_ref(), pinned, &variables);
            if standing != Standing::Dev {
                return standing;
            }
        }
        if places.is_empty() { Standing::Unknown("no settings were looked at".to_owned()) } else { Standing::Dev }
    }

    fn shadow(&mut self, shadow: &FoundUrl, targets: &[&FoundUrl]) -> Result<(), String> {
        let variables = self.variables.clone();
        let shadow = read(shadow).map_err(|reason| format!("the shadow database is not known: {reason}"))?;
        for target in targets {
            let target = read(target).map_err(|reason| format!("the main database is not known: {reason}"))?;
            if shadow.url.identity().same_database(target.url.identity()).may_be_same() {
                return Err("the shadow database is, or may be, the main database".to_owned());
            }
        }
        for place in self.places()? {
            for other in place.real_databases(&variables) {
                match other.url {
                    OtherUrl::Known(url) if shadow.url.identity().same_database(url.identity()).may_be_same() => {
                        return Err(format!("the shadow database is, or may be, the database of `{}`", other.name));
                    }
                    OtherUrl::Unreadable(problem) if other.kind != EnvironmentKind::Dev => {
                        return Err(format!("the shadow database cannot be compared with `{}`: {problem}", other.name));
                    }
                    OtherUrl::Known(_) | OtherUrl::NotHere(_) | OtherUrl::Unreadable(_) => {}
                }
            }
        }
        Ok(())
    }

    fn ungated_deploy(&mut self) -> bool {
        match self.places() {
            Ok(places) => places.iter().all(|place| place.settings.guard.ungated_deploy.value == UngatedDeploy::Allow),
            Err(_) => false,
        }
    }

    fn file_of(&self, url: &FoundUrl) -> Option<PathBuf> {
        let url = DatabaseUrl::parse(None, url.expose(), &url.base).ok()?;
        url.identity().path().map(Path::to_path_buf)
    }
}

/// `[prisma] engine` of the settings.
#[must_use]
pub fn engine_setting(directory: &Path) -> Option<PathBuf> {
    let named = std::env::var_os(CONFIG_VARIABLE)
        .filter(|path: &OsString| !path.is_empty())
        .map(|path| Sourced { value: PathBuf::from(path), origin: Origin::Variable(CONFIG_VARIABLE.to_owned()) });
    let settings = Settings::find(directory, named.as_ref()).ok()?;
    settings.prisma.engine.map(|engine| engine.value)
}
