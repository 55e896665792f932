//! What `init` brings into a project: the settings file, the policy and the templates. Nothing that exists is ever overwritten.
//!
//! To add a file: its original under `templates/`, a line in [`Setup::plan`].

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Major, MajorKnownBy, Project, ProjectError, UrlReference, named_environments::EnvironmentNames};
use crate::environment::EnvironmentKind;
use crate::settings::{SETTINGS_FILE, Settings, SettingsSource, shown};

const SETTINGS_TEMPLATE: &str = include_str!("../../templates/prisma-safe.toml");
/// The team's policy, word for word.
pub const POLICY: &str = include_str!("../../templates/policy.md");
/// The shape of a revert script.
pub const REVERT_TEMPLATE: &str = include_str!("../../templates/sql/revert_migration_template.sql");
/// The checklist of a change in three steps.
pub const CHECKLIST_TEMPLATE: &str = include_str!("../../templates/sql/expand_migrate_contract_checklist.md");

/// Where the policy goes, from the project's folder.
pub const POLICY_PATH: &str = "docs/database-migration-policy.md";
/// Where the revert template goes; the policy names this path.
pub const REVERT_PATH: &str = "templates/sql/revert_migration_template.sql";
/// Where the checklist goes; the policy names this path.
pub const CHECKLIST_PATH: &str = "templates/sql/expand_migrate_contract_checklist.md";

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is not there yet.
    New,
    /// It is there, with the very text that would be written.
    Same,
    /// It is there and stays as it is.
    Kept,
}

/// A file to bring in.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Where; absolute.
    pub path: PathBuf,
    /// What it would hold.
    pub text: String,
    /// Whether it is there.
    pub fate: Fate,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The files, the settings first.
    pub files: Vec<PlannedFile>,
    /// The environments of the new settings, with their kinds.
    pub environments: Vec<(String, EnvironmentKind)>,
}

impl Setup {
    /// Looks at a project and says what would be written.
    ///
    /// # Errors
    /// [`ProjectError`] when a file that exists cannot be looked at.
    pub fn plan(project: &Project, settings: &Settings) -> Result<Self, ProjectError> {
        let names = EnvironmentNames::find(project);
        // Settings further up count for this project; a second file would take their place.
        let settings_path = match &settings.source {
            SettingsSource::File(path) | SettingsSource::CargoMetadata(path) => path.clone(),
            SettingsSource::Nothing => project.root.join(SETTINGS_FILE),
        };
        let files = [
            (settings_path, settings_text(project, &names)),
            (in_project(project, POLICY_PATH), POLICY.to_owned()),
            (in_project(project, REVERT_PATH), REVERT_TEMPLATE.to_owned()),
            (in_project(project, CHECKLIST_PATH), CHECKLIST_TEMPLATE.to_owned()),
        ];
        let files = files
            .into_iter()
            .map(|(path, text)| {
                let fate = fate(&path, &text)?;
                Ok(PlannedFile { path, text, fate })
            })
            .collect::<Result<_, ProjectError>>()?;
        Ok(Setup { files, environments: names.all().map(|(name, kind)| (name.to_owned(), kind)).collect() })
    }

    /// Writes what is new: whole files or none, and none that appeared in the meantime.
    ///
    /// # Errors
    /// [`ProjectError::Unwritable`] with the first file that could not be written; those before it stay.
    pub fn write(&self) -> Result<(), ProjectError> {
        self.files.iter().filter(|file| file.fate == Fate::New).try_for_each(|file| write_new(&file.path, &file.text))
    }
}

fn in_project(project: &Project, path: &str) -> PathBuf {
    path.split('/').fold(project.root.clone(), |folder, part| folder.join(part))
}

fn fate(path: &Path, text: &str) -> Result<Fate, ProjectError> {
    // A link that leads nowhere is there, too.
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Fate::New),
        Err(source) => Err(ProjectError::Unreadable { path: shown(path), source }),
        Ok(_) => {
            let same = std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes());
            Ok(if same { Fate::Same } else { Fate::Kept })
        }
    }
}

