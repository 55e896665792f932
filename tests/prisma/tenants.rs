//! One environment of many databases: a canary, the others, one that is broken, and the second run.

use std::time::Instant;

use serde_json::Value;

use crate::bed::{Bed, Ran, SAFE, majors};
use crate::doubles::double;
use crate::support::{say, servers};

/// A double of Prisma's `migrate deploy` on SQLite, for what is about many databases and not about Prisma: the same sentences, the same rows in the
/// ledger, a tenth of the time. It notes each run, with its beginning and end, in `runs`.
const PRISMA: &str = r#"
const fs = require("fs"), path = require("path"), crypto = require("crypto");
const Database = require("libsql");
const file = process.env.DATABASE_URL.replace("file:", "");
fs.appendFileSync("runs", `+${path.basename(file, ".db")}\n`);
const db = new Database(file);
db.exec(`CREATE TABLE IF NOT EXISTS _prisma_migrations (id TEXT PRIMARY KEY NOT NULL, checksum TEXT NOT NULL, finished_at DATETIME,
  migration_name TEXT NOT NULL, logs TEXT, rolled_back_at DATETIME, started_at DATETIME NOT NULL DEFAULT current_timestamp,
  applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0)`);
const names = fs.readdirSync("prisma/migrations").filter((name) => /^\d/.test(name)).sort();
for (const name of names) {
  if (db.prepare("SELECT 1 FROM _prisma_migrations WHERE migration_name = ? AND finished_at IS NOT NULL").get(name)) continue;
  const sql = fs.readFileSync(`prisma/migrations/${name}/migration.sql`);
  const id = crypto.randomUUID(), checksum = crypto.createHash("sha256").update(sql).digest("hex");
  db.prepare("INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES (?, ?, ?, ?)").run(id, checksum, name, Date.now());
  console.log(`Applying migration \`${name}\``);
  try {
    db.exec(sql.toString());
  } catch (error) {
    db.prepare("UPDATE _prisma_migrations SET logs = ? WHERE id = ?").run(error.message, id);
    fs.appendFileSync("runs", `-${path.basename(file, ".db")}\n`);
    console.error(`Error: P3018\n\nA migration failed to apply.\n\nMigration name: ${name}\n\nDatabase error code: 1\n\nDatabase error:\n${error.message}\n`);
    process.exit(1);
  }
  db.prepare("UPDATE _prisma_migrations SET finished_at = ?, applied_steps_count = 1 WHERE id = ?").run(Date.now(), id);
}
fs.appendFileSync("runs", `-${path.basename(file, ".db")}\n`);
console.log("\nAll migrations have been successfully applied.");
"#;

const MIGRATION: &str = "20260201090000_email_once";

/// `tenants` SQLite databases behind `TENANTS`, one `name=url` a line.
fn sqlite(names: &[String], more: &str) -> Bed {
    let mut bed = Bed::new(7);
    let prisma = double(&bed.path(""), "prisma", &format!("exec node '{}' \"$@\"", bed.path("prisma.cjs").display()));
    bed.write("prisma.cjs", PRISMA);
    bed.write(
        "prisma-safe.toml",
        &format!(
            "[prisma]\ncommand = [\"{}\"]\nversion = \"7.10.1\"\n\
             [env.fleet]\nkind = \"staging\"\ntargets-env = \"TENANTS\"\n{more}",
            prisma.display()
        ),
    );
    std::fs::create_dir(bed.path("db")).unwrap();
    bed.set("TENANTS", &lines(names));
    bed
}

fn lines(names: &[String]) -> String {
    names.iter().map(|name| format!("{name}=file:./db/{name}.db\n")).collect()
}

fn names(number: usize) -> Vec<String> {
    (1..=number).map(|number| format!("t{number:02}")).collect()
}

fn deploy(bed: &Bed, more: &[&str]) -> Ran {
    let mut arguments = vec!["deploy", "--env", "fleet", "--yes", "--create-database"];
    arguments.extend(more);
    bed.safe(&arguments)
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.stdout, ran.stderr))
}

