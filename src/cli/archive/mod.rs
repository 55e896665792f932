//! `archive`: what migrations keep of what they have taken away; one file per sub-command.

pub mod drop;
pub mod list;

use std::time::Duration;

use jiff::Timestamp;

use super::Context;
use crate::database::archives::{ArchiveTable, archives};
use crate::database::open_script;
use crate::database::script::{ScriptConnection, ScriptSettings};
use crate::deploy::DeployError;
use crate::environment::Target;
use crate::environment::source::Sources;
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::migrations::MigrationsFolder;
use crate::project::{Project, Provider};
use crate::report::archives::Listed;
use crate::sql::archive;
use crate::sql::model::Action;

/// `archive`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What is kept: of which table, by which migration, since when, how much
    List(list::Args),
    /// Drop archive tables that nobody needs any more: shows them, and asks
    Drop(drop::Args),
}

/// Runs it.
///
/// # Errors
/// Those of the sub-command.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.command {
        Command::List(args) => list::run(args, context),
        Command::Drop(args) => drop::run(args, context),
    }
}

/// Why the archives are left alone.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The database says that it is another environment.
    #[error("the database says that it is `{found}`, not `{wanted}`")]
    OtherMark {
        /// What it says.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// No archive table has that name.
    #[error("nothing is kept under the name `{0}`")]
    NoSuch(String),
    /// Not a span of time.
    #[error("`--older-than {0}` is not a span of time")]
    Age(String),
    /// The revert may still be needed.
    #[error("{why}")]
    Needed {
        /// Which, and why.
        why: String,
        /// Whether a flag goes over it.
        flag: bool,
    },
}

impl Explain for ArchiveError {
    fn exit_code(&self) -> ExitCode {
        match self {
            ArchiveError::OtherMark { .. } | ArchiveError::Needed { .. } => ExitCode::Refused,
            ArchiveError::NoSuch(_) | ArchiveError::Age(_) => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            ArchiveError::OtherMark { .. } => Some("the URL may point at the wrong database; nothing was dropped".to_owned()),
            ArchiveError::Needed { .. } => {
                Some("the archive holds the only copy of this data: with it the revert of the migration loses what it puts back; nothing was dropped".to_owned())
            }
            ArchiveError::NoSuch(_) | ArchiveError::Age(_) => None,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            ArchiveError::OtherMark { wanted, .. } => {
                vec![format!("check the URL: `cargo prisma-safe env show {wanted}`")]
            }
            ArchiveError::NoSuch(_) => vec!["look what there is: `cargo prisma-safe archive list`".to_owned()],
            ArchiveError::Age(_) => vec![crate::settings::DURATION_HELP.to_owned()],
            ArchiveError::Needed { flag: true, .. } => {
                vec!["wait; or add `--within-stabilization` when the revert will not be needed".to_owned()]
            }
            ArchiveError::Needed { flag: false, .. } => {
                vec!["look at the migration: `cargo prisma-safe status`".to_owned()]
            }
        }
    }
}

/// A reached environment with what is kept in it.
struct Kept {
    target: Target,
    connection: Box<dyn ScriptConnection>,
    provider: Provider,
    stabilization: Option<Duration>,
    tables: Vec<ArchiveTable>,
    listed: Vec<Listed>,
}

fn reach(context: &mut Context) -> Result<Kept> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    let mut target = Target::reach(&sources, &environment)?;
    if !target.exists() {
        let (environment, place) = (target.name().to_owned(), target.url().redacted());
        return Err(DeployError::NoDatabase { environment, place }.into());
    }
    if let Some(marker) = &target.survey().marker
        && marker.environment != target.name()
    {
        let found = crate::shell::printable(&marker.environment).into_owned();
        return Err(ArchiveError::OtherMark { found, wanted: target.name().to_owned() }.into());
    }
    target.make_room();
    let mut connection = open_script(target.url(), &ScriptSettings::default())?;
    let tables = archives(project.provider, &mut *connection)?;
    let listed = tables.iter().map(|table| listed(table, &target, &project, &folder)).collect();
    let stabilization = environment.stabilization.as_ref().map(|set| set.value);
    Ok(Kept { target, connection, provider: project.provider, stabilization, tables, listed })
}

/// An archive table beside the ledger and the folder.
fn listed(table: &ArchiveTable, target: &Target, project: &Project, folder: &MigrationsFolder) -> Listed {
    let begins = archive::time_of(&table.name).map(|time| format!("{time}_"));
    let is_own = |name: &str| begins.as_ref().is_some_and(|begins| name.starts_with(begins));
    let row = target.ledger().iter().rev().find(|row| is_own(&row.migration_name));
    let on_disk = folder.migrations.iter().find(|migration| is_own(&migration.name));
    let of = on_disk.and_then(|migration| migration.script.as_ref().ok()).and_then(|bytes| {
        let script = crate::sql::read(project.provider, bytes).ok()?;
        script.operations().find_map(|(_, operation)| match &operation.action {
            Action::Archive { table: filled, from: Some(from) } if filled.object.value == table.name => {
                Some(from.to_string())
            }
            _ => None,
        })
    });
    Listed {
        name: table.name.clone(),
        of,
        migration: row
            .map(|row| row.migration_name.clone())
            .or_else(|| on_disk.map(|migration| migration.name.clone())),
        since: row.and_then(|row| row.finished_at),
        state: match row {
            None => "not applied",
            Some(row) if row.rolled_back_at.is_some() => "reverted",
            Some(row) if row.finished_at.is_none() => "failed or running",
            Some(_) => "applied",
        },
        rows: table.rows,
        bytes: table.bytes,
    }
}

fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or(Duration::ZERO)
}
