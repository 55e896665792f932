//! Where a database is, what kind of place it is, and whether it may be destroyed.
//!
//! One file per word: [`kind`] of an environment, `url` (a [`DatabaseUrl`] that cannot be printed) with one parser per
//! provider, `source` (where the URL came from), `dev_test` (design §7) and [`marker`].

mod kind;
mod marker;

pub use kind::EnvironmentKind;
pub use marker::Marker;
