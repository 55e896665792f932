//! A server process of our own: its folder, the user it runs as, and the watch that outlives us.
//!
//! A small shell stands watch with a pipe from this process in its hand: however this process ends, Ctrl-C, a panic and `kill -9` included,
//! the pipe closes, what was started is killed and the folder removed. Every child writes its number into the folder before it becomes the
//! program, so there is no moment at which the watch does not know it; where the watch was killed too, the next run finds the number there.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::SqlFailure;
use super::scratch::{self, Scratch};
use crate::project::Provider;
use crate::revert::VerifyError;
use crate::shell::single_spaced;

const START_LIMIT: Duration = Duration::from_secs(60);

/// The numbers of the children that run: a line with the signal that ends them, and the number.
pub(super) const CHILDREN: &str = "children";
/// There as long as children may be started.
pub(super) const ALIVE: &str = "alive";
/// The server's own folder in ours.
pub(super) const HOME: &str = "server";

/// Waits for the pipe to close, forbids more children, ends those there are with all that they have started, and removes the folder.
const WATCH: &str = "read -r line; rm -f \"$1/server/alive\"; \
    while read -r signal child; do \
      kill -s \"$signal\" \"$child\" 2>/dev/null; n=0; \
      while kill -0 \"$child\" 2>/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.05; done; \
      kill -s KILL -- \"-$child\" 2>/dev/null; n=0; \
      while kill -s 0 -- \"-$child\" 2>/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.05; done; \
    done < \"$1/server/children\"; rm -rf \"$1\"";

/// Writes its number down, looks whether it may still begin, and becomes the program.
const BECOME: &str = "echo \"$1 $$\" >> \"$2/children\" && [ -e \"$2/alive\" ] || exit 1; shift 2; exec \"$@\"";

/// How a server is ended at once.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// PostgreSQL's immediate shutdown takes its children and its shared memory along.
    Quit,
    /// MariaDB and MySQL have neither.
    Kill,
}

impl End {
    fn signal(self) -> &'static str {
        match self {
            End::Quit => "QUIT",
            End::Kill => "KILL",
        }
    }
}

/// The folder of a server, with its watch and, once started, the server.
pub(super) struct Process {
    provider: Provider,
    account: Option<Account>,
    home: PathBuf,
    server: Option<Child>,
    watch: Child,
    // Last: the watch removes it; this is for the case that it was killed.
    folder: Scratch,
}

