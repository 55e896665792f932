//! One model in, every format out. Never reads files or databases.

pub mod archives;
pub mod environments;
pub mod fleet;
pub mod lint;
pub mod plan;
mod prose;
pub mod recovery;
pub mod revert;
pub mod status;
pub mod verify;
