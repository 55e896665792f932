//! PostgreSQL, read in two round trips: what is there, then the ledger.
//!
//! Every question is one simple query that opens and ends its own read-only transaction. Settings of the session would be lost or,
//! worse, stay behind at a pooler in transaction mode, and start-up parameters such as `default_transaction_read_only` are refused by one.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Error, PgConnection, Row};

use super::deploy_lock::{DeployLock, POSTGRES_KEY};
use super::ledger::{BadRow, COLUMNS};
use super::session::{Place, Session, numbers};
use super::{
    Activity, Database, DatabaseError, LedgerRow, Limits, LockState, LongTransaction, Result, Server, Survey,
    Unreachable, timestamp,
};
use crate::environment::Marker;
use crate::project::Provider;
use crate::shell::single_spaced;
use crate::sql::quote::ident;

/// The key of Prisma's advisory lock (schema engine, `flavour/postgres.rs`); advisory locks are per database.
pub(super) const LOCK_KEY: u32 = 72_707_369;
/// How long the mark may wait for a lock on the table.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A PostgreSQL connection.
pub(super) struct Postgres {
    session: Session<PgConnection>,
    schema: String,
    statement_timeout: Duration,
}

/// Connects. The schema is only ever read: connecting through Prisma would create it.
pub(super) fn connect(
    driver: PgConnectOptions,
    schema: &str,
    place: Place,
    limits: Limits,
) -> Result<Box<dyn Database>> {
    let driver = driver.application_name("prisma-safe").disable_statement_logging();
    let session = Session::open(place, limits, classify, async { driver.connect().await })?;
    Ok(Box::new(Postgres { session, schema: schema.to_owned(), statement_timeout: limits.statement }))
}

/// What the first round trip tells.
struct Overview {
    server: Server,
    /// The table's comment, when there is a table.
    table: Option<Option<String>>,
    lock: LockState,
}

impl Postgres {
    fn ask(&mut self, doing: &'static str, mode: &str, statements: &str) -> Result<Vec<PgRow>> {
        let sql = format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = {}; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; {statements}; COMMIT",
            self.statement_timeout.as_millis(),
        );
        self.session.run(doing, async |connection| {
            let answer = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut *connection).await;
            if answer.is_err() {
                // The transaction is still open, in its failed state.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
            }
            answer
        })
    }

    fn overview(&mut self) -> Result<Overview> {
        let statements = format!(
            "SELECT 'server', version(), current_database(), pg_is_in_recovery()::text, \
             current_setting('default_transaction_read_only'); {}; {}",
            table_query(&self.schema),
            lock_query(),
        );
        let rows = self.ask("read the catalogue", "READ ONLY", &statements)?;
        let mut overview = Overview { server: self.unknown_server(), table: None, lock: LockState::Free };
        for row in &rows {
            match &*cell(row, 0).unwrap_or_default() {
                "server" => overview.server = server(row, &self.schema),
                "table" => overview.table = Some(cell(row, 1)),
                _ => overview.lock = lock(row),
            }
        }
        Ok(overview)
    }

    fn unknown_server(&self) -> Server {
        Server {
            product: "PostgreSQL".to_owned(),
            version: String::new(),
            numbers: (0, 0, 0),
            database: self.session.place.database.clone(),
            schema: Some(self.schema.clone()),
            read_only: None,
            system_database: false,
        }
    }

    /// The rows, and the lock at the same moment.
    fn rows(&mut self) -> Result<(Vec<LedgerRow>, LockState)> {
        let columns = COLUMNS.map(|column| format!("{column}::text")).join(", ");
        let statements = format!(
            "SELECT 'row', {columns} FROM {}.\"_prisma_migrations\" ORDER BY started_at; {}",
            ident(Provider::Postgresql, &self.schema),
            lock_query(),
        );
        let answer = self.ask("read `_prisma_migrations`", "READ ONLY", &statements)?;
        let (mut rows, mut state) = (Vec::with_capacity(answer.len()), LockState::Free);
        for row in &answer {
            if cell(row, 0).as_deref() == Some("row") {
                let cells = std::array::from_fn(|at| cell(row, at + 1));
                rows.push(LedgerRow::from_text(rows.len() + 1, cells).map_err(|bad| self.bad(bad))?);
            } else {
                state = lock(row);
            }
        }
        rows.sort_by_key(|row| row.started_at);
        Ok((rows, state))
    }

    fn bad(&self, bad: BadRow) -> DatabaseError {
        DatabaseError::LedgerRow { target: self.session.place.target.clone(), row: bad.row, problem: bad.problem }
    }
}

