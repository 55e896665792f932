//! `[env.<name>]`: a named place, where its URL comes from and what it asks for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::backup::BackupSettings;
use super::drift::DriftSettings;
use super::execution::ExecutionSettings;
use super::fleet::{FleetSettings, TargetsSource, read_targets};
use super::gates::GateSettings;
use super::impact::ImpactSettings;
use super::origin::Sourced;
use super::reader::{Table, nearest};
use super::window::WindowSettings;
use crate::environment::EnvironmentKind;

/// Where a URL comes from. The URL itself is never in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlSource {
    /// A variable of the process, or of the `.env` files that this Prisma would read.
    Variable(String),
    /// A file that holds nothing but the URL; absolute.
    File(PathBuf),
    /// A command that prints the URL: program and arguments, no shell.
    Command(Vec<String>),
    /// Whatever the Prisma project itself reads: for a `dev` that says nothing else.
    Project,
    /// Many URLs, with a name each: the environment is many databases, and none of them by itself.
    Targets(TargetsSource),
    /// One of many, by its name.
    Target {
        /// All of them.
        all: TargetsSource,
        /// The one.
        name: String,
    },
}

/// `[env.<name>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentSettings {
    /// The name, and where the environment is declared.
    pub name: Sourced<String>,
    /// `kind`; [`EnvironmentKind::Unstated`] when absent, which is never dev.
    pub kind: Sourced<EnvironmentKind>,
    /// `url-env`, `url-file` or `url-command`: the URL that migrations go to.
    pub url: Sourced<UrlSource>,
    /// `direct-url-env` and so on: the URL past a pooler, which Prisma 5 and 6 use for migrations when the schema names one.
    pub direct_url: Option<Sourced<UrlSource>>,
    /// `requires`: environments that must have had a migration before this one.
    pub requires: Option<Sourced<Vec<String>>>,
    /// `soak`: how long a migration must have been there.
    pub soak: Option<Sourced<Duration>>,
    /// `stabilization`: how long after the expand step a contract step has to wait.
    pub stabilization: Option<Sourced<Duration>>,
    /// `lock-timeout`: how long a migration waits for a lock.
    pub lock_timeout: Option<Sourced<Duration>>,
    /// `statement-timeout`: how long one statement may run.
    pub statement_timeout: Option<Sourced<Duration>>,
    /// `transaction-limit`: how long a transaction of somebody else may be open when a deploy begins.
    pub transaction_limit: Option<Sourced<Duration>>,
    /// What is about the time while a deploy runs.
    pub execution: ExecutionSettings,
    /// `[env.<name>.window]`: when deploys may happen.
    pub window: Option<WindowSettings>,
    /// `[env.<name>.gates]`: how strictly each gate is taken.
    pub gates: GateSettings,
    /// `[env.<name>.backup]`: where a backup comes from.
    pub backup: Option<BackupSettings>,
    /// `[env.<name>.impact]`: how much a migration may work through while others wait.
    pub impact: ImpactSettings,
    /// `[env.<name>.drift]`: what is not compared.
    pub drift: DriftSettings,
    /// `approvals`: how many people must have approved a plan.
    pub approvals: Option<Sourced<u64>>,
    /// `approval-max-age`: for how long an approval holds.
    pub approval_max_age: Sourced<Duration>,
    /// How a deploy goes over the databases, where there are many.
    pub fleet: Option<FleetSettings>,
}

/// Between the name of an environment of many databases and the name of one of them: `fleet/acme`. No environment's own name has it.
pub const TENANT: char = '/';

/// An environment's name as a part of a file's name.
#[must_use]
pub fn in_file_name(environment: &str) -> String {
    // No environment's own name has this one either.
    environment.replace(TENANT, "+")
}

/// For how long an approval holds where nothing is said.
const APPROVAL_MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

impl EnvironmentSettings {
    /// The environment of a project without settings: its own URL, taken for `dev` until the dev test says otherwise.
    #[must_use]
    pub fn implicit_dev() -> Self {
        EnvironmentSettings {
            name: Sourced::default("dev".to_owned()),
            kind: Sourced::default(EnvironmentKind::Dev),
            url: Sourced::default(UrlSource::Project),
            direct_url: None,
            requires: None,
            soak: None,
            stabilization: None,
            lock_timeout: None,
            statement_timeout: None,
            transaction_limit: None,
            execution: ExecutionSettings::default(),
            window: None,
            gates: GateSettings::default(),
            backup: None,
            impact: ImpactSettings::for_kind(EnvironmentKind::Dev),
            drift: DriftSettings::default(),
            approvals: None,
            approval_max_age: Sourced::default(APPROVAL_MAX_AGE),
            fleet: None,
        }
    }

