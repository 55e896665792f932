//! `deploy` to an environment that is many databases: what is shown, asked and kept of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Context;
use super::deploy::{Args, print_sql, show_planned};
use crate::deploy::fleet::{self, Counts, FleetError, Looked, Outcome, Progress, Record, Summary};
use crate::deploy::gates::{self, Verdict};
use crate::deploy::receipt::{self, Who};
use crate::deploy::release::Wanted;
use crate::deploy::{DeployError, Planned, plan_hash};
use crate::environment::source::Sources;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::fleet as report;
use crate::settings::EnvironmentSettings;
use crate::shell::{Shell, count, printable};

/// Failed databases whose errors are shown; the receipt and the JSON document have all of them.
const SHOWN: usize = 8;
/// Names in one line.
const NAMED: usize = 5;

/// Runs the command.
///
/// # Errors
/// When the list cannot be had, too many of its databases are blocked or unreachable, the user says no, or not all of them are done.
pub(super) fn run(
    args: &Args,
    environment: &EnvironmentSettings,
    wanted: &Wanted,
    context: &mut Context,
) -> Result<ExitCode> {
    let started_at = Timestamp::now();
    let (settings, project) = (context.settings()?, context.project()?);
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let name = environment.name.value.as_str();
    if !wanted.dry_run
        && wanted.plan.is_none()
        && !environment.kind.value.is_dev()
        && let Some(agent) = crate::prisma::agents::detect(&variables)
    {
        // Each database gets the plan of its own first look, so that only this question can be asked for all of them.
        return Err(DeployError::AgentNeedsPlan { environment: name.to_owned(), agent }.into());
    }
    let all = sources.tenants(environment)?;
    let names: Vec<String> = all.iter().map(|tenant| tenant.name.clone()).collect();
    let from = all.first().map_or_else(String::new, |tenant| tenant.found.provenance.to_string());
    let chosen = fleet::choose(name, all, &args.only)?;
    let chosen_names: Vec<String> = chosen.iter().map(|tenant| tenant.name.clone()).collect();
    let canary = fleet::canary(environment, &names, &chosen_names)?;
    let shell = &mut context.shell;
    let of = if chosen.len() == names.len() { String::new() } else { format!(" of {}", names.len()) };
    let what = format!("{} ({}): {}{of} ({from})", name, environment.kind.value, count(chosen.len(), "database"));
    shell.status("Target", &printable(&what));

    let looked = fleet::look(&sources, chosen, wanted);
    let hash = plan_hash::of_many(name, looked.iter().map(|one| (one.tenant.name.as_str(), one.hash())));
    let mut told = Told {
        environment: name,
        by: Who::of(&variables),
        started_at,
        hash: &hash,
        json: args.format.is_json(),
        receipt: None,
        dry_run: args.dry_run,
    };
    show_verdicts(shell, &looked);
    let planned = show_plan(shell, &looked, args.dry_run);
    if args.dry_run {
        shell.status("Hash", &hash);
    }
    let limits = Limits::of(environment);
    let checked = check(name, &looked, canary, &limits).and_then(|()| same_plan(args, name, &hash));
    let ready = looked.iter().filter(|one| one.is_ready()).count();
    if args.dry_run || checked.is_err() || ready == 0 {
        let records = fleet::records(&looked, args.dry_run);
        told.print(shell, &records);
        if args.dry_run && !told.json {
            print_sql(shell, planned.iter().copied());
        }
        checked?;
        return finish(shell, name, &records, &limits, args.dry_run);
    }
    ask(shell, args, environment, ready)?;
    shell.status("Canary", &chosen_names.get(canary).map_or_else(String::new, |name| printable(name).into_owned()));
    let mut over = 0;
    let records =
        fleet::run(&sources, looked, canary, (limits.parallel, limits.max_failures), wanted, &mut |progress| {
            show(shell, progress, &mut over, ready);
        });
    told.receipt = keep(shell, &project.root, &told, &records);
    told.print(shell, &records);
    finish(shell, name, &records, &limits, false)
}

/// How many at once, and how many may fail.
struct Limits {
    parallel: usize,
    max_failures: usize,
    /// The second one in words, with who says so.
    text: String,
}

impl Limits {
    fn of(environment: &EnvironmentSettings) -> Self {
        let fleet = environment.fleet.clone().unwrap_or_default();
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let most = match fleet.max_failures.value {
            0 => "none".to_owned(),
            some => format!("no more than {some}"),
        };
        let text = format!("{most} (`max-failures = {}`, {})", fleet.max_failures.value, fleet.max_failures.origin);
        Limits { parallel: number(fleet.parallel.value), max_failures: number(fleet.max_failures.value), text }
    }
}

