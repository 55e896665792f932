//! `[env.<name>.window]`: when deploys may happen, in a time zone that is named.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::origin::Sourced;
use super::reader::Table;

/// Hours on some days of the week. An end before its start is on the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The days on which they start.
    pub days: Vec<Weekday>,
    /// From, and not after: the end itself is outside.
    pub from: Time,
    /// Until.
    pub until: Time,
}

/// Days without deploys, both ends among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// `[env.<name>.window]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSettings {
    /// `time-zone`: its IANA name.
    pub time_zone: Sourced<String>,
    /// `allowed`; `None`: at any hour.
    pub allowed: Option<Sourced<Vec<Hours>>>,
    /// `freeze`.
    pub freeze: Option<Sourced<Vec<Freeze>>>,
}

impl WindowSettings {
    pub(super) fn read(mut table: Table<'_, '_>) -> Option<Self> {
        let time_zone = table.string("time-zone");
        let mut zone = None;
        match &time_zone {
            None => table.complain(
                format!("{} does not say in which time zone", table.heading()),
                Some("add `time-zone = \"Europe/Berlin\"`, or `\"UTC\"`".to_owned()),
            ),
            Some(name) if find_zone(&name.value).is_none() => table.complain_at(
                "time-zone",
                format!("`{}` is no time zone that this machine knows", name.value),
                Some("write its IANA name, as in `Europe/Berlin` or `UTC`".to_owned()),
            ),
            Some(name) => zone = Some(name.clone()),
        }
        let allowed =
            list(&mut table, "allowed", hours, "write days and hours: `mon-fri 09:00-16:00`, `daily 01:00-05:00`");
        let freeze = list(&mut table, "freeze", days, "write a day or two: `2026-12-24`, `2026-12-20..2027-01-02`");
        table.finish();
        Some(WindowSettings { time_zone: zone?, allowed, freeze })
    }
}

/// The zone of a name.
#[must_use]
pub fn find_zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(name).ok() }
}

fn list<T>(
    table: &mut Table<'_, '_>,
    key: &'static str,
    read: fn(&str) -> Option<T>,
    help: &str,
) -> Option<Sourced<Vec<T>>> {
    let texts = table.strings(key)?;
    for text in texts.value.iter().filter(|text| read(text).is_none()) {
        table.complain_at(key, format!("`{text}` cannot be read"), Some(help.to_owned()));
    }
    Some(texts.map(|texts| texts.iter().filter_map(|text| read(text)).collect()))
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// `mon-fri 09:00-16:00`, `sat,sun 10:00-12:00`, `daily 22:00-02:00`.
fn hours(text: &str) -> Option<Hours> {
    let (days, hours) = text.trim().split_once(char::is_whitespace)?;
    let at = |name: &str| DAYS.iter().position(|(word, _)| word.eq_ignore_ascii_case(name.trim()));
    let mut found = Vec::new();
    for part in days.split(',') {
        let (first, last) = match part.split_once('-') {
            None if part.eq_ignore_ascii_case("daily") => (0, 6),
            None => (at(part)?, at(part)?),
            Some((first, last)) => (at(first)?, at(last)?),
        };
        // `fri-mon` goes over the weekend.
        let length = (last + 7 - first) % 7;
        found.extend((0..=length).map(|step| DAYS[(first + step) % 7].1));
    }
    let (from, until) = hours.trim().split_once('-')?;
    let (from, until) = (time(from)?, time(until)?);
    (from != until).then_some(Hours { days: found, from, until })
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |text: &str| if text.len() == 2 { text.parse::<i8>().ok() } else { None };
    match (two(hour)?, two(minute)?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

fn days(text: &str) -> Option<Freeze> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(Freeze { first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let week = hours("mon-fri 09:00-16:30").unwrap();
        assert_eq!((week.days.len(), week.from.hour(), week.until.minute()), (5, 9, 30));
        assert_eq!(hours("sat,sun 22:00-02:00").unwrap().days, [Weekday::Saturday, Weekday::Sunday]);
        assert_eq!(hours("fri-mon 10:00-12:00").unwrap().days.len(), 4);
        assert_eq!(hours("daily 20:00-24:00").unwrap().days.len(), 7);
        for bad in ["", "mon", "mon 9-16", "moon 09:00-16:00", "mon 09:00-09:00", "mon 25:00-26:00", "mon 9:00-16:00"] {
            assert_eq!(hours(bad), None, "{bad}");
        }
        assert_eq!(days("2026-12-24").map(|day| day.first == day.last), Some(true));
        assert!(days("2026-12-20..2027-01-02").is_some());
        for bad in ["", "2027-01-02..2026-12-20", "christmas", "2026-02-30"] {
            assert_eq!(days(bad), None, "{bad}");
        }
    }
}
