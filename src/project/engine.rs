//! Which of the schema engines that Prisma downloaded (`@prisma/engines/schema-engine-<target>`) is for this machine.

use std::path::{Path, PathBuf};

/// The real schema engine in a folder of engines. Where there are several (`binaryTargets`), the one for this machine.
#[must_use]
pub fn find_schema_engine(engines: &Path) -> Option<PathBuf> {
    let mut candidates: Vec<(u8, String, PathBuf)> = std::fs::read_dir(engines)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let target = name.strip_prefix("schema-engine-")?;
            let path = entry.path();
            // Checksums and half-finished downloads lie beside it.
            let leftover = [".sha256", ".gz", ".tmp", ".md5"].iter().any(|ending| target.ends_with(ending));
            let fit =
                (!leftover && path.is_file()).then(|| fit(target.trim_end_matches(".exe"), &Machine::this()))??;
            Some((fit, name, path))
        })
        .collect();
    candidates.sort();
    candidates.pop().map(|(_, _, path)| path)
}

struct Machine {
    os: &'static str,
    arm64: bool,
    musl: bool,
}

impl Machine {
    fn this() -> Self {
        Machine {
            os: std::env::consts::OS,
            arm64: std::env::consts::ARCH == "aarch64",
            musl: Path::new("/etc/alpine-release").exists(),
        }
    }
}

/// How well a target of Prisma's fits a machine; `None` when it cannot run there.
fn fit(target: &str, machine: &Machine) -> Option<u8> {
    let os = match target {
        _ if target.starts_with("darwin") => "macos",
        _ if target.starts_with("windows") => "windows",
        _ if target.starts_with("freebsd") => "freebsd",
        "openbsd" | "netbsd" => "other",
        _ => "linux",
    };
    if os != machine.os {
        return None;
    }
    if target.contains("arm64") != machine.arm64 {
        // Rosetta runs the other one; Linux does not.
        return (machine.os == "macos" && machine.arm64).then_some(1);
    }
    if machine.os == "linux" && target.contains("musl") != machine.musl && !target.contains("static") {
        // The C library cannot be told for certain, so the other one is a last resort.
        return Some(1);
    }
    Some(if target.contains("3.0.x") {
        9
    } else if target.contains("1.1.x") {
        8
    } else {
        7
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_of_this_kind_of_machine_wins() {
        let debian = Machine { os: "linux", arm64: false, musl: false };
        let alpine = Machine { os: "linux", arm64: false, musl: true };
        let mac = Machine { os: "macos", arm64: true, musl: false };
        let windows = Machine { os: "windows", arm64: false, musl: false };
        for (target, machine, expected) in [
            ("debian-openssl-3.0.x", &debian, Some(9)),
            ("debian-openssl-1.1.x", &debian, Some(8)),
            ("rhel-openssl-1.0.x", &debian, Some(7)),
            ("linux-musl-openssl-3.0.x", &debian, Some(1)),
            ("linux-arm64-openssl-3.0.x", &debian, None),
            ("linux-musl", &alpine, Some(7)),
            ("darwin-arm64", &mac, Some(7)),
            ("darwin", &mac, Some(1)),
            ("windows", &windows, Some(7)),
            ("windows", &debian, None),
        ] {
            assert_eq!(fit(target, machine), expected, "{target} on {}", machine.os);
        }
    }
}
