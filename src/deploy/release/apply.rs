//! From a decision to the receipt: backup, Prisma, the ledger again.

use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;

use super::{Event, Prepared, Watcher};
use crate::deploy::backup::{self, Taken};
use crate::deploy::receipt::{self, Receipt, Recorded, Who};
use crate::deploy::{Applied, execution};
use crate::environment::{Marker, Sources, Target};
use crate::error::{Error, Result};
use crate::history::History;
use crate::prisma::guard::pin::{Permit, Pin};
use crate::prisma::launch::Launch;
use crate::prisma::{Command, Stream, Success, output};
use crate::project::Provider;
use crate::settings::{BackupSource, Settings};

/// What came of a deploy. It ran, or at least began: a receipt was tried either way.
pub struct Done {
    /// What is applied now of what was planned, by the ledger.
    pub applied: Vec<Applied>,
    /// The receipt's path from the project's folder, with `/`; `None` when it could not be written.
    pub receipt: Option<String>,
    /// Why it is not done.
    pub error: Option<Error>,
}

/// Does what was prepared. Everything is decided by now: call [`Prepared::check`] first, and ask whoever has to be asked.
pub fn apply(sources: &Sources<'_>, mut prepared: Prepared, watcher: &mut dyn Watcher) -> Done {
    let mut backup = None;
    let ran = take_backup(&prepared.target, sources.settings, watcher).and_then(|taken| {
        backup = taken;
        run(sources, &mut prepared, watcher)
    });
    let (applied, error) = match ran {
        Ok(applied) => (applied, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let receipt = match &error {
        None => write_receipt(sources, &prepared, &applied, backup.as_ref(), watcher),
        Some(_) => None,
    };
    Done { applied, receipt, error }
}

/// The last thing before anything runs, where the settings ask for one. `None`: they do not, or somebody else takes it.
///
/// # Errors
/// [`backup::BackupError`].
pub fn take_backup(target: &Target, settings: &Settings, watcher: &mut dyn Watcher) -> Result<Option<Taken>> {
    let environment = target.environment();
    let wanted = environment.backup.as_ref().filter(|_| target.exists() && !environment.gates.is_off("backup"));
    let Some(wanted) = wanted else { return Ok(None) };
    if !matches!(wanted.source.value, BackupSource::Check(_)) {
        watcher.see(Event::BackupBegins { environment: target.name() });
    }
    let taken = backup::take(wanted, target.name(), target.url(), &settings.root)?;
    if let Some(taken) = &taken {
        watcher.see(Event::BackupTaken(taken));
    }
    Ok(taken)
}

fn run(sources: &Sources<'_>, prepared: &mut Prepared, watcher: &mut dyn Watcher) -> Result<Vec<Applied>> {
    let pin = pin(prepared, watcher);
    let Prepared { target, folder, assessment, .. } = prepared;
    let plan = &assessment.plan;
    target.make_room();
    let ran = run_prisma(sources, target, pin, watcher);
    // Whatever Prisma said, and however it ended: the ledger knows.
    let looked = target.look_after_run();
    let after = History::new(&folder.migrations, target.survey().ledger.as_deref());
    let success = match ran {
        Ok(success) => success,
        Err(error) => {
            if looked.is_ok() {
                for planned in &plan.migrations {
                    let state = after.get(&planned.name).map_or("missing", |entry| entry.state.words());
                    watcher.see(Event::Found { migration: &planned.name, state, environment: target.name() });
                }
            }
            return Err(error);
        }
    };
    looked?;
    let applied = execution::confirm(target.name(), plan, &after)?;
    mark(target, watcher);
    let by_another = success == Success::NothingPending;
    watcher.see(Event::Finished { environment: target.name(), applied: &applied, by_another });
    Ok(applied)
}

fn pin(prepared: &Prepared, watcher: &mut dyn Watcher) -> Pin {
    let target = &prepared.target;
    let settings = target.environment();
    let mut pin = Pin::new(target.name(), target.kind())
        .allow(Permit::ApplyMigrations)
        .lock_timeout(settings.lock_timeout.as_ref().map(|set| set.value))
        .statement_timeout(settings.statement_timeout.as_ref().map(|set| set.value));
    if prepared.wanted.create_database {
        pin = pin.allow(Permit::CreateDatabase);
    }
    if let Some(timeout) = settings.lock_timeout.as_ref().filter(|_| target.url().provider() == Provider::Mysql) {
        let text = format!(
            "`lock-timeout` ({}) is not passed on to MySQL: Prisma's URL has no place for it; put `SET SESSION lock_wait_timeout = …` into the migration",
            timeout.origin
        );
        watcher.see(Event::Warning { text: &text, hint: None });
    }
    pin
}

fn run_prisma(sources: &Sources<'_>, target: &Target, pin: Pin, watcher: &mut dyn Watcher) -> Result<Success> {
    let launch = Launch::of(sources.project, sources.settings)?;
    let mut current: Option<(String, Instant)> = None;
    watcher.see(Event::PrismaBegins);
    let mut show = |_: Stream, line: &str| match output::applying(&output::plain(line)) {
        Some(migration) => {
            over(&mut current, watcher);
            watcher.see(Event::Applying { migration });
            current = Some((migration.to_owned(), Instant::now()));
        }
        None => watcher.see(Event::Prisma { line }),
    };
    let finished =
        launch.command(Command::MigrateDeploy, target.url(), pin).and_then(|run| run.stream(&mut show).run());
    over(&mut current, watcher);
    watcher.see(Event::PrismaEnded);
    Ok(finished?.success()?)
}

fn over(current: &mut Option<(String, Instant)>, watcher: &mut dyn Watcher) {
    if let Some((migration, since)) = current.take() {
        watcher.see(Event::Took { migration: &migration, time: since.elapsed() });
    }
}

/// The first gated deploy marks a database that is not dev, where the database has table comments.
fn mark(target: &mut Target, watcher: &mut dyn Watcher) {
    if target.kind().is_dev() || target.survey().marker.is_some() {
        return;
    }
    let name = target.name().to_owned();
    let marker = Marker { environment: name.clone(), kind: Some(target.kind()) };
    let Some(database) = target.database() else { return };
    match database.set_marker(&marker) {
        Ok(()) => watcher.see(Event::Marked { environment: &name }),
        Err(crate::database::DatabaseError::NoMarker { .. }) => {}
        // The deploy itself is done and true; a missing right to comment is no reason to call it failed.
        Err(error) => {
            let text = format!("the database could not be marked as `{name}`: {error}");
            watcher.see(Event::Warning { text: &text, hint: None });
        }
    }
}

/// The deploy is done and true; a receipt that cannot be written does not undo it.
fn write_receipt(
    sources: &Sources<'_>,
    prepared: &Prepared,
    applied: &[Applied],
    backup: Option<&Taken>,
    watcher: &mut dyn Watcher,
) -> Option<String> {
    let target = &prepared.target;
    let server = &target.survey().server;
    let receipt = Receipt {
        schema_version: 1,
        environment: target.name(),
        kind: target.kind().as_str(),
        target: target.url().redacted(),
        server: format!("{} {}", server.product, server.version).trim().to_owned(),
        prisma_safe: env!("CARGO_PKG_VERSION"),
        by: Who::of(sources.variables),
        started_at: prepared.started_at,
        finished_at: Timestamp::now(),
        plan: &prepared.assessment.hash,
        verdicts: &prepared.assessment.verdicts,
        backup,
        applied,
        ledger: Recorded::all(target.ledger()),
    };
    match receipt::write(&sources.project.root, &receipt) {
        Ok(path) => {
            let path = slashes(&path);
            watcher.see(Event::Receipt { path: &path });
            Some(path)
        }
        Err(error) => {
            let text = format!("the deploy is done, and its receipt could not be written: {error}");
            let hint = format!("`cargo prisma-safe status --env {}` reads the ledger itself", target.name());
            watcher.see(Event::Warning { text: &text, hint: Some(&hint) });
            None
        }
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
