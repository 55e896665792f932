//! What a user types and sees: the real binary, whole outputs.

#[path = "../support/mod.rs"]
mod support;

mod discovery;
mod env;
mod help;
mod init;
mod layouts;
mod lint;
mod settings;
