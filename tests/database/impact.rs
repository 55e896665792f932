//! What the impact gate asks real servers: sizes, rows that stand in the way, conditions of directives.

use std::path::Path;

use prisma_safe::database::{ConnectOptions, Rows, TableRef, connect, sizes};
use prisma_safe::environment::DatabaseUrl;
use prisma_safe::migrations::Checksum;
use prisma_safe::project::Provider;

use crate::fixture::{SQLITE_TABLE, each_server, table};
use crate::project::Project;
use crate::support::servers::{Kind, TestDatabase};

const INIT: &str = "20260101000000_init";

fn size_of(database: &TestDatabase, name: &str) -> Option<(Rows, Option<u64>)> {
    let url = DatabaseUrl::parse(None, &database.url(), Path::new("/")).expect("the URL of the test");
    let mut connection = connect(&url, ConnectOptions::default()).expect("the server answers");
    let wanted = TableRef { schema: None, name: name.to_owned() };
    let found =
        sizes(&mut *connection, url.provider(), None, std::slice::from_ref(&wanted)).expect("the catalogue answers");
    found.get(&wanted).map(|size| (size.rows, size.bytes))
}

#[test]
fn sizes_are_the_statistics_of_the_server() {
    for server in each_server() {
        let database = server.database();
        assert_eq!(size_of(&database, "T"), None, "no such table");
        let fill = match server.kind {
            Kind::Postgres => {
                database.execute("CREATE TABLE \"T\" (id INTEGER) WITH (autovacuum_enabled = off)");
                assert_eq!(size_of(&database, "T").unwrap().0, Rows::Exactly(0));
                database.execute("INSERT INTO \"T\" SELECT generate_series(1, 5000)");
                // Never analyzed: a bound, not a number.
                let Rows::AtMost(most) = size_of(&database, "T").unwrap().0 else { panic!("it was never analyzed") };
                assert!((5_000..20_000).contains(&most), "{most}");
                "ANALYZE \"T\""
            }
            Kind::MariaDb => {
                database.execute("CREATE TABLE T (id INTEGER PRIMARY KEY) ENGINE=InnoDB");
                database.execute("INSERT INTO T SELECT seq FROM seq_1_to_5000");
                "ANALYZE TABLE T"
            }
        };
        database.execute(fill);
        let (rows, bytes) = size_of(&database, "T").unwrap();
        let Rows::About(rows) = rows else { panic!("{rows:?}") };
        assert!((4_000..6_000).contains(&rows), "{rows}");
        assert!(bytes.unwrap() > 100_000, "{bytes:?}");
        if server.kind == Kind::Postgres {
            // The statistics are old: pages of now count.
            database.execute("INSERT INTO \"T\" SELECT generate_series(1, 5000)");
            let Rows::About(rows) = size_of(&database, "T").unwrap().0 else { panic!() };
            assert!((9_000..11_000).contains(&rows), "{rows}");
            // A partitioned table is as large as its partitions.
            database.execute(
                "CREATE TABLE p (id INTEGER) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000); \
                 INSERT INTO p SELECT generate_series(1, 5000); ANALYZE p",
            );
            let Rows::About(rows) = size_of(&database, "p").unwrap().0 else { panic!() };
            assert!((4_900..5_100).contains(&rows), "{rows}");
        }
    }
}

/// What a dry run says of production, and how it ends.
fn plan(project: &Project) -> (i32, serde_json::Value) {
    let ran = project.run(&["deploy", "--env", "production", "--dry-run", "--format", "json"]);
    let document = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.shown()));
    (ran.code, document)
}

fn gate<'d>(document: &'d serde_json::Value, name: &str) -> (&'d str, &'d str) {
    let verdicts = document["verdicts"].as_array().expect("an array");
    let verdict = verdicts.iter().find(|verdict| verdict["gate"] == name).expect("it is among them");
    (verdict["verdict"].as_str().expect("a text"), verdict["evidence"].as_str().expect("a text"))
}

