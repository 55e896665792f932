//! Which type changes PostgreSQL makes without writing the table again. Each was tried on a server, see
//! `tests/database/locks_postgres.rs`.

use crate::sql::model::{DataType, Expr, Script, TypeFamily};

/// What `ALTER COLUMN … TYPE` does to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeChange {
    /// The bytes stay as they are: only the catalogue changes.
    InPlace,
    /// Every row is written again.
    Rewrite,
    /// `timestamp` and `timestamptz` into each other: in place where the session's `TimeZone` is UTC (12 and later), else a rewrite.
    ZoneDecides,
    /// The old type is not known.
    Unknown,
}

/// What a change does. `from` is `None` when nothing that was read says what the column is.
#[must_use]
pub fn type_change(script: &Script, from: Option<&DataType>, to: &DataType, using: Option<&Expr>) -> TypeChange {
    if using.is_some_and(|using| !is_plain_cast(script, using)) {
        return TypeChange::Rewrite;
    }
    let Some(from) = from else { return TypeChange::Unknown };
    if from.array || to.array {
        let same = from.array == to.array && from.name == to.name && from.arguments == to.arguments;
        return if same && from.user_type == to.user_type { TypeChange::InPlace } else { TypeChange::Rewrite };
    }
    if crosses_zone(from, to) {
        return if precision(to) >= 6 { TypeChange::ZoneDecides } else { TypeChange::Rewrite };
    }
    if keeps_bytes(from, to) { TypeChange::InPlace } else { TypeChange::Rewrite }
}

/// `USING column` or `USING column::type`: no more than the cast that happens anyway.
fn is_plain_cast(script: &Script, using: &Expr) -> bool {
    let text = script.slice(using.span);
    let (Some(column), true) = (using.columns.first(), using.calls.is_empty() && using.columns.len() == 1) else {
        return false;
    };
    let written = script.slice(column.span);
    let bare = text.trim().trim_start_matches('(').trim_start();
    let Some(rest) = bare.strip_prefix(written) else { return false };
    let rest = rest.trim().trim_end_matches(')').trim();
    rest.is_empty()
        || (rest.starts_with("::") && rest.matches("::").count() == 1 && !rest.contains(['+', '-', '*', '/', '|']))
}

fn crosses_zone(from: &DataType, to: &DataType) -> bool {
    matches!(
        (from.family, to.family),
        (TypeFamily::Timestamp, TypeFamily::TimestampTz) | (TypeFamily::TimestampTz, TypeFamily::Timestamp)
    )
}

/// Digits of a second that are kept; 6 when nothing is written.
fn precision(data_type: &DataType) -> u64 {
    data_type.arguments.first().copied().unwrap_or(6)
}

/// The new type takes every value of the old one in the same bytes.
fn keeps_bytes(from: &DataType, to: &DataType) -> bool {
    use TypeFamily as F;
    match (from.family, to.family) {
        (F::Text | F::VarChar, F::Text) => is_plain_text(from) && is_plain_text(to),
        (F::Text | F::VarChar, F::VarChar) => is_plain_text(from) && fits(limit(from), limit(to)),
        (F::Integer(a) | F::Serial(a), F::Integer(b)) => a == b,
        (F::Decimal, F::Decimal) => decimal_fits(from, to),
        (F::Timestamp, F::Timestamp) | (F::TimestampTz, F::TimestampTz) | (F::Interval, F::Interval) => {
            precision(to) >= precision(from)
        }
        (F::Time, F::Time) => with_zone(from) == with_zone(to) && precision(to) >= precision(from),
        (F::BitString, F::BitString) if varying(from) && varying(to) => fits(limit(from), limit(to)),
        (F::Xml, F::Text) => to.name == "text",
        (F::User, F::User) => from.user_type == to.user_type && from.arguments == to.arguments,
        _ if from.name == "cidr" && to.name == "inet" => true,
        (a, b) => a == b && from.name == to.name && from.arguments == to.arguments,
    }
}

/// `citext` and the like are text by family, not by bytes that an index understands.
fn is_plain_text(data_type: &DataType) -> bool {
    data_type.user_type.is_none()
}

fn limit(data_type: &DataType) -> Option<u64> {
    match data_type.family {
        TypeFamily::Text => None,
        _ => data_type.arguments.first().copied(),
    }
}

/// Whether a limit is at least another; `None` is no limit.
fn fits(from: Option<u64>, to: Option<u64>) -> bool {
    match (from, to) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(from), Some(to)) => to >= from,
    }
}

fn decimal_fits(from: &DataType, to: &DataType) -> bool {
    let parts = |t: &DataType| t.arguments.first().map(|p| (*p, t.arguments.get(1).copied().unwrap_or(0)));
    match (parts(from), parts(to)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((from_precision, from_scale)), Some((to_precision, to_scale))) => {
            to_scale == from_scale && to_precision >= from_precision
        }
    }
}

fn with_zone(data_type: &DataType) -> bool {
    data_type.name.contains("with time zone") || data_type.name == "timetz"
}

fn varying(data_type: &DataType) -> bool {
    data_type.name.contains("var")
}
