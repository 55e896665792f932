//! `prisma-safe.toml` or Cargo metadata → validated settings, every value with its origin.
//!
//! One file per section, all of the same shape: a struct of [`Sourced`] values and a `read` that asks a `Table` for each key.
//! To add a key: a field with its doc comment, one line in `read`, one line in `templates/prisma-safe.toml`, one in
//! `docs/settings.md`. To add a section: a file here, a field of [`Settings`], one line in `Settings::read`.

mod approvers;
mod backup;
mod drift;
mod duration;
mod environment;
mod error;
mod execution;
mod fleet;
mod gates;
mod guard;
mod impact;
mod lint;
mod locate;
mod new;
mod origin;
mod prisma;
mod problem;
mod reader;
mod size;
#[cfg(test)]
mod tests;
mod verify;
mod window;

use std::path::{Path, PathBuf};

pub use approvers::{Approver, KEY_PREFIX, parse_public_key};
pub use backup::{BackupSettings, BackupSource};
pub use drift::DriftSettings;
pub use duration::{DURATION_HELP, DurationError, format_duration, parse_duration};
pub use environment::{EnvironmentSettings, TENANT, UrlSource, in_file_name};
pub use error::SettingsError;
pub use execution::ExecutionSettings;
pub use fleet::{FleetSettings, TargetsSource};
pub use gates::{GATES, GateMode, GateSettings};
pub use guard::{GuardSettings, UngatedDeploy};
pub use impact::ImpactSettings;
pub use lint::{Level, LintSettings, RuleSettings};
pub use locate::{SETTINGS_FILE, Upwards, has_vcs};
pub use new::{KeepData, NewSettings};
pub use origin::{Origin, Sourced};
pub use prisma::PrismaSettings;
pub use problem::Problem;
pub use reader::nearest;
pub use size::{SIZE_HELP, format_size, parse_size};
pub use verify::{Demand, VerifySettings};
pub use window::{Freeze, Hours, WindowSettings, find_zone};

use crate::environment::DevHosts;
use crate::error::Explain as _;
use reader::{Document, DocumentKind, Table};

/// Where the settings were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsSource {
    /// Nowhere: everything is a default.
    Nothing,
    /// A `prisma-safe.toml`, or the file that `--config` names.
    File(PathBuf),
    /// A metadata table of a `Cargo.toml`.
    CargoMetadata(PathBuf),
}

/// Everything the settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where they were found.
    pub source: SettingsSource,
    /// The folder that relative paths start from; absolute.
    pub root: PathBuf,
    /// `[prisma]`.
    pub prisma: PrismaSettings,
    /// `[env.<name>]`, in the order of the file. Never empty: without any there is the project's own URL as `dev`.
    pub environments: Vec<EnvironmentSettings>,
    /// `dev-hosts`: hosts that may be a developer's own beside the loopback ones.
    pub dev_hosts: DevHosts,
    /// `[guard]`.
    pub guard: GuardSettings,
    /// `[lint]`.
    pub lint: LintSettings,
    /// `[new]`.
    pub new: NewSettings,
    /// `[verify]`.
    pub verify: VerifySettings,
    /// `[approvers]`, in the order of the file.
    pub approvers: Vec<Approver>,
}

impl Settings {
    /// The settings of a project that has none.
    #[must_use]
    pub fn nothing(root: &Path) -> Self {
        Settings {
            source: SettingsSource::Nothing,
            root: root.to_owned(),
            prisma: PrismaSettings::default(),
            environments: vec![EnvironmentSettings::implicit_dev()],
            dev_hosts: DevHosts::default(),
            guard: GuardSettings::default(),
            lint: LintSettings::default(),
            new: NewSettings::default(),
            verify: VerifySettings::default(),
            approvers: Vec::new(),
        }
    }

