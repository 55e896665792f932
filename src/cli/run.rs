//! `run`: any Prisma command, classified, behind the engine guard.

use std::ffi::OsString;
use std::io::IsTerminal as _;

use super::Context;
use crate::environment::source::Sources;
use crate::environment::{DatabaseUrl, EnvironmentKind};
use crate::error::{Explain as _, Result};
use crate::exit_code::ExitCode;
use crate::prisma::classify::{Effect, classify};
use crate::prisma::guard::pin::Pin;
use crate::prisma::launch::Launch;
use crate::prisma::output::plain;
use crate::prisma::{PrismaError, Run, Stream, Verdict, agents};
use crate::shell::{Shell, printable};

/// `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What you would type after `prisma`; it runs in the project's folder
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "PRISMA ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// Commands that take `--schema` in every major and `--config` from 6 on.
const TAKE_PATHS: [&[&str]; 10] = [
    &["migrate", "deploy"],
    &["migrate", "status"],
    &["migrate", "resolve"],
    &["migrate", "reset"],
    &["migrate", "dev"],
    &["db", "push"],
    &["db", "pull"],
    &["generate"],
    &["validate"],
    &["format"],
];

/// Runs it.
///
/// # Errors
/// When Prisma cannot be found or started.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (settings, project) = (context.settings()?, context.project()?);
    let class = classify(&args.arguments);
    let target = pinned(context)?;
    let place = match &target {
        Some((name, kind, url)) => format!(" on {name} ({kind}): {}", url.redacted()),
        None => String::new(),
    };
    context.shell.status("Running", &format!("a {} command{place}; it {}", class.effect.as_str(), class.what));
    if class.past_the_guard {
        context
            .shell
            .warn("this command talks to the database by itself, past the schema engine: the guard cannot see it");
    }
    if class.effect == Effect::Destructive
        && let Some(notice) = agents::notice(&context.variables)
    {
        context.shell.warn(&notice);
    }
    let launch = Launch::of(&project, &settings)?;
    let arguments = with_paths(args.arguments, &launch);
    let prisma = Run::raw(&launch.invocation, arguments);
    let prisma = match &target {
        Some((name, kind, url)) => launch.at(prisma, url, Pin::new(name.as_str(), *kind)),
        None => launch.anywhere(prisma),
    };
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        let exit = prisma.interactive()?;
        return Ok(match exit.code {
            Some(0) => ExitCode::Done,
            Some(130) => ExitCode::Interrupted,
            _ => ExitCode::Prisma,
        });
    }
    let shell = &mut context.shell;
    let finished = prisma.inherit_input().stream(&mut |stream, line: &str| pass(shell, stream, line)).run()?;
    Ok(explain(shell, finished.verdict, target.map(|(name, ..)| name)))
}

/// The environment of `--env`; without it the guard judges whatever Prisma is about to use.
fn pinned(context: &Context) -> Result<Option<(String, EnvironmentKind, DatabaseUrl)>> {
    if context.global.env.is_empty() {
        return Ok(None);
    }
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let sources = Sources { settings: &settings, project: &project, variables: &context.variables };
    let urls = sources.urls(&environment)?;
    Ok(Some((environment.name.value.clone(), environment.kind.value, urls.migrate().url.clone())))
}

/// Names the project's files to Prisma where the settings do and the user did not.
fn with_paths(mut arguments: Vec<OsString>, launch: &Launch) -> Vec<OsString> {
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| words.iter().any(|word| word == flag || word.starts_with(&format!("{flag}=")));
    if !TAKE_PATHS.iter().any(|command| words.len() >= command.len() && command.iter().zip(&words).all(|(a, b)| a == b))
    {
        return arguments;
    }
    let mut add = |flag: &str, path: &Option<std::path::PathBuf>| {
        if let Some(path) = path
            && !has(flag)
        {
            arguments.extend([OsString::from(flag), path.clone().into_os_string()]);
        }
    };
    add("--schema", &launch.paths.schema);
    if launch.invocation.major >= 6 {
        add("--config", &launch.paths.config);
    }
    arguments
}

/// Prisma's own lines, on the streams that they came on.
fn pass(shell: &mut Shell, stream: Stream, line: &str) {
    match stream {
        Stream::Stdout => shell.data(&format!("{line}\n")),
        Stream::Stderr => shell.passed_on(&printable(&plain(line))),
    }
}

/// Prisma has said what went wrong; we add what it means and what to do.
fn explain(shell: &mut Shell, verdict: Verdict, environment: Option<String>) -> ExitCode {
    match verdict {
        Verdict::Said(_) => ExitCode::Done,
        Verdict::Refused(_) => ExitCode::Refused,
        Verdict::Interrupted => ExitCode::Interrupted,
        Verdict::Silent | Verdict::Killed(_) => ExitCode::Prisma,
        Verdict::Failed(failure) if failure.code.is_none() => ExitCode::Prisma,
        Verdict::Failed(failure) => {
            let error = PrismaError::failed("prisma".to_owned(), environment, failure);
            if let Some(why) = error.why() {
                shell.note(&format!("why: {why}"));
            }
            for hint in error.hints() {
                shell.hint(&hint);
            }
            error.exit_code()
        }
    }
}
