//! `cargo prisma-safe`.

use std::process::ExitCode;

fn main() -> ExitCode {
    prisma_safe::cli::main(std::env::args_os())
}
