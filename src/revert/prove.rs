//! The proof: earlier migrations → rows → snapshot → the migration → the revert → compare → the migration again → compare.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use super::VerifyError;
use super::compare::{self, DataLost};
use super::rows::{self, Filled, Flavor};
use super::snapshot::{self, LEDGER, Snapshot};
use super::throwaway::{Session, SqlFailure, Throwaway};
use crate::deploy::plan::loss;
use crate::draft::revert_script::UNWRITTEN_MARK;
use crate::migrations::{Migration, MigrationsFolder, name};
use crate::project::Provider;
use crate::shell::count;
use crate::sql;
use crate::sql::analysis::{self, Judgement, PrismaVersion};
use crate::sql::history_state::State;
use crate::sql::model::Script;

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Schema and rows came back.
    Proven,
    /// The schema came back; rows did not, or could not be tried.
    SchemaOnly,
    /// The schema is another one afterwards.
    NotRestored,
    /// A statement was refused.
    CannotRun,
    /// It destroys, and there is no revert script.
    NoRevert,
    /// It destroys nothing, and there is no revert script.
    NotNeeded,
}

impl Verdict {
    /// Whether it must not go on like this.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Verdict::NotRestored | Verdict::CannotRun | Verdict::NoRevert)
    }
}

/// The proof of one migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The migration.
    pub name: String,
    /// What came out.
    pub verdict: Verdict,
    /// Whether it destroys anything.
    pub destructive: bool,
    /// Why it is not restored, or what the database said, or what is destroyed without a revert.
    pub differences: Vec<String>,
    /// Differences that are none, and what else one should know.
    pub notes: Vec<String>,
    /// What did not come back.
    pub data_lost: Vec<DataLost>,
    /// Tables that the migration names and that could not be filled: name, why.
    pub data_not_proven: Vec<(String, String)>,
    /// Rows that were there.
    pub rows: usize,
    /// How long it took, without the earlier migrations.
    pub seconds: f64,
}

/// What is proven.
pub struct Job<'a> {
    /// All migrations.
    pub folder: &'a MigrationsFolder,
    /// The database.
    pub provider: Provider,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
    /// Which migrations, by name.
    pub chosen: &'a BTreeSet<String>,
}

/// The revert script of a migration: the one that has its slug, else the only one.
#[must_use]
pub fn revert_of(migration: &Migration) -> Option<&Path> {
    let wanted = format!("revert_{}.sql", name::slug_of(&migration.name));
    let named = migration.reverts.iter().find(|path| path.file_name().is_some_and(|file| file == wanted.as_str()));
    named.or_else(|| migration.reverts.first()).map(std::path::PathBuf::as_path)
}

/// Proves the chosen migrations, in their order; `each` hears of every one as it is done.
///
/// # Errors
/// [`VerifyError`] when the throwaway database itself fails.
pub fn prove(
    job: &Job<'_>,
    place: &mut dyn Throwaway,
    mut each: impl FnMut(&Proof),
) -> Result<Vec<Proof>, VerifyError> {
    let mut state = State::new(job.provider);
    let mut proofs = Vec::new();
    let mut broken: Option<String> = None;
    let ledger = format!(
        "CREATE TABLE \"{LEDGER}\" (id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMP, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMP, started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, applied_steps_count INTEGER NOT NULL DEFAULT 0)"
    );
    place.base()?.execute(&ledger).map_err(|failure| VerifyError::Sql { doing: "make its first table", failure })?;
    for migration in &job.folder.migrations {
        if proofs.len() == job.chosen.len() {
            break;
        }
        let is_chosen = job.chosen.contains(&migration.name);
        let read = read_script(job.provider, migration);
        let began = Instant::now();
        if is_chosen {
            let mut proof = match (&read, &broken) {
                (Err(problem), _) => unread(migration, problem),
                (Ok(_), Some(broken)) => unread(migration, broken),
                (Ok(script), None) => {
                    let judgement = analysis::judge(script, &state, job.prisma);
                    Attempt { job, migration, script, judgement: &judgement }.verdict(place)?
                }
            };
            proof.seconds = began.elapsed().as_secs_f64();
            each(&proof);
            proofs.push(proof);
        }
        let Ok(script) = read else {
            broken = broken.or_else(|| Some(format!("the earlier migration `{}` cannot be read", migration.name)));
            continue;
        };
        if broken.is_none()
            && proofs.len() < job.chosen.len()
            && let Err(stop) = run_migration(place.base()?, &script, job.prisma)
        {
            broken = Some(format!("the earlier migration `{}` stops {}", migration.name, stop.shown()));
        }
        state.begin_migration(&migration.name, false);
        for statement in &script.statements {
            state.apply(&script, statement);
        }
    }
    Ok(proofs)
}