fn write_new(path: &Path, text: &str) -> Result<(), ProjectError> {
    let unwritable = |source| ProjectError::Unwritable { path: shown(path), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prisma-safe-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist_noclobber(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

fn settings_text(project: &Project, names: &EnvironmentNames) -> String {
    SETTINGS_TEMPLATE
        .replace("@FOUND@", &found_text(project, names))
        .replace("@ENVIRONMENTS@", &environments_text(project, names))
}

fn found_text(project: &Project, names: &EnvironmentNames) -> String {
    let relative = |path: &Path| {
        let path = path.strip_prefix(&project.root).unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    };
    let prisma = match (project.prisma(), project.major_known_by) {
        (Ok(cli), _) => format!("Prisma {}", cli.version),
        (Err(_), MajorKnownBy::Installed) => format!("Prisma {} (installed, cannot be started here)", project.major),
        (Err(_), MajorKnownBy::Declared) => format!("Prisma {} (declared, not installed)", project.major),
        (Err(_), MajorKnownBy::Guessed) => format!("Prisma {} (by the shape of the schema)", project.major),
    };
    let mut lines = vec![
        format!("{prisma}, {}", project.provider.display_name()),
        format!("schema {}, migrations {}", relative(&project.schema.path), relative(&project.migrations_dir)),
    ];
    if let Some(config) = &project.config {
        lines.push(format!("config {}", relative(&config.path)));
    }
    for (file, why) in names.evidence() {
        lines.push(format!("{file}: {why}"));
    }
    // Names on disk may hold anything; a line end in one would begin a setting.
    let plain = |line: &String| line.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
    let lines: Vec<String> = lines.iter().map(|line| format!("#   {}", plain(line))).collect();
    lines.join("\n")
}

fn environments_text(project: &Project, names: &EnvironmentNames) -> String {
    let mut text = String::from(
        "# Without a kind an environment is held to production's standard. Only `dev` may ever be reset, and only when its URL is a\n\
         # local one that no other environment has.\n",
    );
    let place = if project.major == Major::Seven { "Prisma config" } else { "schema" };
    text.push_str("[env.dev]\nkind = \"dev\"\n");
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match project.urls.url.as_ref().and_then(UrlReference::variable).filter(is_name) {
        Some(variable) => text.push_str(&format!("url-env = \"{variable}\"\n\n")),
        None => text.push_str(&format!("# no url-env: the URL that the {place} itself names\n\n")),
    }
    for (name, kind) in names.all() {
        text.push_str(&environment_text(name, kind, names, ""));
    }
    // What every team has sooner or later, ready to be uncommented.
    for (name, kind) in [("staging", EnvironmentKind::Staging), ("production", EnvironmentKind::Production)] {
        if !names.all().any(|(_, found)| found == kind) {
            text.push_str(&environment_text(name, kind, names, "# "));
        }
    }
    text.trim_end().to_owned()
}

fn environment_text(name: &str, kind: EnvironmentKind, names: &EnvironmentNames, comment: &str) -> String {
    let mut lines =
        vec![format!("[env.{name}]"), format!("kind = \"{kind}\""), format!("url-env = \"{}\"", names.variable(name))];
    if kind == EnvironmentKind::Production {
        let staging = names.all().find(|(_, kind)| *kind == EnvironmentKind::Staging).map(|(name, _)| name);
        // A required environment must exist: an active one cannot wait for one that is commented out.
        let off = if staging.is_none() && comment.is_empty() { "# " } else { "" };
        lines.push(format!(
            "{off}requires = [\"{}\"]     # a migration must have been there before",
            staging.unwrap_or("staging")
        ));
        lines.push(format!("{off}soak = \"24h\"               # and for that long"));
        lines.push("stabilization = \"14d\"      # between the last expand step and a contract step".to_owned());
    }
    if matches!(kind, EnvironmentKind::Production | EnvironmentKind::Staging) {
        // Ready to be uncommented, whether the environment itself is or not.
        let off = if comment.is_empty() { "# " } else { "" };
        lines.push("lock-timeout = \"2s\"        # a migration that waits longer for a lock gives up,".to_owned());
        lines.push(format!("{off}lock-retries = 5           # and comes again so often"));
        lines.push(format!("{off}statement-timeout = \"15m\"  # no statement runs longer"));
        lines.push(format!("{off}abort-if-blocking = \"10s\"  # nobody waits longer for what a migration holds"));
        lines.push(format!("{off}watch = \"2m\"               # how long the database is looked at afterwards"));
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("{comment}{line}\n")).collect();
    format!("{}\n", lines.concat())
}