/// A project whose first migration is in its production.
fn project(provider: &str, init: &str) -> Project {
    let mut project = Project::new(provider);
    for (day, slug) in (1..).zip(["a", "b", "c", "d", "e", "f"]) {
        project.remove_migration(&format!("2026010{day}000000_{slug}"));
    }
    project.migration(INIT, init);
    project.write("prisma-safe.toml", "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n");
    project.set("PRODUCTION_URL", "");
    project
}

fn applied(init: &str) -> String {
    format!(
        "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count) \
         VALUES ('1', '{}', '2026-01-01 00:00:01', '{INIT}', '2026-01-01 00:00:00', 1)",
        Checksum::of(init.as_bytes())
    )
}

#[test]
fn rows_that_stand_in_the_way_stop_a_deploy_before_it_begins() {
    for server in each_server() {
        let (provider, quote) = match server.kind {
            Kind::Postgres => ("postgresql", "\""),
            Kind::MariaDb => ("mysql", "`"),
        };
        let sql = |text: &str| text.replace('"', quote);
        let init = sql("CREATE TABLE \"User\" (\"id\" INTEGER PRIMARY KEY, \"email\" VARCHAR(50), \"age\" INTEGER);\n\
             CREATE TABLE \"Post\" (\"id\" INTEGER PRIMARY KEY, \"author\" INTEGER);\n");
        let database = server.database();
        for statement in init.split_inclusive(';').map(str::trim).filter(|part| !part.is_empty()) {
            database.execute(statement);
        }
        database.execute(table(server.kind));
        database.execute(&applied(&init));
        database.execute(&sql("INSERT INTO \"User\" VALUES (1, 'a', 5), (2, 'a', 6), (3, NULL, 70000)"));
        database.execute(&sql("INSERT INTO \"Post\" VALUES (1, 1), (2, 9)"));
        let mut project = project(provider, &init);
        project.set("PRODUCTION_URL", &database.url());
        let required = match server.kind {
            Kind::Postgres => "ALTER TABLE \"User\" ALTER COLUMN \"email\" SET NOT NULL;\n",
            Kind::MariaDb => "ALTER TABLE `User` MODIFY `email` VARCHAR(50) NOT NULL;\n",
        };
        project.migration("20260201000000_required", required);
        project.migration(
            "20260202000000_unique",
            &sql("CREATE UNIQUE INDEX \"User_email_key\" ON \"User\" (\"email\");\n"),
        );
        project.migration(
            "20260203000000_key",
            &sql("ALTER TABLE \"Post\" ADD CONSTRAINT \"Post_author_fkey\" FOREIGN KEY (\"author\") REFERENCES \"User\" (\"id\");\n"),
        );
        project.migration(
            "20260204000000_check",
            &sql("ALTER TABLE \"User\" ADD CONSTRAINT \"young\" CHECK (\"age\" < 100);\n"),
        );
        let (code, document) = plan(&project);
        let (verdict, evidence) = gate(&document, "impact");
        assert_eq!((code, verdict), (3, "block"), "{evidence}");
        for found in [
            "`20260201000000_required` line 1 cannot do what it should: there is 1 row of `User` with NULL in `email`",
            "there is 1 value more than once in `User`, for a key that must be unique",
            "there is 1 row of `Post` pointing at no row of `User`",
            "there is 1 row of `User` breaking `young`",
        ] {
            assert!(evidence.contains(found), "no {found:?} in {evidence}");
        }
        assert!(document["expected_downtime"].as_str().unwrap().starts_with("expected downtime: "), "{document}");
        // Put right, nothing stands in the way.
        database.execute(&sql("UPDATE \"User\" SET \"email\" = CONCAT('u', \"id\"), \"age\" = 7"));
        database.execute(&sql("DELETE FROM \"Post\" WHERE \"id\" = 2"));
        if server.kind == Kind::Postgres {
            database.execute("ANALYZE");
        }
        let (_, document) = plan(&project);
        let (verdict, evidence) = gate(&document, "impact");
        assert_eq!(verdict, "pass", "{evidence}");
        assert!(evidence.contains("4 questions about the rows, nothing in the way"), "{evidence}");
    }
}

