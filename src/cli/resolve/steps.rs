//! Takes a way: asks, runs what has to run, lets Prisma write its mark, looks again, says what is true and what comes next.

use std::path::{Path, PathBuf};

use super::patient::Patient;
use super::{Args, confirm, nobody_at_work};
use crate::cli::Context;
use crate::database::script::run_script;
use crate::deploy::recovery::remedy::{self, Aim, Written};
use crate::deploy::recovery::{Diagnosis, RecoveryError, Seen, WayKind};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::prisma::guard::pin::{Permit, Pin};
use crate::prisma::{Command, Resolution};
use crate::report::recovery::json;
use crate::shell::{Shell, count, printable, single_spaced};

/// Takes one way out of one failed migration.
pub(super) fn take(
    args: &Args,
    context: &mut Context,
    mut patient: Patient,
    way: WayKind,
    name: &str,
) -> Result<ExitCode> {
    let resolution = match way {
        WayKind::Apply | WayKind::Finish => Resolution::Applied(name.to_owned()),
        WayKind::RollBack | WayKind::Retry | WayKind::Undo => Resolution::RolledBack(name.to_owned()),
    };
    // Finishing is for what failed, though its mark is that of an applied one.
    match way {
        WayKind::Finish => patient.check(&Resolution::RolledBack(name.to_owned()), false)?,
        _ => patient.check(&resolution, args.baseline)?,
    }
    nobody_at_work(&patient.target)?;
    let mut script = None;
    match way {
        WayKind::RollBack => warn_of_what_is_there(&mut context.shell, &patient, name),
        WayKind::Retry => is_true(&patient, name, WayKind::Retry, "--retry")?,
        WayKind::Apply => is_all_there(&mut context.shell, &patient, name, args.unchecked)?,
        WayKind::Finish => script = Some(scripted(args, context, &mut patient, name, Aim::Finish)?),
        WayKind::Undo => script = Some(scripted(args, context, &mut patient, name, Aim::Undo)?),
    }
    if script.is_none() {
        let what = match way {
            WayKind::Apply => format!("Mark `{}` as applied", printable(name)),
            _ => format!("Mark `{}` as rolled back", printable(name)),
        };
        ask(&mut context.shell, args, &patient, &what)?;
    }
    mark(context, &mut patient, &resolution)?;
    if let Some(path) = &script {
        remedy::put_aside(&patient.project.root, path);
    }
    say_next(&mut context.shell, &patient, &resolution, way);
    if args.format.is_json() {
        let state = if matches!(resolution, Resolution::Applied(_)) { "applied" } else { "rolled_back" };
        let script = script.map(|path| (slashed(&path), true));
        context.shell.document(&json::document(json::Told { resolved: Some((name, state)), script, ..patient.told() }));
    }
    let waits = !patient.failed.is_empty();
    drop(patient);
    if way == WayKind::Retry && !waits {
        return deploy(args, context);
    }
    Ok(ExitCode::Done)
}

/// Asks for the environment's name where the database is not a developer's own.
pub(super) fn ask(shell: &mut Shell, args: &Args, patient: &Patient, what: &str) -> Result<()> {
    let target = &patient.target;
    if args.yes || target.kind().is_dev() {
        return Ok(());
    }
    let question = format!("{what} in {}? Type the environment's name, `{}`", target.url().redacted(), target.name());
    Ok(shell.confirm_typed(&question, target.name(), "--yes")?)
}

/// Lets Prisma write its mark, and reads it back.
pub(super) fn mark(context: &mut Context, patient: &mut Patient, resolution: &Resolution) -> Result<()> {
    let environment = patient.target.name().to_owned();
    let permit = match resolution {
        Resolution::Applied(_) => Permit::MarkApplied,
        Resolution::RolledBack(_) => Permit::MarkRolledBack,
    };
    let pin = Pin::new(&environment, patient.target.kind()).allow(permit);
    patient.target.make_room();
    let command = Command::MigrateResolve(resolution.clone());
    crate::cli::prisma_run::run(context, patient.target.url(), pin, command)?;
    patient.look()?;
    confirm(&environment, resolution, &patient.history)
}

