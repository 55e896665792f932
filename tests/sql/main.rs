//! From bytes to statements.
#![allow(clippy::disallowed_macros, reason = "tables of measurements go to the test's own output")]

#[path = "../support/mod.rs"]
mod support;

mod corpus;
mod coverage;
mod destruction;
mod directives;
mod judgement;
mod shapes;
mod split;
mod state;