#[test]
fn conditions_of_directives_are_held_against_the_live_table() {
    let init = "CREATE TABLE \"User\" (\"id\" INTEGER PRIMARY KEY, \"name\" TEXT);\n";
    let mut project = project("sqlite", init);
    let rows: Vec<String> = (0..200).map(|id| format!("({id}, 'n')")).collect();
    let file = project.sqlite(
        "prod.db",
        &format!("{init}{SQLITE_TABLE};\n{};\nINSERT INTO \"User\" VALUES {};", applied(init), rows.join(", ")),
    );
    project.set("PRODUCTION_URL", &format!("file:{}", file.path.display()));
    let allowed = |limit: u32| {
        format!("-- prisma-safe: allow drop-table reason=\"unused\" when=\"rows < {limit}\"\nDROP TABLE \"User\";\n")
    };
    let settings =
        "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n[lint.rules]\ndrop-table = \"deny\"\n";
    project.write("prisma-safe.toml", settings);
    project.migration("20260201000000_drop", &allowed(100));
    let (_, document) = plan(&project);
    let (verdict, evidence) = gate(&document, "lint");
    assert_eq!(verdict, "block");
    assert!(evidence.contains("allowed only when rows < 100, and its table has 200 rows"), "{evidence}");
    project.migration("20260201000000_drop", &allowed(201));
    let (_, document) = plan(&project);
    assert_ne!(gate(&document, "lint").0, "block", "{document}");
}

#[test]
fn a_sqlite_file_is_counted_no_further_than_needed() {
    let project = project("sqlite", "SELECT 1;");
    let file = project.sqlite(
        "big.db",
        "CREATE TABLE t (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000100) INSERT INTO t SELECT 1 FROM n; \
         CREATE TABLE s (x); INSERT INTO s VALUES (1), (2);",
    );
    let url = DatabaseUrl::parse(None, &format!("file:{}", file.path.display()), Path::new("/")).unwrap();
    let mut connection = connect(&url, ConnectOptions::default()).unwrap();
    let wanted: Vec<TableRef> =
        ["t", "S", "gone"].map(|name| TableRef { schema: None, name: name.to_owned() }).into_iter().collect();
    let found = sizes(&mut *connection, Provider::Sqlite, None, &wanted).unwrap();
    assert_eq!(found.values().map(|size| size.rows).collect::<Vec<_>>(), [Rows::Exactly(2), Rows::AtLeast(1_000_000)]);
}

#[test]
fn what_was_changed_by_hand_is_seen() {
    let init = "CREATE TABLE \"User\" (\"id\" INTEGER PRIMARY KEY, \"name\" TEXT);\n";
    let mut project = project("sqlite", init);
    let file = project.sqlite("prod.db", &format!("{init}{SQLITE_TABLE};\n{};", applied(init)));
    project.set("PRODUCTION_URL", &format!("file:{}", file.path.display()));
    project.migration("20260201000000_add", "ALTER TABLE \"User\" ADD COLUMN \"note\" TEXT;\n");
    let (_, document) = plan(&project);
    assert_eq!(gate(&document, "drift").0, "pass", "{document}");
    let mut session = file.session();
    session
        .execute("CREATE INDEX by_hand ON \"User\" (\"name\"); CREATE TABLE \"_archive_20260101000000_t\" (x); CREATE TABLE kept (x)");
    drop(session);
    let (code, document) = plan(&project);
    let (verdict, evidence) = gate(&document, "drift");
    assert_eq!((code, verdict), (3, "block"));
    assert!(evidence.contains("index `by_hand` of `User` is in the database and not in the migrations"), "{evidence}");
    assert!(evidence.contains("table `kept`"), "{evidence}");
    let settings = "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n[env.production.drift]\nignore = [\"by_*\", \"kept\"]\n";
    project.write("prisma-safe.toml", settings);
    assert_eq!(gate(&plan(&project).1, "drift").0, "pass");
}

