//! What loses data or breaks the application that still runs (`PS1xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

mod add_required_column;
mod backfill_beside_ddl;
mod change_collation;
mod compare_with_null;
mod data_write;
mod drop_cascade;
mod drop_column;
mod drop_constraint;
mod drop_default;
mod drop_indexed_column;
mod drop_not_null;
mod drop_partition;
mod drop_schema;
mod drop_table;
mod explicit_ids;
mod increment_in_place;
mod insert_without_columns;
mod move_to_schema;
mod narrow_type;
mod not_null_over_nulls;
mod recreate_join_table;
mod recreate_table;
mod remove_enum_value;
mod rename_as_drop_and_add;
mod rename_column;
mod rename_table;
mod rename_type;
mod shared_pending;
mod shared_redefined;
pub(crate) mod shared_words;
mod shared_writes;
mod truncate;
mod unbatched_backfill;
mod unique_over_duplicates;
mod unvalidated_constraint;
mod write_new_enum_value;
mod write_without_where;

use super::Rule;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &add_required_column::RULE,
    &backfill_beside_ddl::RULE,
    &change_collation::RULE,
    &compare_with_null::RULE,
    &data_write::RULE,
    &drop_cascade::RULE,
    &drop_column::RULE,
    &drop_constraint::RULE,
    &drop_default::RULE,
    &drop_indexed_column::RULE,
    &drop_not_null::RULE,
    &drop_partition::RULE,
    &drop_schema::RULE,
    &drop_table::RULE,
    &explicit_ids::RULE,
    &increment_in_place::RULE,
    &insert_without_columns::RULE,
    &move_to_schema::RULE,
    &narrow_type::RULE,
    &not_null_over_nulls::RULE,
    &recreate_join_table::RULE,
    &recreate_table::RULE,
    &remove_enum_value::RULE,
    &rename_as_drop_and_add::RULE,
    &rename_column::RULE,
    &rename_table::RULE,
    &rename_type::RULE,
    &truncate::RULE,
    &unbatched_backfill::RULE,
    &unique_over_duplicates::RULE,
    &unvalidated_constraint::RULE,
    &write_new_enum_value::RULE,
    &write_without_where::RULE,
];
