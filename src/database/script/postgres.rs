//! PostgreSQL: schema changes are part of a transaction, so script and mark are one.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _};

use super::super::postgres::{LOCK_KEY, cell, classify, literal};
use super::super::session::{OnStop, Place, Session};
use super::super::{DatabaseError, Limits, Result};
use super::{AS_LONG_AS_IT_TAKES, Cells, Mark, Ran, ScriptConnection, ScriptSettings, Way};
use crate::project::Provider;
use crate::sql::quote::ident;

/// How long the server may take over a question beyond what it was told itself.
const GRACE: Duration = Duration::from_secs(2);

struct Postgres {
    session: Session<PgConnection>,
    schema: String,
    settings: ScriptSettings,
    way: Way,
}

pub(in super::super) fn open(
    driver: PgConnectOptions,
    schema: &str,
    place: Place,
    limits: Limits,
    settings: &ScriptSettings,
) -> Result<Box<dyn ScriptConnection>> {
    let driver = driver.application_name("prisma-safe revert").disable_statement_logging();
    let session = Session::open(place, limits, classify, async { driver.connect().await })?;
    let settings = settings.clone();
    Ok(Box::new(Postgres { session, schema: schema.to_owned(), settings, way: Way::Stepwise }))
}

impl Postgres {
    fn send(&mut self, doing: &'static str, sql: String) -> Result<Vec<PgRow>> {
        self.session.run_for(AS_LONG_AS_IT_TAKES, doing, async |connection| {
            sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await
        })
    }

    /// `SET LOCAL` inside a transaction: a pooler would keep more than that.
    fn settings(&self) -> String {
        let set = if self.in_transaction() { "SET LOCAL" } else { "SET" };
        // As Prisma does: unqualified names mean the URL's schema, and no other.
        let mut sql = format!("{set} search_path = {};", ident(Provider::Postgresql, &self.schema));
        for (name, timeout) in
            [("lock_timeout", self.settings.lock_timeout), ("statement_timeout", self.settings.statement_timeout)]
        {
            if let Some(timeout) = timeout {
                sql.push_str(&format!(" {set} {name} = {};", timeout.as_millis()));
            }
        }
        sql
    }

    const fn in_transaction(&self) -> bool {
        matches!(self.way, Way::OneTransaction { .. })
    }

    /// A client that is killed while its statement waits for a lock is noticed by the server within a second, not when the lock comes.
    /// PostgreSQL 14 and later, on systems that can tell.
    fn watch_the_client(&mut self) -> Result<()> {
        self.send("set a savepoint", "SAVEPOINT prisma_safe".to_owned())?;
        let local = self.send("watch", "SET LOCAL client_connection_check_interval = 1000".to_owned());
        let end = if local.is_ok() { "RELEASE SAVEPOINT" } else { "ROLLBACK TO SAVEPOINT" };
        self.send("end a savepoint", format!("{end} prisma_safe")).map(drop)
    }
}

impl ScriptConnection for Postgres {
    fn ask(&mut self, doing: &'static str, sql: &str, limit: Duration) -> Result<Cells> {
        let sql = format!(
            "BEGIN READ ONLY; SET LOCAL statement_timeout = {}; SET LOCAL search_path = {}; SET LOCAL TimeZone = 'UTC'; {sql}; COMMIT",
            limit.as_millis(),
            ident(Provider::Postgresql, &self.schema),
        );
        let rows = self.session.run_for(limit + GRACE, doing, async |connection| {
            let answer = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await;
            if answer.is_err() {
                // The transaction is still open, in its failed state.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
            }
            answer
        })?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }

    fn begin(&mut self, way: Way) -> Result<()> {
        self.way = way;
        let (begin, function) =
            if self.in_transaction() { ("BEGIN;", "pg_try_advisory_xact_lock") } else { ("", "pg_try_advisory_lock") };
        let settings = self.settings();
        let sql = format!("{begin} {settings} SELECT pg_catalog.{function}({LOCK_KEY})::text");
        let rows = self.send("begin", sql)?;
        if rows.last().and_then(|row| cell(row, 0)).as_deref() != Some("true") {
            self.abandon();
            let said = "somebody holds Prisma's migration lock, a deploy perhaps".to_owned();
            return Err(DatabaseError::Busy { target: self.session.place.target.clone(), said });
        }
        if self.in_transaction() { self.watch_the_client() } else { Ok(()) }
    }

    fn run(&mut self, sql: &str) -> Result<Ran> {
        let sql = sql.to_owned();
        let ended = self.session.run_until(
            &self.settings.stop,
            "run a statement of the script",
            async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.map(drop),
            async || OnStop::GiveUp,
        )?;
        Ok(if ended.is_some() { Ran::Done } else { Ran::Stopped })
    }

    fn look(&mut self, doing: &'static str, sql: &str) -> Result<Cells> {
        let rows = self.send(doing, sql.to_owned())?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }

    fn mark(&mut self, mark: Mark<'_>) -> Result<u64> {
        let sql = format!(
            "UPDATE {}.\"_prisma_migrations\" SET rolled_back_at = {}::timestamptz \
             WHERE id = {} AND finished_at IS NOT NULL AND rolled_back_at IS NULL",
            ident(Provider::Postgresql, &self.schema),
            literal(&mark.at.to_string()),
            literal(mark.row),
        );
        let done =
            self.session.run_for(AS_LONG_AS_IT_TAKES, "mark the migration as rolled back", async |connection| {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await
            })?;
        Ok(done.rows_affected())
    }

    fn commit(&mut self) -> Result<()> {
        if self.in_transaction() { self.send("commit", "COMMIT".to_owned()).map(drop) } else { Ok(()) }
    }

    fn abandon(&mut self) {
        // A script that runs by steps may have a transaction of its own open; without one this is a notice.
        let _ = self.send("roll back", "ROLLBACK".to_owned());
    }
}
