//! Every form in which a timestamp of `_prisma_migrations` has been seen.

use jiff::Timestamp;
use jiff::civil::DateTime;

/// Reads a timestamp as text: ISO 8601 with `T` or a space, with `Z`, `+00:00`, `+00` or no offset (UTC then: the engine
/// always writes UTC), with any number of fractional digits; or an integer, which is milliseconds since 1970 as SQLite's native
/// engine stores them. `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_millisecond(text.parse().ok()?).ok();
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    jiff::tz::TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_that_was_seen() {
        let expected: Timestamp = "2026-11-24T12:38:53.676Z".parse().expect("a timestamp");
        for text in [
            "2026-11-24T12:38:53.676+00:00",
            "2026-11-24T12:38:53.676Z",
            "2026-11-24 12:38:53.676+00",
            "2026-11-24 12:38:53.676000+00",
            "2026-11-24 12:38:53.676",
            "2026-11-24 14:38:53.676+02",
            "1795523933676",
            " 1795523933676 ",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert_eq!(parse("2026-11-24 12:38:53"), Some("2026-11-24T12:38:53Z".parse().expect("a timestamp")));
        assert_eq!(parse("-1"), Some("1969-12-31T23:59:59.999Z".parse().expect("a timestamp")));
    }

    proptest::proptest! {
        /// Every moment of the years 1970 to 9999 comes back from every form, whatever the offset.
        #[test]
        fn every_form_means_the_same_moment(millisecond in 0i64..253_402_300_799_999, quarters in -48i32..=48) {
            let at = Timestamp::from_millisecond(millisecond).expect("in range");
            let offset = jiff::tz::Offset::from_seconds(quarters * 900).expect("in range");
            proptest::prop_assert_eq!(parse(&millisecond.to_string()), Some(at));
            proptest::prop_assert_eq!(parse(&at.to_string()), Some(at));
            proptest::prop_assert_eq!(parse(&at.display_with_offset(offset).to_string()), Some(at));
            let local = jiff::tz::TimeZone::UTC.to_datetime(at);
            proptest::prop_assert_eq!(parse(&local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()), Some(at));
            proptest::prop_assert_eq!(parse(&local.strftime("%Y-%m-%d %H:%M:%S%.3f+00").to_string()), Some(at));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn refuses_what_is_no_timestamp() {
        for text in [
            "",
            "-",
            "infinity",
            "yesterday",
            "0000-00-00 00:00:00",
            "2026-13-01 00:00:00",
            "99999999999999999999",
            "12:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
