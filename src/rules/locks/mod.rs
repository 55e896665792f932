//! What locks or rewrites, on PostgreSQL unless a rule says otherwise (`PS2xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! `shared_lock_table` holds what each shape of statement locks; rules cite it, so that texts and table cannot drift.

use super::Rule;

mod shared_holds;
pub mod shared_lock_table;
mod shared_transaction;
pub mod shared_types;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[];
