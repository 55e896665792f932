//! Sizes as people write them in the settings: `500MB`, `1GB`, in steps of 1024, as databases count.

/// What to write instead of something else.
pub const SIZE_HELP: &str = "write a whole number and a unit: `500MB`, `2GB`";

const UNITS: [(&str, u64); 4] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)];

/// Reads a size, in bytes.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim();
    let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.checked_mul(*factor)
}

/// A size for people: `512 kB`, `3.1 GB`.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    let Some((name, factor)) = UNITS.iter().find(|(_, factor)| bytes >= *factor) else {
        return crate::shell::count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte");
    };
    let tenths = u128::from(bytes) * 10 / u128::from(*factor);
    if tenths >= 100 || tenths.is_multiple_of(10) {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        assert_eq!(parse_size("500MB"), Some(500 << 20));
        assert_eq!(parse_size(" 2 gb "), Some(2 << 30));
        for bad in ["", "GB", "5", "5PB", "-1GB", "1.5GB", "99999999999999999999GB"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
        for (bytes, text) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 kB"), (3_328_599_655, "3.1 GB"), (15 << 20, "15 MB")]
        {
            assert_eq!(format_size(bytes), text);
        }
    }
}