fn read_script(provider: Provider, migration: &Migration) -> Result<Script, String> {
    let bytes = migration.script.as_ref().map_err(|problem| format!("it {problem}"))?;
    sql::read(provider, bytes).map_err(|error| error.to_string())
}

fn unread(migration: &Migration, why: &str) -> Proof {
    Proof { differences: vec![why.to_owned()], verdict: Verdict::CannotRun, ..empty(migration, false) }
}

fn empty(migration: &Migration, destructive: bool) -> Proof {
    Proof {
        name: migration.name.clone(),
        verdict: Verdict::NotNeeded,
        destructive,
        differences: Vec::new(),
        notes: Vec::new(),
        data_lost: Vec::new(),
        data_not_proven: Vec::new(),
        rows: 0,
        seconds: 0.0,
    }
}

/// One migration, tried.
struct Attempt<'a> {
    job: &'a Job<'a>,
    migration: &'a Migration,
    script: &'a Script,
    judgement: &'a Judgement,
}

/// What became of a try with rows of one flavor.
enum Tried {
    Done(Box<Proof>),
    /// The migration itself refuses the rows.
    Refused(Stop),
}

impl Attempt<'_> {
    fn verdict(&self, place: &mut dyn Throwaway) -> Result<Proof, VerifyError> {
        let destructive = self.judgement.is_destructive();
        let revert = match self.revert() {
            Ok(Some(revert)) => revert,
            Ok(None) if destructive => {
                let lost = self.judgement.destructions.iter().map(|lost| format!("it {}", loss(lost))).collect();
                let proof = empty(self.migration, true);
                return Ok(Proof { verdict: Verdict::NoRevert, differences: lost, ..proof });
            }
            Ok(None) => return Ok(empty(self.migration, false)),
            Err(problem) => return Ok(Proof { destructive, ..unread(self.migration, &problem) }),
        };
        let mut refused: Option<Stop> = None;
        for flavor in [Flavor::Edge, Flavor::Plain, Flavor::None] {
            match self.with_rows(place, flavor, &revert)? {
                Tried::Done(mut proof) => {
                    if let Some(stop) = &refused {
                        self.tell_of_refusal(&mut proof, flavor, stop);
                    }
                    return Ok(*proof);
                }
                Tried::Refused(stop) => {
                    if flavor == Flavor::None || refused.is_none() {
                        refused = Some(stop);
                    }
                }
            }
        }
        let said = refused.map_or(String::new(), |stop| format!("the migration stops {}", stop.shown()));
        Ok(Proof { destructive, ..unread(self.migration, &said) })
    }

    /// The bytes of the revert script, read; `None`: there is none, or nobody has written it yet.
    fn revert(&self) -> Result<Option<Script>, String> {
        let Some(path) = revert_of(self.migration) else { return Ok(None) };
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(path).map_err(|error| format!("`{file}` cannot be read: {error}"))?;
        let script = sql::read(self.job.provider, &bytes).map_err(|error| format!("`{file}`: {error}"))?;
        Ok(Some(script).filter(|script| !script.text.contains(UNWRITTEN_MARK) && !script.statements.is_empty()))
    }

    /// The migration has refused some rows and taken others.
    fn tell_of_refusal(&self, proof: &mut Proof, flavor: Flavor, stop: &Stop) {
        if flavor == Flavor::None {
            let why = format!("the migration runs on empty tables only; with rows it stops {}", stop.shown());
            proof.data_not_proven.push((stop.table.clone().unwrap_or_else(|| "*".to_owned()), why));
            if proof.verdict == Verdict::Proven {
                proof.verdict = Verdict::SchemaOnly;
            }
        } else {
            proof.notes.push(format!("on rows with edge values and NULLs the migration stops {}", stop.shown()));
        }
    }

    fn with_rows(&self, place: &mut dyn Throwaway, flavor: Flavor, revert: &Script) -> Result<Tried, VerifyError> {
        let provider = self.job.provider;
        let mut session = place.copy()?;
        let session = &mut *session;
        let shapes = rows::shapes(provider, session)?;
        let touched = self.touched(&shapes, revert);
        let filled = rows::fill(provider, session, &shapes, &touched, flavor);
        let rows_before = rows::read(provider, session, &shapes)?;
        let before = snapshot::take(provider, session)?;
        if let Err(stop) = run_migration(session, self.script, self.job.prisma) {
            return Ok(Tried::Refused(stop));
        }
        renew(session)?;
        let after = snapshot::take(provider, session)?;
        let mut proof = empty(self.migration, self.judgement.is_destructive());
        proof.rows = rows_before.tables.values().map(|table| table.rows.len()).sum();
        if let Err(stop) = run_revert(session, revert) {
            let with = if proof.rows > 0 {
                format!(", with {} in the tables", count(proof.rows, "row"))
            } else {
                String::new()
            };
            proof.verdict = Verdict::CannotRun;
            proof.differences.push(format!("the revert stops {}{with}", stop.shown()));
            return Ok(Tried::Done(Box::new(proof)));
        }
        renew(session)?;
        let restored = compare::schemas(&before, &snapshot::take(provider, session)?);
        proof.differences = restored.real;
        proof.notes = restored.cosmetic;
        let shapes_now = rows::shapes(provider, session)?;
        let data = compare::contents(&rows_before, &rows::read(provider, session, &shapes_now)?);
        proof.data_lost = data.lost;
        proof.differences.extend(data.added);
        if proof.differences.is_empty() {
            self.once_more(session, &after, &mut proof)?;
        }
        proof.data_not_proven = not_proven(&filled, &touched);
        proof.verdict = if !proof.differences.is_empty() {
            Verdict::NotRestored
        } else if proof.data_lost.is_empty() && proof.data_not_proven.is_empty() {
            Verdict::Proven
        } else {
            Verdict::SchemaOnly
        };
        Ok(Tried::Done(Box::new(proof)))
    }

    /// After the revert the migration must be able to run again, and come out the same.
    fn once_more(&self, session: &mut dyn Session, after: &Snapshot, proof: &mut Proof) -> Result<(), VerifyError> {
        if let Err(stop) = run_migration(session, self.script, self.job.prisma) {
            proof
                .differences
                .push(format!("after its revert the migration does not run again: it stops {}", stop.shown()));
            return Ok(());
        }
        renew(session)?;
        let again = compare::schemas(after, &snapshot::take(self.job.provider, session)?);
        proof.differences.extend(again.real.iter().map(|found| format!("after running the migration again: {found}")));
        Ok(())
    }

    /// Tables that migration or revert name, and those without which nothing would be tried.
    fn touched(&self, shapes: &[rows::Shape], revert: &Script) -> BTreeSet<String> {
        let text = format!("{}\n{}", self.script.text, revert.text).to_lowercase();
        let named = |shape: &&rows::Shape| text.contains(&shape.name.to_lowercase());
        shapes.iter().filter(named).map(rows::Shape::shown).collect()
    }
}

