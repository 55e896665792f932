//! `file:./dev.db?connection_limit=1` (and `sqlite:`, which the engine tolerates). Not a WHATWG URL: the path is everything
//! before the first `?`, taken as it stands, without percent-decoding.

use std::path::Path;

use super::driver::Driver;
use super::network::real_path;
use super::{Parsed, UrlError};
use crate::environment::identity::{DatabaseIdentity, Place};
use crate::project::Provider;

pub(super) fn parse(text: &str, base: &Path) -> Result<Parsed, UrlError> {
    // The engine takes the prefix off as often as it is there.
    let is_file = text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("file:"));
    let prefix = if is_file { "file:" } else { "sqlite:" };
    let rest = text.get(prefix.len()..).unwrap_or_default().trim_start_matches(prefix);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    check_parameters(query)?;
    if path.is_empty() {
        return Err(UrlError::Malformed("there is no path after the scheme"));
    }
    let in_memory = path == ":memory:";
    let real = real_path(&base.join(path));
    if real.is_dir() {
        return Err(UrlError::IsFolder(real));
    }
    let driver = if in_memory { Driver::Memory } else { Driver::File(real.clone()) };
    let identity = DatabaseIdentity {
        provider: Provider::Sqlite,
        place: Place::File { node: node(&real), path: real },
        database: String::new(),
        unnamed: false,
        encoded_name: false,
        schema: None,
        prisma_dev: false,
    };
    Ok(Parsed { identity, driver: Some(driver) })
}

fn check_parameters(query: &str) -> Result<(), UrlError> {
    const NUMBERS: [&str; 4] =
        ["connection_limit", "socket_timeout", "max_connection_lifetime", "max_idle_connection_lifetime"];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(UrlError::Malformed("a parameter after the `?` has no `=`"));
        };
        if let Some(name) = NUMBERS.iter().find(|name| **name == key)
            && value.parse::<u64>().is_err()
        {
            return Err(UrlError::Parameter { name, expected: "a whole number" });
        }
    }
    Ok(())
}

/// Device and inode: one file under two names has one.
#[cfg(unix)]
fn node(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// There, the path alone decides.
#[cfg(not(unix))]
fn node(_: &Path) -> Option<(u64, u64)> {
    None
}
