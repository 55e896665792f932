//! The scripts that finish a half-applied migration, or take back its done half. Put together here, read by a person, then run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::diagnosis::{Case, Diagnosis, Statement, look};
use super::effects::Seen;
use super::error::RecoveryError;
use super::inverse;
use crate::draft::revert_script::UNWRITTEN_MARK;
use crate::migrations::Checksum;
use crate::project::Provider;
use crate::revert::prove::revert_of;
use crate::shell::single_spaced;
use crate::sql;
use crate::sql::model::{Action, Script};

/// Begins a line that somebody has to decide about.
pub const DECIDE: &str = "-- DECIDE";
/// Folder of the scripts, in the project.
const FOLDER: &str = ".prisma-safe/recovery";
/// Ends the line that binds a script to what it was made for.
const STATE: &str = "-- For state ";

/// What a script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Runs what is missing.
    Finish,
    /// Takes back what is there.
    Undo,
}

impl Aim {
    /// The flag that asks for it.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Aim::Finish => "--finish",
            Aim::Undo => "--undo",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Aim::Finish => "finish",
            Aim::Undo => "undo",
        }
    }
}

/// One piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Why it is in, or is not.
    pub note: String,
    /// The statement without its end; `None`: it is left out.
    pub sql: Option<String>,
    /// Nobody knows whether it belongs in.
    pub undecided: bool,
}

impl Piece {
    fn run(note: String, sql: &str) -> Self {
        Piece { note, sql: Some(sql.trim().trim_end_matches(';').to_owned()), undecided: false }
    }

    fn out(note: String) -> Self {
        Piece { note, sql: None, undecided: false }
    }
}

/// Whether there is a way to take back what is done.
#[must_use]
pub(super) fn can_undo(diagnosis: &Diagnosis) -> bool {
    diagnosis.undo.iter().any(|piece| piece.sql.is_some())
}

/// The statements that are missing.
#[must_use]
pub(super) fn finish(script: &Script, diagnosis: &Diagnosis) -> Vec<Piece> {
    // What failed for a reason that does not pass fails again, unless somebody changes the rows, the tables or the statement.
    let broken =
        diagnosis.failure.as_ref().filter(|failure| !failure.is_passing() && !failure.needs_its_own_transaction());
    let mut pieces: Vec<Piece> =
        diagnosis.leftovers.iter().map(|sql| Piece::run("an INVALID index is in the way".to_owned(), sql)).collect();
    for statement in &diagnosis.statements {
        let place = format!("statement {} (line {})", statement.index + 1, statement.line);
        let sql = script.slice(script.statements[statement.index].span);
        pieces.push(match (statement.seen, decided(statement)) {
            (Seen::NoEffect, _) if is_client_command(script, statement.index) => continue,
            (Seen::NoEffect, _) => Piece::run(format!("{place}: holds for what follows"), sql),
            (_, Some(true)) => Piece::out(format!("{place} is done: {}", why(statement))),
            (_, Some(false)) if broken.is_some() && diagnosis.failed_at == Some(statement.index) => {
                let said = broken.map_or("", |failure| failure.said.lines().next().unwrap_or_default());
                let note = format!("{place} failed: {said}\nit fails again unless what it stumbled over is mended, here or in the database");
                Piece { undecided: true, ..Piece::run(note, sql) }
            }
            (_, Some(false)) => Piece::run(format!("{place} is not done: {}", why(statement)), sql),
            (_, None) if statement.repeatable => Piece::run(format!("{place}: a second run changes nothing more"), sql),
            (_, None) => undecided(&place, statement, sql),
        });
    }
    pieces
}

/// What the catalogue does not show and something of its name is there: only a person can say whether it is the same.
fn decided(statement: &Statement) -> Option<bool> {
    match (statement.seen, statement.is_done()) {
        (Seen::CannotTell, Some(false)) if !statement.claims.is_empty() => None,
        (_, done) => done,
    }
}

fn why(statement: &Statement) -> String {
    match (statement.seen, statement.ran) {
        (Seen::CannotTell, Some(true)) => "the error came later".to_owned(),
        (Seen::CannotTell, Some(false)) => "the error came before it, or in it".to_owned(),
        _ => statement.says.clone(),
    }
}

fn undecided(place: &str, statement: &Statement, sql: &str) -> Piece {
    let mut note = format!("{place}: {}", statement.says);
    if let Some(query) = &statement.query {
        let _ = write!(note, "\nto find out: {} -- {}", single_spaced(&query.sql), query.reads);
    }
    Piece { undecided: true, ..Piece::run(note, sql) }
}

