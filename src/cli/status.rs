//! `status`: what is where, from the disk and the ledgers, without starting Node.

use crate::cli::{Context, FormatArgs};
use crate::database::{self, ConnectOptions, DatabaseError, LockState};
use crate::environment::dev_test::check_before_asking;
use crate::environment::{DatabaseUrl, DevClaim, DevHosts, EnvironmentKind, EnvironmentUrls, StatedUrl};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::history::History;
use crate::migrations::{LockFile, MigrationsFolder};
use crate::project::Project;
use crate::report::status::{human, json};
use crate::settings::{EnvironmentSettings, shown};
use crate::shell::Verbosity;
use crate::status::{EnvironmentStatus, Outcome, Reading, exit_code};

/// `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Every environment, side by side
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs it.
///
/// # Errors
/// When settings, project or migrations folder cannot be read. A database that cannot be read is part of the answer.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let project = context.project()?;
    let environments = if args.all {
        context.settings()?.environments.clone()
    } else if context.global.env.is_empty() {
        vec![context.environment()?]
    } else {
        context.named_environments()?
    };
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    let places = environments.iter().flat_map(|environment| places(environment, context)).collect();
    let statuses = ask_all(places, &folder);
    let warnings = warnings(&folder, &project);
    show(&statuses, &warnings, &args, context);
    Ok(exit_code(&statuses))
}

/// An environment and its URL.
struct Place {
    name: String,
    kind: EnvironmentKind,
    url: Result<DatabaseUrl>,
}

/// The place of an environment, or those of the databases that it is.
fn places(environment: &EnvironmentSettings, context: &mut Context) -> Vec<Place> {
    if !environment.is_fleet() {
        return vec![place(environment, context)];
    }
    match context.tenants(environment) {
        Ok(tenants) => tenants
            .into_iter()
            .map(|tenant| Place {
                name: tenant.environment.name.value,
                kind: environment.kind.value,
                url: Ok(tenant.found.url),
            })
            .collect(),
        Err(error) => {
            vec![Place { name: environment.name.value.clone(), kind: environment.kind.value, url: Err(error) }]
        }
    }
}

fn place(environment: &EnvironmentSettings, context: &mut Context) -> Place {
    let urls = context.urls(environment);
    let mut kind = environment.kind.value;
    // Without settings nobody said that the project's URL is a developer's own.
    if let Ok(urls) = &urls
        && context.settings().is_ok_and(|settings| !settings.exist())
        && let Some(why) = not_dev(environment, urls)
    {
        context.shell.warn(&why);
        context.shell.hint("`cargo prisma-safe init` writes a prisma-safe.toml where you can say what it is");
        kind = EnvironmentKind::Unstated;
    }
    Place { name: environment.name.value.clone(), kind, url: urls.map(|urls| urls.migrate().url.clone()) }
}

fn not_dev(environment: &EnvironmentSettings, urls: &EnvironmentUrls) -> Option<String> {
    let claim = DevClaim {
        environment: &environment.name.value,
        kind: environment.kind.value,
        kind_origin: None,
        url: StatedUrl { url: &urls.url.url, origin: None },
        direct: urls.direct.as_ref().map(|direct| StatedUrl { url: &direct.url, origin: None }),
        shadow: None,
        schemas: &[],
        others: &[],
        dev_hosts: &DevHosts::default(),
    };
    check_before_asking(&claim).err().map(|not_dev| not_dev.to_string())
}

/// Databases that are asked at the same time.
const AT_ONCE: usize = 16;

/// Asks every database, many at the same time: one that hangs costs its own timeout only.
fn ask_all(mut places: Vec<Place>, folder: &MigrationsFolder) -> Vec<EnvironmentStatus> {
    let mut statuses = Vec::with_capacity(places.len());
    while !places.is_empty() {
        let rest = places.split_off(AT_ONCE.min(places.len()));
        statuses.extend(ask_some(places, folder));
        places = rest;
    }
    statuses
}

fn ask_some(mut places: Vec<Place>, folder: &MigrationsFolder) -> Vec<EnvironmentStatus> {
    if places.len() == 1 {
        return places.drain(..).map(|place| ask(place, folder)).collect();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = places
            .into_iter()
            .map(|place| {
                let (name, kind) = (place.name.clone(), place.kind);
                (name, kind, scope.spawn(|| ask(place, folder)))
            })
            .collect();
        threads
            .into_iter()
            .map(|(name, kind, thread)| {
                thread.join().unwrap_or_else(|_| {
                    let error = DatabaseError::Runtime("reading it ended in a panic".to_owned()).into();
                    let outcome = Outcome::Unknown { error, lock: LockState::Unknown(String::new()) };
                    EnvironmentStatus { name, kind, target: None, outcome }
                })
            })
            .collect()
    })
}

