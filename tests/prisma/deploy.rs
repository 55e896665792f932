//! `deploy` on the real CLI: what it creates, asks, refuses, applies, and what it believes afterwards.

use crate::bed::{Bed, majors};
use crate::doubles::double;
use crate::support::servers;

const CREATE_USERS: &str = "20260105090000_create_users";

/// Everything but the wrapper itself is out of reach: a command that ends well started no Node.
fn without_node(bed: &mut Bed) {
    bed.set("PATH", "/nonexistent");
}

#[test]
fn applies_and_reads_the_ledger_back() {
    for major in majors() {
        let mut bed = Bed::new(major);
        let ran = bed.safe(&["deploy", "--yes"]).ended(0);
        let story = bed.plain(&ran.stderr).replace("prisma/app.db", "app.db");
        // Its name holds the time.
        let (story, receipt) = story.trim_end().rsplit_once('\n').unwrap();
        assert!(
            receipt.starts_with("     Receipt .prisma-safe/receipts/deploy-dev-") && receipt.ends_with(".json"),
            "{receipt}"
        );
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r#"
                  Target dev (dev): file:[PROJECT]/app.db
                    Gate target passes: `file:[PROJECT]/app.db` does not exist yet and will be created
                    Gate history passes: 0 migrations applied, all as they are on disk
                    Gate drift passes: not compared on dev, unless [env.dev.gates] has `drift = "block"`
                    Gate lint passes: 4 statements, nothing found
                    Gate revert passes: nothing that is pending destroys anything
                    Gate staged passes: no environment has to have them before `dev`
                    Gate stabilization passes: no contract step is pending
                    Gate impact passes: the database is new: nobody waits for it yet
                    Gate rows passes: no pending statement says how many rows it expects
                    Gate window passes: no window is set
                    Gate activity passes: nothing to wait for
                    Gate approval passes: `dev` asks for none
                    Gate backup passes: there is no database to keep yet
                    Plan 3 migrations
                         20260105090000_create_users · expand · 2 statements
                         20260112090000_create_posts · expand · 1 statement
                         20260119090000_add_nickname · expand · 1 statement
                Applying 20260105090000_create_users
                Applying 20260112090000_create_posts
                Applying 20260119090000_add_nickname
                Finished 3 migrations applied to `dev`, read back from its ledger
            "#);
        }
        without_node(&mut bed);
        bed.safe(&["deploy", "--yes"]).ended(0).says("nothing is pending in `dev`: 3 migrations applied");
    }
}

#[test]
fn json_is_one_document() {
    for major in majors() {
        let bed = Bed::new(major);
        let ran = bed.safe(&["deploy", "--yes", "--format", "json"]).ended(0);
        let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["schema_version"], 1);
        assert_eq!(document["environment"], "dev");
        let gates: Vec<_> =
            document["verdicts"].as_array().unwrap().iter().map(|v| v["gate"].as_str().unwrap()).collect();
        assert!(gates.contains(&"target") && gates.contains(&"history"), "{gates:?}");
        assert_eq!(document["applied"].as_array().unwrap().len(), 3);
        assert_eq!(document["applied"][0]["name"], CREATE_USERS);
        assert!(document["applied"][0]["finished_at"].is_string());
    }
}

#[test]
fn never_creates_a_database_outside_dev_without_being_told() {
    for major in majors() {
        let bed = Bed::production(major);
        bed.safe(&["deploy", "--env", "production", "--yes"])
            .ended(5)
            .says("the database of `production` does not exist")
            .says("--create-database");
        assert!(!bed.database("app.db").exists(), "a typo in a URL must not make an empty production");
        bed.safe(&["deploy", "--env", "production", "--yes", "--create-database"])
            .ended(0)
            .says("3 migrations applied to `production`");
        assert!(bed.database("app.db").exists());
    }
}

#[test]
fn asks_nothing_without_a_terminal_and_changes_nothing() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::new(major);
    bed.safe(&["deploy"]).ended(2).says("there is no terminal to ask on").says("add `--yes`");
    assert!(!bed.database("app.db").exists());
}

