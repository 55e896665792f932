//! Throwaway servers: PostgreSQL and MariaDB (or MySQL), from the programs that are installed, in a temporary folder, on a unix
//! socket and a free loopback port, without fsync. Started once per test binary; each test gets a database of its own.
//!
//! A small shell stands watch over each server with a pipe from this process in its hand: however this process ends, a panic and
//! `kill -9` included, the pipe closes, and the server is killed and its folder removed. What a dead machine left behind
//! is removed by the next run: the folder's name holds the process id.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, Row};
use tokio::runtime::Runtime;

use super::skip_or_fail;

const PREFIX: &str = "prisma-safe-test-server-";
const START_LIMIT: Duration = Duration::from_secs(60);

/// The PostgreSQL server of this test binary; `None` after [`skip_or_fail`].
#[track_caller]
pub fn postgres() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    available(SERVER.get_or_init(|| start_postgres(Tls::Off)), "PostgreSQL")
}

/// A second PostgreSQL server, with a certificate for `localhost` and 127.0.0.1 that `ca.pem` in its folder has signed.
#[track_caller]
pub fn postgres_with_tls() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    available(SERVER.get_or_init(|| start_postgres(Tls::On)), "PostgreSQL with TLS")
}

/// The MariaDB (or MySQL) server of this test binary; `None` after [`skip_or_fail`].
#[track_caller]
pub fn mariadb() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    available(SERVER.get_or_init(start_mariadb), "MariaDB")
}

#[track_caller]
fn available(server: &'static Result<Server, String>, name: &str) -> Option<&'static Server> {
    server.as_ref().map_err(|why| skip_or_fail(&format!("no {name} server: {why}"))).ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    MariaDb,
}

/// A running server.
pub struct Server {
    pub kind: Kind,
    pub port: u16,
    /// PostgreSQL: the folder of the socket. MariaDB: the socket.
    pub socket: PathBuf,
    databases: AtomicUsize,
    /// Open for as long as this process lives; see the watch.
    _pipe: ChildStdin,
}

impl Server {
    /// A new, empty database.
    pub fn database(&'static self) -> TestDatabase {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let database = TestDatabase { server: self, name: format!("test_{number}") };
        self.session("").execute(&format!("CREATE DATABASE {}", database.name));
        database
    }

    /// A name that no database has.
    pub fn missing_database(&'static self) -> TestDatabase {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        TestDatabase { server: self, name: format!("missing_{number}") }
    }

    /// The names of all databases.
    pub fn databases(&self) -> Vec<String> {
        self.session("").column(match self.kind {
            Kind::Postgres => "SELECT datname::text FROM pg_database ORDER BY 1",
            Kind::MariaDb => "SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata ORDER BY 1",
        })
    }

    /// An administrator's connection to a database (`""`: the server's own).
    pub fn session(&self, database: &str) -> TestSession {
        TestSession::open(self, database).expect("the throwaway server answers")
    }
}

/// A database of one test.
pub struct TestDatabase {
    pub server: &'static Server,
    pub name: String,
}

impl TestDatabase {
    /// Prisma's URL for it, over TCP.
    pub fn url(&self) -> String {
        self.url_as("admin", "admin-pass")
    }

    /// Prisma's URL for it with another user.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        let scheme = match self.server.kind {
            Kind::Postgres => "postgresql",
            Kind::MariaDb => "mysql",
        };
        format!("{scheme}://{user}:{password}@127.0.0.1:{}/{}", self.server.port, self.name)
    }

    /// Prisma's URL for it, over the unix socket.
    pub fn socket_url(&self) -> String {
        let socket = self.server.socket.display();
        match self.server.kind {
            Kind::Postgres => {
                format!("postgresql://admin:admin-pass@localhost:{}/{}?host={socket}", self.server.port, self.name)
            }
            Kind::MariaDb => format!("mysql://admin:admin-pass@localhost/{}?socket={socket}", self.name),
        }
    }

    /// Runs SQL on a connection of its own.
    pub fn execute(&self, sql: &str) {
        self.session().execute(sql);
    }

    /// An open connection.
    pub fn session(&self) -> TestSession {
        self.server.session(&self.name)
    }
}

enum AnyConnection {
    Postgres(PgConnection),
    MariaDb(MySqlConnection),
}

/// An open connection, which holds locks until it is dropped.
pub struct TestSession {
    connection: AnyConnection,
    runtime: Runtime,
}

