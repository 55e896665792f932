//! `env mark`: writes into a database which environment it is.

use crate::cli::Context;
use crate::database::{self, ConnectOptions, DatabaseError};
use crate::environment::dev_test::check_before_asking;
use crate::environment::source::Sources;
use crate::environment::{DevClaim, EnvironmentUrls, Marker, StatedUrl};
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::project::Provider;
use crate::settings::EnvironmentSettings;
use crate::shell::printable;

/// `env mark`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment [default: that of --env]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Overwrite the mark of another environment
    #[arg(long)]
    replace: bool,
}

/// The database carries another environment's mark.
#[derive(Debug, thiserror::Error)]
#[error("{target} says that it is `{found}`, not `{wanted}`")]
struct OtherMark {
    target: String,
    found: String,
    wanted: String,
}

impl Explain for OtherMark {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Refused
    }

    fn why(&self) -> Option<String> {
        Some("the URL may point at the wrong database, or this one was copied from there; a mark that is gone protects nothing".to_owned())
    }

    fn hints(&self) -> Vec<String> {
        vec![
            format!("check the URL: `cargo prisma-safe env show {}`", self.wanted),
            format!("if it really is `{0}`: `cargo prisma-safe env mark {0} --replace`", self.wanted),
        ]
    }
}

/// Runs it.
///
/// # Errors
/// When the database cannot be read or written, carries another environment's mark, or the question is not answered.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let environment = match &args.name {
        Some(name) => context.settings()?.named(name)?,
        None => context.environment()?,
    };
    let name = environment.name.value.clone();
    let wanted = Marker { environment: name.clone(), kind: Some(environment.kind.value) };
    let shown = match environment.kind.value {
        kind if kind.as_str() == name => format!("`{name}`"),
        kind => format!("`{name}` ({kind})"),
    };
    let urls = context.urls(&environment)?;
    let url = &urls.migrate().url;
    let target = printable(&url.redacted()).into_owned();
    if url.provider() == Provider::Sqlite {
        context.shell.note(&format!("`{name}` at {target} needs no mark, and none was written"));
        context.shell.note("SQLite has no comments on tables; the file's real path is its identity");
        return Ok(ExitCode::Done);
    }
    if environment.kind.value.is_dev() {
        // The mark of a developer's own database opens the door to `reset`: nothing else may get it.
        prove_dev_before_marking(&environment, &urls, context)?;
    }
    let mut database = database::connect(url, ConnectOptions::default())?;
    let survey = database.survey()?;
    if survey.ledger.is_none() {
        return Err(DatabaseError::NoLedger { target }.into());
    }
    let replaces = match survey.marker {
        Some(found) if found == wanted => {
            context.shell.note(&format!("{target} carries the mark of `{name}` already"));
            return Ok(ExitCode::Done);
        }
        Some(found) if found.environment != name && !args.replace => {
            return Err(OtherMark { target, found: printable(&found.environment).into_owned(), wanted: name }.into());
        }
        found => found,
    };
    if !args.yes {
        let question = format!("mark {target} as {shown}");
        if environment.kind.value.is_dev() && replaces.is_none() {
            context.shell.confirm(&format!("{question}?"), "--yes")?;
        } else {
            context.shell.confirm_typed(&format!("{question}? Type `{name}` to do it"), &name, "--yes")?;
        }
    }
    database.set_marker(&wanted)?;
    context.shell.status("Marked", &format!("{target} as {shown}, in the comment of `_prisma_migrations`"));
    if let Some(before) = replaces {
        context.shell.note(&format!("before, it said `{}`", printable(&before.environment)));
    }
    Ok(ExitCode::Done)
}

fn prove_dev_before_marking(
    environment: &EnvironmentSettings,
    urls: &EnvironmentUrls,
    context: &Context,
) -> Result<()> {
    let (settings, project) = (context.settings()?, context.project()?);
    let sources = Sources { settings: &settings, project: &project, variables: &context.variables };
    let claim = DevClaim {
        environment: &environment.name.value,
        kind: environment.kind.value,
        kind_origin: Some(&environment.kind.origin.to_string()),
        url: StatedUrl { url: &urls.url.url, origin: Some(&urls.url.provenance.to_string()) },
        direct: urls.direct.as_ref().map(|direct| StatedUrl { url: &direct.url, origin: None }),
        shadow: None,
        schemas: &[],
        others: &sources.others(&environment.name.value),
        dev_hosts: &settings.dev_hosts,
    };
    Ok(check_before_asking(&claim)?)
}
