//! From a URL to an open connection: Prisma's meaning in the words of the drivers.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::script::{self, ScriptConnection, ScriptSettings};
use super::session::Place;
use super::{ConnectOptions, Database, DatabaseError, Limits, Result, mysql, postgres, sqlite, sqlserver};
use crate::environment::DatabaseUrl;
use crate::environment::url::driver::{Address, Driver, ServerDriver, Tls, TlsMode};
use crate::project::Provider;

/// `connect_timeout=0` means "as long as it takes"; nobody waits longer than this for a status.
const LONGEST: Duration = Duration::from_secs(60);
/// Prisma's default schema.
const PUBLIC: &str = "public";

/// Opens a connection for a script of our own, and creates nothing there.
///
/// # Errors
/// [`DatabaseError`], sorted by what to do next.
pub fn open_script(url: &DatabaseUrl, settings: &ScriptSettings) -> Result<Box<dyn ScriptConnection>> {
    let target = url.redacted();
    match url.driver().map_err(DatabaseError::Url)? {
        Driver::File(path) => {
            let address = path.display().to_string();
            script::sqlite::open(path, Place { target, database: address.clone(), address }, settings)
        }
        Driver::Memory => Err(in_memory(target)),
        Driver::Server(server) if server.provider == Provider::Sqlserver => {
            Err(DatabaseError::NoDriver { target, provider: Provider::Sqlserver.display_name() })
        }
        Driver::Server(server) => {
            let place = Place { target, address: address(&server.address), database: server.database.clone() };
            let limits = limits(ConnectOptions::default(), Some(server));
            if server.provider == Provider::Mysql {
                return with_mysql(server, |driver| script::mysql::open(driver, place.clone(), limits, settings));
            }
            let schema = server.schema.as_deref().unwrap_or(PUBLIC);
            with_postgres(server, |driver| script::postgres::open(driver, schema, place.clone(), limits, settings))
        }
    }
}

/// Options with which a driver reaches a server, for whoever opens several connections there.
#[derive(Debug, Clone)]
pub enum ServerOptions {
    /// PostgreSQL.
    Postgres(PgConnectOptions),
    /// MySQL, MariaDB.
    MySql(MySqlConnectOptions),
}

/// Finds out with which options the server of a URL answers, by connecting once.
///
/// # Errors
/// [`DatabaseError`], sorted by what to do next.
pub fn server_options(url: &DatabaseUrl) -> Result<ServerOptions> {
    let target = url.redacted();
    let Driver::Server(server) = url.driver().map_err(DatabaseError::Url)? else {
        return Err(DatabaseError::NotADatabase { target, said: "it is a file, no server".to_owned() });
    };
    let place = Place { target, address: address(&server.address), database: server.database.clone() };
    let limits = limits(ConnectOptions::default(), Some(server));
    match server.provider {
        Provider::Mysql => with_mysql(server, |driver| {
            mysql::connect(driver.clone(), place.clone(), limits).map(|_| ServerOptions::MySql(driver))
        }),
        Provider::Postgresql => with_postgres(server, |driver| {
            postgres::connect(driver.clone(), PUBLIC, place.clone(), limits).map(|_| ServerOptions::Postgres(driver))
        }),
        Provider::Sqlite | Provider::Sqlserver => {
            Err(DatabaseError::NoDriver { target: place.target, provider: server.provider.display_name() })
        }
    }
}

fn in_memory(target: String) -> DatabaseError {
    let said = "a database in memory is gone when the process that made it ends".to_owned();
    DatabaseError::NotADatabase { target, said }
}

/// Connects to what a URL means, and creates nothing there.
///
/// # Errors
/// [`DatabaseError`], sorted by what to do next.
pub fn connect(url: &DatabaseUrl, options: ConnectOptions) -> Result<Box<dyn Database>> {
    let target = url.redacted();
    match url.driver().map_err(DatabaseError::Url)? {
        Driver::File(path) => {
            let address = path.display().to_string();
            let place = Place { target, database: address.clone(), address };
            sqlite::connect(path, place, limits(options, None))
        }
        Driver::Memory => Err(in_memory(target)),
        Driver::Server(server) => connect_server(server, target, options),
    }
}

fn connect_server(server: &ServerDriver, target: String, options: ConnectOptions) -> Result<Box<dyn Database>> {
    if server.provider == Provider::Sqlserver {
        return sqlserver::connect(target);
    }
    if server.tls.identity.is_some() {
        return Err(DatabaseError::Tls {
            target,
            said: "the URL names a client identity (`sslidentity`, PKCS#12), which this program cannot read".to_owned(),
        });
    }
    let place = Place { target, address: address(&server.address), database: server.database.clone() };
    let limits = limits(options, Some(server));
    if server.provider == Provider::Mysql {
        return with_mysql(server, |driver| mysql::connect(driver, place.clone(), limits));
    }
    let schema = server.schema.as_deref().unwrap_or(PUBLIC);
    with_postgres(server, |driver| postgres::connect(driver, schema, place.clone(), limits))
}

