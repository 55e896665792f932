//! `cargo prisma-safe` makes Prisma migrations safe: see `README.md` for what a user does with it, and
//! `docs/architecture.md` for how the parts fit.
//!
//! The folders follow the way of the data: [`cli`] takes arguments; [`settings`], [`project`] and [`environment`] say
//! what and where; [`migrations`], [`database`] and [`history`] say what is there; [`sql`], [`rules`] and [`lint`] judge it;
//! [`deploy`], [`revert`] and [`prisma`] act; [`report`] and [`shell`] tell.

pub mod cli;
pub mod database;
pub mod deploy;
pub mod draft;
pub mod environment;
pub mod error;
pub mod exit_code;
pub mod hex;
pub mod history;
pub mod lint;
pub mod migrations;
pub mod prisma;
pub mod project;
pub mod report;
pub mod revert;
pub mod rules;
pub mod settings;
pub mod shell;
pub mod sql;
pub mod status;
