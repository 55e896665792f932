//! Where `verify` runs: on a server that the settings name, else on one of our own, else on the one of Prisma's shadow database.

use std::collections::BTreeSet;

use crate::cli::Context;
use crate::database;
use crate::environment::dev_test::OtherUrl;
use crate::environment::url::driver::Driver;
use crate::environment::{Comparison, DatabaseUrl, FoundUrl, Sources};
use crate::error::Result;
use crate::migrations::MigrationsFolder;
use crate::project::{Project, Provider};
use crate::revert::VerifyError;
use crate::revert::prove::revert_of;
use crate::revert::throwaway::{self, Named, Reuse, ServerSurvey, Throwaway};
use crate::settings::{EnvironmentSettings, Sourced, UrlSource};
use crate::shell::{count, printable};
use crate::sql;

/// What is going to run.
pub(in crate::cli) struct Plan<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its migrations.
    pub folder: &'a MigrationsFolder,
    /// Those that are proven.
    pub chosen: &'a BTreeSet<String>,
}

/// Opens it.
///
/// # Errors
/// When there is none, or the server that was named is not one for this.
pub(in crate::cli) fn open(context: &mut Context, plan: &Plan<'_>, reuse: &Reuse<'_>) -> Result<Box<dyn Throwaway>> {
    let schema = schema_of(context, plan.project);
    let schema = schema.as_deref();
    if plan.project.provider == Provider::Sqlite {
        return Ok(throwaway::open_with(Provider::Sqlite, None, reuse)?);
    }
    if let Some(found) = named_by_settings(context, plan.project)? {
        return on_named(context, plan, &found, schema);
    }
    match throwaway::open_with(plan.project.provider, schema, reuse) {
        Err(none @ VerifyError::NoServer { .. }) => match shadow(context, plan.project)? {
            Some(found) => {
                context.shell.detail(&format!("{none}: Prisma's shadow database has a server"));
                on_named(context, plan, &found, schema)
            }
            None => Err(none.into()),
        },
        opened => Ok(opened?),
    }
}

/// The server that `verify clean` may look at, checked.
///
/// # Errors
/// When it cannot be reached or is not one for proofs.
pub(super) fn for_cleaning(context: &mut Context, project: &Project) -> Result<Option<Named>> {
    if project.provider == Provider::Sqlite {
        return Ok(None);
    }
    let found = match named_by_settings(context, project)? {
        Some(found) => Some(found),
        None => shadow(context, project)?,
    };
    let Some(found) = found else { return Ok(None) };
    let (named, _) = checked(context, project, &found)?;
    Ok(Some(named))
}

fn on_named(
    context: &mut Context,
    plan: &Plan<'_>,
    found: &FoundUrl,
    schema: Option<&str>,
) -> Result<Box<dyn Throwaway>> {
    let (named, survey) = checked(context, plan.project, found)?;
    stays_inside(plan, &named, &survey)?;
    Ok(throwaway::open_named(&named, schema)?)
}

/// Where PostgreSQL's names without a schema belong: what the environment's URL says. No command is run for it, and where there is no URL it is
/// `public`.
fn schema_of(context: &Context, project: &Project) -> Option<String> {
    if project.provider != Provider::Postgresql {
        return None;
    }
    let environment = context.environment().ok()?;
    if matches!(environment.url.value, UrlSource::Command(_)) {
        return None;
    }
    let urls = context.urls(&environment).ok()?;
    let schema = urls.migrate().url.identity().schema()?.to_owned();
    (schema != "public").then_some(schema)
}

/// The server of `verify.server-env`.
fn named_by_settings(context: &Context, project: &Project) -> Result<Option<FoundUrl>> {
    let settings = context.settings()?;
    let Some(variable) = &settings.verify.server_env else { return Ok(None) };
    let environment = EnvironmentSettings {
        name: Sourced::default("verify".to_owned()),
        url: variable.clone().map(UrlSource::Variable),
        ..EnvironmentSettings::implicit_dev()
    };
    let sources = Sources { settings: &settings, project, variables: &context.variables };
    Ok(Some(sources.urls(&environment)?.url))
}

