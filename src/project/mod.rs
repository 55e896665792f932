//! The project: one Prisma schema with its migrations folder, its Prisma CLI and its settings.
//!
//! One file per thing that has to be found: [`provider`] here; `schema.rs`, `migrations_folder.rs`, `prisma_cli.rs`, `dotenv.rs`.

mod provider;

pub use provider::{Provider, UnknownProvider};
