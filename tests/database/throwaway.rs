//! The promise of the test servers themselves: nothing is left behind, even when the test process is killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::servers;

const VICTIM: &str = "PRISMA_SAFE_TEST_VICTIM";
/// What the victim prints in front of its server's folder.
const HERE: &str = "server folder: ";

#[test]
fn a_killed_test_process_leaves_no_server_and_no_folder() {
    if servers::postgres().is_none() {
        return;
    }
    let mut victim = Command::new(std::env::current_exe().expect("this test binary"))
        .args(["--exact", "throwaway::victim", "--ignored", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut output = BufReader::new(victim.stdout.take().expect("piped")).lines();
    let folder = output
        .find_map(|line| line.ok()?.split_once(HERE).map(|(_, path)| PathBuf::from(path)))
        .expect("the victim says where its server is");
    let server = std::fs::read_to_string(folder.join("server.pid")).expect("it is noted");
    victim.kill().expect("kill -9");
    victim.wait().expect("it is dead");
    let began = Instant::now();
    while folder.exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "`{}` is still there", folder.display());
        // The watch tells nobody when it is done.
        std::thread::sleep(Duration::from_millis(20));
    }
    let state = std::fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "the server lives on: {state}");
}

#[test]
#[ignore = "the process that `a_killed_test_process_leaves_no_server_and_no_folder` kills"]
fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let server = servers::postgres().expect("it could be started by the other process");
    let _ = writeln!(std::io::stdout(), "\n{HERE}{}", server.socket.display());
    let _ = std::io::stdin().read_line(&mut String::new());
    std::thread::sleep(Duration::from_secs(60));
}
