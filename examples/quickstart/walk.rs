//! The release, step by step. Each step says why, types a command, and checks how it ended.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::engine::Engine;
use crate::{Outcome, say};

/// Where the walk happens.
pub(crate) struct Stage {
    /// Folder of the two programs.
    pub(crate) binaries: PathBuf,
    /// The copied project.
    pub(crate) project: PathBuf,
    /// The schema engine.
    pub(crate) engine: Engine,
}

pub(crate) fn walk(stage: &Stage) -> Outcome<()> {
    step("1. Write the settings, the policy and the templates into the project");
    stage.run("init", 0)?;
    stage.show("prisma-safe.toml")?;
    // A migration has to be on staging for a day before production gets it; this walk has no day.
    stage.edit("prisma-safe.toml", "soak = \"24h\"", "soak = \"0s\"")?;
    // Production is backed up before every deploy that changes it.
    stage.append("prisma-safe.toml", "\n[env.production.backup]\nfolder = \"backups\"\n")?;
    stage.run("env list", 0)?;

    step("2. The first migration of the project, everywhere: staging before production");
    stage.run("deploy --env dev --yes", 0)?;
    for environment in ["staging", "production"] {
        // A database that does not exist is never created by accident outside dev.
        stage.run(&format!("deploy --env {environment} --yes --create-database"), 0)?;
    }

    step("3. Change the schema and let `new` write the migration with its revert and its checklist");
    stage.edit(
        "prisma/schema.prisma",
        "  email     String   @unique\n",
        "  email     String   @unique\n  nickname  String?\n",
    )?;
    stage.run("new add nickname", 0)?;

    step("4. Stage it, and compare the environments");
    stage.run("deploy --env dev --yes", 0)?;
    stage.run("deploy --env staging --yes", 0)?;
    stage.run("status --all", 0)?;

    step("5. A reset that would have emptied production");
    stage.run("reset --env production --yes", 3)?;

    step("6. A migration that fails on staging, which is what staging is for");
    let broken = "-- Every user gets the part of the address before the @ as a nickname.\n\
                  UPDATE \"User\" SET \"nickname\" = substr(\"mail\", 1, instr(\"mail\", '@') - 1) WHERE \"nickname\" IS NULL;\n";
    stage.write("nicknames.sql", broken)?;
    stage.run("new --sql nicknames.sql fill nicknames", 0)?;
    // A migration that overwrites values passes no gate without its way back.
    let name = stage.newest_migration()?;
    stage.edit(
        &format!("prisma/migrations/{name}/revert_fill_nicknames.sql"),
        "-- TODO(revert): not written yet. Undo every statement of migration.sql, last one first.",
        "UPDATE \"User\" SET \"nickname\" = NULL WHERE \"nickname\" = substr(\"email\", 1, instr(\"email\", '@') - 1);",
    )?;
    stage.run("deploy --env staging --yes", 6)?;
    stage.run("status --env staging", 6)?;

    step("7. Nothing of it was applied: say so, mend the SQL, go again");
    stage.run(&format!("resolve --env staging --rolled-back {name} --yes"), 0)?;
    stage.edit(&format!("prisma/migrations/{name}/migration.sql"), "\"mail\"", "\"email\"")?;
    stage.run("deploy --env staging --yes", 0)?;

    step("8. Production gets what staging has proven");
    stage.run("deploy --env production --yes", 0)?;
    stage.run("status --all", 0)?;
    say("the end: production has every migration, each applied once, and the failure stayed on staging");
    Ok(())
}

fn step(text: &str) {
    println!();
    say(text);
}

impl Stage {
    /// Types a command and checks its exit code.
    fn run(&self, line: &str, expected: i32) -> Outcome<()> {
        println!("\n$ cargo prisma-safe {line}");
        std::io::stdout().flush().map_err(|error| format!("stdout is gone: {error}"))?;
        let mut command =
            Command::new(self.binaries.join(format!("cargo-prisma-safe{}", std::env::consts::EXE_SUFFIX)));
        command.args(["prisma-safe"]).args(words(line)).current_dir(&self.project).stdin(Stdio::null());
        for variable in ["DATABASE_URL", "PRISMA_SCHEMA_ENGINE_BINARY", "PRISMA_SAFE_ENV", "PRISMA_SAFE_CONFIG"] {
            command.env_remove(variable);
        }
        for (variable, value) in &self.engine.variables {
            command.env(variable, value);
        }
        let status = command.status().map_err(|error| format!("cannot start cargo-prisma-safe: {error}"))?;
        if status.code() == Some(expected) {
            if expected != 0 {
                say(&format!("(exit code {expected}, as it should be)"));
            }
            return Ok(());
        }
        Err(format!("`cargo prisma-safe {line}` ended with {status}; the walk expected exit code {expected}"))
    }

    /// What the team would now review and commit.
    fn show(&self, file: &str) -> Outcome<()> {
        let text = std::fs::read_to_string(self.path(file)).map_err(|error| format!("cannot read {file}: {error}"))?;
        say(&format!("{file}, without its comments:"));
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            println!("    {line}");
        }
        Ok(())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.project.join(file)
    }

    fn write(&self, file: &str, contents: &str) -> Outcome<()> {
        std::fs::write(self.path(file), contents).map_err(|error| format!("cannot write {file}: {error}"))
    }

    fn append(&self, file: &str, more: &str) -> Outcome<()> {
        let text = std::fs::read_to_string(self.path(file)).map_err(|error| format!("cannot read {file}: {error}"))?;
        say(&format!("edit {file}: add {}", more.trim().replace('\n', ", ")));
        self.write(file, &format!("{text}{more}"))
    }

    /// Replaces text in a file, as a person would in an editor, and shows it.
    fn edit(&self, file: &str, from: &str, to: &str) -> Outcome<()> {
        let text = std::fs::read_to_string(self.path(file)).map_err(|error| format!("cannot read {file}: {error}"))?;
        if !text.contains(from) {
            return Err(format!("{file} does not hold what the walk wants to change"));
        }
        say(&format!(
            "edit {file}: {} → {}",
            from.trim().lines().last().unwrap_or(""),
            to.trim().lines().last().unwrap_or("").trim()
        ));
        self.write(file, &text.replace(from, to))
    }

    fn newest_migration(&self) -> Outcome<String> {
        let folder = self.path("prisma/migrations");
        newest(&folder).ok_or_else(|| format!("no migration in {}", folder.display()))
    }
}

fn newest(folder: &Path) -> Option<String> {
    let entries = std::fs::read_dir(folder).ok()?;
    let names = entries.flatten().filter(|entry| entry.path().is_dir());
    names.map(|entry| entry.file_name().to_string_lossy().into_owned()).max()
}

/// Words as a shell would split the plain lines above. `new add nickname` is one name of two words, which the command joins itself.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}
