//! The migrations folder on disk: one migration is a folder `<14-digit UTC time>_<slug>/` with `migration.sql` and, where the
//! policy asks, `revert_<slug>.sql`.
//!
//! [`folder`] reads it as Prisma does, [`scaffold`] writes a new one, [`name`] knows Prisma's naming rules, `checksum` Prisma's comparison.

mod checksum;
pub mod folder;
pub mod name;
pub mod scaffold;

pub use checksum::Checksum;
pub use folder::{FolderError, FolderWarning, LockFile, Migration, MigrationsFolder, ScriptProblem};
