//! A server's version as people write it.

use crate::rules::ServerVersion;

/// Reads `15`, `15.4`, `8.0.36`, `10.11.2-MariaDB`, `mariadb 11.4`. `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<ServerVersion> {
    let lower = text.trim().to_lowercase();
    let mariadb = lower.contains("mariadb");
    let numbers = lower.replace("mariadb", "");
    let numbers = numbers.trim_matches([' ', '-', ':', 'v']);
    let mut parts = numbers.split('.').map(|part| part.parse::<u16>().ok());
    let version = ServerVersion {
        mariadb,
        major: parts.next()??,
        minor: parts.next().unwrap_or(Some(0))?,
        patch: parts.next().unwrap_or(Some(0))?,
    };
    parts.next().is_none().then_some(version)
}

/// The version of a server that answered: its product and its first three numbers.
#[must_use]
pub fn of_server(product: &str, (major, minor, patch): (u32, u32, u32)) -> ServerVersion {
    let number = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    ServerVersion { mariadb: product == "MariaDB", major: number(major), minor: number(minor), patch: number(patch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, expected) in [
            ("15", Some((false, 15, 0, 0))),
            ("15.4", Some((false, 15, 4, 0))),
            (" 8.0.36 ", Some((false, 8, 0, 36))),
            ("10.11.2-MariaDB", Some((true, 10, 11, 2))),
            ("mariadb 11.4", Some((true, 11, 4, 0))),
            ("", None),
            ("latest", None),
            ("15.x", None),
            ("1.2.3.4", None),
        ] {
            let read = parse(text).map(|v| (v.mariadb, v.major, v.minor, v.patch));
            assert_eq!(read, expected, "{text}");
        }
    }
}
