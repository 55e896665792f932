//! A server's version, as far as it is known.

/// A server's version, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerVersion {
    /// MariaDB rather than MySQL.
    pub mariadb: bool,
    /// First number.
    pub major: u16,
    /// Second number; 0 when not known.
    pub minor: u16,
    /// Third number; 0 when not known.
    pub patch: u16,
}

impl ServerVersion {
    /// Whether it is at least this version.
    #[must_use]
    pub fn at_least(self, major: u16, minor: u16, patch: u16) -> bool {
        (self.major, self.minor, self.patch) >= (major, minor, patch)
    }
}
