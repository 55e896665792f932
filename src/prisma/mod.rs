//! Prisma: how its CLI is called, what it said, and the engine guard.
//!
//! [`arguments`] says what is typed, [`runner`] runs it behind the [`guard`], [`output`] reads the answer, [`codes`] explains Prisma's error
//! codes, [`errors`] is what comes of them, [`orphan`] sees to it that no child outlives us.

pub mod agents;
pub mod arguments;
pub mod classify;
pub mod codes;
pub mod dev_check;
pub mod errors;
pub mod guard;
pub mod launch;
pub mod orphan;
pub mod output;
pub mod runner;
mod signals;

pub use arguments::{Command, DiffSide, Paths, Resolution};
pub use errors::PrismaError;
pub use output::{Exit, Failure, Success, Verdict};
pub use runner::{Finished, Invocation, Run, Sink, Stream, Target};
