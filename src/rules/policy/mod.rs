//! What the migration policy itself asks for (`PS0xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

mod dead_directive;
mod destructive_without_revert;
mod expired_directive;
mod malformed_directive;
pub(in crate::rules) mod missing_guard;
mod mixed_phases;
mod nondeterministic_write;
mod shared_directives;
mod unknown_rule_in_directive;
mod unknown_statement;

use super::Rule;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &dead_directive::RULE,
    &destructive_without_revert::RULE,
    &expired_directive::RULE,
    &malformed_directive::RULE,
    &missing_guard::RULE,
    &mixed_phases::RULE,
    &nondeterministic_write::RULE,
    &unknown_rule_in_directive::RULE,
    &unknown_statement::RULE,
];
