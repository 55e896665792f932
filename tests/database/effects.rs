//! Each kind of statement, asked about on real servers before it runs and after: the catalogue has to tell the two apart.

use std::path::{Path, PathBuf};

use prisma_safe::database::{ConnectOptions, Database, connect};
use prisma_safe::deploy::recovery::{Case, Catalogue, Seen, diagnose};
use prisma_safe::environment::DatabaseUrl;
use prisma_safe::history::{Entry, State};
use prisma_safe::migrations::{Checksum, Migration};
use prisma_safe::project::Provider;

use crate::support::servers::{self, TestDatabase};

const POSTGRES: &str = "CREATE TABLE t (id INT NOT NULL, name TEXT, old TEXT DEFAULT 'x', amount INT, flag INT NOT NULL, n INT);\
    CREATE TABLE u (id INT PRIMARY KEY, t_id INT);CREATE TABLE gone (id INT);CREATE TABLE was (id INT);\
    CREATE INDEX t_old ON t (old);CREATE INDEX t_was ON t (n);\
    ALTER TABLE t ADD CONSTRAINT t_check CHECK (amount > 0) NOT VALID;ALTER TABLE u ADD CONSTRAINT u_gone CHECK (id > 0);\
    CREATE TYPE mood AS ENUM ('ok', 'bad');CREATE TYPE color AS ENUM ('red');CREATE TYPE left_over AS ENUM ('a');\
    CREATE VIEW v AS SELECT 1 AS one;CREATE SEQUENCE s;CREATE SCHEMA old_schema;\
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\
    CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();CREATE POLICY p ON t USING (true);";

const POSTGRES_STATEMENTS: [&str; 42] = [
    "CREATE TABLE made (id INT, name TEXT)",
    "CREATE TABLE old_schema.made (id INT)",
    "DROP TABLE gone",
    "ALTER TABLE was RENAME TO is_now",
    "ALTER TABLE t ADD COLUMN extra VARCHAR(20)",
    "ALTER TABLE t DROP COLUMN n",
    "ALTER TABLE t RENAME COLUMN name TO full_name",
    "ALTER TABLE t ALTER COLUMN amount TYPE BIGINT",
    "ALTER TABLE t ALTER COLUMN full_name SET NOT NULL",
    "ALTER TABLE t ALTER COLUMN flag DROP NOT NULL",
    "ALTER TABLE t ALTER COLUMN flag SET DEFAULT 7",
    "ALTER TABLE t ALTER COLUMN full_name SET DEFAULT 'somebody'",
    "ALTER TABLE t ALTER COLUMN old DROP DEFAULT",
    "ALTER TABLE t ADD PRIMARY KEY (id)",
    "ALTER TABLE u ADD CONSTRAINT u_t_fkey FOREIGN KEY (t_id) REFERENCES t (id) NOT VALID",
    "ALTER TABLE t VALIDATE CONSTRAINT t_check",
    "ALTER TABLE t RENAME CONSTRAINT t_check TO t_amount",
    "ALTER TABLE u DROP CONSTRAINT u_gone",
    "ALTER TABLE u ADD COLUMN a INT, ADD COLUMN b INT",
    "CREATE UNIQUE INDEX t_name_key ON t (full_name)",
    "CREATE INDEX CONCURRENTLY t_flag ON t (flag)",
    "CREATE INDEX old_made ON old_schema.made (id)",
    "ALTER INDEX old_schema.old_made RENAME TO new_made",
    "DROP INDEX t_old",
    "CREATE TYPE size AS ENUM ('s', 'm')",
    "ALTER TYPE mood ADD VALUE 'good'",
    "ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'",
    "ALTER TYPE color RENAME TO colour",
    "DROP TYPE left_over",
    "CREATE VIEW w AS SELECT 2 AS two",
    "DROP VIEW v",
    "CREATE MATERIALIZED VIEW m AS SELECT 3 AS three",
    "CREATE SEQUENCE made_seq",
    "DROP SEQUENCE s",
    "CREATE SCHEMA made_schema",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRIGGER made_tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "DROP TRIGGER tr ON t",
    "CREATE POLICY made_p ON t USING (true)",
    "DROP POLICY p ON t",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "CREATE DOMAIN made_domain AS TEXT",
];

