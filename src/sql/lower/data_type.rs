//! Column types.

use super::cursor::Cursor;
use crate::project::Provider;
use crate::sql::lex::Kind;
use crate::sql::model::{DataType, Ident, TypeFamily};
use crate::sql::split::is_one_of;

/// Reads a type and moves behind it.
pub(in crate::sql) fn data_type(c: &mut Cursor<'_>) -> Option<DataType> {
    let start = *c;
    let first = c.peek()?;
    let plain = first.kind == Kind::Word || (first.kind == Kind::Quoted && c.provider() == Provider::Sqlserver);
    let mut user_type = c.name()?;
    let mut name = user_type.object.value.clone();
    if plain {
        name.make_ascii_lowercase();
        more_words(c, &mut name);
    }
    let mut members = Vec::new();
    let mut arguments = Vec::new();
    if c.is_kind(Kind::Open) {
        let mut inside = c.group()?;
        for mut part in inside.commas() {
            if let Some((value, _)) = part.string() {
                members.push(value);
            } else if part.is("MAX") {
                arguments.push(u64::MAX);
            } else if let Some(number) = part.eat_kind(Kind::Number) {
                arguments.push(part.slice(number).parse().unwrap_or(u64::MAX));
            }
        }
    }
    if plain {
        more_words(c, &mut name);
    }
    let mut array = false;
    while c.is_kind(Kind::OpenBracket) && c.group().is_some() {
        array = true;
    }
    array |= c.provider() == Provider::Postgresql && c.eat("ARRAY");
    let qualified = user_type.is_qualified() && !user_type.schema.as_ref().is_some_and(|s| s.is("pg_catalog"));
    let family = if plain && !qualified { family(c.provider(), &name, &arguments) } else { TypeFamily::User };
    user_type.object.value.clone_from(&name);
    if first.kind == Kind::Word && c.provider() != Provider::Postgresql {
        user_type.object.value = start.slice(first).to_owned();
    }
    let mut data_type = DataType {
        span: c.span_since(&start),
        name,
        family,
        arguments,
        array,
        unsigned: false,
        members,
        user_type: (family == TypeFamily::User).then_some(user_type),
        charset: None,
        collation: None,
    };
    modifiers(c, &mut data_type);
    data_type.span = c.span_since(&start);
    Some(data_type)
}

/// Types of several words.
fn more_words(c: &mut Cursor<'_>, name: &mut String) {
    let more: &[&[&str]] = match name.as_str() {
        "double" => &[&["PRECISION"]],
        "character" | "char" | "national" | "bit" | "nchar" => &[
            &["LARGE", "OBJECT"],
            &["CHARACTER", "VARYING"],
            &["CHAR", "VARYING"],
            &["VARYING"],
            &["CHARACTER"],
            &["CHAR"],
            &["VARCHAR"],
        ],
        "timestamp" | "time" => &[&["WITH", "TIME", "ZONE"], &["WITHOUT", "TIME", "ZONE"]],
        "binary" => &[&["VARYING"]],
        "long" => &[&["VARCHAR"], &["VARBINARY"], &["TEXT"]],
        "interval" => {
            &[&["YEAR", "TO", "MONTH"], &["DAY", "TO", "SECOND"], &["DAY", "TO", "HOUR"], &["HOUR", "TO", "SECOND"]]
        }
        _ => return,
    };
    for words in more {
        if c.eat_all(words) {
            for word in *words {
                name.push(' ');
                name.push_str(&word.to_ascii_lowercase());
            }
            return;
        }
    }
}

/// What MySQL writes behind a type, and collations.
fn modifiers(c: &mut Cursor<'_>, data_type: &mut DataType) {
    let mysql = c.provider() == Provider::Mysql;
    loop {
        if mysql && c.eat("UNSIGNED") {
            data_type.unsigned = true;
        } else if mysql && (c.eat("ZEROFILL") || c.eat("SIGNED")) {
            data_type.unsigned |= c.behind().is_some_and(|t| is_one_of(c.text(), t, &["ZEROFILL"]));
        } else if mysql && (c.is_all(&["CHARACTER", "SET"]) || c.is("CHARSET")) {
            if !c.eat_all(&["CHARACTER", "SET"]) {
                c.next();
            }
            data_type.charset = option_ident(c);
        } else if c.is("COLLATE") {
            c.next();
            data_type.collation = option_ident(c);
        } else {
            return;
        }
    }
}

