//! The database that is to be helped, and what is known of it.

use std::rc::Rc;

use crate::database::DeployLock;
use crate::deploy::DeployError;
use crate::deploy::recovery::{Case, Catalogue, Diagnosis, Way, diagnose, ways};
use crate::deploy::resolution::{self, ResolutionError};
use crate::environment::Target;
use crate::error::Result;
use crate::history::{Entry, History};
use crate::migrations::MigrationsFolder;
use crate::prisma::{Resolution, launch};
use crate::project::{Project, Provider};
use crate::report::recovery::json::Told;
use crate::sql::analysis::PrismaVersion;

/// A reached target with its failed migrations.
pub(super) struct Patient {
    pub project: Rc<Project>,
    pub target: Target,
    pub folder: MigrationsFolder,
    pub history: History,
    pub prisma: Option<PrismaVersion>,
    /// What failed, each with its ways out, in order.
    pub failed: Vec<(Diagnosis, Vec<Way>)>,
    logs: Vec<Option<String>>,
}

impl Patient {
    pub fn new(project: &Rc<Project>, target: Target) -> Result<Self> {
        let folder = MigrationsFolder::read(&project.migrations_dir)?;
        let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
        let prisma = Some(launch::version(project));
        let project = Rc::clone(project);
        Ok(Patient { project, target, folder, history, prisma, failed: Vec::new(), logs: Vec::new() })
    }

    /// Takes our deploy lock: from here on nobody else deploys or resolves. It is not waited for, since whoever has it changes what is true.
    pub fn lock(&mut self) -> Result<()> {
        match self.target.try_deploy_lock()? {
            DeployLock::Taken(_) | DeployLock::NotThere(_) => Ok(()),
            DeployLock::Held { by } => {
                Err(DeployError::Busy { environment: self.target.name().to_owned(), holder: by }.into())
            }
        }
    }

    /// Reads ledger and catalogue, and understands every failed migration.
    pub fn look(&mut self) -> Result<()> {
        self.target.look_after_run()?;
        self.history = History::new(&self.folder.migrations, self.target.survey().ledger.as_deref());
        let failed: Vec<Entry> = self.history.failed().cloned().collect();
        let catalogue = if failed.is_empty() { Err(String::new()) } else { self.catalogue() };
        self.logs = failed.iter().map(|entry| entry.logs.clone()).collect();
        self.failed = failed.iter().map(|entry| self.diagnosed(entry, catalogue.as_ref())).collect();
        Ok(())
    }

    /// The catalogue, or why it cannot be read.
    pub fn catalogue(&mut self) -> Result<Catalogue, String> {
        let provider = self.target.url().provider();
        let schema = self.target.survey().server.schema.clone();
        let Some(database) = self.target.database() else { return Err("the database is not open".to_owned()) };
        Catalogue::read(provider, schema.as_deref(), database).map_err(|error| error.to_string())
    }

    fn diagnosed(&self, entry: &Entry, catalogue: Result<&Catalogue, &String>) -> (Diagnosis, Vec<Way>) {
        let environment = self.target.name();
        let diagnosis = diagnose(&Case {
            environment,
            provider: self.target.url().provider(),
            prisma: self.prisma,
            entry,
            migration: self.folder.get(&entry.name),
            catalogue: catalogue.map_err(String::as_str),
        });
        let ways = ways::of(environment, &diagnosis);
        (diagnosis, ways)
    }

    /// What is known of one.
    pub fn of(&self, name: &str) -> Option<&(Diagnosis, Vec<Way>)> {
        self.failed.iter().find(|(diagnosis, _)| diagnosis.name == name)
    }

    /// The migration that is meant; an empty name means the only one that failed.
    pub fn which(&self, name: &str) -> Result<String, ResolutionError> {
        let environment = self.target.name().to_owned();
        match (name, self.failed.as_slice()) {
            ("", [(only, _)]) => Ok(only.name.clone()),
            ("", []) => Err(ResolutionError::NothingFailed { environment }),
            ("", several) => Err(ResolutionError::NothingChosen {
                failed: several.len(),
                environment,
                ways: vec![format!(
                    "name it: {}",
                    several.iter().map(|(one, _)| &*one.name).collect::<Vec<_>>().join(", ")
                )],
            }),
            (named, _) => Ok(named.to_owned()),
        }
    }

    /// Whether Prisma would take this mark.
    pub fn check(&self, resolution: &Resolution, baseline: bool) -> Result<(), ResolutionError> {
        resolution::check(self.target.name(), resolution, baseline, &self.history, self.target.ledger())
    }

    /// What a question was asked about.
    pub fn seal(&self) -> Vec<(String, String)> {
        let statements = |diagnosis: &Diagnosis| {
            diagnosis.statements.iter().map(|one| format!("{:?}{:?}", one.seen, one.ran)).collect::<String>()
        };
        self.failed.iter().map(|(diagnosis, _)| (diagnosis.name.clone(), statements(diagnosis))).collect()
    }

    /// Whether it is still so.
    pub fn is_still(&self, before: &[(String, String)]) -> Result<(), ResolutionError> {
        if self.seal() == before {
            return Ok(());
        }
        Err(ResolutionError::Changed { environment: self.target.name().to_owned() })
    }

    /// For the JSON document.
    pub fn told(&self) -> Told<'_> {
        Told {
            environment: self.target.name(),
            lock: &self.target.survey().lock,
            failed: &self.failed,
            logs: &self.logs,
            resolved: None,
            script: None,
            baseline: None,
        }
    }
}

/// The statement that ends the session that holds the lock; `by` is how `database/` names it.
pub(super) fn ends(by: &str, provider: Provider) -> Option<String> {
    let number = |before: &str| {
        let (_, rest) = by.split_once(before)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    match provider {
        Provider::Postgresql => number(", process ").map(|process| format!("SELECT pg_terminate_backend({process})")),
        Provider::Mysql => number("connection ").map(|connection| format!("KILL {connection}")),
        Provider::Sqlite | Provider::Sqlserver => None,
    }
}
