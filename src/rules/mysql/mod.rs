//! What MySQL and MariaDB do (`PS5xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! `shared_algorithms` holds what each shape of `ALTER TABLE` costs; rules cite it.

use super::Rule;

mod blocking_special_index;
mod charset_conversion_copy;
mod column_position_rewrite;
mod column_type_copy;
mod enum_copy;
mod explicit_table_copy;
mod expression_default_copy;
mod foreign_key_copy;
mod ignored_references;
mod instant_beside_rebuild;
mod modify_drops_attributes;
mod primary_key_rebuild;
mod relaxed_sql_mode;
mod shared_algorithms;
mod shared_columns;
mod unlimited_metadata_wait;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &blocking_special_index::RULE,
    &charset_conversion_copy::RULE,
    &column_position_rewrite::RULE,
    &column_type_copy::RULE,
    &enum_copy::RULE,
    &explicit_table_copy::RULE,
    &expression_default_copy::RULE,
    &foreign_key_copy::RULE,
    &ignored_references::RULE,
    &instant_beside_rebuild::RULE,
    &modify_drops_attributes::RULE,
    &primary_key_rebuild::RULE,
    &relaxed_sql_mode::RULE,
    &unlimited_metadata_wait::RULE,
];
