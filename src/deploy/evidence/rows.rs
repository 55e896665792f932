//! `-- prisma-safe: expect-rows 100..200`: how many rows the statement would touch now, counted on the target before anything runs.
//!
//! The count is a `SELECT` made of the statement's own words: its table and its condition, byte for byte. Where that cannot be done, or the database
//! cannot answer it yet (a column that an earlier migration of the same deploy adds), the reason is evidence, and never a pass.

use std::path::Path;

use crate::database::count_rows;
use crate::deploy::Plan;
use crate::deploy::receipt::{self, CountedRows};
use crate::environment::{Sources, Target};
use crate::sql;
use crate::sql::directive::DirectiveKind;
use crate::sql::model::{Action, Name, Script, Span, Statement};

/// A statement that says how many rows it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedRows {
    /// The migration's name.
    pub migration: String,
    /// Its checksum.
    pub checksum: String,
    /// Line of the statement, from 1.
    pub line: usize,
    /// The table.
    pub table: String,
    /// At least.
    pub min: u64,
    /// At most; `None`: any number.
    pub max: Option<u64>,
    /// How many there are now, or why that cannot be told.
    pub counted: Result<u64, String>,
    /// What required environments counted before they ran the same, by their receipts.
    pub staged: Vec<(String, u64)>,
}

impl ExpectedRows {
    /// Whether the number is as expected; `None`: it is not known.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        let counted = *self.counted.as_ref().ok()?;
        Some(counted >= self.min && self.max.is_none_or(|max| counted <= max))
    }

    /// `100..200`.
    #[must_use]
    pub fn range(&self) -> String {
        match self.max {
            Some(max) if max == self.min => max.to_string(),
            Some(max) => format!("{}..{max}", self.min),
            None => format!("{}..", self.min),
        }
    }
}

/// Counts for every statement of a plan that expects a number of rows.
pub fn count(sources: &Sources<'_>, target: &mut Target, plan: &Plan) -> Vec<ExpectedRows> {
    let provider = sources.project.provider;
    let requires = target.environment().requires.as_ref().map_or_else(Vec::new, |set| set.value.clone());
    let schema = target.url().identity().schema().map(str::to_owned);
    let mut written: Vec<Name> = Vec::new();
    let mut found = Vec::new();
    for planned in &plan.migrations {
        let Ok(script) = sql::read(provider, planned.sql.as_bytes()) else { continue };
        for statement in &script.statements {
            let range = script.directives_of(statement.index).find_map(|directive| match directive.kind {
                DirectiveKind::ExpectRows { min, max, .. } => Some((min, max)),
                _ => None,
            });
            if let Some((min, max)) = range {
                let table = table_of(statement);
                let again = table.is_some_and(|table| written.contains(table));
                let counted = match query(&script, statement) {
                    _ if again => Err("an earlier statement of this deploy writes to its table".to_owned()),
                    Some(query) => match target.database() {
                        Some(database) => count_rows(database, provider, schema.as_deref(), "count the rows", &query)
                            .map_err(|error| error.to_string()),
                        None => Err("the database is not there yet".to_owned()),
                    },
                    None => Err("it is more than a plain `UPDATE`, `DELETE` or `INSERT … SELECT`".to_owned()),
                };
                let checksum = planned.checksum.to_string();
                let line = script.line_column(statement.span.start).0;
                found.push(ExpectedRows {
                    staged: staged(&sources.project.root, &requires, &planned.name, &checksum, line),
                    migration: planned.name.clone(),
                    checksum,
                    line,
                    table: table.map_or_else(|| "?".to_owned(), Name::to_string),
                    min,
                    max,
                    counted,
                });
            }
            let tables = statement.operations.iter().filter(|operation| writes_rows(&operation.action));
            written.extend(tables.filter_map(|operation| operation.action.table().cloned()));
        }
    }
    found
}

fn staged(project: &Path, requires: &[String], migration: &str, checksum: &str, line: usize) -> Vec<(String, u64)> {
    let same =
        |counted: &CountedRows| counted.migration == migration && counted.checksum == checksum && counted.line == line;
    requires
        .iter()
        .filter_map(|environment| {
            let counted = receipt::counted(project, environment).into_iter().find(same)?;
            Some((environment.clone(), counted.rows?))
        })
        .collect()
}

fn writes_rows(action: &Action) -> bool {
    matches!(
        action.alone(),
        Action::Insert(_)
            | Action::Update(_)
            | Action::Delete(_)
            | Action::Merge(_)
            | Action::Truncate { .. }
            | Action::Copy { .. }
            | Action::CreateTable(_)
            | Action::RebuildTable(_)
    )
}

fn table_of(statement: &Statement) -> Option<&Name> {
    statement.operations.first().and_then(|operation| operation.action.table())
}

