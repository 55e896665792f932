//! The database's error in the ledger's `logs`, and the statement that it is about.
//!
//! Prisma writes the code, the text and, on PostgreSQL, the position: the lines up to the one that failed, and the driver's own
//! `position`. On MySQL it counts the statements of the file. SQLite says no more than its words.

use std::collections::BTreeSet;

use crate::project::Provider;
use crate::sql::model::Script;

/// What the database said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// SQLSTATE on PostgreSQL, the error's number on MySQL; `None` where only words are left.
    pub code: Option<String>,
    /// Its words without Prisma's preamble and Rust's view of it.
    pub said: String,
    /// PostgreSQL: the line of the file, from 1, with its text.
    pub line: Option<(usize, String)>,
    /// PostgreSQL: the character of what was sent, from 1.
    pub character: Option<usize>,
    /// MySQL: which statement of the file, from 1.
    pub number: Option<usize>,
}

impl Failure {
    /// Reads the column; `said` is [`Entry::reason`](crate::history::Entry::reason).
    #[must_use]
    pub fn read(logs: &str, said: &str) -> Self {
        let logs = anstream::adapter::strip_str(logs).to_string();
        let code = logs
            .lines()
            .find_map(|line| line.strip_prefix("Database error code: "))
            .map(|code| code.trim().to_owned())
            .or_else(|| after(&logs, "SqlState(E", ')').map(str::to_owned))
            .filter(|code| !matches!(&**code, "" | "none" | "unknown"));
        let character = after(&logs, "position: Some(Original(", ')').and_then(|text| text.parse().ok());
        let number = after(&logs, "Please check the query number ", ' ').and_then(|text| text.parse().ok());
        let said: Vec<&str> = said
            .lines()
            .take_while(|line| line.trim() != "Position:")
            .filter(|line| {
                // Prisma's own frame around the words of the database.
                let frame = ["Database error code: ", "Please check the query number ", "SQLite database error"];
                !frame.iter().any(|start| line.starts_with(start))
            })
            .collect();
        Failure { code, said: said.join("\n").trim().to_owned(), line: position(&logs), character, number }
    }

