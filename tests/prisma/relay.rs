//! The guard's program between scripted peers: how it ends, whatever the engine or Prisma do. All engines here are doubles.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::bed::GUARD;
use crate::doubles::double;

const DATASOURCE: &str = r#"{"url":"file:./dev.db"}"#;

/// The guard in front of a double, as Prisma 7 starts it.
fn start(folder: &Path, script: &str, arguments: &[&str]) -> Child {
    Command::new(GUARD)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("PRISMA_SAFE_REAL_ENGINE", double(folder, "engine", script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn server(folder: &Path, script: &str) -> Child {
    start(folder, script, &["--datasource", DATASOURCE])
}

/// Waits, and fails instead of hanging.
#[track_caller]
fn ended(child: &mut Child) -> ExitStatus {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > limit {
            let _ = child.kill();
            panic!("the guard did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_alive(pid: u32) -> bool {
    // A zombie is dead; /proc tells the two apart.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[track_caller]
fn dies(pid: u32) {
    let limit = Instant::now() + Duration::from_secs(30);
    while is_alive(pid) {
        assert!(Instant::now() < limit, "process {pid} is left over");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn line(child: &mut Child) -> String {
    let mut text = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut text).unwrap();
    text
}

#[test]
fn it_ends_with_the_engines_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    for code in [0, 1, 2, 101, 255] {
        for arguments in [
            &["--datasource", DATASOURCE][..],
            &["--datasource", DATASOURCE, "cli", "can-connect-to-database"],
            &["--version"],
        ] {
            let mut child = start(folder.path(), &format!("exit {code}"), arguments);
            // Prisma still has its end open.
            let status = ended(&mut child);
            assert_eq!(status.code(), Some(code), "{arguments:?}");
        }
    }
}

#[test]
fn it_ends_by_the_engines_signal() {
    let folder = tempfile::tempdir().unwrap();
    for (name, number) in [("KILL", 9), ("TERM", 15), ("ABRT", 6), ("SEGV", 11)] {
        let mut child = server(folder.path(), &format!("kill -{name} $$"));
        assert_eq!(ended(&mut child).signal(), Some(number), "{name}");
    }
}

#[test]
fn signals_reach_the_engine_and_the_engine_decides() {
    let folder = tempfile::tempdir().unwrap();
    for (name, number) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        // Ends by itself with a code of its own, after having cleaned up.
        let script = format!("trap 'echo cleaned; exit 7' {name}\necho ready\nwhile :; do sleep 0.01; done");
        let mut child = server(folder.path(), &script);
        assert_eq!(line(&mut child), "ready\n");
        kill(child.id(), number);
        assert_eq!(ended(&mut child).code(), Some(7), "{name}");
        let mut rest = String::new();
        child.stdout.unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "cleaned\n");
    }
    // Without a trap it dies of the signal, and so does the guard.
    let mut child = server(folder.path(), "echo ready\nexec sleep 600");
    assert_eq!(line(&mut child), "ready\n");
    kill(child.id(), 15);
    assert_eq!(ended(&mut child).signal(), Some(15));
}

fn kill(pid: u32, signal: i32) {
    assert!(Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().unwrap().success());
}

#[test]
fn the_engine_dies_with_a_guard_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    // Neither its closed input nor its closed output would end this one.
    let mut child = server(folder.path(), "trap '' TERM HUP PIPE\necho $$\nwhile :; do sleep 0.01; done");
    let engine: u32 = line(&mut child).trim().parse().unwrap();
    assert!(is_alive(engine));
    child.kill().unwrap();
    child.wait().unwrap();
    dies(engine);
}

#[test]
fn the_end_of_input_reaches_the_engine_and_late_answers_reach_prisma() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = server(folder.path(), "cat >/dev/null\nprintf '{\"id\":1,\"result\":null}'\nexit 3");
    drop(child.stdin.take());
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert_eq!(output, "{\"id\":1,\"result\":null}");
    assert_eq!(ended(&mut child).code(), Some(3));
}

#[test]
fn a_prisma_that_stops_listening_does_not_stop_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let script =
        format!("read -r line\necho answer\nread -r line\necho answer\ncat >/dev/null\ntouch '{}'", done.display());
    let mut child = server(folder.path(), &script);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(b"{\"id\":1,\"method\":\"getDatabaseVersion\"}\n{\"id\":2,\"method\":\"getDatabaseVersion\"}\n")
        .unwrap();
    drop(stdin);
    ended(&mut child);
    assert!(done.exists());
}

#[test]
fn large_lines_and_slow_peers() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = server(folder.path(), "exec cat");
    let request =
        format!("{{\"id\":1,\"method\":\"getDatabaseVersion\",\"params\":{{\"x\":\"{}\"}}}}\n", "é".repeat(5 << 20));
    let mut stdin = child.stdin.take().unwrap();
    let sent = request.clone();
    let writer = std::thread::spawn(move || {
        // The first bytes one by one: a line is a line, however it arrives.
        for byte in &sent.as_bytes()[..64] {
            stdin.write_all(&[*byte]).unwrap();
            stdin.flush().unwrap();
        }
        stdin.write_all(&sent.as_bytes()[64..]).unwrap();
    });
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    writer.join().unwrap();
    assert!(output == request.as_bytes());
    assert!(ended(&mut child).success());
}

#[test]
fn a_refused_call_is_answered_at_once_and_reaches_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let datasource = r#"{"url":"postgresql://app:s3cret@db.example.invalid/shop"}"#;
    let seen = folder.path().join("seen");
    let script = format!("cat > '{}'", seen.display());
    let mut child = start(folder.path(), &script, &["--datasource", datasource]);
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(b"{\"id\":5,\"jsonrpc\":\"2.0\",\"method\":\"reset\",\"params\":{\"sql\":\"SELECT s3cret\"}}\n")
        .unwrap();
    let answer = line(&mut child);
    let json: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&json["id"], &json["error"]["code"]), (&5.into(), &4466.into()));
    assert!(json["error"]["data"]["message"].as_str().unwrap().starts_with("refused by prisma-safe: `reset`, because"));
    assert!(!answer.contains("s3cret"));
    drop(stdin);
    assert!(ended(&mut child).success());
    assert_eq!(std::fs::read(&seen).unwrap(), b"");
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(log, "");
}

#[test]
fn a_refused_word_is_logged_as_the_engine_logs() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgresql://app:s3cret@db.example.invalid/shop";
    // Both spellings: 7 and 6.
    let json = format!("{{\"url\":\"{url}\"}}");
    for arguments in [["--datasource", &json, "cli", "drop-database"], ["cli", "--datasource", url, "drop-database"]] {
        let child = start(folder.path(), "touch reached", &arguments);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(!log.contains("s3cret"), "{log}");
        let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "Prisma throws the first line away");
        assert_eq!(
            (lines[1]["level"].as_str(), lines[1]["target"].as_str()),
            (Some("ERROR"), Some("schema_engine::logger"))
        );
        assert_eq!(lines[1]["fields"]["error_code"], "PRISMA_SAFE");
        assert!(!folder.path().join("reached").exists());
    }
}
