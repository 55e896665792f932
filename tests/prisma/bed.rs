//! A copy of a fixture project in a temporary folder, and the programs run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::support::skip_or_fail;

pub const GUARD: &str = env!("CARGO_BIN_EXE_prisma-safe-engine");
pub const SAFE: &str = env!("CARGO_BIN_EXE_cargo-prisma-safe");

/// Both majors, as far as they are installed.
pub fn majors() -> Vec<u32> {
    if installed() { vec![6, 7] } else { Vec::new() }
}

/// Installs the pinned Prisma versions once, or says loudly that these tests cannot run.
fn installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        let status = Command::new("bash").arg(root("tests/prisma/install.sh")).stdout(Stdio::null()).status();
        let done = status.is_ok_and(|status| status.success());
        if !done {
            skip_or_fail("Prisma cannot be installed (tests/prisma/install.sh needs bash, Node, npm and its registry)");
        }
        done
    })
}

pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Prisma's own engine: the native one where it was downloaded, else the WebAssembly build in our host.
pub fn prismas_engine(major: u32) -> PathBuf {
    let engines = root(&format!("tests/prisma/{major}/node_modules/@prisma/engines"));
    prisma_safe::project::find_schema_engine(&engines).unwrap_or_else(host)
}

/// The host of the WebAssembly build: the only one with hooks for faults.
pub fn host() -> PathBuf {
    root("tests/engine/schema-engine")
}

pub struct Bed {
    pub major: u32,
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a program did.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(text), "no {text:?} in\n{all}");
        self
    }
}

impl Bed {
    /// A SQLite project whose URL is `file:./app.db`.
    pub fn new(major: u32) -> Self {
        let bed = Bed::without_prisma(major);
        link(&root(&format!("tests/prisma/{major}/node_modules")), &bed.path("node_modules"));
        bed
    }

    /// The same, and Prisma is not installed in it.
    pub fn without_prisma(major: u32) -> Self {
        let mut bed = Bed::of(&format!("sqlite-{major}"), major);
        bed.set("DATABASE_URL", "file:./app.db");
        bed
    }

    fn of(project: &str, major: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("prisma-safe-test-").tempdir().unwrap();
        let from = root(&format!("tests/prisma/projects/{project}"));
        copy(&from, folder.path());
        // Nothing above belongs to the project.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let mut bed = Bed { major, folder, variables: Vec::new() };
        bed.set("PRISMA_SAFE_REAL_ENGINE", prismas_engine(major).to_str().unwrap());
        // 6 looks for its query engine before it does anything; no test uses it.
        bed.set("PRISMA_QUERY_ENGINE_LIBRARY", "/bin/true");
        bed
    }

    /// A PostgreSQL project with that URL.
    pub fn postgres(major: u32, url: &str) -> Self {
        let mut bed = Bed::of(&format!("postgres-{major}"), major);
        link(&root(&format!("tests/prisma/{major}/node_modules")), &bed.path("node_modules"));
        bed.set("DATABASE_URL", url);
        bed
    }

    /// A MySQL project with that URL, on the double of Prisma's engine (`tests/engine/README.md`): Prisma's own has no MySQL here.
    pub fn mysql_double(major: u32, url: &str) -> Self {
        let mut bed = Bed::of(&format!("mysql-{major}"), major);
        link(&root(&format!("tests/prisma/{major}/node_modules")), &bed.path("node_modules"));
        bed.set("DATABASE_URL", url);
        bed.set("PRISMA_SAFE_REAL_ENGINE", root("tests/engine/mysql-double").to_str().unwrap());
        bed
    }

    /// The same, with an environment `production` that the project's URL belongs to.
    pub fn production(major: u32) -> Self {
        let bed = Bed::new(major);
        bed.write("prisma-safe.toml", "[env.production]\nkind = \"production\"\nurl-env = \"DATABASE_URL\"\n");
        bed
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// What a variable is for the programs run here.
    pub fn get(&self, name: &str) -> String {
        let own = self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        own.or_else(|| std::env::var(name).ok()).unwrap_or_default()
    }

    /// The migrations folder.
    pub fn migrations(&self) -> PathBuf {
        self.path("prisma/migrations")
    }

    /// Writes a migration, or other SQL into an existing one.
    pub fn migration(&self, name: &str, sql: &str) {
        std::fs::create_dir_all(self.migrations().join(name)).unwrap();
        std::fs::write(self.migrations().join(name).join("migration.sql"), sql).unwrap();
    }

    /// Runs SQL on the project's SQLite file; the first column of the last answer.
    pub fn sqlite(&self, sql: &str) -> String {
        use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.database("app.db")).foreign_keys(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = options.connect().await.unwrap();
            let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
            connection.close().await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Where a relative SQLite URL leads in this major.
    pub fn database(&self, name: &str) -> PathBuf {
        if self.major == 6 { self.path("prisma").join(name) } else { self.path(name) }
    }

    pub fn database_bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.database(name)).unwrap()
    }

    /// A program in the project's folder, with nothing of the caller's environment: it may name databases, or make Prisma behave differently.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// `prisma …`, typed by hand behind an installed guard.
    pub fn by_hand(&self, arguments: &[&str]) -> Ran {
        self.by_hand_through(GUARD, arguments)
    }

    /// `prisma …` with any program as its engine.
    pub fn by_hand_through(&self, engine: &str, arguments: &[&str]) -> Ran {
        let mut command = self.command(self.path("node_modules/.bin/prisma"));
        command.args(arguments).envs([
            ("PRISMA_SCHEMA_ENGINE_BINARY", engine),
            ("CHECKPOINT_DISABLE", "1"),
            ("PRISMA_HIDE_UPDATE_MESSAGE", "1"),
            ("NO_COLOR", "1"),
        ]);
        Ran::of(&command.output().unwrap())
    }

    /// `cargo prisma-safe …`.
    pub fn safe(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(SAFE).args(arguments).output().unwrap())
    }

    /// A project with all migrations applied, past the guard. Prisma does it once a major; the others get a copy of that file.
    pub fn deployed(self) -> Self {
        static DATABASES: [OnceLock<Vec<u8>>; 2] = [OnceLock::new(), OnceLock::new()];
        let bytes = DATABASES[usize::from(self.major == 7)].get_or_init(|| {
            let first = Bed::new(self.major);
            let engine = prismas_engine(self.major);
            first
                .by_hand_through(engine.to_str().unwrap(), &["migrate", "deploy"])
                .ended(0)
                .says("successfully applied");
            first.database_bytes("app.db")
        });
        std::fs::write(self.database("app.db"), bytes).unwrap();
        self
    }

    /// Text with what differs between runs taken out.
    pub fn plain(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().unwrap();
        text.replace(folder.to_str().unwrap(), "[PROJECT]").replace(self.folder.path().to_str().unwrap(), "[PROJECT]")
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).unwrap();
}

#[cfg(windows)]
fn link(from: &Path, to: &Path) {
    std::os::windows::fs::symlink_dir(from, to).unwrap();
}