/// The rows that a statement would touch, as a query of its own words. `None`: it is not that simple.
fn query(script: &Script, statement: &Statement) -> Option<String> {
    let [operation] = statement.operations.as_slice() else { return None };
    let text = script.slice(statement.span);
    let head = text.split_whitespace().next()?;
    let (table, condition) = match &operation.action {
        Action::Update(update) if head.eq_ignore_ascii_case("UPDATE") && update.from.is_empty() && !update.limit => {
            let set = update.assignments.first()?.column.span.start;
            let between = script.slice(Span::new(update.table.span().start, set));
            (before(between, "SET")?, update.condition.as_ref().map(|condition| condition.expr.span))
        }
        Action::Delete(delete) if head.eq_ignore_ascii_case("DELETE") && delete.using.is_empty() && !delete.limit => {
            let [table] = delete.tables.as_slice() else { return None };
            match &delete.condition {
                Some(condition) => {
                    let between = script.slice(Span::new(table.span().start, condition.expr.span.start));
                    (before(between, "WHERE")?, Some(condition.expr.span))
                }
                None => (script.slice(table.span()).to_owned(), None),
            }
        }
        Action::Insert(insert) if head.eq_ignore_ascii_case("INSERT") => match &insert.source {
            sql::model::InsertSource::Select(select) => return Some(script.slice(select.span).to_owned()),
            _ => return None,
        },
        _ => return None,
    };
    // PostgreSQL's `RETURNING` and MySQL's `ORDER BY` end behind the condition.
    Some(match condition {
        Some(condition) => format!("SELECT 1 FROM {table} WHERE ({}\n)", script.slice(condition)),
        None => format!("SELECT 1 FROM {table}"),
    })
}

/// What stands before a keyword at the end of a text: a table with its alias. `None` when there is anything else in it.
fn before(text: &str, keyword: &str) -> Option<String> {
    let text = text.trim_end();
    let cut = text.len().checked_sub(keyword.len())?;
    let (table, end) = (text.get(..cut)?, text.get(cut..)?);
    let plain = end.eq_ignore_ascii_case(keyword) && table.ends_with(char::is_whitespace);
    let odd = table.contains("--") || table.contains("/*") || table.contains('#') || table.contains(',');
    (plain && !odd).then(|| table.trim().to_owned())
}

/// What a receipt keeps.
#[must_use]
pub fn kept(expected: &[ExpectedRows]) -> Vec<CountedRows> {
    let one = |expected: &ExpectedRows| CountedRows {
        migration: expected.migration.clone(),
        checksum: expected.checksum.clone(),
        line: expected.line,
        table: expected.table.clone(),
        expected: expected.range(),
        rows: expected.counted.as_ref().ok().copied(),
    };
    expected.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Provider;

    fn asked(provider: Provider, sql: &str) -> String {
        let script = sql::read(provider, sql.as_bytes()).unwrap();
        query(&script, &script.statements[0]).unwrap_or_else(|| "not counted".to_owned())
    }

    #[test]
    fn the_question_is_made_of_the_statements_own_words() {
        let of = |sql| asked(Provider::Postgresql, sql);
        insta::assert_snapshot!(of("UPDATE \"User\" AS u SET \"a\" = 1, b = 2 WHERE u.\"a\" IS NULL RETURNING id;"), @r#"
        SELECT 1 FROM "User" AS u WHERE (u."a" IS NULL
        )
        "#);
        insta::assert_snapshot!(of("delete from app.orders where total < 0 and (note = 'WHERE' or note is null)"), @r"
        SELECT 1 FROM app.orders WHERE (total < 0 and (note = 'WHERE' or note is null)
        )
        ");
        insta::assert_snapshot!(of("UPDATE t SET a = 1"), @"SELECT 1 FROM t");
        insta::assert_snapshot!(of("DELETE FROM t"), @"SELECT 1 FROM t");
        insta::assert_snapshot!(of("INSERT INTO t (a) SELECT a FROM s WHERE b > 1"), @"SELECT a FROM s WHERE b > 1");
        insta::assert_snapshot!(asked(Provider::Mysql, "UPDATE `t` SET `a` = 1 WHERE `b` = 'x'"), @r"
        SELECT 1 FROM `t` WHERE (`b` = 'x'
        )
        ");
    }

    #[test]
    fn what_is_not_plain_is_not_guessed() {
        for sql in [
            "UPDATE t SET a = s.a FROM s WHERE s.id = t.id",
            "DELETE FROM t USING s WHERE s.id = t.id",
            "WITH x AS (SELECT 1) UPDATE t SET a = 1 WHERE b = 2",
            "UPDATE t -- the table\n SET a = 1",
            "INSERT INTO t VALUES (1)",
            "DO $$ BEGIN UPDATE t SET a = 1; END $$",
        ] {
            assert_eq!(asked(Provider::Postgresql, sql), "not counted", "{sql}");
        }
        assert_eq!(asked(Provider::Mysql, "UPDATE t SET a = 1 WHERE b = 2 LIMIT 10"), "not counted");
        assert_eq!(asked(Provider::Mysql, "UPDATE t, s SET t.a = 1 WHERE s.id = t.id"), "not counted");
    }
}
