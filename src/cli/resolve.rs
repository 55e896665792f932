//! `resolve`: say what became of a failed migration, so that the next deploy can go on.

use serde::Serialize;

use super::{Context, FormatArgs};
use crate::deploy::resolution::{self, ResolutionError};
use crate::environment::Target;
use crate::environment::source::Sources;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::history::{Entry, History, State};
use crate::migrations::MigrationsFolder;
use crate::prisma::guard::pin::{Permit, Pin};
use crate::prisma::{Command, Resolution};
use crate::shell::{Shell, count, printable};

/// `resolve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Nothing of it is in the database: the next deploy runs it again
    #[arg(long, value_name = "MIGRATION", conflicts_with = "applied")]
    pub rolled_back: Option<String>,
    /// All of it is in the database: it will not run again
    #[arg(long, value_name = "MIGRATION")]
    pub applied: Option<String>,
    /// With --applied: the migration never ran, its objects were there before Prisma
    #[arg(long, requires = "applied")]
    pub baseline: bool,
    /// Format of stdout.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    environment: &'a str,
    failed: Vec<Failed<'a>>,
    resolved: Option<Resolved<'a>>,
}

#[derive(Serialize)]
struct Failed<'a> {
    name: &'a str,
    started_at: Option<jiff::Timestamp>,
    logs: Option<&'a str>,
}

#[derive(Serialize)]
struct Resolved<'a> {
    name: &'a str,
    state: &'a str,
}

/// Runs the command.
///
/// # Errors
/// When the migration cannot be resolved so, the user says no, or Prisma fails.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let mut target = Target::reach(&sources, &environment)?;
    if !target.exists() {
        return Err(crate::deploy::DeployError::NoDatabase {
            environment: target.name().to_owned(),
            place: target.url().redacted(),
        }
        .into());
    }
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
    let name = target.name().to_owned();
    show_failed(&mut context.shell, &name, &target, &history);

    let chosen = match (&args.rolled_back, &args.applied) {
        (Some(migration), _) => Some(Resolution::RolledBack(migration.clone())),
        (_, Some(migration)) => Some(Resolution::Applied(migration.clone())),
        _ => choose(&mut context.shell, &name, &history)?,
    };
    let Some(chosen) = chosen else {
        if args.format.is_json() {
            print_document(&mut context.shell, &name, &history, None);
        }
        return Ok(if history.failed().next().is_some() { ExitCode::FailedMigration } else { ExitCode::Done });
    };
    resolution::check(&name, &chosen, args.baseline, &history, target.ledger())?;
    let permit = match chosen {
        Resolution::Applied(_) => Permit::MarkApplied,
        Resolution::RolledBack(_) => Permit::MarkRolledBack,
    };
    let pin = Pin::new(&name, target.kind()).allow(permit);
    target.make_room();
    super::prisma_run::run(context, target.url(), pin, Command::MigrateResolve(chosen.clone()))?;
    target.look_after_run()?;
    let after = History::new(&folder.migrations, target.survey().ledger.as_deref());
    confirm(&name, &chosen, &after)?;
    say_next(&mut context.shell, &name, &chosen, &after);
    if args.format.is_json() {
        print_document(&mut context.shell, &name, &after, Some(&chosen));
    }
    Ok(ExitCode::Done)
}

const fn migration_of(resolution: &Resolution) -> &String {
    match resolution {
        Resolution::Applied(name) | Resolution::RolledBack(name) => name,
    }
}

fn show_failed(shell: &mut Shell, environment: &str, target: &Target, history: &History) {
    let failed: Vec<&Entry> = history.failed().collect();
    if failed.is_empty() {
        shell.status("History", &format!("no failed migration in `{environment}`"));
        return;
    }
    for entry in failed {
        let started = entry
            .started_at
            .map_or_else(String::new, |at| format!(", started {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")));
        shell.status("Failed", &format!("{}{started}", printable(&entry.name)));
        match entry.reason() {
            Some(logs) => {
                for line in printable(&logs).trim_end().lines() {
                    shell.note(&format!("             {line}"));
                }
            }
            None => shell.note(
                "             no error is recorded: it was killed, it still runs, or the error hid in an explicit transaction (Prisma issue 15295)",
            ),
        }
    }
    if let crate::database::LockState::Held { by, .. } = &target.survey().lock {
        shell.warn(&format!(
            "Prisma's lock is held by {by}: a deploy may be running right now; wait for it before you resolve anything"
        ));
    }
}

