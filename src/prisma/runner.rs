//! Runs the Prisma CLI behind the engine guard.
//!
//! No shell: the program and its arguments are a vector. The URL goes to the child in its environment, never on a command line. Ctrl-C reaches
//! the child through the terminal; we outlive it and tell what came of it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::arguments::{Command, Paths};
use super::errors::PrismaError;
use super::guard::STAND_IN_VARIABLE;
use super::guard::pin::{Pin, RUN_VARIABLE, RunFile, SHADOW_VARIABLE};
use super::guard::real_engine::REAL_ENGINE_VARIABLE;
use super::orphan::die_with_parent;
use super::output::{Exit, Success, Verdict, judge};
use super::signals::Signals;

/// Where Prisma looks for its schema engine.
pub const ENGINE_VARIABLE: &str = "PRISMA_SCHEMA_ENGINE_BINARY";
/// The same before the engine was renamed; read by 5 to 7 with a warning.
pub const LEGACY_ENGINE_VARIABLE: &str = "PRISMA_MIGRATION_ENGINE_BINARY";

/// How long output may still come after the program ended, when something that it left behind holds its streams open.
const GRACE: Duration = Duration::from_millis(500);

/// How often a sink is told that nothing was said.
const IDLE: Duration = Duration::from_millis(100);

/// How the project's Prisma CLI is started.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The program and the arguments before Prisma's own.
    pub command: Vec<OsString>,
    /// Prisma's major version.
    pub major: u32,
    /// Where it runs: Prisma finds its schema, config file and `.env` from here.
    pub directory: PathBuf,
}

/// One of the child's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Stdout,
    /// The story and errors.
    Stderr,
}

/// Is shown every line while the program runs. Lines are as Prisma printed them: pass them through [`crate::shell::printable`].
pub trait Sink {
    /// One line, without its end.
    fn line(&mut self, stream: Stream, line: &str);

    /// Comes several times a second while the program runs and says nothing.
    fn idle(&mut self) {}
}

impl<F: FnMut(Stream, &str)> Sink for F {
    fn line(&mut self, stream: Stream, line: &str) {
        self(stream, line);
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How the process ended.
    pub exit: Exit,
    /// Everything that it printed on stdout.
    pub stdout: String,
    /// Everything that it printed on stderr.
    pub stderr: String,
    /// What that means.
    pub verdict: Verdict,
    command: String,
    environment: Option<String>,
}

impl Finished {
    /// The success that Prisma stated.
    ///
    /// # Errors
    /// [`PrismaError`] for everything else, silence after exit code 0 among it.
    pub fn success(self) -> Result<Success, PrismaError> {
        let Finished { command, environment, .. } = self;
        match self.verdict {
            Verdict::Said(success) => Ok(success),
            Verdict::Failed(failure) => Err(PrismaError::failed(command, environment, failure)),
            Verdict::Refused(reason) => Err(PrismaError::Refused { reason }),
            Verdict::Silent => Err(PrismaError::Silent { command, environment }),
            Verdict::Interrupted => Err(PrismaError::Interrupted { command, environment }),
            Verdict::Killed(signal) => Err(PrismaError::Killed { command, signal, environment }),
        }
    }
}

/// A run to be.
pub struct Run<'a> {
    invocation: &'a Invocation,
    command: Option<Command>,
    arguments: Vec<OsString>,
    target: Option<Target<'a>>,
    shadow: Option<&'a str>,
    pin: Option<Pin>,
    settings: Option<&'a Path>,
    inherit_input: bool,
    sink: Option<&'a mut dyn Sink>,
}

/// The database that the run is for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The variables that the project reads its URL from: `url`, and `directUrl` where there is one.
    pub variables: &'a [String],
    /// The URL's raw bytes.
    pub url: &'a str,
    /// The database's own file, for SQLite.
    pub file: Option<&'a Path>,
}

impl<'a> Run<'a> {
    /// A command that this tool knows.
    ///
    /// # Errors
    /// [`PrismaError::Arguments`] when this Prisma major cannot be asked for it.
    pub fn command(invocation: &'a Invocation, command: Command, paths: &Paths) -> Result<Self, PrismaError> {
        let arguments = command.arguments(invocation.major, paths)?;
        Ok(Run { command: Some(command), ..Run::raw(invocation, arguments) })
    }