impl Database for Postgres {
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
        Ok(self.overview()?.table.flatten().and_then(|comment| Marker::parse(&comment)))
    }

    fn survey(&mut self) -> Result<Survey> {
        let Overview { server, table, lock } = self.overview()?;
        let Some(comment) = table else { return Ok(Survey { server, ledger: None, lock, marker: None }) };
        let (rows, lock_now) = self.rows()?;
        // Held before or after the rows were read: a deploy may have been at work while they were.
        let lock = if lock == LockState::Free { lock_now } else { lock };
        let marker = comment.as_deref().and_then(Marker::parse);
        Ok(Survey { server, ledger: Some(rows), lock, marker })
    }

    fn activity(&mut self, at_least: Duration) -> Result<Activity> {
        let statements = format!(
            "SELECT 'long', a.pid::text, a.usename::text, a.application_name, host(a.client_addr), NULL, a.state, \
             extract(epoch FROM clock_timestamp() - a.xact_start)::bigint::text FROM pg_catalog.pg_stat_activity a \
             WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() \
             AND clock_timestamp() - a.xact_start >= interval '{} milliseconds' ORDER BY a.xact_start LIMIT 20; \
             SELECT 'hidden', count(*)::text, NULL, NULL, NULL, NULL, NULL, NULL FROM pg_catalog.pg_stat_activity a \
             WHERE a.datname = current_database() AND a.query = '<insufficient privilege>'",
            at_least.as_millis(),
        );
        let mut activity = Activity::default();
        for row in &self.ask("read `pg_stat_activity`", "READ ONLY", &statements)? {
            match &*cell(row, 0).unwrap_or_default() {
                "long" => activity.long.push(LongTransaction {
                    by: session(row),
                    age: Duration::from_secs(cell(row, 7).and_then(|text| text.parse().ok()).unwrap_or(0)),
                    state: cell(row, 6).unwrap_or_else(|| "no state".to_owned()),
                }),
                _ => {
                    let hidden = cell(row, 1).filter(|count| count != "0");
                    activity.hidden = hidden.map(|count| {
                        format!(
                            "what {count} sessions of other users do is hidden without the right `pg_read_all_stats`"
                        )
                    });
                }
            }
        }
        Ok(activity)
    }

    fn query(&mut self, doing: &'static str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let rows = self.ask(doing, "READ ONLY", sql)?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }

    fn try_deploy_lock(&mut self) -> Result<DeployLock> {
        // A session-level lock outlives the transaction that took it, and taking it is no write.
        let statements = format!(
            "SELECT pg_catalog.pg_try_advisory_lock({POSTGRES_KEY})::text, NULL, NULL, NULL, NULL, NULL; {}",
            holder_query(POSTGRES_KEY),
        );
        let rows = self.ask("take the deploy lock", "READ ONLY", &statements)?;
        if rows.first().and_then(|row| cell(row, 0)).as_deref() == Some("true") {
            return Ok(DeployLock::Taken(None));
        }
        let by = rows.get(1).and_then(|row| match lock(row) {
            LockState::Held { by, .. } => Some(by),
            LockState::Free | LockState::Unknown(_) => None,
        });
        Ok(DeployLock::Held { by })
    }

    fn set_marker(&mut self, marker: &Marker) -> Result<()> {
        let Overview { server, table, .. } = self.overview()?;
        let target = self.session.place.target.clone();
        if let Some(said) = server.read_only {
            return Err(DatabaseError::ReadOnly { target, said });
        }
        let Some(comment) = table else { return Err(DatabaseError::NoLedger { target }) };
        let statements = format!(
            "SET LOCAL lock_timeout = {}; COMMENT ON TABLE {}.\"_prisma_migrations\" IS {}",
            LOCK_TIMEOUT.as_millis(),
            ident(Provider::Postgresql, &self.schema),
            literal(&marker.into_comment(comment.as_deref())),
        );
        self.ask("comment on `_prisma_migrations`", "READ WRITE", &statements).map(drop)
    }
}

