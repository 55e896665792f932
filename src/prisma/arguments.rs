//! What is typed after `prisma`: the commands that this tool runs, and the flags that each Prisma major knows for them.
//!
//! The flags are data ([`FLAGS`]), read from Prisma's command sources at 5.22.0, 6.19.3, 7.9.1 and run on 7.10.1. Nothing can be sent that
//! the table does not list for the major at hand, so a flag that Prisma 7 dropped cannot reach it.
//!
//! To add a flag: one row in [`FLAGS`] with its majors. To add a command: a variant of [`Command`], its words in
//! [`Command::words`], its rows, its arm in [`Command::arguments`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// The majors that have one flag. Prisma's command line changed once in the range that is supported: at 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Majors {
    from: u32,
    to: u32,
}

impl Majors {
    const ALL: Majors = Majors { from: 5, to: 7 };
    const UP_TO_6: Majors = Majors { from: 5, to: 6 };
    const FROM_6: Majors = Majors { from: 6, to: 7 };
    const ONLY_7: Majors = Majors { from: 7, to: 7 };

    /// Whether `major` is among them.
    #[must_use]
    pub const fn contain(self, major: u32) -> bool {
        self.from <= major && major <= self.to
    }
}

/// One flag of one command.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// The command, as typed after `prisma`.
    pub command: &'static str,
    /// The flag, as typed.
    pub name: &'static str,
    /// Whether a value follows.
    pub takes_value: bool,
    /// The majors that know it.
    pub majors: Majors,
}

const fn switch(command: &'static str, name: &'static str, majors: Majors) -> Flag {
    Flag { command, name, takes_value: false, majors }
}

const fn value(command: &'static str, name: &'static str, majors: Majors) -> Flag {
    Flag { command, name, takes_value: true, majors }
}

const DEPLOY: &str = "migrate deploy";
const STATUS: &str = "migrate status";
const RESOLVE: &str = "migrate resolve";
const RESET: &str = "migrate reset";
const DIFF: &str = "migrate diff";
const EXECUTE: &str = "db execute";

/// Every flag that may be sent, by command. Flags that carry a URL (`--url`, `--from-url`, `--shadow-database-url`) are left out on
/// purpose: a command line is visible to every user of the machine.
pub const FLAGS: &[Flag] = &[
    value(DEPLOY, "--schema", Majors::ALL),
    value(DEPLOY, "--config", Majors::FROM_6),
    value(STATUS, "--schema", Majors::ALL),
    value(STATUS, "--config", Majors::FROM_6),
    value(RESOLVE, "--applied", Majors::ALL),
    value(RESOLVE, "--rolled-back", Majors::ALL),
    value(RESOLVE, "--schema", Majors::ALL),
    value(RESOLVE, "--config", Majors::FROM_6),
    switch(RESET, "--force", Majors::ALL),
    switch(RESET, "--skip-generate", Majors::UP_TO_6),
    switch(RESET, "--skip-seed", Majors::UP_TO_6),
    value(RESET, "--schema", Majors::ALL),
    value(RESET, "--config", Majors::FROM_6),
    switch(DIFF, "--from-empty", Majors::ALL),
    switch(DIFF, "--to-empty", Majors::ALL),
    value(DIFF, "--from-schema-datamodel", Majors::UP_TO_6),
    value(DIFF, "--to-schema-datamodel", Majors::UP_TO_6),
    value(DIFF, "--from-schema", Majors::ONLY_7),
    value(DIFF, "--to-schema", Majors::ONLY_7),
    value(DIFF, "--from-schema-datasource", Majors::UP_TO_6),
    value(DIFF, "--to-schema-datasource", Majors::UP_TO_6),
    switch(DIFF, "--from-config-datasource", Majors::ONLY_7),
    switch(DIFF, "--to-config-datasource", Majors::ONLY_7),
    value(DIFF, "--from-migrations", Majors::ALL),
    value(DIFF, "--to-migrations", Majors::ALL),
    switch(DIFF, "--script", Majors::ALL),
    switch(DIFF, "--exit-code", Majors::ALL),
    value(DIFF, "--output", Majors::ALL),
    value(DIFF, "--config", Majors::FROM_6),
    value(EXECUTE, "--file", Majors::ALL),
    value(EXECUTE, "--schema", Majors::UP_TO_6),
    value(EXECUTE, "--config", Majors::FROM_6),
];

/// The majors whose command line is known.
pub const SUPPORTED_MAJORS: std::ops::RangeInclusive<u32> = 5..=7;

/// Where the project's own files are, for the flags that name them.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// The schema file or folder, when Prisma would not find it by itself or the command needs it named.
    pub schema: Option<PathBuf>,
    /// The Prisma config file, when it is not the one that Prisma would find by itself.
    pub config: Option<PathBuf>,
}

