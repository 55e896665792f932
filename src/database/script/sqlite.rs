//! SQLite: schema changes are part of a transaction. Foreign keys can be switched only outside of one.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};

use super::super::session::{OnStop, Place, Session};
use super::super::sqlite::{classify, look_at};
use super::super::{DatabaseError, Limits, Result};
use super::{AS_LONG_AS_IT_TAKES, Cells, Mark, Ran, ScriptConnection, ScriptSettings, Way, ended_by};

/// How long to wait for somebody else's write where the settings do not say: Prisma's own patience.
const PATIENCE: Duration = Duration::from_secs(5);
/// Steps of SQLite's machine between two looks at the clock: well below a millisecond.
const STEPS: i32 = 10_000;

struct Sqlite {
    session: Session<SqliteConnection>,
    way: Way,
    /// Until when the question that is under way may run.
    deadline: Arc<Mutex<Option<Instant>>>,
    settings: ScriptSettings,
    /// Rows that pointed nowhere before, per table.
    dangling: Cells,
}

pub(in super::super) fn open(
    path: &Path,
    place: Place,
    settings: &ScriptSettings,
) -> Result<Box<dyn ScriptConnection>> {
    look_at(path, &place)?;
    let driver = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(settings.lock_timeout.unwrap_or(PATIENCE))
        .disable_statement_logging();
    let limits = Limits { connect: PATIENCE * 2, statement: AS_LONG_AS_IT_TAKES };
    let mut session = Session::open(place, limits, classify, async { driver.connect().await })?;
    let deadline: Arc<Mutex<Option<Instant>>> = Arc::default();
    let (clock, stop) = (Arc::clone(&deadline), Arc::clone(&settings.stop));
    session.run("connect", async |connection| {
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS, move || {
            let until = *clock.lock().unwrap_or_else(PoisonError::into_inner);
            !stop.load(Ordering::SeqCst) && until.is_none_or(|until| Instant::now() < until)
        });
        Ok(())
    })?;
    Ok(Box::new(Sqlite { session, way: Way::Stepwise, deadline, settings: settings.clone(), dangling: Vec::new() }))
}

impl Sqlite {
    fn send(&mut self, doing: &'static str, sql: &str) -> Result<Vec<SqliteRow>> {
        let sql = sql.to_owned();
        self.session.run_for(AS_LONG_AS_IT_TAKES, doing, async |connection| {
            sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await
        })
    }

    fn until(&self, deadline: Option<Duration>) {
        let until = deadline.map(|limit| Instant::now() + limit);
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Rows that point nowhere, counted per table and the table that they point at.
    fn dangling(&mut self) -> Result<Cells> {
        let sql = "SELECT \"table\", \"parent\", CAST(count(*) AS TEXT) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2";
        let rows = self.send("check the foreign keys", sql)?;
        Ok(cells(&rows))
    }
}

fn cells(rows: &[SqliteRow]) -> Cells {
    let cell = |row: &SqliteRow, at| {
        let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(at).ok().flatten();
        bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect()
}

impl ScriptConnection for Sqlite {
    fn ask(&mut self, doing: &'static str, sql: &str, limit: Duration) -> Result<Cells> {
        self.until(Some(limit));
        let answer = self.send(doing, sql);
        self.until(None);
        match answer {
            Ok(rows) => Ok(cells(&rows)),
            // SQLITE_INTERRUPT, by the clock.
            Err(DatabaseError::Query { target, code, .. }) if code.as_deref() == Some("9") => {
                let said = format!("no answer within {} s", limit.as_secs_f64());
                Err(DatabaseError::Busy { target, said })
            }
            Err(error) => Err(error),
        }
    }

    fn begin(&mut self, way: Way) -> Result<()> {
        self.way = way;
        match way {
            Way::OneTransaction { foreign_keys_off } => {
                if foreign_keys_off {
                    self.send("switch foreign keys off", "PRAGMA foreign_keys=OFF")?;
                }
                self.send("begin", "BEGIN IMMEDIATE")?;
                if foreign_keys_off {
                    self.dangling = self.dangling()?;
                }
                Ok(())
            }
            // Nobody else writes between two statements.
            Way::Stepwise => self.send("begin", "PRAGMA main.locking_mode=EXCLUSIVE").map(drop),
        }
    }

    fn run(&mut self, sql: &str) -> Result<Ran> {
        let (sql, limit) = (sql.to_owned(), self.settings.statement_timeout);
        self.until(limit);
        let ended = self.session.run_until(
            &self.settings.stop,
            "run a statement of the script",
            async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.map(drop),
            // The progress handler ends it.
            async || OnStop::Wait,
        );
        self.until(None);
        ended_by(&self.settings.stop, ended)
    }

    fn objection(&mut self) -> Result<Option<String>> {
        if self.way != (Way::OneTransaction { foreign_keys_off: true }) {
            return Ok(None);
        }
        let now = self.dangling()?;
        let text = |row: &Vec<Option<String>>, at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let number = |row: &Vec<Option<String>>| text(row, 2).parse::<usize>().unwrap_or(0);
        let before =
            |row: &Vec<Option<String>>| self.dangling.iter().find(|old| old[..2] == row[..2]).map_or(0, number);
        Ok(now.iter().find(|row| number(row) > before(row)).map(|row| {
            format!(
                "{} of `{}` would point at nothing in `{}`",
                crate::shell::count(number(row) - before(row), "row"),
                text(row, 0),
                text(row, 1)
            )
        }))
    }

    fn look(&mut self, doing: &'static str, sql: &str) -> Result<Cells> {
        Ok(cells(&self.send(doing, sql)?))
    }

    fn mark(&mut self, mark: Mark<'_>) -> Result<u64> {
        // As the times of that row are written: Prisma's native engine writes milliseconds, the adapters of Prisma 7 write text.
        let sql = format!(
            "UPDATE _prisma_migrations SET rolled_back_at = CASE typeof(started_at) WHEN 'integer' THEN {} ELSE '{}' END \
             WHERE id = '{}' AND finished_at IS NOT NULL AND rolled_back_at IS NULL",
            mark.at.as_millisecond(),
            mark.at.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00"),
            mark.row.replace('\'', "''"),
        );
        let done =
            self.session.run_for(AS_LONG_AS_IT_TAKES, "mark the migration as rolled back", async |connection| {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await
            })?;
        Ok(done.rows_affected())
    }

    fn commit(&mut self) -> Result<()> {
        match self.way {
            Way::OneTransaction { .. } => self.send("commit", "COMMIT").map(drop),
            Way::Stepwise => Ok(()),
        }
    }

    fn abandon(&mut self) {
        let _ = self.send("roll back", "ROLLBACK");
    }
}
