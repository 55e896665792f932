//! What can go wrong around a Prisma run, explained.

use std::fmt;
use std::path::PathBuf;

use super::arguments::ArgumentError;
use super::codes;
use super::output::Failure;
use crate::error::Explain;
use crate::exit_code::ExitCode;

/// Prisma's or the database's own words, as the cause below ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnWords(pub String);

impl fmt::Display for OwnWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Further lines are indented: a line of a database's text must not pass for one of ours (`hint: …`).
        f.write_str(&self.0.trim_end().replace('\n', "\n    "))
    }
}

impl std::error::Error for OwnWords {}

/// A run of Prisma did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PrismaError {
    /// The command line cannot be put together.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// The program cannot be started.
    #[error("`{program}` cannot be started")]
    NotStarted {
        /// What was started.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// Our own guard is not there, and without it nothing is run.
    #[error("the engine guard `{0}` is missing")]
    GuardMissing(PathBuf),
    /// The run file cannot be written.
    #[error("the run cannot be pinned to its database")]
    NotPinned(#[source] std::io::Error),
    /// Prisma failed and said why.
    #[error("{}", failed(command, failure))]
    Failed {
        /// `prisma migrate deploy`.
        command: String,
        /// The environment, for the hints.
        environment: Option<String>,
        /// What it said.
        failure: Box<Failure>,
        /// The same, as the cause.
        #[source]
        source: OwnWords,
    },
    /// The engine guard refused.
    #[error("{}", reason.lines().next().unwrap_or("refused by the engine guard"))]
    Refused {
        /// The guard's whole message: what, why, hints.
        reason: String,
    },
    /// Exit code 0, and no word of success.
    #[error("`{command}` ended without saying what it did")]
    Silent {
        /// `prisma migrate deploy`.
        command: String,
        /// The environment, for the hints.
        environment: Option<String>,
    },
    /// Interrupted.
    #[error("`{command}` was interrupted")]
    Interrupted {
        /// `prisma migrate deploy`.
        command: String,
        /// The environment, for the hints.
        environment: Option<String>,
    },
    /// Ended by a signal.
    #[error("`{command}` was ended by signal {signal}")]
    Killed {
        /// `prisma migrate deploy`.
        command: String,
        /// The signal's number.
        signal: i32,
        /// The environment, for the hints.
        environment: Option<String>,
    },
}

fn failed(command: &str, failure: &Failure) -> String {
    let what = failure.code.as_deref().and_then(codes::find).map(|row| row.what);
    let mut text = match (&failure.code, what) {
        (Some(code), Some(what)) => format!("{code}: {what}"),
        (Some(code), None) => format!("`{command}` failed with {code}"),
        (None, _) => format!("`{command}` failed"),
    };
    if let Some(migration) = &failure.migration {
        text.push_str(&format!(": `{migration}`"));
    }
    if let Some(code) = &failure.database_code {
        text.push_str(&format!(" (database error {code})"));
    }
    text
}

impl PrismaError {
    /// Builds [`PrismaError::Failed`].
    #[must_use]
    pub fn failed(command: String, environment: Option<String>, failure: Failure) -> Self {
        let words = failure.database_message.clone().unwrap_or_else(|| failure.message.clone());
        let source = OwnWords(if words.is_empty() { "it gave no reason".to_owned() } else { words });
        PrismaError::Failed { command, environment, failure: Box::new(failure), source }
    }

    /// Prisma's code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            PrismaError::Failed { failure, .. } => failure.code.as_deref(),
            PrismaError::Arguments(_)
            | PrismaError::NotStarted { .. }
            | PrismaError::GuardMissing(_)
            | PrismaError::NotPinned(_)
            | PrismaError::Refused { .. }
            | PrismaError::Silent { .. }
            | PrismaError::Interrupted { .. }
            | PrismaError::Killed { .. } => None,
        }
    }
}