fn ask(place: Place, folder: &MigrationsFolder) -> EnvironmentStatus {
    let Place { name, kind, url } = place;
    let unknown = |error: Error| Outcome::Unknown { error, lock: LockState::Unknown("it was not read".to_owned()) };
    let (target, outcome) = match url {
        Err(error) => (None, unknown(error)),
        Ok(url) => {
            let survey = database::connect(&url, ConnectOptions::default()).and_then(|mut open| open.survey());
            let outcome = match survey {
                Ok(survey) => Outcome::Read(Box::new(Reading {
                    history: History::new(&folder.migrations, survey.ledger.as_deref()),
                    server: survey.server,
                    lock: survey.lock,
                    marker: survey.marker,
                })),
                Err(error) if error.is_no_such_database() => {
                    Outcome::NoDatabase { history: History::new(&folder.migrations, None), error: error.into() }
                }
                Err(error) => match error.lock_holder() {
                    Some(by) => Outcome::Unknown {
                        lock: LockState::Held { by: by.to_owned(), since: None },
                        error: error.into(),
                    },
                    None => unknown(error.into()),
                },
            };
            (Some(url.redacted()), outcome)
        }
    };
    EnvironmentStatus { name, kind, target, outcome }
}

fn warnings(folder: &MigrationsFolder, project: &Project) -> Vec<String> {
    let mut warnings: Vec<String> = folder.warnings.iter().map(ToString::to_string).collect();
    if !folder.exists {
        warnings.push(format!("there is no migrations folder at `{}` yet", shown(&folder.path).display()));
    }
    match &folder.lock_file {
        LockFile::Provider(provider) if *provider != project.provider => warnings.push(format!(
            "`migration_lock.toml` says `{provider}` and the schema `{}`: deploy refuses that (P3019)",
            project.provider
        )),
        LockFile::Unknown(text) => {
            warnings.push(format!("`migration_lock.toml` names a provider that is not known: `{text}`"));
        }
        LockFile::Unreadable(said) => warnings.push(format!("`migration_lock.toml` cannot be read: {said}")),
        LockFile::Absent | LockFile::Provider(_) => {}
    }
    warnings
}

fn show(statuses: &[EnvironmentStatus], warnings: &[String], args: &Args, context: &mut Context) {
    let shell = &mut context.shell;
    if args.format.is_json() {
        // A reader that went away is no error of ours.
        let _ = json::write(shell.data_writer(), statuses, warnings);
    } else {
        let look = human::Look { color: shell.out_color(), all_rows: shell.verbosity() == Verbosity::Verbose };
        // The databases of one environment stand together, and are many.
        let (many, single): (Vec<_>, Vec<_>) =
            statuses.chunk_by(|a, b| a.fleet().is_some() && a.fleet() == b.fleet()).partition(|group| group.len() > 1);
        let single: Vec<&EnvironmentStatus> = single.into_iter().flatten().collect();
        let mut parts = Vec::new();
        if args.all && !single.is_empty() {
            parts.push(human::side_by_side(&single, look));
        } else {
            parts.extend(single.iter().map(|status| human::table(status, look)));
        }
        parts.extend(many.into_iter().map(|group| human::many(group, look)));
        shell.data(&parts.join("\n"));
    }
    for warning in warnings {
        shell.warn(&crate::shell::printable(warning));
    }
    let errors = statuses.iter().filter_map(|status| match &status.outcome {
        Outcome::Unknown { error, .. } => Some(error),
        Outcome::Read(_) | Outcome::NoDatabase { .. } => None,
    });
    for error in errors.take(SHOWN) {
        shell.error(error);
    }
    let mut hints: Vec<String> =
        statuses.iter().filter(|status| status.fleet().is_none()).flat_map(EnvironmentStatus::hints).collect();
    hints.extend(hints_for_many(statuses));
    for hint in hints {
        shell.hint(&crate::shell::printable(&hint));
    }
}

/// Errors and hints in full; `--format json` has all of them.
const SHOWN: usize = 8;

/// What is urgent in one database is said of it; what is only pending, once for all.
fn hints_for_many(statuses: &[EnvironmentStatus]) -> Vec<String> {
    let mut hints = Vec::new();
    let mut pending: Vec<&str> = Vec::new();
    for status in statuses {
        let Some(fleet) = status.fleet() else { continue };
        if status.exit_code() != ExitCode::Done {
            hints.extend(status.hints());
        } else if !status.hints().is_empty() && !pending.contains(&fleet) {
            pending.push(fleet);
        }
    }
    hints.truncate(SHOWN);
    hints.extend(pending.iter().map(|fleet| {
        format!("`cargo prisma-safe deploy --env {fleet} --dry-run` shows what the next deploy would run")
    }));
    hints
}
