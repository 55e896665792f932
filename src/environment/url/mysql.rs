//! `mysql://user:password@host:port/database?…` for MySQL and MariaDB, with the parameters and defaults of Prisma's engine (5 to 7):
//! `socket=` names a socket file, and any of the `ssl…` parameters turns TLS on.

use std::path::{Path, PathBuf};

use super::driver::{Address, Driver, ServerDriver, Tls, TlsMode};
use super::network::{NetworkUrl, endpoint};
use super::{Parsed, UrlError};
use crate::environment::host::Host;
use crate::environment::identity::{DatabaseIdentity, Place};
use crate::project::Provider;

const PORT: u16 = 3306;

pub(super) fn parse(text: &str, base: &Path) -> Result<Parsed, UrlError> {
    let url = NetworkUrl::parse(text)?;
    url.check_numbers(&[
        "connection_limit",
        "pool_timeout",
        "socket_timeout",
        "statement_cache_size",
        "max_connection_lifetime",
        "max_idle_connection_lifetime",
    ])?;
    url.flag("prefer_socket")?;
    let user = url.user();
    let port = url.port().unwrap_or(PORT);
    let socket = url.parameter("socket").map(|socket| socket.replace(['(', ')'], "")).filter(|path| !path.is_empty());
    let (endpoint, address) = if let Some(socket) = socket {
        let path = base.join(socket);
        let endpoint = endpoint(&path.to_string_lossy(), None, user.as_deref(), false);
        let path = match &endpoint.reached {
            Host::Socket(path) => path.clone(),
            _ => path,
        };
        (endpoint, Address::Socket { path, port })
    } else {
        let endpoint = endpoint(url.host().unwrap_or("localhost"), Some(port), user.as_deref(), false);
        let address = match &endpoint.reached {
            Host::Socket(path) => Address::Socket { path: path.clone(), port },
            _ => Address::Tcp { host: endpoint.written.clone(), port },
        };
        (endpoint, address)
    };
    let (database, encoded_name, unnamed) = match url.database() {
        Some((name, encoded)) => (name, encoded, false),
        None => ("mysql".to_owned(), false, true),
    };
    let driver = ServerDriver {
        provider: Provider::Mysql,
        address,
        user,
        password: url.password(),
        database: database.clone(),
        schema: None,
        tls: tls(&url, base),
        connect_timeout: url.connect_timeout()?,
        application_name: None,
        options: None,
        pgbouncer: false,
    };
    let identity = DatabaseIdentity {
        provider: Provider::Mysql,
        place: Place::Server(endpoint),
        database,
        unnamed,
        encoded_name,
        schema: None,
        prisma_dev: false,
    };
    Ok(Parsed { identity, driver: Some(Driver::Server(Box::new(driver))) })
}

fn tls(url: &NetworkUrl, base: &Path) -> Tls {
    let accept = url.parameter("sslaccept");
    let root_certificate: Option<PathBuf> = url.path("sslcert", base);
    let identity: Option<PathBuf> = url.path("sslidentity", base);
    let identity_password = url.secret("sslpassword");
    let on = accept.is_some() || root_certificate.is_some() || identity.is_some() || identity_password.is_some();
    Tls {
        mode: if on { TlsMode::Require } else { TlsMode::Disable },
        // Here, other than on PostgreSQL, an unknown word does not mean `strict` to Prisma.
        verify: accept.as_deref() == Some("strict"),
        root_certificate,
        identity,
        identity_password,
    }
}
