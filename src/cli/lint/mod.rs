//! `lint`: judge migrations without a database.

mod fix;
mod one;
mod scope;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use super::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::lint::baseline::Baseline;
use crate::lint::levels::LevelFlags;
use crate::lint::sources;
use crate::lint::{Judged, LevelBook, LintError, Linter, Summary, all_rules};
use crate::project::Provider;
use crate::report::lint::{Format, RuleRow, Style, list_human, list_json};
use crate::settings::shown;
use crate::shell::count;
pub(super) use one::tell as tell_findings;
use scope::Scope;

/// `lint`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, folders, names of migrations, or `-` for standard input [default: the project's migrations]
    #[arg(value_name = "PATHS|NAMES")]
    pub targets: Vec<OsString>,
    /// Only what the ledger of `--env` does not have yet
    #[arg(long, conflicts_with_all = ["since", "targets"])]
    pub pending: bool,
    /// Only what is new or edited since the common ancestor with this git reference (`origin/main`)
    #[arg(long, value_name = "REF")]
    pub since: Option<String>,
    /// Format of stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
    /// Report this rule and exit with 1; may be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub deny: Vec<String>,
    /// Report this rule; may be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub warn: Vec<String>,
    /// Do not report this rule; may be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Report this rule alone; may be repeated
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave out the findings that this file holds
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings into the file of `--baseline`
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// The database that the SQL is for [default: what the project or its lock file says]
    #[arg(long, value_name = "PROVIDER", value_parser = provider)]
    pub provider: Option<Provider>,
    /// The server that it is for: 15.4, 8.0.36, 10.11.2-mariadb [default: `server` in the settings]
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// Show the safe form of what has one, as a diff
    #[arg(long, conflicts_with_all = ["list", "format", "write_baseline"])]
    pub fix: bool,
    /// Write what `--fix` shows
    #[arg(long, requires = "fix")]
    pub write: bool,
    /// Show all rules with their levels, and judge nothing
    #[arg(long)]
    pub list: bool,
}

fn provider(text: &str) -> std::result::Result<Provider, String> {
    match text {
        "mariadb" => Ok(Provider::Mysql),
        other => Provider::from_prisma(other).map_err(|_| "use postgresql, mysql, sqlite or sqlserver".to_owned()),
    }
}

/// Runs the command.
///
/// # Errors
/// When what is to be judged cannot be found, or settings and flags make no sense. Never because of one migration.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let scope = Scope::new(&args, context)?;
    let flags = LevelFlags {
        deny: args.deny.clone(),
        warn: args.warn.clone(),
        allow: args.allow.clone(),
        only: args.only.clone(),
    };
    let levels = LevelBook::new(&context.settings()?.lint, &flags, scope.kind())?;
    if args.list {
        list(&args, context, &levels);
        return Ok(ExitCode::Done);
    }
    let sources = scope.sources(&args, context)?;
    if sources.is_empty() {
        context.shell.status("Finished", "there are no migrations yet");
        return Ok(ExitCode::Done);
    }
    // Before the first byte of output: a document that stops in its middle helps nobody.
    let sources: Vec<_> = sources
        .into_iter()
        .map(|source| Ok((scope.facts_for(&source, &args, context)?, source)))
        .collect::<Result<_>>()?;
    if args.fix {
        return fix::run(&args, context, &scope, &levels, &sources);
    }
    let batches =
        sources.into_iter().map(|(facts, source)| scope.open(&source, facts, &args)).collect::<Result<Vec<_>>>()?;
    let mut linter = Linter::new(&levels, known_baseline(&args)?, &sources::load);
    let mut told = Telling::new(&args, context);
    told.begin();
    told.all(&mut linter, &batches, context);
    told.end(context)?;
    if let (Some(path), true) = (&args.baseline, args.write_baseline) {
        told.new_baseline.write(&here(path))?;
        let all = told.new_baseline.len();
        context.shell.status("Wrote", &format!("{} to `{}`", count(all, "finding"), shown(&here(path)).display()));
        return Ok(ExitCode::Done);
    }
    if linter.baseline_left() > 0 && scope.is_everything() {
        let left = count(linter.baseline_left(), "finding");
        context.shell.warn(&format!("the baseline holds {left} that nothing has any more"));
        context.shell.hint("write it again with `--write-baseline`, so that they cannot come back unseen");
    }
    Ok(if told.summary.deny > 0 { ExitCode::Findings } else { ExitCode::Done })
}

