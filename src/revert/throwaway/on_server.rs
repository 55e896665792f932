//! Databases of ours on a server: MySQL's throwaway one, or one that the user names.

use std::rc::Rc;

use tokio::runtime::Runtime;

use super::mysql_copy::{self, Filling};
use super::{Server, Session, SqlFailure, Throwaway, mysql_open, postgres_open};
use crate::database::ServerOptions;
use crate::project::Provider;
use crate::revert::VerifyError;
use crate::sql::quote;

/// How databases of a server are reached.
pub(super) struct Connector {
    options: ServerOptions,
    /// PostgreSQL: where names without a schema belong.
    schema: Option<String>,
    runtime: Rc<Runtime>,
}

impl Connector {
    /// Connects to nothing yet.
    pub fn new(options: ServerOptions, schema: Option<&str>) -> Result<Self, VerifyError> {
        Ok(Connector { options, schema: schema.map(str::to_owned), runtime: Rc::new(super::runtime()?) })
    }

    /// Which kind of server it is.
    pub fn provider(&self) -> Provider {
        match self.options {
            ServerOptions::Postgres(_) => Provider::Postgresql,
            ServerOptions::MySql(_) => Provider::Mysql,
        }
    }

    /// A connection that makes and drops databases: to the one of the URL.
    pub fn admin(&self) -> Result<Box<dyn Session>, SqlFailure> {
        Ok(match &self.options {
            ServerOptions::Postgres(options) => Box::new(postgres_open::Open::new(&self.runtime, options, None)?),
            ServerOptions::MySql(options) => Box::new(mysql_open::Open::new(&self.runtime, options)?),
        })
    }

    /// A connection to another database.
    pub fn database(&self, name: &str, schema: Option<&str>) -> Result<Box<dyn Session>, SqlFailure> {
        Ok(match &self.options {
            ServerOptions::Postgres(options) => {
                Box::new(postgres_open::Open::new(&self.runtime, &options.clone().database(name), schema)?)
            }
            ServerOptions::MySql(options) => {
                Box::new(mysql_open::Open::new(&self.runtime, &options.clone().database(name))?)
            }
        })
    }

    fn of_ours(&self, name: &str) -> Result<Box<dyn Session>, SqlFailure> {
        self.database(name, self.schema.as_deref())
    }
}