const MARIADB: &str = "CREATE TABLE t (id INT NOT NULL, name VARCHAR(20), old VARCHAR(20) DEFAULT 'x', amount INT, n INT, INDEX t_old (old));\
    CREATE TABLE u (id INT PRIMARY KEY, t_id INT);CREATE TABLE gone (id INT);CREATE TABLE was (id INT);\
    CREATE VIEW v AS SELECT 1 AS one;CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1;";

const MARIADB_STATEMENTS: [&str; 18] = [
    "CREATE TABLE made (id INT, name VARCHAR(20))",
    "DROP TABLE gone",
    "ALTER TABLE was RENAME TO is_now",
    "ALTER TABLE t ADD COLUMN extra VARCHAR(20)",
    "ALTER TABLE t DROP COLUMN n",
    "ALTER TABLE t RENAME COLUMN name TO full_name",
    "ALTER TABLE t MODIFY amount BIGINT NOT NULL",
    "ALTER TABLE t CHANGE extra more VARCHAR(40)",
    "ALTER TABLE t ALTER COLUMN old DROP DEFAULT",
    "ALTER TABLE t ADD PRIMARY KEY (id)",
    "ALTER TABLE u ADD CONSTRAINT u_t_fkey FOREIGN KEY (t_id) REFERENCES t (id)",
    "ALTER TABLE u DROP FOREIGN KEY u_t_fkey",
    "CREATE UNIQUE INDEX t_name_key ON t (full_name)",
    "ALTER TABLE t ADD INDEX t_amount (amount)",
    "DROP INDEX t_old ON t",
    "CREATE VIEW w AS SELECT 2 AS two",
    "DROP VIEW v",
    "DROP TRIGGER tr",
];

#[test]
fn postgres_shows_each_kind_of_statement() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    database.execute(POSTGRES);
    each(&database, Provider::Postgresql, &POSTGRES_STATEMENTS);
}

#[test]
fn mariadb_shows_each_kind_of_statement() {
    let Some(server) = servers::mariadb() else { return };
    let database = server.database();
    database.execute(MARIADB);
    each(&database, Provider::Mysql, &MARIADB_STATEMENTS);
}

fn each(database: &TestDatabase, provider: Provider, statements: &[&str]) {
    let url = DatabaseUrl::parse(Some(provider), &database.url(), Path::new("/")).expect("the URL of the test");
    let mut connection = connect(&url, ConnectOptions::default()).expect("the server answers");
    let mut wrong = Vec::new();
    for statement in statements {
        let before = seen(provider, &mut *connection, statement);
        database.execute(statement);
        let after = seen(provider, &mut *connection, statement);
        if before.0 != Seen::NotDone || after.0 != Seen::Done {
            wrong.push(format!("{statement}\n  before: {before:?}\n  after: {after:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn seen(provider: Provider, connection: &mut dyn Database, statement: &str) -> (Seen, String) {
    let schema = connection.server().expect("the server answers").schema;
    let catalogue = Catalogue::read(provider, schema.as_deref(), connection).expect("the catalogue answers");
    let migration = Migration {
        name: "1_a".to_owned(),
        path: PathBuf::from("1_a"),
        script: Ok(statement.into()),
        checksum: Some(Checksum::of(statement.as_bytes())),
        reverts: Vec::new(),
    };
    let entry = Entry {
        name: "1_a".to_owned(),
        state: State::Failed,
        on_disk: true,
        script_problem: None,
        edited: Some(false),
        applied_at: None,
        started_at: None,
        rolled_back_at: None,
        logs: None,
        attempts: 1,
    };
    let diagnosis = diagnose(&Case {
        environment: "staging",
        provider,
        prisma: None,
        entry: &entry,
        migration: Some(&migration),
        catalogue: Ok(&catalogue),
    });
    let found = &diagnosis.statements[0];
    (found.seen, found.says.clone())
}
