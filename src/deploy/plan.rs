//! What a deploy would run.

use super::plan_checks::{self, DataCheck};
use super::plan_locks::{self, TableLock};
use super::steps::{self, ClosingStep, OpeningStep};
use crate::history::History;
use crate::migrations::{Checksum, MigrationsFolder};
use crate::project::Provider;
use crate::sql::analysis::{self, Destroyed, Destruction, Judgement, Phase, PrismaVersion};
use crate::sql::history_state::{State, walk};
use crate::sql::model::Script;
use crate::sql::{self, ServerVersion};

/// The migrations that a deploy would run, in Prisma's order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// In order.
    pub migrations: Vec<Planned>,
    /// What every migration on disk brings, those that would run among them, in order.
    pub opened: Vec<(String, Vec<OpeningStep>)>,
}

/// One migration of a plan.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The folder's name.
    pub name: String,
    /// The script as text. Bytes that are not UTF-8 are shown as U+FFFD, as Prisma itself would read them.
    pub sql: String,
    /// What the ledger will say.
    pub checksum: Checksum,
    /// Statements in it, and how many of them were understood.
    pub statements: (usize, usize),
    /// Expand, migrate, contract, or a mixture.
    pub phase: Phase,
    /// What it destroys, as far as the text tells.
    pub destructions: Vec<Destruction>,
    /// What it takes away, renames or tightens.
    pub closes: Vec<ClosingStep>,
    /// The migrations that its `contract-of` directives name.
    pub contract_of: Vec<String>,
    /// What its statements lock, in order.
    pub locks: Vec<TableLock>,
    /// Questions about the rows that decide whether it can succeed.
    pub checks: Vec<DataCheck>,
}

impl Planned {
    /// A script, judged.
    #[must_use]
    pub fn new(name: &str, script: &Script, judgement: Judgement) -> Self {
        let (understood, all) = script.coverage();
        Planned {
            name: name.to_owned(),
            checksum: Checksum::of(script.text.as_bytes()),
            sql: script.text.clone(),
            statements: (all, understood),
            phase: judgement.phase,
            closes: steps::closing(script, &judgement),
            contract_of: steps::named(script),
            destructions: judgement.destructions,
            locks: Vec::new(),
            checks: Vec::new(),
        }
    }
}

impl Plan {
    /// The plan for a folder and its history. Scripts that cannot be read are left out: the history gate blocks on them.
    #[must_use]
    pub fn new(
        provider: Provider,
        folder: &MigrationsFolder,
        history: &History,
        prisma: Option<PrismaVersion>,
    ) -> Self {
        Self::for_server(provider, folder, history, prisma, None)
    }

    /// The same for a server whose version is known: older ones lock harder.
    #[must_use]
    pub fn for_server(
        provider: Provider,
        folder: &MigrationsFolder,
        history: &History,
        prisma: Option<PrismaVersion>,
        server: Option<ServerVersion>,
    ) -> Self {
        let mut state = State::new(provider);
        let (mut migrations, mut opened, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for migration in &folder.migrations {
            let Ok(bytes) = &migration.script else { continue };
            let pending = history.get(&migration.name).is_some_and(crate::history::Entry::would_apply);
            let text = String::from_utf8_lossy(bytes).into_owned();
            let Ok(script) = sql::read(provider, text.as_bytes()) else { continue };
            let judgement = analysis::judge(&script, &state, prisma);
            opened.push((migration.name.clone(), steps::opening(&script, &judgement)));
            if pending {
                migrations.push(Planned::new(&migration.name, &script, judgement));
            }
            if !pending {
                walk(&mut state, &migration.name, false, &script, |_| {});
                continue;
            }
            let numbers = plan_locks::transactions_of(&script, prisma);
            let (mut locks, mut checks) = (Vec::new(), Vec::new());
            walk(&mut state, &migration.name, true, &script, |context| {
                let transaction = numbers.get(context.statement.index).copied().unwrap_or_default();
                locks.extend(plan_locks::of(&context, server, transaction));
                checks.extend(plan_checks::of(&context, &migration.name, &changed));
                plan_checks::written(&context, &mut changed);
            });
            if let Some(planned) = migrations.last_mut() {
                (planned.locks, planned.checks) = (locks, checks);
            }
        }
        Plan { migrations, opened }
    }

    /// Nothing to run.
    #[must_use]
    pub fn nothing() -> Self {
        Plan { migrations: Vec::new(), opened: Vec::new() }
    }

    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.migrations.iter().map(|planned| planned.name.clone()).collect()
    }
}

/// What is lost, in words: `drops the column `User`.`name``.
#[must_use]
pub fn loss(destruction: &Destruction) -> String {
    let name = match (&destruction.name, &destruction.column) {
        (Some(name), Some(column)) => format!(" `{name}`.`{column}`"),
        (Some(name), None) => format!(" `{name}`"),
        (None, Some(column)) => format!(" `{column}`"),
        (None, None) => String::new(),
    };
    match destruction.what {
        Destroyed::Table => format!("drops the table{name} with its rows"),
        Destroyed::Column => format!("drops the column{name} with its values"),
        Destroyed::Schema => format!("drops{name} with everything in it"),
        Destroyed::Partition => format!("drops the partition{name} with its rows"),
        Destroyed::Rows => format!("deletes rows of{name}"),
        Destroyed::Values => format!("overwrites values of{name}"),
        Destroyed::Cast => format!("changes the type of{name}: values can be lost or refused"),
        Destroyed::PrimaryKey => format!("changes the primary key of{name}"),
        Destroyed::EnumValues => format!("removes values of the enum{name}"),
        Destroyed::Unknown => "may destroy anything: a statement was not understood".to_owned(),
    }
}

/// The word for a phase.
#[must_use]
pub const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Migrate => "migrate",
        Phase::Contract => "contract",
        Phase::Mixed => "mixed",
        Phase::Neutral => "neutral",
    }
}
