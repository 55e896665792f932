//! What a whole migration is: its phase, what it destroys, and what is left when a statement of it fails.

mod destruction;
mod failure;
mod here;
mod phase;
mod types;

pub use failure::{has_effect, is_split};
pub use types::keeps_values;

use super::history_state::State;
use super::model::{Ident, Name, Script, Span};

/// Where in expand → migrate → contract a migration, or a statement, belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Only adds: old and new application can both work.
    Expand,
    /// Moves rows.
    Migrate,
    /// Takes away, renames or tightens: the old application can break.
    Contract,
    /// More than one of them.
    Mixed,
    /// Neither: comments, settings, statistics.
    Neutral,
}

/// Something that is lost or may be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destruction {
    /// What.
    pub what: Destroyed,
    /// Of which table (or the object itself where it is no table).
    pub name: Option<Name>,
    /// Which column.
    pub column: Option<Ident>,
    /// Where: the identifier, or the clause.
    pub span: Span,
    /// The statement by index.
    pub statement: usize,
}

/// Kinds of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destroyed {
    /// A table with its rows.
    Table,
    /// A column with its values.
    Column,
    /// A schema or database with all in it.
    Schema,
    /// A partition with its rows.
    Partition,
    /// Rows: `DELETE`, `TRUNCATE`, a rebuild that copies none or not all.
    Rows,
    /// Values overwritten by `UPDATE`: the old ones are gone.
    Values,
    /// A type change that can lose or refuse values.
    Cast,
    /// The primary key is dropped or made of other columns.
    PrimaryKey,
    /// Enum values.
    EnumValues,
    /// Not known: the statement was not understood, or runs SQL put together at run time.
    Unknown,
}

/// What the database looks like when statement `k` of the migration fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterFailure {
    /// Nothing of the file stays.
    Unchanged {
        /// Why.
        because: Atomicity,
    },
    /// The statements with these indexes stay done.
    EarlierStay {
        /// In order.
        statements: Vec<usize>,
        /// Why.
        because: Atomicity,
    },
    /// Cannot be told from the text: this Prisma may or may not split the file.
    Depends {
        /// What would stay if the file is split.
        statements: Vec<usize>,
        /// Why.
        because: Atomicity,
    },
}

/// Why a file is or is not atomic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Atomicity {
    /// Only one statement.
    SingleStatement,
    /// Prisma up to 7.3 sends the whole PostgreSQL file as one query: one implicit transaction.
    ImplicitTransaction,
    /// `BEGIN … COMMIT` around it.
    ExplicitTransaction,
    /// SQL Server's `BEGIN TRY BEGIN TRAN` wrapper.
    TryCatch,
    /// Prisma from 7.5 sends PostgreSQL statements one by one.
    SplitByPrisma,
    /// Prisma 7.4 may split or not.
    PrismaVersionUnclear,
    /// Prisma from 7.4 sends a file that its parser does not read as one query.
    SplitterGivesUp,
    /// MySQL commits at each DDL statement.
    DdlCommits,
    /// SQLite and unwrapped SQL Server files run statement by statement.
    NoTransaction,
}

/// A Prisma version, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrismaVersion {
    /// 5, 6 or 7.
    pub major: u16,
    /// `None`: only the major is known.
    pub minor: Option<u16>,
}

/// What a migration is.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Over all statements.
    pub phase: Phase,
    /// Per statement: its phase and why, in words for people.
    pub statements: Vec<(Phase, &'static str)>,
    /// In file order. Empty: nothing is destroyed, as far as everything was understood.
    pub destructions: Vec<Destruction>,
    /// For each statement, what is left when that one fails.
    pub after_failure: Vec<AfterFailure>,
}

impl Judgement {
    /// Whether anything is or may be lost for which a revert must bring data back.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        !self.destructions.is_empty()
    }
}

/// Judges one migration. `before` is the state of the history before it.
#[must_use]
pub fn judge(script: &Script, before: &State, prisma: Option<PrismaVersion>) -> Judgement {
    let mut here = here::Here::new(before);
    let mut losses = destruction::Losses::new(script);
    let mut statements = Vec::with_capacity(script.statements.len());
    for statement in &script.statements {
        let mut reason: phase::Reason = (Phase::Neutral, "changes neither schema nor rows");
        for operation in &statement.operations {
            losses.add(&here, statement.index, operation);
            let next = phase::of(&here, &operation.action);
            reason = match (reason.0, next.0) {
                (Phase::Neutral, _) => next,
                (_, Phase::Neutral) => reason,
                (one, other) if one == other => reason,
                _ => (Phase::Mixed, "does several things that belong to different phases"),
            };
            here.take_in(&operation.action);
        }
        statements.push(reason);
    }
    let phase = statements.iter().map(|(phase, _)| *phase).fold(Phase::Neutral, |all, one| match (all, one) {
        (Phase::Neutral, one) => one,
        (all, Phase::Neutral) => all,
        (all, one) if all == one => all,
        _ => Phase::Mixed,
    });
    Judgement { phase, statements, destructions: losses.found, after_failure: failure::after(script, prisma) }
}