    /// Whether waiting, and nothing else, may make it go away: lock and statement timeouts, deadlocks, a busy file.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self.code.as_deref() {
            // Lock not available, deadlock, query cancelled, serialization (PostgreSQL, appendix A); lock wait, deadlock (MySQL).
            Some("55P03" | "40P01" | "57014" | "40001" | "1205" | "1213") => true,
            _ => self.said.contains("database is locked") || self.said.contains("database table is locked"),
        }
    }

    /// Whether it says that something is there already.
    #[must_use]
    pub fn says_exists(&self) -> bool {
        match self.code.as_deref() {
            // Duplicate table, column, object, schema, database, function (PostgreSQL); table, column, key, check, trigger (MySQL).
            Some("42P07" | "42701" | "42710" | "42P06" | "42P04" | "42723") => true,
            Some("1050" | "1060" | "1061" | "1826" | "3822" | "1359" | "1304") => true,
            _ => self.said.contains("already exists") || self.said.contains("duplicate column name"),
        }
    }

    /// Whether the statement works when it is sent by itself: PostgreSQL refuses it, or what it uses, inside a transaction.
    #[must_use]
    pub fn needs_its_own_transaction(&self) -> bool {
        matches!(self.code.as_deref(), Some("25001" | "55P04"))
    }

    /// The statement that failed, by its index. `whole`: PostgreSQL got the file as one text, so that the position counts from its start.
    #[must_use]
    pub fn statement(&self, script: &Script, whole: bool) -> Option<usize> {
        if script.statements.len() == 1 {
            return Some(0);
        }
        match script.provider {
            Provider::Postgresql => {
                let offset = self.character.filter(|_| whole).and_then(|character| {
                    let text = script.text.strip_prefix('\u{feff}').unwrap_or(&script.text);
                    let (byte, _) = text.char_indices().nth(character.checked_sub(1)?)?;
                    Some(byte + script.text.len() - text.len())
                });
                let by_offset = offset.and_then(|at| script.statements.iter().position(|s| at < s.range.end as usize));
                by_offset.or_else(|| self.by_line(script))
            }
            Provider::Mysql => self.number?.checked_sub(1).filter(|index| *index < script.statements.len()),
            Provider::Sqlite | Provider::Sqlserver => None,
        }
    }

    /// The line of that number when it has that text, else the only line that has it.
    fn by_line(&self, script: &Script) -> Option<usize> {
        let (number, text) = self.line.as_ref()?;
        let lines: Vec<&str> = script.text.lines().map(|line| line.trim_end_matches('\r')).collect();
        let is = |line: &str| line.trim_end() == text.trim_end();
        let row = match lines.get(number.checked_sub(1)?) {
            Some(line) if is(line) => number - 1,
            _ => {
                let mut found = lines.iter().enumerate().filter(|(_, line)| is(line));
                let (only, _) = found.next()?;
                if found.next().is_some() {
                    return None;
                }
                only
            }
        };
        let touches = |index: &usize| {
            let span = script.statements[*index].span;
            let (first, _) = script.line_column(span.start);
            let (last, _) = script.line_column(span.end.saturating_sub(1));
            (first..=last).contains(&(row + 1))
        };
        let mut on_it = (0..script.statements.len()).filter(touches);
        let first = on_it.next()?;
        on_it.next().is_none().then_some(first)
    }

    /// The statement that the words are about, by the names in them, for databases that tell no place: the only one of the file that has them all,
    /// else the only one of `candidates`.
    #[must_use]
    pub fn named(&self, script: &Script, candidates: &[usize]) -> Option<usize> {
        let names: BTreeSet<String> = words(&self.said).filter(|word| !COMMON.contains(&word.as_str())).collect();
        let has_all = |index: &usize| {
            let text: BTreeSet<String> = words(script.slice(script.statements[*index].span)).collect();
            !names.is_empty() && names.is_subset(&text)
        };
        let only = |mut fit: Box<dyn Iterator<Item = usize> + '_>| {
            let first = fit.next();
            first.filter(|_| fit.next().is_none())
        };
        let anywhere: Vec<usize> = (0..script.statements.len()).filter(|index| has_all(index)).collect();
        match anywhere.as_slice() {
            [one] => Some(*one),
            [] => only(Box::new(candidates.iter().copied())),
            _ => only(Box::new(candidates.iter().copied().filter(|index| has_all(index)))),
        }
    }
}

/// Words of errors that are no names.
const COMMON: &[&str] = &[
    "error",
    "sqlite",
    "database",
    "no",
    "such",
    "table",
    "column",
    "index",
    "view",
    "trigger",
    "already",
    "exists",
    "duplicate",
    "name",
    "unique",
    "constraint",
    "failed",
    "not",
    "null",
    "foreign",
    "key",
    "check",
    "near",
    "syntax",
    "mismatch",
    "has",
    "values",
    "were",
    "supplied",
    "for",
    "the",
    "is",
    "in",
    "cannot",
    "add",
    "with",
    "default",
    "value",
    "of",
    "there",
    "after",
    "drop",
];

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    parts.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

fn after<'t>(text: &'t str, mark: &str, end: char) -> Option<&'t str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split(end).next().map(str::trim)
}

