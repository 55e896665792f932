//! What SQLite does (`PS6xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

use super::Rule;

mod null_into_required;
mod pragma_in_transaction;
mod rebuild_cascades;
mod rebuild_drops_objects;
mod rebuild_loses_rows;
mod rename_moves_references;
mod shared_rebuild;
mod unchecked_foreign_key;
mod unsupported_alter;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &null_into_required::RULE,
    &pragma_in_transaction::RULE,
    &rebuild_cascades::RULE,
    &rebuild_drops_objects::RULE,
    &rebuild_loses_rows::RULE,
    &rename_moves_references::RULE,
    &unchecked_foreign_key::RULE,
    &unsupported_alter::RULE,
];
