//! Where Prisma keeps its real schema engine: `@prisma/engines/schema-engine-<target>`.

use std::path::{Path, PathBuf};

/// The folder of `@prisma/engines` as Node would resolve it from Prisma's own package: beside it, inside it, or further up.
#[must_use]
pub fn engines_folder(prisma_package: &Path) -> Option<PathBuf> {
    prisma_package
        .ancestors()
        .filter(|folder| folder.file_name().is_none_or(|name| name != "node_modules"))
        .map(|folder| folder.join("node_modules").join("@prisma").join("engines"))
        .find(|folder| folder.is_dir())
}

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
        return None;
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
            ("linux-musl-openssl-3.0.x", &debian, None),
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

    #[test]
    fn the_folder_is_found_in_every_layout() {
        let folder = tempfile::tempdir().unwrap();
        for (package, engines) in [
            ("npm/node_modules/prisma", "npm/node_modules/@prisma/engines"),
            (
                "pnpm/node_modules/.pnpm/prisma@7.1.0/node_modules/prisma",
                "pnpm/node_modules/.pnpm/prisma@7.1.0/node_modules/@prisma/engines",
            ),
            ("nested/node_modules/prisma", "nested/node_modules/prisma/node_modules/@prisma/engines"),
            ("hoisted/packages/a/node_modules/prisma", "hoisted/node_modules/@prisma/engines"),
        ] {
            let (package, engines) = (folder.path().join(package), folder.path().join(engines));
            std::fs::create_dir_all(&package).unwrap();
            std::fs::create_dir_all(&engines).unwrap();
            assert_eq!(engines_folder(&package), Some(engines));
        }
        assert_eq!(engines_folder(&folder.path().join("nowhere/node_modules/prisma")), None);
    }
}
