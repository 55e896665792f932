//! What of `[env.<name>]` is about the time while a deploy runs.

use std::time::Duration;

use super::environment::EnvironmentSettings;
use super::origin::Sourced;
use super::reader::Table;
use crate::project::Provider;

/// How long a migration waits for a lock where nobody said anything, outside of dev (PostgreSQL).
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a migration that could not get its lock is tried again where nobody said anything.
const LOCK_RETRIES: u64 = 5;

/// The keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecutionSettings {
    /// `lock-retries`: how often a migration that could not get its lock is tried again.
    pub lock_retries: Option<Sourced<u64>>,
    /// `abort-if-blocking`: how long somebody may wait behind a migration before it is cancelled.
    pub abort_if_blocking: Option<Sourced<Duration>>,
    /// `watch`: how long a deploy looks at the database after its migrations.
    pub watch: Option<Sourced<Duration>>,
}

impl ExecutionSettings {
    pub(super) fn read(table: &mut Table<'_, '_>) -> Self {
        ExecutionSettings {
            lock_retries: table.number("lock-retries", 0),
            abort_if_blocking: table.duration("abort-if-blocking"),
            watch: table.duration("watch"),
        }
    }
}

impl EnvironmentSettings {
    /// How long a migration of a deploy waits for a lock, and who says so: `lock-timeout`, else 5 seconds on PostgreSQL outside of dev.
    /// `None`: for as long as the database lets it, which is also what `"0s"` says. SQLite and SQL Server have no way to be told.
    #[must_use]
    pub fn lock_limit(&self, provider: Provider) -> Option<Sourced<Duration>> {
        match (provider, &self.lock_timeout) {
            (Provider::Postgresql | Provider::Mysql, Some(set)) if !set.value.is_zero() => Some(set.clone()),
            (Provider::Postgresql, None) if !self.kind.value.is_dev() => Some(Sourced::default(LOCK_TIMEOUT)),
            _ => None,
        }
    }

    /// How long one statement of a deploy may run. `None`: for as long as the database lets it.
    #[must_use]
    pub fn statement_limit(&self, provider: Provider) -> Option<Sourced<Duration>> {
        let told = matches!(provider, Provider::Postgresql | Provider::Mysql);
        self.statement_timeout.clone().filter(|set| told && !set.value.is_zero())
    }

    /// How often a migration that could not get its lock is tried again.
    #[must_use]
    pub fn lock_retries(&self) -> u64 {
        self.execution.lock_retries.as_ref().map_or(LOCK_RETRIES, |set| set.value)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Settings;
    use super::*;

    fn limit(kind: &str, more: &str, provider: Provider) -> String {
        let text = format!("[env.eu]\nkind = \"{kind}\"\nurl-env = \"E\"\n{more}");
        let settings = Settings::from_toml(&text, Path::new("/work/prisma-safe.toml")).unwrap();
        let environment = settings.environment("eu").unwrap();
        match environment.lock_limit(provider) {
            Some(set) => format!("{} ms, {}", set.value.as_millis(), set.origin),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn locks_are_waited_for_briefly_where_it_matters() {
        let postgres = Provider::Postgresql;
        assert_eq!(limit("production", "", postgres), "5000 ms, the default");
        assert_eq!(limit("dev", "", postgres), "none");
        assert_eq!(limit("dev", "lock-timeout = \"2s\"", postgres), "2000 ms, set in /work/prisma-safe.toml:4");
        assert_eq!(limit("production", "lock-timeout = \"0s\"", postgres), "none");
        assert_eq!(limit("production", "", Provider::Mysql), "none");
        assert_eq!(limit("production", "lock-timeout = \"2s\"", Provider::Sqlite), "none");
    }
}