    /// Whether it is many databases.
    #[must_use]
    pub const fn is_fleet(&self) -> bool {
        matches!(self.url.value, UrlSource::Targets(_))
    }

    /// One of its databases as an environment of its own, named `fleet/acme`, with all that is set for the whole. `None`: it is one database.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<Self> {
        let UrlSource::Targets(all) = &self.url.value else { return None };
        let mut tenant = self.clone();
        tenant.name.value = format!("{}{TENANT}{name}", self.name.value);
        tenant.url.value = UrlSource::Target { all: all.clone(), name: name.to_owned() };
        tenant.fleet = None;
        Some(tenant)
    }

    fn read(name: Sourced<String>, mut table: Table<'_, '_>, root: &Path) -> Option<Self> {
        let kinds = [
            ("dev", EnvironmentKind::Dev),
            ("preview", EnvironmentKind::Preview),
            ("staging", EnvironmentKind::Staging),
            ("production", EnvironmentKind::Production),
        ];
        let url = read_url(&mut table, "", root);
        let kind = table.word("kind", &kinds).unwrap_or(Sourced::default(EnvironmentKind::Unstated));
        let impact = table.table("impact").map(|impact| ImpactSettings::read(impact, kind.value));
        let targets = read_targets(&mut table);
        if targets.is_some() {
            let beside =
                ["url-env", "url-file", "url-command", "direct-url-env", "direct-url-file", "direct-url-command"];
            if table.mentions(&beside) {
                let help = "an environment is one database (`url-env`) or many (`targets-env`)".to_owned();
                table.complain(format!("{} is both one database and many", table.heading()), Some(help));
            }
        }
        let is_fleet = table.mentions(&["targets-env", "targets-command"]);
        let fleet = FleetSettings::read(&mut table, is_fleet);
        let url = targets.map(|targets| targets.map(UrlSource::Targets)).or(url);
        let settings = EnvironmentSettings {
            impact: impact.unwrap_or_else(|| ImpactSettings::for_kind(kind.value)),
            drift: table.table("drift").map(DriftSettings::read).unwrap_or_default(),
            approvals: table.number("approvals", 0),
            approval_max_age: table.duration("approval-max-age").unwrap_or(Sourced::default(APPROVAL_MAX_AGE)),
            kind,
            url: url.clone().unwrap_or(Sourced::default(UrlSource::Project)),
            direct_url: read_url(&mut table, "direct-", root),
            requires: table.strings("requires"),
            soak: table.duration("soak"),
            stabilization: table.duration("stabilization"),
            lock_timeout: table.duration("lock-timeout"),
            statement_timeout: table.duration("statement-timeout"),
            transaction_limit: table.duration("transaction-limit"),
            execution: ExecutionSettings::read(&mut table),
            window: table.table("window").and_then(WindowSettings::read),
            gates: table.table("gates").map(GateSettings::read).unwrap_or_default(),
            backup: table.table("backup").and_then(|backup| BackupSettings::read(backup, root)),
            fleet,
            name,
        };
        if !is_environment_name(&settings.name.value) {
            table.complain(
                format!("`{}` cannot be the name of an environment", settings.name.value),
                Some("use letters, digits, `-`, `_` and `.`".to_owned()),
            );
        }
        // A developer's own database may be whatever the Prisma project itself reads.
        let may_be_projects = settings.kind.value.is_dev();
        if url.is_none()
            && !may_be_projects
            && !table.mentions(&["url", "url-env", "url-file", "url-command", "targets-env", "targets-command"])
        {
            table.complain(
                format!("{} does not say where its URL comes from", table.heading()),
                Some(format!("add `url-env = \"{}_DATABASE_URL\"`", settings.name.value.to_uppercase())),
            );
        }
        table.finish();
        Some(settings)
    }
}

