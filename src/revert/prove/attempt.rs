//! One migration, tried on copies of the database as it is before it.

use std::collections::BTreeSet;

use super::drafted::draft;
use super::scripts::{Stop, run_migration, run_revert};
use super::{Job, Proof, RunsTwice, Twice, Verdict, empty, revert_of, unread};
use crate::deploy::plan::loss;
use crate::draft::revert_script::UNWRITTEN_MARK;
use crate::migrations::Migration;
use crate::project::Provider;
use crate::revert::compare::{self, DataDifferences};
use crate::revert::old_application;
use crate::revert::rows::{self, Contents, Filled, Flavor, Recipe, Shape};
use crate::revert::second_opinion::PrismaSays;
use crate::revert::snapshot::{self, Snapshot};
use crate::revert::throwaway::{Session, Throwaway};
use crate::revert::{VerifyError, seed};
use crate::shell::{count, single_spaced};
use crate::sql;
use crate::sql::analysis::Judgement;
use crate::sql::model::Script;

pub(super) struct Attempt<'a> {
    pub job: &'a Job<'a>,
    pub migration: &'a Migration,
    pub script: &'a Script,
    pub judgement: &'a Judgement,
}

/// What is tried, until the migration takes it.
const FLAVORS: [Flavor; 3] = [Flavor::Edge, Flavor::Plain, Flavor::None];

/// What became of a try with rows of one flavor.
enum Tried {
    Done(Box<Proof>),
    /// The migration itself refuses the rows.
    Refused(Stop),
    /// The team's own rows cannot be had.
    NoSeed(String),
}

/// A database with rows, just before the migration.
struct Ready {
    shapes: Vec<Shape>,
    touched: BTreeSet<String>,
    filled: Vec<Filled>,
    rows: Contents,
    schema: Snapshot,
}