/// One side of `migrate diff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffSide {
    /// Nothing.
    Empty,
    /// The data model of a schema file or folder.
    Schema(PathBuf),
    /// The live database of the project: the one in the datasource of this schema (≤6) or in the config file (7).
    Database(PathBuf),
    /// A migrations folder, replayed on a shadow database (in memory on SQLite).
    Migrations(PathBuf),
}

/// A Prisma command that this tool runs itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `migrate deploy`.
    MigrateDeploy,
    /// `migrate status`.
    MigrateStatus,
    /// `migrate resolve`.
    MigrateResolve(Resolution),
    /// `migrate reset`.
    MigrateReset {
        /// Answer Prisma's own question.
        force: bool,
        /// Do not run generators afterwards (Prisma 7 never does).
        skip_generate: bool,
        /// Do not run the seed script afterwards (Prisma 7 never does).
        skip_seed: bool,
    },
    /// `migrate diff`.
    MigrateDiff {
        /// What is there.
        from: DiffSide,
        /// What is wanted.
        to: DiffSide,
        /// SQL instead of a summary.
        script: bool,
        /// Exit with 2 when there is a difference. The only trustworthy answer to "is there one".
        exit_code: bool,
        /// Write there instead of to stdout.
        output: Option<PathBuf>,
    },
    /// `db execute`.
    DbExecute {
        /// The SQL file.
        file: PathBuf,
    },
}

/// What `migrate resolve` writes into the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The migration's changes are in the database.
    Applied(String),
    /// The migration's changes are not in the database.
    RolledBack(String),
}

/// Why a command cannot be put into words for a Prisma major.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ArgumentError {
    /// Another major than 5, 6, 7.
    #[error("Prisma {0} is not supported")]
    UnsupportedMajor(u32),
    /// This major has no such flag.
    #[error("`prisma {command}` of Prisma {major} has no flag `{flag}`")]
    NoSuchFlag {
        /// The command.
        command: &'static str,
        /// The flag.
        flag: &'static str,
        /// The major.
        major: u32,
    },
}

impl Explain for ArgumentError {
    fn exit_code(&self) -> ExitCode {
        match self {
            ArgumentError::UnsupportedMajor(_) | ArgumentError::NoSuchFlag { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            ArgumentError::UnsupportedMajor(major) if *major > 7 => {
                Some("Prisma 8 has another migration system: other commands, folders and tables".to_owned())
            }
            ArgumentError::UnsupportedMajor(_) => Some("its command line and ledger were not checked".to_owned()),
            ArgumentError::NoSuchFlag { .. } => {
                Some("the command line of Prisma changed in 7, and an unknown flag ends every command".to_owned())
            }
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            ArgumentError::UnsupportedMajor(_) => {
                vec!["install Prisma 5, 6 or 7: `npm install --save-dev prisma@7`".to_owned()]
            }
            ArgumentError::NoSuchFlag { command, .. } => vec![format!("see `prisma {command} --help`")],
        }
    }
}

/// Adds flags to a command line, each checked against [`FLAGS`].
struct Builder {
    command: &'static str,
    major: u32,
    words: Vec<OsString>,
}

impl Builder {
    fn new(command: &'static str, major: u32) -> Result<Self, ArgumentError> {
        if !SUPPORTED_MAJORS.contains(&major) {
            return Err(ArgumentError::UnsupportedMajor(major));
        }
        Ok(Builder { command, major, words: command.split(' ').map(OsString::from).collect() })
    }

    fn knows(&self, flag: &str) -> Option<&'static Flag> {
        FLAGS.iter().find(|row| row.command == self.command && row.name == flag && row.majors.contain(self.major))
    }

    fn flag(&mut self, flag: &'static str, value: Option<&Path>) -> Result<(), ArgumentError> {
        let Some(row) = self.knows(flag) else {
            return Err(ArgumentError::NoSuchFlag { command: self.command, flag, major: self.major });
        };
        debug_assert_eq!(row.takes_value, value.is_some(), "{flag} of {}", self.command);
        match value {
            // A value that looks like a flag would be read as one.
            Some(value) if value.as_os_str().as_encoded_bytes().starts_with(b"-") => {
                let mut word = OsString::from(flag);
                word.push("=");
                word.push(value);
                self.words.push(word);
            }
            Some(value) => self.words.extend([flag.into(), value.into()]),
            None => self.words.push(flag.into()),
        }
        Ok(())
    }

    fn switch_if(&mut self, wanted: bool, flag: &'static str) -> Result<(), ArgumentError> {
        if wanted { self.flag(flag, None) } else { Ok(()) }
    }

    /// For flags whose effect a major has without them.
    fn switch_where_known(&mut self, wanted: bool, flag: &'static str) -> Result<(), ArgumentError> {
        self.switch_if(wanted && self.knows(flag).is_some(), flag)
    }

