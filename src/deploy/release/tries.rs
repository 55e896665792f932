//! What limits a run, and what becomes of a migration that ran into a limit.

use std::time::Duration;

use super::monitor::{Cancelled, Orders};
use super::{Prepared, retry};
use crate::deploy::error::{DeployError, GaveWay, GivenWay};
use crate::environment::{Sources, Target};
use crate::history::History;
use crate::prisma::PrismaError;
use crate::prisma::guard::pin::{Permit, Pin};
use crate::project::Provider;
use crate::settings::Sourced;

/// The limits of one deploy.
pub(super) struct Tries {
    lock_limit: Option<Sourced<Duration>>,
    statement_limit: Option<Sourced<Duration>>,
    /// How often a migration that did not get a lock is tried again; 0: not at all, and its mark stays for people to judge.
    pub retries: u64,
    /// What is ended from beside the run.
    pub orders: Orders,
}

/// A migration that ran into a limit.
pub(super) struct Failure {
    /// The folder's name.
    pub migration: String,
    /// Nothing of it can be in the database.
    pub nothing_stayed: bool,
    /// It only did not get a lock.
    pub may_be_tried_again: bool,
    /// Who held what it waited for.
    pub held_by: Vec<String>,
    why: GaveWay,
}

impl Tries {
    /// As the environment of a target says.
    pub(super) fn of(prepared: &Prepared) -> Self {
        let provider = prepared.target.url().provider();
        let environment = prepared.target.environment();
        let lock_limit = environment.lock_limit(provider);
        let statement_limit = environment.statement_limit(provider);
        // Prisma's MySQL URL has no place for it, so such a wait is ended from beside.
        let from_beside = |limit: &Option<Sourced<Duration>>| {
            limit.as_ref().filter(|_| provider == Provider::Mysql).map(|set| set.value)
        };
        let orders = Orders {
            lock_limit: from_beside(&lock_limit),
            statement_limit: from_beside(&statement_limit),
            abort_if_blocking: environment.execution.abort_if_blocking.as_ref().map(|set| set.value),
        };
        Tries { lock_limit, statement_limit, retries: environment.lock_retries(), orders }
    }

    /// The pin of a run with these limits.
    pub(super) fn pin(&self, target: &Target, create_database: bool) -> Pin {
        let value = |limit: &Option<Sourced<Duration>>| limit.as_ref().map(|set| set.value);
        let mut pin = Pin::new(target.name(), target.kind()).allow(Permit::ApplyMigrations);
        if target.url().provider() == Provider::Postgresql {
            pin = pin.lock_timeout(value(&self.lock_limit)).statement_timeout(value(&self.statement_limit));
        }
        if create_database { pin.allow(Permit::CreateDatabase) } else { pin }
    }

    /// What a failure was, where a limit of ours is the reason. `None`: it failed by itself.
    pub(super) fn judge(
        &self,
        sources: &Sources<'_>,
        prepared: &Prepared,
        after: &History,
        error: &PrismaError,
        cancelled: Option<Cancelled>,
        held_by: Vec<String>,
    ) -> Option<Failure> {
        let migration = retry::failed_migration(error, after)?;
        let (why, held_by) = match cancelled {
            Some(Cancelled::Blocking { who, waited }) => (GaveWay::Blocking { who, waited }, held_by),
            Some(Cancelled::StatementLimit { after }) => (GaveWay::StatementLimit { after }, held_by),
            Some(Cancelled::LockLimit { held_by }) => (self.lock_timeout(), held_by),
            None if retry::is_lock_timeout(error) => (self.lock_timeout(), held_by),
            None => return None,
        };
        let may_be_tried_again = matches!(why, GaveWay::LockTimeout { .. });
        if may_be_tried_again && self.retries == 0 {
            return None;
        }
        let planned = prepared.assessment.plan.migrations.iter().find(|planned| planned.name == migration)?;
        let nothing_stayed = retry::leaves_nothing(
            sources.project.provider,
            &prepared.target.survey().server,
            Some(crate::prisma::launch::version(sources.project)),
            &planned.sql,
        );
        Some(Failure { migration, nothing_stayed, may_be_tried_again, held_by, why })
    }

    fn lock_timeout(&self) -> GaveWay {
        // The migration itself may have set another one; ours is named where there is one.
        GaveWay::LockTimeout { limit: self.lock_limit.as_ref().map(|set| (set.value, set.origin.to_string())) }
    }
}

impl Failure {
    /// What to say at the end.
    pub(super) fn into_error(self, environment: &str, attempts: u64, cause: PrismaError) -> DeployError {
        DeployError::GaveWay(Box::new(GivenWay {
            environment: environment.to_owned(),
            migration: self.migration,
            why: self.why,
            attempts,
            nothing_stayed: self.nothing_stayed,
            held_by: self.held_by,
            source: cause,
        }))
    }
}
