//! Settings that migrations make.

use super::{Birth, Setting, State};
use crate::project::Provider;
use crate::sql::model::Span;

impl State {
    pub(super) fn set(&mut self, name: &str, value: &str, local: bool, span: Span, birth: Birth) {
        let millis = millis(self.provider, name, value);
        let setting = Setting { value: value.to_owned(), millis, local, set: birth, span };
        self.settings.insert(name.to_owned(), setting);
    }
}

/// A time in milliseconds; 0 means without limit, as PostgreSQL writes it.
fn millis(provider: Provider, name: &str, value: &str) -> Option<u64> {
    let value = value.trim().trim_matches('\'');
    match provider {
        Provider::Postgresql if name.ends_with("timeout") => with_unit(value),
        // SQL Server waits for ever at -1 and not at all at 0.
        Provider::Sqlserver if name == "lock_timeout" => match value {
            "-1" => Some(0),
            "0" => Some(1),
            other => other.parse().ok(),
        },
        Provider::Mysql if name == "max_execution_time" => value.parse().ok(),
        Provider::Mysql if name.ends_with("timeout") => value.parse::<u64>().ok()?.checked_mul(1000),
        Provider::Sqlite if name == "busy_timeout" => value.parse().ok(),
        _ => None,
    }
}

/// PostgreSQL §19.1: a number is milliseconds, a unit may follow.
fn with_unit(value: &str) -> Option<u64> {
    let digits = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let factor = match value[digits..].trim() {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let number: f64 = value[..digits].parse().ok()?;
    let millis = (number * factor).round();
    // A tiny limit must not turn into "no limit".
    if number > 0.0 && millis < 1.0 { Some(1) } else { Some(millis as u64) }
}