/// The baseline that is left out. One that is to be written is not read.
fn known_baseline(args: &Args) -> Result<Option<Baseline>> {
    match &args.baseline {
        Some(path) if !args.write_baseline => Ok(Some(Baseline::read(&here(path))?)),
        _ => Ok(None),
    }
}

fn here(path: &std::path::Path) -> PathBuf {
    std::env::current_dir().map_or_else(|_| path.to_owned(), |here| here.join(path))
}

fn list(args: &Args, context: &mut Context, levels: &LevelBook) {
    let mut rows: Vec<RuleRow> = all_rules()
        .filter(|rule| args.provider.is_none_or(|provider| rule.databases.contains(&provider)))
        .map(|rule| {
            let (level, origin) = levels.level(rule, "");
            RuleRow { rule, level, origin: origin.to_string() }
        })
        .collect();
    rows.sort_by_key(|row| row.rule.id);
    let text = if args.format == Format::Json { list_json(&rows) } else { list_human(&rows) };
    context.shell.data(&text);
}

/// What was told so far.
struct Telling {
    report: Box<dyn crate::report::lint::Report>,
    summary: Summary,
    new_baseline: Baseline,
    writes_baseline: bool,
    pieces: Vec<u8>,
    failed: Option<io::Error>,
}

/// Bytes that are written at once.
const PIECE: usize = 64 << 10;

impl Telling {
    fn new(args: &Args, context: &Context) -> Self {
        let shell = &context.shell;
        let hyperlinks = shell.out_color() && io::stdout().is_terminal();
        let style = Style { color: shell.out_color(), hyperlinks, width: shell.width() };
        Telling {
            report: args.format.report(style),
            summary: Summary::default(),
            new_baseline: Baseline::default(),
            writes_baseline: args.write_baseline,
            pieces: Vec::with_capacity(PIECE),
            failed: None,
        }
    }

    fn begin(&mut self) {
        if !self.writes_baseline {
            self.failed = self.report.begin(&mut self.pieces).err();
        }
    }

    /// Judges everything to its end, whatever becomes of the stream: the exit code counts every finding.
    fn all(&mut self, linter: &mut Linter<'_>, batches: &[crate::lint::Batch], context: &mut Context) {
        let Telling { report, summary, new_baseline, writes_baseline, pieces, failed } = self;
        let out = context.shell.data_writer();
        // The sink never fails, so there is no error to look at.
        let _ = linter.run_all(batches, &mut |judged: Judged| {
            summary.count(&judged);
            if *writes_baseline {
                new_baseline.add(&judged);
            } else if failed.is_none() {
                *failed = write_piece(report.as_mut(), &judged, pieces, out).err();
            }
            Ok(())
        });
    }

    fn end(&mut self, context: &mut Context) -> Result<()> {
        if !self.writes_baseline && self.failed.is_none() {
            let written = self.report.end(&mut self.pieces, &self.summary);
            let out = context.shell.data_writer();
            self.failed = written.and_then(|()| out.write_all(&self.pieces)).and_then(|()| out.flush()).err();
        }
        match self.failed.take() {
            // A reader that went away (`| head`) has read enough; the exit code still tells.
            Some(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(LintError::Output { cause }.into()),
            _ => Ok(()),
        }
    }
}

fn write_piece(
    report: &mut dyn crate::report::lint::Report,
    judged: &Judged,
    pieces: &mut Vec<u8>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    report.migration(pieces, judged)?;
    if pieces.len() >= PIECE {
        out.write_all(pieces)?;
        pieces.clear();
    }
    Ok(())
}
