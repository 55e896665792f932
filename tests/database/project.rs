//! A Prisma project in a temporary folder, and the real binary run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::fixture::SqliteFile;
use crate::support::servers::{Kind, TestDatabase};

pub struct Project {
    folder: tempfile::TempDir,
    root: PathBuf,
    variables: Vec<(String, String)>,
    replacements: Vec<(String, &'static str)>,
}

/// What a run printed and how it ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The whole output, as snapshots show it.
    pub fn shown(&self) -> String {
        format!("exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Project {
    /// With the migrations `a` to `f`, and Prisma 6 declared.
    pub fn new(provider: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("it exists");
        let project =
            Project { replacements: vec![(root.display().to_string(), "[ROOT]")], folder, root, variables: Vec::new() };
        project.write("package.json", r#"{"devDependencies":{"prisma":"^6.19.0"}}"#);
        project.write(
            "prisma/schema.prisma",
            &format!("datasource db {{\n  provider = \"{provider}\"\n  url = env(\"DATABASE_URL\")\n}}\n"),
        );
        for (day, slug) in (1..).zip(["a", "b", "c", "d", "e", "f"]) {
            project.migration(&format!("2026010{day}000000_{slug}"), &format!("SELECT {day};"));
        }
        project
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    pub fn migration(&self, name: &str, sql: &str) {
        self.write(&format!("prisma/migrations/{name}/migration.sql"), sql);
    }

    pub fn remove_migration(&self, name: &str) {
        std::fs::remove_dir_all(self.root.join("prisma/migrations").join(name)).expect("it was there");
    }

    /// Sets a variable for every run.
    pub fn set(&mut self, variable: &str, value: &str) -> &mut Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Hides in the output what differs between runs.
    pub fn hide(&mut self, text: impl Into<String>, name: &'static str) -> &mut Self {
        self.replacements.push((text.into(), name));
        self
    }

    /// Hides what differs between runs of a server.
    pub fn hide_server(&mut self, database: &TestDatabase) -> &mut Self {
        let version = database.server.session("").column(match database.server.kind {
            Kind::Postgres => "SELECT split_part(current_setting('server_version'), ' ', 1)",
            Kind::MariaDb => "SELECT SUBSTRING_INDEX(VERSION(), '-', 1)",
        });
        self.hide(format!("127.0.0.1:{}/{}", database.server.port, database.name), "[SERVER]")
            .hide(version[0].clone(), "[VERSION]")
    }

    /// Runs the binary, without a terminal, without `PATH` and so without Node.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-prisma-safe"))
            .args(arguments)
            .current_dir(&self.root)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts");
        let hidden = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            assert!(!text.contains("admin-pass"), "a password is shown:\n{text}");
            self.replacements.iter().fold(text, |text, (from, to)| text.replace(from, to))
        };
        Run {
            code: output.status.code().expect("not killed"),
            stdout: hidden(output.stdout),
            stderr: hidden(output.stderr),
        }
    }

    /// A database file of the project, with these rows in its ledger.
    pub fn sqlite(&self, name: &str, sql: &str) -> SqliteFile {
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        let file = SqliteFile { folder: tempfile::tempdir().expect("a temporary folder"), path };
        if !sql.is_empty() {
            file.session().execute(sql);
        }
        file
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = &self.folder;
    }
}

/// A ledger with every state, for the migrations of [`Project::new`]: `a` applied, `b` edited since, `gone` applied and not on
/// disk, `c` failed, `d` rolled back, `e` out of order, `z` applied at the second attempt, `f` never run.
pub fn every_state() -> String {
    let checksum = |script: &str| format!("{:x}", HexOf(Sha256::digest(script).into()));
    let row = |id: &str, script: &str, finished: &str, name: &str, logs: &str, rolled_back: &str, started: &str| {
        let time = |text: &str| if text.is_empty() { "NULL".to_owned() } else { format!("'{text}'") };
        format!(
            "('{id}', '{}', {}, '{name}', {}, {}, '{started}', {})",
            checksum(script),
            time(finished),
            time(logs),
            time(rolled_back),
            u8::from(!finished.is_empty()),
        )
    };
    let rows = [
        row("1", "SELECT 1;", "2026-01-01 10:00:01", "20260101000000_a", "", "", "2026-01-01 10:00:00"),
        row("2", "SELECT 0;", "2026-01-02 10:00:01", "20260102000000_b", "", "", "2026-01-02 10:00:00"),
        row("3", "SELECT 9;", "2026-01-02 12:00:01", "20260102120000_gone", "", "", "2026-01-02 12:00:00"),
        row(
            "4",
            "SELECT 3;",
            "",
            "20260103000000_c",
            "A migration failed\nrelation \"x\" does not exist",
            "",
            "2026-01-03 10:00:00",
        ),
        row("5", "SELECT 4;", "", "20260104000000_d", "no such column", "2026-01-04 11:00:00", "2026-01-04 10:00:00"),
        row("6", "SELECT 66;", "", "20260105120000_z", "syntax error", "2026-01-05 11:00:00", "2026-01-05 10:00:00"),
        row("7", "SELECT 6;", "2026-01-05 12:00:01", "20260105120000_z", "", "", "2026-01-05 12:00:00"),
    ];
    format!("INSERT INTO _prisma_migrations VALUES {}", rows.join(", "))
}

struct HexOf([u8; 32]);

impl std::fmt::LowerHex for HexOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
