//! Doubles of the schema engine: small scripts that do one thing wrong, or slowly. None of them is Prisma's.

use std::path::{Path, PathBuf};

/// Writes a script as a program into `folder`.
pub fn double(folder: &Path, name: &str, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(format!("double-{name}"));
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Passes both streams on to `engine` and keeps a copy of each: `<name>.requests`, `<name>.replies`.
pub fn recorder(folder: &Path, name: &str, engine: &Path) -> PathBuf {
    let script = format!(
        // `cli` calls have no protocol to record; their exit code matters, which a pipeline would hide.
        "case \" $* \" in *' cli '*) exec '{engine}' \"$@\";; esac\n\
         tee -a '{folder}/{name}.requests' | '{engine}' \"$@\" | tee -a '{folder}/{name}.replies'",
        engine = engine.display(),
        folder = folder.display()
    );
    double(folder, name, &script)
}
