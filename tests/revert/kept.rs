//! What is kept between runs on PostgreSQL: it makes them faster, and can never make them wrong.

use std::path::{Path, PathBuf};

use crate::bed::project;
use crate::postgres::has_server;
use crate::support::project::TestProject;

fn entries(cache: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(cache).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort_by_key(|path| path.as_os_str().len());
    entries
}

fn is_warm(project: &TestProject, arguments: &[&str]) -> bool {
    let said = project.run(&[&["verify", "--verbose"], arguments].concat());
    assert!(said.stdout.starts_with("proven"), "{}", said.all());
    said.stderr.contains("1 earlier migration: applied by an earlier run")
}

#[test]
fn a_history_is_applied_once_whatever_happens_to_what_is_kept() {
    if !has_server() {
        return;
    }
    // Long enough to be kept.
    let earlier = "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT);\nSELECT pg_sleep(0.25);";
    let project = project("postgresql", earlier, "DROP INDEX IF EXISTS a_b;", Some("SELECT 1;"));
    let cache = project.path("cache");
    let project = project.variable("PRISMA_SAFE_CACHE", cache.to_str().unwrap());
    let cache = cache.join("verify");
    assert!(!is_warm(&project, &[]));
    let [empty, history] = <[PathBuf; 2]>::try_from(entries(&cache)).expect("initdb's folder, and the history");
    assert!(is_warm(&project, &[]));
    // A part of it is lost, as a disk does it.
    let file = history.join("data/global/pg_control");
    std::fs::write(&file, "").unwrap();
    assert!(!is_warm(&project, &[]));
    assert_eq!(std::fs::metadata(&file).unwrap().len(), 8192, "it was made again");
    // The size is right, and what is in it is not: the server refuses.
    std::fs::write(&file, [0; 8192]).unwrap();
    std::fs::write(empty.join("data/global/pg_control"), [0; 8192]).unwrap();
    assert!(!is_warm(&project, &[]));
    // Another history is another key; two runs at once make it, and one of them keeps it.
    let project = project.file("prisma/migrations/20260101000000_init/migration.sql", &format!("{earlier} "));
    let before = entries(&cache).len();
    let start = || {
        let mut command = project.command(&["verify"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    for run in [start(), start()] {
        let said = project.said(run.wait_with_output().unwrap());
        assert!(said.stdout.starts_with("proven"), "{}", said.all());
    }
    assert_eq!(entries(&cache).len(), before + 1);
}
