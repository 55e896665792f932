//! `new`: the next migration, with its undo and its checklist. `rename` asks what looks like a new name, `keep` what becomes of the data.

mod keep;
mod rename;

use std::path::{Path, PathBuf};

use super::{Context, new_undo};
use crate::deploy::plan::loss;
use crate::draft::difference::{Base, Difference, DifferenceError, Question};
use crate::draft::{Draft, Origin, Parts};
use crate::environment::Target;
use crate::environment::source::Sources;
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::history::History;
use crate::migrations::{MigrationsFolder, name, scaffold};
use crate::prisma::launch::{self, Launch};
use crate::project::Project;
use crate::settings::shown;
use crate::shell::{Shell, count, printable};
use crate::sql;
use crate::sql::history_state::State;

/// What the schema is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum From {
    /// The live database of the environment
    #[default]
    Database,
    /// The migrations folder, replayed on a shadow database
    Migrations,
}

/// `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the migration does, in a few words: they become the folder's name
    #[arg(required_unless_present = "undo_of", value_name = "NAME")]
    pub name: Vec<String>,
    /// What the schema is compared with
    #[arg(long, value_enum, default_value_t)]
    pub from: From,
    /// Write an empty migration to fill by hand
    #[arg(long, conflicts_with_all = ["sql", "from"])]
    pub empty: bool,
    /// Take the SQL from this file instead of asking Prisma
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub sql: Option<PathBuf>,
    /// Keep what the migration takes away: archive steps before it, and their way back in the revert
    #[arg(long, overrides_with = "no_keep_data")]
    pub keep_data: bool,
    /// Do not keep what the migration takes away
    #[arg(long, overrides_with = "keep_data")]
    pub no_keep_data: bool,
    /// Take an earlier migration back: its revert script becomes the new migration, its own SQL the new revert script
    #[arg(long, value_name = "MIGRATION", conflicts_with_all = ["empty", "sql", "from"])]
    pub undo_of: Option<String>,
    /// What the difference drops and adds is one thing under a new name: a column, or a table; may be repeated
    #[arg(long, value_name = "[TABLE.]OLD=NEW", conflicts_with_all = ["empty", "sql", "undo_of"])]
    pub rename: Vec<String>,
    /// What looks like a rename is done in steps: add the new one now, drop the old one in a later migration
    #[arg(long, conflicts_with_all = ["not_a_rename", "empty", "sql", "undo_of"])]
    pub expand_contract: bool,
    /// What looks like a rename is none
    #[arg(long, conflicts_with_all = ["empty", "sql", "undo_of"])]
    pub not_a_rename: bool,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The command cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// Nothing of the name is left.
    #[error("`{0}` holds no letter and no digit to name a folder by")]
    NoSlug(String),
    /// The SQL file.
    #[error("cannot read `{}`", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

