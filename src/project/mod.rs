//! The project: one Prisma schema with its migrations folder, its Prisma CLI and its settings.
//!
//! One file per thing that has to be found: [`provider`](Provider), `schema`, `datasource`, `lock_file`, `prisma_config` (with
//! `javascript` below it), `prisma_cli`, `engine`, `dotenv`, `version`. Everything is read from files; nothing of the project is run.

mod datasource;
mod dotenv;
mod engine;
mod error;
mod javascript;
mod lock_file;
mod named_environments;
mod package_json;
mod prisma_cli;
mod prisma_config;
mod provider;
mod schema;
pub mod setup;
mod text_file;
mod url_reference;
mod variables;
mod version;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use datasource::Datasource;
pub use dotenv::{DotenvFiles, DotenvValue, names_in};
pub use engine::find_schema_engine;
pub use error::ProjectError;
pub use lock_file::lock_file_provider;
pub use prisma_cli::{FoundBy, PrismaCli};
pub use prisma_config::{ConfigPath, DotenvLoading, PrismaConfig, clean as clean_path};
pub use provider::{Provider, UnknownProvider};
pub use schema::{Schema, SchemaNamedBy};
pub use text_file::read_text;
pub use url_reference::UrlReference;
pub use variables::Variables;
pub use version::{Major, Version, major_of_range};

use crate::settings::{PrismaSettings, Settings, Upwards, shown};
use package_json::PackageJson;

/// How the major became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MajorKnownBy {
    /// The installed CLI.
    Installed,
    /// The range in `package.json`; nothing is installed.
    Declared,
    /// The shape of the schema and the config; nothing is installed or declared.
    Guessed,
}

/// The URLs that the Prisma project itself reads.
#[derive(Debug, Clone, Default)]
pub struct ProjectUrls {
    /// What migrations go to: `directUrl` before `url` in 5 and 6, the config's `datasource.url` in 7.
    pub migrate: Option<UrlReference>,
    /// `url`, or the variable that `prisma.url-env` of the settings names.
    pub url: Option<UrlReference>,
    /// `directUrl` (5 and 6).
    pub direct: Option<UrlReference>,
    /// `shadowDatabaseUrl`.
    pub shadow: Option<UrlReference>,
}

impl ProjectUrls {
    /// Every variable that Prisma reads for a URL that a migration may go to, the one it goes to first. Pinning a run to a URL
    /// means setting all of them for the child process.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for reference in [&self.migrate, &self.direct, &self.url].into_iter().flatten() {
            if let Some(name) = reference.variable()
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }
}

/// A Prisma project.
#[derive(Debug)]
pub struct Project {
    /// The folder that Prisma is started in; absolute.
    pub root: PathBuf,
    /// The schema.
    pub schema: Schema,
    /// The database it is for.
    pub provider: Provider,
    /// The provider that `migration_lock.toml` says, as written; Prisma refuses to deploy when it differs (P3019).
    pub lock_provider: Option<String>,
    /// The migrations folder; absolute; need not exist.
    pub migrations_dir: PathBuf,
    /// The Prisma config, where there is one.
    pub config: Option<PrismaConfig>,
    /// The major that the files are read by.
    pub major: Major,
    /// How it became known.
    pub major_known_by: MajorKnownBy,
    /// The URLs that the project itself reads.
    pub urls: ProjectUrls,
    /// The `.env` files that its Prisma reads.
    pub dotenv: DotenvFiles,
    settings: PrismaSettings,
    prisma: OnceLock<PrismaCli>,
}

impl Project {
    /// Finds the project for a folder. Starts nothing and needs no Node.
    ///
    /// # Errors
    /// [`ProjectError`] when there is none, or it cannot be read.
    pub fn find(start: &Path, settings: &Settings) -> Result<Self, ProjectError> {
        let no_schema = || ProjectError::NoSchema { start: shown(start), looked_from: start.to_owned() };
        let root = find_root(start, settings).ok_or_else(no_schema)?;
        let config = find_config(&root, &settings.prisma)?;
        let named = settings.prisma.schema.as_ref();
        let (major, major_known_by) = find_major(&root, settings, config.as_ref())?;
        // 5 reads no config.
        let config = config.filter(|_| major != Major::Five);
        let schema = schema::find(&root, major, named, config.as_ref())?.ok_or_else(no_schema)?;
        let migrations_dir = migrations_dir(&settings.prisma, config.as_ref(), &schema, major);
        let lock_provider = read_text(&migrations_dir.join("migration_lock.toml"))
            .ok()
            .and_then(|text| lock_file_provider(&text).map(str::to_owned));
        let provider = find_provider(&schema, lock_provider.as_deref())?;
        let urls = find_urls(&settings.prisma, config.as_ref(), &schema, major);
        let dotenv = DotenvFiles::of(major, &root, schema.datasource_folder(), config.as_ref());
        Ok(Project {
            root,
            schema,
            provider,
            lock_provider,
            migrations_dir,
            config,
            major,
            major_known_by,
            urls,
            dotenv,
            settings: settings.prisma.clone(),
            prisma: OnceLock::new(),
        })
    }

    /// Prisma's CLI, looked for at the first call.
    ///
    /// # Errors
    /// [`ProjectError`] when it is not installed, not supported, or cannot be started.
    pub fn prisma(&self) -> Result<&PrismaCli, ProjectError> {
        if let Some(found) = self.prisma.get() {
            return Ok(found);
        }
        let found = prisma_cli::find(&self.root, &self.settings)?;
        Ok(self.prisma.get_or_init(|| found))
    }

