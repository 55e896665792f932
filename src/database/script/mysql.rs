//! MySQL and MariaDB: each change of the schema commits by itself, so a script runs statement by statement, and the mark comes last.

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, MySqlConnection, Row as _};

use super::super::mysql::{cell, classify};
use super::super::session::{OnStop, Place, Session};
use super::super::{DatabaseError, Limits, Result};
use super::{AS_LONG_AS_IT_TAKES, Cells, Mark, Ran, ScriptConnection, ScriptSettings, Way, ended_by};

/// How long the server may take over a question beyond what it was told itself.
const GRACE: Duration = Duration::from_secs(2);

struct MySql {
    session: Session<MySqlConnection>,
    driver: MySqlConnectOptions,
    settings: ScriptSettings,
    id: String,
}

pub(in super::super) fn open(
    driver: MySqlConnectOptions,
    place: Place,
    limits: Limits,
    settings: &ScriptSettings,
) -> Result<Box<dyn ScriptConnection>> {
    // The server's own `sql_mode` and time zone hold, as they do for Prisma.
    let driver = driver
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None::<String>)
        .set_names(true)
        .disable_statement_logging();
    let session = Session::open(place, limits, classify, async { driver.connect().await })?;
    let mut opened = MySql { session, driver, settings: settings.clone(), id: String::new() };
    let rows = opened.send("connect", "SELECT CAST(CONNECTION_ID() AS CHAR)".to_owned(), GRACE * 5)?;
    opened.id = rows.first().and_then(|row| cell(row, 0)).unwrap_or_default();
    Ok(Box::new(opened))
}

impl MySql {
    fn send(&mut self, doing: &'static str, sql: String, limit: Duration) -> Result<Vec<MySqlRow>> {
        self.session.run_for(limit, doing, async |connection| {
            sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await
        })
    }
}

impl ScriptConnection for MySql {
    fn ask(&mut self, doing: &'static str, sql: &str, limit: Duration) -> Result<Cells> {
        // MariaDB and MySQL have different names and units for the same limit; each reads only its own kind of comment.
        let question = format!(
            "SET SESSION /*M!100101 max_statement_time = {} */ /*!50708 max_execution_time = {} */, lock_wait_timeout = {}; \
             START TRANSACTION READ ONLY; {sql}; COMMIT",
            limit.as_secs_f64(),
            limit.as_millis(),
            limit.as_secs().max(1),
        );
        let answer = self.send(doing, question, limit + GRACE);
        if answer.is_err() {
            let _ = self.send("end the question", "ROLLBACK".to_owned(), GRACE);
        }
        Ok(answer?.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }

    fn begin(&mut self, way: Way) -> Result<()> {
        let limit = self.settings.statement_timeout.unwrap_or(Duration::ZERO);
        // MySQL limits only SELECT; zero is no limit in both.
        let mut sql = format!(
            "SET SESSION /*M!100101 max_statement_time = {} */ /*!50708 max_execution_time = {} */, ",
            limit.as_secs_f64(),
            limit.as_millis()
        );
        match self.settings.lock_timeout {
            Some(timeout) => {
                // Whole seconds, and at least one (MySQL manual).
                let seconds = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
                let seconds = seconds.max(1);
                sql.push_str(&format!("lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}"));
            }
            None => sql.push_str("lock_wait_timeout = DEFAULT"),
        }
        self.send("set the timeouts", sql, GRACE * 5)?;
        let rows = self.send(
            "take Prisma's lock",
            "SELECT CAST(GET_LOCK('prisma_migrate', 0) AS CHAR)".to_owned(),
            GRACE * 5,
        )?;
        if rows.first().and_then(|row| cell(row, 0)).as_deref() == Some("1") {
            // It holds for statements on rows alone.
            return match way {
                Way::OneTransaction { .. } => self.send("begin", "START TRANSACTION".to_owned(), GRACE * 5).map(drop),
                Way::Stepwise => Ok(()),
            };
        }
        let said =
            "somebody holds Prisma's migration lock, a deploy perhaps (the lock is the whole server's)".to_owned();
        Err(DatabaseError::Busy { target: self.session.place.target.clone(), said })
    }

    fn run(&mut self, sql: &str) -> Result<Ran> {
        let sql = sql.to_owned();
        let (driver, id) = (self.driver.clone(), self.id.clone());
        let ended = self.session.run_until(
            &self.settings.stop,
            "run a statement of the script",
            async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.map(drop),
            async || {
                // A cut connection would leave open whether the statement is done: it is ended, and its end is waited for.
                if let Ok(mut other) = driver.connect().await {
                    let _ = sqlx::raw_sql(AssertSqlSafe(format!("KILL QUERY {id}"))).execute(&mut other).await;
                    let _ = other.close().await;
                }
                OnStop::Wait
            },
        );
        ended_by(&self.settings.stop, ended)
    }

    fn look(&mut self, doing: &'static str, sql: &str) -> Result<Cells> {
        let rows = self.send(doing, sql.to_owned(), AS_LONG_AS_IT_TAKES)?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }

    fn mark(&mut self, mark: Mark<'_>) -> Result<u64> {
        // `''` and no backslash: the same in every `sql_mode`; an id is a UUID.
        let sql = format!(
            "UPDATE _prisma_migrations SET rolled_back_at = '{}' \
             WHERE id = '{}' AND finished_at IS NOT NULL AND rolled_back_at IS NULL",
            mark.at.strftime("%Y-%m-%d %H:%M:%S.%3f"),
            mark.row.replace('\'', "''").replace('\\', ""),
        );
        let done =
            self.session.run_for(AS_LONG_AS_IT_TAKES, "mark the migration as rolled back", async |connection| {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await
            })?;
        Ok(done.rows_affected())
    }

    fn commit(&mut self) -> Result<()> {
        self.send("commit", "COMMIT".to_owned(), AS_LONG_AS_IT_TAKES).map(drop)
    }

    fn abandon(&mut self) {
        // Only a transaction of the script's own, with rows alone in it, can still be open.
        let _ = self.send("roll back", "ROLLBACK".to_owned(), GRACE * 5);
    }
}
