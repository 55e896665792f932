//! MySQL and MariaDB: a server of our own from the programs that are installed, in a temporary folder, on a unix socket only, without any
//! care for a power cut. A copy is made by `mysql_copy`: definitions, then rows.

use std::pin::Pin;
use std::rc::Rc;

use futures_core::Stream;
use sqlx::mysql::{MySqlConnectOptions, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Either, MySqlConnection, Row as _};
use tokio::runtime::Runtime;

use super::mysql_copy::{self, Filling};
use super::{Rows, Server, Session, SqlFailure, Throwaway, one_line};
use crate::project::Provider;
use crate::revert::VerifyError;
use crate::sql;

/// Databases of ours on a server.
pub(super) struct Databases {
    base: Option<Open>,
    admin: Open,
    server: Server,
    place: String,
    /// All our databases begin with it.
    prefix: String,
    copies: usize,
    // Last: the connections close before the server goes.
    #[cfg(unix)]
    _process: Option<super::process::Process>,
}

impl Databases {
    /// A server of our own.
    #[cfg(unix)]
    pub fn start() -> Result<Self, VerifyError> {
        use super::process::{End, Process, program};

        let find = |names: &[&str]| program(Provider::Mysql, names, &[]);
        let server = find(&["mariadbd", "mysqld"])?;
        let mut process = Process::new(Provider::Mysql, &["mysql", "nobody"])?;
        let home = process.home().to_owned();
        let data = format!("--datadir={}", home.join("data").display());
        match find(&["mariadb-install-db", "mysql_install_db"]) {
            Ok(install) => {
                let mut arguments = settings(&data);
                arguments.extend(["--auth-root-authentication-method=normal", "--skip-test-db"].map(str::to_owned));
                process.run(&install, &arguments)?;
            }
            Err(_) => {
                let mut arguments = settings(&data);
                arguments.push("--initialize-insecure".to_owned());
                process.run(&server, &arguments)?;
            }
        }
        let socket = home.join("socket");
        let mut arguments = settings(&data);
        arguments.push(format!("--socket={}", socket.display()));
        arguments.push(format!("--pid-file={}", home.join("pid").display()));
        arguments.extend(
            ["--skip-networking", "--character-set-server=utf8mb4", "--default-time-zone=+00:00"].map(str::to_owned),
        );
        // No second socket, and no binary log, where the server knows of such things.
        arguments.extend(["--loose-mysqlx=OFF", "--skip-log-bin", "--event-scheduler=OFF"].map(str::to_owned));
        let options = MySqlConnectOptions::new().socket(&socket).username("root");
        let runtime = Rc::new(super::runtime()?);
        let mut admin = process.start(&server, &arguments, End::Kill, || Open::new(&runtime, &options))?;
        let found = identity(&mut admin)?;
        let place = format!("a throwaway {} {} from `{}`", found.product, found.version, super::folder_of(&server));
        let mut databases = Databases {
            base: None,
            admin,
            server: found,
            place,
            prefix: "prisma_safe_verify".to_owned(),
            copies: 0,
            _process: Some(process),
        };
        databases.make_base()?;
        Ok(databases)
    }

    fn make_base(&mut self) -> Result<(), VerifyError> {
        self.admin.ask(&format!("CREATE DATABASE `{}`", self.base_name())).map(drop).map_err(connecting)
    }

    /// How tables are best made here.
    fn filling(&self) -> Filling {
        #[cfg(unix)]
        if self._process.is_some() {
            return Filling::OwnServer;
        }
        Filling::OthersServer
    }

    fn base_name(&self) -> String {
        format!("{}_base", self.prefix)
    }
}

/// What both the installation and the server are told: nothing of this machine's own settings, small, and careless.
#[cfg(unix)]
fn settings(data: &str) -> Vec<String> {
    let fixed = [
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--skip-innodb-doublewrite",
        "--innodb-buffer-pool-size=32M",
        "--loose-innodb-log-file-size=8M",
        "--loose-debug-no-sync",
        "--skip-name-resolve",
        "--loose-performance-schema=OFF",
    ];
    // `--no-defaults` is heard in the first place only.
    let mut settings = vec!["--no-defaults".to_owned(), data.to_owned()];
    settings.extend(fixed.map(str::to_owned));
    settings
}

fn identity(admin: &mut Open) -> Result<Server, VerifyError> {
    let version = admin.ask("SELECT VERSION()").map_err(connecting)?;
    let version = version.into_iter().flatten().flatten().next().unwrap_or_default();
    let version = version.strip_prefix("5.5.5-").unwrap_or(&version);
    let product = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" }.to_owned();
    Ok(Server { product, version: version.split('-').next().unwrap_or_default().to_owned() })
}