    /// The project's files, by the flags that this command has for them.
    fn paths(&mut self, paths: &Paths) -> Result<(), ArgumentError> {
        if let Some(schema) = &paths.schema
            && self.knows("--schema").is_some()
        {
            self.flag("--schema", Some(schema))?;
        }
        if let Some(config) = &paths.config {
            self.flag("--config", Some(config))?;
        }
        Ok(())
    }

    fn side(&mut self, side: &DiffSide, flags: &SideFlags) -> Result<(), ArgumentError> {
        match side {
            DiffSide::Empty => self.flag(flags.empty, None),
            DiffSide::Migrations(folder) => self.flag(flags.migrations, Some(folder)),
            DiffSide::Schema(schema) if self.major >= 7 => self.flag(flags.schema_7, Some(schema)),
            DiffSide::Schema(schema) => self.flag(flags.schema_6, Some(schema)),
            DiffSide::Database(_) if self.major >= 7 => self.flag(flags.database_7, None),
            DiffSide::Database(schema) => self.flag(flags.database_6, Some(schema)),
        }
    }
}

struct SideFlags {
    empty: &'static str,
    migrations: &'static str,
    schema_6: &'static str,
    schema_7: &'static str,
    database_6: &'static str,
    database_7: &'static str,
}

const FROM: SideFlags = SideFlags {
    empty: "--from-empty",
    migrations: "--from-migrations",
    schema_6: "--from-schema-datamodel",
    schema_7: "--from-schema",
    database_6: "--from-schema-datasource",
    database_7: "--from-config-datasource",
};

const TO: SideFlags = SideFlags {
    empty: "--to-empty",
    migrations: "--to-migrations",
    schema_6: "--to-schema-datamodel",
    schema_7: "--to-schema",
    database_6: "--to-schema-datasource",
    database_7: "--to-config-datasource",
};

