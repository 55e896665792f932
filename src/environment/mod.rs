//! Where a database is, what kind of place it is, and whether it may be destroyed.
//!
//! One file per word: `kind` of an environment, [`url`] (a [`DatabaseUrl`] that cannot be printed) with one parser per
//! provider, `host` and `identity` (what a URL means, whatever its spelling), [`source`] (where the URL came from),
//! [`dev_test`] with its reasons in `not_dev` and its list in `dev_hosts`, and `marker`.

mod dev_hosts;
pub mod dev_test;
#[cfg(test)]
mod dev_test_tests;
mod host;
mod identity;
mod kind;
mod marker;
mod not_dev;
pub mod source;
mod target;
pub mod url;

pub use dev_hosts::DevHosts;
pub use dev_test::{
    DevClaim, DevProof, MarkerLookup, OtherEnvironment, OtherUrl, StatedUrl, check_before_asking, prove_dev,
};
pub use host::Host;
pub use identity::{Comparison, DatabaseIdentity, Doubt};
pub use kind::EnvironmentKind;
pub use marker::Marker;
pub use not_dev::{NotDev, Reason, Which};
pub use source::{EnvironmentUrls, FoundUrl, Provenance, SourceError, Sources, Tenant};
pub use target::Target;
pub use url::{DatabaseUrl, UrlError};
