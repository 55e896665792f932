//! From bytes to statements.

#[path = "../support/mod.rs"]
mod support;

mod corpus;
mod coverage;
