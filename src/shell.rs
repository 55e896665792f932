//! The one thing that prints. Data goes to stdout, the story to stderr, both injectable, so that a test sees what a user sees.
//!
//! Nobody else prints (`clippy.toml` forbids `println!`). Text from outside (SQL, database errors, names on disk) passes through
//! [`printable`], so that a hostile migration cannot move the reader's cursor.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// How much the story tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Errors and refusals only.
    Quiet,
    /// One line per step.
    #[default]
    Normal,
    /// Commands run, files read, times.
    Verbose,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A question could not be asked, or the user said no.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// No terminal to ask on.
    #[error("this needs an answer, and there is no terminal to ask on: {question}")]
    NotATerminal {
        /// What would have been asked.
        question: String,
        /// The flag that answers it.
        flag: String,
    },
    /// The user declined, or typed something else than was asked for.
    #[error("stopped: the question was not answered with yes")]
    Declined,
    /// Ctrl-C at the prompt, or the terminal went away.
    #[error("stopped at the prompt")]
    Interrupted,
}

impl Explain for PromptError {
    fn exit_code(&self) -> ExitCode {
        match self {
            PromptError::NotATerminal { .. } => ExitCode::Usage,
            PromptError::Declined | PromptError::Interrupted => ExitCode::Interrupted,
        }
    }

    fn why(&self) -> Option<String> {
        Some(match self {
            PromptError::NotATerminal { .. } => "in a script nothing is decided silently".to_owned(),
            PromptError::Declined | PromptError::Interrupted => "nothing was changed".to_owned(),
        })
    }

    fn hints(&self) -> Vec<String> {
        match self {
            PromptError::NotATerminal { flag, .. } => vec![format!("add `{flag}` to answer it in a script")],
            PromptError::Declined | PromptError::Interrupted => Vec::new(),
        }
    }
}

/// Asks the user. Scripted in tests, `dialoguer` on a terminal.
pub trait Prompt {
    /// A yes-or-no question, `no` by default.
    ///
    /// # Errors
    /// [`PromptError`] when it cannot be asked or was not answered.
    fn confirm(&mut self, question: &str) -> Result<bool, PromptError>;
    /// Free text.
    ///
    /// # Errors
    /// [`PromptError`] when it cannot be asked or was not answered.
    fn text(&mut self, question: &str) -> Result<String, PromptError>;
    /// One of several; the index.
    ///
    /// # Errors
    /// [`PromptError`] when it cannot be asked or was not answered.
    fn select(&mut self, question: &str, choices: &[String]) -> Result<usize, PromptError>;
}

struct TerminalPrompt;

fn prompt_error(_: dialoguer::Error) -> PromptError {
    PromptError::Interrupted
}

impl Prompt for TerminalPrompt {
    fn confirm(&mut self, question: &str) -> Result<bool, PromptError> {
        dialoguer::Confirm::new().with_prompt(question).default(false).interact().map_err(prompt_error)
    }

    fn text(&mut self, question: &str) -> Result<String, PromptError> {
        dialoguer::Input::<String>::new().with_prompt(question).allow_empty(true).interact_text().map_err(prompt_error)
    }

    fn select(&mut self, question: &str, choices: &[String]) -> Result<usize, PromptError> {
        dialoguer::Select::new().with_prompt(question).items(choices).default(0).interact().map_err(prompt_error)
    }
}

/// Prints and asks.
pub struct Shell {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    out_color: bool,
    err_color: bool,
    verbosity: Verbosity,
    width: usize,
    prompt: Option<Box<dyn Prompt>>,
    live: bool,
}

