//! `[env.<name>.impact]`: how much a migration may work through while others wait for it.

use std::time::Duration;

use super::origin::{Origin, Sourced};
use super::reader::Table;
use crate::environment::EnvironmentKind;

/// `[env.<name>.impact]`. A limit that is `None` is not set: everything is told, nothing stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactSettings {
    /// `max-rows-under-lock`: rows that are read, indexed or rewritten while writes wait.
    pub max_rows: Option<Sourced<u64>>,
    /// `max-size-under-lock`: bytes of the tables that they belong to.
    pub max_bytes: Option<Sourced<u64>>,
    /// `check-timeout`: how long one question about the rows may take.
    pub check_timeout: Sourced<Duration>,
}

const MAX_ROWS: u64 = 1_000_000;
const MAX_BYTES: u64 = 1 << 30;
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

impl ImpactSettings {
    /// What holds where nothing is said: limits where people wait, none elsewhere.
    #[must_use]
    pub fn for_kind(kind: EnvironmentKind) -> Self {
        let limited = matches!(kind, EnvironmentKind::Production | EnvironmentKind::Unstated);
        ImpactSettings {
            max_rows: limited.then(|| Sourced::default(MAX_ROWS)),
            max_bytes: limited.then(|| Sourced::default(MAX_BYTES)),
            check_timeout: Sourced { value: CHECK_TIMEOUT, origin: Origin::Default },
        }
    }

    pub(super) fn read(mut table: Table<'_, '_>, kind: EnvironmentKind) -> Self {
        let defaults = Self::for_kind(kind);
        let settings = ImpactSettings {
            max_rows: table.number("max-rows-under-lock", 0).or(defaults.max_rows),
            max_bytes: table.size("max-size-under-lock").or(defaults.max_bytes),
            check_timeout: table.duration("check-timeout").unwrap_or(defaults.check_timeout),
        };
        table.finish();
        settings
    }
}
