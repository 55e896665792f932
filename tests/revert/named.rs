//! A server that the user names: databases of ours on it, and nothing else.

use std::io::BufRead as _;
use std::process::{Child, Stdio};

use crate::bed::{LAST, project, told};
use crate::support::project::TestProject;
use crate::support::servers::{Kind, Server, mariadb, postgres};

/// `pause` is what the earlier migration does first.
fn project_on(server: &Server, pause: &str) -> TestProject {
    let (provider, quote, scheme) = match server.kind {
        Kind::Postgres => ("postgresql", "\"", "postgresql"),
        Kind::MariaDb => ("mysql", "`", "mysql"),
    };
    let sql = |text: &str| text.replace('"', quote);
    let earlier = sql(&format!("{pause}CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"name\" VARCHAR(40));"));
    let migration = sql("ALTER TABLE \"T\" RENAME TO \"kept_T\";");
    let revert = sql("ALTER TABLE \"kept_T\" RENAME TO \"T\";");
    let database = if server.kind == Kind::Postgres { "postgres" } else { "mysql" };
    let url = format!("{scheme}://admin:admin-pass@127.0.0.1:{}/{database}", server.port);
    project(provider, &earlier, &migration, Some(&revert))
        .file("prisma-safe.toml", "[verify]\nserver-env = \"VERIFY_URL\"\n")
        .variable("VERIFY_URL", &url)
}

/// Names of ours.
fn ours(server: &Server) -> Vec<String> {
    server.databases().into_iter().filter(|name| name.starts_with("prisma_safe_verify_")).collect()
}

fn proves_and_cleans(server: &'static Server) {
    let project = project_on(server, "");
    let execute = |sql: &str| server.session("").execute(sql);
    // One of a run that is gone, one that only looks like it.
    let gone = "prisma_safe_verify_0000000000000001_base";
    execute(&format!("CREATE DATABASE {gone}"));
    execute("CREATE DATABASE prisma_safe_verify_notes");
    let said = project.run(&["verify"]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(said.stdout.starts_with("proven"), "{}", said.all());
    assert!(said.stderr.contains("on the server of `VERIFY_URL`, "), "{}", said.all());
    assert!(!said.all().contains("admin-pass"));
    assert_eq!(ours(server), ["prisma_safe_verify_notes"]);
    execute(&format!("CREATE DATABASE {gone}"));
    let said = project.run(&["verify", "clean"]);
    assert!(said.stderr.contains(&format!("Dropped `{gone}` on the server of `VERIFY_URL`")), "{}", said.all());
    assert_eq!(ours(server), ["prisma_safe_verify_notes"]);
    assert!(project.run(&["verify", "clean"]).stderr.contains("nothing is left of killed runs"));
    execute("DROP DATABASE prisma_safe_verify_notes");
}

fn is_refused(project: &TestProject, why: &str) {
    let said = project.run(&["verify"]);
    assert_eq!(said.code, 3, "{}", said.all());
    assert!(said.stderr.contains(why), "no {why:?} in {}", said.all());
}

fn refuses_what_is_not_for_it(server: &'static Server) {
    let project = project_on(server, "");
    let url = server.database().url();
    let production = "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n[verify]\nserver-env = \"VERIFY_URL\"\n";
    let project = project.file("prisma-safe.toml", production).variable("PRODUCTION_URL", &url);
    is_refused(&project, "it is the server of the environment `production`");
    let reaching = project_on(server, if server.kind == Kind::Postgres { "CREATE ROLE x; " } else { "USE mysql; " });
    is_refused(&reaching, "line 1 reaches beyond its database");
    let marked = server.database();
    let comment = "prisma-safe: environment=live kind=production";
    marked.execute(&match server.kind {
        Kind::Postgres => {
            format!("CREATE TABLE _prisma_migrations (id INT); COMMENT ON TABLE _prisma_migrations IS '{comment}'")
        }
        Kind::MariaDb => format!("CREATE TABLE _prisma_migrations (id INT) COMMENT '{comment}'"),
    });
    is_refused(&project_on(server, ""), &format!("its database `{}` says that it belongs to `live`", marked.name));
    marked.execute("DROP TABLE _prisma_migrations");
    assert_eq!(ours(server), Vec::<String>::new());
}

/// Starts `verify` and waits until it is at work.
pub fn at_work(project: &TestProject) -> Child {
    let mut child =
        project.command(&["verify"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let stderr = child.stderr.take().expect("it is piped");
    std::io::BufReader::new(stderr).read_line(&mut line).expect("it says what it does");
    assert!(line.contains("Proving"), "{line}");
    child
}

/// Waits until nobody but the test is connected to databases of ours.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed().as_secs() < 20, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn goes_on_a_signal(server: &'static Server, pause: &str) {
    let project = project_on(server, pause);
    let mut child = at_work(&project);
    assert_eq!(ours(server).len(), 1);
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    child.wait().expect("it ends");
    if server.kind == Kind::Postgres {
        assert_eq!(ours(server), Vec::<String>::new());
    }
    // Killed without a word: the next run sees that nobody holds the lock.
    let mut child = at_work(&project);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let quick = project_on(server, "");
    wait_until("a database of a killed run is still there", || {
        assert_eq!(quick.run(&["verify", LAST]).code, 0);
        ours(server).is_empty()
    });
}

#[test]
fn on_postgres() {
    let Some(server) = postgres() else { return };
    proves_and_cleans(server);
    refuses_what_is_not_for_it(server);
    goes_on_a_signal(server, "SELECT pg_sleep(30); ");
    a_run_that_lives_keeps_its_databases(server);
}

#[test]
fn on_mariadb() {
    let Some(server) = mariadb() else { return };
    proves_and_cleans(server);
    refuses_what_is_not_for_it(server);
    goes_on_a_signal(server, "DO SLEEP(2); ");
}

/// Two runs at once do not take each other's databases.
fn a_run_that_lives_keeps_its_databases(server: &'static Server) {
    let slow = project_on(server, "SELECT pg_sleep(30); ");
    let mut child = at_work(&slow);
    let said = project_on(server, "").run(&["verify", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.all());
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert!(told(&document["migrations"][0]).starts_with("proven"));
    assert_eq!(ours(server).len(), 1);
    let _ = child.kill();
    let _ = child.wait();
}
