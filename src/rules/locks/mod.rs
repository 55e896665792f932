//! What locks or rewrites, on PostgreSQL unless a rule says otherwise (`PS2xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! [`crate::sql::lock_facts`] holds what each shape of statement locks; rules cite it, so that texts and table cannot drift.

use super::Rule;

mod attach_partition_scan;
mod blocking_index_build;
mod blocking_index_drop;
mod blocking_refresh;
mod blocking_reindex;
mod check_scan;
mod column_type_rewrite;
mod concurrent_index_if_not_exists;
mod concurrently_in_transaction;
mod constraint_index_drop;
mod corrupting_index_build;
mod default_rewrite_on_old_server;
mod detach_partition_lock;
mod disabled_trigger;
mod domain_scan;
mod dynamic_sql;
mod enum_value_in_transaction;
mod enum_value_out_of_order;
mod exclusion_constraint_build;
mod explicit_table_lock;
mod foreign_key_scan;
mod foreign_keys_add_up;
mod identity_column_rewrite;
mod locks_add_up;
mod lost_replica_identity;
mod no_lock_timeout;
mod not_null_scan;
mod open_transaction;
mod partitioned_index_build;
mod primary_key_build;
mod rename_enum_value;
mod repeated_rewrite;
pub(in crate::rules) mod shared_holds;
mod shared_new_column;
mod shared_not_valid;
pub(in crate::rules) mod shared_sql;
pub(in crate::rules) mod shared_transaction;
mod stored_column_rewrite;
mod subtransactions_in_loop;
mod table_locked_repeatedly;
mod table_rewrite;
mod unique_constraint_build;
mod validate_in_same_transaction;
mod volatile_default_rewrite;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &attach_partition_scan::RULE,
    &blocking_index_build::RULE,
    &blocking_index_drop::RULE,
    &blocking_refresh::RULE,
    &blocking_reindex::RULE,
    &check_scan::RULE,
    &column_type_rewrite::RULE,
    &concurrent_index_if_not_exists::RULE,
    &concurrently_in_transaction::RULE,
    &constraint_index_drop::RULE,
    &corrupting_index_build::RULE,
    &default_rewrite_on_old_server::RULE,
    &detach_partition_lock::RULE,
    &disabled_trigger::RULE,
    &domain_scan::RULE,
    &dynamic_sql::RULE,
    &enum_value_in_transaction::RULE,
    &enum_value_out_of_order::RULE,
    &exclusion_constraint_build::RULE,
    &explicit_table_lock::RULE,
    &foreign_key_scan::RULE,
    &foreign_keys_add_up::RULE,
    &identity_column_rewrite::RULE,
    &locks_add_up::RULE,
    &lost_replica_identity::RULE,
    &no_lock_timeout::RULE,
    &not_null_scan::RULE,
    &open_transaction::RULE,
    &partitioned_index_build::RULE,
    &primary_key_build::RULE,
    &rename_enum_value::RULE,
    &repeated_rewrite::RULE,
    &stored_column_rewrite::RULE,
    &subtransactions_in_loop::RULE,
    &table_locked_repeatedly::RULE,
    &table_rewrite::RULE,
    &unique_constraint_build::RULE,
    &validate_in_same_transaction::RULE,
    &volatile_default_rewrite::RULE,
];
