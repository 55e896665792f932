//! The dev test: whether a database is, without doubt, a developer's own, so that it may be destroyed.
//!
//! One function over plain inputs, [`prove_dev`]: it reads no file, no variable and no database, so every situation is a row
//! in a table of tests (`tests/support/dev_test_table.rs`). What it says yes to is a [`DevProof`], which nothing else can make:
//! whoever destroys asks for one. To add a reason: a variant of [`Reason`], its check in [`prove_dev`], a row in that table.

use super::dev_hosts::DevHosts;
use super::host::Host;
use super::identity::{Comparison, DatabaseIdentity};
use super::not_dev::{NotDev, Reason, Which};
use super::url::DatabaseUrl;
use super::{EnvironmentKind, Marker};
use crate::project::Provider;

/// What was found when the database was asked for its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkerLookup {
    /// It carries one.
    Found(Marker),
    /// It answered and carries none. SQLite, which has no comments, always answers so: its real path is its identity.
    None,
    /// It did not answer, or not clearly; why, safe to print.
    Unanswered(String),
    /// The server answered that the database does not exist, or the file does not: there is nothing to destroy.
    NoDatabase,
}

/// A URL of the environment, with the place that it came from as a reader should see it (`DATABASE_URL, from .env`).
#[derive(Debug, Clone, Copy)]
pub struct StatedUrl<'a> {
    /// The URL.
    pub url: &'a DatabaseUrl,
    /// Where it came from.
    pub origin: Option<&'a str>,
}

/// What is known of another environment's URL.
#[derive(Debug, Clone)]
pub enum OtherUrl {
    /// It was read.
    Known(Box<DatabaseUrl>),
    /// It is not available on this machine (a secret of production seldom is); why. It is not compared, and that is said.
    NotHere(String),
    /// It is available and could not be read; why, safe to print. It could be this very database.
    Unreadable(String),
}

/// Another environment of the settings. One with two URLs (`directUrl`) is given twice.
#[derive(Debug, Clone)]
pub struct OtherEnvironment {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: EnvironmentKind,
    /// Where it was set, as a reader should see it.
    pub origin: Option<String>,
    /// Its URL.
    pub url: OtherUrl,
}

/// The claim that a database is a developer's own, with all that speaks for or against it.
#[derive(Debug, Clone, Copy)]
pub struct DevClaim<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// Its kind.
    pub kind: EnvironmentKind,
    /// Where the kind was set (`prisma-safe.toml:14`).
    pub kind_origin: Option<&'a str>,
    /// The URL that Prisma will use; with a `direct` one, the pooled one.
    pub url: StatedUrl<'a>,
    /// `directUrl`, which Migrate in Prisma 5 and 6 uses instead.
    pub direct: Option<StatedUrl<'a>>,
    /// The shadow database, which `migrate dev` and `migrate diff` empty without asking.
    pub shadow: Option<StatedUrl<'a>>,
    /// `schemas = [...]` of the datasource block: a reset empties every one of them.
    pub schemas: &'a [String],
    /// All other environments of the settings.
    pub others: &'a [OtherEnvironment],
    /// `dev-hosts` of the settings.
    pub dev_hosts: &'a DevHosts,
}

/// Proof that a database is a developer's own. Only [`prove_dev`] makes one.
#[derive(Debug, Clone)]
pub struct DevProof {
    environment: String,
    identities: Vec<DatabaseIdentity>,
    not_compared: Vec<String>,
}

impl DevProof {
    /// The environment that was proven.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Whether the proof is about this database: what was checked is what may be destroyed, and nothing else.
    #[must_use]
    pub fn covers(&self, url: &DatabaseUrl) -> bool {
        self.identities.iter().any(|identity| identity.same_database(url.identity()) == Comparison::Same)
    }

    /// Environments whose URL is not available here, each with the reason; to be said aloud before destroying.
    #[must_use]
    pub fn not_compared(&self) -> &[String] {
        &self.not_compared
    }
}

