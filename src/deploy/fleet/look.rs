//! Looking at many databases before any of them is touched.

use std::sync::Mutex;

use super::record::Said;
use crate::deploy::Assessment;
use crate::deploy::release::{self, Unseen, Wanted};
use crate::environment::{Sources, Target, Tenant};
use crate::error::{Error, Result};
use crate::history::State;

/// How many databases are read at once; each costs a connection and no child.
const READERS: usize = 8;

/// A database that was looked at.
pub struct Looked {
    /// Which.
    pub tenant: Tenant,
    /// What was found, or why it cannot be told.
    pub found: Result<Readiness>,
}

/// What was found in a database.
pub struct Readiness {
    /// History, plan, verdicts, hash.
    pub assessment: Assessment,
    /// Nothing is pending there, and nothing failed.
    pub is_idle: bool,
    /// How many migrations are applied there.
    pub applied: usize,
    /// Why the gates do not let it pass.
    pub blocked: Option<Said>,
}

impl Looked {
    /// Whether it would be deployed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.found.as_ref().is_ok_and(|found| !found.is_idle && found.blocked.is_none())
    }

    /// Whether it cannot be deployed as it is.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.found.as_ref().map_or(true, |found| found.blocked.is_some())
    }

    /// The hash of its plan; `None`: it could not be looked at.
    #[must_use]
    pub fn hash(&self) -> Option<&str> {
        self.found.as_ref().ok().map(|found| found.assessment.hash.as_str())
    }
}

/// Looks at all of them, some at a time, in the order given. Takes no lock, writes nothing.
#[must_use]
pub fn look(sources: &Sources<'_>, tenants: Vec<Tenant>, wanted: &Wanted) -> Vec<Looked> {
    let all = tenants.len();
    let queue = Mutex::new(tenants.into_iter().enumerate().rev().collect::<Vec<_>>());
    let done = Mutex::new(Vec::with_capacity(all));
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
    std::thread::scope(|scope| {
        for _ in 0..READERS.min(all) {
            scope.spawn(|| {
                while let Some((place, tenant)) = next() {
                    let found = look_at(sources, &tenant, wanted);
                    if let Ok(mut done) = done.lock() {
                        done.push((place, Looked { tenant, found }));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, looked)| looked).collect()
}

fn look_at(sources: &Sources<'_>, tenant: &Tenant, wanted: &Wanted) -> Result<Readiness, Error> {
    let target = Target::reach(sources, &tenant.environment)?;
    // The plan that was approved is that of all of them together.
    let wanted = Wanted { dry_run: true, plan: None, ..wanted.clone() };
    let prepared = release::prepare(sources, target, wanted, &mut Unseen)?;
    let blocked = prepared.check().err().map(|blocked| Said::from(&Error::from(blocked)));
    let is_idle = prepared.is_idle();
    let applied = prepared.assessment.history.in_state(State::Applied).count();
    Ok(Readiness { assessment: prepared.assessment, is_idle, applied, blocked })
}
