//! What is judged, and what is known beside the SQL.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Args;
use crate::cli::Context;
use crate::environment::source::Sources;
use crate::environment::{EnvironmentKind, Target};
use crate::error::Result;
use crate::history::History;
use crate::lint::changed::{self, Changed};
use crate::lint::sources::{self, Source};
use crate::lint::{Batch, LintError, parse_server_version, server_version_of};
use crate::migrations::MigrationsFolder;
use crate::prisma::launch;
use crate::project::{Project, Provider};
use crate::rules::{Facts, LockLimit, ServerVersion};
use crate::settings::{EnvironmentSettings, Origin, Settings, shown};
use crate::sql::analysis::PrismaVersion;

/// What is judged, and what is known beside the SQL.
pub(super) struct Scope {
    environment: Option<EnvironmentSettings>,
    server: Option<ServerVersion>,
    settings: Rc<Settings>,
    /// What the ledger does not have, where it was asked.
    missing: Option<Changed>,
    /// What it has, where it was asked.
    applied: Option<BTreeSet<String>>,
    everything: bool,
}

impl Scope {
    /// Reads what flags and settings say; reaches the database when its ledger is asked for.
    pub(super) fn new(args: &Args, context: &mut Context) -> Result<Self> {
        let settings = context.settings()?;
        let environment =
            if context.global.env.is_empty() && !args.pending { None } else { Some(context.environment()?) };
        let server = match &args.server_version {
            Some(text) => Some(server(text, Origin::Flag("--server-version"))?),
            None => set_server(&settings)?,
        };
        let everything = args.since.is_none() && !args.pending && args.targets.is_empty();
        let mut scope = Scope { environment, server, settings, missing: None, applied: None, everything };
        if args.pending || (args.fix && scope.environment.is_some()) {
            scope.ask_ledger(args.pending, context)?;
        }
        Ok(scope)
    }

    /// The kind of the environment, where one was named.
    pub(super) fn kind(&self) -> Option<EnvironmentKind> {
        self.environment.as_ref().map(|environment| environment.kind.value)
    }

    /// What the ledger of the environment has, failed ones among them; `None` where it was not asked.
    pub(super) fn applied(&self) -> Option<&BTreeSet<String>> {
        self.applied.as_ref()
    }

    /// Nothing was left out by flags.
    pub(super) fn is_everything(&self) -> bool {
        self.everything
    }

    /// Where to look.
    pub(super) fn sources(&self, args: &Args, context: &Context) -> Result<Vec<Source>> {
        let project = context.project();
        if !args.targets.is_empty() {
            let migrations = project.as_ref().ok().map(|project| project.migrations_dir.clone());
            return Ok(sources::find(&args.targets, migrations.as_deref())?);
        }
        let folder = project?.migrations_dir.clone();
        Ok(if folder.is_dir() { vec![Source::Migrations { folder, only: None }] } else { Vec::new() })
    }

    /// What is known beside the SQL of a source.
    pub(super) fn facts_for(&self, source: &Source, args: &Args, context: &Context) -> Result<Facts> {
        let project = project_of(source, context)?;
        let provider = match (args.provider, source.locked_provider()?, &project) {
            (Some(provider), _, _) | (None, Some(provider), _) => provider,
            (None, None, Some(project)) => project.provider,
            (None, None, None) => return Err(no_provider(source).into()),
        };
        let prisma = project.as_deref().map(launch::version);
        Ok(self.facts(provider, prisma))
    }

    /// Lists a source and marks what of it is judged.
    pub(super) fn open(&self, source: &Source, facts: Facts, args: &Args) -> Result<Batch> {
        let mut batch = source.open(facts)?;
        if let Some(missing) = &self.missing {
            sources::select(&mut batch, &missing.all, &missing.added);
        } else if let (Some(reference), Some(folder)) = (&args.since, source.folder()) {
            let mut changed = changed::since(folder, reference)?;
            // Of what was named and what is new: both.
            changed.all.retain(|name| batch.items.iter().any(|item| item.judged && item.name == *name));
            sources::select(&mut batch, &changed.all, &changed.added);
        }
        Ok(batch)
    }

