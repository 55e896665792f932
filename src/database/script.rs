//! Runs SQL that a person has looked at: the one way in which this tool itself changes a schema. Prisma's own `db execute` is refused by the
//! guard everywhere but on a developer's database, since it runs whatever it is given.
//!
//! A connection of its own: settings of the session, and a transaction left open, end with it.

use std::time::Duration;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection, Database, Executor};

use super::session::{Place, Session};
use super::{ConnectOptions, DatabaseError, Limits, connect, mysql, postgres, sqlite};
use crate::environment::DatabaseUrl;
use crate::environment::url::driver::{Driver, ServerDriver, TlsMode};
use crate::project::Provider;
use crate::sql::quote::ident;

/// How long one statement may run: an index on a large table takes hours.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// How long SQLite waits for somebody else's write.
const BUSY: Duration = Duration::from_secs(5);

/// A statement was refused, or the connection could not be had.
#[derive(Debug)]
pub struct Halt {
    /// Which one, from 0; `None`: none was sent, or only the end of the transaction was refused.
    pub statement: Option<usize>,
    /// Whether everything before it was taken back with it.
    pub all_undone: bool,
    /// What the database said.
    pub error: DatabaseError,
}

impl Halt {
    fn before(error: DatabaseError) -> Self {
        Halt { statement: None, all_undone: true, error }
    }
}

/// Runs statements in order, in the schema that the URL names, and stops at the first that is refused. `together`: in one transaction, so that all
/// or none of them stays; MySQL commits at each DDL statement all the same. `lock_timeout`: how long each may wait for a lock.
///
/// # Errors
/// [`Halt`].
pub fn run_script(
    url: &DatabaseUrl,
    statements: &[String],
    together: bool,
    lock_timeout: Option<Duration>,
) -> Result<(), Halt> {
    let target = url.redacted();
    match url.driver().map_err(|error| Halt::before(DatabaseError::Url(error)))? {
        Driver::File(path) => {
            let address = path.display().to_string();
            let place = Place { target, database: address.clone(), address };
            let driver = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(false)
                // As Prisma opens it.
                .foreign_keys(true)
                .busy_timeout(lock_timeout.unwrap_or(BUSY))
                .disable_statement_logging();
            let session = Session::open(place, limits(None), sqlite::classify, async { driver.connect().await });
            run(session.map_err(Halt::before)?, &[], statements, together)
        }
        Driver::Memory => Err(Halt::before(DatabaseError::NotADatabase {
            target,
            said: "a database in memory is gone when the process that made it ends".to_owned(),
        })),
        Driver::Server(server) => run_on_server(server, target, statements, together, lock_timeout),
    }
}

fn run_on_server(
    server: &ServerDriver,
    target: String,
    statements: &[String],
    together: bool,
    lock_timeout: Option<Duration>,
) -> Result<(), Halt> {
    let place = Place { target, address: connect::address(&server.address), database: server.database.clone() };
    let milliseconds = lock_timeout.map(|timeout| timeout.as_millis());
    match server.provider {
        Provider::Sqlserver => Err(Halt::before(DatabaseError::NoDriver {
            target: place.target,
            provider: Provider::Sqlserver.display_name(),
        })),
        Provider::Mysql => {
            let driver = |tls| -> MySqlConnectOptions {
                connect::mysql(server, &server.tls, tls)
                    .pipes_as_concat(false)
                    .no_engine_substitution(false)
                    .timezone(None::<String>)
                    .disable_statement_logging()
            };
            let open = |tls| {
                let driver = driver(tls);
                Session::open(place.clone(), limits(Some(server)), mysql::classify, async { driver.connect().await })
            };
            let session = match open(false) {
                // See `connect`: a login that needs TLS.
                Err(DatabaseError::Tls { .. }) => open(true),
                other => other,
            };
            let setting = milliseconds.map(|wait| {
                let seconds = wait.div_ceil(1000).max(1);
                format!("SET SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}")
            });
            run(session.map_err(Halt::before)?, setting.as_slice(), statements, together)
        }
        Provider::Postgresql | Provider::Sqlite => {
            let driver = |encrypted| -> PgConnectOptions {
                connect::postgres(server, &server.tls, encrypted)
                    .application_name("prisma-safe")
                    .disable_statement_logging()
            };
            let open = |encrypted| {
                let driver = driver(encrypted);
                Session::open(place.clone(), limits(Some(server)), postgres::classify, async { driver.connect().await })
            };
            let session = match open(true) {
                Err(DatabaseError::Tls { said, .. })
                    if server.tls.mode == TlsMode::Prefer && said.contains("does not support TLS") =>
                {
                    open(false)
                }
                other => other,
            };
            let schema = server.schema.as_deref().unwrap_or(connect::PUBLIC);
            let mut settings = vec![format!("SET search_path TO {}", ident(Provider::Postgresql, schema))];
            settings.extend(milliseconds.map(|wait| format!("SET lock_timeout = {wait}")));
            run(session.map_err(Halt::before)?, &settings, statements, together)
        }
    }
}

fn limits(server: Option<&ServerDriver>) -> Limits {
    connect::limits(ConnectOptions { timeout: None, statement_timeout: PATIENCE }, server)
}

fn run<C>(mut session: Session<C>, settings: &[String], statements: &[String], together: bool) -> Result<(), Halt>
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
    C::Database: Database,
{
    let mut send = |sql: &str| {
        let sql = sql.to_owned();
        session.run("run a statement of the script", async |connection: &mut C| {
            connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(drop)
        })
    };
    for setting in settings {
        send(setting).map_err(Halt::before)?;
    }
    if together {
        send("BEGIN").map_err(Halt::before)?;
    }
    for (at, statement) in statements.iter().enumerate() {
        if let Err(error) = send(statement) {
            if together {
                let _ = send("ROLLBACK");
            }
            return Err(Halt { statement: Some(at), all_undone: together, error });
        }
    }
    if together {
        send("COMMIT").map_err(|error| Halt { statement: None, all_undone: true, error })?;
    }
    Ok(())
}
