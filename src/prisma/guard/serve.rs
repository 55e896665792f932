//! The guard's program: what it does between being started by Prisma and ending as the real engine ends.

use std::ffi::OsString;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use super::court::{Court, Evidence};
use super::entry::{Entry, Form, FoundUrl, JsonPlace, Written};
use super::pin::{PinnedRun, RUN_VARIABLE, SHADOW_VARIABLE};
use super::real_engine::{REAL_ENGINE_VARIABLE, RealEngine, Search, find};
use super::refusal::Refusal;
use super::relay::{Replies, pass_requests, refuse_all};
use super::rules;
use super::self_test;
use crate::prisma::orphan::die_with_parent;

/// How long the engine's last lines may take after it ended, should something that it left behind hold its output open.
const GRACE: Duration = Duration::from_millis(500);

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Runs the guard. `evidence` is made only for the calls that need it; `engine_setting` reads `[prisma] engine`.
pub fn serve<E: Evidence + Send>(
    arguments: &[OsString],
    evidence: impl FnOnce(&Entry, &Path) -> E,
    engine_setting: &dyn Fn(&Path) -> Option<PathBuf>,
) -> ExitCode {
    let directory = std::env::current_dir().unwrap_or_default();
    let entry = Entry::read(arguments, &directory, &variable);
    let pin = match variable(RUN_VARIABLE).map(|path| PinnedRun::read(Path::new(&path))).transpose() {
        Ok(pin) => pin,
        Err(error) => return answer_only(&entry, &no_pin(&error)),
    };
    let mut near = vec![directory.clone()];
    near.extend(entry.schema_folders.iter().cloned());
    let engine = find(&Search {
        variable: variable(REAL_ENGINE_VARIABLE),
        settings: &|| engine_setting(&directory),
        near,
        ourselves: std::env::current_exe().ok(),
    });
    if arguments.first().is_some_and(|argument| argument == self_test::ARGUMENT) {
        let engine = engine.map(|engine| engine.path).map_err(|error| error.to_string());
        return tell(&self_test::report(evidence(&entry, &directory), engine, &directory));
    }
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) => return answer_only(&entry, &error.refusal()),
    };
    if entry.form == Form::About {
        return become_engine(&engine, arguments);
    }
    let shadow = pin.as_ref().and_then(|_| variable(SHADOW_VARIABLE)).and_then(|url| url.into_string().ok());
    let shadow = shadow.map(|url| FoundUrl { text: url.into(), base: directory.clone(), written: Written::Request });
    let mut court =
        Court::new(&entry, pin.as_ref(), shadow.clone(), evidence(&entry, &directory), &directory, &variable);
    if let Err(refusal) = court.admit() {
        return answer_only(&entry, &refusal);
    }
    match &entry.form {
        Form::Word(word) => match court.call(rules::Form::Cli, word, None) {
            Ok(()) => become_engine(&engine, arguments),
            Err(refusal) => answer_only(&entry, &refusal),
        },
        Form::About | Form::Server => {
            let mut command = Command::new(&engine.path);
            if let Err(refusal) = prepare(&mut command, arguments, &entry, pin.as_ref(), shadow.as_ref()) {
                return answer_only(&entry, &refusal);
            }
            relay(command, &engine, pin.as_ref(), &mut court)
        }
    }
}

fn tell(report: &self_test::Report) -> ExitCode {
    let text = serde_json::to_string(report).unwrap_or_default();
    let _ = writeln!(std::io::stdout(), "{text}");
    ExitCode::SUCCESS
}

