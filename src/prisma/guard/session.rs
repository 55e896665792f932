//! Connection settings for one run: put into the URL that the real engine gets, so that migrations wait briefly for locks without an
//! edit to their SQL.
//!
//! Only PostgreSQL can be told in its URL (`options=-c lock_timeout=2000`); MySQL, SQL Server and SQLite have no such parameter in Prisma 5 to 7.

use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What to set. Empty: the URL is passed on as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How long a statement may wait for a lock.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may run.
    pub statement_timeout: Option<Duration>,
    /// The name that the session shows to the server, so that it can be found among all others.
    pub name: Option<String>,
}

/// What has a meaning in a query string, and what may not stand in a URL.
const QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'<').add(b'>').add(b'?');

impl Session {
    /// Nothing to set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.limits() && self.name.is_none()
    }

    /// Whether there is something that must not be left out: a name may be.
    #[must_use]
    pub fn limits(&self) -> bool {
        self.lock_timeout.is_some() || self.statement_timeout.is_some()
    }

    /// PostgreSQL's words for it, in milliseconds.
    fn options(&self) -> String {
        let settings = [("lock_timeout", self.lock_timeout), ("statement_timeout", self.statement_timeout)];
        let words =
            settings.iter().filter_map(|(name, time)| time.map(|time| format!("-c {name}={}", time.as_millis())));
        words.collect::<Vec<_>>().join(" ")
    }

    /// The URL with the settings in it, after those that its `options` has already, so that ours win. `None` when this kind of URL cannot
    /// carry them.
    #[must_use]
    pub fn apply(&self, url: &str) -> Option<String> {
        if self.is_empty() {
            return Some(url.to_owned());
        }
        let scheme = url.split_once("://")?.0.to_ascii_lowercase();
        if scheme != "postgres" && scheme != "postgresql" {
            return None;
        }
        let (base, fragment) = match url.split_once('#') {
            Some((base, fragment)) => (base, Some(fragment)),
            None => (url, None),
        };
        let (address, query) = base.split_once('?').unwrap_or((base, ""));
        let mut options = Vec::new();
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("options", value)) => {
                    options.push(percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned());
                }
                Some(("application_name", _)) if self.name.is_some() => {}
                _ => kept.push(pair.to_owned()),
            }
        }
        options.push(self.options());
        let options =
            options.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        if !options.is_empty() {
            kept.push(format!("options={}", utf8_percent_encode(&options, QUERY)));
        }
        if let Some(name) = &self.name {
            kept.push(format!("application_name={}", utf8_percent_encode(name, QUERY)));
        }
        let mut changed = format!("{address}?{}", kept.join("&"));
        if let Some(fragment) = fragment {
            changed.push('#');
            changed.push_str(fragment);
        }
        Some(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_seconds() -> Session {
        Session { lock_timeout: Some(Duration::from_secs(2)), ..Session::default() }
    }

    #[test]
    fn settings_go_into_a_postgres_url() {
        let set = |url| two_seconds().apply(url).unwrap();
        insta::assert_snapshot!(set("postgresql://u:p%40@h:5432/d"), @"postgresql://u:p%40@h:5432/d?options=-c%20lock_timeout=2000");
        insta::assert_snapshot!(set("postgres://h/d?schema=app&sslmode=require"), @"postgres://h/d?schema=app&sslmode=require&options=-c%20lock_timeout=2000");
        insta::assert_snapshot!(set("postgres://h/d?"), @"postgres://h/d?options=-c%20lock_timeout=2000");
    }

    #[test]
    fn existing_options_stay_and_ours_come_last() {
        let set = |url| two_seconds().apply(url).unwrap();
        insta::assert_snapshot!(
            set("postgres://h/d?options=-c%20lock_timeout%3D9000%20-c%20search_path%3Da&schema=x"),
            @"postgres://h/d?schema=x&options=-c%20lock_timeout=9000%20-c%20search_path=a%20-c%20lock_timeout=2000"
        );
        insta::assert_snapshot!(set("postgres://h/d?options=project+1"), @"postgres://h/d?options=project%201%20-c%20lock_timeout=2000");
    }

    #[test]
    fn both_timeouts() {
        let session = Session { statement_timeout: Some(Duration::from_secs(60)), ..two_seconds() };
        insta::assert_snapshot!(session.apply("postgres://h/d").unwrap(), @"postgres://h/d?options=-c%20lock_timeout=2000%20-c%20statement_timeout=60000");
    }

    #[test]
    fn a_name_takes_the_place_of_another_one() {
        let named = Session { name: Some("prisma-safe 1f".to_owned()), ..Session::default() };
        insta::assert_snapshot!(named.apply("postgres://h/d?application_name=app&schema=x").unwrap(), @"postgres://h/d?schema=x&application_name=prisma-safe%201f");
        let both = Session { name: Some("n".to_owned()), ..two_seconds() };
        insta::assert_snapshot!(both.apply("postgres://h/d").unwrap(), @"postgres://h/d?options=-c%20lock_timeout=2000&application_name=n");
    }

    #[test]
    fn other_databases_cannot_be_told_and_say_so() {
        for url in
            ["mysql://h/d", "file:./dev.db", "sqlserver://h;database=d", "prisma+postgres://h/?api_key=k", "nonsense"]
        {
            assert_eq!(two_seconds().apply(url), None, "{url}");
            assert_eq!(Session::default().apply(url).as_deref(), Some(url));
        }
    }

    proptest::proptest! {
        #[test]
        fn everything_else_in_the_url_survives(password in "[a-z%0-9@]{0,8}", value in "[a-zA-Z0-9%._-]{0,12}") {
            let url = format!("postgresql://u:{password}@h/d?schema={value}");
            let changed = two_seconds().apply(&url).unwrap();
            proptest::prop_assert!(changed.starts_with(&url));
        }
    }
}