impl Command {
    /// The words after `prisma`, without flags.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Command::MigrateDeploy => DEPLOY,
            Command::MigrateStatus => STATUS,
            Command::MigrateResolve(_) => RESOLVE,
            Command::MigrateReset { .. } => RESET,
            Command::MigrateDiff { .. } => DIFF,
            Command::DbExecute { .. } => EXECUTE,
        }
    }

    /// The whole command line for a Prisma major.
    ///
    /// # Errors
    /// [`ArgumentError`] when this major cannot be asked for this.
    pub fn arguments(&self, major: u32, paths: &Paths) -> Result<Vec<OsString>, ArgumentError> {
        let mut line = Builder::new(self.words(), major)?;
        match self {
            Command::MigrateDeploy | Command::MigrateStatus => {}
            Command::MigrateResolve(Resolution::Applied(name)) => line.flag("--applied", Some(Path::new(name)))?,
            Command::MigrateResolve(Resolution::RolledBack(name)) => {
                line.flag("--rolled-back", Some(Path::new(name)))?
            }
            Command::MigrateReset { force, skip_generate, skip_seed } => {
                line.switch_if(*force, "--force")?;
                line.switch_where_known(*skip_generate, "--skip-generate")?;
                line.switch_where_known(*skip_seed, "--skip-seed")?;
            }
            Command::MigrateDiff { from, to, script, exit_code, output } => {
                line.side(from, &FROM)?;
                line.side(to, &TO)?;
                line.switch_if(*script, "--script")?;
                line.switch_if(*exit_code, "--exit-code")?;
                if let Some(output) = output {
                    line.flag("--output", Some(output))?;
                }
            }
            Command::DbExecute { file } => line.flag("--file", Some(file))?,
        }
        line.paths(paths)?;
        Ok(line.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        Paths { schema: Some("prisma/schema.prisma".into()), config: None }
    }

    fn line(command: &Command, major: u32) -> String {
        let words = command.arguments(major, &paths()).unwrap();
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    fn every_command() -> Vec<Command> {
        let sides = [
            DiffSide::Empty,
            DiffSide::Schema("a.prisma".into()),
            DiffSide::Database("a.prisma".into()),
            DiffSide::Migrations("m".into()),
        ];
        let mut all = vec![
            Command::MigrateDeploy,
            Command::MigrateStatus,
            Command::MigrateResolve(Resolution::Applied("1_a".into())),
            Command::MigrateResolve(Resolution::RolledBack("1_a".into())),
            Command::DbExecute { file: "x.sql".into() },
        ];
        for bits in 0..8 {
            all.push(Command::MigrateReset {
                force: bits & 1 > 0,
                skip_generate: bits & 2 > 0,
                skip_seed: bits & 4 > 0,
            });
        }
        for from in &sides {
            for to in &sides {
                all.push(Command::MigrateDiff {
                    from: from.clone(),
                    to: to.clone(),
                    script: true,
                    exit_code: true,
                    output: Some("out.sql".into()),
                });
            }
        }
        all
    }

    #[test]
    fn prisma_6_and_7_are_told_the_same_in_their_own_words() {
        let diff = Command::MigrateDiff {
            from: DiffSide::Database("prisma/schema.prisma".into()),
            to: DiffSide::Schema("prisma/schema.prisma".into()),
            script: true,
            exit_code: true,
            output: None,
        };
        insta::assert_snapshot!(line(&diff, 6), @"migrate diff --from-schema-datasource prisma/schema.prisma --to-schema-datamodel prisma/schema.prisma --script --exit-code");
        insta::assert_snapshot!(line(&diff, 7), @"migrate diff --from-config-datasource --to-schema prisma/schema.prisma --script --exit-code");
        let reset = Command::MigrateReset { force: true, skip_generate: true, skip_seed: true };
        insta::assert_snapshot!(line(&reset, 5), @"migrate reset --force --skip-generate --skip-seed --schema prisma/schema.prisma");
        insta::assert_snapshot!(line(&reset, 7), @"migrate reset --force --schema prisma/schema.prisma");
        let execute = Command::DbExecute { file: "x.sql".into() };
        insta::assert_snapshot!(line(&execute, 6), @"db execute --file x.sql --schema prisma/schema.prisma");
        insta::assert_snapshot!(line(&execute, 7), @"db execute --file x.sql");
    }

    /// Prisma's own tables (facts of 5.22.0, 6.19.3, 7.9.1), written down a second time and independently of [`FLAGS`].
    fn known_to_prisma(command: &str, major: u32) -> Vec<&'static str> {
        let mut flags = match command {
            DEPLOY | STATUS => vec!["--schema"],
            RESOLVE => vec!["--applied", "--rolled-back", "--schema"],
            RESET if major <= 6 => vec!["--force", "--skip-generate", "--skip-seed", "--schema"],
            RESET => vec!["--force", "--schema"],
            EXECUTE if major <= 6 => vec!["--file", "--stdin", "--schema", "--url"],
            EXECUTE => vec!["--file", "--stdin"],
            _ => vec![
                "--from-empty",
                "--to-empty",
                "--from-migrations",
                "--to-migrations",
                "--script",
                "--exit-code",
                "--output",
            ],
        };
        if command == DIFF && major <= 6 {
            flags.extend([
                "--from-schema-datamodel",
                "--to-schema-datamodel",
                "--from-schema-datasource",
                "--to-schema-datasource",
            ]);
        } else if command == DIFF {
            flags.extend(["--from-schema", "--to-schema", "--from-config-datasource", "--to-config-datasource"]);
        }
        if major >= 6 {
            flags.push("--config");
        }
        flags
    }

    #[test]
    fn no_major_is_ever_sent_a_flag_that_it_does_not_have() {
        for major in SUPPORTED_MAJORS {
            for command in every_command() {
                for config in [None, Some(PathBuf::from("prisma.config.ts"))] {
                    let given = Paths { schema: Some("s.prisma".into()), config: config.clone() };
                    let Ok(words) = command.arguments(major, &given) else {
                        assert!(major == 5 && config.is_some(), "{command:?} for {major}");
                        continue;
                    };
                    for flag in words.iter().filter_map(|word| word.to_str()).filter(|word| word.starts_with("--")) {
                        assert!(
                            known_to_prisma(command.words(), major).contains(&flag),
                            "{flag} in {words:?} for {major}"
                        );
                        assert!(!flag.contains("url"), "a URL on a command line is public: {words:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_table_lists_nothing_that_prisma_does_not() {
        for row in FLAGS {
            for major in SUPPORTED_MAJORS {
                assert_eq!(
                    row.majors.contain(major),
                    known_to_prisma(row.command, major).contains(&row.name),
                    "{} {} in {major}",
                    row.command,
                    row.name
                );
            }
        }
    }

    #[test]
    fn a_config_file_cannot_be_named_to_prisma_5() {
        let paths = Paths { schema: None, config: Some("prisma.config.ts".into()) };
        let error = Command::MigrateDeploy.arguments(5, &paths).unwrap_err();
        assert_eq!(error.to_string(), "`prisma migrate deploy` of Prisma 5 has no flag `--config`");
    }

    #[test]
    fn a_name_that_looks_like_a_flag_stays_a_name() {
        let resolve = Command::MigrateResolve(Resolution::Applied("--rolled-back".into()));
        insta::assert_snapshot!(line(&resolve, 7), @"migrate resolve --applied=--rolled-back --schema prisma/schema.prisma");
    }

    #[test]
    fn other_majors_are_refused() {
        for major in [0, 4, 8, 9] {
            assert_eq!(Command::MigrateDeploy.arguments(major, &paths()), Err(ArgumentError::UnsupportedMajor(major)),);
        }
    }
}