fn not_proven(filled: &[Filled], touched: &BTreeSet<String>) -> Vec<(String, String)> {
    let named = filled.iter().filter(|filled| touched.contains(&filled.table));
    named.filter_map(|filled| Some((filled.table.clone(), filled.problem.clone()?))).collect()
}

fn renew(session: &mut dyn Session) -> Result<(), VerifyError> {
    session.renew().map_err(|failure| VerifyError::Sql { doing: "connect", failure })
}

/// Where a script stopped.
struct Stop {
    statement: Option<(usize, usize)>,
    table: Option<String>,
    said: String,
}

impl Stop {
    fn new(script: &Script, index: Option<usize>, failure: SqlFailure) -> Self {
        let statement = index.and_then(|index| script.statements.get(index));
        let table = statement
            .and_then(|statement| statement.operations.iter().find_map(|operation| operation.action.table()))
            .map(|name| name.object.value.clone());
        let statement = statement.map(|found| (found.index + 1, script.line_column(found.span.start).0));
        Stop { statement, table, said: failure.said }
    }

    fn shown(&self) -> String {
        match self.statement {
            Some((number, line)) => format!("at its statement {number} (line {line}): {}", self.said),
            None => format!("with: {}", self.said),
        }
    }
}

/// Runs a migration as that Prisma does.
fn run_migration(session: &mut dyn Session, script: &Script, prisma: Option<PrismaVersion>) -> Result<(), Stop> {
    if analysis::is_split(script, prisma) { by_statement(session, script) } else { whole(session, script) }
}

/// Runs a revert as `prisma db execute` does: PostgreSQL gets the whole file, in every version.
fn run_revert(session: &mut dyn Session, script: &Script) -> Result<(), Stop> {
    if script.provider == Provider::Sqlite { by_statement(session, script) } else { whole(session, script) }
}

fn by_statement(session: &mut dyn Session, script: &Script) -> Result<(), Stop> {
    for statement in &script.statements {
        let run = session.execute(script.slice(statement.range).trim_start_matches('\u{feff}'));
        run.map_err(|failure| Stop::new(script, Some(statement.index), failure))?;
    }
    Ok(())
}

fn whole(session: &mut dyn Session, script: &Script) -> Result<(), Stop> {
    let text = script.text.strip_prefix('\u{feff}').unwrap_or(&script.text);
    session.execute(text).map_err(|failure| {
        let skipped = script.text.len() - text.len();
        let at = failure.at.map(|at| at + skipped);
        let index = at.and_then(|at| script.statements.iter().position(|s| at < s.range.end as usize));
        Stop::new(script, index.or((script.statements.len() == 1).then_some(0)), failure)
    })
}
