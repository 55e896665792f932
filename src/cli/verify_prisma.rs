//! `verify --prisma-diff`: Prisma's own word on a database that was reverted.

use std::path::Path;

use crate::environment::{DatabaseUrl, EnvironmentKind};
use crate::error::Result;
use crate::migrations::Migration;
use crate::prisma::guard::pin::Pin;
use crate::prisma::launch::Launch;
use crate::prisma::{Command, DiffSide, Success};
use crate::project::Project;
use crate::revert::VerifyError;
use crate::revert::second_opinion::SecondOpinion;

/// The project's Prisma, asked about throwaway databases.
pub(super) struct Prisma<'a> {
    pub project: &'a Project,
    pub launch: Launch,
}

impl SecondOpinion for Prisma<'_> {
    fn difference(
        &self,
        database: &str,
        shadow: Option<&str>,
        earlier: &[Migration],
    ) -> std::result::Result<Option<String>, String> {
        self.ask(database, shadow, earlier).map_err(|error| error.to_string())
    }
}

impl Prisma<'_> {
    fn ask(&self, database: &str, shadow: Option<&str>, earlier: &[Migration]) -> Result<Option<String>> {
        let folder = tempfile::Builder::new().prefix("prisma-safe-verify-").tempdir();
        let folder = folder.map_err(VerifyError::Scratch)?;
        self.write_history(folder.path(), earlier).map_err(VerifyError::Scratch)?;
        let parse = |url: &str| DatabaseUrl::parse(Some(self.project.provider), url, &self.project.root);
        let (url, shadow) = (parse(database)?, shadow.map(parse).transpose()?);
        let file = folder.path().join("difference.sql");
        let command = Command::MigrateDiff {
            from: DiffSide::Database(self.project.schema.path.clone()),
            to: DiffSide::Migrations(folder.path().join("migrations")),
            script: true,
            exit_code: true,
            output: Some(file.clone()),
        };
        let mut run = self.launch.command(command, &url, Pin::new("verify", EnvironmentKind::Dev))?;
        if let Some(shadow) = &shadow {
            run = run.shadow(shadow.expose());
        }
        match run.run()?.success()? {
            Success::Same => Ok(None),
            _ => Ok(Some(std::fs::read_to_string(&file).map_err(VerifyError::Scratch)?)),
        }
    }

    /// The migrations before, as Prisma reads them.
    fn write_history(&self, folder: &Path, earlier: &[Migration]) -> std::io::Result<()> {
        let migrations = folder.join("migrations");
        std::fs::create_dir(&migrations)?;
        let lock = format!("provider = \"{}\"\n", self.project.provider.as_str());
        std::fs::write(migrations.join("migration_lock.toml"), lock)?;
        for migration in earlier {
            let Ok(script) = &migration.script else { continue };
            let folder = migrations.join(&migration.name);
            std::fs::create_dir(&folder)?;
            std::fs::write(folder.join("migration.sql"), script)?;
        }
        Ok(())
    }
}
