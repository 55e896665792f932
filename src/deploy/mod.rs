//! Deploy: history → gates → plan → Prisma → ledger again.
//!
//! [`gates`] judge, [`plan`] says what would run, [`release`] does all of it for one target, and believes only the ledger afterwards
//! ([`execution`]).

pub mod aftermath;
pub mod approval;
pub mod assessment;
pub mod backup;
pub mod downtime;
pub mod error;
pub mod evidence;
pub mod execution;
pub mod fleet;
pub mod gates;
pub mod plan;
pub mod plan_checks;
pub mod plan_hash;
pub mod plan_locks;
pub mod receipt;
pub mod recovery;
pub mod release;
pub mod resolution;
pub mod steps;

pub use assessment::Assessment;
pub use error::DeployError;
pub use execution::Applied;
pub use plan::{Plan, Planned};