fn is_true(patient: &Patient, name: &str, way: WayKind, flag: &'static str) -> Result<(), RecoveryError> {
    let Some((diagnosis, ways)) = patient.of(name) else { return Ok(()) };
    if ways.iter().any(|one| one.way == way) {
        return Ok(());
    }
    let because = match way {
        WayKind::Retry if !diagnosis.is_untouched() => "a part of it is in the database, or may be".to_owned(),
        WayKind::Retry => "what the database said does not pass by itself".to_owned(),
        WayKind::Undo => "nothing that it did can be taken back by a program: there is no revert script, and not every statement has an opposite".to_owned(),
        WayKind::Finish if diagnosis.statements.is_empty() => "what is missing cannot be told".to_owned(),
        WayKind::Finish if diagnosis.is_all_done() => "nothing is missing".to_owned(),
        _ => "nothing of it is in the database: mend the file and deploy it".to_owned(),
    };
    Err(RecoveryError::NotTrue {
        flag,
        name: name.to_owned(),
        environment: patient.target.name().to_owned(),
        because,
        instead: ways.iter().map(|way| way.command.clone()).collect(),
    })
}

/// A migration that runs again over what is there fails again, unless its file was written for that.
fn warn_of_what_is_there(shell: &mut Shell, patient: &Patient, name: &str) {
    let Some((diagnosis, _)) = patient.of(name) else { return };
    let done: Vec<String> = diagnosis
        .effective()
        .filter(|statement| statement.is_done() == Some(true))
        .map(|statement| (statement.index + 1).to_string())
        .collect();
    if !done.is_empty() {
        shell.warn(&format!(
            "{} of `{}` {} done ({}): the next deploy runs the whole file again, so it has to bear that (`IF NOT EXISTS`)",
            count(done.len(), "statement"),
            printable(name),
            if done.len() == 1 { "is" } else { "are" },
            done.join(", ")
        ));
    }
    for leftover in &diagnosis.leftovers {
        shell.warn(&format!("an INVALID index is in the way of the next run: `{}`", printable(leftover)));
    }
}

fn is_all_there(shell: &mut Shell, patient: &Patient, name: &str, unchecked: bool) -> Result<(), RecoveryError> {
    let Some((diagnosis, _)) = patient.of(name) else { return Ok(()) };
    let missing = diagnosis.effective().find(|statement| statement.seen == Seen::NotDone);
    if let Some(missing) = missing {
        let missing = format!("statement {} (line {}): {}", missing.index + 1, missing.line, missing.says);
        if !unchecked {
            return Err(RecoveryError::NotAllThere {
                name: name.to_owned(),
                environment: patient.target.name().to_owned(),
                missing,
                partly: !diagnosis.is_untouched(),
            });
        }
        shell.warn(&format!("marked as applied although the catalogue says otherwise: {}", printable(&missing)));
    }
    for statement in diagnosis.effective().filter(|one| one.seen == Seen::CannotTell && one.ran != Some(true)) {
        shell.warn(&format!(
            "whether statement {} ran, nobody can tell: {}",
            statement.index + 1,
            printable(&statement.text)
        ));
    }
    Ok(())
}

/// Writes the script, shows it, asks, runs it, and looks whether it did what it should.
fn scripted(args: &Args, context: &mut Context, patient: &mut Patient, name: &str, aim: Aim) -> Result<PathBuf> {
    let way = if aim == Aim::Finish { WayKind::Finish } else { WayKind::Undo };
    is_true(patient, name, way, aim.flag())?;
    let environment = patient.target.name().to_owned();
    let Some((diagnosis, _)) = patient.of(name) else { return Ok(PathBuf::new()) };
    let written = remedy::write(&patient.project.root, &environment, aim, diagnosis)?;
    let shell = &mut context.shell;
    let verb = if written.was_there { "Script" } else { "Wrote" };
    shell.status(verb, &printable(&slashed(&written.path)));
    for line in printable(&written.text).lines() {
        shell.note(&format!("    {line}"));
    }
    if let Err(not_yet) = agree(args, shell, patient, name, aim, &written) {
        if args.format.is_json() {
            let script = Some((slashed(&written.path), false));
            shell.document(&json::document(json::Told { script, ..patient.told() }));
        }
        return Err(not_yet);
    }
    run(shell, patient, name, aim, &written)?;
    Ok(written.path)
}

