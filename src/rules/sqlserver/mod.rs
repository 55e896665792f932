//! What SQL Server does (`PS7xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

use super::Rule;

mod batch_separator;
mod column_rewrite;
mod constraint_scan;
mod default_blocks_drop;
mod offline_index_build;
mod refused_in_transaction;
mod shared_sql;
mod timeout_leaves_transaction_open;
mod unlimited_schema_lock_wait;
mod unnamed_constraint;
mod value_per_row_default;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &batch_separator::RULE,
    &column_rewrite::RULE,
    &constraint_scan::RULE,
    &default_blocks_drop::RULE,
    &offline_index_build::RULE,
    &refused_in_transaction::RULE,
    &timeout_leaves_transaction_open::RULE,
    &unlimited_schema_lock_wait::RULE,
    &unnamed_constraint::RULE,
    &value_per_row_default::RULE,
];
