//! Backups that something else takes: a command that takes one, or one that says when the last was taken.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::{BackupError, Taken, finish};

/// How long the question after the latest backup may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Takes one. The environment's name is in `PRISMA_SAFE_ENV`; no URL is handed over.
pub(super) fn run(words: &[String], environment: &str, root: &Path) -> Result<Taken, BackupError> {
    let expression = expression(words, root)?.env("PRISMA_SAFE_ENV", environment);
    let name = words.first().cloned().unwrap_or_default();
    finish(&name, &expression)?;
    Ok(Taken { by: name, file: None, bytes: None, sha256: None, checked: "its exit code", seconds: 0.0 })
}

/// Asks for the time of the latest one: the last line of what the command prints.
///
/// # Errors
/// [`BackupError`] when it cannot be asked, fails, or prints no time.
pub fn latest(words: &[String], environment: &str, root: &Path) -> Result<Timestamp, BackupError> {
    let name = words.first().cloned().unwrap_or_default();
    let failed = |said: String| BackupError::Failed { program: name.clone(), said };
    let handle = expression(words, root)?
        .env("PRISMA_SAFE_ENV", environment)
        .stdin_null()
        .stdout_capture()
        .unchecked()
        .start()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let output = match handle.wait_timeout(TIMEOUT) {
        Ok(Some(output)) => output,
        Ok(None) => {
            let _ = handle.kill();
            return Err(failed(format!("it did not answer within {} seconds", TIMEOUT.as_secs())));
        }
        Err(error) => return Err(failed(error.to_string())),
    };
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    time(last).ok_or_else(|| failed(format!("it printed no time such as 2026-01-31T04:00:00Z, but `{last}`")))
}

/// RFC 3339, or seconds since 1970.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::from_second(text.parse().ok()?).ok())
}

fn expression(words: &[String], root: &Path) -> Result<duct::Expression, BackupError> {
    let program = words.first().cloned().unwrap_or_default();
    let path = which::which_in(OsString::from(&program), std::env::var_os("PATH"), root)
        .map_err(|_| BackupError::NotInstalled { program })?;
    Ok(duct::cmd(path, words.get(1..).unwrap_or_default()).dir(root))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_latest_time_is_the_last_line() {
        let ask = |script: &str| {
            latest(&words(&["sh", "-c", script]), "eu", Path::new("/")).map_err(|error| error.to_string())
        };
        let expected: Timestamp = "2026-01-31T04:00:00Z".parse().unwrap();
        assert_eq!(ask("echo looking; echo 2026-01-31T05:00:00+01:00; echo"), Ok(expected));
        assert_eq!(ask("echo 1769832000"), Ok(expected));
        insta::assert_snapshot!(ask("echo soon").unwrap_err(), @r"no backup: `sh` failed: it printed no time such as 2026-01-31T04:00:00Z, but `soon`");
        insta::assert_snapshot!(ask("exit 4").unwrap_err(), @r"no backup: `sh` failed: exit status: 4");
        insta::assert_snapshot!(
            latest(&words(&["no-such-program-here"]), "eu", Path::new("/")).unwrap_err().to_string(),
            @r"no backup: `no-such-program-here` is not on the PATH"
        );
    }

    #[test]
    fn a_command_takes_one_or_says_why_not() {
        let taken = run(&words(&["sh", "-c", "test \"$PRISMA_SAFE_ENV\" = eu"]), "eu", Path::new("/")).unwrap();
        assert_eq!((taken.by.as_str(), taken.checked), ("sh", "its exit code"));
        let failed = run(&words(&["sh", "-c", "echo disk full >&2; exit 1"]), "eu", Path::new("/")).unwrap_err();
        insta::assert_snapshot!(failed.to_string(), @r"no backup: `sh` failed: disk full");
    }
}
