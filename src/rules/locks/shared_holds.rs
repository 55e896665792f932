//! What the operations at hand lock, asked with what rules know.

use crate::rules::Facts;
use crate::sql::history_state::Context;
use crate::sql::lock_facts::holds::{self as facts_of, Hold};
use crate::sql::lock_facts::postgres::Row;
use crate::sql::model::Action;

pub(in crate::rules) use facts_of::is_old;
pub(super) use facts_of::{
    change_type, check_reads, index_reads, nullable_index_column, proves_not_null, says_not_null,
};

/// The tables that an operation locks on PostgreSQL, those left out that the pending set itself creates.
pub(super) fn holds<'a>(context: &Context<'_>, facts: &Facts, action: &'a Action) -> Vec<Hold<'a>> {
    facts_of::holds(context, facts.server, action)
}

/// The row of the lock table for an operation on one table; `None` when it locks nothing worth a word.
pub(super) fn row(context: &Context<'_>, facts: &Facts, action: &Action) -> Option<&'static Row> {
    facts_of::row(context, facts.server, action)
}
