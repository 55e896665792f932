//! What Prisma said.
//!
//! An exit code 0 is not believed alone: a schema engine that dies at once makes `migrate deploy`, `status` and `diff --exit-code` end with 0 and
//! without a word (6.19.3 and 7.10.1). Each command has sentences that only a run that worked can print; without one of them the run counts as
//! [`Verdict::Silent`].

use super::arguments::Command;
use super::guard::refusal;

/// How the process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl From<std::process::ExitStatus> for Exit {
    fn from(status: std::process::ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        Exit { code: status.code(), signal }
    }
}

/// A run that worked, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// `migrate deploy` applied something.
    Applied,
    /// `migrate deploy` had nothing to do.
    NothingPending,
    /// `migrate status`: nothing pending, nothing failed. It does not see edited or missing migrations.
    UpToDate,
    /// `migrate status`: migrations are pending.
    Pending,
    /// `migrate status`: migrations have failed.
    HasFailed,
    /// `migrate resolve` wrote its mark.
    Resolved,
    /// `migrate reset` emptied the database and applied the migrations.
    Reset,
    /// `migrate diff`: no difference.
    Same,
    /// `migrate diff`: a difference.
    Different,
    /// `db execute` ran the script.
    Executed,
    /// A command whose sentences are not known: its exit code alone says that it worked.
    NotJudged,
}

/// What Prisma said when it failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// Prisma's code, `P3018`.
    pub code: Option<String>,
    /// Its message without the code.
    pub message: String,
    /// The migration it is about.
    pub migration: Option<String>,
    /// The database's own code: SQLSTATE, MySQL number, SQLite extended code.
    pub database_code: Option<String>,
    /// The database's own message.
    pub database_message: Option<String>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It worked and said so.
    Said(Success),
    /// It failed and said why, or at least failed.
    Failed(Failure),
    /// The engine guard refused; its reason.
    Refused(String),
    /// It ended with 0 and said nothing that means success.
    Silent,
    /// We were interrupted, and Prisma ended without success.
    Interrupted,
    /// A signal ended it, and not through us.
    Killed(i32),
}

/// Takes out terminal escapes: Prisma colours some messages even under `NO_COLOR` (P3018 on PostgreSQL).
#[must_use]
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// The migration that Prisma says it begins, by a line without colours.
#[must_use]
pub fn applying(line: &str) -> Option<&str> {
    line.strip_prefix("Applying migration `").and_then(|rest| rest.strip_suffix('`'))
}

/// Judges a run by what it printed.
#[must_use]
pub fn judge(command: Option<&Command>, exit: Exit, interrupted: bool, stdout: &str, stderr: &str) -> Verdict {
    let (stdout, stderr) = (plain(stdout), plain(stderr));
    if let Some(success) = success(command, exit, &stdout, &stderr) {
        return Verdict::Said(success);
    }
    if let Some(reason) = refusal::find(&stderr) {
        return Verdict::Refused(reason);
    }
    match exit {
        _ if interrupted => Verdict::Interrupted,
        Exit { signal: Some(signal), .. } => Verdict::Killed(signal),
        Exit { code: Some(0), .. } => Verdict::Silent,
        Exit { code: Some(130), .. } => Verdict::Interrupted,
        _ => Verdict::Failed(failure(&stdout, &stderr)),
    }
}