impl Process {
    /// Makes the folder and sets the watch. `users` are whom the server may run as where we are root.
    pub fn new(provider: Provider, users: &[&str]) -> Result<Self, VerifyError> {
        let account = account(provider, users)?;
        // `/tmp`, not `TMPDIR`: a unix socket's path has about 100 characters.
        let folder = scratch::folder(Path::new("/tmp")).map_err(VerifyError::Scratch)?;
        let home = folder.path().join(HOME);
        make_home(folder.path(), &home, account.as_ref()).map_err(VerifyError::Scratch)?;
        let watch = Command::new("/bin/sh")
            .args(["-c", WATCH, "watch"])
            .arg(folder.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C at the terminal must not take it along.
            .process_group(0)
            .spawn()
            .map_err(|error| no_server(provider, format!("nobody can watch over it: `/bin/sh`: {error}")))?;
        Ok(Process { provider, account, home, server: None, watch, folder })
    }

    /// The server's own folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Whom the server's files must belong to, where it is not us.
    pub fn owner(&self) -> Option<(u32, u32)> {
        self.account.as_ref().map(|account| (account.uid, account.gid))
    }

    /// Ends the server in good order, and at once where that takes longer than `limit`. `true`: its data can be used again.
    pub fn stop(&mut self, limit: Duration) -> bool {
        let Some(mut server) = self.server.take() else { return false };
        let pid = i32::try_from(server.id()).ok().and_then(rustix::process::Pid::from_raw);
        let began = Instant::now();
        if let Some(pid) = pid.filter(|_| !limit.is_zero()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let mut ended = None;
        while ended.is_none() && began.elapsed() < limit {
            ended = server.try_wait().ok().flatten();
            // The end of a child that must not be waited for forever is asked for again and again.
            std::thread::sleep(Duration::from_millis(5));
        }
        if ended.is_none() {
            if let Some(pid) = pid {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
            }
            let _ = server.wait();
        }
        // Its number may be another's soon.
        let _ = fs::write(self.home.join(CHILDREN), "");
        ended.is_some_and(|status| status.success())
    }

    fn command(&self, program: &Path, end: End) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", BECOME, "become", end.signal()]).arg(&self.home).arg(program);
        // The caller's variables may name a database of theirs (`PGDATA`, `MYSQL_HOST`), or hold secrets.
        command
            .env_clear()
            .env("HOME", &self.home)
            .env("LC_ALL", "C")
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Runs a program to its end.
    pub fn run(&self, program: &Path, arguments: &[String]) -> Result<(), VerifyError> {
        let output = self
            .command(program, End::Kill)
            .args(arguments)
            .output()
            .map_err(|error| no_server(self.provider, format!("`{}`: {error}", program.display())))?;
        // Its number may be another's soon.
        let _ = fs::write(self.home.join(CHILDREN), "");
        if output.status.success() {
            return Ok(());
        }
        let said = format!("{} {}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        let why = format!("`{}` ended with {}: {}", program.display(), output.status, single_spaced(&said));
        Err(no_server(self.provider, why))
    }

    /// Starts the server and waits until `connect` gets an answer.
    pub fn start<T>(
        &mut self,
        program: &Path,
        arguments: &[String],
        end: End,
        mut connect: impl FnMut() -> Result<T, SqlFailure>,
    ) -> Result<T, VerifyError> {
        let path = self.folder.path().join("server.log");
        let log = fs::File::create(&path).map_err(VerifyError::Scratch)?;
        let stderr = log.try_clone().map_err(VerifyError::Scratch)?;
        let server = self.command(program, end).args(arguments).stdout(log).stderr(stderr).spawn();
        let server = server.map_err(|error| no_server(self.provider, format!("`{}`: {error}", program.display())))?;
        let server = self.server.insert(server);
        let began = Instant::now();
        loop {
            match connect() {
                Ok(open) => return Ok(open),
                Err(failure) => {
                    let ended = server.try_wait().ok().flatten();
                    if ended.is_some() || began.elapsed() > START_LIMIT {
                        let log = fs::read_to_string(&path).unwrap_or_default();
                        let why = format!("it does not answer: {} {}", failure.said, single_spaced(&log));
                        return Err(no_server(self.provider, why));
                    }
                }
            }
            // The server tells nobody that it is ready but by answering.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The pipe closes, and the watch does the rest; we wait, so that nothing is left when the command ends.
        drop(self.watch.stdin.take());
        if let Some(server) = &mut self.server {
            let _ = server.wait();
        }
        let _ = self.watch.wait();
    }
}

/// The user that a server runs as: it refuses to be root.
struct Account {
    uid: u32,
    gid: u32,
}

fn account(provider: Provider, users: &[&str]) -> Result<Option<Account>, VerifyError> {
    if !rustix::process::getuid().is_root() {
        return Ok(None);
    }
    let passwd =
        fs::read_to_string("/etc/passwd").map_err(|error| no_server(provider, format!("/etc/passwd: {error}")))?;
    let found = users.iter().find_map(|wanted| {
        let mut fields = passwd.lines().find(|line| line.split(':').next() == Some(wanted))?.split(':').skip(2);
        Some(Account { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    });
    found.map(Some).ok_or_else(|| {
        let users: Vec<String> = users.iter().map(|user| format!("`{user}`")).collect();
        no_server(provider, format!("it refuses to run as root, and there is no user {} to run it", users.join(" or ")))
    })
}

/// The server's own folder, in one of ours: only the socket's path leads through it.
fn make_home(folder: &Path, home: &Path, account: Option<&Account>) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(home)?;
    for file in [CHILDREN, ALIVE] {
        fs::write(home.join(file), "")?;
    }
    if let Some(account) = account {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
        for path in [home, &home.join(CHILDREN)] {
            chown(path, Some(account.uid), Some(account.gid))?;
        }
    }
    Ok(())
}

/// Why there is none.
pub(super) fn no_server(provider: Provider, why: impl Into<String>) -> VerifyError {
    VerifyError::NoServer { provider, why: why.into() }
}

/// Finds a program by one of its names: in the folders given, on `PATH`, in the usual places.
pub(super) fn program(provider: Provider, names: &[&str], folders: &[PathBuf]) -> Result<PathBuf, VerifyError> {
    // Superusers' folders are not on everybody's `PATH`.
    const USUAL: [&str; 9] = [
        "/usr/sbin",
        "/usr/libexec",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/opt/homebrew/bin",
        "/usr/pgsql/bin",
        "/usr/local/pgsql/bin",
        "/usr/local/mysql/bin",
        "/usr/local/mysql/scripts",
    ];
    let find = |name: &&str| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .chain(which::which(name).ok())
            .chain(USUAL.iter().map(|folder| Path::new(folder).join(name)))
            .find(|path| path.is_file())
    };
    names.iter().find_map(find).ok_or_else(|| no_server(provider, format!("`{}` is not installed", names[0])))
}
