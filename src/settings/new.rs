//! `[new]`: what `new` does without being told.

use super::origin::Sourced;
use super::reader::Table;

/// What becomes of data that a new migration takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeepData {
    /// The author is asked; without a terminal it is not kept, and that is said.
    #[default]
    Ask,
    /// Archive steps are always written.
    Always,
    /// They are written only with `--keep-data`.
    Never,
}

/// `[new]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSettings {
    /// `keep-data`.
    pub keep_data: Sourced<KeepData>,
}

impl Default for NewSettings {
    fn default() -> Self {
        NewSettings { keep_data: Sourced::default(KeepData::default()) }
    }
}

impl NewSettings {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        let words = [("ask", KeepData::Ask), ("always", KeepData::Always), ("never", KeepData::Never)];
        let defaults = Self::default();
        let settings = NewSettings { keep_data: table.word("keep-data", &words).unwrap_or(defaults.keep_data) };
        table.finish();
        settings
    }
}
