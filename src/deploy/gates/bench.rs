//! A deploy that never happens, for the tests of gates: settings as text, migrations as text, a ledger, and a fixed time.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{Facts, Gate, Verdict, as_set};
use crate::database::{LedgerRow, LockState, Server, Survey};
use crate::deploy::evidence::{Evidence, Known, Stage};
use crate::deploy::plan::Plan;
use crate::deploy::receipt::Recorded;
use crate::environment::{DatabaseUrl, FoundUrl, Marker, Provenance, Target};
use crate::history::History;
use crate::migrations::folder::LockFile;
use crate::migrations::{Checksum, Migration, MigrationsFolder};
use crate::project::Provider;
use crate::settings::Settings;

/// The hash of every plan here.
pub(crate) const HASH: &str = "abababababababababababababababababababababababababababababababab";

pub(crate) struct Bench {
    settings: Settings,
    environment: String,
    pub folder: MigrationsFolder,
    ledger: Vec<LedgerRow>,
    pub evidence: Evidence,
    pub lock: LockState,
    pub marker: Option<Marker>,
    pub read_only: Option<String>,
    pub system_database: bool,
}

impl Bench {
    /// An environment of settings, with migrations of which none is applied.
    pub fn new(settings: &str, environment: &str, migrations: &[(&str, &str)]) -> Self {
        let settings = Settings::from_toml(settings, std::path::Path::new("/work/prisma-safe.toml")).unwrap();
        let folder = MigrationsFolder {
            path: PathBuf::from("/work/prisma/migrations"),
            exists: true,
            migrations: migrations.iter().map(|(name, sql)| migration(name, sql)).collect(),
            lock_file: LockFile::Provider(Provider::Postgresql),
            warnings: Vec::new(),
        };
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let evidence = Evidence::nothing(now);
        Bench {
            settings,
            environment: environment.to_owned(),
            folder,
            ledger: Vec::new(),
            evidence,
            lock: LockState::Free,
            marker: None,
            read_only: None,
            system_database: false,
        }
    }

    /// Seconds before the moment of judging; negative: after it.
    pub fn ago(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.evidence.now.as_second() - seconds).unwrap()
    }

    fn rows(&self, applied: &[(&str, &str, i64)]) -> Vec<LedgerRow> {
        let row = |(name, sql, seconds): &(&str, &str, i64)| LedgerRow {
            id: (*name).to_owned(),
            checksum: Checksum::of(sql.as_bytes()),
            finished_at: Some(self.ago(*seconds)),
            migration_name: (*name).to_owned(),
            logs: None,
            rolled_back_at: None,
            started_at: self.ago(*seconds),
            applied_steps_count: 1,
        };
        applied.iter().map(row).collect()
    }

    /// What the target's ledger holds: name, SQL, and how many seconds ago it was applied.
    pub fn ledger(&mut self, applied: &[(&str, &str, i64)]) {
        self.ledger = self.rows(applied);
    }

    /// What a required environment's ledger holds.
    pub fn stage_ledger(&mut self, name: &str, applied: &[(&str, &str, i64)]) {
        let rows = self.rows(applied);
        let history = History::new(&self.folder.migrations, Some(&rows));
        self.evidence.stages = vec![Stage { name: name.to_owned(), known: Known::Ledger { history, marker: None } }];
    }

    /// What receipts say of a required environment that cannot be asked.
    pub fn stage_receipts(&mut self, name: &str, because: &str, recorded: Vec<Recorded>) {
        let known = Known::Receipts { because: because.to_owned(), recorded };
        self.evidence.stages = vec![Stage { name: name.to_owned(), known }];
    }

    /// What would run.
    pub fn plan(&self) -> Plan {
        let history = History::new(&self.folder.migrations, Some(&self.ledger));
        Plan::new(Provider::Postgresql, &self.folder, &history, None)
    }

    pub fn verdict(&self, gate: &dyn Gate) -> Verdict {
        let history = History::new(&self.folder.migrations, Some(&self.ledger));
        let plan = self.plan();
        let server = Server {
            product: "PostgreSQL".to_owned(),
            version: "15.4".to_owned(),
            numbers: (15, 4, 0),
            database: "app".to_owned(),
            schema: Some("public".to_owned()),
            read_only: self.read_only.clone(),
            system_database: self.system_database,
        };
        let survey =
            Survey { server, ledger: Some(self.ledger.clone()), lock: self.lock.clone(), marker: self.marker.clone() };
        let url =
            DatabaseUrl::parse(None, "postgresql://ada@db.example.com/app", std::path::Path::new("/work")).unwrap();
        let found = FoundUrl { url, provenance: Provenance::Process { variable: "P".to_owned() } };
        let environment = self.settings.environment(&self.environment).unwrap().clone();
        let target = Target::pretend(environment, found, survey);
        as_set(
            gate,
            &Facts {
                settings: &self.settings,
                provider: Provider::Postgresql,
                target: &target,
                folder: &self.folder,
                history: &history,
                plan: &plan,
                evidence: &self.evidence,
                hash: HASH,
            },
        )
    }

    /// The verdict as one reads it: outcome, evidence, hint.
    pub fn judge(&self, gate: &dyn Gate) -> String {
        let verdict = self.verdict(gate);
        let outcome = match verdict.outcome {
            super::Outcome::Pass => "pass",
            super::Outcome::Warn => "warn",
            super::Outcome::Block => "block",
        };
        let hint = verdict.hint.map_or_else(String::new, |hint| format!("\n→ {hint}"));
        format!("{outcome}: {}{hint}", verdict.evidence)
    }
}

fn migration(name: &str, sql: &str) -> Migration {
    Migration {
        name: name.to_owned(),
        path: PathBuf::from("/work/prisma/migrations").join(name),
        script: Ok(sql.into()),
        checksum: Some(Checksum::of(sql.as_bytes())),
        reverts: Vec::new(),
    }
}