/// From the catalogue, not `to_regclass`: that one fails on a schema that this user may not use.
fn table_query(schema: &str) -> String {
    format!(
        "SELECT 'table', obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = {} AND c.relname = '_prisma_migrations' AND c.relkind IN ('r', 'p', 'v', 'f', 'm')",
        literal(schema),
    )
}

fn lock_query() -> String {
    holder_query(LOCK_KEY)
}

fn holder_query(key: u32) -> String {
    // A key below 2^32 taken through the bigint function: classid 0, objsubid 1 (PostgreSQL manual, `pg_locks`).
    format!(
        "SELECT 'lock', l.pid::text, a.usename::text, a.application_name, host(a.client_addr), a.backend_start::text \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = {key} AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) LIMIT 1",
    )
}

fn server(row: &PgRow, schema: &str) -> Server {
    let version = cell(row, 1).unwrap_or_default();
    let database = cell(row, 2).unwrap_or_default();
    let read_only = if cell(row, 3).as_deref() == Some("true") {
        Some("this server is a replica".to_owned())
    } else {
        (cell(row, 4).as_deref() == Some("on"))
            .then(|| "`default_transaction_read_only` is on for this user or database".to_owned())
    };
    Server {
        product: if version.starts_with("CockroachDB") { "CockroachDB" } else { "PostgreSQL" }.to_owned(),
        numbers: numbers(&version),
        // `PostgreSQL 15.19 (Debian …) on x86_64…` → `15.19`
        version: version.split_whitespace().nth(1).unwrap_or(&version).to_owned(),
        system_database: matches!(&*database, "template0" | "template1"),
        database,
        schema: Some(schema.to_owned()),
        read_only,
    }
}

fn lock(row: &PgRow) -> LockState {
    LockState::Held { by: session(row), since: cell(row, 5).and_then(|text| timestamp::parse(&text)) }
}

/// Cells 1 to 4: process, user, application, address.
fn session(row: &PgRow) -> String {
    let mut by = match cell(row, 2) {
        Some(user) => format!("user `{user}`"),
        None => "a session".to_owned(),
    };
    if let Some(application) = cell(row, 3).filter(|name| !name.is_empty()) {
        by.push_str(&format!(", application `{application}`"));
    }
    if let Some(client) = cell(row, 4) {
        by.push_str(&format!(", from {client}"));
    }
    by.push_str(&format!(", process {} on the server", cell(row, 1).unwrap_or_default()));
    by
}

pub(super) fn cell(row: &PgRow, at: usize) -> Option<String> {
    row.try_get_unchecked::<Option<String>, _>(at).ok().flatten()
}

/// `E'…'` whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// PostgreSQL manual, appendix A.
pub(super) fn classify(place: &Place, doing: &'static str, error: &Error) -> Option<DatabaseError> {
    let database = error.as_database_error()?;
    let target = place.target.clone();
    let said = single_spaced(database.message());
    Some(match &*database.code()? {
        "3D000" => {
            DatabaseError::NoSuchDatabase { target, what: format!("the server has no database `{}`", place.database) }
        }
        "28P01" | "28000" => DatabaseError::Authentication { target, said },
        "42501" => DatabaseError::Permission { target, doing, said },
        "25006" => DatabaseError::ReadOnly { target, said },
        "57014" | "55P03" | "53300" => DatabaseError::Busy { target, said },
        "57P01" | "57P02" | "57P03" => {
            DatabaseError::Unreachable { target, address: place.address.clone(), cause: Unreachable::Other(said) }
        }
        _ => return None,
    })
}