/// `t01 applied, t02 failed`.
fn results(document: &Value) -> String {
    let one = |tenant: &Value| format!("{} {}", tenant["name"].as_str().unwrap(), tenant["result"].as_str().unwrap());
    document["tenants"].as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Which databases Prisma was started for, in the order in which they began; emptied by reading.
fn runs(bed: &Bed) -> Vec<String> {
    let text = std::fs::read_to_string(bed.path("runs")).unwrap_or_default();
    let _ = std::fs::remove_file(bed.path("runs"));
    text.lines().filter_map(|line| line.strip_prefix('+')).map(str::to_owned).collect()
}

/// Text without what differs between runs.
fn plain(bed: &Bed, text: &str) -> String {
    let text = bed.plain(text);
    let is_time =
        |word: &str| word.contains('.') && word.trim_matches('(').chars().all(|c| c.is_ascii_digit() || c == '.');
    let line = |line: &str| {
        // Columns are as wide as this machine's paths.
        let words: Vec<&str> = line.split_whitespace().map(|word| if is_time(word) { "1.0" } else { word }).collect();
        words.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A user with the same email twice: the migration that wants them unique fails there.
fn broken(bed: &Bed, name: &str) {
    execute(bed, name, "INSERT INTO \"User\" (\"email\") VALUES ('a@example.com'), ('b@example.com')");
}

fn execute(bed: &Bed, name: &str, sql: &str) {
    use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(bed.path(&format!("db/{name}.db")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = options.connect().await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// Fails where there is more than one user, whatever they are called.
const ONE_USER: &str =
    "CREATE TABLE \"Only\" (\"one\" INTEGER NOT NULL UNIQUE);\n\nINSERT INTO \"Only\" SELECT 1 FROM \"User\";\n";

#[test]
fn one_that_is_broken_keeps_nobody_from_being_done() {
    if majors().is_empty() {
        return;
    }
    let all = names(6);
    let bed = sqlite(&all, "canary = \"t02\"\nparallel = 3\nmax-failures = 1\n[env.fleet.gates]\nlint = \"off\"\n");
    let first = deploy(&bed, &["--format", "json"]).ended(0);
    let told = document(&first);
    assert_eq!(results(&told), "t01 applied, t02 applied, t03 applied, t04 applied, t05 applied, t06 applied");
    let began = runs(&bed);
    assert_eq!((began.len(), began[0].as_str()), (6, "t02"), "the canary first: {began:?}");
    for tenant in told["tenants"].as_array().unwrap() {
        assert_eq!(tenant["applied"].as_array().unwrap().len(), 3, "{tenant}");
        let receipt = std::fs::read_to_string(bed.path(tenant["receipt"].as_str().unwrap())).unwrap();
        let receipt: Value = serde_json::from_str(&receipt).unwrap();
        assert_eq!(receipt["environment"], tenant["environment"]);
    }
    let summary = std::fs::read_to_string(bed.path(told["receipt"].as_str().unwrap())).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&summary).unwrap()["counts"]["applied"], 6);

    broken(&bed, "t04");
    bed.migration(MIGRATION, ONE_USER);
    let dry = bed.safe(&["deploy", "--env", "fleet", "--dry-run"]).ended(0);
    assert!(runs(&bed).is_empty() && dry.stdout.contains("-- migration 20260201090000_email_once\n"), "{}", dry.stdout);
    let ran = deploy(&bed, &[]).ended(6);
    insta::assert_snapshot!(plain(&bed, &ran.stdout), @r"
    database place before applied result seconds
    t01 file:[PROJECT]/db/t01.db 3 1 applied 1.0
    t02 file:[PROJECT]/db/t02.db 3 1 applied 1.0
    t03 file:[PROJECT]/db/t03.db 3 1 applied 1.0
    t04 file:[PROJECT]/db/t04.db 3 - failed 1.0
    t05 file:[PROJECT]/db/t05.db 3 1 applied 1.0
    t06 file:[PROJECT]/db/t06.db 3 1 applied 1.0
    ");
    let mut began = runs(&bed);
    began.sort();
    assert_eq!(began, all, "each once");
    let hint = "`cargo prisma-safe resolve --env fleet/t04`";
    let ran = ran.says("1 of 6 databases of `fleet` are not done").says(hint);
    drop(ran);

    // What `status` says is true, and its hint is about the one.
    let status = bed.safe(&["status", "--env", "fleet"]).ended(6);
    insta::assert_snapshot!(plain(&bed, &status.stdout), @r"
    fleet (staging)
    database place applied pending state
    t01 file:[PROJECT]/db/t01.db 4 0 up to date
    t02 file:[PROJECT]/db/t02.db 4 0 up to date
    t03 file:[PROJECT]/db/t03.db 4 0 up to date
    t04 file:[PROJECT]/db/t04.db 3 0 failed: 20260201090000_email_once
    t05 file:[PROJECT]/db/t05.db 4 0 up to date
    t06 file:[PROJECT]/db/t06.db 4 0 up to date
    6 databases: 5 up to date
    ");
    // The same again runs nowhere: the one is blocked, the others have nothing pending.
    let again = deploy(&bed, &["--format", "json"]).ended(6);
    assert_eq!(
        results(&document(&again)),
        "t01 nothing_pending, t02 nothing_pending, t03 nothing_pending, t04 blocked, t05 nothing_pending, t06 nothing_pending"
    );
    assert!(runs(&bed).is_empty());
    // Put right, it touches only that one.
    execute(
        &bed,
        "t04",
        "DELETE FROM \"User\" WHERE \"email\" LIKE 'b%'; DROP TABLE IF EXISTS \"Only\"; \
        UPDATE _prisma_migrations SET rolled_back_at = 1 WHERE finished_at IS NULL",
    );
    let last = deploy(&bed, &["--format", "json"]).ended(0);
    assert_eq!(runs(&bed), ["t04"]);
    assert_eq!(document(&last)["counts"]["nothing_pending"], 5);
    bed.safe(&["status", "--env", "fleet"]).ended(0).says("6 databases: 6 up to date");
}

#[test]
fn too_many_failures_and_a_bad_canary_stop_it() {
    if majors().is_empty() {
        return;
    }
    let all = names(5);
    let settings = |more: &str| format!("parallel = 1\n{more}[env.fleet.gates]\nlint = \"off\"\n");
    let bed = sqlite(&all, &settings(""));
    deploy(&bed, &[]).ended(0);
    runs(&bed);
    bed.migration(MIGRATION, ONE_USER);
    // The canary is the first one; when it fails, nobody else is begun.
    broken(&bed, "t01");
    let ran = deploy(&bed, &["--format", "json"]).ended(6);
    assert_eq!(results(&document(&ran)), "t01 failed, t02 not_begun, t03 not_begun, t04 not_begun, t05 not_begun");
    assert_eq!(runs(&bed), ["t01"]);
    // Now it is blocked by its failed migration, and the canary comes first: nothing is run at all.
    deploy(&bed, &[]).ended(6).says("1 of 5 databases of `fleet` cannot be deployed, the canary among them");
    assert!(runs(&bed).is_empty());
    // Others may be deployed by name. One failure is more than none: the rest is not begun.
    broken(&bed, "t03");
    let ran = deploy(&bed, &["--only", "t02,t03,t04", "--format", "json"]).ended(6);
    assert_eq!(results(&document(&ran)), "t02 applied, t03 failed, t04 not_begun");
    assert_eq!(runs(&bed), ["t02", "t03"]);
    deploy(&bed, &["--only", "t022"]).ended(2).says("`fleet` has no database `t022`").says("did you mean `t02`?");
    // One of many is an environment for every other command.
    bed.safe(&["status", "--env", "fleet/t03"]).ended(6).says(MIGRATION);
    bed.safe(&["resolve", "--env", "fleet"]).ended(2).says("`fleet` is 5 databases, and this is about one");
    bed.safe(&["status", "--env", "fleet/t99"]).ended(5).says("`fleet` has no database `t99`");
}

#[test]
fn a_list_that_is_wrong_runs_nothing() {
    let mut bed = sqlite(&names(2), "canary = \"t09\"\n");
    deploy(&bed, &[])
        .ended(2)
        .says("`fleet` has no database `t09`, which is to be its canary")
        .says("prisma-safe.toml:7");
    for (list, says) in [
        ("a=file:./db/1.db\nb=file:./db/../db/1.db", "has one database twice: as `a` and as `b`"),
        ("a=file:./db/1.db\na=file:./db/2.db", "calls two databases `a`"),
        ("file:./db/1.db\nfile:./other/1.db", "calls two databases `1`"),
        ("hunter2", "has a line 1 that is neither `name=URL` nor a URL"),
        ("[\"hunter2\"", "is not the JSON that was expected, at line 1"),
    ] {
        bed.set("TENANTS", list);
        let ran = deploy(&bed, &[]).ended(2).says(says);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        assert_eq!(bed.safe(&["status", "--env", "fleet"]).code, Some(5), "{list}");
    }
    // A plan holds for all of them together.
    let settings = std::fs::read_to_string(bed.path("prisma-safe.toml")).unwrap().replace("canary = \"t09\"\n", "");
    bed.write("prisma-safe.toml", &settings);
    bed.set("TENANTS", "{\"a\": \"file:./db/a.db\", \"b\": \"file:./db/b.db\"}");
    let dry = ["deploy", "--env", "fleet", "--dry-run", "--create-database", "--format", "json"];
    let plan = document(&bed.safe(&dry).ended(0))["plan"].as_str().unwrap().to_owned();
    bed.set("TENANTS", "{\"a\": \"file:./db/a.db\"}");
    deploy(&bed, &["--plan", &plan]).ended(3).says("the plan for `fleet` is not the one that was named");
}

/// Real Prisma, real marks: a database that belongs to another tenant is blocked.
#[test]
fn on_postgres_each_carries_its_own_mark() {
    let Some(server) = servers::postgres() else { return };
    if majors().is_empty() {
        return;
    }
    let databases: Vec<_> = (0..3).map(|_| server.database()).collect();
    let mut bed = Bed::postgres(7, &databases[0].url());
    let list = |order: [usize; 3]| -> String {
        let urls: Vec<String> = order.iter().map(|place| format!("\"{}\"", databases[*place].url())).collect();
        let pairs: Vec<String> =
            urls.iter().zip(["a", "b", "c"]).map(|(url, name)| format!("\"{name}\": {url}")).collect();
        format!("{{{}}}", pairs.join(", "))
    };
    bed.write(
        "prisma-safe.toml",
        "[env.fleet]\nkind = \"production\"\ntargets-command = [\"cat\", \"list.json\"]\nparallel = 2\n",
    );
    bed.write("list.json", &list([0, 1, 2]));
    let ran = deploy(&bed, &["--format", "json"]).ended(0);
    assert_eq!(results(&document(&ran)), "a applied, b applied, c applied");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("admin-pass"));
    for (database, name) in databases.iter().zip(["a", "b", "c"]) {
        let mut session = database.session();
        assert_eq!(
            session.column("SELECT count(*)::text FROM _prisma_migrations WHERE finished_at IS NOT NULL"),
            ["3"]
        );
        let mark = session.column("SELECT obj_description('_prisma_migrations'::regclass)");
        assert_eq!(mark, [format!("prisma-safe: environment=fleet%2F{name} kind=production")]);
    }
    bed.migration("20260201090000_next", "CREATE TABLE \"next\" (\"id\" INTEGER NOT NULL PRIMARY KEY);\n");
    // An agent brings the plan of all of them, or starts nothing.
    let by_agent = ["deploy", "--env", "fleet", "--yes"];
    Ran::of(&bed.command(SAFE).args(by_agent).env("CURSOR_AGENT", "1").output().unwrap())
        .ended(3)
        .says("needs the hash of a plan");
    bed.write("list.json", &list([0, 2, 1]));
    deploy(&bed, &[])
        .ended(3)
        .says("is marked as the environment `fleet/c`, not `fleet/b`")
        .says("2 of 3 databases of `fleet` cannot be deployed");
    bed.set("DATABASE_URL", "");
    bed.safe(&["status", "--env", "fleet"]).ended(1).says("marked as `fleet/c`");
}

/// Fifty SQLite files with the real Prisma, one of them broken; prints the figures of `docs/tenants.md`.
#[test]
#[ignore = "starts Prisma a hundred times"]
fn fifty_on_sqlite() {
    let all = names(50);
    let bed = sqlite(&all, "parallel = 4\nmax-failures = 1\n[env.fleet.gates]\nlint = \"off\"\n");
    let settings = std::fs::read_to_string(bed.path("prisma-safe.toml")).unwrap();
    let (_, rest) = settings.split_once("[env.fleet]").unwrap();
    bed.write("prisma-safe.toml", &format!("[env.fleet]{rest}"));
    figures(
        &bed,
        "50 on SQLite",
        &all,
        || broken(&bed, "t17"),
        || {
            execute(&bed, "t17", "DELETE FROM \"User\" WHERE \"email\" LIKE 'b%'; DROP TABLE IF EXISTS \"Only\"");
        },
    );
}

/// The same on twenty PostgreSQL databases.
#[test]
#[ignore = "starts Prisma fifty times"]
fn twenty_on_postgres() {
    let server = servers::postgres().expect("a server");
    let all = names(20);
    let databases: Vec<_> = all.iter().map(|_| server.database()).collect();
    let mut bed = Bed::postgres(7, &databases[0].url());
    bed.set(
        "TENANTS",
        &all.iter().zip(&databases).map(|(name, database)| format!("{name}={}\n", database.url())).collect::<String>(),
    );
    bed.write(
        "prisma-safe.toml",
        "[env.fleet]\nkind = \"staging\"\ntargets-env = \"TENANTS\"\nparallel = 4\nmax-failures = 1\n[env.fleet.gates]\nlint = \"off\"\n",
    );
    let one = &databases[16];
    figures(
        &bed,
        "20 on PostgreSQL",
        &all,
        || one.execute("INSERT INTO \"User\" (\"email\") VALUES ('a@example.com'), ('b@example.com')"),
        || one.execute("DELETE FROM \"User\" WHERE \"email\" LIKE 'b%'; DROP TABLE IF EXISTS \"Only\""),
    );
}

fn figures(bed: &Bed, what: &str, all: &[String], break_one: impl FnOnce(), mend: impl FnOnce()) {
    let timed = |what: &str, run: &mut dyn FnMut() -> Ran| {
        let started = Instant::now();
        let ran = run();
        say(&format!("{what}: {:.1} s", started.elapsed().as_secs_f64()));
        ran
    };
    timed(&format!("{what}, all new"), &mut || deploy(bed, &[])).ended(0);
    timed(&format!("{what}, nothing pending"), &mut || deploy(bed, &[])).ended(0);
    timed(&format!("{what}, status"), &mut || bed.safe(&["status", "--env", "fleet"])).ended(0);
    break_one();
    bed.migration(MIGRATION, ONE_USER);
    let ran = timed(&format!("{what}, one broken"), &mut || deploy(bed, &["--format", "json"])).ended(6);
    let told = document(&ran);
    assert_eq!((&told["counts"]["applied"], &told["counts"]["failed"]), (&(all.len() - 1).into(), &1.into()));
    mend();
    let ran = bed.safe(&["resolve", "--env", "fleet/t17", "--rolled-back", MIGRATION, "--yes"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let ran = timed(&format!("{what}, the one again"), &mut || deploy(bed, &["--format", "json"])).ended(0);
    let told = document(&ran);
    assert_eq!((&told["counts"]["applied"], &told["counts"]["nothing_pending"]), (&1.into(), &(all.len() - 1).into()));
    bed.safe(&["status", "--env", "fleet"]).ended(0).says(&format!("{0} databases: {0} up to date", all.len()));
}
