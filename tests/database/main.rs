//! Databases as they are: ledgers, locks, marks and errors, on SQLite, PostgreSQL and MariaDB.
#![cfg(unix)]

mod lint;
#[path = "../support/mod.rs"]
mod support;

mod activity;
mod algorithms_mariadb;
mod approval;
mod backup;
#[path = "../rules/case.rs"]
#[allow(dead_code, reason = "the rules' own tests use the rest")]
mod case;
mod effects;
mod env_show;
mod errors;
mod fixes;
mod fixes_postgres;
mod fixture;
mod impact;
mod ledger;
mod lock;
mod locks_postgres;
mod mark;
mod marker;
mod never_creates;
mod project;
mod revert;
mod status;
mod throwaway;
