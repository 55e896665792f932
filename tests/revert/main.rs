//! Proofs of revert scripts, on throwaway databases of the product's own making.

#[path = "../support/mod.rs"]
mod support;

mod application;
mod bed;
mod kept;
mod mutants;
mod mysql;
mod postgres;
mod sqlite;
mod written;
