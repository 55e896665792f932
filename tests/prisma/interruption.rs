//! Nothing is left over, whoever is killed. Prisma and its engine are doubles here: what counts is who ends when.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::bed::{Bed, GUARD, SAFE};
use crate::doubles::double;

/// A `prisma` that starts the engine as the real one does, and an engine that neither signal nor closed pipe would end.
struct Stage {
    bed: Bed,
    process: Child,
}

const STUBBORN: &str =
    "trap '' TERM HUP PIPE INT\necho $$ > engine.pid.new\nmv engine.pid.new engine.pid\nwhile :; do sleep 0.01; done";

fn stage(prisma: &str) -> Stage {
    let mut bed = Bed::without_prisma(7);
    let engine = double(&bed.path(""), "stubborn-engine", STUBBORN);
    bed.set("PRISMA_SAFE_REAL_ENGINE", engine.to_str().unwrap());
    let prisma = double(&bed.path(""), "prisma", &format!("echo $$ > prisma.pid\n{prisma}"));
    bed.write(
        "prisma-safe.toml",
        &format!(
            "[prisma]\ncommand = [\"{}\"]\nversion = \"7.10.1\"\n[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n",
            prisma.display()
        ),
    );
    let process = bed
        .command(SAFE)
        .args(["run", "--env", "dev", "--", "migrate", "deploy"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Stage { bed, process }
}

/// Starts its engine and waits for it.
const WITH_ENGINE: &str = r#"exec 3>&1
{ echo started >&3; sleep 20; } | "$PRISMA_SCHEMA_ENGINE_BINARY" --datasource "{\"url\":\"$DATABASE_URL\"}""#;

fn pid(bed: &Bed, name: &str) -> u32 {
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(pid) = std::fs::read_to_string(bed.path(name)).unwrap_or_default().trim().parse() {
            return pid;
        }
        assert!(Instant::now() < limit, "{name} was not written");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn dies(pid: u32, who: &str) {
    let limit = Instant::now() + Duration::from_secs(60);
    // A zombie is dead.
    while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < limit, "{who} is left over");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_killed_wrapper_takes_prisma_and_its_engine_along() {
    let Stage { bed, mut process } = stage(WITH_ENGINE);
    let (prisma, engine) = (pid(&bed, "prisma.pid"), pid(&bed, "engine.pid"));
    process.kill().unwrap();
    process.wait().unwrap();
    dies(prisma, "prisma");
    dies(engine, "the engine");
}

/// pnpm and others stand between: Prisma is not our child then, and nothing kills it directly.
#[test]
fn a_killed_wrapper_ends_the_engine_behind_a_chain_of_programs() {
    let Stage { bed, mut process } = stage(&format!("sh -c '{}' &\nwait", WITH_ENGINE.replace('\'', "'\\''")));
    let engine = pid(&bed, "engine.pid");
    process.kill().unwrap();
    process.wait().unwrap();
    dies(engine, "the engine");
}

/// The run file goes away with the run, and the guard with the engine.
#[test]
fn a_wrapper_that_is_asked_to_stop_waits_for_prisma_and_says_what_came_of_it() {
    let prisma = "trap 'echo cleaning up; exit 130' TERM INT\necho ready\nwhile :; do sleep 0.01; done";
    for (signal, name) in [("-TERM", "SIGTERM"), ("-INT", "SIGINT")] {
        let Stage { bed: _bed, mut process } = stage(prisma);
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let kill = std::process::Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
        assert!(kill.success());
        line.clear();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "cleaning up\n", "{name}");
        let status = process.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(130), None), "{name}");
    }
}

#[test]
fn a_stale_run_file_is_not_believed() {
    let mut bed = Bed::without_prisma(7);
    let pin = prisma_safe::prisma::guard::Pin::new("production", prisma_safe::environment::EnvironmentKind::Production)
        .allow(prisma_safe::prisma::guard::Permit::ApplyMigrations);
    let run = prisma_safe::prisma::guard::RunFile::create(&pin, "file:./app.db", Some(&bed.path("app.db"))).unwrap();
    let kept = tempfile::tempdir().unwrap();
    for name in ["run.json", "run.lock"] {
        std::fs::copy(run.folder().join(name), kept.path().join(name)).unwrap();
    }
    drop(run);
    bed.set("PRISMA_SAFE_RUN", kept.path().join("run.json").to_str().unwrap());
    let engine = double(&bed.path(""), "engine", "touch reached");
    bed.set("PRISMA_SAFE_REAL_ENGINE", engine.to_str().unwrap());
    let output = bed
        .command(GUARD)
        .args(["--datasource", "{\"url\":\"file:./app.db\"}", "cli", "can-connect-to-database"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("the run that it belongs to is over"));
    assert!(!bed.path("reached").exists());
}
