//! Which statements of a PostgreSQL file share a transaction, asked with what rules know.

use crate::rules::Facts;
use crate::sql::lock_facts::transactions as facts_of;
use crate::sql::model::Script;

pub(in crate::rules) use facts_of::Sending;

/// How this Prisma sends the file. Not known: as the newest one does.
pub(in crate::rules) fn sending(script: &Script, facts: &Facts) -> Sending {
    facts_of::sending(script, facts.prisma)
}

/// The transaction that each statement runs in, by number; two statements with the same number share one.
pub(in crate::rules) fn transactions(script: &Script, facts: &Facts) -> Vec<usize> {
    facts_of::transactions(script, facts.prisma)
}

/// What to say of how the statements came into one transaction.
pub(in crate::rules) fn because(script: &Script, facts: &Facts, statement: usize) -> &'static str {
    facts_of::because(script, facts.prisma, statement)
}
