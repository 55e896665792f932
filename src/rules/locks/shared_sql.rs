//! SQL that the family's rules write: names as the file has them, statements moved into migrations of their own.

use crate::project::Provider;
use crate::rules::{Edit, Facts, Fix, FollowUp};
use crate::sql::history_state::Context;
use crate::sql::model::{Ident, Name, Script, Span, Statement};
use crate::sql::quote;

use super::shared_transaction::{Sending, sending};

/// The databases of most rules here.
pub(in crate::rules) const POSTGRESQL: &[Provider] = &[Provider::Postgresql];

/// Marks that Prisma writes above its statements; they go where the statement goes.
const PRISMA_MARKS: [&str; 6] =
    ["-- CreateIndex", "-- DropIndex", "-- AddForeignKey", "-- AlterTable", "-- AlterEnum", "-- AddConstraint"];

/// In a longer file no rule looks through all other statements for each one: it would take the square of the time.
const LONG_FILE: usize = 500;

/// The file is too long to weigh every statement against every other.
pub(super) fn is_long(script: &Script) -> bool {
    script.statements.len() > LONG_FILE
}

/// A name in quotes.
pub(super) fn table(name: &Name) -> String {
    quote::name(Provider::Postgresql, name)
}

/// An identifier in quotes.
pub(super) fn ident(name: &Ident) -> String {
    quote::ident(Provider::Postgresql, &name.value)
}

/// Any text as an identifier in quotes.
pub(super) fn quoted(name: &str) -> String {
    quote::ident(Provider::Postgresql, name)
}

/// A text literal.
pub(super) fn text(value: &str) -> String {
    quote::text(Provider::Postgresql, value)
}

/// A query for the size and the estimated rows of a table.
pub(in crate::rules) fn size_query(name: &Name) -> String {
    format!(
        "SELECT pg_size_pretty(pg_total_relation_size(c.oid)) AS size, c.reltuples::bigint AS rows\n\
         FROM pg_class c WHERE c.oid = {}::regclass;",
        text(&table(name))
    )
}

/// Words joined to a migration's slug: lower case, digits and `_`.
pub(in crate::rules) fn slug(words: &[&str]) -> String {
    let joined = words.join("_");
    let mut out = String::with_capacity(joined.len());
    for c in joined.chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        if c != '_' || !out.ends_with('_') {
            out.push(c);
        }
    }
    out.trim_matches('_').chars().take(100).collect()
}

/// The statement stands alone in its file.
pub(in crate::rules) fn is_alone(script: &Script) -> bool {
    script.statements.len() == 1
}

/// A `CREATE INDEX CONCURRENTLY` may stand beside other statements: Prisma is known to send them one by one, on the shadow database
/// too (7.8), and no explicit transaction is open.
pub(super) fn may_stand_beside(context: &Context<'_>, facts: &Facts) -> bool {
    let splits =
        facts.prisma.is_some() && facts.prisma_at_least(7, 8) && sending(context.script, facts) == Sending::Split;
    splits && !context.in_explicit_transaction()
}

/// Moves a statement into a migration of its own, as `sql`.
pub(in crate::rules) fn move_out(
    script: &Script,
    statement: &Statement,
    title: impl Into<String>,
    slug: String,
    sql: String,
) -> Fix {
    Fix {
        title: title.into(),
        edits: vec![Edit { span: with_mark(script, statement), text: String::new() }],
        follow_ups: vec![FollowUp { slug, sql }],
    }
}

/// The statement with its terminator and the mark that Prisma wrote above it.
pub(in crate::rules) fn with_mark(script: &Script, statement: &Statement) -> Span {
    let mark = statement.leading_comments.clone().next_back().map(|last| script.comments[last].span);
    let start = match mark {
        Some(mark) if PRISMA_MARKS.contains(&script.slice(mark).trim_end()) => mark.start,
        _ => statement.span.start,
    };
    Span::new(start, statement.range.end.max(statement.span.end))
}

/// The text of `CREATE [UNIQUE] INDEX …` with another word after `INDEX`; `None` when it does not begin so.
pub(super) fn after_index_keyword(script: &Script, span: Span, word: &str) -> Option<String> {
    let sql = script.slice(span);
    let at = index_keyword_end(sql)?;
    Some(format!("{} {word}{}", &sql[..at], &sql[at..]))
}

/// Where, in bytes of the file, the word `INDEX` of `CREATE [UNIQUE] INDEX` or `DROP INDEX` ends.
pub(super) fn index_keyword(script: &Script, span: Span) -> Option<u32> {
    let at = index_keyword_end(script.slice(span))?;
    Some(span.start + u32::try_from(at).ok()?)
}

fn index_keyword_end(sql: &str) -> Option<usize> {
    let at = sql.to_ascii_lowercase().find("index")?;
    let before = sql[..at].to_ascii_lowercase();
    let plain = before.split_whitespace().all(|word| matches!(word, "create" | "unique" | "drop"));
    plain.then_some(at + "index".len())
}