/// Reads every `[env.<name>]`, in the order of the file.
pub(super) fn read_all(table: &Table<'_, '_>, root: &Path) -> Vec<EnvironmentSettings> {
    let environments: Vec<_> = table
        .names()
        .into_iter()
        .filter_map(|(name, _)| {
            let named = table.named_table(&name.value)?;
            EnvironmentSettings::read(name, named, root)
        })
        .collect();
    for environment in &environments {
        check_requires(table, environment, &environments);
    }
    environments
}

/// More approvals than there are people would be a door without a key.
pub(super) fn check_approvals(top: &Table<'_, '_>, environments: &[EnvironmentSettings], approvers: usize) {
    for environment in environments {
        let Some(approvals) = &environment.approvals else { continue };
        let wanted = usize::try_from(approvals.value).unwrap_or(usize::MAX);
        if wanted > approvers {
            let name = &environment.name.value;
            top.complain_at(
                "env",
                format!(
                    "`approvals = {}` of [env.{name}] ({}) asks for more people than `[approvers]` names",
                    approvals.value, approvals.origin
                ),
                Some(
                    "name them: `cargo prisma-safe approve keygen --as NAME` makes a pair and prints the line"
                        .to_owned(),
                ),
            );
        }
    }
}

fn check_requires(table: &Table<'_, '_>, environment: &EnvironmentSettings, all: &[EnvironmentSettings]) {
    let Some(requires) = &environment.requires else { return };
    let name = &environment.name.value;
    let Some(own) = table.named_table(name) else { return };
    for required in &requires.value {
        if !all.iter().any(|other| other.name.value == *required) {
            let help = nearest(required, all.iter().map(|other| other.name.value.as_str()))
                .map(|near| format!("did you mean `{near}`?"));
            own.complain_at("requires", format!("there is no environment `{required}`"), help);
        } else if reaches(required, name, all, &mut Vec::new()) {
            let message = format!("`{name}` and `{required}` wait for each other");
            own.complain_at(
                "requires",
                message,
                Some("an environment cannot require itself, not even through others".to_owned()),
            );
        }
    }
}

/// Whether `from` requires `to`, itself or through others.
fn reaches<'e>(from: &'e str, to: &str, all: &'e [EnvironmentSettings], seen: &mut Vec<&'e str>) -> bool {
    if from == to {
        return true;
    }
    if seen.contains(&from) {
        return false;
    }
    seen.push(from);
    all.iter()
        .filter(|environment| environment.name.value == from)
        .filter_map(|environment| environment.requires.as_ref())
        .any(|requires| requires.value.iter().any(|next| reaches(next, to, all, seen)))
}

fn is_environment_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Complains when a text cannot be the name of a variable (a `$` in front, an `=` inside).
pub(super) fn check_variable_name(table: &Table<'_, '_>, key: &str, name: &str) {
    let good =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if !good {
        let bare: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        table.complain_at(
            key,
            format!("`{key}` must be the name of a variable"),
            Some(format!(
                "write the bare name, as in `{key} = \"{}\"`",
                if bare.is_empty() { "DATABASE_URL" } else { &bare }
            )),
        );
    }
}

fn read_url(table: &mut Table<'_, '_>, prefix: &'static str, root: &Path) -> Option<Sourced<UrlSource>> {
    let [by_variable, by_file, by_command] = match prefix {
        "" => ["url-env", "url-file", "url-command"],
        _ => ["direct-url-env", "direct-url-file", "direct-url-command"],
    };
    let variable = table.string(by_variable);
    if let Some(name) = &variable {
        check_variable_name(table, by_variable, &name.value);
    }
    let file = table.string(by_file);
    let command = table.strings(by_command);
    if command.as_ref().is_some_and(|command| command.value.is_empty()) {
        table.complain_at(by_command, format!("`{by_command}` is empty"), None);
    }
    let mut found = [
        variable.map(|name| name.map(UrlSource::Variable)),
        file.map(|path| path.map(|path| UrlSource::File(root.join(path)))),
        command.map(|command| command.map(UrlSource::Command)),
    ]
    .into_iter()
    .flatten();
    let first = found.next();
    if found.next().is_some() {
        table.complain(
            format!("{} says more than once where its URL comes from", table.heading()),
            Some(format!("keep one of `{by_variable}`, `{by_file}`, `{by_command}`")),
        );
    }
    first
}
