//! Makes the report of an environment out of its settings and its URLs.

use crate::cli::Context;
use crate::environment::{EnvironmentUrls, FoundUrl};
use crate::error::Result;
use crate::report::environments::{EnvironmentReport, PolicyReport, UrlReport};
use crate::settings::{BackupSource, EnvironmentSettings, Sourced, format_duration, format_size, shown};

/// An environment's report, and the URLs that it was made of.
pub(super) struct Described {
    /// Without what the database says.
    pub report: EnvironmentReport,
    /// The URLs, or why there are none.
    pub urls: Result<EnvironmentUrls>,
}

/// Describes an environment. That its URL is not available is part of the description.
pub(super) fn describe(context: &Context, environment: &EnvironmentSettings) -> Result<Described> {
    // What is wrong with the project is wrong for every environment, so it ends the command.
    context.project()?;
    let urls = context.urls(environment);
    let (url, direct_url) = match &urls {
        Ok(urls) => (url_report(&urls.url), urls.direct.as_ref().map(url_report)),
        Err(error) => (UrlReport { problem: Some(error.to_string()), ..UrlReport::default() }, None),
    };
    let report = EnvironmentReport {
        name: environment.name.value.clone(),
        origin: environment.name.origin.to_string(),
        kind: environment.kind.value,
        kind_origin: environment.kind.origin.to_string(),
        url,
        direct_url,
        policy: policy(environment),
        database: None,
    };
    Ok(Described { report, urls })
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
        transaction_limit,
        execution,
        window,
        gates,
        backup,
        impact,
        drift,
        approvals,
        approval_max_age,
        fleet,
    } = environment;
    let number = |value: &Sourced<u64>| Some(value.clone().map(|number| number.to_string()));
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
        text("transaction-limit", &span(transaction_limit)),
        text("lock-retries", &execution.lock_retries.clone().map(|set| set.map(|times| times.to_string()))),
        text("abort-if-blocking", &span(&execution.abort_if_blocking)),
        text("watch", &span(&execution.watch)),
        text("window", &window.as_ref().map(|window| window.time_zone.clone().map(|zone| format!("set, in {zone}")))),
        text("approvals", &approvals.clone().map(|set| set.map(|number| number.to_string()))),
        text("approval-max-age", &span(&approvals.as_ref().map(|_| approval_max_age.clone()))),
        text(
            "max-rows-under-lock",
            &impact.max_rows.clone().filter(Sourced::is_set).map(|set| set.map(|rows| rows.to_string())),
        ),
        text("max-size-under-lock", &impact.max_bytes.clone().filter(Sourced::is_set).map(|set| set.map(format_size))),
        text("drift.ignore", &drift.ignore.clone().map(|set| set.map(|names| names.join(", ")))),
        text("canary", &fleet.as_ref().and_then(|fleet| fleet.canary.clone())),
        text("parallel", &fleet.as_ref().and_then(|fleet| number(&fleet.parallel))),
        text("max-failures", &fleet.as_ref().and_then(|fleet| number(&fleet.max_failures))),
        text("backup", &backup.as_ref().map(|backup| backup.source.clone().map(backup_text))),
    ]
    .into_iter()
    .flatten()
    .chain(gates.set().map(|(key, mode)| PolicyReport {
        key,
        value: mode.value.as_str().to_owned(),
        origin: mode.origin.to_string(),
    }))
    .collect()
}

fn backup_text(source: BackupSource) -> String {
    match source {
        BackupSource::Folder(folder) => format!("taken into {}", shown(&folder).display()),
        BackupSource::Command(words) => format!("taken by `{}`", words.first().map_or("", String::as_str)),
        BackupSource::Archiving => "continuous archiving, asked of the server".to_owned(),
        BackupSource::Check(words) => format!("checked by `{}`", words.first().map_or("", String::as_str)),
    }
}