#[test]
fn a_dry_run_prints_the_sql_in_order_and_changes_nothing() {
    for major in majors() {
        let bed = Bed::new(major);
        let ran = bed.safe(&["deploy", "--dry-run"]).ended(0);
        let (first, second) =
            (ran.stdout.find(CREATE_USERS).unwrap(), ran.stdout.find("20260112090000_create_posts").unwrap());
        assert!(first < second && ran.stdout.contains("CREATE TABLE"), "{}", ran.stdout);
        assert!(!bed.database("app.db").exists());
    }
}

#[test]
fn a_failed_migration_blocks_until_it_is_resolved() {
    for major in majors() {
        let mut bed = Bed::new(major);
        bed.migration(
            "20260201090000_broken",
            "CREATE TABLE \"kept\" (\"id\" INTEGER);\nUPDATE \"nowhere\" SET \"x\" = 1;\n",
        );
        let failed = bed.safe(&["deploy", "--yes"]).ended(6);
        let failed =
            failed.says("P3018").says("no such table: nowhere").says("20260201090000_broken is failed in `dev`");
        failed.says("cargo prisma-safe resolve --env dev");
        let path = bed.get("PATH");
        without_node(&mut bed);
        bed.safe(&["deploy", "--yes"]).ended(6).says("failed or still running: `20260201090000_broken`");
        bed.safe(&["status"]).ended(6).says("no such table: nowhere");
        bed.set("PATH", &path);
        bed.safe(&["resolve", "--rolled-back", "20260201090000_broken"])
            .ended(0)
            .says("marked as rolled back")
            .says("cargo prisma-safe deploy --env dev");
        bed.migration("20260201090000_broken", "CREATE TABLE IF NOT EXISTS \"kept\" (\"id\" INTEGER);\n");
        bed.safe(&["deploy", "--yes"]).ended(0).says("1 migration applied to `dev`");
        bed.safe(&["status"]).ended(0);
    }
}

#[test]
fn what_prisma_does_not_notice_blocks_outside_dev() {
    for major in majors() {
        let bed = Bed::production(major).deployed();
        bed.migration("20260119080000_late", "CREATE TABLE \"late\" (\"id\" INTEGER);\n");
        bed.migration(CREATE_USERS, "-- edited\nCREATE TABLE \"users\" (\"id\" INTEGER);\n");
        std::fs::remove_dir_all(bed.migrations().join("20260112090000_create_posts")).unwrap();
        let before = bed.database_bytes("app.db");
        let ran = bed.safe(&["deploy", "--env", "production", "--yes"]).ended(3);
        let ran = ran.says("edited since applied: `20260105090000_create_users`");
        let ran = ran.says("applied there, not on disk here: `20260112090000_create_posts`");
        ran.says("older than what is applied there: `20260119080000_late`");
        assert_eq!(before, bed.database_bytes("app.db"));
    }
}

#[test]
fn another_provider_in_the_lock_file_blocks() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::new(major);
    bed.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
    bed.safe(&["deploy", "--yes"])
        .ended(3)
        .says("the migrations were written for postgresql (migration_lock.toml), the schema says sqlite");
}

#[test]
fn one_database_for_two_environments_blocks() {
    let Some(&major) = majors().last() else { return };
    let mut bed = Bed::new(major);
    bed.write(
        "prisma-safe.toml",
        "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n",
    );
    bed.set("PRODUCTION_URL", "file:././app.db");
    bed.safe(&["deploy", "--env", "staging", "--yes", "--create-database"]).ended(0);
    bed.migration("20260201090000_next", "CREATE TABLE \"next\" (\"id\" INTEGER);\n");
    bed.safe(&["deploy", "--env", "staging", "--yes"])
        .ended(3)
        .says("is also the database of the environment `production`");
}