    /// Finds and reads the settings for a folder: the file that was named, else the nearest `prisma-safe.toml` upwards, else
    /// the metadata of the nearest Cargo package or workspace, else none.
    ///
    /// # Errors
    /// [`SettingsError`] when there are settings and they cannot be used.
    pub fn find(start: &Path, named: Option<&Sourced<PathBuf>>) -> Result<Self, SettingsError> {
        locate::find(start, named)
    }

    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] with everything that is wrong.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let root = path.parent().unwrap_or(Path::new(".")).to_owned();
        let source = SettingsSource::File(path.to_owned());
        Self::from_table_at(text, path, DocumentKind::SettingsFile, &[], source, &root)
    }

    fn from_table_at(
        text: &str,
        path: &Path,
        kind: DocumentKind,
        at: &[&'static str],
        source: SettingsSource,
        root: &Path,
    ) -> Result<Self, SettingsError> {
        let document = Document::new(text, &shown(path), kind);
        let mut settings = Settings::nothing(root);
        settings.source = source;
        if let Some(parsed) = document.parse() {
            let mut table = Some(Table::new(&document, &parsed, ""));
            for key in at {
                table = table.and_then(|mut outer| outer.table(key));
            }
            if let Some(table) = table {
                settings.read(table);
            }
        }
        let problems = document.into_problems();
        if problems.is_empty() { Ok(settings) } else { Err(SettingsError::Invalid { problems }) }
    }

    fn read(&mut self, mut table: Table<'_, '_>) {
        if let Some(prisma) = table.table("prisma") {
            self.prisma = PrismaSettings::read(prisma, &self.root);
        }
        if let Some(environments) = table.table("env") {
            let environments = environment::read_all(&environments, &self.root);
            if !environments.is_empty() {
                self.environments = environments;
            }
        }
        if let Some(hosts) = table.strings("dev-hosts") {
            match DevHosts::parse(&hosts.value, Some(hosts.origin.to_string())) {
                Ok(hosts) => self.dev_hosts = hosts,
                Err(error) => {
                    let help = error.hints().into_iter().next();
                    table.complain_at("dev-hosts", error.to_string(), help);
                }
            }
        }
        if let Some(guard) = table.table("guard") {
            self.guard = GuardSettings::read(guard);
        }
        if let Some(lint) = table.table("lint") {
            self.lint = LintSettings::read(lint);
        }
        if let Some(verify) = table.table("verify") {
            self.verify = VerifySettings::read(verify, &self.root);
        }
        if let Some(mut approvers) = table.table("approvers") {
            self.approvers = approvers::read_all(&mut approvers);
        }
        environment::check_approvals(&table, &self.environments, self.approvers.len());
        if let Some(new) = table.table("new") {
            self.new = NewSettings::read(new);
        }
        table.finish();
    }

    /// Whether there are any.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.source != SettingsSource::Nothing
    }

    /// The environment of that name, or one database of an environment of many: `fleet/acme`. Whether there is such a database shows when its
    /// URL is asked for.
    ///
    /// # Errors
    /// [`SettingsError::UnknownEnvironment`] with the nearest name.
    pub fn named(&self, name: &str) -> Result<EnvironmentSettings, SettingsError> {
        if let Some((fleet, tenant)) = name.split_once(TENANT)
            && let Some(found) = self.environment(fleet)?.tenant(tenant)
        {
            return Ok(found);
        }
        self.environment(name).cloned()
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// [`SettingsError::UnknownEnvironment`] with the nearest name.
    pub fn environment(&self, name: &str) -> Result<&EnvironmentSettings, SettingsError> {
        self.environments.iter().find(|environment| environment.name.value == name).ok_or_else(|| {
            let known: Vec<String> =
                self.environments.iter().map(|environment| environment.name.value.clone()).collect();
            SettingsError::UnknownEnvironment {
                name: name.to_owned(),
                nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
                known,
                has_settings: self.exist(),
                named_by: None,
            }
        })
    }
}

/// A path as people want to read it: relative to where they are, when it is below.
#[must_use]
pub fn shown(path: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .filter(|relative| !relative.as_os_str().is_empty())
        .unwrap_or_else(|| path.to_owned())
}
