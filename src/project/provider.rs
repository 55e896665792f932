//! Which database a project uses.

use std::fmt;

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// The databases that the tool knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// PostgreSQL.
    Postgresql,
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
    /// Microsoft SQL Server.
    Sqlserver,
}

/// A provider that Prisma may know and this tool does not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the provider `{0}` is not supported")]
pub struct UnknownProvider(pub String);

impl Explain for UnknownProvider {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn why(&self) -> Option<String> {
        Some("what a migration does there is not known to this tool, and unknown is never safe".to_owned())
    }

    fn hints(&self) -> Vec<String> {
        vec!["supported providers: postgresql, mysql (MariaDB too), sqlite, sqlserver".to_owned()]
    }
}

impl Provider {
    /// All of them, in the order of the documentation.
    pub const ALL: [Provider; 4] = [Provider::Postgresql, Provider::Mysql, Provider::Sqlite, Provider::Sqlserver];

    /// Reads the name as a schema's datasource block or `migration_lock.toml` writes it: `postgres` is an alias of
    /// `postgresql`, and SQL Server is `mssql` in lock files and `sqlserver` in schemas (Prisma 5 to 7).
    ///
    /// # Errors
    /// [`UnknownProvider`] with the name as given, CockroachDB and MongoDB among them.
    pub fn from_prisma(name: &str) -> Result<Self, UnknownProvider> {
        match name {
            "postgresql" | "postgres" => Ok(Provider::Postgresql),
            "mysql" => Ok(Provider::Mysql),
            "sqlite" => Ok(Provider::Sqlite),
            "sqlserver" | "mssql" => Ok(Provider::Sqlserver),
            other => Err(UnknownProvider(other.to_owned())),
        }
    }

    /// The name in a Prisma schema.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Provider::Postgresql => "postgresql",
            Provider::Mysql => "mysql",
            Provider::Sqlite => "sqlite",
            Provider::Sqlserver => "sqlserver",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn display_name(self) -> &'static str {
        match self {
            Provider::Postgresql => "PostgreSQL",
            Provider::Mysql => "MySQL/MariaDB",
            Provider::Sqlite => "SQLite",
            Provider::Sqlserver => "SQL Server",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
