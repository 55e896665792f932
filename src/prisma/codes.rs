//! Prisma's error codes: what a user can meet in Migrate (5.22, 6.19, 7.10), what it means in production, what to do next.
//!
//! To add one: a row in [`CODES`]. The test `every_code_is_explained` shows all of them in one snapshot.

use crate::exit_code::ExitCode;

/// One code.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// As Prisma prints it.
    pub code: &'static str,
    /// What happened: lower case, one line.
    pub what: &'static str,
    /// What that means in production.
    pub why: &'static str,
    /// The next steps. `{migration}`, `{env}` stand for names that the caller knows.
    pub next: &'static [&'static str],
    /// How a run ends that met it.
    pub exit: ExitCode,
}

/// Finds a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|row| row.code == code)
}

const fn code(
    code: &'static str,
    exit: ExitCode,
    what: &'static str,
    why: &'static str,
    next: &'static [&'static str],
) -> Code {
    Code { code, what, why, next, exit }
}

use ExitCode::{Database, FailedMigration, Prisma, Refused, Usage};

/// Every code, by number.
pub const CODES: &[Code] = &[
    code(
        "P1000",
        Database,
        "the database did not accept the user name or the password",
        "nothing was changed; the credentials are wrong, expired, or meant for another server",
        &["`cargo prisma-safe env show {env}` shows the user and where the URL came from"],
    ),
    code(
        "P1001",
        Database,
        "the database server cannot be reached",
        "nothing was changed; the server is down, the host or port is wrong, or a firewall is in between",
        &[
            "`cargo prisma-safe env show {env}` shows host and port, and where they came from",
            "when it answers again: `cargo prisma-safe status --env {env}`",
        ],
    ),
    code(
        "P1002",
        Database,
        "the database answered too late, or another migration run holds Prisma's lock",
        "Prisma waits 10 seconds for its advisory lock; a session behind a connection pooler can hold it for ever",
        &[
            "`cargo prisma-safe resolve --env {env}` names the session that holds the lock, and what ends it",
            "if nobody holds it, run the same command again",
        ],
    ),
    code(
        "P1003",
        Database,
        "the database does not exist",
        "it may be a typo in the URL: creating it would leave an empty database that looks like the real one",
        &[
            "`cargo prisma-safe env show {env}` shows the name and where it came from",
            "if it should be created: `cargo prisma-safe deploy --env {env} --create-database`",
        ],
    ),
    code(
        "P1008",
        Database,
        "an operation on the database timed out",
        "a statement may still be running on the server; what it changed is not known from here",
        &["`cargo prisma-safe status --env {env}` reads what the ledger says now"],
    ),
    code(
        "P1009",
        Database,
        "the database exists already",
        "somebody else created it in the meantime, or the name is taken on this server",
        &["run the same command again: the database is there now"],
    ),
    code(
        "P1010",
        Database,
        "the user may not use this database",
        "the login worked, the rights are missing; a migration also needs the right to create tables",
        &["grant the user of the URL CONNECT and CREATE on the database, or use the user that owns its tables"],
    ),
    code(
        "P1011",
        Database,
        "the encrypted connection could not be opened",
        "the server's certificate was not accepted, or it does not speak TLS as the URL asks",
        &["check `sslmode`, `sslaccept` and `sslcert` in the URL against what the server offers"],
    ),
    code(
        "P1012",
        Usage,
        "the Prisma schema is not valid",
        "nothing was sent to the database; in Prisma 7 also a `url` inside the schema's datasource block is an error",
        &["`cargo prisma-safe run -- validate` shows the lines", "Prisma 7: move `url` to `prisma.config.ts`"],
    ),
    code(
        "P1013",
        Usage,
        "the database URL is not valid",
        "nothing was sent to a database; a special character in the password that is not percent-encoded is the usual reason",
        &["`cargo prisma-safe env show {env}` says where the URL came from; encode `@ : / ? # %` in user and password"],
    ),
    code(
        "P1014",
        Prisma,
        "a table that Prisma expects is not there",
        "Prisma 6 with a driver adapter also says this for a database that has no `_prisma_migrations` yet",
        &["`cargo prisma-safe status --env {env}` reads the ledger itself and says which case it is"],
    ),
    code(
        "P1015",
        Database,
        "this version of the database server is not supported by the schema's features",
        "the same migration may work on the other environments and not here",
        &["compare the server versions of the environments, or set `relationMode` and native types that this one has"],
    ),
    code(
        "P1017",
        Database,
        "the database server closed the connection",
        "what ran until then is not known from here: the server was restarted, or a proxy cut a long statement",
        &["`cargo prisma-safe status --env {env}` reads what the ledger says now"],
    ),
    code(
        "P3000",
        Database,
        "the database could not be created",
        "the user has no right to create databases, or the server does not allow the name",
        &["create it by hand with the owner that it should have, then run the same command again"],
    ),
    code(
        "P3004",
        Refused,
        "the URL names a system database of the server",
        "migrations there would change the server itself; a URL without a database name can mean this one",
        &["put the database's name at the end of the URL: `…/my_database`"],
    ),
    code(
        "P3005",
        Prisma,
        "the database has tables, and no migration history",
        "Prisma cannot know which migrations these tables come from, and will not apply any",
        &[
            "to mark the migrations that it really contains: `cargo prisma-safe resolve --env {env} --baseline`",
            "if this is not the database that you meant: `cargo prisma-safe env show {env}`",
        ],
    ),
    code(
        "P3006",
        Prisma,
        "a migration does not run on an empty database",
        "the migrations folder cannot build this schema from nothing: a new environment or a disaster recovery would fail at it",
        &[
            "read the database's own error below it; `cargo prisma-safe verify --all` replays the folder on a throwaway database of its own",
            "correct that migration if it was never deployed; else write what it misses as an earlier one",
        ],
    ),
    code(
        "P3007",
        Usage,
        "a preview feature of the schema is not allowed with migrations",
        "nothing was changed",
        &["remove the named feature from `previewFeatures` in the schema's generator block"],
    ),
    code(
        "P3008",
        Usage,
        "the migration is recorded as applied already",
        "nothing was changed; there is nothing to resolve about it",
        &["`cargo prisma-safe status --env {env}` shows what the ledger says"],
    ),
    code(
        "P3009",
        FailedMigration,
        "a failed migration is in the way",
        "no further migration runs until somebody says whether its changes are in the database",
        &["`cargo prisma-safe resolve --env {env}` shows the error and asks"],
    ),
    code(
        "P3010",
        Usage,
        "the migration's name is too long",
        "Prisma takes at most 200 bytes",
        &["`cargo prisma-safe new <shorter name>`"],
    ),
    code(
        "P3011",
        Usage,
        "the migration was never applied to this database, so it cannot be marked as rolled back",
        "nothing was changed; the name may be mistyped, or the environment another one",
        &["`cargo prisma-safe status --env {env}` lists the names"],
    ),
    code(
        "P3012",
        Usage,
        "the migration did not fail, so it cannot be marked as rolled back",
        "nothing was changed; Prisma has no command to take back a migration that succeeded",
        &[
            "prefer a new migration that corrects it: `cargo prisma-safe new <name>`",
            "`cargo prisma-safe status --env {env}` shows what the ledger says",
        ],
    ),
    code(
        "P3013",
        Usage,
        "the schema's datasource names several providers",
        "Prisma dropped that in version 2.22: one datasource, one provider",
        &["keep one: `provider = \"postgresql\"`"],
    ),
    code(
        "P3014",
        Database,
        "the shadow database cannot be created",
        "`migrate dev` replays the migrations on a throwaway database of the same server, and the user may not create one",
        &[
            "give the user the right to create databases, on the development server only",
            "or name an empty database as `shadowDatabaseUrl`: it is wiped each time, never name a real one",
        ],
    ),
    code(
        "P3015",
        Usage,
        "a migration's folder has no `migration.sql`",
        "deploy stops there; a directory that is not a migration counts as one, too",
        &["restore the file from version control, or move the directory out of the migrations folder"],
    ),
    code(
        "P3016",
        Database,
        "the database could not be emptied",
        "the user may not drop the database, and dropping its objects one by one failed as well: part of them is gone",
        &["drop and create the development database by hand, then `cargo prisma-safe reset`"],
    ),
    code(
        "P3017",
        Usage,
        "the migration is not in the migrations folder",
        "nothing was changed; Prisma needs the file to record its checksum",
        &["`cargo prisma-safe status --env {env}` lists the names; check that the right branch is checked out"],
    ),
    code(
        "P3018",
        FailedMigration,
        "a migration failed",
        "depending on the database and the Prisma version, the statements before the failing one may have stayed; no further migration runs",
        &["`cargo prisma-safe resolve --env {env}` shows the error and what is really there, and asks"],
    ),
    code(
        "P3019",
        Usage,
        "the migrations were written for another database provider",
        "their SQL would fail or mean something else here",
        &["compare `provider` in the schema with `migration_lock.toml`; a new provider needs a new migrations folder"],
    ),
    code(
        "P3020",
        Database,
        "Azure SQL cannot create a shadow database by itself",
        "`migrate dev` needs one; deploys do not",
        &["create an empty database and name it as `shadowDatabaseUrl`: it is wiped each time, never name a real one"],
    ),
    code(
        "P3021",
        Database,
        "this database does not allow foreign keys",
        "a Vitess or PlanetScale database without them",
        &[
            "set `relationMode = \"prisma\"` in the schema's datasource block, and take the constraints out of the migration",
        ],
    ),
    code(
        "P3022",
        Database,
        "this database does not allow schema changes sent directly",
        "PlanetScale's safe migrations are on for this branch",
        &["deploy to a development branch and open a deploy request there"],
    ),
    code(
        "P4001",
        Database,
        "the database has no tables to read",
        "it may be another database than you meant",
        &["`cargo prisma-safe env show {env}` shows which one it is"],
    ),
    code(
        "P4002",
        Database,
        "the database's schemas refer to each other, and not all of them are in the Prisma schema",
        "foreign keys lead into a schema that Prisma was not told about",
        &["add the named schema to `schemas` in the datasource block"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_each_code_is_there_once() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn texts_keep_the_house_style() {
        for row in CODES {
            assert!(!row.what.ends_with('.') && !row.why.ends_with('.'), "{}", row.code);
            assert!(!row.next.is_empty(), "{} has no next step", row.code);
            assert!(row.what.lines().count() == 1, "{}", row.code);
        }
    }

    /// The codes of Prisma's error catalogue that Migrate can still produce (P3001 to P3003 are unused today).
    #[test]
    fn every_code_that_a_user_can_meet_is_there() {
        let mut expected: Vec<String> =
            [1000, 1001, 1002, 1003, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1017, 3000]
                .into_iter()
                .chain(3004..=3022)
                .chain([4001, 4002])
                .map(|number| format!("P{number}"))
                .collect();
        expected.sort();
        assert_eq!(CODES.iter().map(|row| row.code).collect::<Vec<_>>(), expected);
    }
}
