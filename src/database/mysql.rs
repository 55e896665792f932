//! MySQL and MariaDB, read in two round trips: what is there, then the ledger.

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Error, MySqlConnection, Row};

use super::deploy_lock::{DeployLock, mysql_name};
use super::ledger::COLUMNS;
use super::session::{Place, Session, numbers};
use super::{Activity, Database, DatabaseError, LedgerRow, Limits, LockState, LongTransaction, Result, Server, Survey};
use crate::environment::Marker;
use crate::shell::single_spaced;

/// Characters of a table comment (MySQL manual, `CREATE TABLE`; the same in MariaDB).
const COMMENT_LIMIT: usize = 2048;
/// SQLSTATE of error 1146.
const NO_SUCH_TABLE: &str = "42S02";
/// Seconds that the mark may wait for the table.
const LOCK_TIMEOUT: u32 = 5;

/// A MySQL or MariaDB connection.
pub(super) struct MySql {
    session: Session<MySqlConnection>,
    statement_timeout: Duration,
    prepared: bool,
}

/// Connects.
pub(super) fn connect(driver: MySqlConnectOptions, place: Place, limits: Limits) -> Result<Box<dyn Database>> {
    // What the driver would set in a round trip of its own goes along with the first question.
    let driver = driver
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None::<String>)
        .set_names(false)
        .disable_statement_logging();
    let session = Session::open(place, limits, classify, async { driver.connect().await })?;
    Ok(Box::new(MySql { session, statement_timeout: limits.statement, prepared: false }))
}

/// What the first round trip tells.
struct Overview {
    server: Server,
    /// The table's comment, when there is a table.
    table: Option<String>,
    lock: LockState,
}

impl MySql {
    fn ask(&mut self, doing: &'static str, statements: &str) -> Result<Vec<MySqlRow>> {
        let sql = if self.prepared {
            statements.to_owned()
        } else {
            // MariaDB and MySQL have different names and units for the same limit; each reads only its own kind of comment.
            // Backslashes in our literals then mean themselves.
            format!(
                "SET NAMES utf8mb4, sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES') \
                 /*M!100101 , max_statement_time = {} */ /*!50708 , max_execution_time = {} */; \
                 SET SESSION TRANSACTION READ ONLY; {statements}",
                self.statement_timeout.as_secs_f64(),
                self.statement_timeout.as_millis(),
            )
        };
        let rows = self
            .session
            .run(doing, async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await)?;
        self.prepared = true;
        Ok(rows)
    }

    fn overview(&mut self) -> Result<Overview> {
        let statements = format!(
            "SELECT 'server', VERSION(), DATABASE(), CAST(@@global.read_only AS CHAR); \
             SELECT 'table', table_comment FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = '_prisma_migrations'; {LOCK_QUERY}",
        );
        let rows = self.ask("read the catalogue", &statements)?;
        let mut overview = Overview { server: self.unknown_server(), table: None, lock: LockState::Free };
        for row in &rows {
            match &*cell(row, 0).unwrap_or_default() {
                "server" => overview.server = server(row),
                "table" => overview.table = Some(cell(row, 1).unwrap_or_default()),
                _ => overview.lock = lock(row),
            }
        }
        Ok(overview)
    }

    fn unknown_server(&self) -> Server {
        Server {
            product: "MySQL".to_owned(),
            version: String::new(),
            numbers: (0, 0, 0),
            database: self.session.place.database.clone(),
            schema: None,
            read_only: None,
            system_database: false,
        }
    }