fn connecting(failure: SqlFailure) -> VerifyError {
    VerifyError::Sql { doing: "connect", failure }
}

impl Throwaway for Databases {
    fn server(&self) -> &Server {
        &self.server
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn base(&mut self) -> Result<&mut dyn Session, VerifyError> {
        let base = match self.base.take() {
            Some(open) => open,
            None => self.admin.beside(&self.base_name()).map_err(connecting)?,
        };
        Ok(self.base.insert(base))
    }

    fn copy(&mut self) -> Result<Box<dyn Session>, VerifyError> {
        // What it has locked it lets go of.
        self.base = None;
        let copying = |failure| VerifyError::Sql { doing: "copy a database", failure };
        let before = format!("{}_{}", self.prefix, self.copies);
        self.admin.ask(&format!("DROP DATABASE IF EXISTS `{before}`")).map_err(copying)?;
        self.copies += 1;
        let copy = format!("{}_{}", self.prefix, self.copies);
        let base = self.base_name();
        mysql_copy::create(&mut self.admin, &base, &copy).map_err(copying)?;
        let mut open = self.admin.beside(&copy).map_err(copying)?;
        let filling = self.filling();
        mysql_copy::fill(&mut open, &base, &copy, filling).map_err(copying)?;
        // What the copying needed is no setting of the migration's.
        open.renew().map_err(copying)?;
        Ok(Box::new(open))
    }
}

/// An open connection.
pub(super) struct Open {
    connection: Option<MySqlConnection>,
    runtime: Rc<Runtime>,
    options: MySqlConnectOptions,
}

impl Open {
    /// Connects.
    pub fn new(runtime: &Rc<Runtime>, options: &MySqlConnectOptions) -> Result<Self, SqlFailure> {
        let mut open = Open { connection: None, runtime: Rc::clone(runtime), options: options.clone() };
        open.renew()?;
        Ok(open)
    }

    fn beside(&self, database: &str) -> Result<Self, SqlFailure> {
        Open::new(&self.runtime, &self.options.clone().database(database))
    }

    fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
    }

    /// Asks, in the text protocol, which answers in text; several statements are one after the other, as in Prisma.
    pub fn ask(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
        let Some(connection) = &mut self.connection else {
            return Err(SqlFailure { said: "the connection is closed".to_owned(), at: None });
        };
        let (mut rows, mut done) = (Vec::new(), 0_usize);
        let answer = self.runtime.block_on(async {
            let mut answers = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_many(connection);
            while let Some(answer) = next(&mut answers).await {
                match answer? {
                    Either::Left(_) => done += 1,
                    Either::Right(row) => rows.push((0..row.len()).map(|at| cell(&row, at)).collect()),
                }
            }
            Ok(())
        });
        answer.map(|()| rows).map_err(|error: sqlx::Error| failure(&error, sql, done))
    }
}

/// The next answer of several.
async fn next<S: Stream + ?Sized>(stream: &mut Pin<Box<S>>) -> Option<S::Item> {
    std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await
}

fn cell(row: &MySqlRow, at: usize) -> Option<String> {
    let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(at).ok().flatten();
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// `done` statements of the text were carried out before.
fn failure(error: &sqlx::Error, sql: &str, done: usize) -> SqlFailure {
    let Some(database) = error.as_database_error() else {
        return SqlFailure { said: one_line(&error.to_string()), at: None };
    };
    let script = sql::read(Provider::Mysql, sql.as_bytes()).ok();
    let range = script.as_ref().and_then(|script| {
        // A procedure answers as often as it likes.
        let counts = |text: &str| !text.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("call"));
        let before = script.statements.iter().take(done);
        let all_count = before.into_iter().all(|statement| counts(script.slice(statement.range)));
        script.statements.get(done).filter(|_| all_count).map(|statement| statement.span)
    });
    SqlFailure { said: one_line(database.message()), at: range.map(|span| span.start as usize) }
}

impl Session for Open {
    fn execute(&mut self, sql: &str) -> Result<(), SqlFailure> {
        self.ask(sql).map(drop)
    }

    fn query(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
        self.ask(sql)
    }

    fn renew(&mut self) -> Result<(), SqlFailure> {
        self.close();
        // The session as the server makes it for Prisma, not as this driver would like it.
        let options = self
            .options
            .clone()
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None::<String>)
            .set_names(false)
            .disable_statement_logging();
        let connected = self.runtime.block_on(options.connect());
        self.connection = Some(connected.map_err(|error| failure(&error, "", 0))?);
        self.execute("SET NAMES utf8mb4")
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}
