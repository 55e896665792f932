//! An open connection to PostgreSQL, ours or somebody's.

use std::rc::Rc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgErrorPosition};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _};
use tokio::runtime::Runtime;

use super::{Rows, Session, SqlFailure};
use crate::project::Provider;
use crate::shell::single_spaced;
use crate::sql::quote;

/// An open connection.
pub(super) struct Open {
    connection: Option<PgConnection>,
    runtime: Rc<Runtime>,
    options: PgConnectOptions,
    /// Where names without a schema belong: Prisma sets the search path to the URL's `schema`.
    schema: Option<String>,
}

/// Makes the schema that a URL names, as `migrate deploy` does.
pub(super) fn make_schema(admin: &Open, database: &str, schema: Option<&str>) -> Result<(), SqlFailure> {
    let Some(schema) = schema else { return Ok(()) };
    let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", quote::ident(Provider::Postgresql, schema));
    admin.beside(database, None)?.ask(&sql).map(drop)
}

impl Open {
    /// Connects.
    pub fn new(runtime: &Rc<Runtime>, options: &PgConnectOptions, schema: Option<&str>) -> Result<Self, SqlFailure> {
        let mut open = Open {
            connection: None,
            runtime: Rc::clone(runtime),
            options: options.clone(),
            schema: schema.map(str::to_owned),
        };
        open.renew()?;
        Ok(open)
    }

    /// A connection to another database of the same server.
    pub fn beside(&self, database: &str, schema: Option<&str>) -> Result<Self, SqlFailure> {
        Open::new(&self.runtime, &self.options.clone().database(database), schema)
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
    }

    /// Asks, in the simple protocol, which answers in text.
    pub fn ask(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
        let Some(connection) = &mut self.connection else {
            return Err(SqlFailure { said: "the connection is closed".to_owned(), at: None });
        };
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(query.fetch_all(connection)).map_err(|error| failure(&error, sql))?;
        let cell = |row: &sqlx::postgres::PgRow, at| row.try_get_unchecked::<Option<String>, _>(at).ok().flatten();
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
    }
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
        let connected = self.runtime.block_on(self.options.clone().disable_statement_logging().connect());
        self.connection = Some(connected.map_err(|error| failure(&error, ""))?);
        match &self.schema {
            Some(schema) => self.execute(&format!("SET search_path = {}", quote::ident(Provider::Postgresql, schema))),
            None => Ok(()),
        }
    }

    /// On a socket only: Prisma takes its folder as `host=`. Where a password is needed, Prisma will say so.
    fn url(&self) -> Option<String> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let folder = encode(&self.options.get_socket()?.display().to_string());
        let (user, database) = (encode(self.options.get_username()), encode(self.options.get_database()?));
        let schema = self.schema.as_ref().map(|schema| format!("&schema={}", encode(schema))).unwrap_or_default();
        Some(format!("postgresql://{user}@localhost:{}/{database}?host={folder}{schema}", self.options.get_port()))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

fn failure(error: &sqlx::Error, sql: &str) -> SqlFailure {
    let Some(database) = error.as_database_error() else {
        return SqlFailure { said: single_spaced(&error.to_string()), at: None };
    };
    let position = database.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::position);
    let at = match position {
        // In characters from 1.
        Some(PgErrorPosition::Original(character)) => {
            sql.char_indices().nth(character.saturating_sub(1)).map(|(byte, _)| byte)
        }
        _ => None,
    };
    SqlFailure { said: single_spaced(database.message()), at }
}
