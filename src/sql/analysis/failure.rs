//! What is left when a statement fails.
//!
//! How each Prisma version sends a file, from its sources and from trials: PostgreSQL up to 7.3 as one query, so one implicit transaction
//! (an explicit `COMMIT` inside ends it); from 7.5 statement by statement when Prisma's own parser reads the whole file, else as one query;
//! 7.4 may do either. MySQL statement by statement, each DDL statement commits. SQLite statement by statement without a transaction. SQL Server as
//! one batch, atomic only inside the wrapper that Prisma writes.

use super::{AfterFailure, Atomicity, PrismaVersion};
use crate::project::Provider;
use crate::sql::model::{Action, Read, Script, Statement};

/// For each statement, what is left when that one fails.
pub(super) fn after(script: &Script, prisma: Option<PrismaVersion>) -> Vec<AfterFailure> {
    if script.statements.len() == 1 {
        return vec![AfterFailure::Unchanged { because: Atomicity::SingleStatement }];
    }
    match script.provider {
        Provider::Postgresql => postgres(script, prisma),
        Provider::Mysql => each(script, &committed_mysql(script), Atomicity::DdlCommits),
        Provider::Sqlite => each(script, &open_until_commit(script), Atomicity::NoTransaction),
        Provider::Sqlserver => sqlserver(script),
    }
}

/// Whether that Prisma sends the file statement by statement rather than as one query. Where it cannot be told, the way that leaves more behind.
#[must_use]
pub fn is_split(script: &Script, prisma: Option<PrismaVersion>) -> bool {
    match script.provider {
        Provider::Sqlite => true,
        Provider::Mysql | Provider::Sqlserver => false,
        Provider::Postgresql => match sent(script, prisma) {
            Sent::Split => true,
            Sent::Whole(_) => false,
            Sent::Either => script.statements.iter().all(|statement| statement.read == Read::Parsed),
        },
    }
}

/// How PostgreSQL files are sent.
enum Sent {
    Whole(Atomicity),
    Split,
    Either,
}

fn sent(script: &Script, prisma: Option<PrismaVersion>) -> Sent {
    let Some(version) = prisma else { return Sent::Either };
    let split = match (version.major, version.minor) {
        (..=6, _) => false,
        (7, Some(..=3)) => false,
        (7, None | Some(4)) => return Sent::Either,
        _ => true,
    };
    if !split {
        return Sent::Whole(Atomicity::ImplicitTransaction);
    }
    if script.statements.iter().all(|s| s.read == Read::Parsed) {
        Sent::Split
    } else {
        Sent::Whole(Atomicity::SplitterGivesUp)
    }
}

fn postgres(script: &Script, prisma: Option<PrismaVersion>) -> Vec<AfterFailure> {
    match sent(script, prisma) {
        Sent::Split => each(script, &open_until_commit(script), Atomicity::SplitByPrisma),
        Sent::Whole(because) => {
            let committed = committed_in_one_query(script);
            (0..script.statements.len())
                .map(|k| {
                    let statements = effective(script, 0..committed[k]);
                    left(statements, because)
                })
                .collect()
        }
        Sent::Either => {
            let committed = committed_in_one_query(script);
            let open = open_until_commit(script);
            (0..script.statements.len())
                .map(|k| {
                    let split = effective(script, 0..open[k]);
                    if split == effective(script, 0..committed[k]) {
                        let explicit = script.statements[k].transaction.is_some();
                        let because =
                            if explicit { Atomicity::ExplicitTransaction } else { Atomicity::PrismaVersionUnclear };
                        left(split, because)
                    } else {
                        AfterFailure::Depends { statements: split, because: Atomicity::PrismaVersionUnclear }
                    }
                })
                .collect()
        }
    }
}

fn left(statements: Vec<usize>, because: Atomicity) -> AfterFailure {
    if statements.is_empty() {
        AfterFailure::Unchanged { because }
    } else {
        AfterFailure::EarlierStay { statements, because }
    }
}