fn shadow(context: &Context, project: &Project) -> Result<Option<FoundUrl>> {
    let settings = context.settings()?;
    let sources = Sources { settings: &settings, project, variables: &context.variables };
    Ok(sources.shadow(&EnvironmentSettings::implicit_dev())?)
}

/// Connects, and looks whether the server is one for this.
fn checked(context: &mut Context, project: &Project, found: &FoundUrl) -> Result<(Named, ServerSurvey)> {
    let called = found.provenance.variable().map_or_else(|| found.provenance.to_string(), str::to_owned);
    let refused = |why: String| VerifyError::NotForProofs { server: called.clone(), why };
    if let Ok(Driver::Server(server)) = found.url.driver()
        && server.pgbouncer
    {
        let why = "its URL leads through a pooler (`pgbouncer=true`), which keeps no session".to_owned();
        return Err(refused(why).into());
    }
    let named = Named { options: database::server_options(&found.url)?, called: called.clone() };
    let survey = throwaway::survey(&named)?;
    if let Some((database, mark)) = survey.marked.iter().find(|(_, mark)| !mark.is_dev()) {
        let (database, mark) = (printable(database), printable(&mark.environment));
        return Err(refused(format!("its database `{database}` says that it belongs to `{mark}`")).into());
    }
    if let Some(why) = environment_there(context, project, &found.url, &survey)? {
        return Err(refused(why).into());
    }
    if !survey.hidden.is_empty() {
        let shown: Vec<String> =
            survey.hidden.iter().take(3).map(|(name, why)| format!("`{}` ({why})", printable(name))).collect();
        let more = survey.hidden.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        context.shell.warn(&format!(
            "could not look whether {} on the server of `{called}` belong to an environment: {}{more}",
            count(survey.hidden.len(), "database"),
            shown.join(", ")
        ));
    }
    Ok((named, survey))
}

/// Why it is the server of an environment that is not dev. Two spellings that may be one server are one where the environment's database is
/// there.
fn environment_there(
    context: &Context,
    project: &Project,
    url: &DatabaseUrl,
    survey: &ServerSurvey,
) -> Result<Option<String>> {
    let settings = context.settings()?;
    let sources = Sources { settings: &settings, project, variables: &context.variables };
    for other in sources.others("") {
        let (false, OtherUrl::Known(its)) = (other.kind.is_dev(), &other.url) else { continue };
        let has_database = its.identity().database().is_some_and(|name| survey.databases.iter().any(|db| db == name));
        let is_there = match url.identity().same_server(its.identity()) {
            Comparison::Same => true,
            Comparison::CannotTell(_) => has_database,
            Comparison::Different => false,
        };
        if is_there {
            return Ok(Some(format!("it is the server of the environment `{}`", other.name)));
        }
    }
    Ok(None)
}

/// Every script that is going to run keeps to its own database.
fn stays_inside(plan: &Plan<'_>, named: &Named, survey: &ServerSurvey) -> Result<(), VerifyError> {
    let last = plan.folder.migrations.iter().rposition(|migration| plan.chosen.contains(&migration.name));
    for migration in plan.folder.migrations.iter().take(last.map_or(0, |last| last + 1)) {
        let revert = plan.chosen.contains(&migration.name).then(|| revert_of(migration)).flatten();
        let revert = revert.and_then(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path)));
        let forward = migration.script.as_ref().ok().map(|bytes| ("migration.sql".to_owned(), bytes.clone()));
        let back = revert.and_then(|(file, path)| Some((file, std::fs::read(path).ok()?)));
        for (file, bytes) in forward.into_iter().chain(back) {
            // What cannot be read does not run either.
            let Ok(script) = sql::read(plan.project.provider, &bytes) else { continue };
            if let Some(beyond) = sql::outside::beyond(&script, &survey.databases) {
                return Err(VerifyError::ReachesOut {
                    server: named.called.clone(),
                    script: format!("{}/{file}", migration.name),
                    line: beyond.line,
                    what: printable(&beyond.what).into_owned(),
                });
            }
        }
    }
    Ok(())
}
