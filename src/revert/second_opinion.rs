//! What Prisma itself says after a revert: `migrate diff` between the database that was reverted and the migrations before. Prisma sees tables, columns,
//! keys, indexes and enums only; our own comparison sees more. It costs a start of Prisma for each migration, so it is asked for.

use crate::migrations::Migration;

/// Asks Prisma.
pub trait SecondOpinion {
    /// The statements that Prisma would need to make the one of the other; `None`: there is no difference.
    ///
    /// # Errors
    /// Why Prisma has no answer, for people.
    fn difference(&self, database: &str, shadow: Option<&str>, earlier: &[Migration])
    -> Result<Option<String>, String>;
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "answer", content = "said")]
pub enum PrismaSays {
    /// There is no difference.
    Same,
    /// There is: its statements.
    Differs(String),
    /// It has no answer.
    NoAnswer(String),
}
