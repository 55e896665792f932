//! `verify_<slug>.sql` beside a migration: queries of the team that must return no row once it is applied.
//!
//! Each statement runs by itself, in a read-only transaction, with a limit of its own. How many rows came back is told, and never what is in them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::database::{self, ConnectOptions, Database, count_rows};
use crate::environment::Target;
use crate::migrations::MigrationsFolder;
use crate::project::Provider;
use crate::sql;
use crate::sql::model::Action;

/// How long one of them may run where the environment's `statement-timeout` says nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// One statement of the team, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// The migration's name.
    pub migration: String,
    /// The file's name.
    pub file: String,
    /// Line of the statement, from 1; 0 where the file could not be read.
    pub line: usize,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// No row.
    Passed,
    /// Rows, and how many.
    Rows {
        /// How many.
        rows: u64,
    },
    /// It could not be run, and why.
    NotRun {
        /// Why.
        why: String,
    },
}

impl Check {
    /// Whether it found nothing.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// `20260301_x/verify_x.sql:3 returned 2 rows`.
    #[must_use]
    pub fn told(&self) -> String {
        let place = match self.line {
            0 => format!("`{}/{}`", self.migration, self.file),
            line => format!("`{}/{}`, line {line},", self.migration, self.file),
        };
        match &self.outcome {
            Outcome::Passed => format!("{place} returned no row"),
            Outcome::Rows { rows } => {
                let rows = crate::shell::count(usize::try_from(*rows).unwrap_or(usize::MAX), "row");
                format!("{place} returned {rows}")
            }
            Outcome::NotRun { why } => format!("{place} could not be run: {why}"),
        }
    }
}

/// Runs the checks of those migrations.
pub fn run(target: &Target, folder: &MigrationsFolder, applied: &[&str]) -> Vec<Check> {
    let files: Vec<(&str, PathBuf)> = applied
        .iter()
        .filter_map(|name| folder.get(name))
        .flat_map(|migration| find(&migration.path).into_iter().map(|path| (migration.name.as_str(), path)))
        .collect();
    if files.is_empty() {
        return Vec::new();
    }
    let provider = target.url().provider();
    let limit = target.environment().statement_limit(provider).map_or(PATIENCE, |set| set.value);
    let options = ConnectOptions { statement_timeout: limit, ..ConnectOptions::default() };
    let mut connection = database::connect(target.url(), options).map_err(|error| error.to_string());
    let schema = target.url().identity().schema();
    let mut checks = Vec::new();
    for (migration, path) in files {
        let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for (line, outcome) in run_file(connection.as_deref_mut().map_err(|why| why.clone()), provider, schema, &path) {
            checks.push(Check { migration: migration.to_owned(), file: file.clone(), line, outcome });
        }
    }
    checks
}

fn find(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_check = |name: &str| name == "verify.sql" || (name.starts_with("verify_") && name.ends_with(".sql"));
    let mut files: Vec<PathBuf> =
        entries.filter(|entry| is_check(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn run_file(
    connection: Result<&mut (dyn Database + 'static), String>,
    provider: Provider,
    schema: Option<&str>,
    path: &Path,
) -> Vec<(usize, Outcome)> {
    let not_run = |why: String| vec![(0, Outcome::NotRun { why })];
    let script = match std::fs::read(path)
        .map_err(|error| error.to_string())
        .and_then(|bytes| sql::read(provider, &bytes).map_err(|error| error.to_string()))
    {
        Ok(script) => script,
        Err(why) => return not_run(why),
    };
    let connection = match connection {
        Ok(connection) => connection,
        Err(why) => return not_run(why),
    };
    let run = |statement: &sql::model::Statement| {
        let is_query = statement.is_understood()
            && statement.operations.iter().all(|operation| matches!(operation.action.alone(), Action::Select(_)));
        if !is_query {
            return Outcome::NotRun { why: "it is no query, and a check only reads".to_owned() };
        }
        match count_rows(&mut *connection, provider, schema, "run a check", script.slice(statement.span)) {
            Ok(0) => Outcome::Passed,
            Ok(rows) => Outcome::Rows { rows },
            Err(error) => Outcome::NotRun { why: error.to_string() },
        }
    };
    let lines = script.statements.iter().map(|statement| script.line_column(statement.span.start).0);
    lines.zip(script.statements.iter().map(run)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_is_judged_by_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let url = format!("file:{}", file.display());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
            let mut connection = options.connect().await.unwrap();
            connection.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2)").await.unwrap();
            connection.close().await.unwrap();
        });
        let path = folder.path().join("verify_t.sql");
        let sql =
            "-- none\nSELECT a FROM t WHERE a > 2;\nSELECT a, a FROM t -- two\n;\nDELETE FROM t;\nSELECT b FROM t;\n";
        std::fs::write(&path, sql).unwrap();
        std::fs::write(folder.path().join("revert_t.sql"), "SELECT 1;").unwrap();
        assert_eq!(find(folder.path()), std::slice::from_ref(&path));
        let base = folder.path().to_path_buf();
        let url = crate::environment::DatabaseUrl::parse(Some(Provider::Sqlite), &url, &base).unwrap();
        let mut database = database::connect(&url, ConnectOptions::default()).unwrap();
        let outcomes = run_file(Ok(&mut *database), Provider::Sqlite, None, &path);
        let told: Vec<String> = outcomes
            .into_iter()
            .map(|(line, outcome)| {
                Check { migration: "1_t".to_owned(), file: "verify_t.sql".to_owned(), line, outcome }.told()
            })
            .collect();
        insta::assert_snapshot!(told.join("\n").replace(folder.path().to_str().unwrap(), "[HERE]"), @r"
        `1_t/verify_t.sql`, line 2, returned no row
        `1_t/verify_t.sql`, line 3, returned 2 rows
        `1_t/verify_t.sql`, line 5, could not be run: it is no query, and a check only reads
        `1_t/verify_t.sql`, line 6, could not be run: file:[HERE]/app.db failed to run a check: no such column: b
        ");
    }
}
