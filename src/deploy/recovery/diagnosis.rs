//! One failed migration: what the ledger, the way it was sent and the catalogue say together.

use jiff::Timestamp;

use super::catalogue::Catalogue;
use super::effects::{self, Claim, Seen};
use super::failure::Failure;
use super::remedy::{self, Piece};
use super::rows::{self, Query};
use super::{causes, units};
use crate::history::Entry;
use crate::migrations::Migration;
use crate::project::Provider;
use crate::shell::single_spaced;
use crate::sql;
use crate::sql::analysis::{self, AfterFailure, Atomicity, PrismaVersion};
use crate::sql::history_state::State;
use crate::sql::model::{Action, Script};

/// What a diagnosis is made of.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The database.
    pub provider: Provider,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
    /// The failed migration, joined with the ledger.
    pub entry: &'a Entry,
    /// Its folder; `None`: not on disk here.
    pub migration: Option<&'a Migration>,
    /// What is in the database, or why that cannot be read.
    pub catalogue: Result<&'a Catalogue, &'a str>,
}

/// Whether what had run before the failure was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atomic {
    /// All or nothing.
    Whole(String),
    /// What stood before the failing statement stays.
    Parts(String),
    /// It cannot be told.
    Unclear(String),
}

/// One statement of the migration.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its text on one line, cut.
    pub text: String,
    /// What the catalogue says.
    pub seen: Seen,
    /// Why, for people.
    pub says: String,
    /// Whether it ran and stayed, by the error and the way the file was sent; `None`: these do not tell.
    pub ran: Option<bool>,
    /// A query that tells, where the catalogue does not.
    pub query: Option<Query>,
    /// A second run changes nothing that the first did not.
    pub repeatable: bool,
    pub(super) claims: Vec<Claim>,
}

impl Statement {
    /// Whether its effect is there: by the catalogue, else by the error. `None`: nobody knows, or it has none.
    #[must_use]
    pub fn is_done(&self) -> Option<bool> {
        match self.seen {
            Seen::Done => Some(true),
            Seen::NotDone => Some(false),
            Seen::CannotTell => self.ran,
            Seen::NoEffect => None,
        }
    }

    /// Its effect is there, and not by this migration.
    #[must_use]
    pub fn was_there_before(&self) -> bool {
        self.seen == Seen::Done && self.ran == Some(false)
    }

    /// Whether this migration did it, as far as that is known.
    #[must_use]
    pub fn is_done_by_it(&self) -> bool {
        self.is_done() == Some(true) && !self.was_there_before()
    }
}

/// One failed migration, understood.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// Its name.
    pub name: String,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// The file, when it is there and can be read; else why not.
    pub script: Result<Script, String>,
    /// The path of the file, for people.
    pub file: String,
    /// SHA-256 of the file.
    pub checksum: String,
    /// The file is not what was run.
    pub edited: bool,
    /// The database's error; `None`: none is recorded.
    pub failure: Option<Failure>,
    /// The statement that failed, by index.
    pub failed_at: Option<usize>,
    /// Whether it was all or nothing.
    pub atomic: Atomic,
    /// All statements; empty when the file or the catalogue cannot be read.
    pub statements: Vec<Statement>,
    /// Why the catalogue could not be asked.
    pub blind: Option<String>,
    /// Indexes that are there and INVALID: the statement that drops each.
    pub leftovers: Vec<String>,
    /// The script that runs what is missing.
    pub finish: Vec<Piece>,
    /// The script that takes back what is done; empty: there is none.
    pub undo: Vec<Piece>,
    /// What the error means, in sentences.
    pub causes: Vec<String>,
}

impl Diagnosis {
    /// Statements that leave something behind.
    pub fn effective(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.seen != Seen::NoEffect)
    }

    /// Whether the catalogue and the error together know of every statement.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        !self.statements.is_empty() && self.effective().all(|statement| statement.is_done().is_some())
    }

    /// Every effect is there.
    #[must_use]
    pub fn is_all_done(&self) -> bool {
        self.is_certain() && self.effective().all(|statement| statement.is_done() == Some(true))
    }

    /// No effect is there by this migration, and nothing of it is in doubt.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        let nothing = self.effective().all(|s| s.is_done() == Some(false) || s.was_there_before());
        self.leftovers.is_empty() && self.is_certain() && nothing
    }

    /// Whether the file has a `BEGIN` of its own.
    #[must_use]
    pub fn has_own_transaction(&self) -> bool {
        let begins = |script: &Script| script.operations().any(|(_, operation)| operation.action == Action::Begin);
        self.script.as_ref().is_ok_and(begins)
    }

    /// Whether the file is all or nothing.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        matches!(self.atomic, Atomic::Whole(_))
    }
}