/// What drops the databases in the end.
pub(super) enum Keeper {
    /// The server goes as a whole.
    #[cfg(unix)]
    Process(#[expect(dead_code, reason = "it is held, and its drop ends the server")] super::process::Process),
    /// Each is dropped; see `named`.
    Lease(#[expect(dead_code, reason = "it is held, and its drop lets signals end us again")] super::named::Lease),
}

/// Databases of ours on a server.
pub(super) struct OnServer {
    base: Option<Box<dyn Session>>,
    admin: Box<dyn Session>,
    connector: Connector,
    server: Server,
    place: String,
    /// All our databases begin with it.
    prefix: String,
    copies: usize,
    // Last: the connections close before the server goes.
    keeper: Keeper,
}

impl OnServer {
    /// On a server of our own.
    #[cfg(unix)]
    pub fn of_process(
        connector: Connector,
        mut admin: Box<dyn Session>,
        process: super::process::Process,
        from: &str,
    ) -> Result<Self, VerifyError> {
        let server = identity(connector.provider(), &mut *admin)?;
        let place = format!("a throwaway {} {} from `{from}`", server.product, server.version);
        let prefix = "prisma_safe_verify".to_owned();
        Self::new(connector, admin, server, place, prefix, Keeper::Process(process))
    }

    /// On somebody's server.
    pub fn of_lease(
        connector: Connector,
        mut admin: Box<dyn Session>,
        lease: super::named::Lease,
        called: &str,
    ) -> Result<Self, VerifyError> {
        let server = identity(connector.provider(), &mut *admin)?;
        let place = format!("the server of `{called}`, {} {}", server.product, server.version);
        let prefix = lease.prefix().to_owned();
        Self::new(connector, admin, server, place, prefix, Keeper::Lease(lease))
    }

    fn new(
        connector: Connector,
        admin: Box<dyn Session>,
        server: Server,
        place: String,
        prefix: String,
        keeper: Keeper,
    ) -> Result<Self, VerifyError> {
        let mut made = OnServer { base: None, admin, connector, server, place, prefix, copies: 0, keeper };
        let base = made.base_name();
        let making = |failure| VerifyError::Sql { doing: "make a database", failure };
        made.admin.execute(&format!("CREATE DATABASE {}", made.name(&base))).map_err(making)?;
        if let Some(schema) = made.connector.schema.clone() {
            let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", quote::ident(made.connector.provider(), &schema));
            made.connector.database(&base, None).and_then(|mut base| base.execute(&sql)).map_err(making)?;
        }
        Ok(made)
    }

    fn name(&self, name: &str) -> String {
        quote::ident(self.connector.provider(), name)
    }

    fn base_name(&self) -> String {
        format!("{}_base", self.prefix)
    }

    fn drop_database(&mut self, name: &str) -> Result<(), SqlFailure> {
        self.admin.execute(&drop_sql(self.connector.provider(), name))
    }
}

/// The statement that drops a database, whoever is connected to it.
pub(super) fn drop_sql(provider: Provider, name: &str) -> String {
    let force = if provider == Provider::Postgresql { " WITH (FORCE)" } else { "" };
    format!("DROP DATABASE IF EXISTS {}{force}", quote::ident(provider, name))
}

fn identity(provider: Provider, admin: &mut dyn Session) -> Result<Server, VerifyError> {
    let question = if provider == Provider::Postgresql { "SHOW server_version" } else { "SELECT VERSION()" };
    let answer = admin.query(question).map_err(connecting)?;
    let said = answer.into_iter().flatten().flatten().next().unwrap_or_default();
    let said = said.strip_prefix("5.5.5-").unwrap_or(&said);
    let product = match provider {
        Provider::Postgresql => "PostgreSQL",
        _ if said.contains("MariaDB") => "MariaDB",
        _ => "MySQL",
    };
    let version = said.split(['-', ' ']).next().unwrap_or_default().to_owned();
    Ok(Server { product: product.to_owned(), version })
}

fn connecting(failure: SqlFailure) -> VerifyError {
    VerifyError::Sql { doing: "connect", failure }
}

impl Throwaway for OnServer {
    fn server(&self) -> &Server {
        &self.server
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn base(&mut self) -> Result<&mut dyn Session, VerifyError> {
        let base = match self.base.take() {
            Some(open) => open,
            None => self.connector.of_ours(&self.base_name()).map_err(connecting)?,
        };
        Ok(&mut **self.base.insert(base))
    }

    fn copy(&mut self) -> Result<Box<dyn Session>, VerifyError> {
        // A template may have no connection, and what a session has locked it lets go of.
        self.base = None;
        let copying = |failure| VerifyError::Sql { doing: "copy a database", failure };
        let number = |number: usize| format!("{}_{number}", self.prefix);
        let (before, copy) = (number(self.copies), number(self.copies + 1));
        self.drop_database(&before).map_err(copying)?;
        self.copies += 1;
        let base = self.base_name();
        if self.connector.provider() == Provider::Postgresql {
            let sql = format!("CREATE DATABASE {} TEMPLATE {}", self.name(&copy), self.name(&base));
            self.admin.execute(&sql).map_err(copying)?;
            return self.connector.of_ours(&copy).map_err(copying);
        }
        let filling = match self.keeper {
            #[cfg(unix)]
            Keeper::Process(_) => Filling::OwnServer,
            Keeper::Lease(_) => Filling::OthersServer,
        };
        mysql_copy::create(&mut *self.admin, &base, &copy).map_err(copying)?;
        let mut open = self.connector.of_ours(&copy).map_err(copying)?;
        mysql_copy::fill(&mut *open, &base, &copy, filling).map_err(copying)?;
        // What the copying needed is no setting of the migration's.
        open.renew().map_err(copying)?;
        Ok(open)
    }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        self.base = None;
        if let Keeper::Lease(_) = &self.keeper {
            // What cannot be dropped now is dropped by the next run: the lease ends with this connection.
            for name in [format!("{}_{}", self.prefix, self.copies), self.base_name()] {
                let _ = self.drop_database(&name);
            }
        }
    }
}
