//! Where a value came from. Every value of the settings carries it, and output says it ("set in prisma-safe.toml:14").

use std::fmt;
use std::path::PathBuf;

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the built-in value.
    Default,
    /// A settings file.
    File {
        /// Path of the file, as it is shown (relative to where the tool was started, where that is shorter).
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
    },
    /// A `[package.metadata.prisma-safe]` or `[workspace.metadata.prisma-safe]` table.
    CargoMetadata {
        /// The `Cargo.toml`.
        manifest: PathBuf,
        /// Dotted path of the key inside the manifest.
        key: String,
    },
    /// A variable of the process environment.
    Variable(String),
    /// A flag on the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("the default"),
            Origin::File { path, line } => write!(f, "set in {}:{line}", path.display()),
            Origin::CargoMetadata { manifest, key } => write!(f, "set in {} ({key})", manifest.display()),
            Origin::Variable(name) => write!(f, "set by the variable {name}"),
            Origin::Flag(flag) => write!(f, "set by {flag}"),
        }
    }
}

/// A value and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Who set it.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value nobody set.
    pub const fn default(value: T) -> Self {
        Sourced { value, origin: Origin::Default }
    }

    /// Whether somebody set it.
    pub fn is_set(&self) -> bool {
        self.origin != Origin::Default
    }

    /// The same origin for a value made of this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: make(self.value), origin: self.origin }
    }
}
