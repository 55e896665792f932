//! `resolve` on the real CLI: what it refuses before Prisma is started, with Prisma's code, and what it writes.

use crate::bed::{Bed, majors};

const BROKEN: &str = "20260201090000_broken";

fn with_failure(major: u32) -> Bed {
    let bed = Bed::new(major);
    bed.migration(BROKEN, "UPDATE \"nowhere\" SET \"x\" = 1;\n");
    bed.safe(&["deploy", "--yes"]).ended(6);
    bed
}

#[test]
fn refuses_with_prismas_code_before_prisma_is_started() {
    for major in majors() {
        let mut bed = with_failure(major);
        bed.set("PATH", "/nonexistent");
        let refused = |arguments: &[&str], says: &str| {
            let mut all = vec!["resolve"];
            all.extend(arguments);
            bed.safe(&all).ended(2).says(says);
        };
        refused(&["--rolled-back", "20260201090000_brokn"], "P3011: `20260201090000_brokn` never ran in `dev`");
        refused(&["--rolled-back", "20260201090000_brokn"], "did you mean `20260201090000_broken`?");
        refused(
            &["--rolled-back", "20260105090000_create_users"],
            "P3012: `20260105090000_create_users` did not fail in `dev`, it is applied",
        );
        refused(
            &["--applied", "20260105090000_create_users"],
            "P3008: `20260105090000_create_users` is already recorded as applied in `dev`",
        );
        refused(&["--applied", "20260105090000_no_such"], "P3017: there is no migration `20260105090000_no_such`");
        bed.migration("20260301090000_next", "SELECT 1;\n");
        bed.safe(&["resolve", "--applied", "20260301090000_next"])
            .ended(2)
            .says("never ran in `dev`")
            .says("--baseline");
    }
}

#[test]
fn lists_the_failure_and_waits_for_a_choice() {
    for major in majors() {
        let bed = with_failure(major);
        let ran = bed.safe(&["resolve"]).ended(6);
        let ran =
            ran.says("no such table: nowhere").says("1 failed migration in `dev`, and nobody said what became of it");
        ran.says(&format!("cargo prisma-safe resolve --env dev --rolled-back {BROKEN}"));
        bed.safe(&["resolve", "--applied", BROKEN]).ended(0).says("is marked as applied in `dev`");
        bed.safe(&["status"]).ended(0);
        bed.safe(&["resolve"]).ended(0).says("no failed migration in `dev`");
    }
}

#[test]
fn a_baseline_is_marked_on_purpose_only() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        bed.migration("20260301090000_by_hand", "CREATE TABLE \"by_hand\" (\"id\" INTEGER);\n");
        bed.safe(&["resolve", "--applied", "20260301090000_by_hand", "--baseline"]).ended(0);
        bed.safe(&["deploy", "--yes"]).ended(0).says("nothing is pending");
    }
}

#[test]
fn json_names_what_failed_and_what_was_done() {
    let Some(&major) = majors().last() else { return };
    let bed = with_failure(major);
    let ran = bed.safe(&["resolve", "--rolled-back", BROKEN, "--format", "json"]).ended(0);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["failed"], serde_json::json!([]));
    assert_eq!(document["resolved"], serde_json::json!({ "name": BROKEN, "state": "rolled_back" }));
}