/// The sentence that only success prints, where the exit code agrees.
fn success(command: Option<&Command>, exit: Exit, stdout: &str, stderr: &str) -> Option<Success> {
    let code = exit.code?;
    let says = |sentence: &str| stdout.contains(sentence);
    let found = |sentence: &str, success: Success| says(sentence).then_some(success);
    let Some(command) = command else {
        return (code == 0).then_some(Success::NotJudged);
    };
    match (command, code) {
        (Command::MigrateDeploy, 0) => found("No pending migrations to apply.", Success::NothingPending)
            .or_else(|| found("All migrations have been successfully applied.", Success::Applied)),
        (Command::MigrateStatus, 0) => found("Database schema is up to date!", Success::UpToDate),
        (Command::MigrateStatus, 1) => found("have not yet been applied:", Success::Pending)
            .or_else(|| stderr.contains("have failed:").then_some(Success::HasFailed)),
        (Command::MigrateResolve(resolution), 0) => {
            use super::arguments::Resolution::{Applied, RolledBack};
            let sentence = match resolution {
                Applied(name) => format!("Migration {name} marked as applied."),
                RolledBack(name) => format!("Migration {name} marked as rolled back."),
            };
            found(&sentence, Success::Resolved)
        }
        (Command::MigrateReset { .. }, 0) => found("Database reset successful", Success::Reset),
        (Command::DbExecute { .. }, 0) => found("Script executed successfully.", Success::Executed),
        (Command::MigrateDiff { exit_code: true, .. }, 2) => Some(Success::Different),
        (Command::MigrateDiff { output, .. }, 0) => {
            let text = match output {
                Some(file) => std::fs::read_to_string(file).ok()?,
                None => stdout.to_owned(),
            };
            if text.contains("No difference detected.") || text.contains("-- This is an empty migration.") {
                Some(Success::Same)
            } else {
                let expects_two = matches!(command, Command::MigrateDiff { exit_code: true, .. });
                (!expects_two && !text.trim().is_empty()).then_some(Success::Different)
            }
        }
        _ => None,
    }
}

/// Reads a failure: `Error: P3018` alone on its line with the message below, `Error: P1001: message` on one line, or `Error: message`.
#[must_use]
pub fn failure(stdout: &str, stderr: &str) -> Failure {
    let text = if stderr.lines().any(|line| line.trim_start().starts_with("Error: ")) { stderr } else { stdout };
    let mut failure = Failure::default();
    let mut lines = text.lines().skip_while(|line| !line.trim_start().starts_with("Error: "));
    let Some(first) = lines.next().and_then(|line| line.trim().strip_prefix("Error: ")) else {
        failure.message = last_words(if stderr.trim().is_empty() { stdout } else { stderr });
        return failure;
    };
    let mut message = Vec::new();
    match code_at_start(first) {
        Some((code, rest)) => {
            failure.code = Some(code.to_owned());
            if !rest.is_empty() {
                message.push(rest);
            }
        }
        None => message.push(first),
    }
    message.extend(lines);
    // `Error: Prisma schema validation …` carries its code on a line of its own.
    if failure.code.is_none() {
        failure.code = message.iter().find_map(|line| line.trim().strip_prefix("Error code: ")).map(str::to_owned);
    }
    let after = |label: &str| {
        message
            .iter()
            .find_map(|line| line.trim().strip_prefix(label))
            .map(|rest| rest.trim().to_owned())
            .filter(|rest| !rest.is_empty())
    };
    failure.migration = after("Migration name:").or_else(|| named_in_back_ticks(&message));
    failure.database_code = after("Database error code:").filter(|code| code != "none");
    failure.database_message = message
        .iter()
        .position(|line| line.trim() == "Database error:")
        .map(|at| {
            // Below the database's own words Prisma prints a dump of its driver's struct.
            let own = message[at + 1..]
                .iter()
                .take_while(|line| !line.starts_with("DbError {") && !line.starts_with("   0:"));
            own.map(|line| line.trim_end()).collect::<Vec<_>>().join("\n").trim().to_owned()
        })
        .filter(|text| !text.is_empty());
    let shown = message.iter().take_while(|line| !line.trim_start().starts_with("0: "));
    failure.message = shown.map(|line| line.trim_end()).collect::<Vec<_>>().join("\n").trim().to_owned();
    failure
}

/// `P` and four digits, then the end or a colon.
fn code_at_start(line: &str) -> Option<(&str, &str)> {
    let code = line.get(..5)?;
    let is_code = code.starts_with('P') && code[1..].bytes().all(|byte| byte.is_ascii_digit());
    let rest = &line[5..];
    match rest.strip_prefix(':') {
        Some(rest) if is_code => Some((code, rest.trim())),
        None if is_code && rest.trim().is_empty() => Some((code, "")),
        _ => None,
    }
}

