//! A panic is a bug of this tool, and is told as one, without anything that might be a secret.

use std::io::Write as _;

/// Prints where it happened. The text of a panic is only shown when it is a constant of the program: a formatted one may carry a
/// URL.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let text = info.payload().downcast_ref::<&'static str>().map_or(String::new(), |text| format!(": {text}"));
        // `Shell` may be what panicked, or be borrowed.
        let _ = writeln!(
            std::io::stderr(),
            "error: this is a bug in cargo-prisma-safe {}, at {place}{text}\n\
             why: what it was doing was not finished; `cargo prisma-safe status` tells the state of the database\n\
             hint: please report it with the line above; it holds no secret",
            env!("CARGO_PKG_VERSION")
        );
    }));
}
