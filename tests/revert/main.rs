//! Proofs of revert scripts, on throwaway databases of the product's own making.

#[path = "../support/mod.rs"]
mod support;

mod application;
mod bed;
mod corpus;
mod kept;
mod kill;
mod mutants;
mod mysql;
mod named;
mod postgres;
mod sqlite;
mod written;
