//! `cargo prisma-safe`.
fn main() {}
