//! `approve`: say yes to one plan, signed; `approve keygen` makes the keys for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::story::Story;
use super::{Context, deploy};
use crate::deploy::approval::key::PrivateKey;
use crate::deploy::approval::{Approval, ApprovalError, receipt};
use crate::deploy::release::{self, Wanted};
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::shell::printable;

/// `approve`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The plan, as `plan --env` ends with it [default: the one of now, which is shown first]
    #[arg(long, value_name = "HASH")]
    plan: Option<String>,
    /// Who approves: a name of `[approvers]` in the settings
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// The file with the private key of that name
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// The database may be created by the deploy
    #[arg(long)]
    create_database: bool,
}

/// Commands below `approve`.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a pair of keys: the private one into a file, the line with the public one to stdout
    Keygen(Keygen),
}

/// `approve keygen`.
#[derive(Debug, clap::Args)]
struct Keygen {
    /// Whose: a name for `[approvers]` in the settings
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// Where the private key goes; never written over [default: prisma-safe-NAME.key]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When name and key do not belong together, a file cannot be read or written, or the user says no.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    if let Some(Command::Keygen(keygen)) = &args.command {
        return make_keys(keygen, context);
    }
    let settings = context.settings()?;
    let name = args.name.as_deref().ok_or(ApprovalError::Missing("`--as NAME`"))?;
    let file = args.key.as_deref().ok_or(ApprovalError::Missing("`--key FILE`"))?;
    let approver = settings.approvers.iter().find(|approver| approver.name.value == name).ok_or_else(|| {
        let known = settings.approvers.iter().map(|approver| approver.name.value.clone()).collect();
        ApprovalError::UnknownName { name: name.to_owned(), known }
    })?;
    let key = PrivateKey::read(file)?;
    if key.public() != approver.key.value {
        let origin = approver.key.origin.to_string();
        return Err(ApprovalError::WrongKey { name: name.to_owned(), file: file.to_owned(), origin }.into());
    }
    let environment = context.environment()?;
    let plan = match &args.plan {
        Some(hash) => checked(hash)?,
        None => look(&args, context)?,
    };
    let to = environment.name.value.clone();
    if !args.yes {
        let question = format!("Approve the plan {} for `{to}` as `{name}`? Type the environment's name", &plan[..16]);
        context.shell.confirm_typed(&question, &to, "--yes")?;
    }
    let approval = Approval::sign(&to, &plan, name, Timestamp::now(), &key);
    let path = receipt::write(&context.project()?.root, &approval)?;
    let path = path.to_string_lossy().replace('\\', "/");
    context.shell.status("Approved", &format!("plan {plan} for `{to}` as `{}`", printable(name)));
    context.shell.data(&format!("{path}\n"));
    context.shell.hint(&format!(
        "bring the file along to where it is deployed; `cargo prisma-safe deploy --env {to} --plan {plan}` runs exactly that"
    ));
    Ok(ExitCode::Done)
}

fn checked(hash: &str) -> Result<String, ApprovalError> {
    let hash = hash.trim().to_ascii_lowercase();
    if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(hash)
    } else {
        Err(ApprovalError::NotAHash(hash))
    }
}

/// The plan of now, shown as `plan` shows it.
fn look(args: &Args, context: &mut Context) -> Result<String> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let variables = context.variables.clone();
    let sources = Sources { settings: &settings, project: &project, variables: &variables };
    let target = Target::reach(&sources, &environment)?;
    let wanted = Wanted { dry_run: true, create_database: args.create_database, plan: None, lock_wait: Duration::ZERO };
    let shell = &mut context.shell;
    let prepared = release::prepare(&sources, target, wanted, &mut Story::new(shell))?;
    if prepared.is_idle() {
        return Err(ApprovalError::NothingPending(environment.name.value).into());
    }
    deploy::show_verdicts(shell, &prepared.assessment.verdicts);
    deploy::show_plan(shell, &prepared.assessment.plan, true);
    Ok(prepared.assessment.hash)
}

fn make_keys(args: &Keygen, context: &mut Context) -> Result<ExitCode> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if args.name.is_empty() || !args.name.chars().all(plain) {
        return Err(super::CliError::usage(&format!(
            "error: `{}` cannot be a name of `[approvers]`: use letters, digits, `-` and `_`",
            printable(&args.name)
        ))
        .into());
    }
    let file = args.out.clone().unwrap_or_else(|| Path::new(&format!("prisma-safe-{}.key", args.name)).to_owned());
    let key = PrivateKey::generate(&file)?;
    context.shell.status("Wrote", &format!("the private key into {}: keep it, and keep it out of git", file.display()));
    context.shell.data(&format!("{} = \"{}\"\n", args.name, key.public_line()));
    context.shell.hint("put the line under `[approvers]` in prisma-safe.toml, in a reviewed change");
    Ok(ExitCode::Done)
}
