//! `[guard]`: what the engine guard lets through.

use super::origin::Sourced;
use super::reader::Table;

/// What happens to a `migrate deploy` that did not come from a gated deploy, on an environment that is not dev.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UngatedDeploy {
    /// Stopped before the first statement.
    #[default]
    Refuse,
    /// Passed through; resets and the like stay refused.
    Allow,
}

/// `[guard]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardSettings {
    /// `ungated-deploy`.
    pub ungated_deploy: Sourced<UngatedDeploy>,
}

impl Default for GuardSettings {
    fn default() -> Self {
        GuardSettings { ungated_deploy: Sourced::default(UngatedDeploy::default()) }
    }
}

impl GuardSettings {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        let words = [("refuse", UngatedDeploy::Refuse), ("allow", UngatedDeploy::Allow)];
        let defaults = Self::default();
        let settings =
            GuardSettings { ungated_deploy: table.word("ungated-deploy", &words).unwrap_or(defaults.ungated_deploy) };
        table.finish();
        settings
    }
}
