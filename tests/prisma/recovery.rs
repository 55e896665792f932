//! `resolve` on the real CLI and the real failure: what it shows, each way out of it, and that the deploy after it goes through.

use crate::bed::{Bed, majors};
use crate::support::servers;

/// The gates that would have stopped these migrations are not what is tested here.
const STAGING: &str = "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n[env.staging.gates]\nlint = \"off\"\nrevert = \"off\"\n";
const HALF: &str = "20260201090000_half";
const HALF_SQL: &str = "CREATE TABLE kept (id INT PRIMARY KEY, name VARCHAR(20));\nUPDATE nowhere SET x = 1;\nCREATE INDEX kept_name ON kept (name);\n";

#[test]
fn sqlite_keeps_what_ran() {
    let Some(&major) = majors().last() else { return };
    let bed = Bed::new(major).deployed();
    bed.write("prisma-safe.toml", STAGING);
    bed.migration(HALF, HALF_SQL);
    let ran = bed.safe(&["deploy", "--env", "staging", "--yes"]);
    println!("{}\n{}", ran.stdout, ran.stderr);
    let ran = bed.safe(&["resolve", "--env", "staging"]);
    println!("{}\n{}", ran.stdout, ran.stderr);
    let ran = bed.safe(&["resolve", "--env", "staging", "--undo"]);
    println!("{}\n{}", ran.stdout, ran.stderr);
    let ran = bed.safe(&["resolve", "--env", "staging", "--finish"]);
    println!("{}\n{}", ran.stdout, ran.stderr);
    let ran = bed.safe(&["resolve", "--env", "staging", "--undo", "--yes"]);
    println!("{}\n{}", ran.stdout, ran.stderr);
    panic!();
}

fn show(ran: crate::bed::Ran) -> crate::bed::Ran {
    println!("=== {:?}\n{}\n--- stderr\n{}", ran.code, ran.stdout, ran.stderr);
    ran
}

#[test]
fn postgres_6() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let bed = Bed::postgres(6, &database.url());
    bed.write("prisma-safe.toml", STAGING);
    database.execute("CREATE TYPE \"Mood\" AS ENUM ('ok')");
    database.execute("DROP TYPE \"Mood\"");
    bed.migration(
        "20260201080000_mood",
        "CREATE TYPE \"Mood\" AS ENUM ('ok');\nALTER TABLE \"User\" ADD COLUMN \"mood\" \"Mood\";\n",
    );
    bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0);
    bed.migration(HALF, HALF_SQL);
    show(bed.safe(&["deploy", "--env", "staging", "--yes"]));
    show(bed.safe(&["resolve", "--env", "staging"]));
    show(bed.safe(&["resolve", "--env", "staging", "--finish"]));
    show(bed.safe(&["resolve", "--env", "staging", "--rolled-back", HALF, "--yes"]));
    bed.migration(HALF, "ALTER TYPE \"Mood\" ADD VALUE 'good';\nUPDATE \"User\" SET \"mood\" = 'good';\n");
    show(bed.safe(&["deploy", "--env", "staging", "--yes"]));
    show(bed.safe(&["resolve", "--env", "staging", "--finish"]));
    show(bed.safe(&["resolve", "--env", "staging", "--finish", "--yes"]));
    panic!();
}

#[test]
fn postgres_7() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    let bed = Bed::postgres(7, &database.url());
    bed.write("prisma-safe.toml", STAGING);
    bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0);
    database.execute("INSERT INTO \"User\" (email) VALUES ('a@b'), ('c@d')");
    bed.migration(HALF, "CREATE TABLE \"kept\" (\"id\" INTEGER);\nALTER TABLE \"User\" ADD COLUMN \"team\" TEXT DEFAULT 'x';\nCREATE UNIQUE INDEX CONCURRENTLY \"User_team_key\" ON \"User\"(\"team\");\n");
    show(bed.safe(&["deploy", "--env", "staging", "--yes"]));
    show(bed.safe(&["resolve", "--env", "staging"]));
    show(bed.safe(&["resolve", "--env", "staging", "--undo"]));
    show(bed.safe(&["resolve", "--env", "staging", "--finish"]));
    bed.safe(&["resolve", "--env", "staging", "--undo", "--yes"]).ended(0);
    bed.migration(
        HALF,
        "BEGIN;\nCREATE TABLE \"kept\" (\"id\" INTEGER);\nUPDATE \"nowhere\" SET \"x\" = 1;\nCOMMIT;\n",
    );
    show(bed.safe(&["deploy", "--env", "staging", "--yes"]));
    show(bed.safe(&["resolve", "--env", "staging"]));
    panic!();
}
