//! What every error of the tool must answer before it may reach a user.
//!
//! Each module has one error enum (with `thiserror`, one text per variant) and implements [`Explain`] for it with
//! exhaustive matches. [`Error`] carries any of them to the top, where [`Error::report`] prints them in one shape:
//!
//! ```text
//! error: what happened, one line
//!   caused by: the chain below it
//! why: what that means in production terms
//! hint: the exact next command
//! ```
//!
//! Lower-case messages without a full stop; names and commands in back-ticks; never `{:?}`; never a URL with its password.

use std::fmt::Write as _;

use crate::exit_code::ExitCode;

/// Result of anything that may end the run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What an error says beside its own message.
pub trait Explain: std::error::Error {
    /// The documented exit code. Match exhaustively: a new variant must choose.
    fn exit_code(&self) -> ExitCode;

    /// What it means in production terms. `None` only where the message already says it.
    fn why(&self) -> Option<String> {
        None
    }

    /// The exact next steps, most likely first; each one line.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Any error of the tool on its way to the top.
pub struct Error(Box<dyn Explain + Send + Sync + 'static>);

impl<E: Explain + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error(Box::new(error))
    }
}

impl Error {
    /// The documented exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        self.0.exit_code()
    }

    /// What it means in production terms.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        self.0.why()
    }

    /// The exact next steps.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        self.0.hints()
    }

    /// What happened and everything below it, as one line: `message: cause: cause`.
    #[must_use]
    pub fn causes(&self) -> String {
        let mut text = self.0.to_string();
        let mut source = std::error::Error::source(&*self.0);
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        text
    }

    /// The whole report without colour, as it goes to stderr.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = format!("error: {}\n", self.0);
        let mut source = std::error::Error::source(&*self.0);
        while let Some(cause) = source {
            let _ = writeln!(text, "  caused by: {cause}");
            source = cause.source();
        }
        if let Some(why) = self.why() {
            let _ = writeln!(text, "why: {why}");
        }
        let mut seen = Vec::new();
        for hint in self.hints() {
            if !seen.contains(&hint) {
                let _ = writeln!(text, "hint: {hint}");
                seen.push(hint);
            }
        }
        text
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.report())
    }
}