/// From the first statement that is rolled back with each statement: everything before it stays.
fn each(script: &Script, kept_until: &[usize], because: Atomicity) -> Vec<AfterFailure> {
    script
        .statements
        .iter()
        .map(|statement| {
            let stays = effective(script, 0..kept_until[statement.index]);
            let explicit = statement.transaction.is_some() && because != Atomicity::DdlCommits;
            left(stays, if explicit { Atomicity::ExplicitTransaction } else { because })
        })
        .collect()
}

/// Statements that do something to schema or rows.
fn effective(script: &Script, range: std::ops::Range<usize>) -> Vec<usize> {
    script.statements[range].iter().filter(|s| has_effect(s)).map(|s| s.index).collect()
}

/// Whether a statement does something to schema or rows that is there afterwards: `BEGIN`, settings and comments of the file do not.
#[must_use]
pub fn has_effect(statement: &Statement) -> bool {
    statement.operations.iter().any(|o| {
        !matches!(
            o.action.alone(),
            Action::Begin
                | Action::Commit
                | Action::Rollback { .. }
                | Action::Savepoint { .. }
                | Action::Release { .. }
                | Action::Set { .. }
                | Action::Reset { .. }
                | Action::Nothing { .. }
                | Action::ClientCommand { .. }
                | Action::LockTable { .. }
                | Action::Pragma { .. }
                | Action::IdentityInsert { .. }
        )
    })
}

/// For each statement the number of statements before it that stay: all before the transaction that it is in.
fn open_until_commit(script: &Script) -> Vec<usize> {
    let mut first: Option<(u32, usize)> = None;
    script
        .statements
        .iter()
        .map(|statement| match statement.transaction {
            Some(number) => match first {
                Some((open, at)) if open == number => at,
                _ => {
                    first = Some((number, statement.index));
                    statement.index
                }
            },
            None => statement.index,
        })
        .collect()
}

/// One query is one transaction, which an explicit `COMMIT` ends; what follows is the next one.
fn committed_in_one_query(script: &Script) -> Vec<usize> {
    let mut committed = 0;
    let mut list = Vec::with_capacity(script.statements.len());
    for statement in &script.statements {
        list.push(committed);
        if statement.operations.iter().any(|o| matches!(o.action, Action::Commit | Action::Rollback { to: None })) {
            committed = statement.index + 1;
        }
    }
    list
}

/// MySQL: what a transaction has written so far is rolled back, unless a DDL statement has committed it.
fn committed_mysql(script: &Script) -> Vec<usize> {
    let mut open: Option<(u32, usize)> = None;
    let mut list = Vec::with_capacity(script.statements.len());
    for statement in &script.statements {
        let since = match (statement.transaction, open) {
            (Some(number), Some((known, at))) if known == number => at,
            (Some(number), _) => {
                open = Some((number, statement.index));
                statement.index
            }
            (None, _) => statement.index,
        };
        list.push(since);
        let rows_only = statement.operations.iter().all(|o| {
            matches!(
                o.action,
                Action::Insert(_)
                    | Action::Update(_)
                    | Action::Delete(_)
                    | Action::Select(_)
                    | Action::Set { .. }
                    | Action::Begin
                    | Action::Nothing { .. }
            )
        });
        if !rows_only && let Some((_, at)) = &mut open {
            *at = statement.index + 1;
        }
    }
    list
}

fn sqlserver(script: &Script) -> Vec<AfterFailure> {
    let Some(wrapper) = script.wrapper else {
        return each(script, &open_until_commit(script), Atomicity::NoTransaction);
    };
    let first = script.statements.partition_point(|s| s.span.start < wrapper.opening.end);
    script
        .statements
        .iter()
        .map(|statement| {
            let inside = statement.span.start >= wrapper.opening.end && statement.span.end <= wrapper.closing.start;
            let stays = effective(script, 0..if inside { first } else { statement.index });
            left(stays, if inside { Atomicity::TryCatch } else { Atomicity::NoTransaction })
        })
        .collect()
}