    /// `information_schema` hides a table from a user without any right on it. Asked for itself, the server says which it is.
    fn is_really_missing(&mut self) -> Result<()> {
        match self.ask("read `_prisma_migrations`", "SELECT 1 FROM _prisma_migrations LIMIT 0") {
            Ok(_) => Ok(()),
            Err(DatabaseError::Query { code, .. }) if code.as_deref() == Some(NO_SUCH_TABLE) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The rows, and the lock at the same moment.
    fn rows(&mut self) -> Result<(Vec<LedgerRow>, LockState)> {
        let columns = COLUMNS.map(|column| format!("CAST({column} AS CHAR)")).join(", ");
        let statements = format!("SELECT 'row', {columns} FROM _prisma_migrations ORDER BY started_at; {LOCK_QUERY}");
        let answer = self.ask("read `_prisma_migrations`", &statements)?;
        let (mut rows, mut state) = (Vec::with_capacity(answer.len()), LockState::Free);
        for row in &answer {
            if cell(row, 0).as_deref() == Some("row") {
                let cells = std::array::from_fn(|at| cell(row, at + 1));
                rows.push(LedgerRow::from_text(rows.len() + 1, cells).map_err(|bad| DatabaseError::LedgerRow {
                    target: self.session.place.target.clone(),
                    row: bad.row,
                    problem: bad.problem,
                })?);
            } else {
                state = lock(row);
            }
        }
        rows.sort_by_key(|row| row.started_at);
        Ok((rows, state))
    }
}

impl Database for MySql {
    fn target(&self) -> &str {
        &self.session.place.target
    }

    fn server(&mut self) -> Result<Server> {
        Ok(self.overview()?.server)
    }

    fn migration_lock(&mut self) -> Result<LockState> {
        Ok(self.overview()?.lock)
    }

    fn marker(&mut self) -> Result<Option<Marker>> {
        Ok(self.overview()?.table.and_then(|comment| Marker::parse(&comment)))
    }

    fn survey(&mut self) -> Result<Survey> {
        let Overview { server, table, lock } = self.overview()?;
        let Some(comment) = table else {
            self.is_really_missing()?;
            return Ok(Survey { server, ledger: None, lock, marker: None });
        };
        let (rows, lock_now) = self.rows()?;
        // Held before or after the rows were read: a deploy may have been at work while they were.
        let lock = if lock == LockState::Free { lock_now } else { lock };
        Ok(Survey { server, ledger: Some(rows), lock, marker: Marker::parse(&comment) })
    }

    fn activity(&mut self, at_least: Duration) -> Result<Activity> {
        // Times of `innodb_trx` are the server's, whatever time zone this session has.
        let age = "TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(NOW(), @@session.time_zone, 'SYSTEM'))";
        let statements = format!(
            "SELECT 'long', CAST(t.trx_mysql_thread_id AS CHAR), p.user, p.host, CAST(t.trx_state AS CHAR), \
             CAST({age} AS CHAR) FROM information_schema.innodb_trx t \
             JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
             WHERE p.db <=> DATABASE() AND p.id <> CONNECTION_ID() AND {age} >= {} ORDER BY t.trx_started LIMIT 20",
            at_least.as_secs(),
        );
        let long = |row: &MySqlRow| LongTransaction {
            by: format!(
                "user `{}` from {}, connection {}",
                cell(row, 2).unwrap_or_default(),
                cell(row, 3).unwrap_or_default(),
                cell(row, 1).unwrap_or_default()
            ),
            age: Duration::from_secs(cell(row, 5).and_then(|text| text.parse().ok()).unwrap_or(0)),
            state: cell(row, 4).unwrap_or_default(),
        };
        let rows = self.ask("read `innodb_trx`", &statements)?;
        Ok(Activity { long: rows.iter().map(long).collect(), hidden: None })
    }

    fn query(&mut self, doing: &'static str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        // Values travel as text whatever their type says.
        let text = |row: &MySqlRow, at| {
            let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(at).ok().flatten();
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let rows = self.ask(doing, sql)?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| text(row, at)).collect()).collect())
    }

    fn try_deploy_lock(&mut self) -> Result<DeployLock> {
        let name = mysql_name(&self.session.place.database);
        let statements = format!(
            "SELECT 'lock', CAST(l.id AS CHAR), p.user, p.host, p.db, CAST(GET_LOCK('{name}', 0) AS CHAR) \
             FROM (SELECT IS_USED_LOCK('{name}') AS id) l LEFT JOIN information_schema.processlist p ON p.id = l.id",
        );
        let rows = self.ask("take the deploy lock", &statements)?;
        let row = rows.first();
        if row.and_then(|row| cell(row, 5)).as_deref() == Some("1") {
            return Ok(DeployLock::Taken(None));
        }
        let by = row.and_then(|row| {
            let process = cell(row, 1)?;
            let user = cell(row, 2).unwrap_or_else(|| "another user".to_owned());
            Some(format!("{user}@{}, connection {process}", cell(row, 3).unwrap_or_else(|| "?".to_owned())))
        });
        Ok(DeployLock::Held { by })
    }

