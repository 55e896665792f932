//! `guard status`.

use std::ffi::OsStr;

use serde::Serialize;

use crate::cli::{Context, FormatArgs};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::prisma::guard::install::Way;
use crate::prisma::guard::self_test::{self, Report};
use crate::prisma::runner::ENGINE_VARIABLE;
use crate::shell::{Shell, printable};

/// `guard status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    format: FormatArgs,
}

/// The JSON document.
#[derive(Serialize)]
struct Document {
    schema_version: u32,
    /// Whether a Prisma that is typed in this shell runs behind the guard.
    holds: bool,
    variable: Option<String>,
    installed: Vec<&'static str>,
    guard: Option<Report>,
}

/// Runs it.
///
/// # Errors
/// When the project cannot be read, or the guard's own program is missing.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let root = context.project()?.root.clone();
    let ours = crate::prisma::guard::program()?;
    let variable = context.variables.get_os(ENGINE_VARIABLE).filter(|value| !value.is_empty()).map(OsStr::to_owned);
    let asked = variable.clone().unwrap_or_else(|| ours.clone().into_os_string());
    // What cannot be started is no guard.
    let report = self_test::ask(&asked, &root, &[]).ok().flatten();
    let holds =
        variable.is_some() && report.as_ref().is_some_and(|report| report.refused && report.real_engine.is_some());
    let document = Document {
        schema_version: 1,
        holds,
        variable: variable.as_ref().map(|value| value.to_string_lossy().into_owned()),
        installed: Way::ALL.into_iter().filter(|way| way.is_installed(&root)).map(Way::as_str).collect(),
        guard: report,
    };
    if args.format.is_json() {
        context.shell.document(&document);
    } else {
        tell(&mut context.shell, &document);
    }
    Ok(if holds { ExitCode::Done } else { ExitCode::Findings })
}

fn tell(shell: &mut Shell, document: &Document) {
    let line = |name: &str, text: &str| format!("{name:<12}{}\n", printable(text));
    let mut text = line(
        "guard",
        if document.holds { "holds: a Prisma typed in this shell runs behind it" } else { "does not hold here" },
    );
    text.push_str(&line(
        "variable",
        &match &document.variable {
            Some(value) => format!("{ENGINE_VARIABLE}={value}"),
            None => format!("{ENGINE_VARIABLE} is not set in this shell"),
        },
    ));
    let installed = if document.installed.is_empty() { "no way".to_owned() } else { document.installed.join(", ") };
    text.push_str(&line("installed", &installed));
    match &document.guard {
        Some(report) => {
            text.push_str(&line("program", &format!("prisma-safe-engine {}", report.prisma_safe_engine)));
            text.push_str(&line(
                "self-test",
                &if report.refused {
                    format!("refused {}", report.answer)
                } else {
                    format!("FAILED: {}", report.answer)
                },
            ));
            let engine = match (&report.real_engine, &report.real_engine_missing) {
                (Some(path), _) => path.display().to_string(),
                (None, Some(reason)) => format!("missing: {reason}"),
                (None, None) => "missing".to_owned(),
            };
            text.push_str(&line("real engine", &engine));
        }
        None => text
            .push_str(&line("self-test", "the program that the variable names is not the guard, or cannot be started")),
    }
    shell.data(&text);
    match (&document.guard, document.variable.is_some(), document.installed.is_empty()) {
        (Some(report), ..) if report.real_engine.is_none() => {
            for hint in crate::prisma::guard::real_engine::NoEngine::NotFound.hints() {
                shell.hint(&hint);
            }
        }
        (_, true, _) if document.holds => {}
        (None, true, _) => shell.hint("open a new shell, or `cargo prisma-safe guard install`"),
        (_, false, true) => {
            shell.hint("`cargo prisma-safe guard install`; commands of `cargo prisma-safe` run behind it anyway")
        }
        (_, false, false) => shell
            .hint("it is installed and not active in this shell: `direnv allow`, or use the package's `prisma` script"),
        (Some(_), true, _) => shell.hint("this is a fault of the guard itself: do not rely on it, and report it"),
    }
}