    /// The folder that a relative `file:` URL starts from: that of the schema in 5 and 6, that of a config given by `--config`
    /// or else the working directory in 7.
    #[must_use]
    pub fn sqlite_base_dir(&self) -> &Path {
        match &self.config {
            _ if self.major.is_before_seven() => self.schema.datasource_folder(),
            Some(config) if config.named => config.folder(),
            _ => &self.root,
        }
    }

    /// The schema, where Prisma must be told it (`--schema`).
    #[must_use]
    pub fn schema_argument(&self) -> Option<&Path> {
        (self.schema.named_by == SchemaNamedBy::Settings).then_some(self.schema.path.as_path())
    }

    /// The config, where Prisma must be told it (`--config`).
    #[must_use]
    pub fn config_argument(&self) -> Option<&Path> {
        self.config.as_ref().filter(|config| config.named).map(|config| config.path.as_path())
    }
}

/// The folder that Prisma is to be started in.
fn find_root(start: &Path, settings: &Settings) -> Option<PathBuf> {
    let named = settings.prisma.config.as_ref().or(settings.prisma.schema.as_ref());
    if let Some(named) = named {
        // The package that owns it, but none above the settings.
        let owner = Upwards::from(named.value.parent()?)
            .take_while(|folder| folder.starts_with(&settings.root))
            .find(|folder| folder.join("package.json").is_file() || PrismaConfig::locate(folder).is_some());
        return Some(owner.unwrap_or(&settings.root).to_owned());
    }
    let folder = Upwards::from(start).find(|folder| is_project(folder))?;
    // Started inside `prisma/`: the project is what holds it.
    if folder.ends_with("prisma")
        && let Some(parent) = folder.parent()
        && ["package.json", "node_modules", "Cargo.toml"].iter().any(|name| parent.join(name).exists())
    {
        return Some(parent.to_owned());
    }
    Some(folder.to_owned())
}

fn is_project(folder: &Path) -> bool {
    let prisma = folder.join("prisma");
    folder.join("schema.prisma").is_file()
        || prisma.join("schema.prisma").is_file()
        || prisma.join("schema").is_dir()
        || PrismaConfig::locate(folder).is_some()
        || PackageJson::read(&folder.join("package.json")).is_ok_and(|package| package.has_prisma_section())
}

fn find_config(root: &Path, settings: &PrismaSettings) -> Result<Option<PrismaConfig>, ProjectError> {
    if let Some(named) = &settings.config {
        if !named.value.is_file() {
            let path = shown(&named.value);
            return Err(ProjectError::NotThere { what: "the Prisma config", path, named_by: named.origin.to_string() });
        }
        return PrismaConfig::read(&named.value, root, true).map(Some);
    }
    PrismaConfig::locate(root).map(|path| PrismaConfig::read(&path, root, false)).transpose()
}

fn find_major(
    root: &Path,
    settings: &Settings,
    config: Option<&PrismaConfig>,
) -> Result<(Major, MajorKnownBy), ProjectError> {
    if let Some(major) = prisma_cli::installed_major(root, &settings.prisma)? {
        return Ok((major, MajorKnownBy::Installed));
    }
    if let Some(major) = prisma_cli::declared_major(root) {
        return Ok((major, MajorKnownBy::Declared));
    }
    if config.is_some_and(|config| config.url.is_some()) {
        return Ok((Major::Seven, MajorKnownBy::Guessed));
    }
    // A URL in the schema is an error in 7 and needed before it.
    let schema = schema::find(root, Major::Six, settings.prisma.schema.as_ref(), config)?;
    let has_url = schema.and_then(|schema| schema.datasource).is_some_and(|datasource| datasource.url.is_some());
    Ok((if has_url { Major::Six } else { Major::Seven }, MajorKnownBy::Guessed))
}

fn migrations_dir(settings: &PrismaSettings, config: Option<&PrismaConfig>, schema: &Schema, major: Major) -> PathBuf {
    if let Some(named) = &settings.migrations {
        return named.value.clone();
    }
    if let Some(PrismaConfig { migrations: Some(ConfigPath::Known(path)), .. }) = config {
        return path.clone();
    }
    let beside = schema.folder().join("migrations");
    let beside_datasource = schema.datasource_folder().join("migrations");
    // Early multi-file schemas had their migrations beside the file with the datasource.
    if major.is_before_seven() && !beside.is_dir() && beside_datasource.is_dir() { beside_datasource } else { beside }
}

fn find_provider(schema: &Schema, lock_provider: Option<&str>) -> Result<Provider, ProjectError> {
    let named = schema.datasource.as_ref().and_then(|datasource| datasource.provider.as_deref());
    let name = named.or(lock_provider).ok_or_else(|| ProjectError::NoProvider { path: shown(&schema.path) })?;
    Provider::from_prisma(name)
        .map_err(|provider| ProjectError::Provider { provider, path: shown(&schema.datasource_file) })
}

fn find_urls(settings: &PrismaSettings, config: Option<&PrismaConfig>, schema: &Schema, major: Major) -> ProjectUrls {
    let mut urls = match (config, &schema.datasource) {
        (Some(config), _) if major == Major::Seven || config.url.is_some() => ProjectUrls {
            migrate: None,
            url: config.url.clone(),
            direct: config.direct_url.clone().filter(|_| major.is_before_seven()),
            shadow: config.shadow_database_url.clone(),
        },
        (_, Some(datasource)) if major.is_before_seven() => ProjectUrls {
            migrate: None,
            url: datasource.url.clone(),
            direct: datasource.direct_url.clone(),
            shadow: datasource.shadow_database_url.clone(),
        },
        _ => ProjectUrls::default(),
    };
    if let Some(named) = &settings.url_env {
        urls.url = Some(UrlReference::Variable(named.value.clone()));
    }
    urls.migrate = urls.direct.clone().or_else(|| urls.url.clone());
    urls
}
