//! Which statements of a PostgreSQL file share a transaction, for this Prisma.

use crate::sql::analysis::PrismaVersion;
use crate::sql::model::{Action, Read, Script, Within};

/// How Prisma sends a file with several statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// As one query: one implicit transaction (Prisma up to 7.3, or a later one whose parser does not read the file).
    Whole,
    /// Statement by statement (from 7.4 on, where its parser reads the whole file).
    Split,
}

/// How this Prisma sends the file. Not known: as the newest one does.
pub fn sending(script: &Script, prisma: Option<PrismaVersion>) -> Sending {
    let parsed = script.statements.iter().all(|statement| statement.read == Read::Parsed);
    // 7.4 may or may not split: where locks add up, the worse of both counts.
    let splits = is_at_least(prisma, 7, 5);
    if splits && parsed { Sending::Split } else { Sending::Whole }
}

/// The transaction that each statement runs in, by number; two statements with the same number share one.
pub fn transactions(script: &Script, prisma: Option<PrismaVersion>) -> Vec<usize> {
    let sending = sending(script, prisma);
    let mut numbers = Vec::with_capacity(script.statements.len());
    let mut current = 0;
    for statement in &script.statements {
        let explicit = statement.transaction.is_some();
        let ends = statement.operations.iter().any(|operation| {
            operation.within == Within::File
                && matches!(operation.action, Action::Commit | Action::Rollback { to: None })
        });
        let begins = statement.operations.iter().any(|o| o.within == Within::File && matches!(o.action, Action::Begin));
        // Inside one query a BEGIN takes the statements before it along.
        if begins && sending == Sending::Split {
            current += 1;
        }
        numbers.push(current);
        if ends || (sending == Sending::Split && !explicit) {
            current += 1;
        }
    }
    numbers
}

/// What to say of how the statements came into one transaction.
pub fn because(script: &Script, prisma: Option<PrismaVersion>, statement: usize) -> &'static str {
    if script.statements[statement].transaction.is_some() {
        "the file's own BEGIN … COMMIT"
    } else if !is_at_least(prisma, 7, 4) {
        "Prisma before 7.4 sends the whole file as one query, which is one transaction"
    } else {
        "Prisma sends the whole file as one query, which is one transaction, since its parser does not read every statement of it"
    }
}

/// Prisma is not known to be older (an unknown minor counts as the newest of its major).
fn is_at_least(prisma: Option<PrismaVersion>, major: u16, minor: u16) -> bool {
    prisma.is_none_or(|prisma| (prisma.major, prisma.minor.unwrap_or(u16::MAX)) >= (major, minor))
}
