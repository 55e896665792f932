//! Which database a URL means, and whether two URLs mean the same one.
//!
//! The answer has three values. Two spellings of one place are [`Comparison::Same`]; a unix socket and `localhost`, a name
//! and an address, a pooler and its server may or may not be one place, and that is said ([`Comparison::CannotTell`]):
//! whoever is about to destroy something treats it as the same. No name is looked up, so no answer depends on the network.

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::host::{Host, on_one_line};
use crate::project::Provider;

/// Whether two URLs mean one database (or one server).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// One and the same, only spelled differently.
    Same,
    /// Two places.
    Different,
    /// It may be one place; why this cannot be told from the URLs.
    CannotTell(Doubt),
}

/// Why two URLs cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A unix socket against this machine's TCP port, or two sockets.
    Socket,
    /// A container tool's name against this machine, or two such names.
    Container,
    /// A host name against an address.
    NameOrAddress,
    /// A connection pooler listens on another port than its server.
    Pooler,
    /// One host for many customers: the user or a key picks the database.
    SharedHost,
    /// Names that differ in upper and lower case only, on a database where that depends on its configuration.
    LetterCase,
    /// A URL without a database name: the server or Prisma's version decides.
    NoDatabaseName,
    /// SQL Server's named instance, whose port only the server knows.
    Instance,
}

impl Doubt {
    /// The reason as a clause: "… because …".
    #[must_use]
    pub const fn because(self) -> &'static str {
        match self {
            Doubt::Socket => "a unix socket and a port of this machine can lead to one server",
            Doubt::Container => "a container's host name can be this machine",
            Doubt::NameOrAddress => "a host name and an address can be one server",
            Doubt::Pooler => "a connection pooler listens on another port than its server",
            Doubt::SharedHost => "many databases answer on that host, and only the user or key tells them apart",
            Doubt::LetterCase => "the names differ in upper and lower case only",
            Doubt::NoDatabaseName => "a URL without a database name leaves the choice to the server",
            Doubt::Instance => "a named instance of SQL Server can listen on any port",
        }
    }
}

impl Comparison {
    /// Whether the two must be treated as one place by whoever is about to destroy something.
    #[must_use]
    pub const fn may_be_same(self) -> bool {
        !matches!(self, Comparison::Different)
    }

    /// One clear difference decides; else one doubt decides.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Comparison::Different => Comparison::Different,
            Comparison::Same => other(),
            Comparison::CannotTell(doubt) => match other() {
                Comparison::Different => Comparison::Different,
                _ => Comparison::CannotTell(doubt),
            },
        }
    }
}

/// A server as one URL reaches it.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host as it was written, decoded, for people.
    pub(super) written: String,
    /// What the written host means.
    pub(super) reached: Host,
    /// The server itself, where a pooler's naming is known; else the same as `reached`.
    pub(super) direct: Host,
    /// TCP port, or the number in PostgreSQL's socket name. `None` for a MySQL socket and a named instance without a port.
    pub(super) port: Option<u16>,
    /// SQL Server's instance, lower case.
    pub(super) instance: Option<String>,
    /// Whether a pooler answers there, by its port or by `pgbouncer=true`.
    pub(super) pooled: bool,
    /// SHA-256 of the user, on hosts that tell customers apart by it.
    pub(super) tenant: Option<[u8; 32]>,
}

/// The place of a database.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file: its real path, and its device and inode when it exists (hard links, bind mounts, case-folding file systems).
    File { path: PathBuf, node: Option<(u64, u64)> },
    /// A server.
    Server(Endpoint),
    /// Prisma's cloud: the host is a front door, the key picks the database. SHA-256 of the key.
    Managed { host: String, key: [u8; 32] },
}

/// Which database a URL means.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseIdentity {
    pub(super) provider: Provider,
    pub(super) place: Place,
    /// Percent-decoded. Empty for a file.
    pub(super) database: String,
    /// The URL named no database, and what the server then picks is not certain.
    pub(super) unnamed: bool,
    /// The URL wrote the name percent-encoded, which Prisma's versions read differently.
    pub(super) encoded_name: bool,
    pub(super) schema: Option<String>,
    /// It is the local server of `prisma dev`.
    pub(super) prisma_dev: bool,
}

/// Ports on which poolers usually listen: PgBouncer's own, and Supabase's transaction mode.
pub(super) const POOLER_PORTS: [u16; 2] = [6432, 6543];

