//! Prisma: how its CLI is called, what it said, and the engine guard.
pub mod guard;
