//! `[prisma]`: where the Prisma project is, for what is not found by itself.

use std::path::{Path, PathBuf};

use super::origin::Sourced;
use super::reader::Table;

/// `[prisma]`. Every value is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrismaSettings {
    /// `schema`: the schema file or folder; absolute.
    pub schema: Option<Sourced<PathBuf>>,
    /// `migrations`: the migrations folder; absolute.
    pub migrations: Option<Sourced<PathBuf>>,
    /// `config`: the Prisma config file, passed to Prisma as `--config`; absolute.
    pub config: Option<Sourced<PathBuf>>,
    /// `command`: how Prisma is started; program and arguments, never a shell string.
    pub command: Option<Sourced<Vec<String>>>,
    /// `version`: Prisma's version, for a `command` whose package cannot be found on disk.
    pub version: Option<Sourced<String>>,
    /// `url-env`: the variable that the Prisma project itself reads; set for the child process.
    pub url_env: Option<Sourced<String>>,
    /// `engine`: the real schema engine, for the guard; absolute.
    pub engine: Option<Sourced<PathBuf>>,
}

impl PrismaSettings {
    pub(super) fn read(mut table: Table<'_, '_>, root: &Path) -> Self {
        let settings = PrismaSettings {
            schema: table.string("schema").map(|path| path.map(|path| root.join(path))),
            migrations: table.string("migrations").map(|path| path.map(|path| root.join(path))),
            config: table.string("config").map(|path| path.map(|path| root.join(path))),
            command: table.strings("command"),
            version: table.string("version"),
            url_env: table.string("url-env"),
            engine: table.string("engine").map(|path| path.map(|path| root.join(path))),
        };
        if settings.command.as_ref().is_some_and(|command| command.value.is_empty()) {
            table.complain_at(
                "command",
                "`command` is empty".to_owned(),
                Some("leave it out, or write `command = [\"pnpm\", \"exec\", \"prisma\"]`".to_owned()),
            );
        }
        if let Some(name) = &settings.url_env {
            super::environment::check_variable_name(&table, "url-env", &name.value);
        }
        table.finish();
        settings
    }
}
