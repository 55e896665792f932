//! An environment of many databases: where their URLs come from, and how a deploy goes over them.
//!
//! `targets-env` and `targets-command` stand in the place of `url-env`; the databases and their names come with the URLs, never from the settings.

use super::origin::{Origin, Sourced};
use super::reader::Table;

/// Where the URLs of many databases come from: names and URLs together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetsSource {
    /// A variable of the process, or of the `.env` files that this Prisma would read.
    Variable(String),
    /// A command that prints them: program and arguments, no shell.
    Command(Vec<String>),
}

/// How a deploy goes over many databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetSettings {
    /// `canary`: the database that is deployed alone, before all others; the first one when absent.
    pub canary: Option<Sourced<String>>,
    /// `parallel`: how many are deployed at the same time after it.
    pub parallel: Sourced<u64>,
    /// `max-failures`: how many may fail before no further one is begun.
    pub max_failures: Sourced<u64>,
}

impl Default for FleetSettings {
    fn default() -> Self {
        FleetSettings {
            canary: None,
            parallel: Sourced { value: 4, origin: Origin::Default },
            max_failures: Sourced { value: 0, origin: Origin::Default },
        }
    }
}

/// More children than any machine that deploys wants at once.
const MOST_AT_ONCE: u64 = 64;

impl FleetSettings {
    /// Reads the keys, which mean something only beside one of `targets-env` and `targets-command`.
    pub(super) fn read(table: &mut Table<'_, '_>, is_fleet: bool) -> Option<Self> {
        let default = FleetSettings::default();
        let settings = FleetSettings {
            canary: table.string("canary"),
            parallel: table.number("parallel", 1).unwrap_or(default.parallel),
            max_failures: table.number("max-failures", 0).unwrap_or(default.max_failures),
        };
        if settings.parallel.value > MOST_AT_ONCE {
            table.complain_at("parallel", format!("`parallel` is more than {MOST_AT_ONCE}"), None);
        }
        if is_fleet {
            return Some(settings);
        }
        for key in ["canary", "parallel", "max-failures"] {
            if table.mentions(&[key]) {
                let help = "name the databases with `targets-env` or `targets-command`, or leave it out";
                table.complain_at(key, format!("`{key}` is about many databases"), Some(help.to_owned()));
            }
        }
        None
    }
}

/// Reads `targets-env` or `targets-command`.
pub(super) fn read_targets(table: &mut Table<'_, '_>) -> Option<Sourced<TargetsSource>> {
    let variable = table.string("targets-env");
    if let Some(name) = &variable {
        super::environment::check_variable_name(table, "targets-env", &name.value);
    }
    let command = table.strings("targets-command");
    if command.as_ref().is_some_and(|command| command.value.is_empty()) {
        table.complain_at("targets-command", "`targets-command` is empty".to_owned(), None);
    }
    if variable.is_some() && command.is_some() {
        let help = "keep one of `targets-env`, `targets-command`".to_owned();
        table.complain(format!("{} says more than once where its databases are", table.heading()), Some(help));
    }
    variable.map(|name| name.map(TargetsSource::Variable)).or(command.map(|words| words.map(TargetsSource::Command)))
}
