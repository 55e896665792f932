//! A Prisma project in a temporary folder, and the real binary run in it with a clean environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A temporary project. Removed on drop.
pub struct TestProject {
    folder: tempfile::TempDir,
    variables: BTreeMap<OsString, OsString>,
    start: PathBuf,
}

/// What a run said, with the temporary folder written as `[ROOT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Data.
    pub stdout: String,
    /// The story.
    pub stderr: String,
    /// The exit code; -1 for a signal.
    pub code: i32,
}

impl Said {
    /// All of it in one text, for a snapshot.
    pub fn all(&self) -> String {
        let mut text = String::new();
        if !self.stdout.is_empty() {
            let _ = write!(text, "stdout:\n{}\n", self.stdout.trim_end());
        }
        if !self.stderr.is_empty() {
            let _ = write!(text, "stderr:\n{}\n", self.stderr.trim_end());
        }
        let _ = write!(text, "exit code: {}", self.code);
        text
    }
}

impl TestProject {
    /// An empty version-controlled folder: nothing above it counts.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("prisma-safe-").tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(".git")).expect("a folder in a new folder");
        let start = folder.path().canonicalize().expect("the folder exists");
        TestProject { folder, variables: BTreeMap::new(), start }
    }

    /// A SQLite project with a Prisma of that version (`"7.10.1"`) in `node_modules`, as `prisma init` leaves it for that major.
    /// The Prisma is only a `package.json` and a script that fails: it is found, never run.
    pub fn with_prisma(version: &str) -> Self {
        Self::empty().sqlite_schema(version).installed("node_modules/prisma", version)
    }

    /// The schema and the config of [`TestProject::with_prisma`], without an installed Prisma.
    pub fn sqlite_schema(self, version: &str) -> Self {
        let package = format!("{{\"name\": \"app\", \"devDependencies\": {{\"prisma\": \"{version}\"}}}}\n");
        let project = self.file("package.json", &package);
        let model = "model User {\n  id Int @id\n}\n";
        if version.starts_with("5.") || version.starts_with("6.") {
            let schema =
                format!("datasource db {{\n  provider = \"sqlite\"\n  url      = env(\"DATABASE_URL\")\n}}\n\n{model}");
            return project.file("prisma/schema.prisma", &schema);
        }
        let config = "import \"dotenv/config\";\nimport { defineConfig, env } from \"prisma/config\";\n\nexport default defineConfig({\n  schema: \"prisma/schema.prisma\",\n  datasource: { url: env(\"DATABASE_URL\") },\n});\n";
        project
            .file("prisma.config.ts", config)
            .file("prisma/schema.prisma", &format!("datasource db {{\n  provider = \"sqlite\"\n}}\n\n{model}"))
    }

    /// A package of Prisma's CLI in a folder.
    pub fn installed(self, folder: &str, version: &str) -> Self {
        let package = format!(
            "{{\"name\": \"prisma\", \"version\": \"{version}\", \"bin\": {{\"prisma\": \"build/index.js\"}}}}\n"
        );
        self.file(&format!("{folder}/package.json"), &package)
            .file(&format!("{folder}/build/index.js"), "throw new Error('not the real Prisma')\n")
    }

    /// A file, with the folders above it.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.bytes(path, text.as_bytes())
    }

    /// A file of any bytes.
    pub fn bytes(self, path: &str, bytes: &[u8]) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders of the project");
        std::fs::write(path, bytes).expect("a file of the project");
        self
    }

    /// A symbolic link; `target` is relative to the link.
    #[cfg(unix)]
    pub fn link(self, path: &str, target: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a link has a folder")).expect("folders of the project");
        std::os::unix::fs::symlink(target, path).expect("a link of the project");
        self
    }

    /// A variable for every run.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The folder that runs start in, relative to the project; it is made.
    pub fn start_in(mut self, folder: &str) -> Self {
        self.start = self.path(folder);
        std::fs::create_dir_all(&self.start).expect("folders of the project");
        self
    }

    /// The project's folder, links resolved.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder exists until the end of the test")
    }

    /// A path in the project.
    pub fn path(&self, path: &str) -> PathBuf {
        path.split('/').filter(|part| !part.is_empty()).fold(self.root(), |folder, part| folder.join(part))
    }

    /// The text of a file of the project.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file of the project but `.git`, sorted, as relative paths with `/`.
    pub fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, files: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).expect("a folder of the project").flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    walk(&path, root, files);
                } else {
                    files.push(path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/"));
                }
            }
        }
        let mut files = Vec::new();
        walk(&self.root(), &self.root(), &mut files);
        files.sort();
        files
    }

    /// The binary with arguments, ready for more (stdin, other variables).
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-prisma-safe"));
        command.args(arguments).current_dir(&self.start).env_clear().stdin(Stdio::null());
        // `SYSTEMROOT` is what Windows programs cannot start without; the toolchain's own homes let `cargo metadata` run.
        for kept in ["PATH", "SYSTEMROOT", "CARGO_HOME", "RUSTUP_HOME"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        let home = std::env::var_os("HOME");
        if let Some(home) = home.as_ref().filter(|_| std::env::var_os("RUSTUP_HOME").is_none()) {
            command.env("RUSTUP_HOME", Path::new(home).join(".rustup"));
        }
        if let Some(home) = home.as_ref().filter(|_| std::env::var_os("CARGO_HOME").is_none()) {
            command.env("CARGO_HOME", Path::new(home).join(".cargo"));
        }
        // Shared by all tests: `initdb` runs once. A test of the cache itself names a folder of its own.
        command.env("PRISMA_SAFE_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/verify-cache"));
        command.env("HOME", self.root()).envs(&self.variables);
        command
    }

    /// Runs the binary.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.said(self.command(arguments).output().expect("the binary starts"))
    }

    /// What an output said, redacted.
    pub fn said(&self, output: std::process::Output) -> Said {
        let redact = |bytes: Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let root = self.root().display().to_string();
            let given = self.folder.path().display().to_string();
            text.replace(&root, "[ROOT]").replace(&given, "[ROOT]")
        };
        Said { stdout: redact(output.stdout), stderr: redact(output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}
