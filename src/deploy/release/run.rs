//! One run of `prisma migrate deploy`, watched from beside.

use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use super::monitor::{self, Cancelled, Orders, Sighting};
use super::place::Places;
use super::{Event, Running, Watcher};
use crate::database::watch::{Mark, Watch};
use crate::deploy::Plan;
use crate::environment::Target;
use crate::error::Result;
use crate::prisma::guard::pin::Pin;
use crate::prisma::launch::Launch;
use crate::prisma::{Command, PrismaError, Sink, Stream, Success, output};
use crate::project::Provider;

/// What came of it.
pub(super) struct Ran {
    /// What Prisma said.
    pub result: Result<Success, PrismaError>,
    /// What was cancelled from here, the last of it.
    pub cancelled: Option<Cancelled>,
    /// Whom its last wait for a lock was for.
    pub held_by: Vec<String>,
}

/// Runs Prisma against the target. `pin` has everything but the session's name.
pub(super) fn deploy(
    launch: &Launch,
    target: &Target,
    plan: &Plan,
    pin: Pin,
    orders: Orders,
    watcher: &mut dyn Watcher,
) -> Ran {
    let mark = Mark::new();
    let watch = match Watch::open(target.url(), &mark) {
        Ok(watch) => watch,
        // Nobody waits in a database that is only about to be made.
        Err(_) if !target.exists() => None,
        Err(error) => {
            blind(&error.to_string(), orders, watcher);
            None
        }
    };
    let pin = pin.session_name(watch.is_some().then(|| mark.name().to_owned()));
    std::thread::scope(|scope| {
        let (stop, stopped) = channel::<()>();
        let (tell, sightings) = channel();
        if let Some(watch) = watch {
            scope.spawn(move || monitor::watch(watch, orders, &stopped, &tell));
        }
        let mut show = Show::new(watcher, plan, target.url().provider(), orders, sightings);
        show.watcher.see(Event::PrismaBegins);
        let finished = launch
            .command(Command::MigrateDeploy, target.url(), pin)
            .and_then(|run| run.stream(&mut show).run())
            .and_then(crate::prisma::Finished::success);
        drop(stop);
        show.idle();
        show.over();
        show.watcher.see(Event::PrismaEnded);
        Ran { result: finished, cancelled: show.cancelled, held_by: show.held_by }
    })
}

/// What was promised cannot be kept without the second connection.
fn blind(why: &str, orders: Orders, watcher: &mut dyn Watcher) {
    let promised = [
        (orders.abort_if_blocking.is_some(), "`abort-if-blocking`"),
        (orders.lock_limit.is_some(), "`lock-timeout`"),
        (orders.statement_limit.is_some(), "`statement-timeout`"),
    ];
    let lost: Vec<_> = promised.iter().filter(|(is, _)| *is).map(|(_, key)| *key).collect();
    if lost.is_empty() {
        watcher.see(Event::NotWatched { why });
    } else {
        let text = format!("the migration cannot be watched, so {} cannot be kept: {why}", lost.join(" and "));
        watcher.see(Event::Warning { text: &text, hint: None });
    }
}

/// Turns Prisma's lines and what was seen into events.
struct Show<'w> {
    watcher: &'w mut dyn Watcher,
    plan: &'w Plan,
    provider: Provider,
    orders: Orders,
    sightings: Receiver<Sighting>,
    current: Option<(String, Instant, Places)>,
    cancelled: Option<Cancelled>,
    held_by: Vec<String>,
}

impl<'w> Show<'w> {
    fn new(
        watcher: &'w mut dyn Watcher,
        plan: &'w Plan,
        provider: Provider,
        orders: Orders,
        sightings: Receiver<Sighting>,
    ) -> Self {
        Show { watcher, plan, provider, orders, sightings, current: None, cancelled: None, held_by: Vec::new() }
    }

    fn over(&mut self) {
        if let Some((migration, since, _)) = self.current.take() {
            self.watcher.see(Event::Took { migration: &migration, time: since.elapsed() });
        }
    }

    fn seen(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::Seen { glance, behind } => {
                if !glance.held_by.is_empty() {
                    self.held_by.clone_from(&glance.held_by);
                }
                let Some((migration, since, places)) = &mut self.current else { return };
                let statement = if glance.statement.is_empty() { None } else { places.find(&glance.statement) };
                self.watcher.see(Event::Running(&Running {
                    migration,
                    time: since.elapsed(),
                    statement: statement.as_ref(),
                    statement_time: glance.running_for,
                    waits: glance.waits,
                    held_by: &glance.held_by,
                    behind: &behind,
                }));
            }
            Sighting::Cancelled(cancelled) => {
                let why = match &cancelled {
                    Cancelled::LockLimit { .. } => "it has waited for a lock for as long as it may".to_owned(),
                    Cancelled::StatementLimit { .. } => "it has run for as long as it may".to_owned(),
                    Cancelled::Blocking { who, waited } => {
                        format!("{who} has waited behind it for {} s", waited.as_secs())
                    }
                };
                self.watcher.see(Event::Cancelled { why: &why });
                self.cancelled = Some(cancelled);
            }
            Sighting::Blind(why) => blind(&why, self.orders, self.watcher),
        }
    }
}

impl Sink for Show<'_> {
    fn line(&mut self, _: Stream, line: &str) {
        let plain = output::plain(line);
        let Some(migration) = output::applying(&plain) else {
            self.watcher.see(Event::Prisma { line });
            return;
        };
        self.over();
        self.watcher.see(Event::Applying { migration });
        let planned = self.plan.migrations.iter().find(|planned| planned.name == migration);
        let places = Places::new(self.provider, planned.map_or("", |planned| &planned.sql));
        self.current = Some((migration.to_owned(), Instant::now(), places));
    }

    fn idle(&mut self) {
        while let Ok(sighting) = self.sightings.try_recv() {
            self.seen(sighting);
        }
    }
}
