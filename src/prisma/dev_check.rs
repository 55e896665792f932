//! Runs the dev test on a real database: gathers what the claim needs, asks the database for its mark, and lets
//! [`prove_dev`] decide. Used by `reset` and, again and on its own, by the engine guard.

use crate::database::{ConnectOptions, DatabaseError, connect};
use crate::environment::dev_test::{DevClaim, DevProof, MarkerLookup, OtherEnvironment, StatedUrl};
use crate::environment::{DatabaseUrl, NotDev, check_before_asking, prove_dev};
use crate::project::Provider;
use crate::settings::{EnvironmentSettings, Settings};

/// The URLs that a claim is about, each with where it came from.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedUrls<'a> {
    /// `url`.
    pub url: (&'a DatabaseUrl, &'a str),
    /// `directUrl`.
    pub direct: Option<(&'a DatabaseUrl, &'a str)>,
    /// `shadowDatabaseUrl`.
    pub shadow: Option<(&'a DatabaseUrl, &'a str)>,
}

/// Proves that an environment's database is a developer's own.
///
/// # Errors
/// [`NotDev`] with the reason that matched; the database is not asked when the settings refuse already.
pub fn prove(
    settings: &Settings,
    environment: &EnvironmentSettings,
    urls: ClaimedUrls<'_>,
    schemas: &[String],
    others: &[OtherEnvironment],
) -> Result<DevProof, NotDev> {
    let kind_origin = environment.kind.origin.to_string();
    let stated = |(url, origin)| StatedUrl { url, origin: Some(origin) };
    let claim = DevClaim {
        environment: &environment.name.value,
        kind: environment.kind.value,
        kind_origin: environment.kind.is_set().then_some(kind_origin.as_str()),
        url: stated(urls.url),
        direct: urls.direct.map(stated),
        shadow: urls.shadow.map(stated),
        schemas,
        others,
        dev_hosts: &settings.dev_hosts,
    };
    check_before_asking(&claim)?;
    prove_dev(&claim, &look_up_marker(claim.migrated().url))
}

/// Asks a database which environment it belongs to.
///
/// SQLite has no table comments: its real path is its identity. SQL Server carries no mark that this tool could write or read, so
/// none can be missed there.
#[must_use]
pub fn look_up_marker(url: &DatabaseUrl) -> MarkerLookup {
    if let Some(path) = url.identity().path() {
        return if path.exists() { MarkerLookup::None } else { MarkerLookup::NoDatabase };
    }
    if url.provider() == Provider::Sqlserver {
        return MarkerLookup::None;
    }
    match connect(url, ConnectOptions::default()).and_then(|mut database| database.marker()) {
        Ok(Some(marker)) => MarkerLookup::Found(marker),
        Ok(None) => MarkerLookup::None,
        Err(DatabaseError::NoSuchDatabase { .. }) => MarkerLookup::NoDatabase,
        Err(error) => MarkerLookup::Unanswered(error.to_string()),
    }
}
