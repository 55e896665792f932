//! The migrations folder on disk: one migration is a folder `<14-digit UTC time>_<slug>/` with `migration.sql` and, where the
//! policy asks, `revert_<slug>.sql`.
//!
//! `folder.rs` reads it as Prisma does, `name.rs` knows Prisma's naming rules, [`checksum`] Prisma's comparison.

mod checksum;

pub use checksum::Checksum;