pub(super) fn fingerprint(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl DatabaseIdentity {
    /// The provider, as the URL says it.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The host, brought to one spelling. `None` for a file and for Prisma's cloud.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        match &self.place {
            Place::Server(endpoint) => Some(&endpoint.direct),
            Place::File { .. } | Place::Managed { .. } => None,
        }
    }

    /// The host for people, safe to print: the pooler's where one was written. `None` for a file.
    #[must_use]
    pub fn shown_host(&self) -> Option<String> {
        match &self.place {
            Place::Server(endpoint) => Some(endpoint.shown_host()),
            Place::Managed { host, .. } => Some(on_one_line(host)),
            Place::File { .. } => None,
        }
    }

    /// The TCP port, where there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match &self.place {
            Place::Server(endpoint) => endpoint.port,
            Place::File { .. } | Place::Managed { .. } => None,
        }
    }

    /// The database's name, decoded. `None` for a file.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        (!self.database.is_empty()).then_some(self.database.as_str())
    }

    /// PostgreSQL's and SQL Server's schema, with its default filled in.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The real path of an SQLite file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File { path, .. } => Some(path),
            Place::Server(_) | Place::Managed { .. } => None,
        }
    }

    /// Whether it is Prisma's cloud, where the host says nothing about the database.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        matches!(self.place, Place::Managed { .. })
    }

    /// Whether many customers' databases answer on the host that was written.
    #[must_use]
    pub fn is_on_shared_host(&self) -> bool {
        matches!(&self.place, Place::Server(endpoint) if endpoint.direct.is_shared())
    }

    /// Whether it is the local server of `prisma dev`.
    #[must_use]
    pub fn is_prisma_dev(&self) -> bool {
        self.prisma_dev
    }

    /// Whether the URL leaves the database's name to the server (PostgreSQL and MySQL without a name).
    #[must_use]
    pub fn leaves_name_to_server(&self) -> bool {
        self.unnamed
    }

    /// Whether the name was percent-encoded, so that Prisma's versions may read it differently.
    #[must_use]
    pub fn has_encoded_name(&self) -> bool {
        self.encoded_name
    }

    /// The same place with another schema: what a schema file's `schemas = [...]` adds.
    #[must_use]
    pub fn with_schema(&self, schema: &str) -> Self {
        DatabaseIdentity { schema: self.schema.is_some().then(|| schema.to_owned()), ..self.clone() }
    }

    /// Whether both mean one server (or one file), whatever the database and schema.
    #[must_use]
    pub fn same_server(&self, other: &Self) -> Comparison {
        if self.provider != other.provider {
            return Comparison::Different;
        }
        match (&self.place, &other.place) {
            (Place::File { path: a, node: node_a }, Place::File { path: b, node: node_b }) => {
                same_file(a, *node_a, b, *node_b)
            }
            (Place::Server(a), Place::Server(b)) => a.same(b),
            (Place::Managed { host: a, key: key_a }, Place::Managed { host: b, key: key_b }) => {
                if a == b && key_a == key_b { Comparison::Same } else { Comparison::CannotTell(Doubt::SharedHost) }
            }
            (Place::Managed { .. }, Place::Server(endpoint)) | (Place::Server(endpoint), Place::Managed { .. }) => {
                if endpoint.direct.is_this_machine() || !endpoint.direct.is_shared() {
                    Comparison::Different
                } else {
                    Comparison::CannotTell(Doubt::SharedHost)
                }
            }
            (Place::File { .. }, _) | (_, Place::File { .. }) => Comparison::Different,
        }
    }

    /// Whether both mean one database and schema.
    #[must_use]
    pub fn same_database(&self, other: &Self) -> Comparison {
        let server = self.same_server(other);
        if !matches!((&self.place, &other.place), (Place::Server(_), Place::Server(_))) {
            return server;
        }
        server.and(|| self.same_name(other)).and(|| self.same_schema(other))
    }

    fn same_name(&self, other: &Self) -> Comparison {
        if self.unnamed != other.unnamed {
            return Comparison::CannotTell(Doubt::NoDatabaseName);
        }
        same_word(self.provider, &self.database, &other.database)
    }

    fn same_schema(&self, other: &Self) -> Comparison {
        match (&self.schema, &other.schema) {
            (Some(a), Some(b)) => same_word(self.provider, a, b),
            _ => Comparison::Same,
        }
    }
}

/// PostgreSQL's names in a URL are case-sensitive; MySQL's depend on the server's file system, SQL Server's on its collation.
fn same_word(provider: Provider, a: &str, b: &str) -> Comparison {
    if a == b {
        Comparison::Same
    } else if provider != Provider::Postgresql && a.to_lowercase() == b.to_lowercase() {
        Comparison::CannotTell(Doubt::LetterCase)
    } else {
        Comparison::Different
    }
}

fn same_file(a: &Path, node_a: Option<(u64, u64)>, b: &Path, node_b: Option<(u64, u64)>) -> Comparison {
    if a == b || (node_a.is_some() && node_a == node_b) {
        return Comparison::Same;
    }
    let folded = |path: &Path| path.to_string_lossy().to_lowercase();
    if cfg!(any(windows, target_os = "macos")) && folded(a) == folded(b) {
        return Comparison::CannotTell(Doubt::LetterCase);
    }
    Comparison::Different
}