/// The engine's command: Prisma's arguments, and the run's connection settings in its URL.
fn prepare(
    command: &mut Command,
    arguments: &[OsString],
    entry: &Entry,
    pin: Option<&PinnedRun>,
    shadow: Option<&FoundUrl>,
) -> Result<(), Refusal> {
    let mut arguments = arguments.to_vec();
    let session = pin.map(PinnedRun::session).filter(|session| !session.is_empty());
    if let Some(place) = entry.json_at {
        let change = |json: &mut serde_json::Map<String, serde_json::Value>| {
            for key in ["url", "directUrl"] {
                if let (Some(session), Some(serde_json::Value::String(url))) = (session, json.get_mut(key))
                    && let Some(changed) = session.apply(url)
                {
                    *url = changed;
                }
            }
            if let Some(shadow) = shadow {
                json.insert("shadowDatabaseUrl".to_owned(), shadow.expose().into());
            }
        };
        if session.is_some() || shadow.is_some() {
            change_json(&mut arguments, place, change);
        }
    } else if let (Some(session), Some(target)) = (session, entry.databases.target())
        && let Some(changed) = session.apply(target.expose())
    {
        match &target.written {
            Written::Variable(name) => {
                command.env(name, changed);
            }
            Written::Json | Written::Argument | Written::Request | Written::Schema if session.limits() => {
                return Err(no_place_for_settings());
            }
            // A name is good to have and no more.
            Written::Json | Written::Argument | Written::Request | Written::Schema => {}
        }
    }
    command.args(arguments);
    Ok(())
}

fn change_json(
    arguments: &mut [OsString],
    place: JsonPlace,
    change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
) {
    let Some(text) = arguments[place.index].to_str() else { return };
    let json = if place.joined { text.split_once('=').map_or("", |(_, json)| json) } else { text };
    let Ok(mut object) = serde_json::from_str(json) else { return };
    change(&mut object);
    let changed = serde_json::Value::Object(object).to_string();
    arguments[place.index] = if place.joined { format!("--datasource={changed}") } else { changed }.into();
}

/// Lets the engine work and passes its lines, until it ends; then ends as it did.
fn relay<E: Evidence + Send>(
    mut command: Command,
    engine: &RealEngine,
    pin: Option<&PinnedRun>,
    court: &mut Court<'_, E>,
) -> ExitCode {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // It would find the guard again in there, should it ever start an engine itself.
    command.env_remove(RUN_VARIABLE).env_remove(SHADOW_VARIABLE);
    die_with_parent(&mut command);
    let started = command.spawn().and_then(|mut child| {
        let pipe = || std::io::Error::other("it has no pipes");
        let pipes = (child.stdin.take().ok_or_else(pipe)?, child.stdout.take().ok_or_else(pipe)?);
        Ok((child, pipes))
    });
    let (mut child, (to_engine, from_engine)) = match started {
        Ok(started) => started,
        Err(error) => {
            let refusal = not_started(engine, &error);
            let _ = refuse_all(BufReader::new(std::io::stdin()), std::io::stdout(), &refusal);
            return ExitCode::FAILURE;
        }
    };
    forward_signals(child.id());
    let replies = Replies::new(std::io::stdout());
    let (done, last_line) = std::sync::mpsc::channel();
    // The threads are not joined: one may wait for a request that never comes. The process ends below.
    std::thread::scope(|scope| {
        let replies = &replies;
        scope.spawn(move || {
            let _ = replies.pass_on(BufReader::with_capacity(64 << 10, from_engine));
            let _ = done.send(());
        });
        scope.spawn(move || {
            // Either side gone: the engine sees its input end.
            let _ = pass_requests(BufReader::with_capacity(64 << 10, std::io::stdin()), to_engine, replies, court);
        });
        if let Some(pin) = pin {
            let id = child.id();
            scope.spawn(move || {
                pin.wait_for_the_end();
                end(id);
            });
        }
        let status = child.wait();
        let _ = last_line.recv_timeout(GRACE);
        if status.as_ref().is_ok_and(std::process::ExitStatus::success) {
            let _ = replies.engine_fell_silent();
        }
        finish(status)
    })
}

/// Ends this process as the engine ended, by the same signal if it was one.
fn finish(status: std::io::Result<std::process::ExitStatus>) -> ExitCode {
    let _ = std::io::stdout().flush();
    let Ok(status) = status else { std::process::exit(1) };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        // A signal that does not end a process by default.
        std::process::exit(128 + signal);
    }
    std::process::exit(status.code().unwrap_or(1))
}

