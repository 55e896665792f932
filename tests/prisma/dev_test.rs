//! The table of `tests/support/dev_test_table.rs` through the real `reset` command, and through the engine guard's own program.
//!
//! Rows about a mark get a throwaway database that carries it. The others name servers that are not there: what passes every check up to the question
//! to the database then ends as "did not say what it is", which is as far as such a row can go here.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bed::{GUARD, Ran, SAFE};
use crate::doubles::double;
use crate::support::servers::{self, Kind, TestDatabase};

#[path = "../support/dev_test_table.rs"]
mod table;

use table::{Answer, Expect, PASSING, REFUSED, Row, Setup};

/// How each reason reads, by its slug.
fn phrase(slug: &str) -> &'static str {
    match slug {
        "kind" => "kind",
        "same-database" => " means the database of",
        "maybe-same-database" => " may mean, because",
        "other-unreadable" => "cannot be compared with",
        "host" => "neither this machine nor",
        "prisma-cloud" => "leads to Prisma's cloud",
        "shared-host" => "many databases answer",
        "no-name" => "names no database",
        "encoded-name" => "percent-encoded",
        "system-database" => "itself",
        "direct-elsewhere" => "mean two databases",
        "shadow-is-target" => "is, or may be, the database itself",
        "marked" => "carries the mark of",
        "unanswered" => UNANSWERED,
        other => panic!("the table has a reason that this test does not know: {other}"),
    }
}

const UNANSWERED: &str = "did not say what it is";

/// A row's project: Prisma 6, whose schema names the variables.
struct Situation<'a> {
    row: &'a Row,
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
    _database: Option<TestDatabase>,
}

