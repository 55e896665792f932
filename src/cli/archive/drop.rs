//! `archive drop`.

use jiff::Timestamp;

use super::{ArchiveError, Kept, elapsed, reach};
use crate::cli::{Context, FormatArgs};
use crate::database::archives::drop_archives;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::archives::{Listed, human, json};
use crate::settings::{format_duration, parse_duration};
use crate::shell::{count, printable};

/// `archive drop`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).multiple(true).args(["names", "older_than"])))]
pub struct Args {
    /// Archive tables by name, or everything that a migration keeps, by its name
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Only what was kept at least so long ago: `30d`
    #[arg(long, value_name = "AGE")]
    pub older_than: Option<String>,
    /// Also what the stabilization window of the environment still protects: the revert of its migration is then without its data
    #[arg(long)]
    pub within_stabilization: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it.
///
/// # Errors
/// When one of them may still be needed, the question is not answered, or the database fails.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let age = match &args.older_than {
        Some(text) => Some(parse_duration(text).map_err(|_| ArchiveError::Age(text.clone()))?),
        None => None,
    };
    let mut kept = reach(context)?;
    let now = Timestamp::now();
    let meant = |one: &Listed, name: &str| one.name == name || one.migration.as_deref() == Some(name);
    for name in &args.names {
        if !kept.listed.iter().any(|one| meant(one, name)) {
            return Err(ArchiveError::NoSuch(printable(name).into_owned()).into());
        }
    }
    let chosen: Vec<usize> = (0..kept.listed.len())
        .filter(|at| {
            let one = &kept.listed[*at];
            let named = args.names.is_empty() || args.names.iter().any(|name| meant(one, name));
            // What nobody knows the age of is never old enough.
            named && age.is_none_or(|age| one.since.is_some_and(|since| elapsed(since, now) >= age))
        })
        .collect();
    let picked: Vec<Listed> = chosen.iter().map(|at| kept.listed[*at].clone()).collect();
    let environment = kept.target.name().to_owned();
    if picked.is_empty() {
        if args.format.is_json() {
            context.shell.data(&json(&environment, &[], Some(false)));
        }
        context.shell.status("Finished", &format!("nothing of that age is kept in `{environment}`"));
        return Ok(ExitCode::Done);
    }
    check(&args, &kept, &picked, now)?;
    if args.format.is_json() && !args.yes {
        context.shell.note(&human(&picked));
    } else if !args.format.is_json() {
        context.shell.data(&human(&picked));
    }
    if !args.yes {
        let question = format!("drop {} of `{environment}` for good", count(picked.len(), "archive table"));
        if kept.target.kind().is_dev() {
            context.shell.confirm(&format!("{question}?"), "--yes")?;
        } else {
            let question = format!("{question}? Type `{environment}` to do it");
            context.shell.confirm_typed(&question, &environment, "--yes")?;
        }
    }
    let tables: Vec<_> = chosen.iter().map(|at| &kept.tables[*at]).collect();
    drop_archives(kept.provider, &mut *kept.connection, &tables)?;
    context.shell.status("Dropped", &format!("{} of `{environment}`", count(picked.len(), "archive table")));
    if args.format.is_json() {
        context.shell.data(&json(&environment, &picked, Some(true)));
    }
    Ok(ExitCode::Done)
}

/// Whether a revert may still need one of them.
fn check(args: &Args, kept: &Kept, picked: &[Listed], now: Timestamp) -> Result<(), ArchiveError> {
    for one in picked {
        let name = printable(&one.name);
        if one.state == "failed or running" {
            let why = format!("the migration that fills `{name}` is not finished");
            return Err(ArchiveError::Needed { why, flag: false });
        }
        let (Some(window), false) = (kept.stabilization, args.within_stabilization) else { continue };
        let why = match one.since {
            Some(since) if elapsed(since, now) >= window => continue,
            Some(since) => format!(
                "`{name}` is kept since {} and the stabilization window of `{}` is {}",
                since.strftime("%Y-%m-%d %H:%M UTC"),
                kept.target.name(),
                format_duration(window)
            ),
            None => format!(
                "nobody knows since when `{name}` is kept, and `{}` has a stabilization window",
                kept.target.name()
            ),
        };
        return Err(ArchiveError::Needed { why, flag: true });
    }
    Ok(())
}
