//! `[env.<name>.gates]`: how strictly each gate of a deploy is taken in one environment.

use super::origin::Sourced;
use super::reader::Table;

/// What a gate's `block` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateMode {
    /// The deploy stops, which is the default.
    Block,
    /// It is said, and the deploy goes on.
    Warn,
    /// The gate is not asked. That is said too.
    Off,
}

/// The gates that can be set, with their dotted keys.
pub const GATES: [(&str, &str); 13] = [
    ("activity", "gates.activity"),
    ("approval", "gates.approval"),
    ("backup", "gates.backup"),
    ("drift", "gates.drift"),
    ("history", "gates.history"),
    ("impact", "gates.impact"),
    ("lint", "gates.lint"),
    ("staged", "gates.staged"),
    ("revert", "gates.revert"),
    ("rows", "gates.rows"),
    ("stabilization", "gates.stabilization"),
    ("target", "gates.target"),
    ("window", "gates.window"),
];

/// `[env.<name>.gates]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateSettings {
    modes: Vec<(&'static str, Sourced<GateMode>)>,
}

impl GateSettings {
    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        let words = [("block", GateMode::Block), ("warn", GateMode::Warn), ("off", GateMode::Off)];
        let modes = GATES.iter().filter_map(|(gate, _)| Some((*gate, table.word(gate, &words)?))).collect();
        table.finish();
        GateSettings { modes }
    }

    /// How a gate is taken, where somebody said so.
    #[must_use]
    pub fn mode(&self, gate: &str) -> Option<&Sourced<GateMode>> {
        self.modes.iter().find(|(name, _)| *name == gate).map(|(_, mode)| mode)
    }

    /// Whether the gate is not asked at all, so that nobody gathers evidence for it.
    #[must_use]
    pub fn is_off(&self, gate: &str) -> bool {
        self.mode(gate).is_some_and(|mode| mode.value == GateMode::Off)
    }

    /// Everything that was said, with the dotted key of each.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, &Sourced<GateMode>)> {
        self.modes.iter().map(|(gate, mode)| {
            let key = GATES.iter().find(|(name, _)| name == gate).map_or(*gate, |(_, key)| *key);
            (key, mode)
        })
    }
}

impl GateMode {
    /// The word in the settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            GateMode::Block => "block",
            GateMode::Warn => "warn",
            GateMode::Off => "off",
        }
    }
}
