//! Findings in a migration that was just written. They are advice: nothing is stopped, and the exit code stays.

use std::collections::BTreeSet;

use super::scope;
use crate::cli::Context;
use crate::lint::levels::LevelFlags;
use crate::lint::sources::{self, Source};
use crate::lint::{LevelBook, Linter, Summary};
use crate::project::Project;
use crate::report::lint::{Format, Style};

/// Judges one migration of the project, by name, and tells what it finds on stderr. What keeps it from judging is told too, and is no
/// failure of the command that wrote the migration.
pub(in crate::cli) fn tell(context: &mut Context, project: &Project, name: &str) {
    let report = match judge(context, project, name) {
        Ok(report) => report,
        Err(error) => {
            context.shell.warn(&format!("the new migration was not judged: {error}"));
            context.shell.hint("then run `cargo prisma-safe lint`");
            return;
        }
    };
    if let Some(text) = report {
        context.shell.note(&text);
    }
}

/// The findings as text; `None` when there are none.
fn judge(context: &Context, project: &Project, name: &str) -> crate::error::Result<Option<String>> {
    let settings = context.settings()?;
    let levels = LevelBook::new(&settings.lint, &LevelFlags::default(), None)?;
    let only = Some(BTreeSet::from([name.to_owned()]));
    let source = Source::Migrations { folder: project.migrations_dir.clone(), only };
    let batch = source.open(scope::project_facts(&settings, project)?)?;
    let style = Style { color: context.shell.err_color(), hyperlinks: false, width: context.shell.width() };
    let (mut report, mut text, mut summary) = (Format::Human.report(style), Vec::new(), Summary::default());
    // A vector takes everything.
    let _ = Linter::new(&levels, None, &sources::load).run(&batch, &mut |judged| {
        summary.count(&judged);
        report.migration(&mut text, &judged)
    });
    Ok((summary.findings > 0).then(|| String::from_utf8_lossy(&text).trim_end().to_owned() + "\n"))
}