impl<'a> Situation<'a> {
    /// `None`: it needs a server that is not installed.
    fn new(row: &'a Row) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        std::fs::create_dir(dir.join(".git")).unwrap();
        let here = |text: &str| text.replace("{dir}", dir.to_str().unwrap());
        for item in row.setup {
            set_up(item, dir);
        }
        let mut variables: Vec<(String, String)> =
            row.variables.iter().map(|(name, value)| ((*name).to_owned(), here(value))).collect();
        let database = match row.answer {
            Answer::Comment(comment) => {
                let database = marked(row.provider, comment)?;
                variables.retain(|(name, _)| name != "DATABASE_URL");
                variables.push(("DATABASE_URL".to_owned(), database.url()));
                Some(database)
            }
            Answer::NoMark | Answer::Nothing | Answer::NoDatabase => None,
        };
        let has = |name: &str| variables.iter().any(|(known, _)| known == name);
        let mut schema =
            format!("datasource db {{\n  provider = \"{}\"\n  url = env(\"DATABASE_URL\")\n", row.provider);
        for (key, name) in [("directUrl", "DIRECT_URL"), ("shadowDatabaseUrl", "SHADOW_DATABASE_URL")] {
            if has(name) {
                schema.push_str(&format!("  {key} = env(\"{name}\")\n"));
            }
        }
        if !row.schemas.is_empty() {
            schema.push_str(&format!("  schemas = [\"{}\"]\n", row.schemas.join("\", \"")));
        }
        std::fs::write(dir.join("schema.prisma"), format!("{schema}}}\n")).unwrap();
        std::fs::write(dir.join("package.json"), "{\"devDependencies\":{\"prisma\":\"6.19.3\"}}").unwrap();
        std::fs::write(dir.join("prisma-safe.toml"), here(row.settings)).unwrap();
        Some(Situation { row, folder, variables, _database: database })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn reset_command(&self) -> Ran {
        let arguments = ["reset", "--dry-run", "--env", self.row.environment];
        Ran::of(&self.command(SAFE).args(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Sends a reset to the guard as Prisma 7 would, with the URLs that Prisma would have found; its answer.
    fn guard(&self) -> String {
        let engine = double(self.folder.path(), "engine", "read -r line\necho LET-THROUGH\ncat >/dev/null");
        let variable =
            |name: &str| self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let main = self.row.settings.split("url-env = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let main = if self.row.environment == "dev" { "DATABASE_URL" } else { main };
        let url = self.row.written_in_config.map(str::to_owned).or_else(|| variable(main));
        let datasource = serde_json::json!({
            "url": url,
            "directUrl": variable("DIRECT_URL"),
            "shadowDatabaseUrl": variable("SHADOW_DATABASE_URL"),
        });
        let mut child = self
            .command(GUARD)
            .args(["--datasource", &datasource.to_string()])
            .env("PRISMA_SAFE_REAL_ENGINE", engine)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"reset\"}\n").unwrap();
        let mut answer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
        drop(stdin);
        child.wait().unwrap();
        answer
    }
}

fn set_up(item: &Setup, dir: &Path) {
    match item {
        Setup::File(path) => std::fs::write(dir.join(path), "").unwrap(),
        Setup::Folder(path) => std::fs::create_dir(dir.join(path)).unwrap(),
        Setup::HardLink(path, target) => std::fs::hard_link(dir.join(target), dir.join(path)).unwrap(),
        Setup::SymbolicLink(path, target) => std::os::unix::fs::symlink(target, dir.join(path)).unwrap(),
    }
}

/// A database whose ledger carries a comment.
fn marked(provider: &str, comment: &str) -> Option<TestDatabase> {
    let server = if provider == "mysql" { servers::mariadb()? } else { servers::postgres()? };
    let database = server.database();
    let columns = "id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, migration_name VARCHAR(255) NOT NULL, logs TEXT, \
                   applied_steps_count INTEGER NOT NULL DEFAULT 0";
    let comment = comment.replace('\'', "''");
    match server.kind {
        Kind::Postgres => {
            let times =
                "finished_at TIMESTAMPTZ, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now()";
            database.execute(&format!("CREATE TABLE _prisma_migrations ({columns}, {times})"));
            database.execute(&format!("COMMENT ON TABLE _prisma_migrations IS '{comment}'"));
        }
        Kind::MariaDb => {
            let times = "finished_at DATETIME(3), rolled_back_at DATETIME(3), started_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)";
            database.execute(&format!("CREATE TABLE _prisma_migrations ({columns}, {times}) COMMENT '{comment}'"));
        }
    }
    Some(database)
}

/// What is wrong with a row's outcome; `None`: nothing.
fn complaint(row: &Row, way: &str, passed: bool, text: &str) -> Option<String> {
    let right = match row.expect {
        Expect::Refused(slug) => !passed && text.contains(phrase(slug)),
        Expect::BadUrl => !passed && !text.contains(UNANSWERED),
        // SQLite files and marked databases are there; other servers are not.
        Expect::Pass if row.provider == "sqlite" || matches!(row.answer, Answer::Comment(_)) => passed,
        Expect::Pass => passed || text.contains(UNANSWERED) || row.provider == "sqlserver",
    };
    (!right).then(|| format!("{way}, {}: expected {:?}, got {text}", row.name, row.expect))
}

#[test]
fn every_row_through_the_reset_command() {
    let mut wrong = Vec::new();
    for row in REFUSED.iter().chain(PASSING) {
        // What stands in a config file only Prisma knows for sure: `reset` is stopped by the pin then (see `commands.rs`).
        if row.written_in_config.is_some() {
            continue;
        }
        let Some(situation) = Situation::new(row) else { continue };
        let ran = situation.reset_command();
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
        wrong.extend(complaint(row, "reset", ran.code == Some(0), &ran.stderr));
        if let Expect::Refused(_) = row.expect
            && ran.code != Some(3)
        {
            wrong.push(format!("{}: exit code {:?}\n{}", row.name, ran.code, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_through_the_guard() {
    let mut wrong = Vec::new();
    for row in REFUSED.iter().chain(PASSING) {
        let Some(situation) = Situation::new(row) else { continue };
        let answer = situation.guard();
        let passed = answer == "LET-THROUGH\n";
        assert!(passed || answer.contains("refused by prisma-safe: `reset`, because"), "{}: {answer:?}", row.name);
        // The guard names another reason where it may: any one is enough.
        let right = match row.expect {
            Expect::Refused(_) | Expect::BadUrl => !passed,
            Expect::Pass => complaint(row, "guard", passed, &answer).is_none(),
        };
        if !right {
            wrong.push(format!("{}: expected {:?}, got {answer}", row.name, row.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