/// Decides whether anything is run at all.
fn check(environment: &str, looked: &[Looked], canary: usize, limits: &Limits) -> Result<()> {
    let bad = looked.iter().filter(|one| one.is_bad()).count();
    let canary = looked.get(canary).is_some_and(Looked::is_bad);
    if bad <= limits.max_failures && !canary {
        return Ok(());
    }
    let records = fleet::records(looked, true);
    Err(FleetError::NotBegun {
        environment: environment.to_owned(),
        counts: Counts::of(&records),
        canary,
        limit: limits.text.clone(),
        exit: fleet::worst(&records),
    }
    .into())
}

fn same_plan(args: &Args, environment: &str, hash: &str) -> Result<()> {
    match &args.plan {
        Some(approved) if !approved.trim().eq_ignore_ascii_case(hash) => {
            Err(DeployError::OtherPlan { environment: environment.to_owned(), now: hash.to_owned() }.into())
        }
        _ => Ok(()),
    }
}

/// Each gate once: in how many databases it says the same, and what, for example.
fn show_verdicts(shell: &mut Shell, looked: &[Looked]) {
    let judged: Vec<(&str, &Verdict)> = looked
        .iter()
        .filter_map(|one| Some((one.tenant.name.as_str(), one.found.as_ref().ok()?)))
        .filter(|(_, found)| !found.is_idle || found.blocked.is_some())
        .flat_map(|(name, found)| found.assessment.verdicts.iter().map(move |verdict| (name, verdict)))
        .collect();
    for gate in gates::GATES {
        for outcome in [gates::Outcome::Pass, gates::Outcome::Warn, gates::Outcome::Block] {
            let same: Vec<_> = judged
                .iter()
                .filter(|(_, verdict)| verdict.gate == gate.name() && verdict.outcome == outcome)
                .collect();
            let Some((first, verdict)) = same.first() else { continue };
            let number = count(same.len(), "database");
            let evidence = printable(&verdict.evidence);
            let example = if same.iter().all(|(_, other)| other.evidence == verdict.evidence) {
                evidence.into_owned()
            } else {
                format!("`{first}`: {evidence}")
            };
            match outcome {
                gates::Outcome::Pass => shell.status("Gate", &format!("{} passes in {number}", gate.name())),
                gates::Outcome::Warn => {
                    shell.warn(&format!("gate {} in {number}: {example}", gate.name()));
                    if let Some(hint) = &verdict.hint {
                        shell.hint(&printable(hint));
                    }
                }
                gates::Outcome::Block => {
                    let names = some(same.iter().map(|(name, _)| *name));
                    shell.warn(&format!("gate {} blocks in {number} ({names}): {example}", gate.name()));
                }
            }
        }
    }
}

/// The migrations that are pending anywhere, each once, in Prisma's order.
fn show_plan<'l>(shell: &mut Shell, looked: &'l [Looked], dry_run: bool) -> Vec<&'l Planned> {
    let mut planned: BTreeMap<&str, (&Planned, usize)> = BTreeMap::new();
    for found in looked.iter().filter(|one| one.is_ready()).filter_map(|one| one.found.as_ref().ok()) {
        for migration in &found.assessment.plan.migrations {
            planned.entry(&migration.name).or_insert((migration, 0)).1 += 1;
        }
    }
    let ready = looked.iter().filter(|one| one.is_ready()).count();
    let verb = if dry_run { "Would apply" } else { "Plan" };
    shell.status(verb, &format!("{} in {}", count(planned.len(), "migration"), count(ready, "database")));
    for (migration, databases) in planned.values() {
        let only = if *databases == ready { String::new() } else { format!(" · in {databases} of them") };
        show_planned(shell, migration, &only);
    }
    planned.into_values().map(|(migration, _)| migration).collect()
}

fn ask(shell: &mut Shell, args: &Args, environment: &EnvironmentSettings, ready: usize) -> Result<()> {
    if args.yes {
        return Ok(());
    }
    let (name, what) = (&environment.name.value, count(ready, "database"));
    if environment.kind.value.is_dev() {
        shell.confirm(&format!("Deploy to {what} of `{name}`?"), "--yes")?;
    } else {
        shell.confirm_typed(&format!("Deploy to {what}? Type the environment's name, `{name}`"), name, "--yes")?;
    }
    Ok(())
}

