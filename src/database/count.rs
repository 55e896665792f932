//! How many rows a query returns: one number, never a value, since values may be anybody's.

use super::{Database, DatabaseError, Result};
use crate::project::Provider;
use crate::sql::quote::ident;

/// Counts the rows of one query, read-only, within the connection's statement timeout. `schema`: where PostgreSQL looks for names without one.
///
/// # Errors
/// [`DatabaseError`]; `doing` completes "failed to …".
pub fn count_rows(
    database: &mut dyn Database,
    provider: Provider,
    schema: Option<&str>,
    doing: &'static str,
    query: &str,
) -> Result<u64> {
    let (before, number) = match provider {
        Provider::Mysql => (String::new(), "CAST(COUNT(*) AS CHAR)"),
        Provider::Sqlite | Provider::Sqlserver => (String::new(), "CAST(COUNT(*) AS TEXT)"),
        // Names mean what they mean to Prisma; and a question must not stand in anybody's way.
        Provider::Postgresql => {
            let schema = ident(provider, schema.unwrap_or("public"));
            (format!("SET LOCAL search_path TO {schema}; SET LOCAL lock_timeout = '1s'; "), "count(*)::text")
        }
    };
    // A line of its own: the query may end in a comment.
    let counted = database.query(doing, &format!("{before}SELECT {number} FROM (\n{query}\n) AS counted"));
    let rows = match counted {
        // MySQL wants every column of a derived table to have a name of its own; then the rows themselves are counted.
        Err(DatabaseError::Query { said, .. })
            if provider == Provider::Mysql && said.starts_with("Duplicate column") =>
        {
            return database.query(doing, query).map(|rows| rows.len() as u64);
        }
        other => other?,
    };
    let cell = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
    cell.ok_or_else(|| DatabaseError::Query {
        target: database.target().to_owned(),
        doing,
        code: None,
        said: "it answered with no number".to_owned(),
    })
}