    /// Any arguments, as typed.
    #[must_use]
    pub fn raw(invocation: &'a Invocation, arguments: Vec<OsString>) -> Self {
        Run {
            invocation,
            command: None,
            arguments,
            target: None,
            shadow: None,
            pin: None,
            settings: None,
            inherit_input: false,
            sink: None,
        }
    }

    /// Sets the project's URL variables for the child and pins the run to that database.
    #[must_use]
    pub fn target(mut self, target: Target<'a>, pin: Pin) -> Self {
        self.target = Some(target);
        self.pin = Some(pin);
        self
    }

    /// Gives the engine a shadow database of ours. It is wiped.
    #[must_use]
    pub fn shadow(mut self, url: &'a str) -> Self {
        self.shadow = Some(url);
        self
    }

    /// The settings file that the guard shall use, too.
    #[must_use]
    pub fn settings(mut self, file: &'a Path) -> Self {
        self.settings = Some(file);
        self
    }

    /// Lets the program read our own input (`db execute --stdin`). Without this it has none.
    #[must_use]
    pub fn inherit_input(mut self) -> Self {
        self.inherit_input = true;
        self
    }

    /// Shows every line while it runs.
    #[must_use]
    pub fn stream(mut self, sink: &'a mut dyn Sink) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Runs with captured output and, unless told otherwise, without input, so that Prisma cannot ask anything.
    ///
    /// # Errors
    /// When it cannot be started. How it ended is in [`Finished::verdict`].
    pub fn run(mut self) -> Result<Finished, PrismaError> {
        let run_file = self.run_file()?;
        let (stdout, stdout_end) = std::io::pipe().map_err(|source| self.not_started(source))?;
        let (stderr, stderr_end) = std::io::pipe().map_err(|source| self.not_started(source))?;
        let mut expression = self.expression(run_file.as_ref())?;
        if !self.inherit_input {
            expression = expression.stdin_null();
        }
        let expression =
            expression.env("NO_COLOR", "1").env_remove("FORCE_COLOR").stdout_file(stdout_end).stderr_file(stderr_end);
        let (sender, events) = channel();
        let signals = Signals::forward_to(&sender);
        let child = expression.start().map_err(|source| self.not_started(source))?;
        // The pipes end when the child's ends are closed, so ours must go.
        drop(expression);
        read_lines(stdout, Stream::Stdout, sender.clone());
        read_lines(stderr, Stream::Stderr, sender.clone());
        let mut nobody = |_: Stream, _: &str| {};
        let sink = self.sink.take().unwrap_or(&mut nobody);
        let ended = follow(child, &sender, &events, 2, sink);
        drop(signals);
        let (exit, interrupted, stdout, stderr) = ended.map_err(|source| self.not_started(source))?;
        let verdict = judge(self.command.as_ref(), exit, interrupted, &stdout, &stderr);
        Ok(Finished {
            exit,
            stdout,
            stderr,
            verdict,
            command: self.shown(),
            environment: self.pin.as_ref().map(|pin| pin.environment.clone()),
        })
    }

    /// Runs on the user's own terminal: Prisma may ask, and colours as it likes. Its output is not read, so only its exit tells.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn interactive(self) -> Result<Exit, PrismaError> {
        let run_file = self.run_file()?;
        let expression = self.expression(run_file.as_ref())?;
        let (sender, events) = channel();
        let signals = Signals::forward_to(&sender);
        let child = expression.start().map_err(|source| self.not_started(source))?;
        let ended = follow(child, &sender, &events, 0, &mut |_: Stream, _: &str| {});
        drop(signals);
        ended.map(|(exit, ..)| exit).map_err(|source| self.not_started(source))
    }

    /// `prisma migrate deploy`, for messages.
    fn shown(&self) -> String {
        let words = match &self.command {
            Some(command) => command.words().to_owned(),
            // Words up to the first flag: what follows may be a URL.
            None => {
                let words = self.arguments.iter().map(|word| word.to_string_lossy());
                words.take_while(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" ")
            }
        };
        format!("prisma {words}")
    }

    fn not_started(&self, source: std::io::Error) -> PrismaError {
        let program = self.invocation.command.first().map_or("prisma".into(), |program| program.to_string_lossy());
        PrismaError::NotStarted { program: program.into_owned(), source }
    }

    fn run_file(&self) -> Result<Option<RunFile>, PrismaError> {
        let (Some(target), Some(pin)) = (&self.target, &self.pin) else {
            return Ok(None);
        };
        RunFile::create(pin, target.url, target.file).map(Some).map_err(PrismaError::NotPinned)
    }

