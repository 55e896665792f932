//! What an error means and what to do about it, in sentences. To add one: an arm in `of_code`, or in `of_words` for SQLite.

use super::diagnosis::{Case, Diagnosis};
use crate::project::Provider;

/// Why it failed and what that leaves, most telling first.
#[must_use]
pub(super) fn explain(case: &Case<'_>, diagnosis: &Diagnosis) -> Vec<String> {
    let mut causes = Vec::new();
    if diagnosis.edited {
        causes.push(
            "the file was changed since it ran: what is said about its statements is about the file as it is now"
                .to_owned(),
        );
    }
    match &diagnosis.failure {
        None => causes.push(no_error(case, diagnosis)),
        Some(failure) => {
            let known = failure.code.as_deref().and_then(of_code).or_else(|| of_words(&failure.said));
            causes.extend(known.map(str::to_owned));
            if failure.says_exists() {
                causes.push(there_before(diagnosis));
            }
        }
    }
    if !diagnosis.leftovers.is_empty() {
        causes.push(
            "`CONCURRENTLY` builds an index in several transactions: when it fails, the index stays behind, INVALID. No query uses it, every write maintains it, and its name is taken: drop it, then build it again".to_owned(),
        );
    }
    causes
}

fn no_error(case: &Case<'_>, diagnosis: &Diagnosis) -> String {
    let hidden = if case.provider == Provider::Postgresql && diagnosis.has_own_transaction() {
        ", or the error hid in the file's own BEGIN … COMMIT: PostgreSQL refuses everything in a failed transaction, Prisma's note of the error too (Prisma issue 15295); the server's log has the true one"
    } else {
        ""
    };
    format!("no error is recorded: the run was killed or lost its connection, or it still runs{hidden}")
}

fn there_before(diagnosis: &Diagnosis) -> String {
    let index = diagnosis.failed_at;
    match index.and_then(|at| diagnosis.statements.get(at)).filter(|statement| statement.was_there_before()) {
        Some(statement) => format!(
            "what statement {} makes is there already, and this run did not make it: an earlier attempt, another tool or somebody by hand did",
            statement.index + 1
        ),
        None => "something of that name is there already, and not by this run: an earlier attempt, another tool or somebody by hand made it".to_owned(),
    }
}

/// SQLSTATE (PostgreSQL, appendix A) and error numbers (MySQL and MariaDB).
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "55P03" | "1205" => {
            "another session held a lock for longer than the migration may wait; the same file works when nobody is in the way"
        }
        "40P01" | "1213" | "40001" => {
            "it and another session waited for each other, and the database stopped this one; the same file works when nobody is in the way"
        }
        "57014" => {
            "the statement was cancelled, by `statement_timeout` or by somebody; if it needs longer, raise `statement-timeout` for this environment or split the work"
        }
        "25001" => {
            "this statement cannot run inside a transaction, and Prisma sends a PostgreSQL file with more than one statement as one transaction (up to 7.3, and later where its parser does not read the file): put the statement alone into a migration of its own"
        }
        "55P04" => {
            "a value that was added to an enum cannot be used in the transaction that added it: leave `ADD VALUE` in this migration and move what uses the value into the next one"
        }
        "25P02" => {
            "an earlier statement of the file's own BEGIN … COMMIT failed, and this error hides the true one (Prisma issue 15295); the server's log has it"
        }
        "23505" | "1062" => {
            "rows break the uniqueness that the migration wants: find the duplicates and decide about them first"
        }
        "23502" | "1138" | "1048" => {
            "there are NULLs, or new ones would come, where the migration forbids them: fill them first"
        }
        "23503" | "1452" | "1451" => {
            "rows point at rows that are not there: mend them first, or add the key NOT VALID and validate it later"
        }
        "23514" | "4025" | "3819" => "rows break the check that the migration adds: mend them first",
        "42501" | "1142" | "1044" | "1227" => {
            "the user of the URL lacks a right that the migration needs: grant it, or deploy as the owner of the tables"
        }
        "42P01" | "1146" => {
            "a table that the SQL names is not there: it was dropped or renamed by hand, a migration before this one is missing, or the name is mistyped"
        }
        "42703" | "1054" => {
            "a column that the SQL names is not there: it was dropped or renamed by hand, or the name is mistyped"
        }
        "42601" | "1064" => {
            "the database does not understand the SQL: this version has no such syntax, or it is mistyped"
        }
        "53100" | "1114" | "1021" => {
            "the disk, or the space that the database may take, is full: make room before you go on"
        }
        "2BP01" => {
            "something else still depends on what the migration drops: drop or change that first, in the same migration"
        }
        _ => return None,
    })
}

fn of_words(said: &str) -> Option<&'static str> {
    let with = |words: &str| said.contains(words);
    Some(if with("database is locked") || with("table is locked") {
        "another process held the file for longer than Prisma waits; the same migration works when nobody is in the way"
    } else if with("UNIQUE constraint failed") {
        "rows break the uniqueness that the migration wants: find the duplicates and decide about them first"
    } else if with("NOT NULL constraint failed") {
        "there are NULLs where the migration forbids them: fill them first"
    } else if with("FOREIGN KEY constraint failed") {
        "rows point at rows that are not there: mend them first"
    } else if with("no such table") || with("no such column") {
        "something that the SQL names is not there: it was dropped or renamed by hand, a migration before this one is missing, or the name is mistyped"
    } else if with("disk is full") {
        "the disk is full: make room before you go on"
    } else {
        return None;
    })
}