/// Asks what became of the first failed migration. `None`: nothing failed, or the user leaves it.
fn choose(shell: &mut Shell, environment: &str, history: &History) -> Result<Option<Resolution>> {
    let failed: Vec<&Entry> = history.failed().collect();
    let Some(first) = failed.first() else { return Ok(None) };
    if !shell.can_ask() {
        return Err(ResolutionError::NothingChosen {
            failed: failed.len(),
            environment: environment.to_owned(),
            first: first.name.clone(),
        }
        .into());
    }
    let choices = [
        "nothing of it is in the database, or I took it back: mark it rolled back, the next deploy runs it again"
            .to_owned(),
        "all of it is in the database, I checked: mark it applied, it never runs again".to_owned(),
        "I do not know: change nothing".to_owned(),
    ];
    let question = format!("What became of `{}` in `{environment}`?", printable(&first.name));
    Ok(match shell.select(&question, &choices, "--rolled-back or --applied")? {
        0 => Some(Resolution::RolledBack(first.name.clone())),
        1 => Some(Resolution::Applied(first.name.clone())),
        _ => None,
    })
}

/// Prisma said that it wrote its mark; the ledger has to show it.
fn confirm(environment: &str, chosen: &Resolution, after: &History) -> Result<()> {
    let name = migration_of(chosen);
    let state = after.get(name).map(|entry| entry.state);
    let as_meant = match chosen {
        Resolution::Applied(_) => matches!(state, Some(State::Applied | State::Edited)),
        Resolution::RolledBack(_) => state == Some(State::RolledBack),
    };
    if as_meant {
        return Ok(());
    }
    let details = format!("`{name}` is {}", state.map_or("missing", State::words));
    Err(crate::deploy::DeployError::LedgerDisagrees { environment: environment.to_owned(), details }.into())
}

fn say_next(shell: &mut Shell, environment: &str, chosen: &Resolution, after: &History) {
    let name = printable(migration_of(chosen)).into_owned();
    match chosen {
        Resolution::Applied(_) => shell.status("Resolved", &format!("{name} is marked as applied in `{environment}`")),
        Resolution::RolledBack(_) => {
            shell.status("Resolved", &format!("{name} is marked as rolled back in `{environment}`"))
        }
    }
    let left: Vec<&Entry> = after.failed().collect();
    if let Some(next) = left.first() {
        shell.hint(&format!(
            "{} left; next: `cargo prisma-safe resolve --env {environment} --rolled-back {}`",
            count(left.len(), "failed migration"),
            next.name
        ));
        return;
    }
    match chosen {
        Resolution::RolledBack(_) => {
            shell.hint(&format!("mend `{name}/migration.sql`, then: `cargo prisma-safe deploy --env {environment}`"))
        }
        Resolution::Applied(_) => shell.hint(&format!("go on: `cargo prisma-safe deploy --env {environment}`")),
    }
}

fn print_document(shell: &mut Shell, environment: &str, history: &History, chosen: Option<&Resolution>) {
    let failed = history
        .failed()
        .map(|entry| Failed { name: &entry.name, started_at: entry.started_at, logs: entry.logs.as_deref() })
        .collect();
    let resolved = chosen.map(|chosen| Resolved {
        name: migration_of(chosen),
        state: match chosen {
            Resolution::Applied(_) => "applied",
            Resolution::RolledBack(_) => "rolled_back",
        },
    });
    shell.document(&Document { schema_version: 1, environment, failed, resolved });
}