impl TestSession {
    fn open(server: &Server, database: &str) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let connection = runtime.block_on(async {
            match server.kind {
                Kind::Postgres => {
                    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
                        .socket(&server.socket)
                        .port(server.port)
                        .username("admin")
                        .database(if database.is_empty() { "postgres" } else { database });
                    PgConnection::connect_with(&options).await.map(AnyConnection::Postgres)
                }
                Kind::MariaDb => {
                    let options = sqlx::mysql::MySqlConnectOptions::new().socket(&server.socket).username("root");
                    let options = if database.is_empty() { options } else { options.database(database) };
                    MySqlConnection::connect_with(&options).await.map(AnyConnection::MariaDb)
                }
            }
        });
        connection.map(|connection| TestSession { connection, runtime }).map_err(|error| error.to_string())
    }

    /// Runs SQL, several statements too.
    #[track_caller]
    pub fn execute(&mut self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs SQL that may fail.
    pub fn try_execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &mut self.connection {
            AnyConnection::Postgres(connection) => self.runtime.block_on(query.execute(connection)).map(drop),
            AnyConnection::MariaDb(connection) => self.runtime.block_on(query.execute(connection)).map(drop),
        }
    }

    /// The first column of the answer, as text.
    #[track_caller]
    pub fn column(&mut self, sql: &str) -> Vec<String> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let answer = match &mut self.connection {
            AnyConnection::Postgres(connection) => self.runtime.block_on(query.fetch_all(connection)).map(|rows| {
                rows.iter()
                    .map(|row| row.try_get_unchecked::<Option<String>, _>(0).expect("text").unwrap_or_default())
                    .collect()
            }),
            AnyConnection::MariaDb(connection) => self.runtime.block_on(query.fetch_all(connection)).map(|rows| {
                rows.iter()
                    .map(|row| row.try_get_unchecked::<Option<String>, _>(0).expect("text").unwrap_or_default())
                    .collect()
            }),
        };
        answer.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

/// The user that a server may run as: servers refuse to be root.
struct Account {
    uid: u32,
    gid: u32,
}

fn account(candidates: &[&str]) -> Result<Option<Account>, String> {
    if !rustix::process::getuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    candidates
        .iter()
        .find_map(|wanted| {
            let mut fields = passwd.lines().find(|line| line.split(':').next() == Some(wanted))?.split(':').skip(2);
            Some(Some(Account { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? }))
        })
        .ok_or_else(|| format!("we are root, and there is no user {} to run it", candidates.join(" or ")))
}

fn command(program: &Path, account: Option<&Account>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(home).env("HOME", home).stdin(Stdio::null()).process_group(0);
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Finds a program in the folders given, then on `PATH`.
fn program(names: &[&str], folders: &[PathBuf]) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let system = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    names
        .iter()
        .flat_map(|name| folders.iter().chain(&on_path).chain(&system).map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("`{}` is not installed", names[0]))
}

/// Runs a program to its end.
fn finish(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{} ended with {}: {}{}",
        command.get_program().display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    ))
}

fn new_folder(name: &str, account: Option<&Account>) -> Result<PathBuf, String> {
    remove_leftovers();
    // `/tmp`, not `TMPDIR`: a unix socket's path has about 100 characters.
    let folder = Path::new("/tmp").join(format!("{PREFIX}{}-{name}", std::process::id()));
    let made = fs::DirBuilder::new().mode(0o755).create(&folder).and_then(|()| match account {
        Some(account) => chown(&folder, Some(account.uid), Some(account.gid)),
        None => Ok(()),
    });
    made.map(|()| folder.clone()).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Folders of test processes that are gone, where the watch died with them.
fn remove_leftovers() {
    for entry in fs::read_dir("/tmp").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(owner) = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<i32>().ok()) else {
            continue;
        };
        if is_alive(owner) || watch_is_alive(&entry.path()) {
            continue;
        }
        if let Some(server) = read_pid(&entry.path().join("server.pid"))
            && fs::read(format!("/proc/{server}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&*entry.path().to_string_lossy()))
            && let Some(pid) = rustix::process::Pid::from_raw(server)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        }
        let _ = fs::remove_dir_all(entry.path());
    }
}

fn watch_is_alive(folder: &Path) -> bool {
    read_pid(&folder.join("watch.pid")).is_some_and(is_alive)
}

fn read_pid(file: &Path) -> Option<i32> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn is_alive(process: i32) -> bool {
    rustix::process::Pid::from_raw(process).is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|socket| socket.local_addr())
        .map(|at| at.port())
        .map_err(|e| e.to_string())
}

/// Starts the server, sets the watch, waits until it answers.
fn start(kind: Kind, folder: &Path, socket: PathBuf, build: impl FnOnce(u16) -> Command) -> Result<Server, String> {
    start_at(free_port()?, kind, folder, socket, build)
}

