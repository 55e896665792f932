//! `status` as a user sees it: whole output, on every database.

use crate::fixture::{SQLITE_TABLE, each_server, lock_is_free, lock_is_mine, table};
use crate::project::{Project, Run, every_state};
use crate::support::servers::{self, Kind, Server};

fn provider(server: &Server) -> &'static str {
    match server.kind {
        Kind::Postgres => "postgresql",
        Kind::MariaDb => "mysql",
    }
}

/// A project whose production is an SQLite file with this in it.
fn sqlite_project(sql: &str) -> Project {
    let mut project = Project::new("sqlite");
    project.migration("20260105120000_z", "SELECT 6;");
    project.write("prisma-safe.toml", "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n");
    project.sqlite("prisma/production.db", sql);
    project.set("PRODUCTION_URL", "file:./production.db");
    let version = sqlite_version(&project);
    project.hide(version, "[VERSION]");
    project
}

fn sqlite_version(project: &Project) -> String {
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["status", "--format", "json"]).stdout).expect("JSON");
    json["environments"][0]["server"]["version"].as_str().unwrap_or("no version").to_owned()
}

#[test]
fn every_state_is_told_apart_the_same_way_everywhere() {
    let _lock = lock_is_free();
    let sqlite = sqlite_project(&format!("{SQLITE_TABLE}; {}", every_state())).run(&["status"]);
    insta::assert_snapshot!(sqlite.shown(), @r#"
    exit 6
    --- stdout
    production at file:[ROOT]/prisma/production.db, SQLite [VERSION]
      applied       20260101000000_a    2026-01-01 10:00:01
      edited        20260102000000_b    2026-01-02 10:00:01  the file has changed since it ran
      missing       20260102120000_gone 2026-01-02 12:00:01  not on disk
      failed        20260103000000_c    2026-01-03 10:00:00  started, then failed
                    | A migration failed
                    | relation "x" does not exist
      rolled back   20260104000000_d    2026-01-04 11:00:00  the next deploy runs it again
      out of order  20260105000000_e                         older than the newest one that was applied
      applied       20260105120000_z    2026-01-05 12:00:01  2 attempts
      pending       20260106000000_f
      8 migrations: 2 applied, 1 edited, 1 missing, 1 failed, 1 rolled back, 1 out of order, 1 pending
    --- stderr
    hint: `cargo prisma-safe resolve --env production` helps `20260103000000_c` out of its failure
    hint: put `20260102000000_b` back as it was run (version control has it) and write the change as a new migration: `cargo prisma-safe new NAME`
    hint: bring the folder `20260102120000_gone` back from version control
    hint: `20260105000000_e` would run after newer ones: where nobody has applied it yet, rename its folder to a time after them
    "#);
    for server in each_server() {
        let database = server.database();
        database.execute(&format!("{}; {}", table(server.kind), every_state()));
        let mut project = Project::new(provider(server));
        project.migration("20260105120000_z", "SELECT 6;");
        project.write("prisma-safe.toml", "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n");
        project.hide_server(&database).set("PRODUCTION_URL", &database.url());
        let run = project.run(&["status"]);
        let heading = match server.kind {
            Kind::Postgres => "production at postgresql://[SERVER], PostgreSQL [VERSION]\n",
            Kind::MariaDb => "production at mysql://[SERVER], MariaDB [VERSION]\n",
        };
        let body = |run: &Run| run.stdout.split_once('\n').map(|(_, body)| body.to_owned());
        assert_eq!(run.stdout.split_inclusive('\n').next(), Some(heading));
        assert_eq!(body(&run), body(&sqlite), "{heading}");
        assert_eq!((run.code, &run.stderr), (sqlite.code, &sqlite.stderr), "{heading}");
    }
}

#[test]
fn json_has_the_names_that_scripts_rely_on() {
    let run = sqlite_project(&format!("{SQLITE_TABLE}; {}", every_state())).run(&["status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("one document");
    let environment = &json["environments"][0];
    let migrations: Vec<String> = environment["migrations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{} {} {} {}", one["name"], one["state"], one["applied_at"], one["logs"]))
        .collect();
    insta::assert_snapshot!(migrations.join("\n"), @r#"
    "20260101000000_a" "applied" "2026-01-01T10:00:01Z" null
    "20260102000000_b" "edited" "2026-01-02T10:00:01Z" null
    "20260102120000_gone" "missing" "2026-01-02T12:00:01Z" null
    "20260103000000_c" "failed" null "A migration failed\nrelation \"x\" does not exist"
    "20260104000000_d" "rolled_back" null "no such column"
    "20260105000000_e" "out_of_order" null null
    "20260105120000_z" "applied" "2026-01-05T12:00:01Z" "syntax error"
    "20260106000000_f" "pending" null null
    "#);
    assert_eq!(json["schema_version"], 1);
    assert_eq!(environment["name"], "production");
    assert_eq!(environment["reachable"], true);
    assert_eq!(environment["lock"], serde_json::json!({ "held": false, "by": null, "since": null }));
    assert_eq!(run.code, 6);
}

#[test]
fn before_the_first_deploy() {
    let mut said = Vec::new();
    let mut file = sqlite_project("CREATE TABLE other (id INTEGER)");
    file.remove_migration("20260105120000_z");
    said.push(file.run(&["status"]).shown());
    file.set("PRODUCTION_URL", "file:./typo.db");
    said.push(file.run(&["status"]).shown());
    assert!(!file.root().join("prisma/typo.db").exists());
    std::fs::remove_dir_all(file.root().join("prisma/migrations")).expect("it was there");
    said.push(file.run(&["status"]).shown());
    insta::assert_snapshot!(said.join("\n"), @r"
    exit 0
    --- stdout
    production at file:[ROOT]/prisma/production.db, SQLite [VERSION]
      pending       20260101000000_a
      pending       20260102000000_b
      pending       20260103000000_c
      pending       20260104000000_d
      pending       20260105000000_e
      pending       20260106000000_f
      6 migrations: 6 pending
      nothing was deployed here yet: there is no table `_prisma_migrations`
    --- stderr
    hint: `cargo prisma-safe deploy --env production --dry-run` shows what the next deploy would run

    exit 0
    --- stdout
    production at file:[ROOT]/prisma/typo.db
      pending       20260101000000_a
      pending       20260102000000_b
      pending       20260103000000_c
      pending       20260104000000_d
      pending       20260105000000_e
      pending       20260106000000_f
      6 migrations: 6 pending
      there is no database at file:[ROOT]/prisma/typo.db: the file `[ROOT]/prisma/typo.db` does not exist; nothing was created
    --- stderr
    hint: `cargo prisma-safe deploy --env production --create-database` makes the database

    exit 0
    --- stdout
    production at file:[ROOT]/prisma/typo.db
      no migrations yet
      there is no database at file:[ROOT]/prisma/typo.db: the file `[ROOT]/prisma/typo.db` does not exist; nothing was created
    --- stderr
    warning: there is no migrations folder at `prisma/migrations` yet
    ");
    for server in each_server() {
        let missing = server.missing_database();
        let mut project = Project::new(provider(server));
        project.hide(missing.name.clone(), "[NAME]").set("DATABASE_URL", &missing.url());
        let run = project.run(&["status"]);
        assert_eq!(run.code, 0, "{}", run.shown());
        assert!(run.stdout.contains("the server has no database `[NAME]`; nothing was created"), "{}", run.shown());
        assert!(run.stdout.contains("6 migrations: 6 pending"), "{}", run.shown());
        assert!(!server.databases().contains(&missing.name));
    }
}

#[test]
fn a_clean_history_says_so_and_is_folded_when_long() {
    let project = sqlite_project(SQLITE_TABLE);
    let mut sql = String::from("INSERT INTO _prisma_migrations VALUES ");
    for number in 10..60 {
        let name = format!("202602{:02}0000{number}_m", number % 28 + 1);
        project.migration(&name, "");
        sql.push_str(&format!(
            "('{number}', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '2026-03-01T00:00:{number}.000+00:00', \
             '{name}', NULL, NULL, '2026-03-01 00:00:00', 1),"
        ));
    }
    for name in ["a", "b", "c", "d", "e", "f"].iter().zip(1..).map(|(slug, day)| format!("2026010{day}000000_{slug}")) {
        project.remove_migration(&name);
    }
    project.remove_migration("20260105120000_z");
    project.migration("20260401000000_next", "");
    project.sqlite("prisma/production.db", sql.trim_end_matches(','));
    insta::assert_snapshot!(project.run(&["status"]).shown(), @r"
    exit 0
    --- stdout
    production at file:[ROOT]/prisma/production.db, SQLite [VERSION]
      applied       46 migrations: 20260201000028_m to 20260226000053_m
      applied       20260227000026_m    2026-03-01 00:00:26
      applied       20260227000054_m    2026-03-01 00:00:54
      applied       20260228000027_m    2026-03-01 00:00:27
      applied       20260228000055_m    2026-03-01 00:00:55
      pending       20260401000000_next
      51 migrations: 50 applied, 1 pending
    --- stderr
    hint: `cargo prisma-safe deploy --env production --dry-run` shows what the next deploy would run
    ");
    assert_eq!(project.run(&["status", "--verbose"]).stdout.lines().count(), 1 + 51 + 1);
    assert_eq!(project.run(&["status", "--all"]).stdout.lines().count(), 1 + 6 + 1);
}

#[test]
fn environments_side_by_side_with_one_that_cannot_be_reached() {
    let mut project = Project::new("sqlite");
    project.write(
        "prisma-safe.toml",
        "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\
         [env.staging]\nkind = \"staging\"\nurl-env = \"STAGING_URL\"\n\
         [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n\
         [env.elsewhere]\nkind = \"preview\"\nurl-env = \"NOT_SET\"\n",
    );
    project.sqlite("prisma/dev.db", &format!("{SQLITE_TABLE}; {}", every_state()));
    project.sqlite("prisma/staging.db", SQLITE_TABLE);
    project.set("DATABASE_URL", "file:./dev.db").set("STAGING_URL", "file:./staging.db");
    project.set("PRODUCTION_URL", "file:./schema.prisma");
    let version = sqlite_version(&project);
    project.hide(version, "[VERSION]");
    let run = project.run(&["status", "--all"]);
    insta::assert_snapshot!(run.shown(), @r"
    exit 5
    --- stdout
                         dev                              staging  production  elsewhere
    20260101000000_a     2026-01-01 10:00:01              pending  ?           ?
    20260102000000_b     edited 2026-01-02 10:00:01       pending  ?           ?
    20260102120000_gone  missing 2026-01-02 12:00:01      -        ?           ?
    20260103000000_c     failed 2026-01-03 10:00:00       pending  ?           ?
    20260104000000_d     rolled back 2026-01-04 11:00:00  pending  ?           ?
    20260105000000_e     out of order                     pending  ?           ?
    20260105120000_z     missing 2026-01-05 12:00:01      -        ?           ?
    20260106000000_f     pending                          pending  ?           ?
    dev at file:[ROOT]/prisma/dev.db, SQLite [VERSION]: 8 migrations: 1 applied, 1 edited, 2 missing, 1 failed, 1 rolled back, 1 out of order, 1 pending
    staging at file:[ROOT]/prisma/staging.db, SQLite [VERSION]: 6 migrations: 6 pending
    production at file:[ROOT]/prisma/schema.prisma: not known, see the error
    elsewhere (preview): not known, see the error
    --- stderr
    error: file:[ROOT]/prisma/schema.prisma is not a database: the file is something else, or an encrypted database
    why: the URL points at something else; nothing there was touched
    hint: check the URL with `cargo prisma-safe env show`
    error: `NOT_SET`, the URL of `elsewhere`, is not set
    why: set in prisma-safe.toml:12; looked in the process environment; there is no `.env` file that this Prisma reads
    hint: set `NOT_SET` for this command
    hint: `cargo prisma-safe resolve --env dev` helps `20260103000000_c` out of its failure
    hint: put `20260102000000_b` back as it was run (version control has it) and write the change as a new migration: `cargo prisma-safe new NAME`
    hint: bring the folder `20260102120000_gone` back from version control
    hint: `20260105000000_e` would run after newer ones: where nobody has applied it yet, rename its folder to a time after them
    hint: `cargo prisma-safe deploy --env staging --dry-run` shows what the next deploy would run
    ");
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["status", "--all", "--format", "json"]).stdout).expect("one document");
    let reachable: Vec<_> =
        json["environments"].as_array().expect("a list").iter().map(|one| &one["reachable"]).collect();
    assert_eq!(reachable, [true, true, false, false]);
    let two = project.run(&["status", "--env", "staging,dev"]);
    assert!(two.stdout.starts_with("staging at ") && two.stdout.contains("\ndev at "), "{}", two.shown());
    assert_eq!(two.code, 6);
}

#[test]
fn a_server_that_is_down() {
    let mut project = Project::new("postgresql");
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("known").port();
    project
        .set("DATABASE_URL", &format!("postgresql://u:admin-pass@127.0.0.1:{port}/shop"))
        .hide(port.to_string(), "[PORT]");
    insta::assert_snapshot!(project.run(&["status"]).shown(), @r"
    exit 5
    --- stdout
    dev at postgresql://127.0.0.1:[PORT]/shop
      not known: see the error
    --- stderr
    error: cannot reach 127.0.0.1:[PORT] (for postgresql://127.0.0.1:[PORT]/shop)
      caused by: the connection was refused
    why: what has been applied there is not known, so nothing may be decided
    hint: check that the server runs and that the port is right
    ");
}

#[test]
fn while_a_deploy_runs_nothing_is_called_failed() {
    let _lock = lock_is_mine();
    for server in each_server() {
        let database = server.database();
        database.execute(&format!(
            "{}; INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) \
             VALUES ('1', 'x', '20260101000000_a', '2026-01-01 10:00:00')",
            table(server.kind)
        ));
        let mut project = Project::new(provider(server));
        project.set("DATABASE_URL", &database.url());
        let mut deploy = database.session();
        deploy.column(match server.kind {
            Kind::Postgres => "SELECT 'x' FROM (SELECT pg_advisory_lock(72707369)) l",
            Kind::MariaDb => "SELECT CAST(GET_LOCK('prisma_migrate', 10) AS CHAR)",
        });
        let run = project.run(&["status"]);
        for part in ["running?      20260101000000_a 2026-01-01 10:00:00", "Prisma's lock is held by user `"] {
            assert!(run.stdout.contains(part), "{part}: {}", run.shown());
        }
        assert!(run.stderr.contains("wait for the deploy that holds the lock"), "{}", run.shown());
    }
}

#[test]
fn a_locked_file_is_said_to_be_at_work() {
    let project = sqlite_project(SQLITE_TABLE);
    let holder = crate::lock::Holder::of(&project.root().join("prisma/production.db"));
    let run = project.run(&["status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("one document");
    assert_eq!(json["environments"][0]["reachable"], false);
    assert_eq!(json["environments"][0]["lock"]["held"], true);
    let by = json["environments"][0]["lock"]["by"].as_str().expect("a name");
    assert!(by.starts_with(&format!("process {} (", holder.process.id())), "{by}");
    assert_eq!(run.code, 5);
}

#[test]
fn without_settings_a_url_that_is_not_a_developers_own_is_not_called_dev() {
    let mut project = Project::new("postgresql");
    project.set("DATABASE_URL", "postgresql://u:admin-pass@db.shop.invalid/shop?connect_timeout=1");
    let run = project.run(&["status"]);
    insta::assert_snapshot!(run.shown(), @r"
    exit 5
    --- stdout
    dev (unstated) at postgresql://db.shop.invalid:5432/shop
      not known: see the error
    --- stderr
    warning: `dev` (postgresql://db.shop.invalid:5432/shop) is not proven to be a developer's own database: its URL leads to `db.shop.invalid`, which is neither this machine nor listed in `dev-hosts`
    hint: `cargo prisma-safe init` writes a prisma-safe.toml where you can say what it is
    error: cannot reach db.shop.invalid:5432 (for postgresql://db.shop.invalid:5432/shop)
      caused by: the host name does not resolve
    why: what has been applied there is not known, so nothing may be decided
    hint: check the spelling of the host and whether you are on the right network
    ");
}

#[test]
fn hostile_names_and_logs_cannot_move_the_cursor() {
    let project = sqlite_project(&format!(
        "{SQLITE_TABLE}; INSERT INTO _prisma_migrations VALUES ('1', 'x', NULL, 'evil\x1b[2J', 'log\x1b[31m\u{202e}\r', NULL, 1, 0)"
    ));
    for arguments in [&["status"][..], &["status", "--all"]] {
        let run = project.run(arguments);
        assert!(!run.shown().contains(['\x1b', '\r', '\u{202e}']), "{:?}", run.shown());
        assert!(run.stdout.contains(r"evil\u{1b}[2J"), "{}", run.shown());
    }
}

#[test]
fn a_stray_directory_and_a_foreign_lock_file_are_said() {
    let project = sqlite_project(SQLITE_TABLE);
    project.write("prisma/migrations/_archive/note.txt", "");
    project.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
    let run = project.run(&["status"]);
    insta::assert_snapshot!(run.shown(), @r"
    exit 1
    --- stdout
    production at file:[ROOT]/prisma/production.db, SQLite [VERSION]
      pending       _archive                              has no `migration.sql`
      pending       20260101000000_a
      pending       20260102000000_b
      pending       20260103000000_c
      pending       20260104000000_d
      pending       20260105000000_e
      pending       20260105120000_z
      pending       20260106000000_f
      8 migrations: 8 pending
    --- stderr
    warning: `_archive` has no `migration.sql`: Prisma takes every directory here as a migration and stops at this one (P3015)
    warning: Prisma 6.6 and later runs `_archive` before `20260101000000_a`, older versions the other way round
    warning: `migration_lock.toml` says `postgresql` and the schema `sqlite`: deploy refuses that (P3019)
    hint: add `migration.sql` to `_archive` or remove the folder: deploy stops there (P3015)
    ");
}

#[test]
fn the_mark_of_another_environment_is_pointed_out() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    database.execute(&format!(
        "{}; COMMENT ON TABLE _prisma_migrations IS 'prisma-safe: environment=production kind=production'",
        table(Kind::Postgres)
    ));
    let mut project = Project::new("postgresql");
    project.hide_server(&database).set("DATABASE_URL", &database.url());
    insta::assert_snapshot!(project.run(&["status"]).shown(), @r"
    exit 1
    --- stdout
    dev at postgresql://[SERVER], PostgreSQL [VERSION]
      pending       20260101000000_a
      pending       20260102000000_b
      pending       20260103000000_c
      pending       20260104000000_d
      pending       20260105000000_e
      pending       20260106000000_f
      6 migrations: 6 pending
      the database itself says that it is `production` (production), not `dev` (dev)
    --- stderr
    hint: `cargo prisma-safe deploy --env dev --dry-run` shows what the next deploy would run
    ");
}