fn is_client_command(script: &Script, index: usize) -> bool {
    let operations = &script.statements[index].operations;
    operations.iter().all(|operation| matches!(operation.action, Action::ClientCommand { .. } | Action::Nothing { .. }))
}

/// What takes back the done part: the revert script cut to what is needed, else the opposite of each statement that has one.
#[must_use]
pub(super) fn undo(case: &Case<'_>, script: &Script, statements: &[Statement], leftovers: &[String]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = leftovers
        .iter()
        .map(|sql| Piece::run("an INVALID index that the migration left behind".to_owned(), sql))
        .collect();
    if !statements.iter().any(|statement| statement.seen != Seen::NoEffect && statement.is_done_by_it()) {
        return pieces;
    }
    match revert(case) {
        Some(revert) => pieces.extend(cut(case, &revert, statements)),
        None => match inverse::of(script, statements) {
            Some(opposites) => pieces.extend(opposites),
            None => return Vec::new(),
        },
    }
    pieces
}

fn revert(case: &Case<'_>) -> Option<Script> {
    let bytes = std::fs::read(revert_of(case.migration?)?).ok()?;
    let script = sql::read(case.provider, &bytes).ok()?;
    (!script.text.contains(UNWRITTEN_MARK) && !script.statements.is_empty()).then_some(script)
}

/// The statements of the revert script whose effect is needed.
fn cut(case: &Case<'_>, revert: &Script, forward: &[Statement]) -> Vec<Piece> {
    let Ok(catalogue) = case.catalogue else { return Vec::new() };
    // A revert runs as one text on PostgreSQL, but each of its statements is asked about on its own.
    let alone: Vec<usize> = (0..revert.statements.len()).collect();
    let mut pieces = Vec::new();
    for statement in look(revert, catalogue, &alone) {
        let place = format!("statement {} of the revert script (line {})", statement.index + 1, statement.line);
        let sql = revert.slice(revert.statements[statement.index].span);
        let linked: Vec<&Statement> = forward
            .iter()
            .filter(|other| {
                other.claims.iter().any(|claim| {
                    statement
                        .claims
                        .iter()
                        .any(|mine| mine.subject.hangs_on(&claim.subject) || claim.subject.hangs_on(&mine.subject))
                })
            })
            .collect();
        let by_it = linked.iter().any(|other| other.is_done_by_it());
        pieces.push(match statement.seen {
            Seen::NoEffect if is_client_command(revert, statement.index) => continue,
            Seen::NoEffect => Piece::run(format!("{place}: holds for what follows"), sql),
            Seen::Done => Piece::out(format!("{place} is not needed: {}", statement.says)),
            Seen::NotDone if by_it => Piece::run(format!("{place}: {}", statement.says), sql),
            // It would take away what was there before the migration.
            Seen::NotDone if !linked.is_empty() => {
                Piece::out(format!("{place} is left out: {}, and not by this migration", statement.says))
            }
            Seen::NotDone | Seen::CannotTell => undecided(&place, &statement, sql),
        });
    }
    if pieces.iter().all(|piece| piece.sql.is_none() || piece.note.ends_with("holds for what follows")) {
        pieces.retain(|piece| piece.sql.is_none());
    }
    pieces
}

/// Where the script of a migration lies, from the project's folder.
#[must_use]
pub fn path(environment: &str, aim: Aim, migration: &str) -> PathBuf {
    Path::new(FOLDER).join(environment).join(format!("{}_{migration}.sql", aim.word()))
}

/// The script's text.
#[must_use]
pub fn text(environment: &str, aim: Aim, diagnosis: &Diagnosis) -> String {
    let pieces = match aim {
        Aim::Finish => &diagnosis.finish,
        Aim::Undo => &diagnosis.undo,
    };
    let what = match aim {
        Aim::Finish => "Finishes what the failed run left undone",
        Aim::Undo => "Takes back what the failed run has done",
    };
    let name = &diagnosis.name;
    let mut text = format!(
        "-- {what}: `{name}` in `{environment}`.\n\
         -- Written by `cargo prisma-safe resolve --env {environment} {flag} {name}`. Read it and change it where it is wrong;\n\
         -- the same command with `--yes` runs it as it then is, and marks the migration.\n\
         {STATE}{state} (leave this line)\n",
        flag = aim.flag(),
        state = state(environment, diagnosis),
    );
    for piece in pieces {
        text.push('\n');
        if piece.undecided {
            let _ = writeln!(text, "{DECIDE}: run it or leave it out?");
        }
        for line in piece.note.lines() {
            let _ = writeln!(text, "-- {line}");
        }
        if let Some(sql) = &piece.sql {
            if piece.undecided {
                sql.lines().for_each(|line| {
                    let _ = writeln!(text, "-- {line}");
                });
                text.truncate(text.trim_end().len());
                text.push_str(";\n");
            } else {
                let _ = writeln!(text, "{sql};");
            }
        }
    }
    text
}

