//! Prisma's checksum: lower-case hex SHA-256 of the bytes of `migration.sql`, nothing else (schema engine, `checksum.rs`).

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

/// The checksum of a migration script, as `_prisma_migrations` stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Checksum(String);

impl Checksum {
    /// The checksum of a script's bytes.
    #[must_use]
    pub fn of(script: &[u8]) -> Self {
        Checksum(hex(script))
    }

    /// A checksum as it was stored. Any text: a ledger may hold what some other tool wrote.
    #[must_use]
    pub fn stored(text: impl Into<String>) -> Self {
        Checksum(text.into())
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `script` is what this checksum was made of, by Prisma's rule: the bytes as they are, with CRLF turned into LF,
    /// or with LF turned into CRLF; rows written by old engines hold hex without zero padding.
    #[must_use]
    pub fn matches(&self, script: &[u8]) -> bool {
        let same = |bytes: &[u8]| {
            if self.0.len() == 64 { hex(bytes) == self.0 } else { hex_without_padding(bytes) == self.0 }
        };
        if same(script) {
            return true;
        }
        let lf = with_lf(script);
        same(&lf) || same(&with_crlf(&lf))
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    crate::hex::text(&Sha256::digest(bytes))
}

fn hex_without_padding(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:x}");
        text
    })
}

fn with_lf(script: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(script.len());
    for (at, &byte) in script.iter().enumerate() {
        if !(byte == b'\r' && script.get(at + 1) == Some(&b'\n')) {
            out.push(byte);
        }
    }
    out
}

fn with_crlf(script: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(script.len() + script.len() / 16);
    for &byte in script {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_plain_sha256() {
        // `printf 'SELECT 1;' | sha256sum`
        assert_eq!(
            Checksum::of(b"SELECT 1;").as_str(),
            "17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a"
        );
    }

    #[test]
    fn line_endings_do_not_matter_and_everything_else_does() {
        let lf = Checksum::of(b"SELECT 1;\nSELECT 2;\n");
        assert!(lf.matches(b"SELECT 1;\r\nSELECT 2;\r\n"));
        assert!(Checksum::of(b"SELECT 1;\r\n").matches(b"SELECT 1;\n"));
        assert!(!lf.matches(b"SELECT 1;\nSELECT 2;"));
        assert!(!lf.matches(b"SELECT 1;\nSELECT 2; \n"));
    }

    #[test]
    fn reads_the_unpadded_hex_of_old_engines() {
        let script = b"SELECT 1;";
        assert!(Checksum::stored(hex_without_padding(script)).matches(script));
        assert!(!Checksum::stored(hex_without_padding(script)).matches(b"SELECT 2;"));
    }
}