/// Understands one failed migration. Pure over what was read.
#[must_use]
pub fn diagnose(case: &Case<'_>) -> Diagnosis {
    let entry = case.entry;
    let script = read(case);
    let edited = entry.edited == Some(true);
    let mut failure = entry.logs.as_deref().zip(entry.reason()).map(|(logs, said)| Failure::read(logs, &said));
    if case.provider == Provider::Sqlite
        && let Some(failure) = &mut failure
    {
        // Its result codes say less than its words, and could be taken for MySQL's.
        failure.code = None;
    }
    let mut diagnosis = Diagnosis {
        name: entry.name.clone(),
        started_at: entry.started_at,
        file: case.migration.map_or_else(String::new, |migration| {
            crate::settings::shown(&migration.script_path()).display().to_string()
        }),
        checksum: case.migration.and_then(|m| m.checksum.as_ref()).map(ToString::to_string).unwrap_or_default(),
        script: Err(String::new()),
        edited,
        failure,
        failed_at: None,
        atomic: Atomic::Unclear("the file that was run is not here".to_owned()),
        statements: Vec::new(),
        blind: case.catalogue.err().map(str::to_owned),
        leftovers: Vec::new(),
        finish: Vec::new(),
        undo: Vec::new(),
        causes: Vec::new(),
    };
    if let Ok(script) = &script {
        fill(&mut diagnosis, case, script);
    }
    diagnosis.script = script;
    diagnosis.causes = causes::explain(case, &diagnosis);
    diagnosis
}

fn read(case: &Case<'_>) -> Result<Script, String> {
    let Some(migration) = case.migration else {
        return Err("it is not in the migrations folder here".to_owned());
    };
    let bytes = migration.script.as_ref().map_err(|problem| format!("it {problem}"))?;
    sql::read(case.provider, bytes).map_err(|error| error.to_string())
}

fn fill(diagnosis: &mut Diagnosis, case: &Case<'_>, script: &Script) {
    let split = analysis::is_split(script, case.prisma);
    let units = units::of(script, split);
    let whole = script.provider == Provider::Postgresql && !split;
    let after = analysis::judge(script, &State::new(script.provider), case.prisma).after_failure;
    let as_run = diagnosis.failure.as_ref().filter(|_| !diagnosis.edited);
    diagnosis.failed_at = as_run.and_then(|failure| failure.statement(script, whole));
    if let Ok(catalogue) = case.catalogue {
        diagnosis.statements = look(script, catalogue, &units);
        if let (None, Some(failure)) = (diagnosis.failed_at, as_run) {
            diagnosis.failed_at = failure.named(script, &candidates(&diagnosis.statements, failure.says_exists()));
        }
        by_the_error(diagnosis, &units, &after);
        diagnosis.leftovers = leftovers(script, catalogue);
        diagnosis.finish = remedy::finish(script, diagnosis);
        diagnosis.undo = remedy::undo(case, script, &diagnosis.statements, &diagnosis.leftovers);
    }
    let concurrently = diagnosis.failed_at.and_then(|at| script.statements.get(at)).is_some_and(is_concurrent);
    diagnosis.atomic = match diagnosis.failed_at.and_then(|at| after.get(at)) {
        _ if concurrently => Atomic::Parts("`CONCURRENTLY` works in several transactions of its own".to_owned()),
        Some(one) => atomic(std::iter::once(one), case.prisma),
        None => atomic(after.iter(), case.prisma),
    };
}

/// What the catalogue says of each statement, made consistent with their order.
pub(super) fn look(script: &Script, catalogue: &Catalogue, units: &[usize]) -> Vec<Statement> {
    let mut statements: Vec<Statement> =
        script.statements.iter().map(|statement| judged(script, catalogue, statement)).collect();
    settle_rebuilds(script, catalogue, &mut statements);
    settle_order(&mut statements);
    settle_units(&mut statements, units);
    statements
}

