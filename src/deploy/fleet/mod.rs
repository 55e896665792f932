//! Deploying one environment that is many databases: every one is looked at and judged before the first is touched; then the canary, alone; then
//! the others, some at a time, until too many have failed. What is done stays done: running it again touches only what is not.
//!
//! Each database is deployed as [`super::release`] deploys any: with its own lock, gates, ledger, mark and receipt. [`look`](fn@look) and
//! [`run`](fn@run) neither print nor ask.

mod error;
mod look;
mod record;
mod run;

pub use error::FleetError;
pub use look::{Looked, Readiness, look};
pub use record::{Counts, Outcome, Record, Said, Summary, worst};
pub use run::{Progress, run};

use crate::environment::Tenant;
use crate::settings::{EnvironmentSettings, nearest};

/// The databases that `--only` names, in the order of the list; all of them when it names none.
///
/// # Errors
/// [`FleetError::Unknown`].
pub fn choose(environment: &str, all: Vec<Tenant>, only: &[String]) -> Result<Vec<Tenant>, FleetError> {
    for name in only {
        if !all.iter().any(|tenant| tenant.name == *name) {
            return Err(FleetError::Unknown {
                environment: environment.to_owned(),
                name: name.clone(),
                nearest: nearest(name, all.iter().map(|tenant| tenant.name.as_str())).map(str::to_owned),
                of: all.len(),
            });
        }
    }
    Ok(all.into_iter().filter(|tenant| only.is_empty() || only.contains(&tenant.name)).collect())
}

/// What is known of them before anything runs; `Ready` instead of `NotBegun` where that is all that is to be known.
#[must_use]
pub fn records(looked: &[Looked], dry_run: bool) -> Vec<Record> {
    let of = |one: &Looked| {
        let mut record = run::before(one);
        if dry_run && one.is_ready() {
            record.result = Outcome::Ready;
        }
        record
    };
    looked.iter().map(of).collect()
}

/// Which of the chosen is the canary: the one that the settings name, where it is among them, else the first.
///
/// # Errors
/// [`FleetError::NoCanary`] when the settings name one that is in no list.
pub fn canary(environment: &EnvironmentSettings, all: &[String], chosen: &[String]) -> Result<usize, FleetError> {
    let Some(named) = environment.fleet.as_ref().and_then(|fleet| fleet.canary.as_ref()) else { return Ok(0) };
    if !all.contains(&named.value) {
        return Err(FleetError::NoCanary {
            environment: environment.name.value.clone(),
            name: named.value.clone(),
            origin: named.origin.to_string(),
        });
    }
    Ok(chosen.iter().position(|name| *name == named.value).unwrap_or(0))
}
