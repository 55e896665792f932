//! The rename question: what looks like a new name is never a loss by silence.

use crate::cli::Context;
use crate::draft::difference::Difference;
use crate::draft::rename::{self, Answer, Expansion, Pair};
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::project::Provider;
use crate::shell::printable;
use crate::sql;
use crate::sql::history_state::State;

/// The pairs cannot be decided.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// Nobody was there to ask.
    #[error("this may be a rename that loses every value: {}", pairs.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Open {
        /// What was found.
        pairs: Vec<Pair>,
        /// The words of the migration's name.
        words: String,
    },
    /// `--rename` that is none.
    #[error("`--rename {0}` is not `old=new` or `Table.old=new`")]
    NoPair(String),
    /// `--rename` of what the migration does not drop and add.
    #[error("`--rename {0}`: the difference does not drop the one and add the other")]
    NotThere(String),
    /// The text has a shape that cannot be written anew.
    #[error("{0}: the SQL for it cannot be written here")]
    Shape(Box<Pair>),
}

impl Explain for RenameError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn why(&self) -> Option<String> {
        match self {
            RenameError::Open { .. } => Some(
                "Prisma writes a new name as a drop and an add: the migration succeeds, and what the old one held is gone".to_owned(),
            ),
            RenameError::NoPair(_) | RenameError::NotThere(_) => None,
            RenameError::Shape(_) => Some("nothing was written".to_owned()),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            RenameError::Open { pairs, words } => {
                let flags = pairs.iter().map(|pair| format!(" --rename {}", quoted(&pair.flag()))).collect::<String>();
                let words = quoted(words);
                let mut hints = vec![format!("one thing under a new name: `cargo prisma-safe new {words}{flags}`")];
                hints.push(format!(
                    "the same in steps, without a downtime: `cargo prisma-safe new {words} --expand-contract`"
                ));
                hints.push(format!("different things: `cargo prisma-safe new {words} --not-a-rename`"));
                if pairs.iter().any(|pair| matches!(pair, Pair::Column { .. })) {
                    hints.push(
                        "a new name in the code only: `@map(\"old\")` in schema.prisma, and no migration".to_owned(),
                    );
                }
                hints
            }
            RenameError::NoPair(_) => vec!["name both: `--rename User.nickname=fullName`".to_owned()],
            RenameError::NotThere(_) => {
                vec!["look at the difference: `cargo prisma-safe new look --not-a-rename --dry-run`".to_owned()]
            }
            RenameError::Shape(pair) => vec![format!(
                "write the migration without it (`--not-a-rename`) and change the SQL by hand; it is `{}`",
                pair.flag()
            )],
        }
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '=' | '_' | '-');
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Asks about every pair and writes the difference as the answers say.
///
/// # Errors
/// [`RenameError`], or when a question is not answered.
pub(super) fn settle(
    context: &mut Context,
    args: &super::Args,
    provider: Provider,
    before: &State,
    difference: Difference,
) -> Result<(Difference, Vec<Expansion>)> {
    let script = sql::read(provider, difference.forward.as_bytes())?;
    let mut answers: Vec<(Pair, Answer)> = Vec::new();
    for flag in &args.rename {
        let (from, to) = flag.split_once('=').ok_or_else(|| RenameError::NoPair(flag.clone()))?;
        let pair = rename::named(&script, before, from.trim(), to.trim());
        answers.push((pair.ok_or_else(|| RenameError::NotThere(flag.clone()))?, Answer::Rename));
    }
    let is_settled =
        |answers: &[(Pair, Answer)], pair: &Pair| answers.iter().any(|(known, _)| shares_side(known, pair));
    let mut open: Vec<Pair> = rename::pairs(&script, before);
    open.retain(|pair| !is_settled(&answers, pair));
    match (args.expand_contract, args.not_a_rename) {
        (true, _) => answers.extend(open.drain(..).map(|pair| (pair, Answer::ExpandContract))),
        (_, true) => open.clear(),
        _ if open.is_empty() => {}
        _ if !context.shell.can_ask() => {
            return Err(RenameError::Open { pairs: open, words: args.name.join(" ") }.into());
        }
        _ => {
            for pair in open.drain(..) {
                let answer = ask(context, &pair)?;
                answers.push((pair, answer));
            }
        }
    }
    let mut texts = [difference.forward, difference.reverse];
    let mut expansions = Vec::new();
    for (pair, answer) in answers {
        match answer {
            Answer::Different => {}
            Answer::Rename => {
                texts = rename::rename(provider, &texts, &pair, before).ok_or(RenameError::Shape(Box::new(pair)))?;
            }
            Answer::ExpandContract => {
                let (written, expansion) =
                    rename::expand(provider, &texts, &pair, before).ok_or(RenameError::Shape(Box::new(pair)))?;
                texts = written;
                expansions.push(expansion);
            }
        }
    }
    let [forward, reverse] = texts;
    Ok((Difference { forward, reverse }, expansions))
}

fn shares_side(one: &Pair, other: &Pair) -> bool {
    match (one, other) {
        (Pair::Column { table, from, to }, Pair::Column { table: of, from: old, to: new }) => {
            table == of && (from == old || to == new)
        }
        (Pair::Table { from, to }, Pair::Table { from: old, to: new }) => from == old || to == new,
        _ => false,
    }
}

fn ask(context: &mut Context, pair: &Pair) -> Result<Answer> {
    let choices = [
        "one thing under a new name: rename it, with everything in it".to_owned(),
        "the same, in steps: add the new one now, drop the old one in a later migration".to_owned(),
        "different things: drop the one, add the other".to_owned(),
    ];
    let question = format!("{}. Which is it?", printable(&pair.to_string()));
    let flag = format!("--rename {}", pair.flag());
    Ok(match context.shell.select(&question, &choices, &flag)? {
        0 => Answer::Rename,
        1 => Answer::ExpandContract,
        _ => Answer::Different,
    })
}
