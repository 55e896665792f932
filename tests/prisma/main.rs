//! The real Prisma CLI, 6.19.3 and 7.10.1, with the guard in front of Prisma's own engine (see `tests/engine/README.md` for which build of it).
//!
//! Where a test uses a double of the engine instead, the double is named so.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "../support/mod.rs"]
mod support;

mod at_once;
mod bed;
mod commands;
mod deploy;
mod dev_test;
mod doubles;
mod execution;
mod faults;
mod gates;
mod guard;
mod interruption;
mod mysql;
mod new;
mod postgres;
mod recovery;
mod relay;
mod resolve;
mod revert;
mod streams;
mod tenants;
