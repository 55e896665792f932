//! `kill -9` at ten moments: after the next `verify` there is no server, no database and no file left, and nothing else was touched.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::bed::project;
use crate::named::at_work;
use crate::support::project::TestProject;

/// When the process is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// So many milliseconds after its start.
    After(u64),
    /// So many milliseconds after it says that it is proving.
    Proving(u64),
    /// The same, together with the process that watches over its server.
    WithWatch(u64),
}
use Moment::{After, Proving, WithWatch};

/// Kills `verify` there; the number that the process had.
fn kill_at(project: &TestProject, moment: Moment) -> u32 {
    let mut child = match moment {
        After(_) => {
            project.command(&["verify"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
        }
        Proving(_) | WithWatch(_) => at_work(project),
    };
    let (After(wait) | Proving(wait) | WithWatch(wait)) = moment;
    std::thread::sleep(Duration::from_millis(wait));
    if matches!(moment, WithWatch(_)) {
        let watches = processes(&format!("prisma-safe-verify-{}-", child.id()), "/bin/sh");
        assert_eq!(watches.len(), 1, "one watch");
        let pid = rustix::process::Pid::from_raw(watches[0]).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
    }
    let _ = child.kill();
    child.wait().expect("it ends");
    child.id()
}

/// Processes whose command line has both.
fn processes(part: &str, other: &str) -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let fits = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(part) && line.contains(other)
    };
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(fits).collect()
}

fn folders(process: u32) -> Vec<String> {
    let prefix = format!("prisma-safe-verify-{process}-");
    let all = [Path::new("/tmp").to_owned(), std::env::temp_dir()];
    let entries = all.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(&prefix))
        .collect()
}

fn leaves_nothing(provider: &str, pause: &str, moments: &[Moment]) {
    let name = |name: &str| if provider == "mysql" { format!("`{name}`") } else { format!("\"{name}\"") };
    let earlier = format!("{pause}CREATE TABLE {} (id INTEGER PRIMARY KEY, a VARCHAR(9));", name("T"));
    let (migration, revert) = (
        format!("ALTER TABLE {} RENAME TO {};", name("T"), name("kept")),
        format!("ALTER TABLE {} RENAME TO {};", name("kept"), name("T")),
    );
    let project = project(provider, &earlier, &migration, Some(&revert));
    let files = project.files();
    let killed: Vec<u32> = moments.iter().map(|moment| kill_at(&project, *moment)).collect();
    let said = project.run(&["verify"]);
    assert_eq!(said.code, 0, "{}", said.all());
    for process in killed {
        assert_eq!(folders(process), Vec::<String>::new(), "{provider}");
        assert_eq!(processes(&format!("prisma-safe-verify-{process}-"), ""), Vec::<i32>::new(), "{provider}");
    }
    let mut after = project.files();
    after.retain(|file| !file.starts_with(".prisma-safe/"));
    assert_eq!(after, files);
}

#[test]
fn on_sqlite() {
    leaves_nothing("sqlite", "", &[After(3), After(15)]);
}

#[test]
fn on_postgres() {
    if crate::postgres::has_server() {
        let moments = [After(40), After(150), Proving(0), WithWatch(100)];
        leaves_nothing("postgresql", "SELECT pg_sleep(0.3);", &moments);
    }
}

#[test]
fn on_mariadb() {
    if crate::mysql::has_server() {
        let moments = [After(80), After(400), Proving(50), WithWatch(150)];
        leaves_nothing("mysql", "DO SLEEP(0.3);", &moments);
    }
}