/// PostgreSQL refuses everything in a transaction that has failed, Prisma's note of the error too: a file with its own `BEGIN` fails without
/// P3018, and with words that hide the true ones (Prisma issue 15295).
fn hides_the_error(failure: &Failure) -> bool {
    failure.code.is_none() && failure.message.contains("current transaction is aborted")
}

/// A step with the environment's name filled in, or without it where none is known: the project's own is meant then.
fn for_environment(step: &str, environment: Option<&str>) -> String {
    match environment {
        Some(name) => step.replace("{env}", name),
        None => step.replace(" --env {env}", "").replace("env show {env}", "env list"),
    }
}

/// `status --env staging`, or without `--env` where no environment is known.
fn status_of(environment: Option<&str>) -> String {
    let env = environment.map(|name| format!(" --env {name}")).unwrap_or_default();
    format!("`cargo prisma-safe status{env}` reads from the database itself what happened")
}

impl Explain for PrismaError {
    fn exit_code(&self) -> ExitCode {
        match self {
            PrismaError::Arguments(error) => error.exit_code(),
            PrismaError::NotStarted { .. } | PrismaError::GuardMissing(_) | PrismaError::NotPinned(_) => {
                ExitCode::Usage
            }
            PrismaError::Failed { failure, .. } if hides_the_error(failure) => ExitCode::FailedMigration,
            PrismaError::Failed { failure, .. } => {
                failure.code.as_deref().and_then(codes::find).map_or(ExitCode::Prisma, |row| row.exit)
            }
            PrismaError::Refused { .. } => ExitCode::Refused,
            PrismaError::Silent { .. } | PrismaError::Killed { .. } => ExitCode::Prisma,
            PrismaError::Interrupted { .. } => ExitCode::Interrupted,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            PrismaError::Arguments(error) => error.why(),
            PrismaError::NotStarted { .. } => Some("nothing was sent to the database".to_owned()),
            PrismaError::GuardMissing(_) => {
                Some("without it nothing stands between Prisma and the database, so nothing is started".to_owned())
            }
            PrismaError::NotPinned(_) => {
                Some("without the pin, what was checked might not be what runs, so nothing is started".to_owned())
            }
            PrismaError::Failed { failure, .. } if hides_the_error(failure) => Some(
                "a statement inside the file's own BEGIN … COMMIT failed, and PostgreSQL then refuses everything, Prisma's note of the error too: these words hide the true ones, which the server's log has"
                    .to_owned(),
            ),
            PrismaError::Failed { failure, .. } => {
                failure.code.as_deref().and_then(codes::find).map(|row| row.why.to_owned())
            }
            PrismaError::Refused { reason } => {
                reason.lines().find_map(|line| line.strip_prefix("why: ")).map(str::to_owned)
            }
            PrismaError::Silent { .. } => Some(
                "Prisma also ends with exit code 0 when its schema engine dies at once; without its sentence of success nothing is believed"
                    .to_owned(),
            ),
            PrismaError::Interrupted { .. } | PrismaError::Killed { .. } => Some(
                "a migration that was running is recorded as failed, although some or all of its statements may have run".to_owned(),
            ),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            PrismaError::Arguments(error) => error.hints(),
            PrismaError::NotStarted { .. } => vec![
                "install the project's packages: `npm install`".to_owned(),
                "or name the command in prisma-safe.toml: `[prisma]`, `command = [\"pnpm\", \"exec\", \"prisma\"]`"
                    .to_owned(),
            ],
            PrismaError::GuardMissing(_) => vec!["install both programs: `cargo install cargo-prisma-safe`".to_owned()],
            PrismaError::NotPinned(_) => {
                vec!["make the temporary folder writable, or set `TMPDIR` to one that is".to_owned()]
            }
            PrismaError::Failed { environment, failure, .. } if hides_the_error(failure) => {
                let step = "`cargo prisma-safe resolve --env {env}` shows what is really there, and asks";
                vec![for_environment(step, environment.as_deref())]
            }
            PrismaError::Failed { environment, failure, .. } => match failure.code.as_deref().and_then(codes::find) {
                Some(row) => row.next.iter().map(|step| for_environment(step, environment.as_deref())).collect(),
                None => vec![status_of(environment.as_deref())],
            },
            PrismaError::Refused { reason } => {
                reason.lines().filter_map(|line| line.strip_prefix("hint: ")).map(str::to_owned).collect()
            }
            PrismaError::Silent { environment, .. } => vec![
                status_of(environment.as_deref()),
                "`cargo prisma-safe guard status` shows whether the schema engine can be started".to_owned(),
            ],
            PrismaError::Interrupted { environment, .. } | PrismaError::Killed { environment, .. } => {
                vec![status_of(environment.as_deref())]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::prisma::output::failure;

    fn report(error: PrismaError) -> String {
        Error::from(error).report()
    }

    fn of_prisma(stderr: &str) -> String {
        let environment = Some("staging".to_owned());
        report(PrismaError::failed("prisma migrate deploy".to_owned(), environment, failure("", stderr)))
    }

    #[test]
    fn a_failed_migration() {
        let stderr = "Error: P3018\n\nA migration failed to apply. New migrations cannot be applied before the error is recovered from. \
            Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n\
            Migration name: 20260105090000_create_users\n\nDatabase error code: 42P07\n\nDatabase error:\n\
            ERROR: relation \"User\" already exists\n\nDbError { severity: \"ERROR\", code: SqlState(E42P07) }\n";
        insta::assert_snapshot!(of_prisma(stderr), @r#"
error: P3018: a migration failed: `20260105090000_create_users` (database error 42P07)
  caused by: ERROR: relation "User" already exists
why: depending on the database and the Prisma version, the statements before the failing one may have stayed; no further migration runs
hint: `cargo prisma-safe resolve --env staging` shows the error and what is really there, and asks
"#);
    }

    #[test]
    fn a_failed_migration_in_the_way() {
        let stderr = "Error: P3009\n\nmigrate found failed migrations in the target database, new migrations will not be applied. Read more \
            about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\
            The `20260105090000_create_users` migration started at 2026-01-05 09:00:00 UTC failed\n";
        insta::assert_snapshot!(of_prisma(stderr), @r#"
error: P3009: a failed migration is in the way: `20260105090000_create_users`
  caused by: migrate found failed migrations in the target database, new migrations will not be applied. Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve
    The `20260105090000_create_users` migration started at 2026-01-05 09:00:00 UTC failed
why: no further migration runs until somebody says whether its changes are in the database
hint: `cargo prisma-safe resolve --env staging` shows the error and asks
"#);
    }

    #[test]
    fn no_server() {
        insta::assert_snapshot!(of_prisma("Error: P1001: Can't reach database server at `localhost:5432`\n"), @r#"
error: P1001: the database server cannot be reached
  caused by: Can't reach database server at `localhost:5432`
why: nothing was changed; the server is down, the host or port is wrong, or a firewall is in between
hint: `cargo prisma-safe env show staging` shows host and port, and where they came from
hint: when it answers again: `cargo prisma-safe status --env staging`
"#);
    }

    #[test]
    fn an_error_without_a_code() {
        insta::assert_snapshot!(of_prisma("Error: something odd\n   0: schema_core::x\n             at y\n"), @r#"
error: `prisma migrate deploy` failed
  caused by: something odd
hint: `cargo prisma-safe status --env staging` reads from the database itself what happened
"#);
        insta::assert_snapshot!(of_prisma("Error: P9999\n\nsomething new\n"), @r#"
error: `prisma migrate deploy` failed with P9999
  caused by: something new
hint: `cargo prisma-safe status --env staging` reads from the database itself what happened
"#);
        insta::assert_snapshot!(of_prisma(""), @r#"
error: `prisma migrate deploy` failed
  caused by: it gave no reason
hint: `cargo prisma-safe status --env staging` reads from the database itself what happened
"#);
    }

    #[test]
    fn everything_else() {
        let (command, environment) = ("prisma migrate deploy".to_owned(), None::<String>);
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        insta::assert_snapshot!(report(PrismaError::NotStarted { program: "pnpm".into(), source }), @r#"
error: `pnpm` cannot be started
  caused by: entity not found
why: nothing was sent to the database
hint: install the project's packages: `npm install`
hint: or name the command in prisma-safe.toml: `[prisma]`, `command = ["pnpm", "exec", "prisma"]`
"#);
        insta::assert_snapshot!(report(PrismaError::GuardMissing("/opt/bin/prisma-safe-engine".into())), @r#"
error: the engine guard `/opt/bin/prisma-safe-engine` is missing
why: without it nothing stands between Prisma and the database, so nothing is started
hint: install both programs: `cargo install cargo-prisma-safe`
"#);
        insta::assert_snapshot!(report(PrismaError::Silent { command: command.clone(), environment: environment.clone() }), @r#"
error: `prisma migrate deploy` ended without saying what it did
why: Prisma also ends with exit code 0 when its schema engine dies at once; without its sentence of success nothing is believed
hint: `cargo prisma-safe status` reads from the database itself what happened
hint: `cargo prisma-safe guard status` shows whether the schema engine can be started
"#);
        insta::assert_snapshot!(report(PrismaError::Interrupted { command: command.clone(), environment: environment.clone() }), @r#"
error: `prisma migrate deploy` was interrupted
why: a migration that was running is recorded as failed, although some or all of its statements may have run
hint: `cargo prisma-safe status` reads from the database itself what happened
"#);
        insta::assert_snapshot!(report(PrismaError::Killed { command, signal: 9, environment }), @r#"
error: `prisma migrate deploy` was ended by signal 9
why: a migration that was running is recorded as failed, although some or all of its statements may have run
hint: `cargo prisma-safe status` reads from the database itself what happened
"#);
        let reason =
            "refused by prisma-safe: `reset`, because it is not yours\nwhy: it would drop all data\nhint: do not"
                .to_owned();
        insta::assert_snapshot!(report(PrismaError::Refused { reason }), @r#"
error: refused by prisma-safe: `reset`, because it is not yours
why: it would drop all data
hint: do not
"#);
    }

    /// Every code that a user can meet, as it is shown.
    #[test]
    fn every_code_is_explained() {
        let mut text = String::new();
        for row in codes::CODES {
            let failure = Failure {
                code: Some(row.code.to_owned()),
                message: "Prisma's own words".to_owned(),
                ..Failure::default()
            };
            let error = PrismaError::failed("prisma migrate deploy".to_owned(), Some("staging".to_owned()), failure);
            text.push_str(&format!("exit {}\n{}\n", error.exit_code() as u8, report(error)));
        }
        insta::assert_snapshot!(text, @r#"
exit 5
error: P1000: the database did not accept the user name or the password
  caused by: Prisma's own words
why: nothing was changed; the credentials are wrong, expired, or meant for another server
hint: `cargo prisma-safe env show staging` shows the user and where the URL came from

exit 5
error: P1001: the database server cannot be reached
  caused by: Prisma's own words
why: nothing was changed; the server is down, the host or port is wrong, or a firewall is in between
hint: `cargo prisma-safe env show staging` shows host and port, and where they came from
hint: when it answers again: `cargo prisma-safe status --env staging`

exit 5
error: P1002: the database answered too late, or another migration run holds Prisma's lock
  caused by: Prisma's own words
why: Prisma waits 10 seconds for its advisory lock; a session behind a connection pooler can hold it for ever
hint: `cargo prisma-safe resolve --env staging` names the session that holds the lock, and what ends it
hint: if nobody holds it, run the same command again

exit 5
error: P1003: the database does not exist
  caused by: Prisma's own words
why: it may be a typo in the URL: creating it would leave an empty database that looks like the real one
hint: `cargo prisma-safe env show staging` shows the name and where it came from
hint: if it should be created: `cargo prisma-safe deploy --env staging --create-database`

exit 5
error: P1008: an operation on the database timed out
  caused by: Prisma's own words
why: a statement may still be running on the server; what it changed is not known from here
hint: `cargo prisma-safe status --env staging` reads what the ledger says now

exit 5
error: P1009: the database exists already
  caused by: Prisma's own words
why: somebody else created it in the meantime, or the name is taken on this server
hint: run the same command again: the database is there now

exit 5
error: P1010: the user may not use this database
  caused by: Prisma's own words
why: the login worked, the rights are missing; a migration also needs the right to create tables
hint: grant the user of the URL CONNECT and CREATE on the database, or use the user that owns its tables

exit 5
error: P1011: the encrypted connection could not be opened
  caused by: Prisma's own words
why: the server's certificate was not accepted, or it does not speak TLS as the URL asks
hint: check `sslmode`, `sslaccept` and `sslcert` in the URL against what the server offers

exit 2
error: P1012: the Prisma schema is not valid
  caused by: Prisma's own words
why: nothing was sent to the database; in Prisma 7 also a `url` inside the schema's datasource block is an error
hint: `cargo prisma-safe run -- validate` shows the lines
hint: Prisma 7: move `url` to `prisma.config.ts`

exit 2
error: P1013: the database URL is not valid
  caused by: Prisma's own words
why: nothing was sent to a database; a special character in the password that is not percent-encoded is the usual reason
hint: `cargo prisma-safe env show staging` says where the URL came from; encode `@ : / ? # %` in user and password

exit 4
error: P1014: a table that Prisma expects is not there
  caused by: Prisma's own words
why: Prisma 6 with a driver adapter also says this for a database that has no `_prisma_migrations` yet
hint: `cargo prisma-safe status --env staging` reads the ledger itself and says which case it is

exit 5
error: P1015: this version of the database server is not supported by the schema's features
  caused by: Prisma's own words
why: the same migration may work on the other environments and not here
hint: compare the server versions of the environments, or set `relationMode` and native types that this one has

exit 5
error: P1017: the database server closed the connection
  caused by: Prisma's own words
why: what ran until then is not known from here: the server was restarted, or a proxy cut a long statement
hint: `cargo prisma-safe status --env staging` reads what the ledger says now

exit 5
error: P3000: the database could not be created
  caused by: Prisma's own words
why: the user has no right to create databases, or the server does not allow the name
hint: create it by hand with the owner that it should have, then run the same command again

exit 3
error: P3004: the URL names a system database of the server
  caused by: Prisma's own words
why: migrations there would change the server itself; a URL without a database name can mean this one
hint: put the database's name at the end of the URL: `…/my_database`

exit 4
error: P3005: the database has tables, and no migration history
  caused by: Prisma's own words
why: Prisma cannot know which migrations these tables come from, and will not apply any
hint: to mark the migrations that it really contains: `cargo prisma-safe resolve --env staging --baseline`
hint: if this is not the database that you meant: `cargo prisma-safe env show staging`

exit 4
error: P3006: a migration does not run on an empty database
  caused by: Prisma's own words
why: the migrations folder cannot build this schema from nothing: a new environment or a disaster recovery would fail at it
hint: read the database's own error below it; `cargo prisma-safe verify --all` replays the folder on a throwaway database of its own
hint: correct that migration if it was never deployed; else write what it misses as an earlier one

exit 2
error: P3007: a preview feature of the schema is not allowed with migrations
  caused by: Prisma's own words
why: nothing was changed
hint: remove the named feature from `previewFeatures` in the schema's generator block

exit 2
error: P3008: the migration is recorded as applied already
  caused by: Prisma's own words
why: nothing was changed; there is nothing to resolve about it
hint: `cargo prisma-safe status --env staging` shows what the ledger says

exit 6
error: P3009: a failed migration is in the way
  caused by: Prisma's own words
why: no further migration runs until somebody says whether its changes are in the database
hint: `cargo prisma-safe resolve --env staging` shows the error and asks

exit 2
error: P3010: the migration's name is too long
  caused by: Prisma's own words
why: Prisma takes at most 200 bytes
hint: `cargo prisma-safe new <shorter name>`

exit 2
error: P3011: the migration was never applied to this database, so it cannot be marked as rolled back
  caused by: Prisma's own words
why: nothing was changed; the name may be mistyped, or the environment another one
hint: `cargo prisma-safe status --env staging` lists the names

exit 2
error: P3012: the migration did not fail, so it cannot be marked as rolled back
  caused by: Prisma's own words
why: nothing was changed; Prisma has no command to take back a migration that succeeded
hint: prefer a new migration that corrects it: `cargo prisma-safe new <name>`
hint: `cargo prisma-safe status --env staging` shows what the ledger says

exit 2
error: P3013: the schema's datasource names several providers
  caused by: Prisma's own words
why: Prisma dropped that in version 2.22: one datasource, one provider
hint: keep one: `provider = "postgresql"`

exit 5
error: P3014: the shadow database cannot be created
  caused by: Prisma's own words
why: `migrate dev` replays the migrations on a throwaway database of the same server, and the user may not create one
hint: give the user the right to create databases, on the development server only
hint: or name an empty database as `shadowDatabaseUrl`: it is wiped each time, never name a real one

exit 2
error: P3015: a migration's folder has no `migration.sql`
  caused by: Prisma's own words
why: deploy stops there; a directory that is not a migration counts as one, too
hint: restore the file from version control, or move the directory out of the migrations folder

exit 5
error: P3016: the database could not be emptied
  caused by: Prisma's own words
why: the user may not drop the database, and dropping its objects one by one failed as well: part of them is gone
hint: drop and create the development database by hand, then `cargo prisma-safe reset`

exit 2
error: P3017: the migration is not in the migrations folder
  caused by: Prisma's own words
why: nothing was changed; Prisma needs the file to record its checksum
hint: `cargo prisma-safe status --env staging` lists the names; check that the right branch is checked out

exit 6
error: P3018: a migration failed
  caused by: Prisma's own words
why: depending on the database and the Prisma version, the statements before the failing one may have stayed; no further migration runs
hint: `cargo prisma-safe resolve --env staging` shows the error and what is really there, and asks

exit 2
error: P3019: the migrations were written for another database provider
  caused by: Prisma's own words
why: their SQL would fail or mean something else here
hint: compare `provider` in the schema with `migration_lock.toml`; a new provider needs a new migrations folder

exit 5
error: P3020: Azure SQL cannot create a shadow database by itself
  caused by: Prisma's own words
why: `migrate dev` needs one; deploys do not
hint: create an empty database and name it as `shadowDatabaseUrl`: it is wiped each time, never name a real one

exit 5
error: P3021: this database does not allow foreign keys
  caused by: Prisma's own words
why: a Vitess or PlanetScale database without them
hint: set `relationMode = "prisma"` in the schema's datasource block, and take the constraints out of the migration

exit 5
error: P3022: this database does not allow schema changes sent directly
  caused by: Prisma's own words
why: PlanetScale's safe migrations are on for this branch
hint: deploy to a development branch and open a deploy request there

exit 5
error: P4001: the database has no tables to read
  caused by: Prisma's own words
why: it may be another database than you meant
hint: `cargo prisma-safe env show staging` shows which one it is

exit 5
error: P4002: the database's schemas refer to each other, and not all of them are in the Prisma schema
  caused by: Prisma's own words
why: foreign keys lead into a schema that Prisma was not told about
hint: add the named schema to `schemas` in the datasource block
"#);
    }

    #[test]
    fn without_an_environment_no_placeholder_is_shown() {
        for row in codes::CODES {
            let failure = Failure { code: Some(row.code.to_owned()), ..Failure::default() };
            let text = report(PrismaError::failed("prisma".to_owned(), None, failure));
            assert!(!text.contains("{env}") && !text.contains("--env <"), "{text}");
        }
    }
}
