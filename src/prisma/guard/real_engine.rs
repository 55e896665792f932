//! Where Prisma's own schema engine is.

/// Names the real engine.
pub const REAL_ENGINE_VARIABLE: &str = "PRISMA_SAFE_REAL_ENGINE";
