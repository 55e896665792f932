//! What Prisma itself will do with the file (`PS4xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

mod comment_without_effect;
mod concurrently_beside_others;
mod half_applied_file;
mod set_local_without_transaction;
mod setting_left_behind;
mod shared_failing;
mod shared_settings;
mod unanswered_warning;

use super::Rule;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &comment_without_effect::RULE,
    &concurrently_beside_others::RULE,
    &half_applied_file::RULE,
    &set_local_without_transaction::RULE,
    &setting_left_behind::RULE,
    &unanswered_warning::RULE,
];
