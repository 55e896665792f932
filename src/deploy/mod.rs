//! Deploy: plan, gates, execution, recovery.
pub mod gates;