    fn expression(&self, run_file: Option<&RunFile>) -> Result<duct::Expression, PrismaError> {
        let (guard, stands_in) = super::guard::for_run()?;
        let (program, prefix) = self.invocation.command.split_first().ok_or_else(|| {
            self.not_started(std::io::Error::new(std::io::ErrorKind::NotFound, "the command is empty"))
        })?;
        let mut expression = duct::cmd(program, prefix.iter().chain(&self.arguments))
            .dir(&self.invocation.directory)
            .env("PRISMA_HIDE_UPDATE_MESSAGE", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env(ENGINE_VARIABLE, &guard)
            .env_remove(LEGACY_ENGINE_VARIABLE)
            .unchecked();
        expression =
            if stands_in { expression.env(STAND_IN_VARIABLE, "1") } else { expression.env_remove(STAND_IN_VARIABLE) };
        if let Some(engine) = engine_of_the_user(&guard) {
            expression = expression.env(REAL_ENGINE_VARIABLE, engine);
        }
        if let Some(target) = &self.target {
            for variable in target.variables {
                expression = expression.env(variable, target.url);
            }
        }
        // One call each: of two for the same variable the first one wins. Without a value of ours, what is left over from another run
        // must not speak for this one.
        expression = match run_file {
            Some(run_file) => expression.env(RUN_VARIABLE, run_file.path()),
            None => expression.env_remove(RUN_VARIABLE),
        };
        expression = match self.shadow {
            Some(shadow) => expression.env(SHADOW_VARIABLE, shadow),
            None => expression.env_remove(SHADOW_VARIABLE),
        };
        if let Some(settings) = self.settings {
            expression = expression.env("PRISMA_SAFE_CONFIG", settings);
        }
        Ok(expression.before_spawn(|command| {
            die_with_parent(command);
            Ok(())
        }))
    }
}

/// An engine that the user named for Prisma is the real engine behind our guard.
fn engine_of_the_user(guard: &Path) -> Option<OsString> {
    if std::env::var_os(REAL_ENGINE_VARIABLE).is_some() {
        return None;
    }
    [ENGINE_VARIABLE, LEGACY_ENGINE_VARIABLE]
        .iter()
        .filter_map(std::env::var_os)
        .find(|engine| !engine.is_empty() && !is_same_file(OsStr::new(engine), guard))
}

fn is_same_file(one: &OsStr, other: &Path) -> bool {
    match (Path::new(one).canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// What happens while a child runs.
pub(super) enum Event {
    /// A line, without its end.
    Line(Stream, String),
    /// A stream is over.
    End,
    /// The child ended.
    Exited(std::io::Result<Exit>),
    /// We were sent a signal.
    Signal(i32),
}

fn read_lines(stream: impl Read + Send + 'static, which: Stream, events: Sender<Event>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if events.send(Event::Line(which, text.to_owned())).is_err() {
                return;
            }
            line.clear();
        }
        let _ = events.send(Event::End);
    });
}

/// Waits for the child and its `streams`, shows lines, passes signals on.
fn follow(
    child: duct::Handle,
    sender: &Sender<Event>,
    events: &Receiver<Event>,
    mut streams: usize,
    sink: &mut dyn Sink,
) -> std::io::Result<(Exit, bool, String, String)> {
    let child = std::sync::Arc::new(child);
    let waiting = std::sync::Arc::clone(&child);
    let exited = sender.clone();
    std::thread::spawn(move || {
        let _ = exited.send(Event::Exited(waiting.wait().map(|output| output.status.into())));
    });
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let mut exit = None;
    let mut interrupted = false;
    while exit.is_none() || streams > 0 {
        let event = match exit {
            None => events.recv_timeout(IDLE),
            Some(_) => events.recv_timeout(GRACE),
        };
        match event {
            Ok(Event::Line(stream, line)) => {
                sink.line(stream, &line);
                let text = if stream == Stream::Stdout { &mut stdout } else { &mut stderr };
                text.push_str(&line);
                text.push('\n');
            }
            Ok(Event::End) => streams = streams.saturating_sub(1),
            Ok(Event::Exited(how)) => exit = Some(how?),
            Ok(Event::Signal(signal)) => {
                interrupted = true;
                super::signals::pass_on(signal, &child.pids());
            }
            Err(RecvTimeoutError::Timeout) if exit.is_none() => sink.idle(),
            Err(_) => break,
        }
    }
    Ok((exit.unwrap_or(Exit { code: None, signal: None }), interrupted, stdout, stderr))
}
