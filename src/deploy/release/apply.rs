//! From a decision to the receipt: backup, Prisma, the ledger again.

use std::path::Path;

use jiff::Timestamp;

use super::journal::{Journal, Recorder};
use super::tries::Tries;
use super::{Event, Prepared, Watcher, retry, run};
use crate::database::{Leftover, leftovers};
use crate::deploy::aftermath::{Aftermath, Check, checks, pulse};
use crate::deploy::backup::{self, Taken};
use crate::deploy::evidence;
use crate::deploy::receipt::{self, Became, Problem, Receipt, Recorded, Who};
use crate::deploy::{Applied, DeployError, Plan, Planned, execution};
use crate::environment::{Marker, Sources, Target};
use crate::error::{Error, Result};
use crate::history::{History, State};
use crate::prisma::guard::pin::{Permit, Pin};
use crate::prisma::launch::Launch;
use crate::prisma::{Command, Resolution, Success};
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
    let mut recorder = Recorder::new(watcher);
    let mut kept = Kept::default();
    let before = half_done(&mut prepared.target);
    let ran = take_backup(&prepared.target, sources.settings, &mut recorder).and_then(|taken| {
        kept.backup = taken;
        kept.began = true;
        run(sources, &mut prepared, &mut recorder)
    });
    let error = match ran {
        Ok(applied) => {
            kept.applied = applied;
            look_around(&mut prepared, before.as_deref(), &mut kept, &mut recorder).err()
        }
        Err(error) => {
            tell_half_done(&mut prepared.target, before.as_deref(), &mut kept.afterwards, &mut recorder);
            Some(error)
        }
    };
    kept.course = std::mem::take(&mut recorder.journal);
    let receipt = write_receipt(sources, &mut prepared, &mut kept, error.as_ref(), watcher);
    Done { applied: kept.applied, receipt, error }
}

/// What is kept of a deploy for its receipt.
#[derive(Default)]
struct Kept {
    backup: Option<Taken>,
    /// Prisma was, or may have been, started.
    began: bool,
    applied: Vec<Applied>,
    course: Journal,
    afterwards: Aftermath,
}

/// What is half done in the database by now; `None` when it cannot be told.
fn half_done(target: &mut Target) -> Option<Vec<Leftover>> {
    let provider = target.url().provider();
    leftovers(target.database()?, provider).ok()
}

/// Tells what is half done now and was not before.
fn tell_half_done(
    target: &mut Target,
    before: Option<&[Leftover]>,
    afterwards: &mut Aftermath,
    watcher: &mut dyn Watcher,
) {
    let after = half_done(target).unwrap_or_default();
    afterwards.leftovers =
        after.into_iter().filter(|left| before.is_none_or(|before| !before.contains(left))).collect();
    for leftover in &afterwards.leftovers {
        watcher.see(Event::LeftHalfDone(leftover));
    }
}

/// After a deploy that is done: what is half done, the team's checks, and the database for a while.
fn look_around(
    prepared: &mut Prepared,
    before: Option<&[Leftover]>,
    kept: &mut Kept,
    watcher: &mut dyn Watcher,
) -> Result<()> {
    let Prepared { target, folder, .. } = prepared;
    tell_half_done(target, before, &mut kept.afterwards, watcher);
    let names: Vec<&str> = kept.applied.iter().map(|applied| applied.name.as_str()).collect();
    kept.afterwards.checks = checks::run(target, folder, &names);
    for check in &kept.afterwards.checks {
        watcher.see(Event::Checked(check));
    }
    if let Some(time) =
        target.environment().execution.watch.as_ref().map(|set| set.value).filter(|time| !time.is_zero())
    {
        watcher.see(Event::Watching { time });
        kept.afterwards.watched = pulse::watch(target, time);
        if let Some(watched) = &kept.afterwards.watched {
            watcher.see(Event::Watched(watched));
        }
    }
    let failed: Vec<String> = kept.afterwards.checks.iter().filter(|check| !check.passed()).map(Check::told).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(DeployError::Checks { environment: target.name().to_owned(), failed }.into())
}

/// The last thing before anything runs, where the settings ask for one. `None`: they do not, or somebody else takes it.
///
/// # Errors
/// [`backup::BackupError`].
pub fn take_backup(target: &Target, settings: &Settings, watcher: &mut dyn Watcher) -> Result<Option<Taken>> {
    let environment = target.environment();
    let wanted = environment.backup.as_ref().filter(|_| target.exists() && !environment.gates.is_off("backup"));
    let Some(wanted) = wanted else { return Ok(None) };
    if !matches!(wanted.source.value, BackupSource::Check(_) | BackupSource::Archiving) {
        watcher.see(Event::BackupBegins { environment: target.name() });
    }
    let taken = backup::take(wanted, target.name(), target.url(), &settings.root)?;
    if let Some(taken) = &taken {
        watcher.see(Event::BackupTaken(taken));
    }
    Ok(taken)
}