fn judged(script: &Script, catalogue: &Catalogue, statement: &sql::model::Statement) -> Statement {
    let claims: Vec<Claim> = statement
        .operations
        .iter()
        .flat_map(|operation| {
            let mut claims = effects::claims(script, catalogue, &operation.action);
            if operation.conditional {
                claims.iter_mut().for_each(|claim| claim.seen = Seen::CannotTell);
            }
            claims
        })
        .collect();
    let action = statement.operations.first().map(|operation| operation.action.alone());
    let has = |seen: Seen| claims.iter().any(|claim| claim.seen == seen);
    let seen = match (analysis::has_effect(statement), has(Seen::Done), has(Seen::NotDone), has(Seen::CannotTell)) {
        (false, ..) => Seen::NoEffect,
        (true, true, false, false) => Seen::Done,
        (true, false, true, false) => Seen::NotDone,
        _ => Seen::CannotTell,
    };
    let mut says: Vec<&str> = claims.iter().map(|claim| claim.says.as_str()).collect();
    says.dedup();
    let says = match (seen, says.is_empty()) {
        (Seen::CannotTell, true) => unseen(action).to_owned(),
        _ => says.join("; "),
    };
    Statement {
        index: statement.index,
        line: script.line_column(statement.span.start).0,
        text: shortened(script.slice(statement.span)),
        seen,
        says,
        ran: None,
        query: action.and_then(|action| rows::query(script, action)),
        repeatable: statement.operations.iter().all(|operation| rows::is_repeatable(operation.action.alone())),
        claims,
    }
}

fn unseen(action: Option<&Action>) -> &'static str {
    match action {
        Some(Action::Insert(_) | Action::Update(_) | Action::Delete(_) | Action::Merge(_) | Action::Copy { .. }) => {
            "it changes rows, which no catalogue shows"
        }
        Some(Action::Truncate { .. } | Action::Select(_) | Action::Call { .. }) => {
            "what it did to rows, no catalogue shows"
        }
        Some(Action::Unknown | Action::ExecuteDynamic { .. }) => "it is not understood: it may do anything",
        _ => "the catalogue that is read here does not show it",
    }
}

fn shortened(text: &str) -> String {
    const WIDTH: usize = 76;
    let line = single_spaced(text);
    if line.chars().count() > WIDTH { line.chars().take(WIDTH).collect::<String>() + "…" } else { line }
}

/// The statements of a table rebuild: the lasting table had its name before, so its shape decides.
fn settle_rebuilds(script: &Script, catalogue: &Catalogue, statements: &mut [Statement]) {
    let groups: Vec<_> = script
        .operations()
        .filter_map(|(statement, operation)| match &operation.action {
            Action::RebuildTable(rebuild) => Some((statement.index, rebuild)),
            _ => None,
        })
        .collect();
    for (first, rebuild) in groups {
        let lasting = effects::rebuilt(script, catalogue, &rebuild.table, &rebuild.definition);
        let passing = catalogue.table(&rebuild.definition.name).is_some();
        let old_is_there = catalogue.table(&rebuild.table).is_some();
        let mut members = vec![first];
        members.extend(rebuild.steps.iter().copied().filter(|step| *step != first));
        for member in members {
            let Some(statement) = statements.get_mut(member).filter(|statement| statement.seen != Seen::NoEffect)
            else {
                continue;
            };
            let action = script.statements[member].operations.first().map(|operation| operation.action.alone());
            let (seen, says) = match (action, passing) {
                (_, false) => (lasting.seen, lasting.says.clone()),
                (Some(Action::Insert(_)), true) if old_is_there => {
                    (Seen::CannotTell, "the new table is there; whether it is filled, count its rows".to_owned())
                }
                (Some(Action::RenameTable { .. }), true) => {
                    (Seen::NotDone, format!("`{}` still has its passing name", rebuild.definition.name))
                }
                (Some(Action::DropTable { .. }), true) if old_is_there => {
                    (Seen::NotDone, format!("the old `{}` is there", rebuild.table))
                }
                (_, true) => (Seen::Done, format!("`{}` is there", rebuild.definition.name)),
            };
            (statement.seen, statement.says) = (seen, says);
            statement.claims = vec![Claim { makes: false, seen, ..lasting.clone() }];
        }
    }
}