fn option_ident(c: &mut Cursor<'_>) -> Option<Ident> {
    c.eat_symbol("=");
    if let Some((value, span)) = c.string() {
        return Some(Ident { value, quoted: true, case_sensitive: false, span });
    }
    c.name().map(|name| name.object)
}

fn family(provider: Provider, name: &str, arguments: &[u64]) -> TypeFamily {
    use Provider::{Mysql, Postgresql, Sqlite, Sqlserver};
    match name {
        "tinyint" if provider == Mysql && arguments == [1] => TypeFamily::Boolean,
        "tinyint" => TypeFamily::Integer(1),
        "smallint" | "int2" => TypeFamily::Integer(2),
        "mediumint" => TypeFamily::Integer(3),
        "integer" if provider == Sqlite => TypeFamily::Integer(8),
        "int" | "integer" | "int4" => TypeFamily::Integer(4),
        "bigint" | "int8" => TypeFamily::Integer(8),
        "smallserial" | "serial2" => TypeFamily::Serial(2),
        "serial" | "serial4" if provider == Postgresql => TypeFamily::Serial(4),
        "serial" | "bigserial" | "serial8" => TypeFamily::Serial(8),
        "decimal" | "numeric" | "dec" | "fixed" => TypeFamily::Decimal,
        "money" | "smallmoney" => TypeFamily::Money,
        "real" if provider == Mysql || provider == Sqlite => TypeFamily::Float(8),
        "real" | "float4" => TypeFamily::Float(4),
        "float" if provider == Mysql && arguments.first().is_none_or(|&p| p <= 24) => TypeFamily::Float(4),
        "float" if arguments.first().is_some_and(|&p| p <= 24) => TypeFamily::Float(4),
        "float" | "float8" | "double" | "double precision" => TypeFamily::Float(8),
        "boolean" | "bool" => TypeFamily::Boolean,
        "bit" if provider == Sqlserver => TypeFamily::Boolean,
        "bit" | "varbit" | "bit varying" => TypeFamily::BitString,
        "char" | "character" | "nchar" | "bpchar" | "national char" | "national character" => TypeFamily::Char,
        "varchar" if arguments.is_empty() && provider == Postgresql => TypeFamily::Text,
        "character varying" if arguments.is_empty() && provider == Postgresql => TypeFamily::Text,
        "varchar"
        | "nvarchar"
        | "character varying"
        | "char varying"
        | "national varchar"
        | "national char varying"
        | "national character varying"
        | "sysname" => TypeFamily::VarChar,
        "text" | "tinytext" | "mediumtext" | "longtext" | "ntext" | "clob" | "citext" | "name" | "long varchar" => {
            TypeFamily::Text
        }
        "bytea" | "blob" | "tinyblob" | "mediumblob" | "longblob" | "binary" | "varbinary" | "image" | "rowversion" => {
            TypeFamily::Bytes
        }
        "timestamp" if provider == Sqlserver => TypeFamily::Bytes,
        "date" => TypeFamily::Date,
        "time" | "timetz" | "time with time zone" | "time without time zone" => TypeFamily::Time,
        "timestamp" if provider == Mysql => TypeFamily::TimestampTz,
        "timestamp" | "timestamp without time zone" | "datetime" | "datetime2" | "smalldatetime" => {
            TypeFamily::Timestamp
        }
        "timestamptz" | "timestamp with time zone" | "datetimeoffset" => TypeFamily::TimestampTz,
        "interval" => TypeFamily::Interval,
        "uuid" | "uniqueidentifier" => TypeFamily::Uuid,
        "json" => TypeFamily::Json,
        "jsonb" => TypeFamily::Jsonb,
        "xml" => TypeFamily::Xml,
        "enum" if provider == Mysql => TypeFamily::Enum,
        "set" if provider == Mysql => TypeFamily::Set,
        "year" if provider == Mysql => TypeFamily::Other,
        "oid" | "inet" | "cidr" | "macaddr" | "macaddr8" | "tsvector" | "tsquery" | "point" | "line" | "lseg"
        | "box" | "path" | "polygon" | "circle" | "int4range" | "int8range" | "numrange" | "tsrange" | "tstzrange"
        | "daterange" | "pg_lsn" | "regclass" | "regtype" | "geometry" | "geography" | "hierarchyid"
        | "sql_variant" | "linestring" | "multipoint" | "any" | "trigger" | "void" => TypeFamily::Other,
        _ if provider == Sqlite => TypeFamily::Other,
        _ => TypeFamily::User,
    }
}