fn run(sources: &Sources<'_>, prepared: &mut Prepared, watcher: &mut dyn Watcher) -> Result<Vec<Applied>> {
    let launch = Launch::of(sources.project, sources.settings)?;
    let tries = Tries::of(prepared);
    let mut attempt = 1;
    loop {
        let Prepared { target, folder, assessment, wanted, .. } = &mut *prepared;
        let plan = &assessment.plan;
        let pin = tries.pin(target, wanted.create_database);
        target.make_room();
        let ran = run::deploy(&launch, target, plan, pin, tries.orders, watcher);
        // Whatever Prisma said, and however it ended: the ledger knows.
        let looked = target.look_after_run();
        let after = History::new(&folder.migrations, target.survey().ledger.as_deref());
        let error = match ran.result {
            Ok(success) => {
                looked.map_err(|error| DeployError::lost(target.name(), true, error))?;
                return finish(target, plan, &after, success, watcher);
            }
            Err(error) => error,
        };
        if looked.is_err() {
            return Err(error.into());
        }
        let Some(failure) = tries.judge(sources, prepared, &after, &error, ran.cancelled, ran.held_by) else {
            say_what_the_ledger_shows(&prepared.assessment.plan, prepared.target.name(), &after, watcher);
            return Err(error.into());
        };
        if failure.nothing_stayed {
            take_back(&launch, prepared, &failure.migration)?;
        }
        if !failure.nothing_stayed || !failure.may_be_tried_again || attempt > tries.retries {
            let after = History::new(&prepared.folder.migrations, prepared.target.survey().ledger.as_deref());
            say_what_the_ledger_shows(&prepared.assessment.plan, prepared.target.name(), &after, watcher);
            return Err(failure.into_error(prepared.target.name(), attempt, error).into());
        }
        let pause = retry::pause(attempt);
        attempt += 1;
        watcher.see(Event::Retrying {
            migration: &failure.migration,
            attempt,
            of: tries.retries + 1,
            pause,
            held_by: &failure.held_by,
        });
        std::thread::sleep(pause);
    }
}

fn finish(
    target: &mut Target,
    plan: &Plan,
    after: &History,
    success: Success,
    watcher: &mut dyn Watcher,
) -> Result<Vec<Applied>> {
    let applied = execution::confirm(target.name(), plan, after)?;
    mark(target, watcher);
    let by_another = success == Success::NothingPending;
    watcher.see(Event::Finished { environment: target.name(), applied: &applied, by_another });
    Ok(applied)
}

fn say_what_the_ledger_shows(plan: &Plan, environment: &str, after: &History, watcher: &mut dyn Watcher) {
    for planned in &plan.migrations {
        let state = after.get(&planned.name).map_or("missing", |entry| entry.state.words());
        watcher.see(Event::Found { migration: &planned.name, state, environment });
    }
}

/// Prisma's own `migrate resolve --rolled-back`, for a migration of which nothing stayed; and the ledger has to show it.
fn take_back(launch: &Launch, prepared: &mut Prepared, migration: &str) -> Result<()> {
    let target = &mut prepared.target;
    let pin = Pin::new(target.name(), target.kind()).allow(Permit::MarkRolledBack);
    let command = Command::MigrateResolve(Resolution::RolledBack(migration.to_owned()));
    launch.command(command, target.url(), pin)?.run()?.success()?;
    target.look_after_run()?;
    let after = History::new(&prepared.folder.migrations, target.survey().ledger.as_deref());
    match after.get(migration).map(|entry| entry.state) {
        Some(State::RolledBack) => Ok(()),
        state => {
            let details = format!("`{migration}` is {}", state.map_or("missing", State::words));
            Err(DeployError::LedgerDisagrees { environment: target.name().to_owned(), details }.into())
        }
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

/// What happened is true with or without its receipt, so one that cannot be written is only told.
fn write_receipt(
    sources: &Sources<'_>,
    prepared: &mut Prepared,
    kept: &mut Kept,
    error: Option<&Error>,
    watcher: &mut dyn Watcher,
) -> Option<String> {
    let Prepared { target, folder, assessment, started_at, .. } = prepared;
    // After a failure only a ledger that can be read now says anything.
    let known = error.is_none() || !kept.began || target.look_after_run().is_ok();
    let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
    let became = |planned: &Planned| Became {
        migration: planned.name.clone(),
        state: history.get(&planned.name).map_or("missing", |entry| entry.state.as_str()),
    };
    let states: Vec<Became> = if known { assessment.plan.migrations.iter().map(became).collect() } else { Vec::new() };
    let done = !states.is_empty() && states.iter().all(|became| became.state == State::Applied.as_str());
    if error.is_some() && known && kept.began {
        kept.applied = execution::applied(&assessment.plan, &history);
    }
    let server = &target.survey().server;
    let receipt = Receipt {
        schema_version: 1,
        environment: target.name(),
        kind: target.kind().as_str(),
        target: target.url().redacted(),
        server: format!("{} {}", server.product, server.version).trim().to_owned(),
        prisma_safe: env!("CARGO_PKG_VERSION"),
        by: Who::of(sources.variables),
        started_at: *started_at,
        finished_at: Timestamp::now(),
        plan: &assessment.hash,
        expected_downtime: assessment.downtime.as_deref(),
        verdicts: &assessment.verdicts,
        backup: kept.backup.as_ref(),
        outcome: if done { receipt::Outcome::Applied } else { receipt::Outcome::Failed },
        error: error.map(|error| Problem {
            message: error.to_string(),
            exit_code: error.exit_code() as u8,
            hints: error.hints(),
        }),
        applied: &kept.applied,
        states,
        rows: evidence::rows::kept(&assessment.evidence.rows),
        course: &kept.course,
        afterwards: &kept.afterwards,
        ledger: known.then(|| Recorded::all(target.ledger())),
    };
    match receipt::write(&sources.project.root, &receipt) {
        Ok(path) => {
            let path = slashes(&path);
            watcher.see(Event::Receipt { path: &path });
            Some(path)
        }
        Err(problem) => {
            let what = if done { "the deploy is done, and its" } else { "the deploy is not done, and its" };
            let text = format!("{what} receipt could not be written: {problem}");
            let hint = format!("`cargo prisma-safe status --env {}` reads the ledger itself", target.name());
            watcher.see(Event::Warning { text: &text, hint: Some(&hint) });
            None
        }
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
