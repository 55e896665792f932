//! What makes databases differ or hard to keep (`PS3xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.

use super::Rule;

mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod identifier_too_long;
mod if_not_exists_hides_difference;
mod narrow_id;
mod table_without_key;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &foreign_key_type_mismatch::RULE,
    &foreign_key_without_index::RULE,
    &identifier_too_long::RULE,
    &if_not_exists_hides_difference::RULE,
    &narrow_id::RULE,
    &table_without_key::RULE,
];
