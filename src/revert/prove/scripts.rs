//! How scripts run: a migration as that Prisma would run it, a revert as `prisma db execute` would.

use crate::project::Provider;
use crate::revert::throwaway::{Session, SqlFailure};
use crate::shell::count;
use crate::sql::analysis::{self, PrismaVersion};
use crate::sql::model::Script;

/// Where a script stopped.
pub(super) struct Stop {
    statement: Option<(usize, usize)>,
    /// The table that the statement names.
    pub table: Option<String>,
    /// The database's words.
    pub said: String,
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

    /// MySQL takes no definition back: what ran before the stop has happened.
    pub fn what_stays(&self, provider: Provider) -> String {
        match self.statement {
            Some((number, _)) if provider == Provider::Mysql && number > 1 => {
                format!("; {} before it stay done: it is half reverted", count(number - 1, "statement"))
            }
            _ => String::new(),
        }
    }

    pub fn shown(&self) -> String {
        match self.statement {
            Some((number, line)) => format!("at its statement {number} (line {line}): {}", self.said),
            None => format!("with: {}", self.said),
        }
    }
}

/// Runs a migration as that Prisma does, for whoever only wants to be where it leads; the error says where it stops.
///
/// # Errors
/// The statement with the database's words.
pub fn replay(session: &mut dyn Session, script: &Script, prisma: Option<PrismaVersion>) -> Result<(), String> {
    run_migration(session, script, prisma).map_err(|stop| format!("it stops {}", stop.shown()))
}

/// Runs a migration as that Prisma does.
pub(super) fn run_migration(
    session: &mut dyn Session,
    script: &Script,
    prisma: Option<PrismaVersion>,
) -> Result<(), Stop> {
    if analysis::is_split(script, prisma) { by_statement(session, script) } else { whole(session, script) }
}

/// Runs a revert as `prisma db execute` does: PostgreSQL gets the whole file, in every version.
pub(super) fn run_revert(session: &mut dyn Session, script: &Script) -> Result<(), Stop> {
    if script.provider == Provider::Sqlite { by_statement(session, script) } else { whole(session, script) }
}

/// Runs a script of the team's own, statement by statement, so that a failure has a place.
///
/// # Errors
/// Where it stops and what the database said, for people.
pub(in crate::revert) fn by_statement_of(session: &mut dyn Session, script: &Script) -> Result<(), String> {
    by_statement(session, script).map_err(|stop| stop.shown())
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
