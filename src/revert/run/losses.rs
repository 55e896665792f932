//! What a revert would take away, asked from the live database: what its script drops, deletes and overwrites, and how much is in it now.
//!
//! A question has a time limit; when it is up, the database's own estimate is told instead, and that it is one. What cannot be counted is
//! said. Where archive tables keep what the migration took away, they are counted too.

use std::time::Duration;

use serde::Serialize;

use super::script::RevertScript;
use crate::database::DatabaseError;
use crate::database::script::{Cells, ScriptConnection};
use crate::project::Provider;
use crate::shell::count;
use crate::sql::analysis::{self, Destroyed, Destruction, PrismaVersion};
use crate::sql::archive;
use crate::sql::history_state::State;
use crate::sql::model::{Action, ConstraintKind, Ident, Literal, Name, Script};
use crate::sql::quote;

/// For reading an estimate, which touches the catalogue only.
const ESTIMATING: Duration = Duration::from_secs(2);

/// Something that would be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// `column`, `table`, `rows`, `values`, `cast`, `enum_values` or `other`.
    pub what: &'static str,
    /// The table (or type).
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// How many values, or rows where no column is named; `None`: not known.
    pub lost: Option<u64>,
    /// Rows in the table now; `None`: not known.
    pub of: Option<u64>,
    /// Counted; otherwise the database's own estimate, or nothing.
    pub exact: bool,
    /// What else one should know of it.
    pub note: Option<String>,
}

/// An archive table whose rows the script can put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// As SQL names it.
    pub archive: String,
    /// The table that the rows are of.
    pub table: String,
    /// Rows in it; `None`: not known.
    pub rows: Option<u64>,
    /// Rows of the table that are newer than it; `None`: not known, or the table is gone.
    pub newer: Option<u64>,
}

/// What a revert means for the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stakes {
    /// What would be lost.
    pub losses: Vec<Loss>,
    /// What is kept for it.
    pub kept: Vec<Kept>,
}

impl Stakes {
    /// Nothing would be lost, as far as everything could be counted.
    #[must_use]
    pub fn is_lossless(&self) -> bool {
        self.losses.iter().all(|loss| loss.exact && loss.lost == Some(0))
    }
}

/// What the questions are about.
pub struct Subject<'a> {
    /// The revert.
    pub revert: &'a RevertScript,
    /// The migration that it undoes.
    pub migration: &'a Script,
    /// Its 14 digits.
    pub time: &'a str,
    /// What the history has made, that migration included.
    pub after: &'a State,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
    /// For one question.
    pub limit: Duration,
}

/// Asks. What goes wrong is part of the answer.
#[must_use]
pub fn ask(subject: &Subject<'_>, connection: &mut dyn ScriptConnection) -> Stakes {
    let destroyed = analysis::judge(&subject.revert.script, subject.after, subject.prisma).destructions;
    let mut asker = Asker { subject, connection, provider: subject.revert.script.provider };
    let losses = destroyed.iter().filter(|lost| !is_archive(lost.name.as_ref())).map(|lost| asker.loss(lost)).collect();
    let kept = asker.archives();
    Stakes { losses, kept }
}

fn is_archive(name: Option<&Name>) -> bool {
    name.is_some_and(|name| {
        archive::is_archive(name.schema.as_ref().map(|schema| schema.value.as_str()), &name.object.value)
    })
}

struct Asker<'a> {
    subject: &'a Subject<'a>,
    connection: &'a mut dyn ScriptConnection,
    provider: Provider,
}