impl<'a> DevClaim<'a> {
    /// The URL that Migrate uses: `direct`, else `url`. The database to ask for its mark.
    #[must_use]
    pub fn migrated(&self) -> StatedUrl<'a> {
        self.direct.unwrap_or(self.url)
    }

    fn refuse(&self, reason: Reason) -> NotDev {
        NotDev {
            environment: self.environment.to_owned(),
            database: self.migrated().url.redacted(),
            reason: Box::new(reason),
        }
    }
}

/// Proves that the database of a claim is a developer's own, or says why not. `marker` is what the database of
/// [`DevClaim::migrated`] answered. No flag and no variable changes the result.
///
/// # Errors
/// [`NotDev`] with the first reason that matches, most telling first.
pub fn prove_dev(claim: &DevClaim<'_>, marker: &MarkerLookup) -> Result<DevProof, NotDev> {
    check_before_asking(claim)?;
    // The database itself must not say that it is something else. Asked and not answered is not a yes.
    match marker {
        MarkerLookup::Found(marker) if !marker.is_dev() => return Err(claim.refuse(Reason::Marked(marker.clone()))),
        MarkerLookup::Unanswered(problem) => return Err(claim.refuse(Reason::Unanswered(problem.clone()))),
        MarkerLookup::Found(_) | MarkerLookup::None | MarkerLookup::NoDatabase => {}
    }
    Ok(DevProof {
        environment: claim.environment.to_owned(),
        identities: vec![claim.url.url.identity().clone(), claim.migrated().url.identity().clone()],
        not_compared: not_compared(claim.others),
    })
}

/// The part of [`prove_dev`] that needs no database, so that none is bothered which is refused anyway. Proves nothing alone.
///
/// # Errors
/// As [`prove_dev`].
pub fn check_before_asking(claim: &DevClaim<'_>) -> Result<(), NotDev> {
    let refuse = |reason| claim.refuse(reason);

    // 1. The settings must say that it is dev.
    if !claim.kind.is_dev() {
        return Err(refuse(Reason::Kind { kind: claim.kind, origin: claim.kind_origin.map(str::to_owned) }));
    }

    // 2. None of its URLs may mean a database of an environment that is not dev; certain answers first.
    let comparisons = compare_with_others(claim, &meant_databases(claim));
    if let Some((_, reason)) = comparisons.iter().find(|(comparison, _)| *comparison == Comparison::Same) {
        return Err(refuse(reason.clone()));
    }

    // 3. Each of its URLs must lead to this machine or to a host that the settings list.
    for (which, stated) in stated_urls(claim) {
        check_place(stated.url.identity(), which, claim.dev_hosts).map_err(refuse)?;
    }

    // 4. Where it cannot be told whether it is such a database, it may be.
    if let Some((_, reason)) = comparisons.into_iter().next() {
        return Err(refuse(reason));
    }
    for other in claim.others.iter().filter(|other| !other.kind.is_dev()) {
        if let OtherUrl::Unreadable(problem) = &other.url {
            return Err(refuse(Reason::OtherUnreadable {
                name: other.name.clone(),
                origin: other.origin.clone(),
                problem: problem.clone(),
            }));
        }
    }

    // 5. It must be named, and be nobody's system database.
    for (which, stated) in stated_urls(claim) {
        check_name(stated.url.identity(), which).map_err(refuse)?;
    }

    // 6. Its URLs must fit together: one database, and another one as its shadow.
    check_own_urls(claim).map_err(refuse)
}

fn stated_urls<'a>(claim: &DevClaim<'a>) -> impl Iterator<Item = (Which, StatedUrl<'a>)> + use<'a> {
    let direct = claim.direct.map(|url| (Which::Direct, url));
    let shadow = claim.shadow.map(|url| (Which::Shadow, url));
    [Some((Which::Url, claim.url)), direct, shadow].into_iter().flatten()
}

/// Every database and schema that the claim's URLs and schema list mean.
fn meant_databases<'a>(claim: &DevClaim<'a>) -> Vec<(Which, Option<&'a str>, DatabaseIdentity)> {
    let mut meant = Vec::new();
    for (which, stated) in stated_urls(claim) {
        let identity = stated.url.identity();
        meant.push((which, stated.origin, identity.clone()));
        meant.extend(claim.schemas.iter().map(|schema| (which, stated.origin, identity.with_schema(schema))));
    }
    meant
}

