//! `postgresql://user:password@host:port/database?schema=…`, with the parameters and defaults of Prisma's engine (5 to 7):
//! `host=` wins over the URL's host and may be a socket's folder, `sslmode` knows three words, unknown parameters are dropped.

use std::path::Path;

use secrecy::SecretString;

use super::driver::{Address, Driver, ServerDriver, Tls, TlsMode};
use super::network::{NetworkUrl, endpoint};
use super::{Parsed, UrlError};
use crate::environment::host::Host;
use crate::environment::identity::{DatabaseIdentity, Place};
use crate::project::Provider;

const PORT: u16 = 5432;

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
    let pgbouncer = url.flag("pgbouncer")?.unwrap_or(false);
    let override_host = url.parameter("host");
    let written = override_host.as_deref().or(url.host()).unwrap_or("localhost");
    if written.is_empty() {
        return Err(UrlError::Parameter {
            name: "host",
            expected: "a host name, an address or the folder of a socket",
        });
    }
    if written.contains(',') {
        return Err(UrlError::ManyHosts);
    }
    let user = url.user();
    let port = url.port().unwrap_or(PORT);
    let endpoint = endpoint(written, Some(port), user.as_deref(), pgbouncer);
    let (database, encoded_name, unnamed) = match url.database() {
        Some((name, encoded)) => (name, encoded, false),
        None => ("postgres".to_owned(), false, true),
    };
    let schema = url.parameter("schema").filter(|schema| !schema.is_empty()).unwrap_or_else(|| "public".to_owned());
    let address = match &endpoint.reached {
        Host::Socket(path) => Address::Socket { path: path.clone(), port },
        _ => Address::Tcp { host: endpoint.written.clone(), port },
    };
    let driver = ServerDriver {
        provider: Provider::Postgresql,
        address,
        user,
        password: url.password(),
        database: database.clone(),
        schema: Some(schema.clone()),
        tls: tls(&url, base),
        connect_timeout: url.connect_timeout()?,
        application_name: url.parameter("application_name"),
        options: url.parameter("options").map(SecretString::from),
        pgbouncer,
    };
    let identity = DatabaseIdentity {
        provider: Provider::Postgresql,
        place: Place::Server(endpoint),
        database,
        unnamed,
        encoded_name,
        schema: Some(schema),
        prisma_dev: false,
    };
    Ok(Parsed { identity, driver: Some(Driver::Server(Box::new(driver))) })
}

fn tls(url: &NetworkUrl, base: &Path) -> Tls {
    let mode = match url.parameter("sslmode").as_deref() {
        Some("disable") => TlsMode::Disable,
        Some("require") => TlsMode::Require,
        // libpq's `verify-full` and every other word mean `prefer` to Prisma.
        _ => TlsMode::Prefer,
    };
    let verify = match url.parameter("sslaccept").as_deref() {
        None | Some("accept_invalid_certs") => false,
        // Prisma reads any other word as `strict` here.
        Some(_) => true,
    };
    Tls {
        mode,
        verify,
        root_certificate: url.path("sslcert", base),
        identity: url.path("sslidentity", base),
        identity_password: url.secret("sslpassword"),
    }
}
