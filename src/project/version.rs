//! Prisma's version, as far as it changes what this tool has to do.

use std::fmt;

/// The majors whose Prisma Migrate this tool knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Major {
    /// 5.x.
    Five,
    /// 6.x.
    Six,
    /// 7.x.
    Seven,
}

impl Major {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Major::Five => 5,
            Major::Six => 6,
            Major::Seven => 7,
        }
    }

    /// Whether the flags and files are those of 5 and 6.
    #[must_use]
    pub const fn is_before_seven(self) -> bool {
        matches!(self, Major::Five | Major::Six)
    }
}

impl fmt::Display for Major {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// A full version: `7.10.1`, `8.0.0-rc.19`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// What follows a `-`; empty for a release.
    pub pre: String,
}

impl Version {
    /// Reads an exact version. `None` for ranges, tags and anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split('+').next()?;
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let version =
            Version { major: parts.next()??, minor: parts.next()??, patch: parts.next()??, pre: pre.to_owned() };
        parts.next().is_none().then_some(version)
    }

    /// The major, where this tool knows it.
    #[must_use]
    pub fn known_major(&self) -> Option<Major> {
        match self.major {
            5 => Some(Major::Five),
            6 => Some(Major::Six),
            7 => Some(Major::Seven),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.pre.is_empty() { Ok(()) } else { write!(f, "-{}", self.pre) }
    }
}

/// The major that a range of a `package.json` asks for (`^7.1.0`, `~6.19`, `6.x`, `npm:prisma@7`), where it asks for one.
#[must_use]
pub fn major_of_range(range: &str) -> Option<Major> {
    let range = range.rsplit('@').next()?;
    let digits: String =
        range.trim_start_matches(['^', '~', '=', 'v', ' ']).chars().take_while(char::is_ascii_digit).collect();
    // `>=5`, `5 || 6` and `5 - 7` may be any of several.
    if range.contains(['>', '<', '|', '*']) || range.contains(" - ") {
        return None;
    }
    Version { major: digits.parse().ok()?, minor: 0, patch: 0, pre: String::new() }.known_major()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_written_alike() {
        for text in ["7.10.1", "6.19.3", "8.0.0-rc.19", "5.22.0"] {
            assert_eq!(Version::parse(text).map(|version| version.to_string()).as_deref(), Some(text));
        }
        for text in ["7", "7.1", "^7.1.0", "latest", "", "7.1.0.2", "a.b.c"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_tell_a_major_only_when_there_is_one() {
        for (range, expected) in [
            ("^7.1.0", Some(Major::Seven)),
            ("~6.19", Some(Major::Six)),
            ("5.x", Some(Major::Five)),
            ("npm:prisma@6.1.0", Some(Major::Six)),
            (">=5", None),
            ("5 || 6", None),
            ("latest", None),
            ("^8.0.0-rc.1", None),
            ("workspace:*", None),
        ] {
            assert_eq!(major_of_range(range), expected, "{range}");
        }
    }
}
