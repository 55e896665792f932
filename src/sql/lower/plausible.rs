//! What the parser refuses and the lowering reads is looked at once more.
//!
//! The lowering finds clauses by their words and does not check what an expression is made of. For statements that read or write rows, where
//! the parser knows nearly every shape, a refusal may be a real mistake (a missing comma), so two values side by side make it unknown.

use super::cursor::Cursor;
use super::expr::WORDS;
use crate::sql::lex::Kind;
use crate::sql::model::Action;
use crate::sql::split::is_one_of;

/// Words that may stand behind a value without being in the list of expression words.
const BEHIND_VALUES: &[&str] = &[
    "AND",
    "CONFLICT",
    "DO",
    "DUPLICATE",
    "GO",
    "INSERT",
    "NOTHING",
    "OPTION",
    "OUTPUT",
    "OVERRIDING",
    "SET",
    "UPDATE",
    "TIES",
    "PERCENT",
    "PRECISION",
];

/// Whether a refused statement may count as read.
pub(in crate::sql) fn plausible(action: &Action, mut c: Cursor<'_>) -> bool {
    if !c.is_any(&["INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH", "REPLACE", "VALUES"]) {
        // What is inside of a `DO`, an `IF` or a `WHILE`.
        return true;
    }
    if !matches!(
        action,
        Action::Insert(_) | Action::Update(_) | Action::Delete(_) | Action::Merge(_) | Action::Select(_)
    ) {
        return true;
    }
    while let (Some(token), Some(next)) = (c.next(), c.peek()) {
        let is_word = |t| is_one_of(c.text(), t, WORDS) || is_one_of(c.text(), t, BEHIND_VALUES);
        let odd = match (token.kind, next.kind) {
            (Kind::Number | Kind::Close | Kind::Quoted | Kind::Text, Kind::Number)
            | (Kind::Number | Kind::Close | Kind::Quoted, Kind::Text)
            | (Kind::Number | Kind::Text, Kind::Quoted) => true,
            (Kind::Number | Kind::Text, Kind::Word) => !is_word(next),
            _ => false,
        };
        if odd {
            return false;
        }
    }
    true
}