    fn facts(&self, provider: Provider, prisma: Option<PrismaVersion>) -> Facts {
        Facts {
            provider,
            server: self.server,
            prisma,
            kind: self.kind(),
            today: today(),
            lock_timeout: match &self.environment {
                Some(environment) => lock_limit_of(environment, provider),
                None => production_lock_limit(&self.settings, provider),
            },
        }
    }

    fn ask_ledger(&mut self, pending: bool, context: &mut Context) -> Result<()> {
        let (settings, project) = (context.settings()?, context.project()?);
        let Some(environment) = &self.environment else { return Ok(()) };
        let variables = context.variables.clone();
        let sources = Sources { settings: &settings, project: &project, variables: &variables };
        let target = Target::reach(&sources, environment)?;
        let folder = MigrationsFolder::read(&project.migrations_dir)?;
        let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
        let all: BTreeSet<String> = history.would_apply().map(|entry| entry.name.clone()).collect();
        let applied = history.entries.iter().filter(|entry| !entry.would_apply());
        self.applied = Some(applied.map(|entry| entry.name.clone()).collect());
        context.shell.status("Target", &format!("{}: {}", target.name(), target.url().redacted()));
        if self.server.is_none() && target.exists() {
            let server = &target.survey().server;
            self.server = Some(server_version_of(&server.product, server.numbers));
        }
        if pending {
            self.missing = Some(Changed { added: all.clone(), all });
        }
        Ok(())
    }
}

/// What is known beside the SQL of a project's own migrations when no environment is named.
pub(super) fn project_facts(settings: &Settings, project: &Project) -> Result<Facts> {
    Ok(Facts {
        provider: project.provider,
        server: set_server(settings)?,
        prisma: Some(launch::version(project)),
        kind: None,
        today: today(),
        lock_timeout: production_lock_limit(settings, project.provider),
    })
}

/// Directives end at midnight where the reader is.
fn today() -> jiff::civil::Date {
    jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date()
}

fn set_server(settings: &Settings) -> Result<Option<ServerVersion>> {
    settings.lint.server.as_ref().map(|set| server(&set.value, set.origin.clone())).transpose()
}

fn lock_limit_of(environment: &EnvironmentSettings, provider: Provider) -> Option<LockLimit> {
    environment.lock_limit(provider).map(|set| LockLimit { time: set.value, origin: set.origin.to_string() })
}

/// Without an environment everything is held to production's standard.
fn production_lock_limit(settings: &Settings, provider: Provider) -> Option<LockLimit> {
    let mut environments = settings.environments.iter();
    let production = environments.find(|environment| environment.kind.value == EnvironmentKind::Production)?;
    lock_limit_of(production, provider)
}

fn server(text: &str, origin: Origin) -> Result<ServerVersion> {
    Ok(parse_server_version(text).ok_or_else(|| LintError::ServerVersion { text: text.to_owned(), origin })?)
}

fn no_provider(source: &Source) -> LintError {
    let path = match source {
        Source::Migrations { folder, .. } => shown(folder),
        Source::Files { folder, names } => shown(&names.first().map_or(folder.clone(), |name| folder.join(name))),
        Source::Stdin => PathBuf::from("standard input"),
    };
    LintError::NoProvider { path }
}

/// The project that a source belongs to: the one at hand, else the one above its folder. None is no error: plain files have none.
fn project_of(source: &Source, context: &Context) -> Result<Option<Rc<Project>>> {
    // Settings that cannot be used are an error all the same.
    context.settings()?;
    let own = context.project().ok();
    let Some(folder) = source.folder() else { return Ok(own) };
    if let Some(project) = &own
        && is_in(folder, &project.root)
    {
        return Ok(own);
    }
    let nothing = Settings::nothing(folder);
    Ok(Project::find(folder, &nothing).ok().filter(|project| is_in(folder, &project.root)).map(Rc::new))
}

fn is_in(folder: &Path, root: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(folder).starts_with(real(root))
}