impl Shell {
    /// The process's own streams.
    #[must_use]
    pub fn stdio(verbosity: Verbosity, color: ColorChoice) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let wanted = |terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !no_color,
        };
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Shell {
            out_color: wanted(std::io::stdout().is_terminal()),
            err_color: wanted(std::io::stderr().is_terminal()),
            out: Box::new(std::io::BufWriter::new(std::io::stdout())),
            err: Box::new(std::io::stderr()),
            verbosity,
            width: std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100),
            prompt: interactive.then(|| Box::new(TerminalPrompt) as Box<dyn Prompt>),
            live: std::io::stderr().is_terminal() && verbosity != Verbosity::Quiet,
        }
    }

    /// Writes into the given sinks, without colour; asks `prompt`, or nobody.
    #[must_use]
    pub fn into_sinks(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, prompt: Option<Box<dyn Prompt>>) -> Self {
        Shell {
            out,
            err,
            out_color: false,
            err_color: false,
            verbosity: Verbosity::Normal,
            width: 100,
            prompt,
            live: false,
        }
    }

    /// How much the story tells.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Columns to fill.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether data on stdout is coloured.
    #[must_use]
    pub fn out_color(&self) -> bool {
        self.out_color
    }

    /// Whether the story on stderr is coloured.
    #[must_use]
    pub fn err_color(&self) -> bool {
        self.err_color
    }

    /// Whether someone can be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether a moving progress line may be drawn on stderr.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Data, to stdout, as it is. A reader that went away (`| head`) is no error.
    pub fn data(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    /// A JSON document, as data. What is printed so has strings for keys and cannot fail to become JSON.
    pub fn document(&mut self, document: &impl serde::Serialize) {
        let mut text = serde_json::to_string_pretty(document).expect("plain structs with string keys become JSON");
        text.push('\n');
        self.data(&text);
    }

    /// The stream for data, for writers that produce much.
    pub fn data_writer(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.out
    }

    /// A story line with a verb in the 12-column gutter, as Cargo does.
    pub fn status(&mut self, verb: &str, message: &str) {
        if self.verbosity > Verbosity::Quiet {
            let style = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
            let verb = format!("{verb:>12}");
            let line = format!("{} {message}\n", self.styled(style, &verb));
            self.story(&line);
        }
    }

    /// A plain story line.
    pub fn note(&mut self, message: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.story(&format!("{message}\n"));
        }
    }

    /// A line of another program's stderr, passed on whatever the verbosity.
    pub fn passed_on(&mut self, line: &str) {
        self.story(&format!("{line}\n"));
    }

    /// A story line for `--verbose` only.
    pub fn detail(&mut self, message: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.story(&format!("{message}\n"));
        }
    }

    /// A warning; shown even when quiet.
    pub fn warn(&mut self, message: &str) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        let line = format!("{}: {message}\n", self.styled(style, "warning"));
        self.story(&line);
    }

    /// The exact next command; shown even when quiet.
    pub fn hint(&mut self, message: &str) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let line = format!("{}: {message}\n", self.styled(style, "hint"));
        self.story(&line);
    }

    /// An error in its one shape: what, chain, why, hints.
    pub fn error(&mut self, error: &crate::error::Error) {
        let mut text = String::new();
        for line in error.report().lines() {
            let (head, color) = match line {
                _ if line.starts_with("error: ") => ("error", AnsiColor::Red),
                _ if line.starts_with("why: ") => ("why", AnsiColor::Blue),
                _ if line.starts_with("hint: ") => ("hint", AnsiColor::Cyan),
                _ => ("", AnsiColor::White),
            };
            let rest = printable(&line[head.len()..]);
            if head.is_empty() {
                text.push_str(&rest);
            } else {
                text.push_str(&self.styled(Style::new().bold().fg_color(Some(color.into())), head));
                text.push_str(&rest);
            }
            text.push('\n');
        }
        self.story(&text);
    }

    /// Text in a style, when stderr has colour.
    #[must_use]
    pub fn styled(&self, style: Style, text: &str) -> String {
        if self.err_color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Text in a style, when stdout has colour.
    #[must_use]
    pub fn styled_data(&self, style: Style, text: &str) -> String {
        if self.out_color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A yes-or-no question; `flag` answers it in a script.
    ///
    /// # Errors
    /// [`PromptError`] when there is nobody to ask, or the answer is not yes.
    pub fn confirm(&mut self, question: &str, flag: &str) -> Result<(), PromptError> {
        if self.asker(question, flag)?.confirm(question)? { Ok(()) } else { Err(PromptError::Declined) }
    }

    /// Asks to type `name` exactly; `flag` answers it in a script.
    ///
    /// # Errors
    /// [`PromptError`] when there is nobody to ask, or something else was typed.
    pub fn confirm_typed(&mut self, question: &str, name: &str, flag: &str) -> Result<(), PromptError> {
        if self.asker(question, flag)?.text(question)?.trim() == name { Ok(()) } else { Err(PromptError::Declined) }
    }

    /// Free text; `flag` gives it in a script.
    ///
    /// # Errors
    /// [`PromptError`] when there is nobody to ask.
    pub fn text(&mut self, question: &str, flag: &str) -> Result<String, PromptError> {
        self.asker(question, flag)?.text(question)
    }

    /// One of several choices; `flag` chooses in a script.
    ///
    /// # Errors
    /// [`PromptError`] when there is nobody to ask.
    pub fn select(&mut self, question: &str, choices: &[String], flag: &str) -> Result<usize, PromptError> {
        self.asker(question, flag)?.select(question, choices)
    }

    fn asker(&mut self, question: &str, flag: &str) -> Result<&mut Box<dyn Prompt>, PromptError> {
        self.prompt
            .as_mut()
            .ok_or_else(|| PromptError::NotATerminal { question: question.to_owned(), flag: flag.to_owned() })
    }

    fn story(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
        let _ = self.err.flush();
    }
}

/// Makes text from outside safe to print: control characters except newline and tab become visible escapes, and so do the
/// Unicode characters that reorder text.
#[must_use]
pub fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    let hostile = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hostile) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hostile(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe.into()
}

/// Words with one space between them: what a server says or SQL holds may go over lines, and a message does not.
#[must_use]
pub fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `1 migration`, `2 migrations`: no inline "(s)" anywhere.
#[must_use]
pub fn count(number: usize, singular: &str) -> String {
    if number == 1 {
        return format!("1 {singular}");
    }
    let plural = match singular.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if singular.ends_with(['s', 'x']) => format!("{singular}es"),
        _ => format!("{singular}s"),
    };
    format!("{number} {plural}")
}