fn with_postgres<T>(server: &ServerDriver, connect: impl Fn(PgConnectOptions) -> Result<T>) -> Result<T> {
    match connect(postgres(server, &server.tls, true)) {
        // `prefer` with `sslaccept=strict`: a server without TLS is fine, a wrong certificate is not. The driver knows only one of the two.
        Err(DatabaseError::Tls { said, .. })
            if server.tls.mode == TlsMode::Prefer && said.contains("does not support TLS") =>
        {
            connect(postgres(server, &server.tls, false))
        }
        other => other,
    }
}

fn with_mysql<T>(server: &ServerDriver, connect: impl Fn(MySqlConnectOptions) -> Result<T>) -> Result<T> {
    match connect(mysql(server, &server.tls, false)) {
        // MySQL 8's default login over plain TCP needs RSA, which is left out of this build for its timing leak
        // (RUSTSEC-2023-0071). Such a server offers TLS, and TLS does it too.
        Err(DatabaseError::Tls { said, .. }) if server.tls.mode == TlsMode::Disable && said.contains("RSA") => {
            connect(mysql(server, &server.tls, true))
        }
        other => other,
    }
}

fn limits(options: ConnectOptions, server: Option<&ServerDriver>) -> Limits {
    let of_url = server.map_or(Some(LONGEST), |server| server.connect_timeout);
    Limits { connect: options.timeout.or(of_url).unwrap_or(LONGEST).min(LONGEST), statement: options.statement_timeout }
}

fn address(address: &Address) -> String {
    match address {
        Address::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Address::Tcp { host, port } => format!("{host}:{port}"),
        Address::Socket { path, .. } => path.display().to_string(),
        Address::Instance { host, instance } => format!("{host}\\{instance}"),
    }
}

fn postgres(server: &ServerDriver, tls: &Tls, encrypted: bool) -> PgConnectOptions {
    // The only door for raw `options`: a URL with nothing else in it. The text may be a secret, so it is never shown.
    let options = server.options.as_ref().and_then(|options| {
        let text = percent_encoding::utf8_percent_encode(options.expose_secret(), percent_encoding::NON_ALPHANUMERIC);
        format!("postgres://localhost/?options={text}").parse::<PgConnectOptions>().ok()
    });
    let mut driver = options.unwrap_or_else(PgConnectOptions::new_without_pgpass).database(&server.database);
    driver = match &server.address {
        Address::Tcp { host, port } => driver.host(host).port(*port),
        Address::Socket { path, port } => driver.socket(path).port(*port),
        Address::Instance { host, .. } => driver.host(host),
    };
    if let Some(user) = &server.user {
        driver = driver.username(user);
    }
    if let Some(password) = &server.password {
        driver = driver.password(password.expose_secret());
    }
    if let Some(certificate) = &tls.root_certificate {
        driver = driver.ssl_root_cert(certificate);
    }
    driver.ssl_mode(match (tls.mode, tls.verify) {
        _ if !encrypted => PgSslMode::Disable,
        (TlsMode::Disable, _) => PgSslMode::Disable,
        (_, true) => PgSslMode::VerifyFull,
        (TlsMode::Prefer, false) => PgSslMode::Prefer,
        (TlsMode::Require, false) => PgSslMode::Require,
    })
}

fn mysql(server: &ServerDriver, tls: &Tls, encrypted: bool) -> MySqlConnectOptions {
    let mut driver = MySqlConnectOptions::new().database(&server.database);
    driver = match &server.address {
        Address::Tcp { host, port } => driver.host(host).port(*port),
        Address::Socket { path, .. } => driver.socket(path),
        Address::Instance { host, .. } => driver.host(host),
    };
    if let Some(user) = &server.user {
        driver = driver.username(user);
    }
    if let Some(password) = &server.password {
        driver = driver.password(password.expose_secret());
    }
    if let Some(certificate) = &tls.root_certificate {
        driver = driver.ssl_ca(certificate);
    }
    driver.ssl_mode(match (tls.mode, tls.verify) {
        (TlsMode::Disable, _) if encrypted => MySqlSslMode::Preferred,
        (TlsMode::Disable, _) => MySqlSslMode::Disabled,
        (_, true) => MySqlSslMode::VerifyIdentity,
        (TlsMode::Prefer, false) => MySqlSslMode::Preferred,
        (TlsMode::Require, false) => MySqlSslMode::Required,
    })
}
