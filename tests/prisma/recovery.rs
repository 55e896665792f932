//! `resolve` on the real CLI and the real failure: what it shows, each way out of it, and that the deploy after it goes through.

use crate::bed::{Bed, majors};
use crate::support::servers;

/// The gates that would have stopped these migrations are not what is tested here.
const STAGING: &str = "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n[env.staging.gates]\nlint = \"off\"\nrevert = \"off\"\n";
const HALF: &str = "20260201090000_half";
const HALF_SQL: &str = "CREATE TABLE kept (id INT PRIMARY KEY, name VARCHAR(20));\nUPDATE nowhere SET x = 1;\nCREATE INDEX kept_name ON kept (name);\n";
const DEPLOY: [&str; 4] = ["deploy", "--env", "staging", "--yes"];
const RESOLVE: [&str; 3] = ["resolve", "--env", "staging"];

fn resolve<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RESOLVE[..], more].concat()
}

/// Times differ from run to run.
fn timeless(text: &str) -> String {
    let without_end = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    match without_end.split_once(", started ") {
        Some((before, after)) => format!("{before}{}", after.split_once(" UTC").map_or("", |(_, rest)| rest)),
        None => without_end,
    }
}

/// SQLite runs statement by statement: a part of the file stays, the rest is finished from a file that somebody has read and mended.
#[test]
fn what_is_missing_is_finished_from_a_file_that_was_read() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::new(major).deployed();
    bed.write("prisma-safe.toml", STAGING);
    bed.migration(HALF, HALF_SQL);
    bed.safe(&DEPLOY).ended(6).says("cargo prisma-safe resolve --env staging");
    let shown = bed.safe(&RESOLVE).ended(6).says("nobody said what became of it");
    insta::assert_snapshot!(timeless(&shown.stdout), @r#"
error: `20260201090000_half` failed in `staging`
 --> prisma/migrations/20260201090000_half/migration.sql:2:1
  |
2 | UPDATE nowhere SET x = 1;
  | ^^^^^^^^^^^^^^^^^^^^^^^^ no such table: nowhere
  |
  = why: something that the SQL names is not there: it was dropped or renamed by hand, a
         migration before this one is missing, or the name is mistyped
  = atomic: no, what stood before the failing statement stays: the file runs statement by
            statement, without a transaction around it

what the database shows of each statement:
    1  done        CREATE TABLE kept (id INT PRIMARY KEY, name VARCHAR(20))
                   table `kept` is there
>   2  cannot tell UPDATE nowhere SET x = 1
                   it changes rows, which no catalogue shows; by the error it did not run, or was taken back
    3  not done    CREATE INDEX kept_name ON kept (name)
                   index `kept_name` of `kept` is not there

ways out, the best first:
  - write what is missing to a file, run it after you have read and, where needed, mended it, and mark the migration applied
    `cargo prisma-safe resolve --env staging --finish 20260201090000_half`
  - write what takes back the done part to a file, run it after you have read it, and mark the migration rolled back
    `cargo prisma-safe resolve --env staging --undo 20260201090000_half`
  - mark it rolled back, and change the file so that it runs over what is there already (`IF NOT EXISTS`): the next deploy runs all of it again
    `cargo prisma-safe resolve --env staging --rolled-back 20260201090000_half`
"#);
    let json = bed.safe(&resolve(&["--format", "json"])).ended(6);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let failed = &document["failed"][0];
    let seen: Vec<&serde_json::Value> = (0..3).map(|at| &failed["statements"][at]["seen"]).collect();
    assert_eq!(seen, ["done", "cannot_tell", "not_done"]);
    assert_eq!((&failed["error"]["statement"], &failed["atomic"]), (&2.into(), &false.into()));
    assert_eq!(failed["ways"][0]["way"], "finish");

    // Not all of it is there, it was no timeout, and nobody has read anything yet.
    bed.safe(&resolve(&["--applied", HALF, "--yes"])).ended(3).says("statement 3 (line 3): index `kept_name`");
    bed.safe(&resolve(&["--retry", "--yes"])).ended(2).says("a part of it is in the database");
    bed.safe(&resolve(&["--finish", "--yes"])).ended(6).says("is written and not run yet").says("-- DECIDE");
    let script = bed.path(&format!(".prisma-safe/recovery/staging/finish_{HALF}.sql"));
    let text = std::fs::read_to_string(&script).unwrap();
    bed.safe(&resolve(&["--finish", "--yes"])).ended(6).says("wait for a decision");
    // What it was written for is no longer so.
    bed.sqlite("CREATE INDEX kept_name ON kept (name); SELECT 'made'");
    bed.safe(&resolve(&["--finish", "--yes"])).ended(6).says("was written for another state");
    bed.sqlite("DROP INDEX kept_name; SELECT 'gone'");
    // A script of one transaction that fails leaves nothing.
    let mended = text.replace("-- DECIDE: run it or leave it out?\n", "");
    std::fs::write(&script, mended.replace("-- UPDATE", "UPDATE")).unwrap();
    bed.safe(&resolve(&["--finish", "--yes"]))
        .ended(5)
        .says("the script stopped at its statement 1 of 2: UPDATE nowhere")
        .says("the database is as it was before the script");
    std::fs::write(&script, mended).unwrap();
    bed.safe(&resolve(&["--finish", "--yes"])).ended(0).says("is marked as applied in `staging`");
    assert_eq!(bed.sqlite("SELECT name FROM sqlite_master WHERE name = 'kept_name'"), "kept_name");
    assert!(!script.exists() && script.with_extension("ran.sql").exists());
    bed.safe(&DEPLOY).ended(0).says("nothing is pending");
    bed.safe(&resolve(&["--finish"])).ended(2).says("no migration has failed in `staging`");
}

