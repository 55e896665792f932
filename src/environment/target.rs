//! A target: an environment whose database has been reached, with what it answered.

use super::dev_test::{OtherEnvironment, OtherUrl};
use super::source::{FoundUrl, Sources};
use super::{DatabaseUrl, EnvironmentKind};
use crate::database::{self, ConnectOptions, Database, LedgerRow, LockState, Server, Survey};
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
        let mut target = Target { environment: environment.clone(), found, others, survey: nothing(), database: None };
        target.look()?;
        Ok(target)
    }

    /// Reads everything again; connects first where the database did not exist before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn look(&mut self) -> Result<()> {
        if self.database.is_none() {
            match database::connect(&self.found.url, ConnectOptions::default()) {
                Ok(connection) => self.database = Some(connection),
                Err(error) if error.is_no_such_database() => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(connection) = &mut self.database {
            self.survey = connection.survey()?;
        }
        Ok(())
    }

    /// Leaves the connection and makes a new one: for after a run that may have cut it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn look_anew(&mut self) -> Result<()> {
        self.database = None;
        self.look()
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
        self.database.is_some()
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
