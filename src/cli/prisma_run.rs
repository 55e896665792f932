//! Runs Prisma for a command and shows what it does while it does it.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Context;
use crate::environment::DatabaseUrl;
use crate::error::Result;
use crate::prisma::guard::pin::Pin;
use crate::prisma::launch::Launch;
use crate::prisma::{Command, Stream, Success};
use crate::shell::{Shell, printable};

/// Runs a command of Prisma pinned to a database, with its lines shown as they come.
///
/// # Errors
/// When Prisma cannot be started, fails, or ends without saying that it worked.
pub(super) fn run(context: &mut Context, url: &DatabaseUrl, pin: Pin, command: Command) -> Result<Success> {
    let (settings, project) = (context.settings()?, context.project()?);
    let launch = Launch::of(&project, &settings)?;
    let mut show = Show::new(&mut context.shell);
    let finished = launch.command(command, url, pin)?.stream(&mut |stream, line: &str| show.line(stream, line)).run();
    show.end();
    Ok(finished?.success()?)
}

/// Turns Prisma's lines into ours: each migration with the time it took, everything else only with `--verbose`.
struct Show<'a> {
    shell: &'a mut Shell,
    bar: Option<ProgressBar>,
    current: Option<(String, Instant)>,
}

impl<'a> Show<'a> {
    fn new(shell: &'a mut Shell) -> Self {
        let bar = shell.is_live().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_message("starting Prisma");
            bar
        });
        Show { shell, bar, current: None }
    }

    fn line(&mut self, _: Stream, line: &str) {
        let line = crate::prisma::output::plain(line);
        let line = printable(&line);
        match line.strip_prefix("Applying migration `").and_then(|rest| rest.strip_suffix('`')) {
            Some(name) => {
                self.finish_current();
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("applying {name}"));
                }
                let name = name.to_owned();
                self.say(|shell| shell.status("Applying", &name));
                self.current = Some((name, Instant::now()));
            }
            None => self.say(|shell| shell.detail(&format!("             prisma: {line}"))),
        }
    }

    fn finish_current(&mut self) {
        if let Some((name, started)) = self.current.take() {
            let seconds = started.elapsed().as_secs_f32();
            self.say(|shell| shell.detail(&format!("             {name} took {seconds:.1} s")));
        }
    }

    fn say(&mut self, say: impl FnOnce(&mut Shell)) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(self.shell)),
            None => say(self.shell),
        }
    }

    fn end(&mut self) {
        self.finish_current();
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
