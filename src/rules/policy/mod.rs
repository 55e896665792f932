//! What the migration policy itself asks for (`PS0xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

mod nondeterministic_write;
mod shared_directives;
mod unknown_statement;

use super::Rule;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[&nondeterministic_write::RULE, &unknown_statement::RULE];
