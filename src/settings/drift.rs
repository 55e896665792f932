//! `[env.<name>.drift]`: what a database may have beside what its migrations say.

use super::origin::Sourced;
use super::reader::Table;

/// `[env.<name>.drift]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriftSettings {
    /// `ignore`: names of tables and other objects, patterns with `*` among them, that are not compared.
    pub ignore: Option<Sourced<Vec<String>>>,
}

impl DriftSettings {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        let settings = DriftSettings { ignore: table.strings("ignore") };
        table.finish();
        settings
    }
}