/// What is the same as, or may be, a database of another environment. A shadow database may not even be another dev one.
fn compare_with_others(
    claim: &DevClaim<'_>,
    meant: &[(Which, Option<&str>, DatabaseIdentity)],
) -> Vec<(Comparison, Reason)> {
    let mut found = Vec::new();
    for other in claim.others {
        let OtherUrl::Known(url) = &other.url else { continue };
        for (which, origin, identity) in meant {
            if other.kind.is_dev() && *which != Which::Shadow {
                continue;
            }
            let comparison = identity.same_database(url.identity());
            if comparison.may_be_same() {
                let reason = Reason::OtherEnvironment {
                    which: *which,
                    origin: origin.map(str::to_owned),
                    name: other.name.clone(),
                    kind: other.kind,
                    other_origin: other.origin.clone(),
                    other: url.redacted(),
                    comparison,
                };
                found.push((comparison, reason));
            }
        }
    }
    found
}

fn check_place(identity: &DatabaseIdentity, which: Which, dev_hosts: &DevHosts) -> Result<(), Reason> {
    if identity.path().is_some() || identity.host().is_some_and(Host::is_this_machine) || dev_hosts.name(identity) {
        return Ok(());
    }
    let host = identity.shown_host().unwrap_or_default();
    Err(if identity.is_managed() {
        Reason::PrismaCloud { which }
    } else if identity.is_on_shared_host() {
        Reason::SharedHost { which, host }
    } else {
        let container = matches!(identity.host(), Some(Host::Container(_)));
        Reason::Host { which, host, container, dev_hosts_origin: dev_hosts.origin().map(str::to_owned) }
    })
}

/// PostgreSQL's `postgres` is not among them: it is an ordinary database that many local set-ups use as their only one.
fn is_system_database(identity: &DatabaseIdentity) -> bool {
    let names: &[&str] = match identity.provider() {
        // PGlite, under `prisma dev`, has no other database than its `template1`.
        Provider::Postgresql if identity.is_prisma_dev() => &["template0"],
        Provider::Postgresql => &["template0", "template1"],
        Provider::Mysql => &["mysql", "information_schema", "performance_schema", "sys"],
        Provider::Sqlserver => &["master", "model", "msdb", "tempdb"],
        Provider::Sqlite => &[],
    };
    identity.database().is_some_and(|name| names.contains(&name.to_lowercase().as_str()))
}

fn check_name(identity: &DatabaseIdentity, which: Which) -> Result<(), Reason> {
    let name = || identity.database().unwrap_or_default().to_owned();
    if identity.leaves_name_to_server() {
        Err(Reason::NoName { which })
    } else if identity.has_encoded_name() {
        Err(Reason::EncodedName { which, name: name() })
    } else if is_system_database(identity) {
        Err(Reason::SystemDatabase { which, name: name(), provider: identity.provider() })
    } else {
        Ok(())
    }
}

fn check_own_urls(claim: &DevClaim<'_>) -> Result<(), Reason> {
    let url = claim.url.url;
    if let Some(direct) = claim.direct
        && url.identity().same_database(direct.url.identity()) == Comparison::Different
    {
        return Err(Reason::DirectElsewhere { url: url.redacted(), direct: direct.url.redacted() });
    }
    let Some(shadow) = claim.shadow else { return Ok(()) };
    let own = [Some(claim.url), claim.direct];
    match own.into_iter().flatten().find(|own| shadow.url.identity().same_database(own.url.identity()).may_be_same()) {
        Some(_) => Err(Reason::ShadowIsTarget { origin: shadow.origin.map(str::to_owned) }),
        None => Ok(()),
    }
}

fn not_compared(others: &[OtherEnvironment]) -> Vec<String> {
    others
        .iter()
        .filter(|other| !other.kind.is_dev())
        .filter_map(|other| match &other.url {
            OtherUrl::NotHere(why) => Some(format!("`{}` ({why})", other.name)),
            OtherUrl::Known(_) | OtherUrl::Unreadable(_) => None,
        })
        .collect()
}
