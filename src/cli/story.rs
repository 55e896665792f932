//! Tells on stderr what a deploy, or any run of Prisma, does while it does it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::deploy::backup::Taken;
use crate::deploy::release::{Event, Running, Watcher};
use crate::environment::Target;
use crate::settings::format_duration;
use crate::shell::{Shell, count, printable};

/// Turns events into lines: each step one, Prisma's own words only with `--verbose`.
pub(super) struct Story<'a> {
    shell: &'a mut Shell,
    bar: Option<ProgressBar>,
    pace: Pace,
}

/// When a line about a running migration is worth its place where lines cannot be redrawn: after ten seconds, then each time that twice as much
/// has passed; and at once when somebody begins to wait behind it, or nobody does any more.
#[derive(Default)]
struct Pace {
    migration: String,
    next: Duration,
    somebody_waited: bool,
}

impl Pace {
    const FIRST: Duration = Duration::from_secs(10);

    fn is_due(&mut self, running: &Running<'_>) -> bool {
        if self.migration != running.migration {
            *self = Pace { migration: running.migration.to_owned(), next: Pace::FIRST, somebody_waited: false };
        }
        let waited = !running.behind.is_empty();
        let changed = waited != self.somebody_waited;
        self.somebody_waited = waited;
        if running.time >= self.next {
            self.next = running.time * 2;
            return true;
        }
        changed
    }
}

/// `20260301_x · statement 2 of 5, line 7: ALTER TABLE … · 12 s · waits for a lock of … · 2 sessions wait behind it, 3 s`.
fn standing(running: &Running<'_>) -> String {
    let mut text = printable(running.migration).into_owned();
    if let Some(place) = running.statement {
        let head = printable(&place.head);
        text.push_str(&format!(" · statement {} of {}, line {}: {head}", place.number, place.of, place.line));
    }
    text.push_str(&format!(" · {} s", running.time.as_secs()));
    if running.waits {
        text.push_str(" · waits for a lock");
        if let Some(by) = running.held_by.first() {
            text.push_str(&format!(" of {}", printable(by)));
        }
    }
    if let Some((who, waited)) = running.behind.first() {
        let (sessions, seconds) = (count(running.behind.len(), "session"), waited.as_secs());
        let verb = if running.behind.len() == 1 { "waits" } else { "wait" };
        text.push_str(&format!(" · {sessions} {verb} behind it, {} for {seconds} s", printable(who)));
    }
    text
}

impl<'a> Story<'a> {
    pub(super) fn new(shell: &'a mut Shell) -> Self {
        Story { shell, bar: None, pace: Pace::default() }
    }

    fn running(&mut self, running: &Running<'_>) {
        match &self.bar {
            Some(bar) => bar.set_message(standing(running)),
            None if self.pace.is_due(running) => self.shell.status("Running", &standing(running)),
            None => {}
        }
    }

    fn begin(&mut self) {
        self.bar = self.shell.is_live().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message("starting Prisma");
            bar
        });
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn say(&mut self, say: impl FnOnce(&mut Shell)) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(self.shell)),
            None => say(self.shell),
        }
    }

    fn backup_taken(&mut self, taken: &Taken) {
        let file = taken.file.as_ref().map_or_else(String::new, |file| format!(" into {}", printable(file)));
        let size = taken.bytes.map_or_else(String::new, |bytes| {
            format!(", {}", count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"))
        });
        let text = format!("taken by {}{file}{size}, checked by {}", printable(&taken.by), taken.checked);
        self.say(|shell| shell.status("Backup", &text));
    }
}

