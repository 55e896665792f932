//! `lint --fix`: shows the fixes that hold as a diff, and with `--write` writes them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::scope::Scope;
use super::{Args, here};
use crate::cli::Context;
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::lint::batch::Place;
use crate::lint::repair::{NewMigration, Repair};
use crate::lint::sources::{self, Source};
use crate::lint::{Batch, Judged, LevelBook, Linter, Summary};
use crate::migrations::folder::SCRIPT_FILE;
use crate::migrations::scaffold::{self, Scaffold};
use crate::project::Provider;
use crate::rules::Facts;
use crate::settings::shown;
use crate::shell::{Shell, count, printable};

/// A fix could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// Somebody else wrote the file meanwhile.
    #[error("`{}` was changed while it was judged", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
}

impl Explain for FixError {
    fn exit_code(&self) -> ExitCode {
        match self {
            FixError::Changed { .. } | FixError::Write { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            FixError::Changed { .. } => {
                Some("a fix that was tried on another text may do anything to this one".to_owned())
            }
            FixError::Write { .. } => Some("files are written whole or not at all; this one is as it was".to_owned()),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            FixError::Changed { .. } => vec!["run the command again".to_owned()],
            FixError::Write { path, .. } => vec![format!("check the rights of `{}`", path.display())],
        }
    }
}

/// Where a judged migration is on disk.
struct Found {
    judged: Judged,
    path: PathBuf,
    /// The migrations folder.
    folder: Option<PathBuf>,
    provider: Provider,
}

/// Runs it.
///
/// # Errors
/// When something cannot be written.
pub(super) fn run(
    args: &Args,
    context: &mut Context,
    scope: &Scope,
    levels: &LevelBook,
    sources: &[(Facts, Source)],
) -> Result<ExitCode> {
    let mut linter = Linter::new(levels, super::known_baseline(args)?, &sources::load).with_repairs();
    let (mut summary, mut found) = (Summary::default(), Vec::new());
    for (facts, source) in sources {
        let batch = scope.open(source, facts.clone(), args)?;
        // Only those with fixes are kept: memory stays small.
        let _ = linter.run(&batch, &mut |judged| {
            summary.count(&judged);
            if judged.repair.is_some() {
                found.push(place(&batch, judged));
            }
            Ok(())
        });
    }
    let applied = scope.applied();
    let (mut fixes, mut files, mut refused) = (0, 0, 0);
    for found in &found {
        let Some(repair) = &found.judged.repair else { continue };
        for refused in &repair.refused {
            context.shell.warn(&printable(&format!(
                "{}:{}: the fix of `{}` is not offered: {}",
                found.judged.file, refused.line, refused.rule, refused.why
            )));
        }
        if repair.done.is_empty() {
            continue;
        }
        if applied.is_some_and(|applied| applied.contains(&found.judged.name)) {
            refuse_applied(&mut context.shell, &found.judged.name);
            refused += 1;
            continue;
        }
        show(&mut context.shell, found, repair);
        if args.write {
            write(found, repair)?;
        }
        fixes += repair.done.len();
        files += 1;
    }
    tell(args, &mut context.shell, (fixes, files, refused), applied);
    let left = if args.write && fixes > 0 { denied_now(args, context, scope, levels)? } else { summary.deny };
    Ok(if left > 0 { ExitCode::Findings } else { ExitCode::Done })
}

/// What is still denied after the files were written, the new migrations among them: judged anew, not counted down.
fn denied_now(args: &Args, context: &mut Context, scope: &Scope, levels: &LevelBook) -> Result<usize> {
    let mut linter = Linter::new(levels, super::known_baseline(args)?, &sources::load);
    let mut summary = Summary::default();
    for source in scope.sources(args, context)? {
        let facts = scope.facts_for(&source, args, context)?;
        let batch = scope.open(&source, facts, args)?;
        let _ = linter.run(&batch, &mut |judged| {
            summary.count(&judged);
            Ok(())
        });
    }
    Ok(summary.deny)
}

fn place(batch: &Batch, judged: Judged) -> Found {
    let path = match &batch.place {
        Place::Migrations(folder) => folder.join(&judged.name).join(SCRIPT_FILE),
        Place::Files(folder) => folder.join(&judged.name),
        Place::Text { name, .. } => PathBuf::from(name),
    };
    let folder = match &batch.place {
        Place::Migrations(folder) => Some(folder.clone()),
        Place::Files(_) | Place::Text { .. } => None,
    };
    Found { judged, path, folder, provider: batch.facts.provider }
}

fn refuse_applied(shell: &mut Shell, name: &str) {
    let name = printable(name);
    shell.warn(&format!("`{name}` is applied: its file must not be edited, or its checksum no longer fits the ledger"));
    shell.hint("write a new migration instead: `cargo prisma-safe new …`");
}

/// The diff to stdout, what it does to stderr.
fn show(shell: &mut Shell, found: &Found, repair: &Repair) {
    for done in &repair.done {
        shell
            .status("Fix", &printable(&format!("{}:{}: {} ({})", found.judged.file, done.line, done.title, done.rule)));
    }
    let mut text = diff(&found.judged.file, &found.judged.text, &repair.text);
    for new in &repair.follow_ups {
        let file = new_file(found, new);
        let lines = new.sql.lines().count();
        text.push_str(&format!("--- /dev/null\n+++ b/{file}\n@@ -0,0 +1,{lines} @@\n"));
        for line in new.sql.lines() {
            text.push_str(&format!("+{line}\n"));
        }
    }
    shell.data(&printable_diff(&text));
}

/// As `printable`, with the `\r` of line ends kept: the diff can be fed to `git apply`.
fn printable_diff(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix("\r\n") {
            Some(line) => format!("{}\r\n", printable(line)),
            None => printable(line).into_owned(),
        })
        .collect()
}

