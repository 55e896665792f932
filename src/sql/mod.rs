//! From bytes to statements: split → parse → statement model; dialect facts; directives in comments.
//!
//! [`read`] is the way in. It never gives up on a file because of one statement: what is not understood is
//! [`Action::Unknown`] with its range, and never counts as safe.
//!
//! - [`model`]: what rules see
//! - [`history_state`]: what earlier statements and migrations did, asked through a [`Context`](history_state::Context)
//! - [`analysis`]: phase, destruction, and what is left when a statement fails
//! - [`archive`]: where migrations keep what they take away
//! - [`renames`]: drops and adds that look like a new name
//! - [`directive`]: `-- prisma-safe: …` comments
//! - [`lock_facts`]: what statements lock, how hard, and what they do meanwhile

pub mod analysis;
pub mod archive;
pub mod directive;
mod groups;
pub mod history_state;
mod lex;
pub(crate) mod likeness;
pub mod lock_facts;
mod lower;
pub mod model;
pub mod outside;
mod parse;
pub mod quote;
pub mod renames;
mod server_version;
mod split;
mod transactions;

pub use server_version::ServerVersion;

use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::project::Provider;
use model::{Action, Operation, Read, Script, Statement, Within};

/// Why a file could not be read as SQL text at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A byte that is not UTF-8.
    #[error("the file is not UTF-8: byte {offset} (line {line}) cannot be read as text")]
    NotUtf8 {
        /// From 0, in bytes.
        offset: usize,
        /// From 1.
        line: usize,
    },
    /// UTF-16 or UTF-32, by its byte order mark.
    #[error("the file is {encoding}, not UTF-8")]
    OtherEncoding {
        /// `UTF-16` or `UTF-32`.
        encoding: &'static str,
    },
    /// Over 4 GiB.
    #[error("the file is {bytes} bytes long; at most 4294967295 can be read")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

impl Explain for ReadError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn why(&self) -> Option<String> {
        match self {
            ReadError::NotUtf8 { .. } | ReadError::OtherEncoding { .. } => {
                Some("Prisma reads migrations as UTF-8 and would stop here in the middle of a deploy".to_owned())
            }
            ReadError::TooLarge { .. } => None,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            ReadError::NotUtf8 { .. } => {
                vec!["save the file as UTF-8, or find the byte with `iconv -f UTF-8 -t UTF-8 migration.sql`".to_owned()]
            }
            ReadError::OtherEncoding { encoding } => {
                vec![format!("convert it: `iconv -f {encoding} -t UTF-8 migration.sql`")]
            }
            ReadError::TooLarge { .. } => vec!["load data outside of migrations, for example with `COPY`".to_owned()],
        }
    }
}

/// Takes a file apart. A byte order mark at its start is skipped; its three bytes still count in every offset.
///
/// # Errors
/// [`ReadError`] when the bytes are no UTF-8 text. SQL that is not understood is no error.
pub fn read(provider: Provider, bytes: &[u8]) -> Result<Script, ReadError> {
    let text = decode(bytes)?;
    let source = lex::Source { text, base: 0 };
    let mut splitter = split::Splitter::new(provider, source, source.span());
    let mut statements = Vec::new();
    let mut out = lower::Out::default();
    let mut list = Vec::new();
    while let Some(piece) = splitter.next(&mut list) {
        let tokens = lower::cursor::Tokens::new(provider, source, &list);
        let understood = lower::statement(&mut tokens.cursor(), &mut out);
        let (mut operations, guarded) = out.take();
        let read = second_opinion(provider, source, &tokens, understood.is_some(), &operations);
        if matches!(read, Read::Unknown(_)) {
            operations.clear();
        }
        if operations.is_empty() {
            let operation =
                Operation { action: Action::Unknown, span: piece.span, within: Within::File, conditional: false };
            operations.push(operation);
        }
        statements.push(Statement {
            index: statements.len(),
            range: piece.range,
            span: piece.span,
            leading_comments: piece.leading_comments,
            read,
            operations,
            guarded,
            transaction: None,
            batch: piece.batch,
        });
    }
    let wrapper = splitter.wrapper();
    transactions::number(provider, &mut statements, wrapper);
    archive::find(&mut statements);
    groups::find(provider, text, &mut statements);
    let comments = splitter.into_comments();
    let (directives, directive_errors) = directive::find(text, &comments, &statements);
    Ok(Script {
        provider,
        text: text.to_owned(),
        statements,
        wrapper,
        directives,
        directive_errors,
        comments,
        lines: std::sync::OnceLock::new(),
    })
}

/// Puts our reading beside the parser's.
fn second_opinion(
    provider: Provider,
    source: lex::Source<'_>,
    tokens: &lower::cursor::Tokens<'_>,
    understood: bool,
    operations: &[Operation],
) -> Read {
    match (parse::parse(provider, source, tokens), understood) {
        (Ok(ast), true) => match parse::agree(&ast, operations) {
            Ok(()) => Read::Parsed,
            Err(what) => Read::Unknown(format!("two readings of it differ in {what}")),
        },
        (Ok(_), false) => Read::Unknown("a statement that this tool has no words for".to_owned()),
        (Err(parse::Refusal::Syntax(text)), true)
            if !operations.first().is_some_and(|o| lower::plausible(&o.action, tokens.cursor())) =>
        {
            Read::Unknown(parse::Refusal::Syntax(text).text())
        }
        (Err(_), true) => Read::Keywords,
        (Err(refusal), false) => Read::Unknown(refusal.text()),
    }
}

fn decode(bytes: &[u8]) -> Result<&str, ReadError> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(ReadError::TooLarge { bytes: bytes.len() });
    }
    if bytes.starts_with(&[0xFF, 0xFE, 0, 0]) || bytes.starts_with(&[0, 0, 0xFE, 0xFF]) {
        return Err(ReadError::OtherEncoding { encoding: "UTF-32" });
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(ReadError::OtherEncoding { encoding: "UTF-16" });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = bytes[..offset].iter().filter(|&&b| b == b'\n').count() + 1;
        ReadError::NotUtf8 { offset, line }
    })
}
