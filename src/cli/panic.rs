//! A panic is a bug of this tool, and is told as one, without anything that might be a secret.

use std::any::Any;
use std::io::Write as _;

/// Prints where it happened, and that it is a bug.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        // `Shell` may be what panicked, or be borrowed.
        let _ = std::io::stderr().write_all(message(&place, info.payload()).as_bytes());
    }));
}

/// The text of a panic is only shown when it is a constant of the program: a formatted one may carry a URL.
fn message(place: &str, payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&'static str>().map_or(String::new(), |text| format!(": {text}"));
    format!(
        "error: this is a bug in cargo-prisma-safe {}, at {place}{text}\n\
         why: what it was doing was not finished; `cargo prisma-safe status` tells the state of the database\n\
         hint: please report it with the line above; it holds no secret\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_text_is_never_shown() {
        let url = String::from("postgresql://u:hunter2@h/db");
        for payload in [
            std::panic::catch_unwind(|| panic!("no route to {url}")).expect_err("it panics"),
            std::panic::catch_unwind(|| url.parse::<u8>().map_err(|_| url.clone()).expect("a number"))
                .expect_err("it panics"),
        ] {
            assert!(!message("src/x.rs:1:2", &*payload).contains("hunter2"));
        }
        let constant = std::panic::catch_unwind(|| panic!("the list is never empty")).expect_err("it panics");
        let shown = message("src/x.rs:1:2", &*constant);
        assert!(shown.contains("at src/x.rs:1:2: the list is never empty\nwhy: "), "{shown}");
    }
}