impl Watcher for Story<'_> {
    fn see(&mut self, event: Event<'_>) {
        match event {
            Event::Reached(target) => self.say(|shell| shell.status("Target", &describe(target))),
            Event::Waiting { environment, holder } => {
                let by = holder.map_or_else(String::new, |by| format!(" ({})", printable(by)));
                self.say(|shell| {
                    shell.status("Waiting", &format!("another deploy to `{environment}` is running{by}"));
                });
            }
            Event::NoDeployLock { why } => {
                self.say(|shell| shell.detail(&format!("             no deploy lock: {}", printable(why))));
            }
            Event::BackupBegins { environment } => {
                self.say(|shell| shell.status("Backup", &format!("of `{environment}`, before the first migration")));
            }
            Event::BackupTaken(taken) => self.backup_taken(taken),
            Event::Warning { text, hint } => self.say(|shell| {
                shell.warn(&printable(text));
                if let Some(hint) = hint {
                    shell.hint(&printable(hint));
                }
            }),
            Event::PrismaBegins => self.begin(),
            Event::Applying { migration } => {
                let name = printable(migration).into_owned();
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("applying {name}"));
                }
                self.say(|shell| shell.status("Applying", &name));
            }
            Event::Took { migration, time } => self.say(|shell| {
                let (name, seconds) = (printable(migration), time.as_secs_f32());
                shell.detail(&format!("             {name} took {seconds:.1} s"));
            }),
            Event::Prisma { line } => {
                let line = crate::prisma::output::plain(line);
                self.say(|shell| shell.detail(&format!("             prisma: {}", printable(&line))));
            }
            Event::Running(running) => self.running(running),
            Event::NotWatched { why } => self.say(|shell| {
                shell.detail(&format!("             the database is not watched meanwhile: {}", printable(why)));
            }),
            Event::Cancelled { why } => {
                self.say(|shell| shell.status("Cancelling", &format!("the statement: {}", printable(why))));
            }
            Event::Retrying { migration, attempt, of, pause, held_by } => self.say(|shell| {
                let held = held_by.first().map_or_else(String::new, |by| format!(", held by {}", printable(by)));
                let (name, seconds) = (printable(migration), pause.as_secs_f32());
                shell.status(
                    "Retrying",
                    &format!("{name} in {seconds:.1} s, {attempt} of {of}: it did not get a lock{held}"),
                );
            }),
            Event::PrismaEnded => self.end(),
            Event::Found { migration, state, environment } => self.say(|shell| {
                shell.note(&format!("             {} is {state} in `{environment}`", printable(migration)));
            }),
            Event::Marked { environment } => self.say(|shell| {
                let text = format!("the database as `{environment}`, in the comment of _prisma_migrations");
                shell.status("Marked", &text);
            }),
            Event::Finished { environment, applied, by_another } => {
                let what = count(applied.len(), "migration");
                let text = if by_another {
                    format!("another deploy to `{environment}` was quicker: {what} found applied")
                } else {
                    format!("{what} applied to `{environment}`, read back from its ledger")
                };
                self.say(|shell| shell.status("Finished", &text));
            }
            Event::LeftHalfDone(leftover) => self.say(|shell| {
                shell.warn(&printable(&leftover.to_string()));
                shell.hint(&printable(&leftover.remedy()));
            }),
            Event::Checked(check) => self.say(|shell| {
                let told = check.told();
                if check.passed() {
                    shell.status("Checked", &printable(&told));
                } else {
                    shell.warn(&printable(&told));
                }
            }),
            Event::Watching { time } => {
                let text = format!("the database for {}", format_duration(time));
                self.say(|shell| shell.status("Watching", &text));
            }
            Event::Watched(watched) => self.say(|shell| {
                let (all, back) = (watched.commits + watched.rollbacks, watched.rollbacks);
                let blocked = match watched.most_blocked {
                    0 => "nobody waited for a lock".to_owned(),
                    most => format!("at most {} at once waited for a lock", sessions(most)),
                };
                shell.status("Watched", &format!("{back} of {all} transactions rolled back; {blocked}"));
                for complaint in watched.complaints() {
                    shell.warn(&complaint);
                }
            }),
            Event::Receipt { path } => self.say(|shell| shell.status("Receipt", &printable(path))),
        }
    }
}

impl Drop for Story<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

fn sessions(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "session")
}

/// `production (production): postgresql://…, PostgreSQL 15.4`.
fn describe(target: &Target) -> String {
    let server = &target.survey().server;
    let product =
        if server.product.is_empty() { String::new() } else { format!(", {} {}", server.product, server.version) };
    format!("{} ({}): {}{product}", target.name(), target.kind(), target.url().redacted())
}