#[test]
fn a_zero_exit_without_a_word_is_no_success() {
    for major in majors() {
        let mut bed = Bed::new(major);
        let dead = double(&bed.path("."), "dead-engine", "exit 0");
        bed.set("PRISMA_SAFE_REAL_ENGINE", dead.to_str().unwrap());
        bed.safe(&["deploy", "--yes"]).ended(4);
    }
}

/// An engine that claims to have applied everything, and did nothing.
#[test]
fn a_claim_that_the_ledger_does_not_bear_out_is_no_success() {
    for major in majors() {
        let mut bed = Bed::new(major).deployed();
        bed.migration("20260201090000_next", "CREATE TABLE \"next\" (\"id\" INTEGER);\n");
        let liar = double(
            &bed.path("."),
            "lying-engine",
            "case \" $* \" in *' cli '*) exit 0;; esac\n\
             while read -r line; do id=$(printf '%s' \"$line\" | sed 's/.*\"id\":\\([0-9]*\\).*/\\1/')\n\
             printf '{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"appliedMigrationNames\":[\"20260201090000_next\"]}}\\n' \"$id\"; done",
        );
        bed.set("PRISMA_SAFE_REAL_ENGINE", liar.to_str().unwrap());
        bed.safe(&["deploy", "--yes"])
            .ended(4)
            .says("the ledger of `dev` does not show it: `20260201090000_next` is pending");
    }
}

#[test]
fn marks_a_server_database_and_refuses_another_environments() {
    let Some(server) = servers::postgres() else { return };
    for major in majors() {
        let database = server.database();
        let mut bed = Bed::postgres(major, &database.url());
        bed.write(
            "prisma-safe.toml",
            "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n",
        );
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0).says("Marked the database as `staging`");
        assert_eq!(
            database.session().column("SELECT obj_description('_prisma_migrations'::regclass)"),
            ["prisma-safe: environment=staging kind=staging"]
        );
        // The same place under the name of production: the marker knows better than the settings.
        bed.set("PRODUCTION_URL", &database.url());
        bed.set("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none");
        bed.migration("20260201090000_next", "CREATE TABLE \"next\" (\"id\" INTEGER);\n");
        bed.safe(&["deploy", "--env", "production", "--yes"])
            .ended(3)
            .says("is marked as the environment `staging`, not `production`");
    }
}

#[test]
fn a_lock_timeout_of_the_environment_reaches_the_engine() {
    let Some(server) = servers::postgres() else { return };
    for major in majors() {
        let database = server.database();
        let bed = Bed::postgres(major, &database.url());
        bed.write(
            "prisma-safe.toml",
            "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\nlock-timeout = \"200ms\"\nlock-retries = 0\n",
        );
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0);
        bed.migration("20260201090000_wait", "ALTER TABLE \"User\" ADD COLUMN \"waited\" TEXT;\n");
        let mut reader = database.session();
        reader.execute("BEGIN");
        reader.execute("SELECT count(*) FROM \"User\"");
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(6).says("55P03");
        reader.execute("ROLLBACK");
        // It was a timeout and nothing stayed: one command goes on.
        bed.safe(&["resolve", "--env", "staging", "--retry", "--yes"])
            .ended(0)
            .says("marked as rolled back in `staging`")
            .says("1 migration applied to `staging`");
    }
}

/// `cargo run -- prisma-safe …` builds no other program: then ours stands where the guard would.
#[test]
fn the_wrapper_is_its_own_guard_where_only_it_was_built() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::production(major).deployed();
    let alone = bed.path("cargo-prisma-safe");
    std::fs::copy(crate::bed::SAFE, &alone).unwrap();
    let run = |arguments: &[&str]| crate::bed::Ran::of(&bed.command(&alone).args(arguments).output().unwrap());
    bed.migration("20260201090000_next", "CREATE TABLE \"next\" (\"id\" INTEGER);\n");
    run(&["run", "--env", "production", "--", "migrate", "reset", "--force"]).ended(3);
    run(&["deploy", "--env", "production", "--yes"]).ended(0).says("1 migration applied to `production`");
    run(&["--version"]).ended(0).says("cargo-prisma-safe");
}
