//! What is offered holds, and what does not hold is not offered.

use super::batch::Place;
use super::*;
use crate::project::Provider;
use crate::rules::Facts;

fn repair(sql: &str) -> Option<repair::Repair> {
    let facts = Facts {
        provider: Provider::Postgresql,
        server: None,
        prisma: Some(crate::sql::analysis::PrismaVersion { major: 7, minor: Some(10) }),
        kind: None,
        today: jiff::civil::date(2026, 11, 24),
        lock_timeout: None,
    };
    let item = |name: &str, judged| Item { name: name.to_owned(), judged, pending: false };
    let items = vec![item("20260101120000_a", true), item("20260102120000_b", false)];
    let batch = Batch { facts, place: Place::Migrations("m".into()), items };
    let levels = LevelBook::default();
    let load = |_: &Batch, item: &Item| Loaded {
        script: Ok(if item.judged { sql.into() } else { Vec::new() }),
        revert: RevertText::NotLooked,
    };
    let mut found = None;
    let told = Linter::new(&levels, None, &load).with_repairs().run(&batch, &mut |judged| {
        found = judged.repair;
        Ok(())
    });
    told.expect("the sink takes everything");
    found
}

#[test]
fn what_moves_out_gets_a_place_behind_all_others_and_its_own_timeout() {
    let repair = repair("ALTER TABLE \"t\" ALTER COLUMN \"c\" SET NOT NULL;\n").expect("it has fixes");
    assert_eq!(repair.refused, []);
    let names: Vec<&str> = repair.follow_ups.iter().map(|new| new.name.as_str()).collect();
    assert!(names.iter().all(|name| *name > "20260102120000_b"), "{names:?}");
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted, names, "in order, no two of one second");
    let last = repair.follow_ups.last().expect("the last step");
    assert!(last.sql.starts_with("SET lock_timeout") && last.sql.contains("SET NOT NULL"), "{}", last.sql);
}

#[test]
fn a_quiet_file_has_nothing_to_repair() {
    assert_eq!(repair("SELECT 1;\n"), None);
}

#[test]
fn a_repaired_file_has_nothing_left_to_repair() {
    let sql = "ALTER TABLE \"t\" ADD COLUMN \"c\" TEXT;\nCREATE INDEX \"i\" ON \"t\"(\"c\");\nALTER TABLE \"t\" ADD CONSTRAINT \"f\" FOREIGN KEY (\"u\") REFERENCES \"u\"(\"id\");\n";
    let first = repair(sql).expect("it has fixes");
    assert!(first.done.len() >= 2, "{:?}", first.done);
    if let Some(second) = repair(&first.text) {
        assert_eq!(second.done, [], "a second run finds no more than the first left: {}", first.text);
    }
}