impl Attempt<'_> {
    pub fn verdict(&self, place: &mut dyn Throwaway) -> Result<Proof, VerifyError> {
        let revert = match self.revert() {
            Ok(revert) => revert,
            Err(problem) => return Ok(self.told(unread(self.migration, &problem))),
        };
        let mut refused: Option<Stop> = None;
        let mut seeds = self.job.seeds;
        let mut no_seed = None;
        let mut flavors = FLAVORS.into_iter();
        while let Some(flavor) = flavors.next() {
            match self.with_rows(place, flavor, revert.as_ref(), seeds)? {
                Tried::Done(mut proof) => {
                    proof.notes.extend(no_seed);
                    if let Some(stop) = &refused {
                        self.tell_of_refusal(&mut proof, flavor, stop);
                    }
                    return Ok(self.without_bad_draft(*proof));
                }
                Tried::Refused(stop) => {
                    if flavor == Flavor::None || refused.is_none() {
                        refused = Some(stop);
                    }
                }
                // It is written for the schema of now.
                Tried::NoSeed(why) if self.is_newest() => return Ok(self.told(unread(self.migration, &why))),
                Tried::NoSeed(why) => {
                    no_seed = Some(format!("{why}; rows were made instead"));
                    seeds = &[];
                    flavors = FLAVORS.into_iter();
                }
            }
        }
        let said = refused.map_or(String::new(), |stop| format!("the migration stops {}", stop.shown()));
        if revert.is_none() {
            // Whether a revert is needed is in its text; that it does not run here may be because of here.
            let mut proof = self.without_revert();
            proof.notes.push(format!("{said}, even on empty tables"));
            return Ok(proof);
        }
        Ok(self.told(unread(self.migration, &said)))
    }

    fn wants_draft(&self) -> bool {
        self.job.draft && self.judgement.is_destructive() && self.job.provider == Provider::Postgresql
    }

    /// A revert of our making that does not restore is none.
    fn without_bad_draft(&self, mut proof: Proof) -> Proof {
        if proof.drafted.is_none() || !proof.verdict.is_failure() {
            return proof;
        }
        let Proof { verdict, differences, .. } = self.without_revert();
        let why = std::mem::replace(&mut proof.differences, differences).into_iter().next().unwrap_or_default();
        proof.notes.push(format!("no revert script could be made of the catalogue: {why}"));
        Proof { verdict, drafted: None, data_lost: Vec::new(), ..proof }
    }

    fn is_newest(&self) -> bool {
        self.job.folder.migrations.last().is_some_and(|last| last.name == self.migration.name)
    }

    fn told(&self, proof: Proof) -> Proof {
        Proof { destructive: self.judgement.is_destructive(), phase: self.judgement.phase, ..proof }
    }

    fn empty(&self) -> Proof {
        empty(self.migration, self.judgement.is_destructive(), self.judgement.phase)
    }

    /// The verdict where there is no revert script.
    fn without_revert(&self) -> Proof {
        if !self.judgement.is_destructive() {
            return self.empty();
        }
        let differences = self.judgement.destructions.iter().map(|lost| format!("it {}", loss(lost))).collect();
        Proof { verdict: Verdict::NoRevert, differences, ..self.empty() }
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
            if matches!(proof.verdict, Verdict::NoRevert | Verdict::NotNeeded) {
                proof.notes.push(why);
                return;
            }
            proof.data_not_proven.push((stop.table.clone().unwrap_or_else(|| "*".to_owned()), why));
            if proof.verdict == Verdict::Proven {
                proof.verdict = Verdict::SchemaOnly;
            }
        } else {
            proof.notes.push(format!("on rows with edge values and NULLs the migration stops {}", stop.shown()));
        }
    }

    fn with_rows(
        &self,
        place: &mut dyn Throwaway,
        flavor: Flavor,
        revert: Option<&Script>,
        seeds: &[seed::SeedFile],
    ) -> Result<Tried, VerifyError> {
        let provider = self.job.provider;
        let mut session = place.copy()?;
        let session = &mut *session;
        let mut proof = self.empty();
        let ready = match self.prepare(session, flavor, revert, seeds, &mut proof)? {
            Ok(ready) => ready,
            Err(why) => return Ok(Tried::NoSeed(why)),
        };
        let text = self.script.text.to_lowercase();
        let is_named = |name: &str| text.contains(&name.to_lowercase());
        let probes = old_application::before(provider, session, &ready.shapes, &is_named, self.job.row_seed);
        if let Err(stop) = run_migration(session, self.script, self.job.prisma) {
            return Ok(Tried::Refused(stop));
        }
        renew(session)?;
        proof.old_application = probes.after(session);
        let drafted = match revert {
            None if self.wants_draft() => {
                let text = draft(session, &self.migration.name, self.script, &ready.schema)?;
                proof.drafted = Some(text.clone());
                sql::read(provider, text.as_bytes()).ok()
            }
            _ => None,
        };
        let Some(revert) = revert.or(drafted.as_ref()) else {
            let Proof { verdict, differences, .. } = self.without_revert();
            return Ok(Tried::Done(Box::new(Proof { verdict, differences, ..proof })));
        };
        let after = snapshot::take(provider, session)?;
        if let Err(stop) = run_revert(session, revert) {
            let with = if proof.rows > 0 {
                format!(", with {} in the tables", count(proof.rows, "row"))
            } else {
                String::new()
            };
            proof.verdict = Verdict::CannotRun;
            let stays = stop.what_stays(provider);
            proof.differences.push(format!("the revert stops {}{with}{stays}", stop.shown()));
            return Ok(Tried::Done(Box::new(proof)));
        }
        renew(session)?;
        let restored = compare::schemas(&ready.schema, &snapshot::take(provider, session)?);
        proof.differences = restored.real;
        proof.notes.extend(restored.cosmetic);
        let data = self.data_now(session, &ready.rows)?;
        proof.data_lost = data.lost;
        proof.differences.extend(data.added);
        self.ask_prisma(place, session, &mut proof)?;
        if proof.differences.is_empty() {
            self.once_more(session, &after, &mut proof)?;
        }
        if proof.differences.is_empty() {
            proof.runs_twice = Some(self.twice(place, revert, &ready.schema, &after)?);
        }
        proof.data_not_proven = not_proven(&ready.filled, &ready.touched);
        proof.verdict = if !proof.differences.is_empty() {
            Verdict::NotRestored
        } else if proof.data_lost.is_empty() && proof.data_not_proven.is_empty() {
            Verdict::Proven
        } else {
            Verdict::SchemaOnly
        };
        Ok(Tried::Done(Box::new(proof)))
    }

    /// Rows, and what is there with them. The inner error: the team's own rows cannot be had.
    fn prepare(
        &self,
        session: &mut dyn Session,
        flavor: Flavor,
        revert: Option<&Script>,
        seeds: &[seed::SeedFile],
        proof: &mut Proof,
    ) -> Result<Result<Ready, String>, VerifyError> {
        let provider = self.job.provider;
        let shapes = rows::shapes(provider, session)?;
        let touched = self.touched(&shapes, revert);
        let mut done = BTreeSet::new();
        if !seeds.is_empty() && flavor != Flavor::None {
            let before = seed::filled(provider, session, &shapes);
            if let Err(why) = seed::run(session, seeds) {
                return Ok(Err(why));
            }
            done = &seed::filled(provider, session, &shapes) - &before;
            let own: Vec<String> = done.intersection(&touched).map(|table| format!("`{table}`")).collect();
            if !own.is_empty() {
                proof.notes.push(format!("the seed's rows stand in {}", own.join(", ")));
            }
        }
        let recipe = Recipe { touched: &touched, done: &done, flavor, seed: self.job.row_seed };
        let filled = rows::fill(provider, session, &shapes, &recipe);
        let rows = rows::read(provider, session, &shapes)?;
        let schema = snapshot::take(provider, session)?;
        proof.rows = rows.tables.values().map(|table| table.rows.len()).sum();
        Ok(Ok(Ready { shapes, touched, filled, rows, schema }))
    }

    /// Where the schema came back: whether Prisma sees it so, too.
    fn ask_prisma(
        &self,
        place: &mut dyn Throwaway,
        session: &mut dyn Session,
        proof: &mut Proof,
    ) -> Result<(), VerifyError> {
        let Some(prisma) = self.job.prisma_diff.filter(|_| proof.differences.is_empty()) else { return Ok(()) };
        let Some(url) = session.url() else {
            let why = "it cannot reach this throwaway database".to_owned();
            proof.prisma_diff = Some(PrismaSays::NoAnswer(why));
            return Ok(());
        };
        let shadow = place.shadow()?;
        let migrations = &self.job.folder.migrations;
        let before = migrations.iter().take_while(|other| other.name != self.migration.name).count();
        let said = match prisma.difference(&url, shadow.as_deref(), &migrations[..before]) {
            Ok(None) => PrismaSays::Same,
            Ok(Some(sql)) => {
                proof.differences.push(format!("Prisma sees a difference: {}", single_spaced(&sql)));
                PrismaSays::Differs(sql)
            }
            Err(why) => PrismaSays::NoAnswer(why),
        };
        proof.prisma_diff = Some(said);
        Ok(())
    }

    fn data_now(&self, session: &mut dyn Session, before: &Contents) -> Result<DataDifferences, VerifyError> {
        let shapes = rows::shapes(self.job.provider, session)?;
        Ok(compare::contents(before, &rows::read(self.job.provider, session, &shapes)?))
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

    /// Whether each of the scripts can run twice in a row, on a copy without rows of ours: what a second run adds is seen there best.
    fn twice(
        &self,
        place: &mut dyn Throwaway,
        revert: &Script,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Result<RunsTwice, VerifyError> {
        let forward = |session: &mut dyn Session| run_migration(session, self.script, self.job.prisma);
        let back = |session: &mut dyn Session| run_revert(session, revert);
        let failed = |stop: Stop| Twice::No(format!("it stops {}", stop.shown()));
        let mut session = place.copy()?;
        if let Err(stop) = forward(&mut *session) {
            return Ok(RunsTwice { migration: failed(stop), revert: None });
        }
        let migration = self.again(&mut *session, &forward, after)?;
        if migration != Twice::Yes {
            // A half of it may have been done.
            session = place.copy()?;
            if let Err(stop) = forward(&mut *session) {
                return Ok(RunsTwice { migration: failed(stop), revert: None });
            }
        }
        renew(&mut *session)?;
        let revert = match back(&mut *session) {
            Ok(()) => self.again(&mut *session, &back, before)?,
            Err(stop) => failed(stop),
        };
        Ok(RunsTwice { migration, revert: Some(revert) })
    }

    /// Runs it where it has run already, and has left that schema.
    fn again(
        &self,
        session: &mut dyn Session,
        run: &dyn Fn(&mut dyn Session) -> Result<(), Stop>,
        schema: &Snapshot,
    ) -> Result<Twice, VerifyError> {
        renew(session)?;
        let shapes = rows::shapes(self.job.provider, session)?;
        let contents = rows::read(self.job.provider, session, &shapes)?;
        if let Err(stop) = run(session) {
            return Ok(Twice::No(format!("it stops {}", stop.shown())));
        }
        renew(session)?;
        let mut found = compare::schemas(schema, &snapshot::take(self.job.provider, session)?).real;
        let data = self.data_now(session, &contents)?;
        found.extend(data.added);
        found.extend(data.lost.iter().map(|lost| format!("rows of `{}` are others", lost.table)));
        Ok(found.into_iter().next().map_or(Twice::Yes, Twice::No))
    }

    /// Tables that migration or revert name.
    fn touched(&self, shapes: &[Shape], revert: Option<&Script>) -> BTreeSet<String> {
        let text = format!("{}\n{}", self.script.text, revert.map_or("", |revert| &revert.text)).to_lowercase();
        let named = |shape: &&Shape| text.contains(&shape.name.to_lowercase());
        shapes.iter().filter(named).map(Shape::shown).collect()
    }
}

fn not_proven(filled: &[Filled], touched: &BTreeSet<String>) -> Vec<(String, String)> {
    let named = filled.iter().filter(|filled| touched.contains(&filled.table));
    named.filter_map(|filled| Some((filled.table.clone(), filled.problem.clone()?))).collect()
}

fn renew(session: &mut dyn Session) -> Result<(), VerifyError> {
    session.renew().map_err(|failure| VerifyError::Sql { doing: "connect", failure })
}
