//! `explain`: a rule's page.

use super::Context;
use crate::error::{Explain, Result};
use crate::exit_code::ExitCode;
use crate::{lint, report};

/// `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its name (`drop-column`) or its id (`PS101`)
    #[arg(value_name = "RULE")]
    pub rule: String,
}

/// There is no such rule.
#[derive(Debug, thiserror::Error)]
#[error("there is no rule `{name}`")]
pub struct NoSuchRule {
    name: String,
}

impl Explain for NoSuchRule {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Usage
    }

    fn hints(&self) -> Vec<String> {
        let near =
            lint::nearest_rule(&self.name).map(|near| format!("did you mean `cargo prisma-safe explain {near}`?"));
        near.into_iter().chain(["all rules: `cargo prisma-safe lint --list`".to_owned()]).collect()
    }
}

/// Prints the page.
///
/// # Errors
/// [`NoSuchRule`].
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let rule = lint::find_rule(&args.rule).ok_or_else(|| NoSuchRule { name: args.rule.clone() })?;
    context.shell.data(&report::lint::explain(rule));
    Ok(ExitCode::Done)
}