/// Nobody but a reader may let it run: on a terminal by an answer, in a script by a second call.
fn agree(args: &Args, shell: &mut Shell, patient: &Patient, name: &str, aim: Aim, written: &Written) -> Result<()> {
    let environment = patient.target.name();
    let to_be_read = || RecoveryError::ToBeRead {
        file: written.path.clone(),
        command: format!("cargo prisma-safe resolve --env {environment} {} {name} --yes", aim.flag()),
        undecided: written.is_undecided(),
    };
    if written.is_undecided() {
        return Err(to_be_read().into());
    }
    let is_dev = patient.target.kind().is_dev();
    match (args.yes, shell.can_ask()) {
        (true, _) if written.was_there || is_dev => Ok(()),
        (true, _) | (false, false) => Err(to_be_read().into()),
        (false, true) if is_dev => Ok(shell.confirm(&format!("Run it on `{environment}`?"), "--yes")?),
        (false, true) => {
            let place = patient.target.url().redacted();
            let question = format!("Run it on {place}? Type the environment's name, `{environment}`");
            Ok(shell.confirm_typed(&question, environment, "--yes")?)
        }
    }
}

fn run(shell: &mut Shell, patient: &mut Patient, name: &str, aim: Aim, written: &Written) -> Result<()> {
    let target = &mut patient.target;
    let again = format!("cargo prisma-safe resolve --env {}", target.name());
    let (statements, together) = remedy::statements(target.url().provider(), &written.text)?;
    let how = if together { "in one transaction" } else { "one by one" };
    shell.status("Running", &format!("{} {how}", count(statements.len(), "statement")));
    let lock_timeout = target.environment().lock_timeout.as_ref().map(|set| set.value);
    target.make_room();
    if let Err(halt) = run_script(target.url(), &statements, together, lock_timeout) {
        let place = halt.statement.map_or_else(
            || "before its first statement".to_owned(),
            |at| format!("at its statement {} of {}: {}", at + 1, statements.len(), shortened(&statements[at])),
        );
        let cause = Box::new(halt.error);
        return Err(RecoveryError::Stopped { place, all_undone: halt.all_undone, again, cause }.into());
    }
    patient.look()?;
    let Some((after, _)) = patient.of(name) else { return Ok(()) };
    match wrong(after, aim) {
        Some(what) => Err(RecoveryError::NotReached { what, again }.into()),
        None => Ok(()),
    }
}

/// What the catalogue still shows otherwise than the script should have left it.
fn wrong(after: &Diagnosis, aim: Aim) -> Option<String> {
    let other = after.effective().find(|statement| match aim {
        Aim::Finish => statement.seen == Seen::NotDone,
        Aim::Undo => statement.seen == Seen::Done && !statement.was_there_before(),
    });
    let word = if aim == Aim::Finish { "still not done" } else { "still there" };
    let statement = other.map(|one| format!("statement {} is {word}: {}", one.index + 1, one.says));
    statement.or_else(|| after.leftovers.first().map(|sql| format!("an INVALID index is still there: `{sql}`")))
}

fn shortened(sql: &str) -> String {
    const WIDTH: usize = 80;
    let line = single_spaced(sql);
    let line = printable(&line).into_owned();
    if line.chars().count() > WIDTH { line.chars().take(WIDTH).collect::<String>() + "…" } else { line }
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn say_next(shell: &mut Shell, patient: &Patient, resolution: &Resolution, way: WayKind) {
    let environment = patient.target.name();
    let (Resolution::Applied(name) | Resolution::RolledBack(name)) = resolution;
    let name = printable(name);
    let state = if matches!(resolution, Resolution::Applied(_)) { "applied" } else { "rolled back" };
    shell.status("Resolved", &format!("{name} is marked as {state} in `{environment}`, read back from its ledger"));
    if !patient.failed.is_empty() {
        let left = count(patient.failed.len(), "failed migration");
        shell.hint(&format!("{left} left; next: `cargo prisma-safe resolve --env {environment}`"));
        return;
    }
    match way {
        WayKind::RollBack | WayKind::Undo => {
            shell.hint(&format!("mend `{name}/migration.sql`, then: `cargo prisma-safe deploy --env {environment}`"));
        }
        WayKind::Apply | WayKind::Finish => {
            shell.hint(&format!("go on: `cargo prisma-safe deploy --env {environment}`"));
        }
        WayKind::Retry => {}
    }
}

/// The same as `deploy`, which asks and judges for itself.
fn deploy(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let yes = if args.yes { &["--yes"][..] } else { &[] };
    let words = ["cargo-prisma-safe", "deploy"].into_iter().chain(yes.iter().copied());
    let parsed = <crate::cli::Cli as clap::Parser>::try_parse_from(words);
    match parsed.map(|cli| cli.command) {
        Ok(command) => command.run(context),
        Err(error) => Err(crate::cli::CliError::usage(&error.to_string()).into()),
    }
}