fn start_at(
    port: u16,
    kind: Kind,
    folder: &Path,
    socket: PathBuf,
    build: impl FnOnce(u16) -> Command,
) -> Result<Server, String> {
    let log = fs::File::create(folder.join("server.log")).map_err(|error| error.to_string())?;
    let stderr = log.try_clone().map_err(|error| error.to_string())?;
    let mut child = build(port).stdout(log).stderr(stderr).spawn().map_err(|error| error.to_string())?;
    let pipe = watch(kind, &child, folder).map_err(|error| format!("the watch: {error}"))?;
    let server = Server { kind, port, socket, databases: AtomicUsize::new(0), _pipe: pipe };
    let began = Instant::now();
    while let Err(error) = TestSession::open(&server, "") {
        let ended = child.try_wait().map_err(|error| error.to_string())?;
        if ended.is_some() || began.elapsed() > START_LIMIT {
            let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
            return Err(format!("it does not answer ({error}): {log}"));
        }
        // Neither server tells anybody that it is ready but by answering.
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(server)
}

/// The watch: waits for the pipe to close, then kills the server and removes its folder. In a process group of its own, so that
/// Ctrl-C at the terminal does not take it along.
fn watch(kind: Kind, server: &Child, folder: &Path) -> io::Result<ChildStdin> {
    const SCRIPT: &str = "read -r line; kill -s \"$3\" \"$1\"; n=0; \
                          while kill -0 \"$1\" && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.05; done; \
                          kill -s KILL \"$1\"; rm -rf \"$2\"";
    // PostgreSQL's immediate shutdown takes its children and its shared memory along; MariaDB has neither.
    let signal = match kind {
        Kind::Postgres => "QUIT",
        Kind::MariaDb => "KILL",
    };
    let mut watch = Command::new("/bin/sh")
        .args(["-c", SCRIPT, "watch", &server.id().to_string()])
        .arg(folder)
        .arg(signal)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    fs::write(folder.join("server.pid"), server.id().to_string())?;
    fs::write(folder.join("watch.pid"), watch.id().to_string())?;
    watch.stdin.take().ok_or_else(|| io::Error::other("no pipe"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    On,
    Off,
}

/// An authority and a certificate that it signed, by the `openssl` program.
fn make_certificates(folder: &Path, account: Option<&Account>) -> Result<(), String> {
    let openssl = program(&["openssl"], &[])?;
    let run = |arguments: &str| finish(command(&openssl, account, folder).args(arguments.split(' ')));
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        .map_err(|error| error.to_string())?;
    run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-authority -keyout ca.key -out ca.pem")?;
    run("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")?;
    run("x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out server.crt")
}

fn start_postgres(tls: Tls) -> Result<Server, String> {
    let cluster = Cluster::create(if tls == Tls::On { "postgres-tls" } else { "postgres" }, tls, false)?;
    cluster.start(free_port()?)
}

/// A PostgreSQL server's files.
struct Cluster {
    folder: PathBuf,
    account: Option<Account>,
    program: PathBuf,
    tls: Tls,
    mortal: bool,
}

impl Cluster {
    fn create(name: &str, tls: Tls, mortal: bool) -> Result<Self, String> {
        let folders = installed_postgres();
        let (initdb, program) = (program(&["initdb"], &folders)?, program(&["postgres"], &folders)?);
        let account = account(&["postgres", "nobody"])?;
        let folder = new_folder(name, account.as_ref())?;
        let data = folder.join("data");
        if tls == Tls::On {
            make_certificates(&folder, account.as_ref())?;
        }
        finish(
            command(&initdb, account.as_ref(), &folder)
                .args([
                    "--username=admin",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--no-sync",
                    "--no-instructions",
                ])
                .arg("--pgdata")
                .arg(&data),
        )?;
        // Over TCP a password is needed, as in real life; the socket is for the tests' own administration.
        let rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), rules).map_err(|error| error.to_string())?;
        Ok(Cluster { folder, account, program, tls, mortal })
    }

    fn start(&self, port: u16) -> Result<Server, String> {
        let server = start_at(port, Kind::Postgres, &self.folder, self.folder.clone(), |port| self.command(port))?;
        server.session("").execute("ALTER ROLE admin PASSWORD 'admin-pass'");
        Ok(server)
    }

    fn command(&self, port: u16) -> Command {
        let Cluster { folder, account, program, tls, .. } = self;
        let mut server = command(program, account.as_ref(), folder);
        server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        server.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        for setting in [
            "fsync=off",
            "full_page_writes=off",
            // A commit that was answered must outlive `kill -9` where a test does that.
            if self.mortal { "synchronous_commit=on" } else { "synchronous_commit=off" },
            "shared_buffers=16MB",
            "wal_level=minimal",
            "max_wal_senders=0",
            "log_min_messages=fatal",
            "timezone=America/New_York",
        ] {
            server.args(["-c", setting]);
        }
        if *tls == Tls::On {
            let path = |name| folder.join(name).display().to_string();
            server.args(["-c", "ssl=on", "-c", &format!("ssl_cert_file={}", path("server.crt"))]);
            server.args(["-c", &format!("ssl_key_file={}", path("server.key"))]);
        }
        server
    }
}

/// A PostgreSQL server of one test alone, which that test may kill and start again.
pub struct Mortal {
    pub server: &'static Server,
    cluster: Cluster,
}

impl Mortal {
    /// `None` after [`skip_or_fail`].
    #[track_caller]
    pub fn start(name: &str) -> Option<Self> {
        let started = Cluster::create(name, Tls::Off, true).and_then(|cluster| {
            let server = cluster.start(free_port()?)?;
            Ok(Mortal { server: Box::leak(Box::new(server)), cluster })
        });
        started.map_err(|why| skip_or_fail(&format!("no PostgreSQL server: {why}"))).ok()
    }

    /// `kill -9` of every process of the server at once, as when its machine goes down. What the system had of its files stays.
    pub fn kill(&self) {
        let postmaster = read_pid(&self.cluster.folder.join("server.pid")).expect("it was started");
        let mut processes = vec![postmaster];
        for entry in fs::read_dir("/proc").expect("Linux").flatten() {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<i32>().ok());
            if parent == Some(postmaster) {
                processes.extend(entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
            }
        }
        for process in &processes {
            if let Some(pid) = rustix::process::Pid::from_raw(*process) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        // A process that is not reaped yet is dead enough.
        let gone = |process: &i32| {
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
        };
        while !processes.iter().all(gone) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts it again, on the same files and the same port.
    pub fn restart(&mut self) {
        // Its lock files name a process that nobody has reaped yet, which it would take for a server.
        for lock in ["data/postmaster.pid", &format!(".s.PGSQL.{}.lock", self.server.port)] {
            let _ = fs::remove_file(self.cluster.folder.join(lock));
        }
        let mut server = self.cluster.start(self.server.port).expect("it starts again");
        server.databases = AtomicUsize::new(self.server.databases.load(Ordering::Relaxed));
        self.server = Box::leak(Box::new(server));
    }
}

/// Debian keeps the servers out of `PATH`; the newest first.
fn installed_postgres() -> Vec<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    versions.reverse();
    versions
}

fn start_mariadb() -> Result<Server, String> {
    let server = program(&["mariadbd", "mysqld"], &[])?;
    let account = account(&["mysql", "nobody"])?;
    let folder = new_folder("mariadb", account.as_ref())?;
    let data = folder.join("data");
    let data_argument = format!("--datadir={}", data.display());
    // A starting server empties the folder of temporary tables that it is given.
    let temporary = format!("--tmpdir={}", folder.display());
    match program(&["mariadb-install-db", "mysql_install_db"], &[]) {
        Ok(install) => finish(command(&install, account.as_ref(), &folder).args([
            "--no-defaults",
            &data_argument,
            &temporary,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--innodb-flush-log-at-trx-commit=0",
        ]))?,
        // MySQL itself.
        Err(_) => finish(command(&server, account.as_ref(), &folder).args([
            "--no-defaults",
            &data_argument,
            &temporary,
            "--initialize-insecure",
        ]))?,
    }
    let socket = folder.join("mysql.sock");
    let started = start(Kind::MariaDb, &folder, socket.clone(), |port| {
        let mut command = command(&server, account.as_ref(), &folder);
        command.args(["--no-defaults", &data_argument, &temporary, "--bind-address=127.0.0.1", "--skip-log-bin"]);
        command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--skip-name-resolve"]);
        command.args(["--default-time-zone=-05:00", &format!("--port={port}")]);
        command.arg(format!("--socket={}", socket.display()));
        command.arg(format!("--pid-file={}", folder.join("mysqld.pid").display()));
        command
    })?;
    started.session("").execute(
        "CREATE USER 'admin'@'%' IDENTIFIED BY 'admin-pass'; GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION; \
         CREATE USER 'admin'@'localhost' IDENTIFIED BY 'admin-pass'; GRANT ALL ON *.* TO 'admin'@'localhost' WITH GRANT OPTION",
    );
    Ok(started)
}