impl Asker<'_> {
    fn loss(&mut self, lost: &Destruction) -> Loss {
        let loss = |what| Loss {
            what,
            table: lost.name.as_ref().map(|name| name.object.value.clone()),
            column: lost.column.as_ref().map(|column| column.value.clone()),
            lost: None,
            of: None,
            exact: false,
            note: None,
        };
        let with = |what, note: &str| Loss { note: Some(note.to_owned()), ..loss(what) };
        let Some(name) = &lost.name else {
            return with("other", "a statement of the script was not understood: what it loses is not known");
        };
        match (lost.what, &lost.column) {
            (Destroyed::Table, _) => self.rows_of(name, loss("table")),
            (Destroyed::Column, Some(column)) => self.values_of(name, column, loss("column")),
            (Destroyed::Column, None) => {
                with("column", "every column of this type goes with it; they were not counted")
            }
            (Destroyed::Rows, _) => {
                self.at_most(name, None, loss("rows"), "which of them the script deletes is not known before")
            }
            (Destroyed::Values, column) => self.at_most(
                name,
                column.as_ref(),
                loss("values"),
                "which of them the script overwrites is not known before",
            ),
            (Destroyed::Cast, column) => self.at_most(
                name,
                column.as_ref(),
                loss("cast"),
                "those that do not fit the old type are lost, or stop the script",
            ),
            (Destroyed::EnumValues, _) => self.removed_values(name, loss("enum_values")),
            (Destroyed::PrimaryKey, _) => with("other", "its primary key changes; no row is lost by that alone"),
            (Destroyed::Partition, _) => with("other", "a partition goes with its rows; they were not counted"),
            (Destroyed::Schema, _) => with("other", "it goes with everything in it; that was not counted"),
            (Destroyed::Unknown, _) => with("other", "a statement was not understood: what it loses is not known"),
        }
    }

    /// Answers of one row of numbers.
    fn numbers(&mut self, sql: &str) -> Result<Vec<Option<u64>>, DatabaseError> {
        self.numbers_within(sql, self.subject.limit)
    }

    fn numbers_within(&mut self, sql: &str, limit: Duration) -> Result<Vec<Option<u64>>, DatabaseError> {
        let cells: Cells = self.connection.ask("count", sql, limit)?;
        let number = |cell: &Option<String>| {
            cell.as_deref().and_then(|text| text.parse::<i64>().ok()).and_then(|n| u64::try_from(n).ok())
        };
        Ok(cells.first().map(|row| row.iter().map(number).collect()).unwrap_or_default())
    }

    fn text(&self, expression: &str) -> String {
        let kind = if self.provider == Provider::Mysql { "CHAR" } else { "TEXT" };
        format!("CAST({expression} AS {kind})")
    }

    fn rows_of(&mut self, name: &Name, mut loss: Loss) -> Loss {
        let sql = format!("SELECT {} FROM {}", self.text("COUNT(*)"), quote::name(self.provider, name));
        match self.numbers(&sql) {
            Ok(found) => {
                loss.lost = found.first().copied().flatten();
                loss.of = loss.lost;
                loss.exact = loss.lost.is_some();
            }
            Err(error) => self.estimate(name, None, &mut loss, &error),
        }
        loss
    }

    fn values_of(&mut self, name: &Name, column: &Ident, mut loss: Loss) -> Loss {
        let (table, cell) = (quote::name(self.provider, name), quote::ident(self.provider, &column.value));
        let default = self.subject.after.table(name).and_then(|table| table.column(column)).and_then(|column| {
            let default = column.definition.as_ref()?.default.as_ref()?;
            default.literal.as_ref().map_or(Some(None), |literal| self.literal(literal).map(Some))
        });
        let of = self.text("COUNT(*)");
        let plain = format!("SELECT {of}, {} FROM {table}", self.text(&format!("COUNT({cell})")));
        let beside = default.clone().flatten().map(|default| {
            let other = self
                .text(&format!("COALESCE(SUM(CASE WHEN {cell} IS NULL OR {cell} = {default} THEN 0 ELSE 1 END), 0)"));
            (format!("SELECT {of}, {other} FROM {table}"), default)
        });
        // A type without equality (`json`) is counted as it is.
        let answer = match &beside {
            Some((sql, default)) => match self.numbers(sql) {
                Ok(found) => {
                    loss.note = Some(format!("those with its default {default} do not count"));
                    Ok(found)
                }
                Err(DatabaseError::Query { .. }) => self.numbers(&plain),
                Err(error) => Err(error),
            },
            None => self.numbers(&plain),
        };
        match answer {
            Ok(found) => {
                (loss.of, loss.lost) = (found.first().copied().flatten(), found.get(1).copied().flatten());
                loss.exact = loss.lost.is_some();
            }
            Err(error) => self.estimate(name, Some(column), &mut loss, &error),
        }
        if default == Some(None) {
            loss.note = Some("a default that is computed has filled some of them".to_owned());
        } else if self.filled_by_migration(name, column) && loss.lost != Some(0) {
            loss.note = Some("the migration itself has filled some of them".to_owned());
        }
        loss
    }

    /// What the script may touch, without a way to know which of it.
    fn at_most(&mut self, name: &Name, column: Option<&Ident>, loss: Loss, note: &str) -> Loss {
        let mut loss = match column {
            Some(column) => self.values_of(name, column, loss),
            None => self.rows_of(name, loss),
        };
        // Nothing there: nothing lost, whatever the condition says.
        if loss.lost != Some(0) {
            loss.exact = false;
            loss.note = Some(loss.note.map_or_else(|| note.to_owned(), |before| format!("{note}; {before}")));
        }
        loss
    }

    /// Rows that hold an enum value which the script takes away: the script stops at them.
    fn removed_values(&mut self, name: &Name, mut loss: Loss) -> Loss {
        let mut columns: Vec<(Name, Ident)> = Vec::new();
        let mut values: Vec<String> = Vec::new();
        for (_, operation) in self.subject.revert.script.operations() {
            if let Action::SwapEnum(swap) = &operation.action
                && swap.type_name == *name
            {
                columns.clone_from(&swap.columns);
                values.clone_from(&swap.values);
            }
        }
        if columns.is_empty() || values.is_empty() {
            loss.note = Some("rows that hold such a value stop the script; they were not counted".to_owned());
            return loss;
        }
        let list = values.iter().map(|value| quote::text(self.provider, value)).collect::<Vec<_>>().join(", ");
        let mut all = 0;
        for (table, column) in &columns {
            let cell = quote::ident(self.provider, &column.value);
            let sql = format!(
                "SELECT {} FROM {} WHERE {} NOT IN ({list})",
                self.text("COUNT(*)"),
                quote::name(self.provider, table),
                self.text(&cell)
            );
            match self.numbers(&sql).ok().and_then(|found| found.first().copied().flatten()) {
                Some(found) => all += found,
                None => {
                    loss.note =
                        Some("rows that hold such a value stop the script; they could not be counted".to_owned());
                    return loss;
                }
            }
        }
        loss.lost = Some(all);
        loss.exact = true;
        if all > 0 {
            loss.note = Some("they stop the script: give them another value first".to_owned());
        }
        loss
    }

    /// When counting took too long, or failed.
    fn estimate(&mut self, name: &Name, column: Option<&Ident>, loss: &mut Loss, error: &DatabaseError) {
        let timed_out = matches!(error, DatabaseError::Busy { .. });
        let table = quote::text(self.provider, &quote::name(self.provider, name));
        let object = quote::text(self.provider, &name.object.value);
        let column = column.map_or_else(|| "NULL".to_owned(), |column| quote::text(self.provider, &column.value));
        let sql = match self.provider {
            Provider::Postgresql => format!(
                "SELECT c.reltuples::bigint::text, (c.reltuples * (1 - s.null_frac))::bigint::text FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_stats s \
                 ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = {column} WHERE c.oid = to_regclass({table})"
            ),
            Provider::Mysql => format!(
                "SELECT CAST(table_rows AS CHAR), NULL FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = {object}"
            ),
            Provider::Sqlite | Provider::Sqlserver => String::new(),
        };
        let found = if timed_out && !sql.is_empty() {
            self.numbers_within(&sql, ESTIMATING).unwrap_or_default()
        } else {
            Vec::new()
        };
        loss.of = found.first().copied().flatten();
        loss.lost = found.get(1).copied().flatten().or(loss.of);
        let why = if timed_out {
            format!("counting took longer than {} s", self.subject.limit.as_secs_f64())
        } else {
            format!("it could not be counted: {}", said(error))
        };
        loss.note = Some(match loss.of {
            Some(_) => format!("the database's estimate: {why}"),
            None => why,
        });
    }

    fn literal(&self, literal: &Literal) -> Option<String> {
        match literal {
            Literal::Null => None,
            Literal::Boolean(value) => Some(if *value { "TRUE" } else { "FALSE" }.to_owned()),
            Literal::Number(number) => Some(number.clone()),
            Literal::Text(text) => Some(quote::text(self.provider, text)),
        }
    }

    fn filled_by_migration(&self, name: &Name, column: &Ident) -> bool {
        self.subject.migration.operations().any(|(_, operation)| match &operation.action {
            Action::Update(update) => {
                update.table == *name && update.assignments.iter().any(|one| one.column == *column)
            }
            Action::RebuildTable(rebuild) => {
                rebuild.table == *name && rebuild.copied.iter().any(|copied| copied.to == *column)
            }
            _ => false,
        })
    }

    /// The archive tables that carry this migration's time.
    fn archives(&mut self) -> Vec<Kept> {
        let time = self.subject.time;
        let (schema, prefix) = match self.provider {
            Provider::Postgresql | Provider::Sqlserver => (Some(archive::SCHEMA), format!("{time}_")),
            Provider::Mysql | Provider::Sqlite => (None, format!("{}{time}_", archive::PREFIX)),
        };
        let begins = |column: &str| format!("substr({column}, 1, {}) = '{prefix}'", prefix.len());
        let sql = match self.provider {
            Provider::Sqlite => format!("SELECT name FROM sqlite_schema WHERE type = 'table' AND {}", begins("name")),
            Provider::Mysql => format!(
                "SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() AND {}",
                begins("table_name")
            ),
            Provider::Postgresql | Provider::Sqlserver => format!(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = '{}' AND {}",
                archive::SCHEMA,
                begins("table_name")
            ),
        };
        let found = self.connection.ask("look for archive tables", &sql, self.subject.limit).unwrap_or_default();
        let names = found.into_iter().filter_map(|row| row.into_iter().next().flatten());
        names.map(|name| self.archive(schema, &name, &prefix)).collect()
    }

    fn archive(&mut self, schema: Option<&str>, name: &str, prefix: &str) -> Kept {
        let table = name.strip_prefix(prefix).unwrap_or(name).to_owned();
        let quoted = |name: &str| quote::ident(self.provider, name);
        let archive = match schema {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
            None => quoted(name),
        };
        let rows = format!("SELECT {} FROM {archive}", self.text("COUNT(*)"));
        let known = self.subject.after.tables().find(|known| known.name.object.value == table);
        let key: Vec<String> = known
            .iter()
            .flat_map(|known| known.constraints_of(ConstraintKind::PrimaryKey))
            .flat_map(|known| &known.constraint.columns)
            .map(|column| quoted(&column.value))
            .collect();
        let newer = known.filter(|_| !key.is_empty()).map(|known| {
            let same = key.iter().map(|column| format!("a.{column} = t.{column}")).collect::<Vec<_>>().join(" AND ");
            format!(
                "SELECT {} FROM {} t WHERE NOT EXISTS (SELECT 1 FROM {archive} a WHERE {same})",
                self.text("COUNT(*)"),
                quote::name(self.provider, &known.name)
            )
        });
        let rows = self.numbers(&rows).ok().and_then(|found| found.first().copied().flatten());
        let newer = newer.and_then(|sql| self.numbers(&sql).ok()).and_then(|found| found.first().copied().flatten());
        Kept { archive, table, rows, newer }
    }
}

