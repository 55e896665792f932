//! Makes the report of an environment out of its settings and its URLs.

use crate::cli::Context;
use crate::environment::FoundUrl;
use crate::error::{Error, Result};
use crate::report::environments::{EnvironmentReport, PolicyReport, UrlReport};
use crate::settings::{EnvironmentSettings, Sourced, format_duration};

/// The report, and why the URL is not available, when it is not.
pub(super) fn describe(
    context: &Context,
    environment: &EnvironmentSettings,
) -> Result<(EnvironmentReport, Option<Error>)> {
    let mut report = EnvironmentReport {
        name: environment.name.value.clone(),
        origin: environment.name.origin.to_string(),
        kind: environment.kind.value,
        kind_origin: environment.kind.origin.to_string(),
        url: UrlReport::default(),
        direct_url: None,
        policy: policy(environment),
        database: None,
    };
    // What is wrong with the project is wrong for every environment, so it ends the command.
    context.project()?;
    match context.urls(environment) {
        Ok(urls) => {
            report.url = url_report(&urls.url);
            report.direct_url = urls.direct.as_ref().map(url_report);
            Ok((report, None))
        }
        Err(error) => {
            report.url.problem = Some(error.to_string());
            Ok((report, Some(error)))
        }
    }
}

fn url_report(found: &FoundUrl) -> UrlReport {
    let identity = found.url.identity();
    UrlReport {
        available: true,
        problem: None,
        from: Some(found.provenance.to_string()),
        redacted: Some(found.url.redacted()),
        provider: Some(identity.provider().to_string()),
        host: identity.shown_host(),
        port: identity.port(),
        database: identity.database().map(str::to_owned),
        schema: identity.schema().map(str::to_owned),
        path: identity.path().map(|path| path.to_string_lossy().into_owned()),
    }
}

fn policy(environment: &EnvironmentSettings) -> Vec<PolicyReport> {
    let EnvironmentSettings {
        name: _,
        kind: _,
        url: _,
        direct_url: _,
        requires,
        soak,
        stabilization,
        lock_timeout,
        statement_timeout,
    } = environment;
    let text = |key, value: &Option<Sourced<String>>| {
        value.as_ref().map(|set| PolicyReport { key, value: set.value.clone(), origin: set.origin.to_string() })
    };
    let span = |value: &Option<Sourced<std::time::Duration>>| value.clone().map(|set| set.map(format_duration));
    [
        text("requires", &requires.clone().map(|set| set.map(|names| names.join(", ")))),
        text("soak", &span(soak)),
        text("stabilization", &span(stabilization)),
        text("lock-timeout", &span(lock_timeout)),
        text("statement-timeout", &span(statement_timeout)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