impl Explain for NewError {
    fn exit_code(&self) -> ExitCode {
        match self {
            NewError::NoSlug(_) | NewError::Sql { .. } => ExitCode::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            NewError::NoSlug(_) => vec!["say what it does: `cargo prisma-safe new add nickname`".to_owned()],
            NewError::Sql { .. } => vec!["name a file that holds the SQL: `--sql changes.sql`".to_owned()],
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the difference cannot be had, or the folder not be written.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let project = context.project()?;
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    let before = state_of(&project, &folder);
    let undoing = match &args.undo_of {
        Some(typed) => Some(new_undo::read(context, &folder, typed, &before)?),
        None => None,
    };
    let words = match &undoing {
        Some(undoing) if args.name.is_empty() => undoing.words(),
        _ => args.name.join(" "),
    };
    let slug = name::slugify(&words);
    if slug.is_empty() {
        return Err(NewError::NoSlug(words).into());
    }
    let mut expansions = Vec::new();
    let undo = undoing.as_ref().map(|undoing| &undoing.undo);
    let (migration, reverse, origin) = match (&args, undo) {
        (_, Some(undo)) => (undo.migration.clone(), Some(undo.reverse.clone()), Origin::Undo),
        (Args { empty: true, .. }, _) => ("-- Write the SQL of this migration here.\n".to_owned(), None, Origin::Empty),
        (Args { sql: Some(path), .. }, _) => (read_sql(context, path)?, None, Origin::Hand),
        _ => {
            let (difference, origin) = ask_prisma(context, &args, &project, &folder)?;
            let difference = difference.and_then(|found| found.without_archives(project.provider));
            let Some(difference) = difference else {
                let what = match origin {
                    Origin::Migrations => "the migrations folder",
                    _ => "the database",
                };
                context.shell.status("Finished", &format!("nothing to do: the schema and {what} agree"));
                return Ok(ExitCode::Done);
            };
            let (Difference { forward, reverse }, expanded) =
                rename::settle(context, &args, project.provider, &before, difference)?;
            expansions = expanded;
            (forward, Some(reverse), origin)
        }
    };
    let existing: Vec<String> = folder.migrations.iter().map(|migration| migration.name.clone()).collect();
    let prisma = launch::version(&project);
    let mut parts = Parts {
        provider: project.provider,
        existing: &existing,
        before: &before,
        prisma: Some(prisma),
        slug,
        title: words,
        migration,
        reverse,
        expansions,
        keep: false,
        origin,
        now: jiff::Timestamp::now(),
    };
    let mut draft = Draft::new(parts.clone())?;
    if keep::decide(context, keep::said(&args), &draft)? {
        parts.keep = true;
        draft = Draft::new(parts)?;
    }
    if args.dry_run {
        print(&mut context.shell, &draft);
        keep::tell(&mut context.shell, &draft, project.provider, prisma);
        context.shell.status("Finished", "nothing was written (--dry-run)");
    } else {
        let path = scaffold::write(&project.migrations_dir, &draft.scaffold(), project.provider)?;
        tell(&mut context.shell, &draft, &path);
        if let Some(undoing) = &undoing {
            undoing.tell(&mut context.shell);
        }
        keep::tell(&mut context.shell, &draft, project.provider, prisma);
        if draft.origin != Origin::Empty {
            super::lint::tell_findings(context, &project, &draft.scaffold().name);
        }
        if undoing.is_some() {
            new_undo::compare(context);
        }
        say_next(&mut context.shell, &draft, &path);
    }
    Ok(ExitCode::Done)
}

fn read_sql(context: &Context, path: &Path) -> Result<String> {
    let path = std::env::current_dir().map_or_else(|_| path.to_owned(), |here| here.join(path));
    let bytes = std::fs::read(&path).map_err(|cause| NewError::Sql { path: shown(&path), cause })?;
    let project = context.project()?;
    // Says where, when it is no text.
    sql::read(project.provider, &bytes)?;
    // The byte order mark would be sent to the database with the first statement.
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}

fn ask_prisma(
    context: &mut Context,
    args: &Args,
    project: &Project,
    folder: &MigrationsFolder,
) -> Result<(Option<Difference>, Origin)> {
    let settings = context.settings()?;
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project, variables: &variables };
    let launch = Launch::of(project, &settings)?;
    let (base, origin, url) = match args.from {
        From::Migrations => {
            let url = sources.urls(&environment)?.migrate().url.clone();
            // Prisma does not take a folder without migrations, or none at all, for an empty history.
            if folder.migrations.is_empty() {
                (Base::Empty, Origin::Nothing, url)
            } else {
                (Base::Migrations(project.migrations_dir.clone()), Origin::Migrations, url)
            }
        }
        From::Database => {
            let target = Target::reach(&sources, &environment)?;
            let base = base_of(&target, folder)?;
            let origin = if base == Base::Empty { Origin::Nothing } else { Origin::Database };
            (base, origin, target.url().clone())
        }
    };
    let shadow = match base {
        Base::Migrations(_) => sources.shadow(&environment)?,
        Base::Database | Base::Empty => None,
    };
    context.shell.status("Asking", "Prisma for the difference, and for the way back");
    let question = Question {
        launch: &launch,
        schema: project.schema.path.clone(),
        base,
        url: &url,
        environment: (&environment.name.value, environment.kind.value),
        shadow: shadow.as_ref().map(|found| &found.url),
    };
    Ok((question.ask()?, origin))
}

/// A database that lacks migrations of the folder is no base: the difference would hold their changes once more.
fn base_of(target: &Target, folder: &MigrationsFolder) -> Result<Base> {
    let environment = target.name().to_owned();
    if !target.exists() {
        return if folder.migrations.is_empty() {
            Ok(Base::Empty)
        } else {
            Err(DifferenceError::NoDatabase { environment, place: target.url().redacted() }.into())
        };
    }
    let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
    if let Some(failed) = history.failed().next() {
        return Err(DifferenceError::Failed { environment, first: failed.name.clone() }.into());
    }
    let mut pending = history.would_apply();
    match pending.next() {
        None => Ok(Base::Database),
        Some(first) => {
            Err(DifferenceError::Behind { environment, count: 1 + pending.count(), first: first.name.clone() }.into())
        }
    }
}

/// What the migrations before the new one made, as far as their text tells.
fn state_of(project: &Project, folder: &MigrationsFolder) -> State {
    let mut state = State::new(project.provider);
    for migration in &folder.migrations {
        let Ok(bytes) = &migration.script else { continue };
        let Ok(script) = sql::read(project.provider, bytes) else { continue };
        state.begin_migration(&migration.name, false);
        for statement in &script.statements {
            state.apply(&script, statement);
        }
    }
    state
}

/// `--dry-run`: every file under its name.
fn print(shell: &mut Shell, draft: &Draft) {
    let scaffold = draft.scaffold();
    for (file, contents) in &scaffold.files {
        let end = if contents.ends_with('\n') { "" } else { "\n" };
        shell.data(&format!("-- {}/{file}\n{}{end}\n", scaffold.name, printable(contents)));
    }
    say_losses(shell, draft);
}

fn tell(shell: &mut Shell, draft: &Draft, path: &Path) {
    shell.status("Created", &shown(path).display().to_string());
    for (file, _) in &draft.scaffold().files {
        shell.note(&format!("             {file}"));
    }
    say_losses(shell, draft);
    for name in &draft.sorts_before {
        shell.warn(&format!(
            "`{}` sorts after the new folder although it is older: on an empty database Prisma would run it later",
            printable(name)
        ));
    }
    if draft.reverse.is_none() {
        shell.warn(&format!(
            "{} is not written yet: Prisma was not asked, so it cannot know the way back",
            draft.revert_file()
        ));
    }
}

/// The next command, last on the screen.
fn say_next(shell: &mut Shell, draft: &Draft, path: &Path) {
    let file = shown(&path.join("migration.sql")).display().to_string();
    match draft.origin {
        Origin::Empty => shell.hint(&format!("write `{file}`, then: `cargo prisma-safe deploy --dry-run`")),
        _ => shell.hint(&format!("read `{file}`, then: `cargo prisma-safe deploy --dry-run`")),
    }
}

/// Destruction is named on screen, not only in the checklist.
fn say_losses(shell: &mut Shell, draft: &Draft) {
    let lost = &draft.judgement.destructions;
    if lost.is_empty() {
        return;
    }
    shell.warn(&format!("this migration is destructive: {}", count(lost.len(), "loss")));
    for lost in lost {
        shell.note(&format!("             ! it {}", printable(&loss(lost))));
    }
}