/// The last line of the block: `  7 CREATE TABLE …`.
fn position(logs: &str) -> Option<(usize, String)> {
    let (_, block) = logs.split_once("Position:\n")?;
    let last = block.lines().take_while(|line| !line.trim().is_empty()).last()?;
    let last = last.trim_start();
    let digits = last.bytes().take_while(u8::is_ascii_digit).count();
    let number = last[..digits].parse().ok()?;
    Some((number, last[digits..].strip_prefix(' ').unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    const POSTGRES: &str = "A migration failed to apply. New migrations cannot be applied before the error is recovered from.\n\n\
        Migration name: 1_a\n\nDatabase error code: 42P01\n\nDatabase error:\nERROR: relation \"nowhere\" does not exist\n\n\
        Position:\n\u{1b}[1m  0\u{1b}[0m\n\u{1b}[1m  1\u{1b}[0m CREATE TABLE a (id INT);\n\u{1b}[1m  2\u{1b}[1;31m UPDATE nowhere SET x = 1;\u{1b}[0m\n\n\
        DbError { severity: \"ERROR\", code: SqlState(E42P01), position: Some(Original(33)) }\n";

    #[test]
    fn postgres_tells_the_place() {
        let failure = Failure::read(POSTGRES, "ERROR: relation \"nowhere\" does not exist\nPosition:\n  1 x");
        assert_eq!(failure.code.as_deref(), Some("42P01"));
        assert_eq!(failure.said, "ERROR: relation \"nowhere\" does not exist");
        assert_eq!(failure.line, Some((2, "UPDATE nowhere SET x = 1;".to_owned())));
        assert_eq!(failure.character, Some(33));
        let script =
            sql::read(Provider::Postgresql, b"CREATE TABLE a (id INT);\nUPDATE nowhere SET x = 1;\nSELECT 1;\n")
                .unwrap();
        assert_eq!(failure.statement(&script, true), Some(1));
        assert_eq!(failure.statement(&script, false), Some(1), "by the line");
        let moved = sql::read(Provider::Postgresql, b"SELECT 1;\n\n\nSELECT 2;\nUPDATE nowhere SET x = 1;\n").unwrap();
        assert_eq!(failure.statement(&moved, false), Some(2), "by the text of the line");
    }

    #[test]
    fn mysql_counts_statements() {
        let logs = "Database error code: 1146\n\nDatabase error:\nTable 'x.nowhere' doesn't exist\n\nPlease check the query number 2 from the migration file.\n";
        let failure = Failure::read(logs, "Table 'x.nowhere' doesn't exist");
        let script = sql::read(Provider::Mysql, b"CREATE TABLE a (id INT);\nUPDATE nowhere SET x = 1;\n").unwrap();
        assert_eq!((failure.code.as_deref(), failure.statement(&script, false)), (Some("1146"), Some(1)));
    }

    #[test]
    fn sqlite_has_words_only() {
        let failure = Failure::read(
            "SQLite database error\nno such table: nowhere",
            "SQLite database error\nno such table: nowhere",
        );
        let script =
            sql::read(Provider::Sqlite, b"UPDATE \"User\" SET a = 1;UPDATE nowhere SET x = 1;SELECT 1;").unwrap();
        assert_eq!(failure.statement(&script, false), None);
        assert_eq!(failure.named(&script, &[0]), Some(1), "the only one with that name");
        let script =
            sql::read(Provider::Sqlite, b"UPDATE nowhere SET a = 1;UPDATE nowhere SET x = 1;SELECT 1;").unwrap();
        assert_eq!(failure.named(&script, &[1, 2]), Some(1));
        assert_eq!(failure.named(&script, &[0, 1]), None);
        let locked = Failure { said: "database is locked".to_owned(), ..Failure::default() };
        assert_eq!((locked.named(&script, &[2]), locked.named(&script, &[1, 2])), (Some(2), None));
    }

    #[test]
    fn what_passes_by_itself_is_known() {
        let with = |code: &str| Failure { code: Some(code.to_owned()), ..Failure::default() };
        assert!(["55P03", "40P01", "57014", "1205", "1213"].iter().all(|code| with(code).is_passing()));
        assert!(!with("42P07").is_passing() && with("42P07").says_exists() && with("1060").says_exists());
        assert!(Failure { said: "database is locked".to_owned(), ..Failure::default() }.is_passing());
    }
}
