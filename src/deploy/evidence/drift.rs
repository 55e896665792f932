//! Whether a database is what its migrations say: those that are applied there are replayed on a throwaway database, and the two catalogues
//! are compared by our own snapshot. It needs no Node and no shadow database on the same server, and sees more than Prisma's diff does
//! (checks, triggers, functions, invalid indexes); where there is no throwaway server it cannot be told, and that is said.

use super::Ground;
use crate::database::{self, ConnectOptions, Server};
use crate::deploy::recovery::baseline::{relevant, worded};
use crate::deploy::recovery::catalogue::Live;
use crate::environment::{DatabaseUrl, EnvironmentKind};
use crate::history::{History, State};
use crate::migrations::MigrationsFolder;
use crate::project::Provider;
use crate::revert::compare;
use crate::revert::prove::{history_keys, replay};
use crate::revert::snapshot::{self, Object, Snapshot};
use crate::revert::throwaway::{self, Reuse};
use crate::settings::{EnvironmentSettings, GateMode};
use crate::sql;
use crate::sql::analysis::PrismaVersion;

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What the throwaway database was, for people.
    pub place: String,
    /// It is the target's product in its major version. Otherwise texts of the catalogue may differ by themselves.
    pub alike: bool,
    /// Sentences.
    pub differences: Vec<String>,
}

/// Whether the comparison is wanted: where the settings say so, else on production. It costs a throwaway server.
#[must_use]
pub fn is_wanted(environment: &EnvironmentSettings) -> bool {
    match environment.gates.mode("drift") {
        Some(mode) => mode.value != GateMode::Off,
        None => matches!(environment.kind.value, EnvironmentKind::Production | EnvironmentKind::Unstated),
    }
}

/// What is compared, without the connection that cannot go to another thread.
pub(super) struct Job<'a> {
    url: &'a DatabaseUrl,
    server: &'a Server,
    environment: &'a EnvironmentSettings,
    folder: &'a MigrationsFolder,
    history: &'a History,
    provider: Provider,
    prisma: Option<PrismaVersion>,
}

impl<'a> Job<'a> {
    /// `None`: there is nothing to compare yet, or nobody wants it.
    pub(super) fn new(ground: &Ground<'a>) -> Option<Self> {
        let target = ground.target;
        let applied = ground.history.in_state(State::Applied).count();
        let wanted = is_wanted(target.environment()) && target.exists() && applied > 0;
        wanted.then(|| Job {
            url: target.url(),
            server: &target.survey().server,
            environment: target.environment(),
            folder: ground.folder,
            history: ground.history,
            provider: ground.sources.project.provider,
            prisma: ground.prisma,
        })
    }

    /// Compares.
    pub(super) fn compare(&self) -> Result<Drift, String> {
        let provider = self.provider;
        let schema = self.server.schema.as_deref().filter(|_| provider == Provider::Postgresql);
        let mut folder = self.folder.clone();
        let is_applied = |name: &str| self.history.get(name).is_some_and(|entry| entry.state == State::Applied);
        folder.migrations.retain(|migration| is_applied(&migration.name));
        let connection = database::connect(self.url, ConnectOptions::default());
        let mut connection = connection.map_err(|error| error.to_string())?;
        let live = snapshot::take(provider, &mut Live(&mut *connection)).map_err(|error| error.to_string())?;
        drop(connection);
        let keys = history_keys(&folder, provider, self.prisma);
        let reuse = Reuse { keys: &keys, cold: false };
        let mut place = throwaway::open_with(provider, schema, &reuse).map_err(|error| error.to_string())?;
        let skipped = place.applied();
        let (alike, shown) = (place.server().is_like(self.server), place.place());
        let session = place.base().map_err(|error| error.to_string())?;
        self.replay(&folder, skipped, session)?;
        let replayed = snapshot::take(provider, session).map_err(|error| error.to_string())?;
        let ignore = self.environment.drift.ignore.as_ref().map_or(&[][..], |ignore| &ignore.value);
        let schemas = schemas_of(&replayed, schema);
        let wanted = compared(&replayed, &schemas, ignore, None);
        let found = compared(&live, &schemas, ignore, Some(&replayed));
        let differences = compare::schemas(&wanted, &found).real.iter().map(|text| worded(text)).collect();
        Ok(Drift { place: shown, alike, differences })
    }

    fn replay(
        &self,
        folder: &MigrationsFolder,
        skipped: usize,
        session: &mut dyn throwaway::Session,
    ) -> Result<(), String> {
        for migration in folder.migrations.iter().skip(skipped) {
            let name = &migration.name;
            let bytes = migration.script.as_ref().map_err(|problem| format!("`{name}` {problem}"))?;
            let script = sql::read(self.provider, bytes).map_err(|error| format!("`{name}`: {error}"))?;
            replay(session, &script, self.prisma)
                .map_err(|said| format!("on an empty database `{name}` stops: {said}"))?;
            session.renew().map_err(|failure| failure.said)?;
        }
        Ok(())
    }
}

/// The schemas that the migrations and the URL are about; empty where the database has none.
fn schemas_of(replayed: &Snapshot, own: Option<&str>) -> Vec<String> {
    let of = replayed.objects.keys().filter(|object| object.kind == "schema").map(|object| object.name.clone());
    of.chain(own.map(str::to_owned)).collect()
}

/// What is compared. On the live database others may have schemas and extensions of their own; archives are no part of a
/// snapshot.
fn compared(snapshot: &Snapshot, schemas: &[String], ignore: &[String], beside: Option<&Snapshot>) -> Snapshot {
    let mut snapshot = relevant(snapshot);
    let foreign: Vec<String> = snapshot
        .objects
        .keys()
        .filter(|object| object.kind == "schema" && !schemas.contains(&object.name))
        .map(|object| object.name.clone())
        .collect();
    let is_foreign = |name: &str| {
        foreign.iter().any(|schema| name.strip_prefix(schema.as_str()).is_some_and(|rest| rest.starts_with('.')))
    };
    let is_ignored = |name: &str| {
        let bare = name.rsplit('.').next().unwrap_or(name);
        ignore.iter().any(|pattern| is_named(pattern, name) || is_named(pattern, bare))
    };
    let own_extension = |object: &Object| beside.is_none_or(|other| other.objects.contains_key(object));
    snapshot.objects.retain(|object, attributes| {
        if object.kind == "extension" {
            attributes.remove("version");
            return own_extension(object);
        }
        let foreign_schema = object.kind == "schema" && foreign.contains(&object.name);
        let of = if object.of.is_empty() { &object.name } else { &object.of };
        !(foreign_schema || is_foreign(of) || is_ignored(of) || is_ignored(&object.name))
    });
    snapshot.order.retain(|table, _| !is_foreign(table) && !is_ignored(table));
    snapshot
}

/// `*` stands for anything.
fn is_named(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { crate::lint::levels::fits(pattern, name) } else { pattern == name }
}