fn show(shell: &mut Shell, progress: Progress<'_>, over: &mut usize, ready: usize) {
    match progress {
        Progress::Began { name } => shell.detail(&format!("             {}: its turn", printable(name))),
        Progress::Note { name, text, is_warning: true } => shell.warn(&printable(&format!("{name}: {text}"))),
        Progress::Note { name, text, is_warning: false } => {
            shell.detail(&format!("             {}", printable(&format!("{name}: {text}"))));
        }
        Progress::Ended(record) => {
            *over += 1;
            let name = printable(&record.name);
            let what = match record.result {
                Outcome::Applied => count(record.applied.len(), "migration"),
                Outcome::NothingPending => "somebody else was quicker, nothing is pending".to_owned(),
                _ => record.error.as_ref().map_or_else(String::new, |said| printable(&said.message).into_owned()),
            };
            let verb = if record.error.is_some() { "Failed" } else { "Deployed" };
            shell.status(verb, &format!("{name}: {what} ({:.1} s, {over} of {ready})", record.seconds));
        }
    }
}

/// What every form of output tells beside the databases.
struct Told<'a> {
    environment: &'a str,
    by: Who,
    started_at: Timestamp,
    hash: &'a str,
    json: bool,
    receipt: Option<String>,
    dry_run: bool,
}

impl Told<'_> {
    fn summary<'s>(&'s self, records: &'s [Record]) -> Summary<'s> {
        Summary {
            schema_version: 1,
            environment: self.environment,
            prisma_safe: env!("CARGO_PKG_VERSION"),
            by: self.by.clone(),
            started_at: self.started_at,
            finished_at: Timestamp::now(),
            plan: self.hash,
            dry_run: self.dry_run,
            counts: Counts::of(records),
            tenants: records,
            receipt: self.receipt.as_deref(),
        }
    }

    fn print(&self, shell: &mut Shell, records: &[Record]) {
        if self.json {
            shell.document(&self.summary(records));
        } else {
            shell.data(&report::table(records));
        }
    }
}

/// The summary's receipt, beside those of the databases. What it tells is done, so one that cannot be written is a warning.
fn keep(shell: &mut Shell, project: &std::path::Path, told: &Told<'_>, records: &[Record]) -> Option<String> {
    match receipt::write_as(project, "fleet", told.environment, told.started_at, &told.summary(records)) {
        Ok(path) => {
            let shown = path.to_string_lossy().replace('\\', "/");
            shell.status("Receipt", &shown);
            Some(shown)
        }
        Err(error) => {
            shell.warn(&format!("what is done is done, and the summary could not be written: {error}"));
            shell.hint(&format!("`cargo prisma-safe status --env {}` reads the ledgers themselves", told.environment));
            None
        }
    }
}

/// Those that are not done with their next commands, then the sum.
fn finish(
    shell: &mut Shell,
    environment: &str,
    records: &[Record],
    limits: &Limits,
    dry_run: bool,
) -> Result<ExitCode> {
    let counts = Counts::of(records);
    let wrong: Vec<_> = records.iter().filter_map(|record| Some((record, record.error.as_ref()?))).collect();
    for (record, said) in wrong.iter().take(SHOWN) {
        shell.warn(&printable(&format!("{} {}: {}", record.name, record.result.words(), said.message)));
        for hint in &said.hints {
            shell.hint(&printable(hint));
        }
    }
    if wrong.len() > SHOWN {
        shell.warn(&format!("and {} more: `--format json` and the receipt have all of them", wrong.len() - SHOWN));
    }
    if dry_run || counts.bad() + counts.not_begun == 0 {
        let idle = match counts.nothing_pending {
            0 => String::new(),
            some => format!(", nothing was pending in {some}"),
        };
        let text = match (dry_run, counts.applied) {
            (true, _) => format!("{} of {} would be deployed{idle}", counts.ready, count(counts.all(), "database")),
            (false, 0) => {
                format!("nothing is pending in any of {} of `{environment}`", count(counts.all(), "database"))
            }
            (false, applied) => {
                format!("{} of `{environment}` deployed, by their own ledgers{idle}", count(applied, "database"))
            }
        };
        shell.status("Finished", &text);
        return Ok(ExitCode::Done);
    }
    Err(FleetError::NotDone {
        environment: environment.to_owned(),
        counts,
        limit: limits.text.clone(),
        exit: fleet::worst(records),
    }
    .into())
}

/// A few names and how many more.
fn some<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.collect();
    let mut text = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    printable(&text).into_owned()
}
