//! Deploys that gates let through or stop, end to end on SQLite.

use std::process::Command;

use crate::bed::{Bed, majors};

const LAST: &str = "20260119090000_add_nickname";

/// Staging before production, each its own file.
fn two_stages(soak: &str) -> Option<Bed> {
    let mut bed = Bed::new(majors().pop()?);
    bed.set("STAGING_URL", "file:./staging.db");
    bed.set("PRODUCTION_URL", "file:./production.db");
    settings(&bed, soak);
    Some(bed)
}

fn settings(bed: &Bed, soak: &str) {
    let text = "[env.staging]\nkind = \"staging\"\nurl-env = \"STAGING_URL\"\n\
        [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\nrequires = [\"staging\"]\n";
    bed.write("prisma-safe.toml", &format!("{text}soak = \"{soak}\"\n"));
}

fn deploy(environment: &str) -> [&str; 5] {
    ["deploy", "--env", environment, "--yes", "--create-database"]
}

fn document(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[test]
fn staging_comes_first_and_for_its_time() {
    let Some(mut bed) = two_stages("24h") else { return };
    // Nothing is known of staging: no database, no receipt.
    bed.safe(&deploy("production"))
        .ended(3)
        .says("`staging` cannot be asked")
        .says("`requires`, set in prisma-safe.toml:7");
    assert!(!bed.database("production.db").exists(), "a deploy that is stopped makes nothing");
    bed.safe(&deploy("staging")).ended(0).says("3 migrations applied");
    bed.safe(&deploy("production"))
        .ended(3)
        .says("has to be there for 24h")
        .says("`soak = \"24h\"`, set in prisma-safe.toml:8")
        .says("then `cargo prisma-safe deploy --env production`");
    settings(&bed, "0s");
    // Staging's database is out of reach: its deploy's receipt stands in for it.
    bed.set("STAGING_URL", "file:./elsewhere/staging.db");
    let ran = bed.safe(&["deploy", "--env", "production", "--yes", "--create-database", "--format", "json"]).ended(0);
    let told = document(&ran.stdout);
    let staged = told["verdicts"].as_array().unwrap().iter().find(|verdict| verdict["gate"] == "staged").unwrap();
    assert_eq!(staged["verdict"], "pass");
    assert!(staged["evidence"].as_str().unwrap().contains("read from its receipts"), "{staged}");
    let receipt = document(&std::fs::read_to_string(bed.path(told["receipt"].as_str().unwrap())).unwrap());
    assert_eq!((&receipt["environment"], &receipt["plan"]), (&"production".into(), &told["plan"]));
    assert_eq!(receipt["ledger"].as_array().unwrap().len(), 3);
    assert_eq!(receipt["verdicts"], told["verdicts"]);
}

#[test]
fn what_staging_tried_is_what_runs() {
    let Some(bed) = two_stages("0s") else { return };
    bed.safe(&deploy("staging")).ended(0);
    let script = format!("prisma/migrations/{LAST}/migration.sql");
    let text = std::fs::read_to_string(bed.path(&script)).unwrap();
    bed.write(&script, &format!("{text}-- and another word\n"));
    bed.safe(&deploy("production")).ended(3).says("with another text than the one that is on disk");
    bed.write(&script, &text);
    bed.safe(&deploy("production")).ended(0).says("3 migrations applied");
}

#[test]
fn a_plan_runs_as_it_was_approved_or_not_at_all() {
    let Some(bed) = two_stages("0s") else { return };
    bed.safe(&deploy("staging")).ended(0);
    let dry = ["deploy", "--env", "production", "--dry-run", "--create-database", "--format", "json"];
    let plan = |bed: &Bed| document(&bed.safe(&dry).ended(0).stdout)["plan"].as_str().unwrap().to_owned();
    let approved = plan(&bed);
    assert_eq!((approved.len(), &plan(&bed)), (64, &approved), "looking changes nothing");
    settings(&bed, "0ms");
    let with = |plan: &str| bed.safe(&["deploy", "--env", "production", "--yes", "--create-database", "--plan", plan]);
    with(&approved).ended(3).says("is not the one that was named").says("`cargo prisma-safe plan --env production`");
    assert!(!bed.database("production.db").exists());
    with(&plan(&bed)).ended(0).says("3 migrations applied");
}

#[test]
fn a_missing_way_back_stops_once_and_settings_can_say_otherwise() {
    let Some(bed) = two_stages("0s") else { return };
    std::fs::create_dir(bed.path("prisma/migrations/20260126090000_drop_posts")).unwrap();
    bed.write("prisma/migrations/20260126090000_drop_posts/migration.sql", "DROP TABLE \"Post\";\n");
    let text = std::fs::read_to_string(bed.path("prisma-safe.toml")).unwrap();
    let text = format!("{text}[env.staging.gates]\nlint = \"warn\"\nrevert = \"warn\"\n");
    bed.write("prisma-safe.toml", &text);
    bed.safe(&deploy("staging")).ended(0).says("it would block");
    let ran = bed.safe(&deploy("production")).ended(3);
    assert!(ran.stderr.contains("gate revert blocks: "), "{}", ran.stderr);
    // A missing way back is one reason to stop, not two.
    assert!(!ran.stderr.contains("destructive-without-revert at "), "{}", ran.stderr);
    bed.write("prisma-safe.toml", &format!("{text}[env.production.gates]\nlint = \"warn\"\nrevert = \"warn\"\n"));
    bed.safe(&deploy("production"))
        .ended(0)
        .says("it would block, but `revert = \"warn\"` in [env.production.gates], set in prisma-safe.toml:14")
        .says("4 migrations applied");
}

#[test]
fn what_is_not_committed_does_not_reach_production() {
    let Some(bed) = two_stages("0s") else { return };
    std::fs::remove_dir(bed.path(".git")).unwrap();
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(bed.path("")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    bed.safe(&deploy("staging")).ended(0).says("gate history: not committed");
    bed.safe(&deploy("production"))
        .ended(3)
        .says("gate history blocks: not committed")
        .says("git add prisma/migrations");
    git(&["add", "prisma/migrations"]);
    git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "migrations"]);
    bed.safe(&deploy("production")).ended(0).says("3 migrations applied");
}

