//! Which schema engine the walk runs on: Prisma's native one when it can be had within a few seconds, else Prisma's own WASM build of it
//! in the host of `tests/engine`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long Prisma may take to download its native engine.
const PATIENCE: Duration = Duration::from_secs(8);

/// A schema engine and how to start it.
pub(crate) struct Engine {
    /// What to tell the reader.
    pub(crate) says: String,
    /// Variables that the commands need to find it.
    pub(crate) variables: Vec<(&'static str, PathBuf)>,
}

pub(crate) fn find(root: &Path, project: &Path) -> Outcome<Engine> {
    crate::say(&format!("asking Prisma for its native schema engine (at most {} seconds)", PATIENCE.as_secs()));
    if let Some(native) = download_native(project) {
        let name = native.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(Engine { says: format!("running on Prisma's native schema engine, {name}"), variables: Vec::new() });
    }
    let install = Command::new("bash")
        .arg(root.join("tests/prisma/install.sh"))
        .arg("7")
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot start bash to install the WASM schema engine: {error}"))?;
    if !install.success() {
        return Err(
            "neither Prisma's native engine nor its WASM build could be had; is the npm registry reachable?".to_owned()
        );
    }
    Ok(Engine {
        says: "running on Prisma's own WASM schema engine in the test host (tests/engine), since the native one cannot be had here".to_owned(),
        variables: vec![
            ("PRISMA_SAFE_REAL_ENGINE", root.join("tests/engine/schema-engine")),
            ("PRISMA_SAFE_TEST_PRISMA_DIR", root.join("tests/prisma/7")),
        ],
    })
}

/// Lets Prisma's own install script fetch the engine; it may be unreachable, so it gets a time limit and no say in the outcome.
fn download_native(project: &Path) -> Option<PathBuf> {
    let engines = project.join("node_modules/@prisma/engines");
    let script = engines.join("scripts/postinstall.js");
    if let Ok(mut child) = Command::new("node")
        .arg(script)
        .current_dir(&engines)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
    {
        let started = Instant::now();
        while started.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    let entries = std::fs::read_dir(engines).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("schema-engine-") && path.extension().is_none_or(|extension| extension == "exe")
    })
}
