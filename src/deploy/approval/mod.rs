//! Approvals: a named person says yes to one plan, and signs it. What is signed is the plan's hash with the environment, the name and the
//! time; the keys that count are those of `[approvers]`, which are part of the plan's hash themselves.
//!
//! [`key`] makes and reads private keys, [`receipt`] signs, keeps and reads approvals. The gate `approval` judges them.

mod error;
pub mod key;
pub mod receipt;

pub use error::ApprovalError;
pub use receipt::Approval;
