//! The engine guard's program: named in `PRISMA_SCHEMA_ENGINE_BINARY`, it stands where Prisma expects its schema engine.

fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    prisma_safe::prisma::guard::run(&arguments)
}
