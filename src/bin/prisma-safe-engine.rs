//! The engine guard.
fn main() {}