impl Endpoint {
    /// Names and addresses in their one spelling; this machine as it was written.
    fn shown_host(&self) -> String {
        match &self.reached {
            Host::Loopback if self.written.contains(':') => format!("[{}]", on_one_line(&self.written)),
            Host::Loopback => on_one_line(&self.written),
            other => other.to_string(),
        }
    }

    fn same(&self, other: &Self) -> Comparison {
        self.same_host(other).and(|| self.same_door(other)).and(|| match (self.tenant, other.tenant) {
            (Some(a), Some(b)) if a != b => Comparison::CannotTell(Doubt::SharedHost),
            _ => Comparison::Same,
        })
    }

    fn same_host(&self, other: &Self) -> Comparison {
        let (a, b) = (&self.direct, &other.direct);
        if a == b {
            return Comparison::Same;
        }
        let supabase = |host: &Host| matches!(host, Host::Name(name) if name.ends_with(".supabase.co") || name.ends_with(".supabase.com"));
        match (a, b) {
            (Host::Socket(_), Host::Socket(_) | Host::Loopback) | (Host::Loopback, Host::Socket(_)) => {
                Comparison::CannotTell(Doubt::Socket)
            }
            (Host::Container(_), Host::Container(_) | Host::Loopback | Host::Socket(_))
            | (Host::Loopback | Host::Socket(_), Host::Container(_)) => Comparison::CannotTell(Doubt::Container),
            (Host::Name(_) | Host::Container(_), Host::Address(_))
            | (Host::Address(_), Host::Name(_) | Host::Container(_)) => Comparison::CannotTell(Doubt::NameOrAddress),
            _ if (a.is_shared() || b.is_shared()) && supabase(a) && supabase(b) => {
                Comparison::CannotTell(Doubt::SharedHost)
            }
            _ => Comparison::Different,
        }
    }

    /// Ports and instances. A container's published port and its inner one differ by design, so a port proves nothing there.
    fn same_door(&self, other: &Self) -> Comparison {
        let container = |endpoint: &Endpoint| matches!(endpoint.direct, Host::Container(_));
        if self.instance != other.instance && (self.port.is_none() || other.port.is_none()) {
            let both_named = self.instance.is_some() && other.instance.is_some();
            return if both_named { Comparison::Different } else { Comparison::CannotTell(Doubt::Instance) };
        }
        match (self.port, other.port) {
            (Some(a), Some(b)) if a == b => Comparison::Same,
            (None, None) => Comparison::Same,
            (None, _) | (_, None) if self.instance.is_some() => Comparison::CannotTell(Doubt::Instance),
            (None, _) | (_, None) => Comparison::CannotTell(Doubt::Socket),
            _ if self.pooled || other.pooled => Comparison::CannotTell(Doubt::Pooler),
            _ if container(self) != container(other) => Comparison::CannotTell(Doubt::Container),
            _ => Comparison::Different,
        }
    }
}

impl fmt::Display for DatabaseIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = match &self.place {
            Place::File { path, .. } => return write!(f, "file:{}", on_one_line(&path.to_string_lossy())),
            Place::Managed { host, .. } => return write!(f, "prisma+postgres://{}", on_one_line(host)),
            Place::Server(endpoint) => endpoint,
        };
        let database = on_one_line(&self.database);
        if self.provider == Provider::Sqlserver {
            return self.fmt_sqlserver(f, endpoint);
        }
        write!(f, "{}://", self.provider)?;
        let mut separator = '?';
        match &endpoint.reached {
            Host::Socket(path) => {
                let key = if self.provider == Provider::Mysql { "socket" } else { "host" };
                write!(f, "/{database}?{key}={}", on_one_line(&path.to_string_lossy()))?;
                separator = '&';
            }
            _ => {
                f.write_str(&endpoint.shown_host())?;
                if let Some(port) = endpoint.port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{database}")?;
            }
        }
        match self.schema.as_deref() {
            Some(schema) if schema != "public" => write!(f, "{separator}schema={}", on_one_line(schema)),
            _ => Ok(()),
        }
    }
}

impl DatabaseIdentity {
    fn fmt_sqlserver(&self, f: &mut fmt::Formatter<'_>, endpoint: &Endpoint) -> fmt::Result {
        write!(f, "sqlserver://{}", endpoint.shown_host())?;
        if let Some(instance) = &endpoint.instance {
            write!(f, "\\{}", on_one_line(instance))?;
        }
        if let Some(port) = endpoint.port {
            write!(f, ":{port}")?;
        }
        write!(f, ";database={}", on_one_line(&self.database))?;
        match self.schema.as_deref() {
            Some(schema) if schema != "dbo" => write!(f, ";schema={}", on_one_line(schema)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for DatabaseIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseIdentity({self})")
    }
}

impl serde::Serialize for DatabaseIdentity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
