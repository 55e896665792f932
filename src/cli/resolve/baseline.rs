//! `resolve --baseline`: a database with tables and without a history (P3005) gets the marks of the migrations that it really contains.

use super::patient::Patient;
use super::{Args, nobody_at_work, steps};
use crate::cli::Context;
use crate::deploy::recovery::RecoveryError;
use crate::deploy::recovery::baseline::{Comparison, compare};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::history::{History, State};
use crate::prisma::Resolution;
use crate::report::recovery::json::{self, BaselineTold};
use crate::shell::{count, printable};

pub(super) fn run(args: &Args, context: &mut Context, mut patient: Patient) -> Result<ExitCode> {
    patient.lock()?;
    patient.look()?;
    nobody_at_work(&patient.target)?;
    let environment = patient.target.name().to_owned();
    let none = |because: String| RecoveryError::NoBaseline { environment: environment.clone(), because };
    if let Some((failed, _)) = patient.failed.first() {
        return Err(none(format!("`{}` has failed there, which comes first", failed.name)).into());
    }
    if patient.history.entries.iter().all(|entry| !is_open(&patient.history, &entry.name)) {
        return Err(none("every migration is in its history already".to_owned()).into());
    }
    let catalogue = patient.catalogue().map_err(none)?;
    context.shell.status(
        "Comparing",
        &format!(
            "`{environment}` with {} on a throwaway database",
            count(patient.folder.migrations.len(), "migration")
        ),
    );
    let schema = patient.target.survey().server.schema.clone();
    let provider = patient.target.url().provider();
    let found = compare(provider, patient.prisma, schema.as_deref(), &patient.folder, catalogue.snapshot())?;
    match found {
        Comparison::Same { contained, rows_only } => mark_all(args, context, patient, &contained, &rows_only),
        Comparison::Other { nearest, differences } => {
            let nearest = nearest.unwrap_or_else(|| "nothing, an empty database".to_owned());
            if args.format.is_json() {
                let told = BaselineTold {
                    contained: &[],
                    rows_only: &[],
                    marked: &[],
                    nearest: Some(&nearest),
                    differences: &differences,
                };
                context.shell.document(&json::document(json::Told { baseline: Some(told), ..patient.told() }));
            } else {
                let lines: String = differences.iter().map(|one| format!("  - {}\n", printable(one))).collect();
                context.shell.data(&format!("after `{}` the database differs in:\n{lines}", printable(&nearest)));
            }
            Err(RecoveryError::OtherSchema { environment, nearest, differences }.into())
        }
        Comparison::DoesNotRun { name, said } => {
            Err(none(format!("`{name}` does not run on an empty database (as in P3006): {said}")).into())
        }
    }
}

/// Whether it waits for a mark.
fn is_open(history: &History, name: &str) -> bool {
    history.get(name).is_some_and(|entry| matches!(entry.state, State::Pending | State::OutOfOrder))
}

fn mark_all(
    args: &Args,
    context: &mut Context,
    mut patient: Patient,
    contained: &[String],
    rows_only: &[String],
) -> Result<ExitCode> {
    let environment = patient.target.name().to_owned();
    let open = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| is_open(&patient.history, name)).cloned().collect()
    };
    let (to_mark, unclear) = (open(contained), open(rows_only));
    let shell = &mut context.shell;
    for name in &to_mark {
        shell.note(&format!("             {} is in the database", printable(name)));
    }
    if to_mark.is_empty() {
        let because = "its tables are those of the migrations that its history has already".to_owned();
        return Err(RecoveryError::NoBaseline { environment, because }.into());
    }
    let what = format!(
        "Mark {} as applied, without running {}",
        count(to_mark.len(), "migration"),
        if to_mark.len() == 1 { "it" } else { "them" }
    );
    steps::ask(shell, args, &patient, &what)?;
    for name in &to_mark {
        let resolution = Resolution::Applied(name.clone());
        patient.check(&resolution, true)?;
        steps::mark(context, &mut patient, &resolution)?;
        context.shell.status("Marked", &format!("{} as applied", printable(name)));
    }
    let shell = &mut context.shell;
    shell.status(
        "Finished",
        &format!(
            "{} of `{environment}` marked as applied, read back from its ledger",
            count(to_mark.len(), "migration")
        ),
    );
    for name in &unclear {
        shell.warn(&format!(
            "`{}` changes rows only: whether it ran, no catalogue tells, and the next deploy runs it",
            printable(name)
        ));
        shell.hint(&format!(
            "if it has run: `cargo prisma-safe resolve --env {environment} --applied {name} --baseline`"
        ));
    }
    shell.hint(&format!("go on: `cargo prisma-safe deploy --env {environment}`"));
    if args.format.is_json() {
        let told = BaselineTold { contained, rows_only, marked: &to_mark, nearest: None, differences: &[] };
        shell.document(&json::document(json::Told { baseline: Some(told), ..patient.told() }));
    }
    Ok(ExitCode::Done)
}