fn said(error: &DatabaseError) -> String {
    match error {
        DatabaseError::Query { said, .. } | DatabaseError::Permission { said, .. } => said.clone(),
        other => other.to_string(),
    }
}

/// `1,204`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Loss {
    /// One sentence: what would be lost, and how much of it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let name = match (&self.table, &self.column) {
            (Some(table), Some(column)) => format!("`{table}`.`{column}`"),
            (Some(table), None) => format!("`{table}`"),
            (None, Some(column)) => format!("`{column}`"),
            (None, None) => "something".to_owned(),
        };
        let about = if self.exact || self.lost.is_none() { "" } else { "about " };
        let rows = |number: u64| {
            count(usize::try_from(number).unwrap_or(usize::MAX), "row").replacen(
                &number.to_string(),
                &grouped(number),
                1,
            )
        };
        let mut text = match (self.what, self.lost, self.of) {
            ("column", Some(0), Some(of)) if self.exact => format!("{name}: none of {} has a value in it", rows(of)),
            ("table", Some(0), _) if self.exact => format!("{name}: the table is empty"),
            ("enum_values", Some(0), _) => format!("{name}: no row holds a value that goes"),
            (_, Some(0), _) if self.exact => format!("{name}: nothing is in it"),
            ("column", Some(lost), Some(of)) => {
                let verb = if lost == 1 && of == 1 { "has" } else { "have" };
                format!("{name}: {about}{} of {} {verb} a value in it", grouped(lost), rows(of))
            }
            ("table", Some(lost), _) => format!("{name}: {about}{} in it", rows(lost)),
            ("enum_values", Some(lost), _) => format!("{name}: {} with a value that goes", rows(lost)),
            ("rows", Some(lost), _) => format!("{name}: the script deletes rows, of {} at most", rows(lost)),
            ("values", Some(lost), _) => format!("{name}: the script overwrites values, in {} at most", rows(lost)),
            ("cast", Some(lost), _) => format!("{name}: its type changes, with values in {}", rows(lost)),
            (_, None, _) => format!("{name}: how much is not known"),
            (_, Some(lost), _) => format!("{name}: {about}{}", rows(lost)),
        };
        if let Some(note) = &self.note {
            text.push_str(&format!(" ({note})"));
        }
        text
    }
}

