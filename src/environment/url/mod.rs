//! A database URL that cannot be printed, read as Prisma reads it.
//!
//! One file per provider, each with one `parse`; [`driver`] is what a database driver needs, `error` why a URL was not
//! taken. The raw text leaves a [`DatabaseUrl`] through [`DatabaseUrl::expose`] only, for the environment of a child process.
//!
//! To add a provider: its scheme in `Scheme::of`, a file with `parse`, its arm in [`DatabaseUrl::parse`], its rows in
//! `tests.rs`.

pub mod driver;
mod error;
mod mysql;
mod network;
mod postgres;
mod prisma_postgres;
#[cfg(test)]
mod properties;
mod sqlite;
mod sqlserver;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

pub use error::UrlError;

use self::driver::Driver;
use super::identity::DatabaseIdentity;
use crate::project::Provider;

/// A database URL. Has no text form but the redacted one; the raw text is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct DatabaseUrl {
    raw: SecretString,
    identity: DatabaseIdentity,
    /// `None` for Prisma's cloud, which only Prisma's engine can reach.
    driver: Option<Driver>,
}

/// What a provider's parser makes of a URL.
pub(super) struct Parsed {
    identity: DatabaseIdentity,
    driver: Option<Driver>,
}

/// Who reads the URL.
enum Scheme {
    Postgres,
    PrismaPostgres,
    Mysql,
    Sqlite,
    Sqlserver,
}

impl Scheme {
    /// By the text before the first colon, in any letter case (Prisma's `protocolToConnectorType`).
    fn of(text: &str) -> Result<Self, UrlError> {
        if text.starts_with(['"', '\'', '`']) {
            return Err(UrlError::Quoted);
        }
        let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
        match scheme.as_str() {
            _ if !text.contains(':') => Err(UrlError::UnknownScheme),
            "postgres" | "postgresql" => Ok(Scheme::Postgres),
            "prisma+postgres" | "prisma+postgresql" => Ok(Scheme::PrismaPostgres),
            "mysql" => Ok(Scheme::Mysql),
            "file" | "sqlite" => Ok(Scheme::Sqlite),
            "sqlserver" => Ok(Scheme::Sqlserver),
            "jdbc" if text.get(..15).is_some_and(|head| head.eq_ignore_ascii_case("jdbc:sqlserver:")) => {
                Ok(Scheme::Sqlserver)
            }
            "prisma" => Err(UrlError::Accelerate),
            "mongodb" | "mongodb+srv" => Err(UrlError::MongoDb),
            _ => Err(UrlError::UnknownScheme),
        }
    }

    const fn provider(&self) -> Provider {
        match self {
            Scheme::Postgres | Scheme::PrismaPostgres => Provider::Postgresql,
            Scheme::Mysql => Provider::Mysql,
            Scheme::Sqlite => Provider::Sqlite,
            Scheme::Sqlserver => Provider::Sqlserver,
        }
    }
}

impl DatabaseUrl {
    /// Reads a URL as Prisma's engine does. `provider` is the schema's, when it is known; `base` is what relative paths in
    /// the URL start from: the schema's folder in Prisma 5 and 6, the config file's folder or the working directory in 7.
    ///
    /// Follows symbolic links of an SQLite path and of a socket path, and does nothing else outside this process.
    ///
    /// # Errors
    /// [`UrlError`], which holds no text of the URL (a path of an SQLite URL excepted).
    pub fn parse(provider: Option<Provider>, text: &str, base: &Path) -> Result<Self, UrlError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if text.is_empty() {
            return Err(UrlError::Empty);
        }
        let scheme = Scheme::of(text)?;
        if let Some(expected) = provider.filter(|expected| *expected != scheme.provider()) {
            return Err(UrlError::OtherProvider { expected, found: scheme.provider().display_name() });
        }
        let Parsed { identity, driver } = match scheme {
            Scheme::Postgres => postgres::parse(text, base)?,
            Scheme::PrismaPostgres => prisma_postgres::parse(text, base)?,
            Scheme::Mysql => mysql::parse(text, base)?,
            Scheme::Sqlite => sqlite::parse(text, base)?,
            Scheme::Sqlserver => sqlserver::parse(text, base)?,
        };
        Ok(DatabaseUrl { raw: SecretString::from(text), identity, driver })
    }

    /// The provider, by the scheme.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.identity.provider()
    }

    /// Scheme, host, port, database and schema (or the file's real path), safe to print: no user, no password, no other parameter.
    #[must_use]
    pub fn redacted(&self) -> String {
        self.identity.to_string()
    }

    /// Which database it means.
    #[must_use]
    pub fn identity(&self) -> &DatabaseIdentity {
        &self.identity
    }

    /// The raw text, for the environment of a child process and for nothing else: never for output, arguments or files.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.raw.expose_secret()
    }

    /// How a driver connects.
    ///
    /// # Errors
    /// [`UrlError::NoDirectConnection`] for Prisma's cloud.
    pub fn driver(&self) -> Result<&Driver, UrlError> {
        self.driver.as_ref().ok_or(UrlError::NoDirectConnection)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.redacted())
    }
}

/// Serialised as [`DatabaseUrl::redacted`].
impl serde::Serialize for DatabaseUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.identity)
    }
}