/// What a later statement changes again shows only in that one; what was there before is not done by it.
fn settle_order(statements: &mut [Statement]) {
    for at in (0..statements.len()).rev() {
        let (before, after) = statements.split_at_mut(at + 1);
        let one = &mut before[at];
        if !matches!(one.seen, Seen::NotDone | Seen::CannotTell) || one.claims.is_empty() {
            continue;
        }
        let touches = |other: &&mut Statement| {
            other.seen == Seen::Done
                && one
                    .claims
                    .iter()
                    .any(|claim| other.claims.iter().any(|later| claim.subject.hangs_on(&later.subject)))
        };
        let Some(later) = after.iter_mut().find(touches) else { continue };
        let goes_and_comes = one.claims.iter().any(|claim| {
            !claim.makes && later.claims.iter().any(|other| other.makes && other.subject == claim.subject)
        });
        if goes_and_comes {
            let says = format!("{}, as it was before this migration", later.says);
            for statement in [one, later] {
                (statement.seen, statement.says) = (Seen::CannotTell, says.clone());
            }
        } else {
            one.seen = Seen::Done;
            one.says = format!("statement {}, which changes it again, is done", later.index + 1);
        }
    }
    // A table that is still the old one has its old indexes.
    for at in 0..statements.len() {
        let (before, after) = statements.split_at_mut(at);
        let one = &mut after[0];
        if one.seen != Seen::Done {
            continue;
        }
        let earlier = before.iter().find(|other| {
            other.seen == Seen::NotDone
                && one.claims.iter().any(|claim| {
                    claim.makes
                        && other
                            .claims
                            .iter()
                            .any(|before| claim.subject != before.subject && claim.subject.hangs_on(&before.subject))
                })
        });
        if let Some(earlier) = earlier {
            one.seen = Seen::NotDone;
            one.says = format!("what is there belongs to what statement {} changes first", earlier.index + 1);
        }
    }
}

/// Statements of one transaction share their fate, those that the catalogue does not show among them.
fn settle_units(statements: &mut [Statement], units: &[usize]) {
    let witness = |statements: &[Statement], unit: usize, seen: Seen| {
        statements.iter().find(|statement| units[statement.index] == unit && statement.seen == seen).map(|s| s.index)
    };
    for at in 0..statements.len() {
        if statements[at].seen != Seen::CannotTell {
            continue;
        }
        let unit = units[at];
        let (done, open) = (witness(statements, unit, Seen::Done), witness(statements, unit, Seen::NotDone));
        let (seen, index) = match (done, open) {
            (Some(done), None) => (Seen::Done, done),
            (None, Some(open)) => (Seen::NotDone, open),
            _ => continue,
        };
        let word = if seen == Seen::Done { "done" } else { "not done" };
        statements[at].seen = seen;
        statements[at].says = format!("statement {} of the same transaction is {word}", index + 1);
    }
}

/// The first that is not done after the last that is, with what lies between and cannot be told. Where the error says that something exists
/// already: those that make what is there.
fn candidates(statements: &[Statement], exists: bool) -> Vec<usize> {
    if exists {
        let makes_what_is_there =
            |one: &&Statement| one.claims.iter().any(|claim| claim.makes && claim.seen != Seen::NotDone);
        return statements.iter().filter(makes_what_is_there).map(|one| one.index).collect();
    }
    let last_done = statements.iter().rposition(|statement| statement.seen == Seen::Done);
    let start = last_done.map_or(0, |at| at + 1);
    let mut found = Vec::new();
    for statement in statements.iter().skip(start).filter(|statement| statement.seen != Seen::NoEffect) {
        found.push(statement.index);
        if statement.seen == Seen::NotDone {
            break;
        }
    }
    if found.is_empty() { statements.iter().map(|statement| statement.index).collect() } else { found }
}

