//! What loses data or breaks the application that still runs (`PS1xx`).
//!
//! To add a rule: its file here, its `mod` line and its line in [`RULES`] (both sorted), its folder `tests/rules/<slug>/`.
//! Files that begin with `shared_` hold what several rules need.

mod backfill_beside_ddl;
mod change_collation;
mod compare_with_null;
mod drop_cascade;
mod drop_partition;
mod drop_schema;
mod drop_table;
mod insert_without_columns;
mod recreate_table;
mod rename_column;
mod rename_table;
mod rename_type;
mod shared_likeness;
mod shared_pending;
mod shared_redefined;
pub(crate) mod shared_words;
mod shared_writes;
mod truncate;
mod unbatched_backfill;
mod unique_over_duplicates;
mod write_without_where;

use super::Rule;

/// The family's rules, sorted by slug.
pub const RULES: &[&Rule] = &[
    &backfill_beside_ddl::RULE,
    &change_collation::RULE,
    &compare_with_null::RULE,
    &drop_cascade::RULE,
    &drop_partition::RULE,
    &drop_schema::RULE,
    &drop_table::RULE,
    &insert_without_columns::RULE,
    &recreate_table::RULE,
    &rename_column::RULE,
    &rename_table::RULE,
    &rename_type::RULE,
    &truncate::RULE,
    &unbatched_backfill::RULE,
    &unique_over_duplicates::RULE,
    &write_without_where::RULE,
];
