//! *Now is a time for it*: within the allowed hours and outside every freeze, in the time zone of the settings.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Facts, Gate, Verdict};
use crate::settings::{Freeze, Hours, WindowSettings, find_zone};

/// See the module.
pub struct WindowGate;

const NAME: &str = "window";
/// How far ahead the next opening is looked for.
const AHEAD_MINUTES: i64 = 60 * 24 * 60;

impl Gate for WindowGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let Some(window) = &facts.target.environment().window else { return Verdict::pass(NAME, "no window is set") };
        let Some(zone) = find_zone(&window.time_zone.value) else {
            return Verdict::block(
                NAME,
                format!("the time zone `{}` ({}) is not known here", window.time_zone.value, window.time_zone.origin),
                "install the system's time zone data (the package is mostly called `tzdata`)",
            );
        };
        let now = zone.to_datetime(facts.evidence.now);
        let shown = format!("{} in {}", now.strftime("%a %Y-%m-%d %H:%M"), window.time_zone.value);
        let frozen = window.freeze.iter().flat_map(|set| &set.value).find(|freeze| is_frozen(freeze, now));
        let evidence = match (frozen, &window.allowed) {
            (Some(freeze), _) => {
                let origin = window.freeze.as_ref().map_or_else(String::new, |set| set.origin.to_string());
                format!("it is {shown}: no deploys from {} to {} (`freeze`, {origin})", freeze.first, freeze.last)
            }
            (None, Some(allowed)) if !is_open(&allowed.value, now) => {
                format!("it is {shown}, outside the allowed hours (`allowed`, {})", allowed.origin)
            }
            _ => return Verdict::pass(NAME, format!("it is {shown}")),
        };
        let name = facts.target.name();
        let urgent = format!("what cannot wait needs a reviewed `window = \"warn\"` under [env.{name}.gates]");
        let hint = match next_opening(window, &zone, facts.evidence.now) {
            Some(at) => {
                format!("deploy after {} in {}; {urgent}", at.strftime("%a %Y-%m-%d %H:%M"), window.time_zone.value)
            }
            None => urgent,
        };
        Verdict::block(NAME, evidence, hint)
    }
}

fn is_frozen(freeze: &Freeze, now: DateTime) -> bool {
    freeze.first <= now.date() && now.date() <= freeze.last
}

fn is_open(allowed: &[Hours], now: DateTime) -> bool {
    let today = now.date().weekday();
    let yesterday = today.previous();
    allowed.iter().any(|hours| {
        let time = now.time();
        let starts_today = hours.days.contains(&today);
        if hours.from < hours.until {
            starts_today && hours.from <= time && time < hours.until
        } else {
            (starts_today && hours.from <= time) || (hours.days.contains(&yesterday) && time < hours.until)
        }
    })
}

/// The first minute at which it is open, by the wall clock of the zone: a clock change lengthens or shortens what it falls into.
fn next_opening(window: &WindowSettings, zone: &TimeZone, now: Timestamp) -> Option<DateTime> {
    let minute = Timestamp::from_second(now.as_second() / 60 * 60).ok()?;
    (1..AHEAD_MINUTES).find_map(|ahead| {
        let at = zone.to_datetime(minute.checked_add(ahead.minutes()).ok()?);
        let frozen = window.freeze.iter().flat_map(|set| &set.value).any(|freeze| is_frozen(freeze, at));
        let open = window.allowed.as_ref().is_none_or(|allowed| is_open(&allowed.value, at));
        (open && !frozen).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;

    fn at(time: &str, window: &str) -> String {
        let settings = format!(
            "[env.eu]\nkind = \"production\"\nurl-env = \"E\"\n[env.eu.window]\ntime-zone = \"Europe/Berlin\"\n{window}"
        );
        let mut bench = Bench::new(&settings, "eu", &[]);
        bench.evidence.now = time.parse().unwrap();
        bench.judge(&WindowGate)
    }

    const WEEK: &str = "allowed = [\"mon-fri 09:00-16:00\"]\n";
    const FREEZE: &str = "freeze = [\"2026-12-20..2027-01-02\"]\n";

    #[test]
    fn the_zone_decides_whether_it_is_open() {
        // 08:30 UTC is 09:30 in Berlin in winter and 10:30 in summer.
        insta::assert_snapshot!(at("2026-11-24T08:30:00Z", WEEK), @r"pass: it is Tue 2026-11-24 09:30 in Europe/Berlin");
        insta::assert_snapshot!(at("2026-11-24T07:30:00Z", WEEK), @r#"
        block: it is Tue 2026-11-24 08:30 in Europe/Berlin, outside the allowed hours (`allowed`, set in /work/prisma-safe.toml:6)
        → deploy after Tue 2026-11-24 09:00 in Europe/Berlin; what cannot wait needs a reviewed `window = "warn"` under [env.eu.gates]; then `cargo prisma-safe plan --env eu`
        "#);
        insta::assert_snapshot!(at("2026-07-21T07:30:00Z", WEEK), @r"pass: it is Tue 2026-07-21 09:30 in Europe/Berlin");
        insta::assert_snapshot!(at("2026-11-27T15:00:00Z", WEEK), @r#"
        block: it is Fri 2026-11-27 16:00 in Europe/Berlin, outside the allowed hours (`allowed`, set in /work/prisma-safe.toml:6)
        → deploy after Mon 2026-11-30 09:00 in Europe/Berlin; what cannot wait needs a reviewed `window = "warn"` under [env.eu.gates]; then `cargo prisma-safe plan --env eu`
        "#);
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_they_start_on() {
        let night = "allowed = [\"sat 22:00-02:00\"]\n";
        assert!(at("2026-11-29T00:30:00Z", night).starts_with("pass"), "Sunday 01:30");
        assert!(at("2026-11-29T01:30:00Z", night).starts_with("block"), "Sunday 02:30");
        assert!(at("2026-11-28T00:30:00Z", night).starts_with("block"), "Saturday 01:30");
    }

    #[test]
    fn a_freeze_holds_on_both_its_ends() {
        insta::assert_snapshot!(at("2027-01-02T22:59:00Z", FREEZE), @r#"
        block: it is Sat 2027-01-02 23:59 in Europe/Berlin: no deploys from 2026-12-20 to 2027-01-02 (`freeze`, set in /work/prisma-safe.toml:6)
        → deploy after Sun 2027-01-03 00:00 in Europe/Berlin; what cannot wait needs a reviewed `window = "warn"` under [env.eu.gates]; then `cargo prisma-safe plan --env eu`
        "#);
        assert!(at("2027-01-02T23:00:00Z", FREEZE).starts_with("pass"), "already the next day in Berlin");
        assert!(at("2026-12-19T22:59:00Z", FREEZE).starts_with("pass"));
        assert!(at("2026-12-19T23:00:00Z", FREEZE).starts_with("block"));
    }
}