/// What stayed, by the place of the failure, and where that is not known by the order of statements.
fn by_the_error(diagnosis: &mut Diagnosis, units: &[usize], after: &[AfterFailure]) {
    let one_unit = units.iter().all(|unit| *unit == 0);
    let as_run = diagnosis.failure.is_some() && !diagnosis.edited;
    let last_done = diagnosis.statements.iter().rposition(|statement| statement.seen == Seen::Done);
    let failed_at = diagnosis.failed_at;
    for statement in &mut diagnosis.statements {
        let index = statement.index;
        statement.ran = match (as_run, failed_at.and_then(|at| Some((at, after.get(at)?)))) {
            (true, Some((_, AfterFailure::Unchanged { .. }))) => Some(false),
            (true, Some((_, AfterFailure::EarlierStay { statements, .. }))) => Some(statements.contains(&index)),
            (true, Some((at, AfterFailure::Depends { statements, .. }))) => {
                (index >= at || !statements.contains(&index)).then_some(false)
            }
            (true, None) if one_unit => Some(false),
            // One that comes later could not have run before it.
            _ => last_done.filter(|at| *at > index && !diagnosis.edited).map(|_| true),
        };
    }
}

fn is_concurrent(statement: &sql::model::Statement) -> bool {
    statement.operations.iter().any(|operation| match &operation.action {
        Action::CreateIndex(index) => index.concurrently,
        Action::DropIndex { concurrently, .. }
        | Action::Reindex { concurrently, .. }
        | Action::DetachPartition { concurrently, .. } => *concurrently,
        _ => false,
    })
}

/// Indexes of this file that `CONCURRENTLY` left INVALID.
fn leftovers(script: &Script, catalogue: &Catalogue) -> Vec<String> {
    let quoted = |name: &str| sql::quote::ident(script.provider, name);
    catalogue
        .invalid_indexes()
        .filter(|(_, name)| script.text.contains(name.trim_end_matches("_ccnew").trim_end_matches("_ccold")))
        .map(|(table, name)| {
            let schema = table.rsplit_once('.').map_or_else(String::new, |(schema, _)| format!("{}.", quoted(schema)));
            format!("DROP INDEX CONCURRENTLY {schema}{}", quoted(name))
        })
        .collect()
}

fn atomic<'a>(after: impl Iterator<Item = &'a AfterFailure>, prisma: Option<PrismaVersion>) -> Atomic {
    let mut found: Option<Atomic> = None;
    for one in after {
        let next = match one {
            // Nothing stood before it, which is luck.
            AfterFailure::Unchanged {
                because: because @ (Atomicity::NoTransaction | Atomicity::DdlCommits | Atomicity::SplitByPrisma),
            } => Atomic::Parts(words(*because, prisma)),
            AfterFailure::Unchanged { because } => Atomic::Whole(words(*because, prisma)),
            AfterFailure::EarlierStay { because, .. } => return Atomic::Parts(words(*because, prisma)),
            AfterFailure::Depends { because, .. } => Atomic::Unclear(words(*because, prisma)),
        };
        if !matches!(found, Some(Atomic::Unclear(_))) {
            found = Some(next);
        }
    }
    found.unwrap_or_else(|| Atomic::Whole("it has no statements".to_owned()))
}

fn words(because: Atomicity, prisma: Option<PrismaVersion>) -> String {
    let version = match prisma {
        Some(PrismaVersion { major, minor: Some(minor) }) => format!("Prisma {major}.{minor}"),
        Some(PrismaVersion { major, minor: None }) => format!("Prisma {major}"),
        None => "this Prisma".to_owned(),
    };
    match because {
        Atomicity::SingleStatement => "it is a single statement".to_owned(),
        Atomicity::ImplicitTransaction => {
            format!("{version} sends a PostgreSQL file as one query, and that is one transaction")
        }
        Atomicity::ExplicitTransaction => "the statement stands between BEGIN and COMMIT".to_owned(),
        Atomicity::TryCatch => "the file is wrapped in BEGIN TRY … BEGIN TRAN".to_owned(),
        Atomicity::SplitByPrisma => {
            format!("{version} sends the statements of a PostgreSQL file one by one, and each commits")
        }
        Atomicity::PrismaVersionUnclear => {
            format!("{version} may send a PostgreSQL file as one query or statement by statement")
        }
        Atomicity::SplitterGivesUp => {
            format!("the parser of {version} does not read this file, so it is sent as one query: one transaction")
        }
        Atomicity::DdlCommits => "MySQL and MariaDB commit at each DDL statement".to_owned(),
        Atomicity::NoTransaction => "the file runs statement by statement, without a transaction around it".to_owned(),
    }
}
