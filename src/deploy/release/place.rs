//! Which statement of a migration runs, by what the server shows of it.

use crate::project::Provider;
use crate::shell::single_spaced;
use crate::sql::{self, model::Script};

/// A statement's place in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// Line in the file, from 1.
    pub line: usize,
    /// Its first line.
    pub head: String,
}

/// Follows a migration's statements.
pub(super) struct Places {
    script: Option<Script>,
    last: usize,
}

impl Places {
    /// Of one migration.
    pub(super) fn new(provider: Provider, sql: &str) -> Self {
        Places { script: sql::read(provider, sql.as_bytes()).ok(), last: 0 }
    }

    /// The statement that the server shows; its text may be cut off. `None` where it cannot be told: a PostgreSQL server shows a whole file that
    /// was sent as one query, not where in it it is.
    pub(super) fn find(&mut self, shown: &str) -> Option<Place> {
        let script = self.script.as_ref()?;
        let shown = sql::read(script.provider, shown.as_bytes()).ok()?;
        let first = shown.statements.first()?;
        // MySQL shows what is left of a file from the statement on that runs.
        if shown.statements.len() > 1 && script.provider != Provider::Mysql {
            return None;
        }
        let text = shown.slice(first.span);
        let fits = |index: &usize| {
            let own = script.slice(script.statements[*index].span);
            own == text || (shown.statements.len() == 1 && own.starts_with(text))
        };
        let all = script.statements.len();
        // The same text may stand there twice: it only goes on.
        let index = (self.last..all).find(fits).or_else(|| (0..self.last).find(fits))?;
        self.last = index;
        let statement = &script.statements[index];
        let head = script.slice(statement.span).lines().next().unwrap_or_default();
        let mut head: String = single_spaced(head);
        if head.chars().count() > 60 {
            head = head.chars().take(59).chain(['…']).collect();
        }
        Some(Place { number: index + 1, of: all, line: script.line_column(statement.span.start).0, head })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-- one\nALTER TABLE a ADD b int;\n\nUPDATE a\n  SET b = 1;\nALTER TABLE a ADD b int;\n";

    fn find(provider: Provider, shown: &[&str]) -> Vec<Option<usize>> {
        let mut places = Places::new(provider, FILE);
        shown.iter().map(|text| places.find(text).map(|place| place.number)).collect()
    }

    #[test]
    fn a_statement_is_known_by_its_text() {
        let mut places = Places::new(Provider::Postgresql, FILE);
        assert_eq!(
            places.find("UPDATE a\n  SET b = 1"),
            Some(Place { number: 2, of: 3, line: 4, head: "UPDATE a".to_owned() })
        );
        assert_eq!(
            find(Provider::Postgresql, &["-- one\nALTER TABLE a ADD b int", "UPDATE a", "ALTER TABLE a ADD b int"]),
            [Some(1), Some(2), Some(3)]
        );
        // The whole file, and something else.
        assert_eq!(find(Provider::Postgresql, &[FILE, "SELECT 1"]), [None, None]);
    }

    #[test]
    fn mysql_shows_what_is_left() {
        let rest = &FILE[FILE.find("UPDATE").unwrap()..];
        assert_eq!(find(Provider::Mysql, &[FILE, rest, "ALTER TABLE a ADD b int;\n"]), [Some(1), Some(2), Some(3)]);
    }
}