    fn set_marker(&mut self, marker: &Marker) -> Result<()> {
        let Overview { server, table, .. } = self.overview()?;
        let target = self.session.place.target.clone();
        if let Some(said) = server.read_only {
            return Err(DatabaseError::ReadOnly { target, said });
        }
        let Some(existing) = table else { return Err(DatabaseError::NoLedger { target }) };
        let comment = marker.into_comment(Some(&existing));
        let length = comment.chars().count();
        if length > COMMENT_LIMIT {
            return Err(DatabaseError::MarkerTooLong { target, length, limit: COMMENT_LIMIT });
        }
        // A comment alone is a change of the table's definition only: no copy, in MySQL 5.6 and MariaDB 10.0 and later.
        let statements = format!(
            "SET SESSION TRANSACTION READ WRITE; SET lock_wait_timeout = {LOCK_TIMEOUT}; \
             ALTER TABLE _prisma_migrations COMMENT = '{}'; SET SESSION TRANSACTION READ ONLY",
            comment.replace('\'', "''"),
        );
        self.ask("comment on `_prisma_migrations`", &statements).map(drop)
    }
}

/// The lock's name is the server's, not the database's: a deploy to a neighbour holds it too.
const LOCK_QUERY: &str = "SELECT 'lock', CAST(l.id AS CHAR), p.user, p.host, p.db, CAST(p.db <=> DATABASE() AS CHAR) \
     FROM (SELECT IS_USED_LOCK('prisma_migrate') AS id) l \
     LEFT JOIN information_schema.processlist p ON p.id = l.id WHERE l.id IS NOT NULL";

fn server(row: &MySqlRow) -> Server {
    let version = cell(row, 1).unwrap_or_default();
    let database = cell(row, 2).unwrap_or_default();
    let read_only = cell(row, 3).filter(|value| !matches!(&**value, "0" | "OFF"));
    // Some MariaDB servers put `5.5.5-` in front so that old clients do not stumble over a 10.
    let version = version.strip_prefix("5.5.5-").unwrap_or(&version).to_owned();
    Server {
        product: if version.contains("MariaDB") { "MariaDB" } else { "MySQL" }.to_owned(),
        numbers: numbers(&version),
        system_database: matches!(&*database, "mysql" | "information_schema" | "performance_schema" | "sys" | ""),
        version: version.split('-').next().unwrap_or_default().to_owned(),
        database,
        schema: None,
        read_only: read_only.map(|_| "`read_only` is on: probably a replica".to_owned()),
    }
}

fn lock(row: &MySqlRow) -> LockState {
    let connection = cell(row, 1).unwrap_or_default();
    let mut by = match (cell(row, 2), cell(row, 3)) {
        (Some(user), Some(host)) if !host.is_empty() => format!("user `{user}` from {host}, connection {connection}"),
        (Some(user), _) => format!("user `{user}`, connection {connection}"),
        _ => format!("connection {connection}, whose user we may not see"),
    };
    if cell(row, 2).is_some() && cell(row, 5).as_deref() == Some("0") {
        match cell(row, 4) {
            Some(database) => by.push_str(&format!(", in database `{database}`: the lock is the whole server's")),
            None => by.push_str(", in no database: the lock is the whole server's"),
        }
    }
    // `processlist.time` counts from the last change of state, not from the lock.
    LockState::Held { by, since: None }
}

pub(super) fn cell(row: &MySqlRow, at: usize) -> Option<String> {
    row.try_get_unchecked::<Option<String>, _>(at).ok().flatten()
}

/// Error numbers of MySQL (server error reference) and MariaDB.
pub(super) fn classify(place: &Place, doing: &'static str, error: &Error) -> Option<DatabaseError> {
    let database = error.as_database_error()?.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?;
    let target = place.target.clone();
    let said = single_spaced(database.message());
    Some(match database.number() {
        1049 => {
            DatabaseError::NoSuchDatabase { target, what: format!("the server has no database `{}`", place.database) }
        }
        1045 | 1130 | 1698 | 1862 | 3118 => DatabaseError::Authentication { target, said },
        1044 | 1142 | 1143 | 1227 => DatabaseError::Permission { target, doing, said },
        1290 | 1792 | 1836 => DatabaseError::ReadOnly { target, said },
        1040 | 1203 | 1205 | 1226 | 1969 | 3024 => DatabaseError::Busy { target, said },
        _ => return None,
    })
}
