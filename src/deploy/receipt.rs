//! What a deploy did, kept: `.prisma-safe/receipts/deploy-<environment>-<UTC time>.json` beside the project, outside the migrations folder,
//! where Prisma would take any folder for a migration.
//!
//! A receipt is a record, not a signature: whoever may write the file may write anything into it. It holds no URL with its secrets and no SQL.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gates::Verdict;
use crate::database::LedgerRow;
use crate::settings::in_file_name;

/// Where receipts are, from the project's folder.
pub const FOLDER: &str = ".prisma-safe/receipts";

/// A receipt as it is written.
#[derive(Debug, Serialize)]
pub struct Receipt<'a> {
    /// 1.
    pub schema_version: u32,
    /// The environment's name.
    pub environment: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// The redacted URL.
    pub target: String,
    /// Product and version.
    pub server: String,
    /// Version of this tool.
    pub prisma_safe: &'static str,
    /// Who ran it: user, machine, and the CI's own names.
    pub by: Who,
    /// When it began, gates and question included.
    pub started_at: Timestamp,
    /// When the ledger had been read back.
    pub finished_at: Timestamp,
    /// Hash of everything that it rested on.
    pub plan: &'a str,
    /// What was said to wait meanwhile.
    pub expected_downtime: Option<&'a str>,
    /// What the gates said.
    pub verdicts: &'a [Verdict],
    /// The backup that was taken before it.
    pub backup: Option<&'a super::backup::Taken>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// Why it was not, or what was found afterwards.
    pub error: Option<Problem>,
    /// What this deploy applied, by the ledger.
    pub applied: &'a [super::Applied],
    /// What became of each migration of the plan, by the ledger; empty when it could not be read.
    pub states: Vec<Became>,
    /// How it went.
    pub course: &'a super::release::Journal,
    /// How many rows its statements were about to touch, where they say how many they expect.
    pub rows: Vec<CountedRows>,
    /// What was found afterwards.
    pub afterwards: &'a super::aftermath::Aftermath,
    /// Everything that is applied there now, by the ledger; `None`: it could not be read.
    pub ledger: Option<Vec<Recorded>>,
}

/// Whether a deploy was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of the plan is applied.
    Applied,
    /// Not all of it, or nothing is known.
    Failed,
}

/// Why a deploy was not done. The database's own words are not kept: they may hold values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// One line.
    pub message: String,
    /// The exit code of the command.
    pub exit_code: u8,
    /// What to do next.
    pub hints: Vec<String>,
}

/// How many rows a statement with `expect-rows` was about to touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedRows {
    /// The folder's name.
    pub migration: String,
    /// SHA-256 of its script.
    pub checksum: String,
    /// Line of the statement, from 1.
    pub line: usize,
    /// The table.
    pub table: String,
    /// `100..200`.
    pub expected: String,
    /// How many there were before it ran; `None`: not known.
    pub rows: Option<u64>,
}

/// What became of a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Became {
    /// The folder's name.
    pub migration: String,
    /// `applied`, `failed`, `rolled_back`, `pending`, `missing`, …
    pub state: &'static str,
}

/// Who ran a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The user of this machine, or the one that the CI says started the job.
    pub user: Option<String>,
    /// The machine, where it says so.
    pub host: Option<String>,
    /// The CI's page or number of the job.
    pub job: Option<String>,
}

impl Who {
    /// As the variables of the process say.
    #[must_use]
    pub fn of(variables: &crate::project::Variables) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| variables.get(name)).map(str::to_owned);
        Who {
            user: first(&[
                "GITHUB_ACTOR",
                "GITLAB_USER_LOGIN",
                "BUILDKITE_BUILD_CREATOR",
                "USER",
                "LOGNAME",
                "USERNAME",
            ]),
            host: first(&["HOSTNAME", "COMPUTERNAME"]),
            job: first(&["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "GITHUB_RUN_ID"]),
        }
    }
}

/// One migration that is applied. Fields that are not known here are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The folder's name.
    pub name: String,
    /// SHA-256 of what was run.
    pub checksum: String,
    /// When it was done, by that ledger.
    pub finished_at: Option<Timestamp>,
}

impl Recorded {
    /// What of a ledger is applied and not taken back.
    #[must_use]
    pub fn all(ledger: &[LedgerRow]) -> Vec<Self> {
        let applied = ledger.iter().filter(|row| row.finished_at.is_some() && row.rolled_back_at.is_none());
        applied
            .map(|row| Recorded {
                name: row.migration_name.clone(),
                checksum: row.checksum.to_string(),
                finished_at: row.finished_at,
            })
            .collect()
    }
}

#[derive(Deserialize)]
struct Kept {
    schema_version: u32,
    environment: String,
    /// A deploy that could not read the ledger any more says nothing about it.
    ledger: Option<Vec<Recorded>>,
    #[serde(default)]
    rows: Vec<CountedRows>,
}

/// Writes a receipt: a whole file or none, and never over another one. The path from the project's folder.
///
/// # Errors
/// The system's.
pub fn write(project: &Path, receipt: &Receipt<'_>) -> io::Result<PathBuf> {
    write_as(project, "deploy", receipt.environment, receipt.started_at, receipt)
}

