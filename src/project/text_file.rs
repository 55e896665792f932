//! Reads the text files of a project: tolerant of a byte order mark, not of other encodings, and never without a limit.

use std::io::Read as _;
use std::path::Path;

use super::ProjectError;

const LIMIT_MIB: u64 = 16;

/// The text of a file, without a byte order mark.
///
/// # Errors
/// [`ProjectError`] when it cannot be read, is not UTF-8, or is larger than such files are.
pub fn read_text(path: &Path) -> Result<String, ProjectError> {
    let unreadable = |source| ProjectError::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let limit = LIMIT_MIB * 1024 * 1024;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(ProjectError::TooLarge { path: path.to_owned(), limit_mib: LIMIT_MIB });
    }
    let mut text = String::from_utf8(bytes).map_err(|_| ProjectError::NotUtf8 { path: path.to_owned() })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}
