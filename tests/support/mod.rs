//! What the integration tests share. Included by each test binary with `#[path]`; none uses all of it.
#![allow(dead_code, reason = "every test binary uses a part of it")]

pub mod project;
pub mod servers;

/// A test that cannot run here says so in one loud line, and fails where everything must run (`PRISMA_SAFE_REQUIRE_ALL=1`).
///
/// Returns, so that the caller can end its test: `let Some(server) = servers::postgres() else { return };`
#[track_caller]
pub fn skip_or_fail(what: &str) {
    let required = std::env::var_os("PRISMA_SAFE_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "PRISMA_SAFE_REQUIRE_ALL=1, and this test cannot run: {what}");
    let at = std::panic::Location::caller();
    say(&format!("SKIPPED: {what} ({}:{})", at.file(), at.line()));
}

/// A line straight to the stream: the test harness captures what a test that passes prints.
pub fn say(line: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
}
