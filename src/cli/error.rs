//! Wrong usage.

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// The command line cannot be carried out as typed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments do not parse.
    #[error("{message}")]
    Usage {
        /// What is wrong with them.
        message: String,
        /// The nearest argument, the usage line, where to read more.
        hints: Vec<String>,
    },
    /// A command for one environment was given several.
    #[error("this command works on one environment, and {} were named: {}", names.len(), names.join(", "))]
    SeveralEnvironments {
        /// As given.
        names: Vec<String>,
    },
    /// Nobody chose an environment, and there is no `dev` to take.
    #[error("which environment?")]
    NoEnvironment {
        /// All there are.
        known: Vec<String>,
    },
    /// The current folder is gone or may not be read.
    #[error("the current folder cannot be told")]
    NoFolder {
        /// What the system said.
        source: std::io::Error,
    },
}

impl CliError {
    /// Makes our shape of the text that the argument parser renders.
    pub(super) fn usage(rendered: &str) -> Self {
        let mut message = String::new();
        let mut hints = Vec::new();
        let mut usage = false;
        for line in rendered.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("error: ") {
                message = rest.to_owned();
            } else if let Some(rest) = line.strip_prefix("tip: ") {
                hints.push(in_back_ticks(rest));
            } else if let Some(rest) = line.strip_prefix("Usage: ") {
                hints.push(format!("usage: `{rest}`"));
                usage = true;
            } else if line.starts_with("For more information") {
                hints.push("`--help` shows what the command takes".to_owned());
            } else if !usage {
                message.push(' ');
                message.push_str(line);
            }
        }
        CliError::Usage { message: in_back_ticks(&message), hints }
    }
}

/// The parser quotes with apostrophes; our house style is back-ticks. Apostrophes inside words stay.
fn in_back_ticks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open = false;
    let mut before = ' ';
    for c in text.chars() {
        if c == '\'' && (open || before.is_whitespace() || before == '(' || before == '[') {
            open = !open;
            out.push('`');
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

impl Explain for CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            CliError::Usage { .. }
            | CliError::SeveralEnvironments { .. }
            | CliError::NoEnvironment { .. }
            | CliError::NoFolder { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            CliError::Usage { .. } | CliError::SeveralEnvironments { .. } | CliError::NoFolder { .. } => None,
            CliError::NoEnvironment { .. } => {
                Some("the settings have no `dev`, and a guess could be production".to_owned())
            }
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            CliError::Usage { hints, .. } => hints.clone(),
            CliError::SeveralEnvironments { names } => {
                vec![format!("name one: `--env {}`", names.first().map_or("dev", String::as_str))]
            }
            CliError::NoEnvironment { known } => known.iter().map(|name| format!("add `--env {name}`")).collect(),
            CliError::NoFolder { .. } => vec!["change to a folder that exists".to_owned()],
        }
    }
}
