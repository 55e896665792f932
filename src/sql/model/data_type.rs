//! Column types.

use super::names::{Ident, Name, Span};

/// The type of a column as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataType {
    /// Where it is written.
    pub span: Span,
    /// Lower case without arguments: `varchar`, `double precision`, `timestamp with time zone`, or the user type's name as the database sees it.
    pub name: String,
    /// What it is, across databases.
    pub family: TypeFamily,
    /// Length, or precision and scale; `max` is `u64::MAX`.
    pub arguments: Vec<u64>,
    /// PostgreSQL array.
    pub array: bool,
    /// MySQL `UNSIGNED`.
    pub unsigned: bool,
    /// Members of MySQL's inline `ENUM(…)` or `SET(…)`, in order.
    pub members: Vec<String>,
    /// Set for a type that is not built in: an enum, a domain, an extension's type.
    pub user_type: Option<Name>,
    /// `CHARACTER SET x`, where written with the type.
    pub charset: Option<Ident>,
    /// `COLLATE x`, where written with the type.
    pub collation: Option<Ident>,
}

/// Kinds of types that behave alike when they are changed into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeFamily {
    /// Integers; width in bytes.
    Integer(u8),
    /// `serial`, `bigserial`, `smallserial`; width in bytes.
    Serial(u8),
    /// `decimal`, `numeric`, with precision and scale in the arguments.
    Decimal,
    /// SQL Server `money` and PostgreSQL `money`.
    Money,
    /// `real`, `float`, `double`; width in bytes.
    Float(u8),
    /// `boolean`, `bit` of SQL Server, `tinyint(1)` of MySQL.
    Boolean,
    /// Fixed length text.
    Char,
    /// Text with a limit (or `max`).
    VarChar,
    /// Text without a limit in the type.
    Text,
    /// Bytes with or without a limit.
    Bytes,
    /// `date`.
    Date,
    /// Time of day.
    Time,
    /// Date and time without zone.
    Timestamp,
    /// Date and time with zone or offset.
    TimestampTz,
    /// `interval`.
    Interval,
    /// `uuid`, `uniqueidentifier`.
    Uuid,
    /// `json`.
    Json,
    /// `jsonb`.
    Jsonb,
    /// `xml`.
    Xml,
    /// MySQL inline `ENUM`.
    Enum,
    /// MySQL inline `SET`.
    Set,
    /// Bit strings.
    BitString,
    /// A type by name that is not built in.
    User,
    /// A built-in type outside this list.
    Other,
}
