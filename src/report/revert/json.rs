//! `revert` as one JSON document.

use serde::Serialize;

use super::Planned;
use crate::deploy::gates::Verdict;
use crate::revert::run::losses::Stakes;
use crate::revert::run::proof::Proven;
use crate::revert::run::receipt::Reverted;

/// The document.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// It grows when a field changes its meaning or goes away, not when one is added.
    schema_version: u32,
    environment: &'a str,
    verdicts: &'a [Verdict],
    plan: &'a str,
    migrations: Vec<Migration<'a>>,
    reverted: &'a [Reverted],
    receipt: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Migration<'a> {
    name: &'a str,
    applied_at: Option<jiff::Timestamp>,
    revert_file: &'a str,
    statements: usize,
    one_transaction: bool,
    lossless: bool,
    #[serde(flatten)]
    stakes: &'a Stakes,
    proof: Option<&'a Proven>,
}

impl<'a> Document<'a> {
    /// Puts it together.
    #[must_use]
    pub fn new(
        environment: &'a str,
        verdicts: &'a [Verdict],
        plan: &'a str,
        planned: &'a [Planned],
        reverted: &'a [Reverted],
        receipt: Option<&'a str>,
    ) -> Self {
        let migration = |planned: &'a Planned| Migration {
            name: &planned.name,
            applied_at: planned.applied_at,
            revert_file: &planned.revert_file,
            statements: planned.statements,
            one_transaction: planned.why_stepwise.is_none(),
            lossless: planned.stakes.is_lossless(),
            stakes: &planned.stakes,
            proof: planned.proof.as_ref(),
        };
        let migrations = planned.iter().map(migration).collect();
        Document { schema_version: 1, environment, verdicts, plan, migrations, reverted, receipt }
    }
}