#[test]
fn a_postgres_database_is_compared_with_a_replay_of_its_migrations() {
    let Some(server) = crate::support::servers::postgres() else { return };
    let database = server.database();
    let init = "CREATE TYPE mood AS ENUM ('a', 'b');\nCREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"name\" TEXT, \"mood\" mood);\n";
    database.execute(init);
    database.execute(table(server.kind));
    database.execute(&applied(init));
    // Neighbours' schemas and extensions are none of ours.
    database.execute("CREATE SCHEMA other; CREATE TABLE other.t (x INTEGER)");
    let mut project = project("postgresql", init);
    project.set("PRODUCTION_URL", &database.url());
    project.set("PATH", &std::env::var("PATH").unwrap());
    project.migration("20260201000000_add", "ALTER TABLE \"User\" ADD COLUMN \"note\" TEXT;\n");
    let (_, document) = plan(&project);
    assert_eq!(gate(&document, "drift").0, "pass", "{document}");
    database.execute("ALTER TABLE \"User\" ALTER COLUMN \"name\" SET NOT NULL");
    let (_, document) = plan(&project);
    let (verdict, evidence) = gate(&document, "drift");
    assert_eq!(verdict, "block");
    assert!(
        evidence.contains(
            "column `User`.`name`: its nullability is `NOT NULL` in the database and in the migrations `NULL`"
        ),
        "{evidence}"
    );
}

/// What all gates cost: 200 migrations, 5 of them pending, staging asked live, no backup, no drift. The figure is for
/// `cargo test --release --test database gates_cost -- --nocapture`; here it only has to be finite.
#[test]
fn gates_cost() {
    use std::fmt::Write as _;

    const ALL: usize = 200;
    const PENDING: usize = 5;
    let Some(server) = crate::support::servers::postgres() else { return };
    let (production, staging) = (server.database(), server.database());
    let mut project = project("postgresql", "SELECT 1;\n");
    project.remove_migration(INIT);
    let mut staged = format!("{};", table(server.kind));
    let mut deployed = staged.clone();
    for at in 0..ALL {
        let name = format!("20250101{at:06}_step");
        let mut sql = format!("CREATE TABLE \"T{at}\" (\"id\" SERIAL PRIMARY KEY, \"a\" TEXT, \"b\" INTEGER);\n");
        if at > 0 {
            let _ = writeln!(sql, "ALTER TABLE \"T{}\" ADD COLUMN \"c\" TEXT;", at - 1);
            let _ = writeln!(sql, "CREATE INDEX \"T{0}_a\" ON \"T{0}\" (\"a\");", at - 1);
        }
        project.migration(&name, &sql);
        let row = format!(
            "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count) \
             VALUES ('{at}', '{}', now(), '{name}', now(), 1)",
            Checksum::of(sql.as_bytes())
        );
        let _ = writeln!(staged, "{row};");
        if at < ALL - PENDING {
            let _ = writeln!(deployed, "{sql}{row};");
        }
    }
    staging.execute(&staged);
    production.execute(&deployed);
    production.execute("ANALYZE");
    project.write(
        "prisma-safe.toml",
        "[env.staging]\nkind = \"staging\"\nurl-env = \"STAGING_URL\"\n\
         [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\nrequires = [\"staging\"]\n\
         [env.production.gates]\ndrift = \"off\"\n",
    );
    project.set("PRODUCTION_URL", &production.url()).set("STAGING_URL", &staging.url());
    project.set("PATH", &std::env::var("PATH").unwrap());
    let best = (0..3).map(|_| {
        let began = std::time::Instant::now();
        let (_, document) = plan(&project);
        assert_eq!(gate(&document, "staged").0, "pass", "{document}");
        assert_eq!(document["pending"].as_array().unwrap().len(), PENDING);
        began.elapsed()
    });
    let best = best.min().unwrap();
    crate::support::say(&format!("all gates, {ALL} migrations, {PENDING} pending: {} ms", best.as_millis()));
}