/// "The `20260101000000_x` migration started at … failed", "Migration `x` failed to apply cleanly to the shadow database."
fn named_in_back_ticks(message: &[&str]) -> Option<String> {
    message.iter().find_map(|line| {
        let rest = line
            .strip_prefix("The `")
            .or_else(|| line.strip_prefix("Migration `"))
            .or_else(|| line.strip_prefix("The migration `"))?;
        let (name, rest) = rest.split_once('`')?;
        (line.starts_with("Migration `") || line.starts_with("The migration `") || rest.starts_with(" migration"))
            .then(|| name.to_owned())
    })
}

/// The end of a text that is no error message, for want of one.
fn last_words(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prisma::arguments::{DiffSide, Resolution};

    const OK: Exit = Exit { code: Some(0), signal: None };
    const FAILED: Exit = Exit { code: Some(1), signal: None };

    fn diff(exit_code: bool, output: Option<std::path::PathBuf>) -> Command {
        Command::MigrateDiff { from: DiffSide::Empty, to: DiffSide::Empty, script: true, exit_code, output }
    }

    fn every_command() -> [Command; 7] {
        [
            Command::MigrateDeploy,
            Command::MigrateStatus,
            Command::MigrateResolve(Resolution::Applied("1_a".into())),
            Command::MigrateReset { force: true, skip_generate: false, skip_seed: false },
            Command::DbExecute { file: "x.sql".into() },
            diff(true, None),
            diff(false, None),
        ]
    }

    /// An engine that dies at once: exit code 0 and none of its words.
    #[test]
    fn exit_code_0_without_the_sentence_is_never_success() {
        for command in every_command() {
            for noise in ["", "Prisma schema loaded from prisma/schema.prisma\n\n"] {
                let verdict = judge(Some(&command), OK, false, noise, "");
                // A difference is text; 6 prints its notices on the same stream, so only a file or the exit code is asked.
                if !matches!(command, Command::MigrateDiff { exit_code: false, .. }) || noise.is_empty() {
                    assert_eq!(verdict, Verdict::Silent, "{command:?} with {noise:?}");
                }
            }
        }
    }

    #[test]
    fn the_sentence_without_exit_code_0_is_no_success_either() {
        let all = "All migrations have been successfully applied. Database reset successful Script executed successfully. \
            Migration 1_a marked as applied. No difference detected. Database schema is up to date!";
        for command in every_command() {
            for exit in [FAILED, Exit { code: None, signal: Some(9) }] {
                assert!(!matches!(judge(Some(&command), exit, false, all, ""), Verdict::Said(_)), "{command:?}");
            }
        }
    }

    #[test]
    fn success_is_known_by_prismas_own_sentences() {
        let say = |command: Command, exit: i32, stdout: &str, stderr: &str| {
            judge(Some(&command), Exit { code: Some(exit), signal: None }, false, stdout, stderr)
        };
        use Success::{
            Applied, Different, Executed, HasFailed, NothingPending, Pending, Reset, Resolved, Same, UpToDate,
        };
        let [deploy, status, resolve, reset, execute, compare, plain] = every_command();
        for (verdict, success) in [
            (
                say(deploy.clone(), 0, "\n\u{1b}[32mAll migrations have been successfully applied.\u{1b}[39m\n", ""),
                Applied,
            ),
            (say(deploy, 0, "No pending migrations to apply.\n", ""), NothingPending),
            (say(status.clone(), 0, "Database schema is up to date!\n", ""), UpToDate),
            (say(status.clone(), 1, "Following migrations have not yet been applied:\n1_a\n", ""), Pending),
            (say(status, 1, "", "Following migration have failed:\n1_a\n"), HasFailed),
            (say(resolve, 0, "\nMigration 1_a marked as applied.\n", ""), Resolved),
            (say(reset, 0, "Database reset successful\n", ""), Reset),
            (say(execute, 0, "Script executed successfully.", ""), Executed),
            (say(compare.clone(), 2, "CREATE TABLE a();", ""), Different),
            (say(compare, 0, "-- This is an empty migration.", ""), Same),
            (say(plain, 0, "CREATE TABLE a();", ""), Different),
        ] {
            assert_eq!(verdict, Verdict::Said(success));
        }
        let other = Command::MigrateResolve(Resolution::RolledBack("1_b".into()));
        assert_eq!(say(other, 0, "Migration 1_a marked as rolled back.", ""), Verdict::Silent);
    }

    #[test]
    fn a_difference_in_a_file_is_read_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("d.sql");
        let command = diff(true, Some(file.clone()));
        assert_eq!(judge(Some(&command), OK, false, "\n", ""), Verdict::Silent);
        std::fs::write(&file, "").unwrap();
        assert_eq!(judge(Some(&command), OK, false, "\n", ""), Verdict::Silent);
        std::fs::write(&file, "-- This is an empty migration.").unwrap();
        assert_eq!(judge(Some(&command), OK, false, "\n", ""), Verdict::Said(Success::Same));
    }

    #[test]
    fn how_it_ended_otherwise() {
        let deploy = Command::MigrateDeploy;
        let judge = |exit, interrupted, stderr: &str| judge(Some(&deploy), exit, interrupted, "", stderr);
        assert_eq!(judge(FAILED, true, "Error: x"), Verdict::Interrupted);
        assert_eq!(judge(Exit { code: Some(130), signal: None }, false, ""), Verdict::Interrupted);
        assert_eq!(judge(Exit { code: None, signal: Some(9) }, false, ""), Verdict::Killed(9));
        let refusal = "Error: refused by prisma-safe: `x`, because y\nwhy: z\nhint: a\n\nother";
        assert_eq!(
            judge(FAILED, false, refusal),
            Verdict::Refused("refused by prisma-safe: `x`, because y\nwhy: z\nhint: a".into())
        );
        let coded = "Error: PRISMA_SAFE: refused by prisma-safe: `x`, because y\nwhy: z\n";
        assert_eq!(
            judge(FAILED, false, coded),
            Verdict::Refused("refused by prisma-safe: `x`, because y\nwhy: z".into())
        );
        // A migration's own text is no refusal.
        let quoted = "Error: P3018\n\nDatabase error:\nERROR: the text refused by prisma-safe: x\n";
        assert!(matches!(judge(FAILED, false, quoted), Verdict::Failed(_)));
    }

    #[test]
    fn the_parts_of_a_failure() {
        let both = failure("", "\u{1b}[31mx\u{1b}[0m\n");
        assert_eq!(both.code, None);
        let one_line = failure("", "Loaded Prisma config.\n\nError: P1003: Database `app` does not exist\n");
        assert_eq!(
            (one_line.code.as_deref(), one_line.message.as_str()),
            (Some("P1003"), "Database `app` does not exist")
        );
        let shadow = failure(
            "",
            "Error: P3006\n\nMigration `1_a` failed to apply cleanly to the shadow database.\nError:\nno such table: x\n",
        );
        assert_eq!((shadow.code.as_deref(), shadow.migration.as_deref()), (Some("P3006"), Some("1_a")));
        let schema = failure("", "Error: Prisma schema validation - (get-config wasm)\nError code: P1012\nerror: x\n");
        assert_eq!(schema.code.as_deref(), Some("P1012"));
        let lookalike = failure("", "Error: P30181\n");
        assert_eq!(lookalike.code, None);
        let on_stdout = failure("Error: P3005\n\nThe database schema is not empty.\n", "");
        assert_eq!(on_stdout.code.as_deref(), Some("P3005"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)(Error: |P3018|P30|:|\n|Database error:|Migration name: |`|é|\u{1b}\\[31m| |x){0,30}") {
            let failure = failure("", &text);
            let _ = (judge(None, FAILED, false, "", &text), failure);
        }
    }
}
