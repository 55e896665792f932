//! Names and text as SQL that can be pasted: always quoted, the way each database (and Prisma) does it.

use super::model::{Ident, Name};
use crate::project::Provider;

/// One identifier in quotes: `"users"`, MySQL `` `users` ``, SQL Server `[users]`.
#[must_use]
pub fn ident(provider: Provider, name: &str) -> String {
    match provider {
        Provider::Postgresql | Provider::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
        Provider::Mysql => format!("`{}`", name.replace('`', "``")),
        Provider::Sqlserver => format!("[{}]", name.replace(']', "]]")),
    }
}

/// A name with all the parts that were written.
#[must_use]
pub fn name(provider: Provider, name: &Name) -> String {
    let schema = name.schema.as_ref().or(name.default_schema.0.as_ref());
    let parts = [name.catalog.as_ref(), schema, Some(&name.object)];
    parts.into_iter().flatten().map(|part| ident(provider, &part.value)).collect::<Vec<_>>().join(".")
}

/// Several identifiers with commas between.
#[must_use]
pub fn list<'a>(provider: Provider, names: impl IntoIterator<Item = &'a Ident>) -> String {
    names.into_iter().map(|name| ident(provider, &name.value)).collect::<Vec<_>>().join(", ")
}

/// A text literal.
#[must_use]
pub fn text(provider: Provider, text: &str) -> String {
    match provider {
        // A backslash escapes in MySQL unless NO_BACKSLASH_ESCAPES is set.
        Provider::Mysql => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_inside_are_doubled() {
        assert_eq!(ident(Provider::Postgresql, "a\"b"), "\"a\"\"b\"");
        assert_eq!(ident(Provider::Mysql, "a`b"), "`a``b`");
        assert_eq!(ident(Provider::Sqlserver, "a]b"), "[a]]b]");
        assert_eq!(text(Provider::Sqlite, "it's \\"), "'it''s \\'");
        assert_eq!(text(Provider::Mysql, "it's \\"), "'it''s \\\\'");
    }
}
