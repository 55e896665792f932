//! PostgreSQL: a server of our own from the programs that are installed, in a temporary folder, on a unix socket only, without fsync.
//! A copy is `CREATE DATABASE … TEMPLATE`.
//!
//! A small shell stands watch with a pipe from this process in its hand: however this process ends, Ctrl-C, a panic and `kill -9` included,
//! the pipe closes, the server is killed and its folder removed.

use crate::project::Provider;
use crate::revert::VerifyError;

#[cfg(unix)]
pub(super) use unix::Started;

#[cfg(not(unix))]
pub(super) struct Started;

#[cfg(not(unix))]
impl Started {
    pub fn new() -> Result<Box<dyn super::Throwaway>, VerifyError> {
        Err(no_server("it needs unix sockets, and this system has none that we use".to_owned()))
    }
}

fn no_server(why: impl Into<String>) -> VerifyError {
    VerifyError::NoServer { provider: Provider::Postgresql, why: why.into() }
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgErrorPosition};
    use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _};
    use tempfile::TempDir;
    use tokio::runtime::Runtime;

    use super::super::{Rows, Server, Session, SqlFailure, Throwaway, one_line, runtime, scratch};
    use super::{VerifyError, no_server};

    const START_LIMIT: Duration = Duration::from_secs(60);
    const USER: &str = "prisma_safe";
    const BASE: &str = "prisma_safe_verify_base";
    /// A port is a part of the socket's name only.
    const PORT: u16 = 5432;

    /// Waits for the pipe to close, ends the server at once (its children and its shared memory go with it) and removes the folder.
    const WATCH: &str = "read -r line; kill -s QUIT \"$1\" 2>/dev/null; n=0; \
                         while kill -0 \"$1\" 2>/dev/null && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.05; done; \
                         kill -s KILL \"$1\" 2>/dev/null; rm -rf \"$2\"";

    /// A running server.
    pub(in super::super) struct Started {
        base: Option<Open>,
        admin: Open,
        server: Server,
        copies: usize,
        // In the order in which they go.
        _process: Process,
        _folder: TempDir,
    }

    impl Started {
        pub fn new() -> Result<Self, VerifyError> {
            let folders = installed();
            let (initdb, postgres) = (program("initdb", &folders)?, program("postgres", &folders)?);
            let account = account()?;
            // `/tmp`, not `TMPDIR`: a unix socket's path has about 100 characters.
            let folder = scratch::folder(Path::new("/tmp")).map_err(VerifyError::Scratch)?;
            let home = folder.path().join("server");
            make_home(folder.path(), &home, account.as_ref()).map_err(VerifyError::Scratch)?;
            initialise(&initdb, account.as_ref(), &home)?;
            let mut process = Process::start(&postgres, account.as_ref(), folder.path(), &home)?;
            let runtime = Rc::new(runtime()?);
            let mut admin = process.wait_for(&runtime, &home)?;
            admin.ask(&format!("CREATE DATABASE {BASE}")).map_err(connecting)?;
            let version = admin.ask("SHOW server_version").map_err(connecting)?;
            let version = version.into_iter().flatten().flatten().next().unwrap_or_default();
            let version = version.split_whitespace().next().unwrap_or_default().to_owned();
            let server = Server { product: "PostgreSQL".to_owned(), version };
            Ok(Started { base: None, admin, server, copies: 0, _process: process, _folder: folder })
        }
    }

    impl Throwaway for Started {
        fn server(&self) -> &Server {
            &self.server
        }

        fn base(&mut self) -> Result<&mut dyn Session, VerifyError> {
            let base = match self.base.take() {
                Some(open) => open,
                None => self.admin.beside(BASE).map_err(connecting)?,
            };
            Ok(self.base.insert(base))
        }

        fn copy(&mut self) -> Result<Box<dyn Session>, VerifyError> {
            // A template may have no connection.
            self.base = None;
            let copying = |failure| VerifyError::Sql { doing: "copy a database", failure };
            let name = |number: usize| format!("prisma_safe_verify_{number}");
            let before = name(self.copies);
            self.admin.ask(&format!("DROP DATABASE IF EXISTS {before} WITH (FORCE)")).map_err(copying)?;
            self.copies += 1;
            let copy = name(self.copies);
            self.admin.ask(&format!("CREATE DATABASE {copy} TEMPLATE {BASE}")).map_err(copying)?;
            Ok(Box::new(self.admin.beside(&copy).map_err(copying)?))
        }
    }

    fn connecting(failure: SqlFailure) -> VerifyError {
        VerifyError::Sql { doing: "connect", failure }
    }

    /// An open connection.
    struct Open {
        connection: Option<PgConnection>,
        runtime: Rc<Runtime>,
        home: PathBuf,
        database: String,
    }

    impl Open {
        fn new(runtime: Rc<Runtime>, home: PathBuf, database: &str) -> Result<Self, SqlFailure> {
            let mut open = Open { connection: None, runtime, home, database: database.to_owned() };
            open.renew()?;
            Ok(open)
        }

        fn beside(&self, database: &str) -> Result<Self, SqlFailure> {
            Open::new(Rc::clone(&self.runtime), self.home.clone(), database)
        }

        fn close(&mut self) {
            if let Some(connection) = self.connection.take() {
                let _ = self.runtime.block_on(connection.close());
            }
        }

        fn ask(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
            let Some(connection) = &mut self.connection else {
                return Err(SqlFailure { said: "the connection is closed".to_owned(), at: None });
            };
            let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
            let rows = self.runtime.block_on(query.fetch_all(connection)).map_err(|error| failure(&error, sql))?;
            // The simple protocol answers in text.
            let cell = |row: &sqlx::postgres::PgRow, at| row.try_get_unchecked::<Option<String>, _>(at).ok().flatten();
            Ok(rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect())
        }
    }

    impl Session for Open {
        fn execute(&mut self, sql: &str) -> Result<(), SqlFailure> {
            self.ask(sql).map(drop)
        }

        fn query(&mut self, sql: &str) -> Result<Rows, SqlFailure> {
            self.ask(sql)
        }

        fn renew(&mut self) -> Result<(), SqlFailure> {
            self.close();
            let options = PgConnectOptions::new_without_pgpass()
                .socket(&self.home)
                .port(PORT)
                .username(USER)
                .database(&self.database)
                .disable_statement_logging();
            let connected = self.runtime.block_on(options.connect());
            self.connection = Some(connected.map_err(|error| failure(&error, ""))?);
            Ok(())
        }
    }

    impl Drop for Open {
        fn drop(&mut self) {
            self.close();
        }
    }

    fn failure(error: &sqlx::Error, sql: &str) -> SqlFailure {
        let Some(database) = error.as_database_error() else {
            return SqlFailure { said: one_line(&error.to_string()), at: None };
        };
        let position = database.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::position);
        let at = match position {
            // In characters from 1.
            Some(PgErrorPosition::Original(character)) => {
                sql.char_indices().nth(character.saturating_sub(1)).map(|(byte, _)| byte)
            }
            _ => None,
        };
        SqlFailure { said: one_line(database.message()), at }
    }

    /// The server and its watch.
    struct Process {
        server: Child,
        watch: Child,
    }

    impl Process {
        fn start(postgres: &Path, account: Option<&Account>, folder: &Path, home: &Path) -> Result<Self, VerifyError> {
            let log = fs::File::create(folder.join("server.log")).map_err(VerifyError::Scratch)?;
            let stderr = log.try_clone().map_err(VerifyError::Scratch)?;
            let mut command = command(postgres, account, home);
            command.arg("-D").arg(home.join("data")).arg("-k").arg(home).args(["-p", &PORT.to_string()]);
            for setting in [
                "listen_addresses=",
                "fsync=off",
                "full_page_writes=off",
                "synchronous_commit=off",
                "shared_buffers=16MB",
                "wal_level=minimal",
                "max_wal_senders=0",
                "autovacuum=off",
                "log_min_messages=fatal",
                "timezone=UTC",
            ] {
                command.args(["-c", setting]);
            }
            let mut server = command
                .stdout(log)
                .stderr(stderr)
                .spawn()
                .map_err(|error| no_server(format!("`{}`: {error}", postgres.display())))?;
            let watch = Command::new("/bin/sh")
                .args(["-c", WATCH, "watch", &server.id().to_string()])
                .arg(folder)
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                // Ctrl-C at the terminal must not take it along.
                .process_group(0)
                .spawn();
            match watch {
                Ok(watch) => Ok(Process { server, watch }),
                Err(error) => {
                    // Nobody would end it.
                    let _ = server.kill();
                    let _ = server.wait();
                    Err(no_server(format!("nobody can watch over it: `/bin/sh`: {error}")))
                }
            }
        }

        fn wait_for(&mut self, runtime: &Rc<Runtime>, home: &Path) -> Result<Open, VerifyError> {
            let began = Instant::now();
            loop {
                match Open::new(Rc::clone(runtime), home.to_owned(), "postgres") {
                    Ok(open) => return Ok(open),
                    Err(failure) => {
                        let ended = self.server.try_wait().ok().flatten();
                        if ended.is_some() || began.elapsed() > START_LIMIT {
                            let log = home.parent().map(|folder| folder.join("server.log"));
                            let log = log.and_then(|log| fs::read_to_string(log).ok()).unwrap_or_default();
                            return Err(no_server(format!("it does not answer: {} {}", failure.said, one_line(&log))));
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
            let _ = self.server.wait();
            let _ = self.watch.wait();
        }
    }

    fn initialise(initdb: &Path, account: Option<&Account>, home: &Path) -> Result<(), VerifyError> {
        let user = format!("--username={USER}");
        let output = command(initdb, account, home)
            .args([&*user, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"])
            .arg("--pgdata")
            .arg(home.join("data"))
            .output()
            .map_err(|error| no_server(format!("`{}`: {error}", initdb.display())))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(no_server(format!("`{}` ended with {}: {}", initdb.display(), output.status, one_line(&said))))
    }

    /// The user that the server runs as: it refuses to be root.
    struct Account {
        uid: u32,
        gid: u32,
    }

    fn account() -> Result<Option<Account>, VerifyError> {
        const CANDIDATES: [&str; 2] = ["postgres", "nobody"];
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").map_err(|error| no_server(format!("/etc/passwd: {error}")))?;
        let found = CANDIDATES.iter().find_map(|wanted| {
            let mut fields = passwd.lines().find(|line| line.split(':').next() == Some(wanted))?.split(':').skip(2);
            Some(Account { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        });
        match found {
            Some(account) => Ok(Some(account)),
            None => Err(no_server("it refuses to run as root, and there is no user `postgres` or `nobody` to run it")),
        }
    }

    /// The server's own folder, in one of ours: only the socket's path leads through it.
    fn make_home(folder: &Path, home: &Path, account: Option<&Account>) -> std::io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(home)?;
        if let Some(account) = account {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
            chown(home, Some(account.uid), Some(account.gid))?;
        }
        Ok(())
    }

    fn command(program: &Path, account: Option<&Account>, home: &Path) -> Command {
        let mut command = Command::new(program);
        // The caller's variables may name a database of theirs (`PGDATA`, `PGHOST`), or hold secrets.
        command
            .env_clear()
            .env("HOME", home)
            .env("LC_ALL", "C")
            .current_dir(home)
            .stdin(Stdio::null())
            .process_group(0);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Debian keeps the servers out of `PATH`; the newest first.
    fn installed() -> Vec<PathBuf> {
        let parents = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/Library/PostgreSQL"];
        let mut versions: Vec<(u32, PathBuf)> = parents
            .iter()
            .filter_map(|parent| fs::read_dir(parent).ok())
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let number = name.strip_prefix("postgresql@").unwrap_or(&name).parse().ok()?;
                Some((number, entry.path().join("bin")))
            })
            .collect();
        versions.sort();
        versions.into_iter().rev().map(|(_, path)| path).collect()
    }

    fn program(name: &str, folders: &[PathBuf]) -> Result<PathBuf, VerifyError> {
        let on_path = which::which(name).ok();
        let usual = ["/usr/pgsql/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/local/bin"];
        folders
            .iter()
            .map(|folder| folder.join(name))
            .chain(on_path)
            .chain(usual.iter().map(|folder| Path::new(folder).join(name)))
            .find(|path| path.is_file())
            .ok_or_else(|| no_server(format!("`{name}` is not installed")))
    }
}
