//! The paired undo script, proven: executed on a throwaway database, where schema and rows must come back.
//!
//! [`prove`] is the flow; [`throwaway`] makes databases that vanish, [`rows`] fills them, [`snapshot`] says what is there, [`compare`] what
//! differs, [`old_application`] asks whether the running version still works, [`seed`] runs the team's own rows, [`receipt`] writes the result down, bound to the bytes that it rests on. To add a provider: one file each in `throwaway/`,
//! `snapshot/` and `rows/`, one arm in the `mod.rs` of each.

pub mod compare;
mod error;
pub mod old_application;
pub mod prove;
pub mod receipt;
pub mod rows;
pub mod run;
pub mod second_opinion;
pub mod seed;
pub mod snapshot;
pub mod throwaway;

pub use error::VerifyError;
