//! Spans of time as people write them in the settings: `500ms`, `2s`, `15m`, `24h`, `7d`, and sums (`1h30m`).

use std::time::Duration;

/// Why a text is not a span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing there, or no digits where digits are due.
    #[error("`{0}` is not a span of time")]
    NotADuration(String),
    /// A bare number.
    #[error("`{0}` has no unit")]
    NoUnit(String),
    /// A unit that is not one of ours.
    #[error("`{unit}` is not a unit of time")]
    UnknownUnit {
        /// What was written.
        unit: String,
    },
    /// More than fits.
    #[error("`{0}` is longer than a hundred years")]
    TooLong(String),
}

/// What to write instead; the same for all of them.
pub const DURATION_HELP: &str = "write a number and a unit: `500ms`, `2s`, `15m`, `24h`, `7d`";

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const LIMIT_MS: u64 = 100 * 366 * 86_400_000;

/// Reads a span of time.
///
/// # Errors
/// [`DurationError`] for anything but numbers with a unit.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::NotADuration(text.to_owned()));
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 {
            return Err(DurationError::NotADuration(text.to_owned()));
        }
        let number: u64 = rest[..digits].parse().map_err(|_| DurationError::TooLong(text.to_owned()))?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(rest.len());
        let unit = &rest[..letters];
        if unit.is_empty() {
            return Err(DurationError::NoUnit(text.to_owned()));
        }
        let (_, factor) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_owned() })?;
        total = number
            .checked_mul(*factor)
            .and_then(|ms| total.checked_add(ms))
            .filter(|ms| *ms <= LIMIT_MS)
            .ok_or_else(|| DurationError::TooLong(text.to_owned()))?;
        rest = rest[letters..].trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// The span in the form that [`parse_duration`] reads, largest units first.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (name, factor) in UNITS.iter().rev() {
        // A day is written as 24h, as in the policy; longer spans in days.
        if *name == "d" && ms < 2 * factor {
            continue;
        }
        if ms >= *factor {
            text.push_str(&format!("{}{name}", ms / factor));
            ms %= factor;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, ms) in [
            ("500ms", 500),
            ("2s", 2_000),
            ("15m", 900_000),
            ("24h", 86_400_000),
            ("14d", 14 * 86_400_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            (" 2 s ", 2_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for (text, message) in [
            ("", "`` is not a span of time"),
            ("soon", "`soon` is not a span of time"),
            ("-2s", "`-2s` is not a span of time"),
            ("30", "`30` has no unit"),
            ("2weeks", "`weeks` is not a unit of time"),
            ("2S", "`S` is not a unit of time"),
            ("99999999999999999999s", "`99999999999999999999s` is longer than a hundred years"),
            ("999999d", "`999999d` is longer than a hundred years"),
        ] {
            assert_eq!(parse_duration(text).map_err(|error| error.to_string()), Err(message.to_owned()), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_again(ms in 0..LIMIT_MS) {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }
}