/// Prisma 6 sends a PostgreSQL file as one query: nothing of it stays, rows included.
#[test]
fn nothing_of_an_atomic_file_stays() {
    let (Some(server), Some(_)) = (servers::postgres(), majors().first()) else { return };
    let database = server.database();
    let bed = Bed::postgres(6, &database.url());
    bed.write("prisma-safe.toml", STAGING);
    bed.migration(
        "20260201080000_mood",
        "CREATE TYPE \"Mood\" AS ENUM ('ok');\nALTER TABLE \"User\" ADD COLUMN \"mood\" \"Mood\";\n",
    );
    bed.safe(&DEPLOY).ended(0);
    bed.migration(HALF, HALF_SQL);
    bed.safe(&DEPLOY).ended(6).says("P3018");
    let shown = bed.safe(&RESOLVE).ended(6);
    insta::assert_snapshot!(timeless(&shown.stdout), @r#"
error[42P01]: `20260201090000_half` failed in `staging`
 --> prisma/migrations/20260201090000_half/migration.sql:2:1
  |
2 | UPDATE nowhere SET x = 1;
  | ^^^^^^^^^^^^^^^^^^^^^^^^ ERROR: relation "nowhere" does not exist
  |
  = why: a table that the SQL names is not there: it was dropped or renamed by hand, a
         migration before this one is missing, or the name is mistyped
  = atomic: yes, all or nothing: Prisma 6.19 sends a PostgreSQL file as one query, and that is
            one transaction

what the database shows of each statement:
    1  not done    CREATE TABLE kept (id INT PRIMARY KEY, name VARCHAR(20))
                   table `kept` is not there
>   2  not done    UPDATE nowhere SET x = 1
                   statement 1 of the same transaction is not done
    3  not done    CREATE INDEX kept_name ON kept (name)
                   index `kept_name` of `kept` is not there

the way out:
  - nothing of it is in the database: mark it rolled back, mend the file, deploy again
    `cargo prisma-safe resolve --env staging --rolled-back 20260201090000_half`
"#);
    bed.safe(&resolve(&["--finish", "--yes"])).ended(2).says("nothing of it is in the database");
    bed.safe(&resolve(&["--rolled-back", HALF])).ended(2).says("add `--yes`");

    // Somebody is at work, or a pooler has forgotten who was.
    let mut holder = database.session();
    holder.execute("SELECT pg_advisory_lock(72707369)");
    let refused = bed.safe(&resolve(&["--rolled-back", HALF, "--yes"])).ended(3).says("P1002");
    refused.says("user `admin`").says("SELECT pg_terminate_backend(");
    drop(holder);
    bed.safe(&resolve(&["--rolled-back", HALF, "--yes"])).ended(0).says("mend `20260201090000_half/migration.sql`");

    // A value cannot be used in the transaction that adds it: by themselves the statements work.
    bed.migration(HALF, "ALTER TYPE \"Mood\" ADD VALUE 'good';\nUPDATE \"User\" SET \"mood\" = 'good';\n");
    bed.safe(&DEPLOY).ended(6).says("55P04");
    bed.safe(&RESOLVE)
        .ended(6)
        .says("cannot be used in the transaction that added it")
        .says("value `good` of `Mood` is not there");
    bed.safe(&resolve(&["--finish"])).ended(6).says("ALTER TYPE \"Mood\" ADD VALUE 'good';");
    bed.safe(&resolve(&["--finish", "--yes"])).ended(0).says("Running 2 statements one by one");
    assert_eq!(database.session().column("SELECT unnest(enum_range(NULL::\"Mood\"))::text"), ["ok", "good"]);
    bed.safe(&DEPLOY).ended(0).says("nothing is pending");
}

/// Prisma 7 sends them one by one, and `CONCURRENTLY` leaves an INVALID index.
#[test]
fn what_a_split_file_left_is_taken_back() {
    let (Some(server), Some(_)) = (servers::postgres(), majors().first()) else { return };
    let database = server.database();
    let bed = Bed::postgres(7, &database.url());
    bed.write("prisma-safe.toml", STAGING);
    bed.safe(&DEPLOY).ended(0);
    database.execute("INSERT INTO \"User\" (email) VALUES ('a@b'), ('c@d')");
    bed.migration(
        HALF,
        "CREATE TABLE \"kept\" (\"id\" INTEGER);\nALTER TABLE \"User\" ADD COLUMN \"team\" TEXT DEFAULT 'x';\nCREATE UNIQUE INDEX CONCURRENTLY \"User_team_key\" ON \"User\"(\"team\");\n",
    );
    bed.safe(&DEPLOY).ended(6).says("P3018");
    let shown = bed.safe(&RESOLVE).ended(6);
    insta::assert_snapshot!(timeless(&shown.stdout), @r#"
error[23505]: `20260201090000_half` failed in `staging`
 --> prisma/migrations/20260201090000_half/migration.sql:3:1
  |
3 | CREATE UNIQUE INDEX CONCURRENTLY "User_team_key" ON "User"("team");
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ERROR: could not create unique index "User_team_key"
  |
  = database: DETAIL: Key (team)=(x) is duplicated.
  = why: rows break the uniqueness that the migration wants: find the duplicates and decide
         about them first
  = why: `CONCURRENTLY` builds an index in several transactions: when it fails, the index
         stays behind, INVALID. No query uses it, every write maintains it, and its name is
         taken: drop it, then build it again
  = atomic: no, what stood before the failing statement stays: `CONCURRENTLY` works in several
            transactions of its own

what the database shows of each statement:
    1  done        CREATE TABLE "kept" ("id" INTEGER)
                   table `kept` is there
    2  done        ALTER TABLE "User" ADD COLUMN "team" TEXT DEFAULT 'x'
                   column `team` of `User` is there
>   3  not done    CREATE UNIQUE INDEX CONCURRENTLY "User_team_key" ON "User"("team")
                   index `User_team_key` is there and INVALID: it is of no use

ways out, the best first:
  - write what is missing to a file, run it after you have read and, where needed, mended it, and mark the migration applied
    `cargo prisma-safe resolve --env staging --finish 20260201090000_half`
  - write what takes back the done part to a file, run it after you have read it, and mark the migration rolled back
    `cargo prisma-safe resolve --env staging --undo 20260201090000_half`
  - mark it rolled back, and change the file so that it runs over what is there already (`IF NOT EXISTS`): the next deploy runs all of it again
    `cargo prisma-safe resolve --env staging --rolled-back 20260201090000_half`
"#);
    let written = bed.safe(&resolve(&["--undo"])).ended(6);
    let script: String = written
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.ends_with(';') && !line.starts_with("--"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    insta::assert_snapshot!(script, @r#"
DROP INDEX CONCURRENTLY "User_team_key";
ALTER TABLE "User" DROP COLUMN "team";
DROP TABLE "kept";
"#);
    bed.safe(&resolve(&["--undo", "--yes"])).ended(0).says("Running 3 statements one by one");
    let left = "SELECT relname::text FROM pg_class WHERE relname IN ('kept', 'User_team_key') \
                UNION SELECT attname::text FROM pg_attribute WHERE attname = 'team'";
    assert!(database.session().column(left).is_empty());

    // The error of a file with its own transaction hides the true one.
    bed.migration(
        HALF,
        "BEGIN;\nCREATE TABLE \"kept\" (\"id\" INTEGER);\nUPDATE \"nowhere\" SET \"x\" = 1;\nCOMMIT;\n",
    );
    bed.safe(&DEPLOY).ended(6).says("the server's log has").says("cargo prisma-safe resolve --env staging");
    let shown = bed.safe(&RESOLVE).ended(6).says("the error hid in the file's own BEGIN … COMMIT");
    shown.says("statement 2 of the same transaction is not done").says(&format!("--rolled-back {HALF}"));
}

/// P3005: the database has tables, Prisma does not know it, and only what it really contains is marked.
#[test]
fn a_baseline_marks_what_the_database_contains() {
    let (Some(server), Some(_)) = (servers::postgres(), majors().first()) else { return };
    let database = server.database();
    let bed = Bed::postgres(7, &database.url());
    bed.write("prisma-safe.toml", STAGING);
    let names = ["20260105090000_create_users", "20260112090000_create_posts", "20260119090000_add_nickname"];
    for name in &names[..2] {
        database.execute(&std::fs::read_to_string(bed.migrations().join(name).join("migration.sql")).unwrap());
    }
    database.execute("CREATE TABLE by_hand (id INTEGER)");
    bed.safe(&DEPLOY).ended(4).says("P3005").says("cargo prisma-safe resolve --env staging --baseline");
    let baseline = resolve(&["--baseline", "--yes"]);
    let other = bed.safe(&baseline).ended(3).says("is not what any of its migrations leaves behind");
    other
        .says("- table `by_hand` is in the database and not in the migrations")
        .says("after `20260112090000_create_posts`");
    database.execute("DROP TABLE by_hand");
    bed.safe(&resolve(&["--baseline"])).ended(2).says("add `--yes`");
    bed.safe(&baseline).ended(0).says("2 migrations of `staging` marked as applied");
    bed.safe(&DEPLOY).ended(0).says("1 migration applied to `staging`");
    bed.safe(&baseline).ended(2).says("every migration is in its history already");
}
