//! The environments that must have had a migration before this one: their ledgers, read live, or what receipts say of them.

use super::Ground;
use crate::database::{self, ConnectOptions};
use crate::deploy::receipt::{self, Recorded};
use crate::environment::{DatabaseUrl, Marker};
use crate::history::History;
use crate::migrations::MigrationsFolder;

/// A required environment.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a required environment.
#[derive(Debug, Clone)]
pub enum Known {
    /// Its own ledger, read now.
    Ledger {
        /// Our migrations there.
        history: History,
        /// The environment that its database says it is.
        marker: Option<Marker>,
    },
    /// Its database cannot be asked from here; the receipts of deploys to it, of which there may be none.
    Receipts {
        /// Why it cannot be asked, one line, no secret.
        because: String,
        /// What they say.
        recorded: Vec<Recorded>,
    },
}

/// A required environment before its database is asked.
pub(super) struct Required {
    name: String,
    url: Result<DatabaseUrl, String>,
    recorded: Vec<Recorded>,
}

/// The required environments with their URLs. Runs a `url-command`, whose words are shown.
pub(super) fn find(ground: &Ground<'_>) -> Vec<Required> {
    let Some(requires) = &ground.target.environment().requires else { return Vec::new() };
    requires.value.iter().flat_map(|name| find_one(ground, name)).collect()
}

/// One required environment; one that is many databases is required in each of them.
fn find_one(ground: &Ground<'_>, name: &str) -> Vec<Required> {
    let required = |name: &str, url| Required {
        name: name.to_owned(),
        url,
        recorded: receipt::recorded(&ground.sources.project.root, name),
    };
    let environment = match ground.sources.settings.environment(name) {
        Ok(environment) => environment,
        Err(error) => return vec![required(name, Err(error.to_string()))],
    };
    if environment.is_fleet() {
        return match ground.sources.tenants(environment) {
            Ok(tenants) => tenants
                .into_iter()
                .map(|tenant| required(&tenant.environment.name.value, Ok(tenant.found.url)))
                .collect(),
            Err(error) => vec![required(name, Err(error.to_string()))],
        };
    }
    let url = ground.sources.urls(environment).map(|urls| urls.migrate().url.clone());
    vec![required(name, url.map_err(|error| error.to_string()))]
}

impl Required {
    /// Asks its database.
    pub(super) fn ask(self, folder: &MigrationsFolder) -> Stage {
        let answer = self.url.and_then(|url| {
            database::connect(&url, ConnectOptions::default())
                .and_then(|mut database| database.survey())
                .map_err(|error| error.to_string())
        });
        let known = match answer {
            Ok(survey) => Known::Ledger {
                history: History::new(&folder.migrations, survey.ledger.as_deref()),
                marker: survey.marker,
            },
            Err(because) => Known::Receipts { because, recorded: self.recorded },
        };
        Stage { name: self.name, known }
    }
}
