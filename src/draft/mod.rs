//! What `new` writes: the difference that Prisma sees, its undo, and the checklist of the policy filled in for this change.
//!
//! [`difference`] asks Prisma, [`Draft`] puts the files together, [`revert_script`] and [`checklist`] write one each; [`archive`] keeps what is taken
//! away, `way_back` corrects the reverse difference. Pure but for the question to Prisma.

pub mod archive;
pub mod checklist;
pub mod difference;
mod edit;
pub mod placeholder;
pub mod rename;
pub mod restore;
pub mod revert_script;
pub mod undo;
mod way_back;

use jiff::Timestamp;

use placeholder::Placeholder;

use crate::migrations::name::{NextTimestamp, next_timestamp};
use crate::migrations::scaffold::Scaffold;
use crate::project::Provider;
use crate::sql::analysis::{self, Judgement, PrismaVersion};
use crate::sql::history_state::State;
use crate::sql::model::Script;
use crate::sql::{self, ReadError};

/// Where the migration's SQL came from: the revert script's head says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Prisma's difference between the live database and the schema.
    Database,
    /// Prisma's difference between the migrations folder and the schema.
    Migrations,
    /// Prisma's whole schema, for the first migration of a project.
    Nothing,
    /// The revert script of an earlier migration, as a migration of its own.
    Undo,
    /// SQL written by hand.
    Hand,
    /// Nothing yet.
    Empty,
}

/// A migration that has not been written to disk.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The folder's name.
    pub name: String,
    /// The slug in it.
    pub slug: String,
    /// What it does, in the author's words.
    pub title: String,
    /// `migration.sql`.
    pub migration: String,
    /// The reverse difference, where Prisma was asked for it.
    pub reverse: Option<String>,
    /// Required columns that come back without their values, in `reverse`.
    pub placeholders: Vec<Placeholder>,
    /// What can be kept of what the migration takes away.
    pub archive: archive::Plan,
    /// What stays for now, and goes in a later migration.
    pub expansions: Vec<rename::Expansion>,
    /// Whether it is kept: the steps are in `migration` and their way back in `reverse`.
    pub keeps: bool,
    /// Where the SQL came from.
    pub origin: Origin,
    /// The statements of `migration`.
    pub script: Script,
    /// Phase, destruction, what is left when a statement fails.
    pub judgement: Judgement,
    /// Existing folders that sort after the new one by their odd names.
    pub sorts_before: Vec<String>,
}

/// What a draft is made of.
#[derive(Clone)]
pub struct Parts<'a> {
    /// The project's database.
    pub provider: Provider,
    /// Names of the folders that are there.
    pub existing: &'a [String],
    /// The state of the history before the new migration.
    pub before: &'a State,
    /// The project's Prisma.
    pub prisma: Option<PrismaVersion>,
    /// The slug.
    pub slug: String,
    /// What it does, in the author's words.
    pub title: String,
    /// `migration.sql`.
    pub migration: String,
    /// The reverse difference, where there is one.
    pub reverse: Option<String>,
    /// What stays for now, and goes in a later migration.
    pub expansions: Vec<rename::Expansion>,
    /// Whether to keep what it takes away.
    pub keep: bool,
    /// Where the SQL came from.
    pub origin: Origin,
    /// The time to name it by.
    pub now: Timestamp,
}

impl Draft {
    /// Puts a draft together.
    ///
    /// # Errors
    /// [`ReadError`] when the SQL is no text.
    pub fn new(parts: Parts<'_>) -> Result<Self, ReadError> {
        let NextTimestamp { digits, sorts_before } =
            next_timestamp(parts.now, parts.existing.iter().map(String::as_str));
        let Parts { provider, before, prisma, slug, title, mut migration, expansions, keep, origin, .. } = parts;
        migration.insert_str(0, &rename::plan_comment(&expansions));
        let mut script = sql::read(provider, migration.as_bytes())?;
        let mut judgement = analysis::judge(&script, before, prisma);
        let after = state_with(before, &digits, &script);
        let mut reverse = parts
            .reverse
            .map(|reverse| way_back::fix(reverse, &way_back::Facts { migration: &script, before, after: &after }));
        let reverse_script = reverse.as_ref().map(|text| sql::read(provider, text.as_bytes())).transpose()?;
        let archive = archive::plan(&script, &judgement, reverse_script.as_ref(), [before, &after], &digits);
        let keeps = keep && !archive.kept.is_empty();
        if keeps {
            reverse =
                reverse_script.map(|reverse| archive::restore::write([&script, &reverse], &archive, [before, &after]));
            migration = archive::keep::write(&script, &archive, &revert_file(&slug));
            script = sql::read(provider, migration.as_bytes())?;
            judgement = analysis::judge(&script, before, prisma);
        }
        let (reverse, placeholders) = match reverse {
            Some(reverse) => {
                let (reverse, placeholders) = placeholder::add(provider, &reverse, before);
                (Some(reverse), placeholders)
            }
            None => (None, Vec::new()),
        };
        Ok(Draft {
            name: format!("{digits}_{slug}"),
            slug,
            title,
            migration,
            reverse,
            placeholders,
            archive,
            expansions,
            keeps,
            origin,
            script,
            judgement,
            sorts_before,
        })
    }

    /// Name of the revert script.
    #[must_use]
    pub fn revert_file(&self) -> String {
        revert_file(&self.slug)
    }

    /// The folder to write.
    #[must_use]
    pub fn scaffold(&self) -> Scaffold {
        Scaffold {
            name: self.name.clone(),
            files: vec![
                ("migration.sql".to_owned(), self.migration.clone()),
                (self.revert_file(), revert_script::write(self)),
                ("checklist.md".to_owned(), checklist::write(self)),
            ],
        }
    }
}

fn revert_file(slug: &str) -> String {
    format!("revert_{slug}.sql")
}

/// The history with one more migration.
fn state_with(before: &State, name: &str, script: &Script) -> State {
    let mut after = before.clone();
    after.begin_migration(name, true);
    for statement in &script.statements {
        after.apply(script, statement);
    }
    after
}
