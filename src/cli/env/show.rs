//! `env show`: one environment, with the origin of each value, and what its database says of itself.

use super::describe::describe;
use crate::cli::{Context, FormatArgs};
use crate::database::{self, ConnectOptions};
use crate::environment::DatabaseUrl;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::project::Provider;
use crate::report::environments::{DatabaseReport, MarkerReport, details, json};
use crate::shell::printable;

/// `env show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment [default: that of --env, else dev]
    #[arg(value_name = "ENVIRONMENT")]
    name: Option<String>,
    /// Do not ask the database
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it. Shows what is known, and then fails when the URL is not available; a database that does not answer is no failure.
///
/// # Errors
/// When settings or project cannot be read, the environment does not exist, or its URL cannot be had.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let environment = match &args.name {
        Some(name) => context.settings()?.named(name)?,
        None => context.environment()?,
    };
    let described = describe(context, &environment)?;
    let mut report = described.report;
    if let Ok(urls) = &described.urls
        && !args.offline
    {
        report.database = Some(ask(&urls.migrate().url));
    }
    if args.format.is_json() {
        context.shell.data(&json(std::slice::from_ref(&report)));
    } else {
        context.shell.data(&details(&report));
    }
    let marker = report.database.as_ref().and_then(|database| database.marker.as_ref());
    if let Some(other) = marker.filter(|marker| marker.environment != report.name) {
        let other = printable(&other.environment);
        context.shell.warn(&format!("the database says that it is `{other}`, not `{}`", report.name));
        context.shell.hint(&format!(
            "correct the URL; or, if it really is `{0}`: `cargo prisma-safe env mark {0} --replace`",
            report.name
        ));
    }
    described.urls.map(|_| ExitCode::Done)
}

/// Asks a database what it is and which environment it says it belongs to.
fn ask(url: &DatabaseUrl) -> DatabaseReport {
    let survey = database::connect(url, ConnectOptions::default()).and_then(|mut database| database.survey());
    let mut report = DatabaseReport {
        can_be_marked: matches!(url.provider(), Provider::Postgresql | Provider::Mysql),
        ..DatabaseReport::default()
    };
    match survey {
        Ok(survey) => {
            report.reachable = true;
            report.server = Some(format!("{} {}", survey.server.product, survey.server.version));
            report.marker =
                survey.marker.map(|marker| MarkerReport { environment: marker.environment, kind: marker.kind });
        }
        Err(error) => report.problem = Some(error.to_string()),
    }
    report
}
