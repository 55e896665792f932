//! Databases as they are: ledgers, locks, marks and errors, on SQLite, PostgreSQL and MariaDB.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod env_show;
mod errors;
mod fixture;
mod ledger;
mod lock;
mod locks_postgres;
mod mark;
mod marker;
mod never_creates;
mod project;
mod status;
mod throwaway;
