//! The second reader: `sqlparser`, asked about each statement in its own dialect, never in the generic one.
//!
//! Our lowering reads words and knows exactly where they are; `sqlparser` knows the grammar. A statement counts as
//! [`Parsed`](super::model::Read::Parsed) only when both read it and `agree` finds that they read the same. What `sqlparser` refuses (its gaps
//! are known: `DROP INDEX CONCURRENTLY`, `DO`, `PRAGMA x=OFF`, most of Transact-SQL) counts as read by keyword, and the lowering is strict there.
//!
//! Tokens are ours, so every place that `sqlparser` reports is a byte of the file.

mod agree;
mod tokens;

use sqlparser::ast::Statement;
use sqlparser::dialect::{Dialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token as SqlToken, TokenWithSpan};

use super::lex::{Kind, Source, Token};
use super::lower::cursor::Tokens;
use crate::project::Provider;

pub(super) use agree::agree;

/// Larger statements are read by keyword only: their syntax tree would take hundreds of megabytes.
const MOST_TOKENS: usize = 200_000;

/// Deepest nesting that the parser is given; it recurses, and some of its rules try several ways at each level.
const DEEPEST: usize = 40;

/// From this nesting on the parser gets a stack of its own: one level costs it over 100 KiB in a debug build, and a thread pool's
/// stacks have 2 MiB.
const DEEP: usize = 5;

/// That stack, in bytes.
const LARGE_STACK: usize = 64 << 20;

/// Longest run of operators without a bracket or comma between: each makes the tree one deeper, and dropping it recurses.
const LONGEST_CHAIN: usize = 1_000;

/// Why the parser has no opinion.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It was not asked: too large, too deep.
    NotAsked(&'static str),
    /// Its own words.
    Syntax(String),
}

impl Refusal {
    pub fn text(self) -> String {
        match self {
            Refusal::NotAsked(why) => why.to_owned(),
            Refusal::Syntax(text) => without_position(&text),
        }
    }
}

/// `… at Line: 1, Column: 42`: the column is a byte offset of ours and means nothing to a reader.
fn without_position(text: &str) -> String {
    let text = text.strip_prefix("sql parser error: ").unwrap_or(text);
    text.find(" at Line:").map_or(text, |at| &text[..at]).to_owned()
}

fn dialect(provider: Provider) -> &'static dyn Dialect {
    match provider {
        Provider::Postgresql => &PostgreSqlDialect {},
        Provider::Mysql => &MySqlDialect {},
        Provider::Sqlite => &SQLiteDialect {},
        Provider::Sqlserver => &MsSqlDialect {},
    }
}

/// Parses one statement.
pub(super) fn parse(provider: Provider, source: Source<'_>, statement: &Tokens<'_>) -> Result<Statement, Refusal> {
    let list = statement.list();
    if list.len() > MOST_TOKENS {
        return Err(Refusal::NotAsked("too long for the parser"));
    }
    let nesting = nesting(provider, source, list);
    if nesting > DEEPEST {
        return Err(Refusal::NotAsked("nested too deep for the parser"));
    }
    if longest_chain(source, list) > LONGEST_CHAIN {
        return Err(Refusal::NotAsked("too many operators in a row for the parser"));
    }
    let dialect = dialect(provider);
    let tokens = tokens::convert(dialect, source, list).ok_or(Refusal::NotAsked("a quote that does not end"))?;
    let outcome = if nesting < DEEP { parse_tokens(dialect, tokens) } else { on_large_stack(provider, tokens) };
    match outcome {
        Ok(Ok(statement)) => Ok(statement),
        Ok(Err(error)) => Err(Refusal::Syntax(error.to_string())),
        Err(_) => Err(Refusal::NotAsked("the parser gave up")),
    }
}

type Outcome = std::thread::Result<Result<Statement, ParserError>>;

/// The parser is third-party code that reads whatever is in a file; a panic in it must not end the run.
fn parse_tokens(dialect: &'static dyn Dialect, tokens: Vec<TokenWithSpan>) -> Outcome {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut parser = Parser::new(dialect).with_tokens_with_locations(tokens);
        let statement = parser.parse_statement()?;
        let rest = parser.peek_token_ref();
        if rest.token == SqlToken::EOF { Ok(statement) } else { parser.expected("end of statement", rest.clone()) }
    }))
}

/// Where no thread can be had, the parser is not asked.
fn on_large_stack(provider: Provider, tokens: Vec<TokenWithSpan>) -> Outcome {
    let work = move || parse_tokens(dialect(provider), tokens);
    let thread = std::thread::Builder::new().stack_size(LARGE_STACK).spawn(work);
    thread.map_err(|error| Box::new(error) as Box<dyn std::any::Any + Send>)?.join()?
}

/// How deep the parser would recurse: brackets, `CASE`, Transact-SQL's `IF`, and prefix operators in a row.
fn nesting(provider: Provider, source: Source<'_>, list: &[Token]) -> usize {
    let (mut brackets, mut cases, mut ifs, mut prefixes, mut deepest) = (0_usize, 0_usize, 0_usize, 0_usize, 0);
    for token in list {
        let prefix = match token.kind {
            Kind::Open | Kind::OpenBracket => {
                brackets += 1;
                false
            }
            Kind::Close | Kind::CloseBracket => {
                brackets = brackets.saturating_sub(1);
                false
            }
            Kind::Symbol => true,
            Kind::Word => {
                let is = |word| super::split::is_word(source, *token, word);
                cases += usize::from(is("CASE"));
                cases = cases.saturating_sub(usize::from(is("END")));
                ifs += usize::from(provider == Provider::Sqlserver && (is("IF") || is("BEGIN") || is("WHILE")));
                is("NOT") || is("PRIOR") || is("EXISTS")
            }
            _ => false,
        };
        prefixes = if prefix { prefixes + 1 } else { 0 };
        deepest = deepest.max(brackets + cases + ifs + prefixes.saturating_sub(1));
    }
    deepest
}

/// The longest run of tokens that can make a tree deeper, without a bracket or comma between.
fn longest_chain(source: Source<'_>, list: &[Token]) -> usize {
    const DEEPENING: &[&str] =
        &["AND", "OR", "NOT", "IS", "UNION", "EXCEPT", "INTERSECT", "COLLATE", "XOR", "LIKE", "IN", "BETWEEN", "ELSE"];
    if list.len() <= LONGEST_CHAIN {
        return 0;
    }
    let mut longest = 0;
    let mut stack = Vec::new();
    let mut run = 0_usize;
    for token in list {
        match token.kind {
            Kind::Open | Kind::OpenBracket => {
                // `a[1][1]…` and `f(x)+f(x)+…`: what follows the bracket goes on with the run before it.
                stack.push(run + 1);
                run = 0;
            }
            Kind::Close | Kind::CloseBracket => run = stack.pop().unwrap_or(run),
            Kind::Comma => run = 0,
            Kind::Symbol | Kind::Dot => run += 1,
            Kind::Word if super::split::is_one_of(source, *token, DEEPENING) => run += 1,
            _ => {}
        }
        longest = longest.max(run);
    }
    longest
}
