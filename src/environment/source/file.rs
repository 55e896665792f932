//! A URL in a file of its own, as secret stores mount them.

use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;

use super::SourceError;
use crate::settings::{EnvironmentSettings, shown};

/// More than any URL has.
pub(super) const LIMIT: u64 = 64 * 1024;

pub(super) fn read(environment: &EnvironmentSettings, path: &Path) -> Result<SecretString, SourceError> {
    let unreadable =
        |source| SourceError::File { environment: environment.name.value.clone(), path: shown(path), source };
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(unreadable)?.take(LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    one_line(bytes).map_err(|problem| SourceError::NotOneUrl {
        environment: environment.name.value.clone(),
        place: format!("the file `{}`", shown(path).display()),
        problem,
    })
}

/// The one line that is there; what is wrong with it otherwise, in words that hold nothing of it.
pub(super) fn one_line(bytes: Vec<u8>) -> Result<SecretString, &'static str> {
    if bytes.len() as u64 > LIMIT {
        return Err("is far too long for a URL");
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    let line = text.trim_start_matches('\u{feff}').trim();
    match line {
        "" => Err("is empty"),
        _ if line.contains('\n') => Err("has more than one line"),
        _ => Ok(line.into()),
    }
}

/// Whether a `.env` file that is not read has a variable, to say so.
pub(super) fn mentions(file: &Path, name: &str) -> bool {
    crate::project::read_text(file).is_ok_and(|text| crate::project::names_in(&text).iter().any(|found| found == name))
}
