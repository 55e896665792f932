//! `cargo prisma-safe`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if prisma_safe::prisma::guard::is_stand_in(&arguments) {
        return prisma_safe::prisma::guard::run(&arguments);
    }
    prisma_safe::cli::main(std::env::args_os())
}