fn diff(file: &str, old: &str, new: &str) -> String {
    let file = file.trim_start_matches('/');
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{file}"), &format!("b/{file}"))
        .to_string()
}

fn new_file(found: &Found, new: &NewMigration) -> String {
    let folder = Path::new(&found.judged.file).parent().and_then(Path::parent);
    let path = folder.unwrap_or(Path::new("")).join(&new.name).join(SCRIPT_FILE);
    path.to_string_lossy().replace('\\', "/").trim_start_matches('/').to_owned()
}

/// What a fix moves into a migration of its own is written first: nothing of the SQL is ever missing.
fn write(found: &Found, repair: &Repair) -> Result<()> {
    let path = here(&found.path);
    let complain = |cause| FixError::Write { path: shown(&path), cause };
    let now = std::fs::read(&path).map_err(complain)?;
    if now != found.judged.text.as_bytes() {
        return Err(FixError::Changed { path: shown(&path) }.into());
    }
    if let Some(folder) = &found.folder {
        for new in &repair.follow_ups {
            let files = vec![(SCRIPT_FILE.to_owned(), new.sql.clone())];
            scaffold::write(folder, &Scaffold { name: new.name.clone(), files }, found.provider)?;
        }
    }
    Ok(sources::replace_file(&path, repair.text.as_bytes()).map_err(complain)?)
}

fn tell(
    args: &Args,
    shell: &mut Shell,
    (fixes, files, refused): (usize, usize, usize),
    applied: Option<&BTreeSet<String>>,
) {
    if fixes == 0 {
        let what = if refused > 0 { "nothing else" } else { "nothing here" };
        shell.status("Finished", &format!("{what} can be fixed by itself"));
        return;
    }
    let what = format!("{} in {}", count(fixes, "fix"), count(files, "file"));
    if args.write {
        shell.status("Wrote", &what);
    } else {
        shell.status("Finished", &format!("{what} shown, nothing was written"));
    }
    if applied.is_none() {
        shell.warn(
            "whether these migrations are applied somewhere was not looked at: an applied file must not be edited",
        );
        shell.hint("add `--env production`, so that its ledger is asked");
    }
    if !args.write {
        shell.hint("write them: `cargo prisma-safe lint --fix --write`");
    }
}
