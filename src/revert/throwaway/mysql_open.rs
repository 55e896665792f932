//! An open connection to MySQL or MariaDB, ours or somebody's.

use std::pin::Pin;
use std::rc::Rc;

use futures_core::Stream;
use sqlx::mysql::{MySqlConnectOptions, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Either, MySqlConnection, Row as _};
use tokio::runtime::Runtime;

use super::{Rows, Session, SqlFailure};
use crate::project::Provider;
use crate::shell::single_spaced;
use crate::sql;

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
        return SqlFailure { said: single_spaced(&error.to_string()), at: None };
    };
    let script = sql::read(Provider::Mysql, sql.as_bytes()).ok();
    let range = script.as_ref().and_then(|script| {
        // A procedure answers as often as it likes.
        let counts = |text: &str| !text.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("call"));
        let before = script.statements.iter().take(done);
        let all_count = before.into_iter().all(|statement| counts(script.slice(statement.range)));
        script.statements.get(done).filter(|_| all_count).map(|statement| statement.span)
    });
    SqlFailure { said: single_spaced(database.message()), at: range.map(|span| span.start as usize) }
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