/// What a script was made for: another state needs another script.
fn state(environment: &str, diagnosis: &Diagnosis) -> String {
    let mut all = format!("{environment}\n{}\n{}\n", diagnosis.name, diagnosis.checksum);
    for statement in &diagnosis.statements {
        let _ = write!(all, "{:?}{:?} ", statement.seen, statement.ran);
    }
    let _ = write!(all, "{:?}", diagnosis.leftovers);
    Checksum::of(all.as_bytes()).as_str()[..16].to_owned()
}

/// A script that lies there.
#[derive(Debug)]
pub struct Written {
    /// Its path from the project's folder.
    pub path: PathBuf,
    /// Its text as it is now.
    pub text: String,
    /// It was there before: somebody has had the time to read it.
    pub was_there: bool,
}

impl Written {
    /// Lines in it wait for a decision.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.text.lines().any(|line| line.starts_with(DECIDE))
    }
}

/// Writes the script, or finds the one that was written for the same state.
///
/// # Errors
/// [`RecoveryError::Stale`] when one for another state is in the way, [`RecoveryError::File`].
pub fn write(project: &Path, environment: &str, aim: Aim, diagnosis: &Diagnosis) -> Result<Written, RecoveryError> {
    let path = path(environment, aim, &diagnosis.name);
    let place = project.join(&path);
    let failed = |doing| {
        let file = path.clone();
        move |cause| RecoveryError::File { file, doing, cause }
    };
    if place.exists() {
        let text = std::fs::read_to_string(&place).map_err(failed("read"))?;
        let mark = format!("{STATE}{} ", state(environment, diagnosis));
        return if text.lines().any(|line| line.starts_with(&mark)) {
            Ok(Written { path, text, was_there: true })
        } else {
            Err(RecoveryError::Stale { file: path })
        };
    }
    let text = text(environment, aim, diagnosis);
    let folder = place.parent().unwrap_or(project);
    std::fs::create_dir_all(folder).map_err(failed("written"))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("written"))?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed("written"))?;
    file.persist_noclobber(&place).map_err(|error| failed("written")(error.error))?;
    Ok(Written { path, text, was_there: false })
}

/// Puts a script that has run aside, so that the next one is not taken for it.
pub fn put_aside(project: &Path, path: &Path) {
    let place = project.join(path);
    let _ = std::fs::rename(&place, place.with_extension("ran.sql"));
}

/// The statements to send, and whether they can share one transaction.
///
/// # Errors
/// When the text cannot be read as SQL.
pub fn statements(provider: Provider, text: &str) -> Result<(Vec<String>, bool), sql::ReadError> {
    let script = sql::read(provider, text.as_bytes())?;
    let together = matches!(provider, Provider::Postgresql | Provider::Sqlite)
        && script.statements.iter().all(sql::model::Statement::is_understood)
        && !script.operations().any(|(_, operation)| needs_its_own(&operation.action));
    let sent = script.statements.iter().map(|statement| script.slice(statement.span).to_owned()).collect();
    Ok((sent, together))
}

/// What PostgreSQL or SQLite refuses, or ignores, inside a transaction, and what begins or ends one.
fn needs_its_own(action: &Action) -> bool {
    match action {
        Action::CreateIndex(index) => index.concurrently,
        Action::DropIndex { concurrently, .. }
        | Action::Reindex { concurrently, .. }
        | Action::DetachPartition { concurrently, .. } => *concurrently,
        Action::Begin
        | Action::Commit
        | Action::Rollback { .. }
        | Action::Vacuum { .. }
        | Action::Pragma { .. }
        | Action::AddEnumValue { .. }
        | Action::Call { .. }
        | Action::ExecuteDynamic { .. } => true,
        Action::CreateObject { kind, .. } | Action::DropObject { kind, .. } => {
            matches!(
                kind,
                sql::model::ObjectKind::Database
                    | sql::model::ObjectKind::Tablespace
                    | sql::model::ObjectKind::Subscription
            )
        }
        _ => false,
    }
}
