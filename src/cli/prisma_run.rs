//! Runs Prisma for a command and shows what it does while it does it.

use super::Context;
use super::story::Story;
use crate::deploy::release::{Event, Watcher as _};
use crate::environment::DatabaseUrl;
use crate::error::Result;
use crate::prisma::guard::pin::Pin;
use crate::prisma::launch::Launch;
use crate::prisma::{Command, Stream, Success, output};

/// Runs a command of Prisma pinned to a database, with its lines shown as they come.
///
/// # Errors
/// When Prisma cannot be started, fails, or ends without saying that it worked.
pub(super) fn run(context: &mut Context, url: &DatabaseUrl, pin: Pin, command: Command) -> Result<Success> {
    let (settings, project) = (context.settings()?, context.project()?);
    let launch = Launch::of(&project, &settings)?;
    let mut story = Story::new(&mut context.shell);
    story.see(Event::PrismaBegins);
    let mut show = |_: Stream, line: &str| match output::applying(&output::plain(line)) {
        Some(migration) => story.see(Event::Applying { migration }),
        None => story.see(Event::Prisma { line }),
    };
    let finished = launch.command(command, url, pin)?.stream(&mut show).run();
    story.see(Event::PrismaEnded);
    Ok(finished?.success()?)
}
