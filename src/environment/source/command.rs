//! A URL, or many of them, that a command prints: a secret store's client, mostly. No shell; stdout is taken and never shown.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::SourceError;
use super::file::{LIMIT, one_line};
use crate::settings::EnvironmentSettings;

/// How long a secret store may take; somebody may have to unlock it first.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The same when nobody asked for this environment and nobody sees what it says.
const TIMEOUT_HIDDEN: Duration = Duration::from_secs(10);

/// More than the URLs of any fleet have.
const LIMIT_OF_MANY: u64 = 4 * 1024 * 1024;

/// What commands said in this run. Every command that looks at one environment compares it with the others, so each would be
/// run several times; a secret store may ask a person each time.
static SAID: Mutex<BTreeMap<(PathBuf, Vec<String>), Said>> = Mutex::new(BTreeMap::new());

#[derive(Clone)]
enum Said {
    Text(SecretString),
    /// Without anybody having seen its stderr.
    FailedUnseen(String),
}

/// What happens to the command's stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stderr {
    /// The user sees it: it may say "log in first".
    Shown,
    /// Nobody asked for this environment, so its complaints are no news.
    Hidden,
}

/// The one URL that a command prints.
pub(super) fn run(
    environment: &EnvironmentSettings,
    words: &[String],
    root: &Path,
    stderr: Stderr,
) -> Result<SecretString, SourceError> {
    let text = run_for_text(environment, words, root, stderr, LIMIT)?;
    one_line(text.expose_secret().as_bytes().to_vec()).map_err(|problem| not_one_url(environment, words, problem))
}

/// Everything that a command prints, which may be many URLs.
pub(super) fn run_for_all(
    environment: &EnvironmentSettings,
    words: &[String],
    root: &Path,
    stderr: Stderr,
) -> Result<SecretString, SourceError> {
    run_for_text(environment, words, root, stderr, LIMIT_OF_MANY)
}

fn not_one_url(environment: &EnvironmentSettings, words: &[String], problem: &'static str) -> SourceError {
    SourceError::NotOneUrl {
        environment: environment.name.value.clone(),
        place: format!("the output of `{}`", words.first().map_or("", String::as_str)),
        problem,
    }
}

fn run_for_text(
    environment: &EnvironmentSettings,
    words: &[String],
    root: &Path,
    stderr: Stderr,
    limit: u64,
) -> Result<SecretString, SourceError> {
    let key = (root.to_owned(), words.to_vec());
    let said = SAID.lock().ok().and_then(|said| said.get(&key).cloned());
    match (said, stderr) {
        (Some(Said::Text(text)), _) => return Ok(text),
        (Some(Said::FailedUnseen(problem)), Stderr::Hidden) => {
            let (environment, program) = (environment.name.value.clone(), words[0].clone());
            return Err(SourceError::Command { environment, program, problem });
        }
        (Some(Said::FailedUnseen(_)) | None, _) => {}
    }
    let timeout = if stderr == Stderr::Hidden { TIMEOUT_HIDDEN } else { TIMEOUT };
    let result = run_within(environment, words, root, stderr, timeout, limit).and_then(|bytes| {
        let text = String::from_utf8(bytes).map_err(|_| not_one_url(environment, words, "is not UTF-8"))?;
        Ok(SecretString::from(text))
    });
    let said = match &result {
        Ok(text) => Some(Said::Text(text.clone())),
        Err(SourceError::Command { problem, .. }) => Some(Said::FailedUnseen(problem.clone())),
        Err(_) => None,
    };
    if let (Some(said), Ok(mut all)) = (said, SAID.lock()) {
        all.insert(key, said);
    }
    result
}

fn run_within(
    environment: &EnvironmentSettings,
    words: &[String],
    root: &Path,
    stderr: Stderr,
    timeout: Duration,
    limit: u64,
) -> Result<Vec<u8>, SourceError> {
    let name = || environment.name.value.clone();
    let program = words.first().cloned().unwrap_or_default();
    let failed = |problem: String| SourceError::Command { environment: name(), program: program.clone(), problem };
    // By its full path, so that a relative one starts from the settings and `op` is found as `op.exe` on Windows.
    let path = which::which_in(OsString::from(&program), std::env::var_os("PATH"), root)
        .map_err(|_| failed("it is not on the PATH".to_owned()))?;
    let mut expression = duct::cmd(path, &words[1..]).dir(root).stdin_null().unchecked();
    if stderr == Stderr::Hidden {
        expression = expression.stderr_null();
    }
    let reader =
        std::sync::Arc::new(expression.reader().map_err(|error| failed(format!("it cannot be started: {error}")))?);
    let (sender, receiver) = channel();
    let thread_reader = std::sync::Arc::clone(&reader);
    // Not joined: a grandchild may hold the pipe open after the command itself was ended.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = (&*thread_reader).take(limit + 1).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    let bytes = match receiver.recv_timeout(timeout) {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(failed(format!("its output cannot be read: {error}"))),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            let _ = reader.kill();
            return Err(failed(format!("it did not answer within {} seconds", timeout.as_secs_f32())));
        }
    };
    if bytes.len() as u64 > limit {
        let _ = reader.kill();
    } else if let Some(output) = reader.try_wait().ok().flatten()
        && !output.status.success()
    {
        return Err(failed(match output.status.code() {
            Some(code) => format!("it ended with exit code {code}"),
            None => "it was ended by a signal".to_owned(),
        }));
    }
    if bytes.len() as u64 > limit {
        return Err(not_one_url(environment, words, "is far too long for a URL"));
    }
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn outcome(words: &[&str], timeout: Duration) -> String {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let environment = EnvironmentSettings::implicit_dev();
        let text = run_within(&environment, &words, Path::new("/"), Stderr::Hidden, timeout, LIMIT);
        match text.and_then(|bytes| one_line(bytes).map_err(|problem| not_one_url(&environment, &words, problem))) {
            Ok(url) => url.expose_secret().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn takes_one_line_and_says_what_else_happened() {
        let long = Duration::from_secs(30);
        assert_eq!(outcome(&["echo", "file:./a $HOME"], long), "file:./a $HOME");
        assert_eq!(outcome(&["true"], long), "the URL of `dev`: the output of `true` is empty");
        assert_eq!(
            outcome(&["printf", "a\nb"], long),
            "the URL of `dev`: the output of `printf` has more than one line"
        );
        assert_eq!(
            outcome(&["sh", "-c", "echo hunter2; exit 3"], long),
            "the URL of `dev` could not be had from `sh`: it ended with exit code 3"
        );
        assert_eq!(
            outcome(&["no-such-program-here"], long),
            "the URL of `dev` could not be had from `no-such-program-here`: it is not on the PATH"
        );
        assert_eq!(outcome(&["yes"], long), "the URL of `dev`: the output of `yes` is far too long for a URL");
        assert_eq!(
            outcome(&["sleep", "600"], Duration::from_millis(50)),
            "the URL of `dev` could not be had from `sleep`: it did not answer within 0.05 seconds"
        );
    }
}
