//! Why a URL cannot be used. No text of the URL itself is ever in here, because any of it may be a piece of a password.

use std::path::PathBuf;

use crate::environment::host::on_one_line;
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::project::Provider;

/// Why a database URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing, or white space only.
    #[error("the database URL is empty")]
    Empty,
    /// The text begins with a quotation mark, which some tools do not take off.
    #[error("the database URL has quotation marks around it")]
    Quoted,
    /// No scheme that Prisma knows.
    #[error("the database URL begins with no scheme that Prisma knows")]
    UnknownScheme,
    /// The scheme belongs to another provider than the schema's.
    #[error("the database URL is for {found}, and the schema's provider is `{expected}`")]
    OtherProvider {
        /// What the schema says.
        expected: Provider,
        /// What the scheme says, for people.
        found: &'static str,
    },
    /// `prisma://`: Accelerate, which Migrate refuses.
    #[error("the database URL is a Prisma Accelerate URL (`prisma://`)")]
    Accelerate,
    /// `mongodb:`; Prisma has no migrations there.
    #[error("the database URL is for MongoDB")]
    MongoDb,
    /// Not readable as a URL; what is wrong, in words that hold nothing of it.
    #[error("the database URL cannot be read: {0}")]
    Malformed(&'static str),
    /// A reserved character stands unencoded in the user or password, so the rest is read as something else.
    #[error("the database URL has an `@` behind its host: a user, password or parameter in it is not percent-encoded")]
    UnencodedPassword,
    /// A parameter has a value that Prisma rejects.
    #[error("the parameter `{name}` of the database URL must be {expected}")]
    Parameter {
        /// The parameter, from our own list.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Several hosts, which other clients understand and Prisma does not.
    #[error("the database URL names several hosts")]
    ManyHosts,
    /// `prisma+postgres://` without its key.
    #[error("the `prisma+postgres` URL has no `api_key`")]
    NoApiKey,
    /// An SQLite URL that names a folder.
    #[error("the SQLite URL names a folder: {}", on_one_line(&.0.to_string_lossy()))]
    IsFolder(PathBuf),
    /// Nobody but Prisma's engine can connect with this URL.
    #[error("no direct connection is possible with a `prisma+postgres` URL of Prisma's cloud")]
    NoDirectConnection,
    /// An entry of `dev-hosts` that would let in more than one place means.
    #[error("`dev-hosts` must name hosts: `{}` is not one", on_one_line(.0))]
    DevHost(String),
}

const EXAMPLES: &str = "URLs look like `postgresql://user:password@host:5432/database`, `mysql://user:password@host:3306/database`, \
     `file:./dev.db`, `sqlserver://host:1433;database=name;user=name;password={secret}`";

impl Explain for UrlError {
    fn exit_code(&self) -> ExitCode {
        match self {
            UrlError::Empty
            | UrlError::Quoted
            | UrlError::UnknownScheme
            | UrlError::OtherProvider { .. }
            | UrlError::Accelerate
            | UrlError::MongoDb
            | UrlError::Malformed(_)
            | UrlError::UnencodedPassword
            | UrlError::Parameter { .. }
            | UrlError::ManyHosts
            | UrlError::NoApiKey
            | UrlError::IsFolder(_)
            | UrlError::DevHost(_) => ExitCode::Usage,
            UrlError::NoDirectConnection => ExitCode::Database,
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            UrlError::Empty => "without a URL it is not known which database is meant, and none is guessed",
            UrlError::Quoted => "Prisma would read the quotation mark as part of the scheme (P1012)",
            UrlError::UnknownScheme => {
                "which database is meant is not known, and unknown is never safe (Prisma answers P1012 or P1013)"
            }
            UrlError::OtherProvider { .. } => {
                "Prisma answers P1012 to it, and migrations written for one database do not fit another"
            }
            UrlError::Accelerate => {
                "Prisma Migrate refuses it: it goes through a cache and a pool, not to the database"
            }
            UrlError::MongoDb => "Prisma has no migrations for MongoDB",
            UrlError::Malformed(_) | UrlError::UnencodedPassword => {
                "Prisma answers P1013 to it or connects to something else than was meant; the URL is not shown, because it may hold a password"
            }
            UrlError::Parameter { .. } => "Prisma answers P1013 to it",
            UrlError::ManyHosts => {
                "Prisma connects to exactly one host; which of them would be migrated could not be told"
            }
            UrlError::NoApiKey => "the key is what picks the database; Prisma answers P1013 without it",
            UrlError::IsFolder(_) => "Prisma answers P1013 to it",
            UrlError::NoDirectConnection => {
                "Prisma reaches such a database through its own service; the ledger and the gates need the database itself"
            }
            UrlError::DevHost(_) => "a list that lets in every host protects none",
        };
        Some(why.to_owned())
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            UrlError::Empty => {
                "set the variable that the settings name, or see where each URL comes from with `cargo prisma-safe env list`"
            }
            UrlError::Quoted => {
                "remove the quotation marks: `docker --env-file` and CI variables keep them, `.env` readers take them off"
            }
            UrlError::UnknownScheme => EXAMPLES,
            UrlError::OtherProvider { .. } => "correct the URL, or `provider` in the datasource block of the schema",
            UrlError::Accelerate => {
                "give the database's own URL: `directUrl` in the schema (Prisma 5 and 6), `datasource.url` in prisma.config.ts (7)"
            }
            UrlError::MongoDb => "supported providers: postgresql, mysql (MariaDB too), sqlite, sqlserver",
            UrlError::Malformed(_) | UrlError::UnencodedPassword => {
                "percent-encode the user and the password: `@` is %40, `:` is %3A, `/` is %2F, `?` is %3F, `#` is %23, `%` is %25; in a SQL Server URL put the value in braces"
            }
            UrlError::Parameter { .. } => "correct the parameter, or leave it out",
            UrlError::ManyHosts => "name the primary alone",
            UrlError::NoApiKey => "copy the whole URL from the Prisma console, or from what `prisma dev` prints",
            UrlError::IsFolder(_) => "name a file in it: `file:./dev.db`",
            UrlError::NoDirectConnection => {
                "use the plain URL that the Prisma console shows under direct connection: `postgres://…@db.prisma.io:5432/…`"
            }
            UrlError::DevHost(_) => {
                "name each host in full (`dev-hosts = [\"devbox.lan\"]`); a pattern may only stand before a name that never leaves a local network: `*.local`, `*.test`, `*.lan`, `*.home.arpa`"
            }
        };
        vec![hint.to_owned()]
    }
}
