//! What locks or rewrites, on PostgreSQL unless a rule says otherwise (`PS2xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.

use super::Rule;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[];
