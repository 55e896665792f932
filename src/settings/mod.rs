//! prisma-safe.toml and Cargo metadata → validated settings, every value with its origin.
