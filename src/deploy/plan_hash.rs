//! One hash over everything that a deploy rests on, so that what was approved is what runs: the environment and its database, the
//! migrations, the ledger, the settings, the version of Prisma and of this tool.
//!
//! Times and what the gates found are left out: they change by themselves, and a gate judges again whenever the deploy runs.

use sha2::{Digest as _, Sha256};

use crate::environment::Target;
use crate::hex;
use crate::migrations::MigrationsFolder;
use crate::settings::{Settings, SettingsSource};
use crate::sql::analysis::PrismaVersion;

/// The hash, 64 hexadecimal digits.
#[must_use]
pub fn hash(settings: &Settings, target: &Target, folder: &MigrationsFolder, prisma: Option<PrismaVersion>) -> String {
    let mut sum = Sum(Sha256::new());
    sum.add("tool", env!("CARGO_PKG_VERSION"));
    sum.add(
        "prisma",
        &prisma.map_or_else(String::new, |v| {
            format!("{}.{}", v.major, v.minor.map_or_else(|| "?".to_owned(), |m| m.to_string()))
        }),
    );
    sum.add("environment", target.name());
    sum.add("kind", target.kind().as_str());
    sum.add("target", &target.url().redacted());
    sum.add("server", &target.survey().server.product);
    sum.add("database", &target.survey().server.database);
    match &settings.source {
        SettingsSource::Nothing => sum.add("settings", ""),
        SettingsSource::File(path) | SettingsSource::CargoMetadata(path) => {
            sum.add_bytes("settings", &std::fs::read(path).unwrap_or_default());
        }
    }
    for migration in &folder.migrations {
        sum.add("migration", &migration.name);
        sum.add("checksum", migration.checksum.as_ref().map_or("", |checksum| checksum.as_str()));
    }
    for row in target.ledger() {
        sum.add("row", &row.id);
        sum.add("name", &row.migration_name);
        sum.add("checksum", row.checksum.as_str());
        let state = (row.finished_at.is_some(), row.rolled_back_at.is_some());
        sum.add(
            "state",
            match state {
                (_, true) => "rolled back",
                (true, false) => "applied",
                (false, false) => "unfinished",
            },
        );
    }
    sum.finish()
}

/// One hash over the plans of many databases, whatever their order; `None`: one that could not be looked at.
#[must_use]
pub fn of_many<'h>(environment: &str, plans: impl IntoIterator<Item = (&'h str, Option<&'h str>)>) -> String {
    let mut plans: Vec<_> = plans.into_iter().collect();
    plans.sort_unstable();
    let mut sum = Sum(Sha256::new());
    sum.add("databases of", environment);
    for (name, plan) in plans {
        sum.add("name", name);
        sum.add("plan", plan.unwrap_or(""));
    }
    sum.finish()
}

struct Sum(Sha256);

impl Sum {
    fn add(&mut self, what: &str, value: &str) {
        self.add_bytes(what, value.as_bytes());
    }

    /// With their lengths, so that no two lists of parts are the same bytes.
    fn add_bytes(&mut self, what: &str, value: &[u8]) {
        for part in [what.as_bytes(), value] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    fn finish(self) -> String {
        hex::text(&self.0.finalize())
    }
}