/// Signals that reach us are for the engine; how it ends is how we end.
#[cfg(unix)]
fn forward_signals(engine: u32) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let signal = match signal {
                SIGHUP => rustix::process::Signal::HUP,
                SIGINT => rustix::process::Signal::INT,
                _ => rustix::process::Signal::TERM,
            };
            send(engine, signal);
        }
    });
}

#[cfg(unix)]
fn send(process: u32, signal: rustix::process::Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

#[cfg(not(unix))]
fn forward_signals(_: u32) {}

/// The wrapper is gone: nobody would tell what the engine did.
#[cfg(unix)]
fn end(engine: u32) {
    send(engine, rustix::process::Signal::TERM);
    std::thread::sleep(GRACE);
    send(engine, rustix::process::Signal::KILL);
}

#[cfg(not(unix))]
fn end(_: u32) {
    std::process::exit(1);
}

/// Becomes the real engine: the same process, so everything about it is the engine's own.
#[cfg(unix)]
fn become_engine(engine: &RealEngine, arguments: &[OsString]) -> ExitCode {
    use std::os::unix::process::CommandExt as _;
    let error = Command::new(&engine.path).args(arguments).env_remove(RUN_VARIABLE).exec();
    log_error(&not_started(engine, &error));
    ExitCode::FAILURE
}

#[cfg(not(unix))]
fn become_engine(engine: &RealEngine, arguments: &[OsString]) -> ExitCode {
    match Command::new(&engine.path).args(arguments).env_remove(RUN_VARIABLE).status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => {
            log_error(&not_started(engine, &error));
            ExitCode::FAILURE
        }
    }
}

/// Refuses in the form that the caller reads.
fn answer_only(entry: &Entry, refusal: &Refusal) -> ExitCode {
    match entry.form {
        Form::Server => {
            let _ = refuse_all(BufReader::new(std::io::stdin()), std::io::stdout(), refusal);
            ExitCode::SUCCESS
        }
        Form::Word(_) | Form::About => {
            log_error(refusal);
            ExitCode::FAILURE
        }
    }
}

/// A line as the engine logs it: Prisma drops the first line of a `cli` call's stderr and looks for the error in the rest.
fn log_error(refusal: &Refusal) {
    let line = |level: &str, message: &str, code: Option<&str>| {
        serde_json::json!({
            "timestamp": jiff::Timestamp::now().to_string(),
            "level": level,
            "fields": { "message": message, "is_panic": false, "error_code": code },
            "target": "schema_engine::logger",
        })
    };
    let text = format!(
        "{}\n{}\n",
        line("INFO", "Starting the engine guard", None),
        line("ERROR", &refusal.message(), Some("PRISMA_SAFE"))
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn no_pin(error: &super::pin::PinError) -> Refusal {
    Refusal {
        what: format!("this run names the check that it belongs to, and it cannot be believed: {error}"),
        why: "what was checked must be what runs".to_owned(),
        hints: vec![format!("start it again with `cargo prisma-safe`, or `unset {RUN_VARIABLE}` if it is left over")],
    }
}

fn not_started(engine: &RealEngine, error: &std::io::Error) -> Refusal {
    Refusal {
        what: format!("the schema engine `{}` cannot be started: {error}", engine.path.display()),
        why: "the guard stands in front of Prisma's own engine and does no work itself".to_owned(),
        hints: vec!["let Prisma download it again, or make it executable".to_owned()],
    }
}

fn no_place_for_settings() -> Refusal {
    Refusal {
        what: "the lock timeout of this run has no place: the URL stands in the schema itself".to_owned(),
        why: "without it, a migration that waits for a lock makes every query behind it wait".to_owned(),
        hints: vec![
            "name a variable in the schema: `url = env(\"DATABASE_URL\")`".to_owned(),
            "or switch it off for the environment in prisma-safe.toml: `lock-timeout = \"0s\"`".to_owned(),
        ],
    }
}
