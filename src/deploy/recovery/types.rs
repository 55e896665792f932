//! Whether a column's type in the catalogue is the one that the SQL asks for.

use crate::project::Provider;
use crate::sql::model::{DataType, Script};

/// Compares. `None`: the two ways of writing cannot be compared, so nothing is claimed.
pub(super) fn same(script: &Script, wanted: &DataType, catalogue: &str) -> Option<bool> {
    match script.provider {
        Provider::Postgresql => postgres(wanted, catalogue),
        Provider::Mysql => mysql(script.slice(wanted.span), catalogue),
        // SQLite keeps the type as it was written.
        Provider::Sqlite => Some(squeezed(script.slice(wanted.span)) == squeezed(catalogue)),
        Provider::Sqlserver => None,
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_ascii_lowercase()
}

/// `format_type` writes the names of the standard (PostgreSQL manual, table 8.1).
fn postgres(wanted: &DataType, catalogue: &str) -> Option<bool> {
    let (catalogue, is_array) = match catalogue.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (catalogue, false),
    };
    if is_array != wanted.array {
        return Some(false);
    }
    if let Some(user) = &wanted.user_type {
        let last = catalogue.rsplit('.').next().unwrap_or(catalogue).trim_matches('"').replace("\"\"", "\"");
        return Some(last == user.object.value);
    }
    let arguments = || {
        let list = wanted.arguments.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        if list.is_empty() { list } else { format!("({list})") }
    };
    let expected = match &*wanted.name {
        "int" | "int4" | "integer" | "serial" | "serial4" => "integer".to_owned(),
        "bigint" | "int8" | "bigserial" | "serial8" => "bigint".to_owned(),
        "smallint" | "int2" | "smallserial" | "serial2" => "smallint".to_owned(),
        "varchar" | "character varying" => format!("character varying{}", arguments()),
        "char" | "character" if wanted.arguments.is_empty() => "character(1)".to_owned(),
        "char" | "character" => format!("character{}", arguments()),
        "decimal" | "numeric" | "dec" if wanted.arguments.len() == 1 => format!("numeric({},0)", wanted.arguments[0]),
        "decimal" | "numeric" | "dec" => format!("numeric{}", arguments()),
        "bool" | "boolean" => "boolean".to_owned(),
        "float8" | "double precision" => "double precision".to_owned(),
        "float4" | "real" => "real".to_owned(),
        "timestamp" | "timestamp without time zone" => format!("timestamp{} without time zone", arguments()),
        "timestamptz" | "timestamp with time zone" => format!("timestamp{} with time zone", arguments()),
        "time" | "time without time zone" => format!("time{} without time zone", arguments()),
        "timetz" | "time with time zone" => format!("time{} with time zone", arguments()),
        "text" | "uuid" | "json" | "jsonb" | "bytea" | "date" | "xml" | "inet" | "cidr" | "money" | "oid" => {
            wanted.name.clone()
        }
        _ => return None,
    };
    Some(expected == catalogue)
}

/// `column_type` is lower case, without the display width that MySQL 8.0.19 and newer no longer shows.
fn mysql(wanted: &str, catalogue: &str) -> Option<bool> {
    let normal = |text: &str| {
        let mut text = squeezed(text);
        for (from, to) in
            [("integer", "int"), ("boolean", "tinyint(1)"), ("bool", "tinyint(1)"), ("numeric", "decimal")]
        {
            if let Some(rest) = text.strip_prefix(from) {
                text = format!("{to}{rest}");
                break;
            }
        }
        for integer in ["tinyint", "smallint", "mediumint", "bigint", "int"] {
            if let Some((width, rest)) =
                text.strip_prefix(integer).and_then(|rest| rest.strip_prefix('(')?.split_once(')'))
                && !(integer == "tinyint" && width == "1")
            {
                return format!("{integer}{rest}");
            }
        }
        text
    };
    let (wanted, catalogue) = (normal(wanted), normal(catalogue));
    if wanted == catalogue {
        return Some(true);
    }
    // `json` is `longtext` in MariaDB, a character set may be written with the type: no claim about those.
    let words = |text: &str| text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_owned();
    let known = ["tinyint", "smallint", "mediumint", "bigint", "int", "varchar", "char", "decimal", "datetime", "text"];
    let both = known.contains(&&*words(&wanted)) && known.contains(&&*words(&catalogue));
    both.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;
    use crate::sql::model::Action;

    fn compare(provider: Provider, wanted: &str, catalogue: &str) -> Option<bool> {
        let script = sql::read(provider, format!("ALTER TABLE t ADD COLUMN c {wanted}").as_bytes()).unwrap();
        let Some(Action::AddColumn { column, .. }) = script.operations().map(|(_, o)| &o.action).next() else {
            panic!("it adds a column")
        };
        same(&script, column.data_type.as_ref().unwrap(), catalogue)
    }

    #[test]
    fn types_are_compared_as_each_catalogue_writes_them() {
        use Provider::{Mysql, Postgresql, Sqlite};
        for (provider, wanted, catalogue, same) in [
            (Postgresql, "TEXT", "text", Some(true)),
            (Postgresql, "VARCHAR(20)", "character varying(20)", Some(true)),
            (Postgresql, "VARCHAR(20)", "character varying(30)", Some(false)),
            (Postgresql, "TIMESTAMP(3)", "timestamp(3) without time zone", Some(true)),
            (Postgresql, "TIMESTAMPTZ(6)", "timestamp(6) with time zone", Some(true)),
            (Postgresql, "DECIMAL(65,30)", "numeric(65,30)", Some(true)),
            (Postgresql, "TEXT[]", "text[]", Some(true)),
            (Postgresql, "TEXT[]", "text", Some(false)),
            (Postgresql, "SERIAL", "integer", Some(true)),
            (Postgresql, "\"Role\"", "\"Role\"", Some(true)),
            (Postgresql, "\"Role\"", "shop.\"Role\"", Some(true)),
            (Postgresql, "INTEGER", "bigint", Some(false)),
            (Mysql, "INTEGER", "int(11)", Some(true)),
            (Mysql, "INTEGER", "bigint(20)", Some(false)),
            (Mysql, "BOOLEAN", "tinyint(1)", Some(true)),
            (Mysql, "DATETIME(3)", "datetime(3)", Some(true)),
            (Mysql, "JSON", "longtext", None),
            (Sqlite, "TEXT", "text", Some(true)),
            (Sqlite, "INTEGER", "TEXT", Some(false)),
        ] {
            assert_eq!(compare(provider, wanted, catalogue), same, "{wanted} against {catalogue}");
        }
    }
}