#[test]
fn production_is_backed_up_before_it_changes() {
    let Some(bed) = two_stages("0s") else { return };
    bed.safe(&deploy("staging")).ended(0);
    bed.safe(&deploy("production")).ended(0);
    let before = bed.database_bytes("production.db");
    std::fs::create_dir(bed.path("prisma/migrations/20260126090000_drop_posts")).unwrap();
    let in_migration =
        |file: &str, text: &str| bed.write(&format!("prisma/migrations/20260126090000_drop_posts/{file}"), text);
    in_migration("migration.sql", "DROP TABLE \"Post\";\n");
    let text = std::fs::read_to_string(bed.path("prisma-safe.toml")).unwrap();
    let text = format!("{text}[lint.rules]\ndrop-table = \"warn\"\n");
    bed.write("prisma-safe.toml", &text);
    // Neither its way back nor a backup: both are said, and nothing was touched.
    bed.safe(&deploy("production")).ended(3).says("gate revert blocks").says("gate backup blocks");
    in_migration("revert_drop_posts.sql", "-- TODO(revert): not written yet\n");
    bed.safe(&deploy("staging")).ended(3).says("`revert_drop_posts.sql` is not written yet");
    in_migration("revert_drop_posts.sql", "CREATE TABLE \"Post\" (\"id\" INTEGER PRIMARY KEY);\n");
    bed.safe(&deploy("staging")).ended(0).says("written and not proven");
    // A backup that fails stops it too.
    bed.write("prisma-safe.toml", &format!("{text}[env.production.backup]\ncommand = [\"false\"]\n"));
    bed.safe(&deploy("production")).ended(3).says("no backup: `false` failed").says("no migration was run");
    assert_eq!(bed.database_bytes("production.db"), before);
    bed.write("prisma-safe.toml", &format!("{text}[env.production.backup]\nfolder = \"backups\"\n"));
    let ran = bed.safe(&["deploy", "--env", "production", "--yes", "--format", "json"]).ended(0);
    let receipt = document(&ran.stdout)["receipt"].as_str().unwrap().to_owned();
    let receipt = document(&std::fs::read_to_string(bed.path(&receipt)).unwrap());
    let file = std::path::PathBuf::from(receipt["backup"]["file"].as_str().unwrap());
    let kept = std::fs::read(&file).unwrap();
    assert_eq!(receipt["backup"]["bytes"], kept.len());
    // The table that is gone is in there.
    assert!(kept.windows(19).any(|bytes| bytes == b"CREATE TABLE \"Post\""));
    let files: Vec<_> =
        std::fs::read_dir(bed.path("backups")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "the backup and .gitignore: {files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// Counted on the target before anything runs: Node is not started for it.
#[test]
fn a_statement_touches_as_many_rows_as_its_author_expects() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::production(major).deployed();
    let sql =
        "-- prisma-safe: expect-rows 2..3\nUPDATE \"User\" SET \"email\" = 'x' || \"id\" WHERE \"email\" LIKE '%@%';\n";
    bed.migration("20270101000000_mend", sql);
    let rows = || bed.safe(&["deploy", "--env", "production", "--dry-run"]);
    rows().ended(3).says(
        "gate rows blocks: `20270101000000_mend`, line 2: 0 rows of `User`, expected 2..3; they were counted now",
    );
    bed.sqlite("INSERT INTO \"User\" (email) VALUES ('a@b'), ('c@d'), ('none')");
    rows().says("Gate rows passes: `20270101000000_mend`, line 2: 2 rows of `User`, expected 2..3");
}