/// Writes a record of `what` was done to an environment (`deploy`, `revert`), as [`write()`] does.
///
/// # Errors
/// The system's.
pub fn write_as(
    project: &Path,
    what: &str,
    environment: &str,
    started_at: Timestamp,
    receipt: &impl Serialize,
) -> io::Result<PathBuf> {
    let folder = project.join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let time = started_at.strftime("%Y%m%dT%H%M%S.%3fZ");
    let path = Path::new(FOLDER).join(format!("{what}-{}-{time}.json", in_file_name(environment)));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prisma-safe-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(&folder)?;
    serde_json::to_writer_pretty(&mut file, receipt)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(project.join(&path)).map_err(|error| error.error)?;
    Ok(path)
}

/// What the newest receipt of a deploy to an environment, or of a revert in it, says is applied there. Files that cannot be read, or are none of ours, say nothing.
#[must_use]
pub fn recorded(project: &Path, environment: &str) -> Vec<Recorded> {
    kept(project, environment).find_map(|kept| kept.ledger).unwrap_or_default()
}

/// The counts that receipts of deploys to an environment hold, the newest first.
#[must_use]
pub fn counted(project: &Path, environment: &str) -> Vec<CountedRows> {
    kept(project, environment).flat_map(|kept| kept.rows).collect()
}

/// The receipts of an environment that can be read, the newest first.
fn kept<'e>(project: &Path, environment: &'e str) -> impl Iterator<Item = Kept> + use<'e> {
    let prefixes = ["deploy", "revert"].map(|what| format!("{what}-{}-", in_file_name(environment)));
    let entries = std::fs::read_dir(project.join(FOLDER)).into_iter().flatten().flatten();
    let mut files: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let time = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()))?.strip_suffix(".json")?;
            Some((time.to_owned(), entry.path()))
        })
        .collect();
    files.sort();
    files
        .into_iter()
        .rev()
        .filter_map(|(_, file)| std::fs::read(file).ok())
        .filter_map(|bytes| serde_json::from_slice::<Kept>(&bytes).ok())
        // `deploy-eu-…` is also how a receipt of `eu-staging` begins.
        .filter(move |kept| kept.schema_version == 1 && kept.environment == environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt<'a>(environment: &'a str, name: &str, second: i64) -> Receipt<'a> {
        let time = Timestamp::from_second(second).unwrap();
        Receipt {
            schema_version: 1,
            environment,
            kind: "staging",
            target: "postgresql://db/app".to_owned(),
            server: "PostgreSQL 15.4".to_owned(),
            prisma_safe: "0.1.0",
            by: Who { user: Some("ada".to_owned()), host: None, job: None },
            started_at: time,
            finished_at: time,
            plan: "abc",
            expected_downtime: None,
            verdicts: &[],
            backup: None,
            outcome: Outcome::Applied,
            error: None,
            applied: &[],
            states: Vec::new(),
            rows: Vec::new(),
            course: Box::leak(Box::default()),
            afterwards: Box::leak(Box::default()),
            ledger: Some(vec![recorded_row(name)]),
        }
    }

    fn recorded_row(name: &str) -> Recorded {
        Recorded { name: name.to_owned(), checksum: "c".to_owned(), finished_at: Timestamp::from_second(7).ok() }
    }

    #[test]
    fn the_newest_of_its_environment_is_read_again() {
        let project = tempfile::tempdir().unwrap();
        let path = write(project.path(), &receipt("eu", "1_a", 100)).unwrap();
        assert_eq!(
            path.to_string_lossy().replace('\\', "/"),
            ".prisma-safe/receipts/deploy-eu-19700101T000140.000Z.json"
        );
        write(project.path(), &receipt("eu", "2_b", 200)).unwrap();
        write(project.path(), &receipt("eu-staging", "3_c", 300)).unwrap();
        // A server that went away: what was known before is still the last that is known.
        write(project.path(), &Receipt { ledger: None, outcome: Outcome::Failed, ..receipt("eu", "4_d", 400) })
            .unwrap();
        std::fs::write(project.path().join(FOLDER).join("deploy-eu-29990101T000000.000Z.json"), "{").unwrap();
        assert_eq!(recorded(project.path(), "eu"), [recorded_row("2_b")]);
        assert_eq!(recorded(project.path(), "eu-staging"), [recorded_row("3_c")]);
        assert!(recorded(project.path(), "production").is_empty());
        // What was taken back since is not applied any more.
        let time = Timestamp::from_second(250).unwrap();
        write_as(project.path(), "revert", "eu", time, &receipt("eu", "1_a", 250)).unwrap();
        assert_eq!(recorded(project.path(), "eu"), [recorded_row("1_a")]);
    }

    #[test]
    fn a_receipt_is_never_written_over_another_one_and_leaves_nothing_when_it_fails() {
        let project = tempfile::tempdir().unwrap();
        write(project.path(), &receipt("eu", "1_a", 100)).unwrap();
        assert!(write(project.path(), &receipt("eu", "1_a", 100)).is_err());
        assert_eq!(std::fs::read_dir(project.path().join(FOLDER)).unwrap().count(), 1);
    }
}
