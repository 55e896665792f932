//! A target: an environment whose database has been reached, with what it answered.

use super::dev_test::{OtherEnvironment, OtherUrl};
use super::source::{FoundUrl, Sources};
use super::{DatabaseUrl, EnvironmentKind};
use crate::database::{self, ConnectOptions, Database, DeployLock, FolderLock, LedgerRow, LockState, Server, Survey};
use crate::error::Result;
use crate::settings::EnvironmentSettings;

/// An environment whose database answered, or was found not to exist.
///
/// It keeps the connection it was asked on: what the gates looked at and what is read afterwards is one database.
pub struct Target {
    environment: EnvironmentSettings,
    found: FoundUrl,
    others: Vec<OtherEnvironment>,
    survey: Survey,
    database: Option<Box<dyn Database>>,
    exists: bool,
    /// SQLite's deploy lock; a server's lives with its connection.
    lock: Option<FolderLock>,
}

impl Target {
    /// Finds the environment's URL, connects and reads everything a decision needs. Creates nothing: a database that does not exist
    /// is a target too, one for which [`Target::exists`] is false.
    ///
    /// # Errors
    /// When the URL cannot be had or read, or the database does not answer.
    pub fn reach(sources: &Sources<'_>, environment: &EnvironmentSettings) -> Result<Self> {
        let found = sources.urls(environment)?.migrate().clone();
        let others = sources.others(&environment.name.value);
        let mut target = Target {
            environment: environment.clone(),
            found,
            others,
            survey: nothing(),
            database: None,
            exists: false,
            lock: None,
        };
        target.look()?;
        Ok(target)
    }

    /// A target that nobody reached, for tests of what judges one.
    #[cfg(test)]
    pub(crate) fn pretend(environment: EnvironmentSettings, found: FoundUrl, survey: Survey) -> Self {
        Target { environment, found, others: Vec::new(), survey, database: None, exists: true, lock: None }
    }

    /// Reads everything again; connects first where the database did not exist before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn look(&mut self) -> Result<()> {
        if self.database.is_none() {
            match database::connect(&self.found.url, ConnectOptions::default()) {
                Ok(connection) => self.database = Some(connection),
                Err(error) if error.is_no_such_database() => {
                    self.exists = false;
                    self.survey = nothing();
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(connection) = &mut self.database {
            self.survey = connection.survey()?;
            self.exists = true;
        }
        Ok(())
    }

    /// Reads everything again after a run that may have cut the connection: then a new one is made, and a server's deploy lock is gone
    /// with the old one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn look_after_run(&mut self) -> Result<()> {
        self.look().or_else(|_| {
            self.database = None;
            self.look()
        })
    }

    /// Tries to take the deploy lock of this database, without waiting. It is held as long as the target lives; a database that
    /// does not exist yet has none, except SQLite's folder.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn try_deploy_lock(&mut self) -> Result<DeployLock> {
        let attempt = match (self.found.url.identity().path(), &mut self.database) {
            (Some(file), _) => database::lock_folder_of(file),
            (None, Some(connection)) => connection.try_deploy_lock()?,
            (None, None) => DeployLock::NotThere("the database does not exist yet".to_owned()),
        };
        Ok(match attempt {
            DeployLock::Taken(file) => {
                self.lock = file;
                DeployLock::Taken(None)
            }
            other => other,
        })
    }

    /// Closes a SQLite file, which Prisma wants for itself alone; on a server the connection stays, and with it the deploy lock.
    pub fn make_room(&mut self) {
        if self.found.url.identity().path().is_some() {
            self.database = None;
        }
    }

    /// The environment's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.environment.name.value
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EnvironmentKind {
        self.environment.kind.value
    }

    /// Its settings.
    #[must_use]
    pub fn environment(&self) -> &EnvironmentSettings {
        &self.environment
    }

    /// The URL that migrations go to.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.found.url
    }

    /// The URL with where it was found.
    #[must_use]
    pub fn found(&self) -> &FoundUrl {
        &self.found
    }

    /// Whether the database is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// What it answered.
    #[must_use]
    pub fn survey(&self) -> &Survey {
        &self.survey
    }

    /// The ledger's rows; none when there is no table.
    #[must_use]
    pub fn ledger(&self) -> &[LedgerRow] {
        self.survey.ledger.as_deref().unwrap_or_default()
    }

    /// The other environments, as far as their URLs are known here.
    pub fn others(&self) -> impl Iterator<Item = (&str, &DatabaseUrl)> {
        self.others.iter().filter_map(|other| match &other.url {
            OtherUrl::Known(url) => Some((other.name.as_str(), &**url)),
            _ => None,
        })
    }

    /// The open connection.
    pub fn database(&mut self) -> Option<&mut (dyn Database + 'static)> {
        self.database.as_deref_mut()
    }
}

/// What a database says that is not there.
fn nothing() -> Survey {
    Survey {
        server: Server {
            product: String::new(),
            version: String::new(),
            numbers: (0, 0, 0),
            database: String::new(),
            schema: None,
            read_only: None,
            system_database: false,
        },
        ledger: None,
        lock: LockState::Free,
        marker: None,
    }
}
