//! `[verify]`: what a proof demands beside the revert itself, and which rows it starts from.

use std::path::{Path, PathBuf};

use super::environment::check_variable_name;
use super::origin::Sourced;
use super::reader::Table;

/// What happens when something beside the revert is not as the policy wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// It is a failure: exit code 1.
    Fail,
    /// It is said, and that is all.
    Note,
}

/// `[verify]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifySettings {
    /// `old-application`: what it means when an expand or migrate step breaks the application that runs before it.
    pub old_application: Sourced<Demand>,
    /// `runs-twice`: what it means when a migration or its revert cannot run a second time.
    pub runs_twice: Sourced<Demand>,
    /// `seed`: SQL files with the team's own rows, run in this order after the earlier migrations; absolute.
    pub seed: Sourced<Vec<PathBuf>>,
    /// `server-env`: the variable with the URL of a server that proofs may use.
    pub server_env: Option<Sourced<String>>,
    /// `prisma-diff`: ask Prisma, too, whether the schema came back.
    pub prisma_diff: Sourced<bool>,
}

impl Default for VerifySettings {
    fn default() -> Self {
        VerifySettings {
            old_application: Sourced::default(Demand::Fail),
            runs_twice: Sourced::default(Demand::Note),
            seed: Sourced::default(Vec::new()),
            server_env: None,
            prisma_diff: Sourced::default(false),
        }
    }
}

impl VerifySettings {
    pub(super) fn read(mut table: Table<'_, '_>, root: &Path) -> Self {
        let words = [("fail", Demand::Fail), ("note", Demand::Note)];
        let defaults = Self::default();
        let seed = table.strings("seed").map(|set| set.map(|files| files.iter().map(|file| root.join(file)).collect()));
        let server_env = table.string("server-env");
        if let Some(name) = &server_env {
            check_variable_name(&table, "server-env", &name.value);
        }
        let settings = VerifySettings {
            old_application: table.word("old-application", &words).unwrap_or(defaults.old_application),
            runs_twice: table.word("runs-twice", &words).unwrap_or(defaults.runs_twice),
            seed: seed.unwrap_or(defaults.seed),
            server_env,
            prisma_diff: table.boolean("prisma-diff").unwrap_or(defaults.prisma_diff),
        };
        table.finish();
        settings
    }
}