impl Kept {
    /// One sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let kept = match self.rows {
            Some(1) => "1 row is kept".to_owned(),
            Some(rows) => format!("{} rows are kept", grouped(rows)),
            None => "an unknown number of rows is kept".to_owned(),
        };
        let mut text = format!("`{}`: {kept} in {}", self.table, self.archive);
        if let Some(newer) = self.newer.filter(|newer| *newer > 0) {
            text.push_str(&format!(
                "; nothing is kept for {} that came since",
                if newer == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(newer)) }
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(what: &'static str, column: Option<&str>, lost: Option<u64>, of: Option<u64>, exact: bool) -> String {
        let note = if exact { None } else { Some("the database's estimate".to_owned()) };
        Loss { what, table: Some("User".to_owned()), column: column.map(str::to_owned), lost, of, exact, note }
            .sentence()
    }

    #[test]
    fn sentences() {
        insta::assert_snapshot!(loss("column", Some("fullName"), Some(312), Some(1204), true), @r"`User`.`fullName`: 312 of 1,204 rows have a value in it");
        insta::assert_snapshot!(loss("column", Some("fullName"), Some(0), Some(1204), true), @r"`User`.`fullName`: none of 1,204 rows has a value in it");
        insta::assert_snapshot!(loss("column", Some("fullName"), Some(1), Some(1), true), @r"`User`.`fullName`: 1 of 1 row has a value in it");
        insta::assert_snapshot!(loss("column", Some("fullName"), Some(1_200_000), Some(3_400_000), false), @r"`User`.`fullName`: about 1,200,000 of 3,400,000 rows have a value in it (the database's estimate)");
        insta::assert_snapshot!(loss("table", None, Some(1), Some(1), true), @r"`User`: 1 row in it");
        insta::assert_snapshot!(loss("table", None, Some(0), Some(0), true), @r"`User`: the table is empty");
        insta::assert_snapshot!(loss("table", None, None, None, false), @r"`User`: how much is not known (the database's estimate)");
        insta::assert_snapshot!(loss("enum_values", None, Some(3), None, true), @r"`User`: 3 rows with a value that goes");
        let kept =
            |newer| Kept { archive: "\"a\".\"2_User\"".to_owned(), table: "User".to_owned(), rows: Some(1190), newer };
        insta::assert_snapshot!(kept(Some(14)).sentence(), @r#"`User`: 1,190 rows are kept in "a"."2_User"; nothing is kept for 14 rows that came since"#);
        insta::assert_snapshot!(kept(Some(0)).sentence(), @r#"`User`: 1,190 rows are kept in "a"."2_User""#);
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
