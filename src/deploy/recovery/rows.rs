//! Statements about rows: the catalogue says nothing of them, a query of the user's own can.

use crate::project::Provider;
use crate::sql::model::{Action, InsertSource, OnConflict, Script};
use crate::sql::quote;

/// A query whose answer tells whether a statement has run, and how to read the answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Query {
    /// It only reads.
    pub sql: String,
    /// How to read it.
    pub reads: &'static str,
}

/// The query for a statement, where there is one.
#[must_use]
pub(super) fn query(script: &Script, action: &Action) -> Option<Query> {
    let provider = script.provider;
    match action {
        Action::Update(update) if update.from.is_empty() => {
            let table = quote::name(provider, &update.table);
            if let Some(condition) = &update.condition {
                let about_itself =
                    update.assignments.iter().any(|assignment| condition.expr.columns.contains(&assignment.column));
                // A dot may be an alias, which the question would not know.
                let plain = !script.slice(condition.expr.span).contains('.');
                return (about_itself && plain).then(|| Query {
                    sql: format!("SELECT count(*) FROM {table} WHERE {}", script.slice(condition.expr.span)),
                    reads: "0: it has run; more: these rows still wait for it",
                });
            }
            let assignment = update.assignments.first().filter(|assignment| !assignment.reads_itself)?;
            let column = quote::ident(provider, &assignment.column.value);
            let value = script.slice(assignment.value.span);
            let differs = match provider {
                Provider::Postgresql => format!("{column} IS DISTINCT FROM ({value})"),
                Provider::Sqlite => format!("{column} IS NOT ({value})"),
                Provider::Mysql | Provider::Sqlserver => format!("NOT ({column} <=> ({value}))"),
            };
            Some(Query {
                sql: format!("SELECT count(*) FROM {table} WHERE {differs}"),
                reads: "0: it has run; more: these rows still wait for it, or were changed since",
            })
        }
        Action::Delete(delete) if delete.using.is_empty() && delete.tables.len() == 1 => {
            let condition = delete.condition.as_ref();
            let condition =
                condition.map_or_else(String::new, |found| format!(" WHERE {}", script.slice(found.expr.span)));
            Some(Query {
                sql: format!("SELECT count(*) FROM {}{condition}", quote::name(provider, &delete.tables[0])),
                reads: "0: it has run; more: these rows still wait for it, or came since",
            })
        }
        Action::Insert(insert) => {
            let table = quote::name(provider, &insert.table);
            if let (InsertSource::Values { values, .. }, Some(columns)) = (&insert.source, &insert.columns)
                && let Some(first) = values.first().filter(|first| first.len() == columns.len())
            {
                let same: Vec<String> = columns
                    .iter()
                    .zip(first)
                    .filter(|(_, value)| value.literal.is_some() && !value.is_null())
                    .map(|(column, value)| {
                        format!("{} = {}", quote::ident(provider, &column.value), script.slice(value.span))
                    })
                    .collect();
                if !same.is_empty() {
                    return Some(Query {
                        sql: format!("SELECT count(*) FROM {table} WHERE {}", same.join(" AND ")),
                        reads: "0: it has not run; more: its first row is there",
                    });
                }
            }
            Some(Query { sql: format!("SELECT count(*) FROM {table}"), reads: "compare it with what you expect" })
        }
        Action::Truncate { tables, .. } => Some(Query {
            sql: format!("SELECT count(*) FROM {}", quote::name(provider, tables.first()?)),
            reads: "0: it has run, or there were none",
        }),
        _ => None,
    }
}

/// Whether running it a second time changes nothing that the first run did not.
#[must_use]
pub(super) fn is_repeatable(action: &Action) -> bool {
    match action {
        Action::Insert(insert) => insert.on_conflict == OnConflict::Nothing,
        Action::Comment { .. }
        | Action::Grant { .. }
        | Action::Revoke { .. }
        | Action::Analyze { .. }
        | Action::Vacuum { .. }
        | Action::Reindex { .. }
        | Action::RefreshView { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[test]
    fn the_query_tells_with_the_statements_own_words() {
        let of = |provider, sql: &str| {
            let script = sql::read(provider, sql.as_bytes()).unwrap();
            query(&script, &script.statements[0].operations[0].action).map(|query| query.sql)
        };
        use Provider::{Mysql, Postgresql, Sqlite};
        for (provider, sql, told) in [
            (
                Postgresql,
                "UPDATE \"User\" SET \"name\" = 'x' WHERE \"name\" IS NULL",
                Some("SELECT count(*) FROM \"User\" WHERE \"name\" IS NULL"),
            ),
            (Postgresql, "UPDATE u SET a = 1 WHERE b = 2", None),
            (Postgresql, "UPDATE u SET n = n + 1", None),
            (Postgresql, "UPDATE u SET a = 1", Some("SELECT count(*) FROM \"u\" WHERE \"a\" IS DISTINCT FROM (1)")),
            (Sqlite, "UPDATE u SET a = 1", Some("SELECT count(*) FROM \"u\" WHERE \"a\" IS NOT (1)")),
            (Mysql, "UPDATE u SET a = 1", Some("SELECT count(*) FROM `u` WHERE NOT (`a` <=> (1))")),
            (Sqlite, "DELETE FROM u WHERE a > 3", Some("SELECT count(*) FROM \"u\" WHERE a > 3")),
            (
                Sqlite,
                "INSERT INTO u (a, b) VALUES (1, 'x'), (2, 'y')",
                Some("SELECT count(*) FROM \"u\" WHERE \"a\" = 1 AND \"b\" = 'x'"),
            ),
            (Sqlite, "INSERT INTO u SELECT * FROM v", Some("SELECT count(*) FROM \"u\"")),
            (Sqlite, "CREATE TABLE t (id INTEGER)", None),
        ] {
            assert_eq!(of(provider, sql).as_deref(), told, "{sql}");
        }
    }
}
