//! A URL translated for a database driver: what Prisma's engine would do with it, in values that `sqlx` options take.
//!
//! Passwords stay in [`SecretString`]; the types' `Debug` shows none of what may be secret.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::project::Provider;

/// How to connect, as Prisma (5 to 7) would.
#[derive(Debug, Clone)]
pub enum Driver {
    /// An SQLite file, by its absolute path. Opening it must not create it.
    File(PathBuf),
    /// SQLite's `:memory:`.
    Memory,
    /// A server.
    Server(Box<ServerDriver>),
}

/// How to reach a server.
#[derive(Clone)]
pub struct ServerDriver {
    /// PostgreSQL, MySQL/MariaDB or SQL Server.
    pub provider: Provider,
    /// TCP or unix socket.
    pub address: Address,
    /// Percent-decoded. `None` leaves the choice to the driver.
    pub user: Option<String>,
    /// Percent-decoded.
    pub password: Option<SecretString>,
    /// Decoded; Prisma's default filled in.
    pub database: String,
    /// PostgreSQL: the search path is exactly this schema. SQL Server: where unqualified names are looked for.
    pub schema: Option<String>,
    /// TLS, as Prisma means it.
    pub tls: Tls,
    /// `None`: wait as long as it takes. Prisma's default is 5 seconds.
    pub connect_timeout: Option<Duration>,
    /// PostgreSQL's `application_name`.
    pub application_name: Option<String>,
    /// PostgreSQL's `options` (`-c name=value …`). May hold secrets, so it is kept as one.
    pub options: Option<SecretString>,
    /// `pgbouncer=true`: no prepared statements, no session state.
    pub pgbouncer: bool,
}

/// The way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host without brackets, and port.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port, with the provider's default filled in.
        port: u16,
    },
    /// PostgreSQL: the folder of the socket and the number in its name. MySQL: the socket file; the port is not used.
    Socket {
        /// Folder or file.
        path: PathBuf,
        /// PostgreSQL's number.
        port: u16,
    },
    /// SQL Server's named instance, whose port its browser service tells (UDP 1434).
    Instance {
        /// A name or an address.
        host: String,
        /// The instance.
        instance: String,
    },
}

/// How hard a connection insists on TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// When the server offers it.
    Prefer,
    /// Or no connection.
    Require,
}

/// TLS as Prisma means it: `sslcert` is the authority to trust (not libpq's client certificate), and certificates are
/// checked with `sslaccept=strict` only.
#[derive(Clone)]
pub struct Tls {
    /// How hard it insists.
    pub mode: TlsMode,
    /// Whether the server's certificate is checked.
    pub verify: bool,
    /// PEM file of the authority; absolute.
    pub root_certificate: Option<PathBuf>,
    /// PKCS#12 file of the client; absolute.
    pub identity: Option<PathBuf>,
    /// Its password.
    pub identity_password: Option<SecretString>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("mode", &self.mode).field("verify", &self.verify).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerDriver")
            .field("provider", &self.provider)
            .field("address", &self.address)
            .field("database", &self.database)
            .field("schema", &self.schema)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
