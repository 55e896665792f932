//! Prisma's CLI: where it is, how it is started, which version it is, all without starting it.
//!
//! In this order: `prisma.command` of the settings; `node_modules` upwards, as npm, pnpm, Yarn and bun lay it out; Yarn's
//! Plug'n'Play; the `cargo prisma` alias of prisma-client-rust; a global install. Never `npx`, which could download another major.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::package_json::PackageJson;
use super::text_file::read_text;
use super::{Major, ProjectError, Version};
use crate::settings::{PrismaSettings, Upwards, shown};

/// Which way the CLI was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// `prisma.command` in the settings.
    Settings,
    /// A `node_modules` folder here or above.
    NodeModules,
    /// Yarn's Plug'n'Play.
    YarnPnp,
    /// An alias in `.cargo/config.toml`.
    CargoAlias,
    /// `prisma` on the PATH.
    Path,
}

/// A Prisma CLI that can be started.
#[derive(Debug, Clone)]
pub struct PrismaCli {
    /// The program and its first arguments; Prisma's own arguments follow.
    pub invocation: Vec<OsString>,
    /// Its version.
    pub version: Version,
    /// Its major, one of those that this tool knows.
    pub major: Major,
    /// Prisma's own package, links resolved; `None` where it is not on disk (Plug'n'Play, `cargo prisma`).
    pub package_dir: Option<PathBuf>,
    /// Which way it was found.
    pub found_by: FoundBy,
}

impl PrismaCli {
    /// How it is started, for people.
    #[must_use]
    pub fn shown_invocation(&self) -> String {
        let words: Vec<_> = self.invocation.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }
}

/// An installed Prisma, before it is known how to start it.
struct Found {
    by: FoundBy,
    version: Version,
    package: Option<PathBuf>,
    /// Prisma's script, for Node; or the words of a command.
    start: Start,
}

enum Start {
    Script(PathBuf),
    Command(Vec<OsString>),
}

/// The version of the Prisma that belongs to a folder. `None` when there is none, or its version cannot be told.
///
/// # Errors
/// [`ProjectError`] when there is one and it is not supported.
pub(super) fn installed_major(root: &Path, settings: &PrismaSettings) -> Result<Option<Major>, ProjectError> {
    match locate(root, settings) {
        Ok(found) => supported(&found.version, root, found.package.as_deref()).map(Some),
        Err(ProjectError::NoPrisma { .. } | ProjectError::UnknownVersion { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Finds the CLI for a folder.
///
/// # Errors
/// [`ProjectError`] when there is none, it is not supported, or what starts it is not on the PATH.
pub(super) fn find(root: &Path, settings: &PrismaSettings) -> Result<PrismaCli, ProjectError> {
    let found = locate(root, settings)?;
    let major = supported(&found.version, root, found.package.as_deref())?;
    let invocation = match found.start {
        Start::Script(script) => vec![runtime()?.into_os_string(), script.into_os_string()],
        Start::Command(words) => resolved(words, root)?,
    };
    Ok(PrismaCli { invocation, version: found.version, major, package_dir: found.package, found_by: found.by })
}

fn supported(version: &Version, root: &Path, package: Option<&Path>) -> Result<Major, ProjectError> {
    version.known_major().ok_or_else(|| ProjectError::UnsupportedVersion {
        version: version.clone(),
        path: shown(package.unwrap_or(root)),
    })
}

fn locate(root: &Path, settings: &PrismaSettings) -> Result<Found, ProjectError> {
    let stated = match &settings.version {
        Some(version) => Some(
            Version::parse(&version.value)
                .ok_or_else(|| ProjectError::UnknownVersion { command: version.value.clone() })?,
        ),
        None => None,
    };
    if let Some(command) = &settings.command {
        let words: Vec<OsString> = command.value.iter().map(OsString::from).collect();
        let installed = in_folders(root)?;
        let (version, package) = match (stated, installed) {
            (Some(version), installed) => (version, installed.and_then(|found| found.package)),
            (None, Some(found)) => (found.version, found.package),
            (None, None) => return Err(ProjectError::UnknownVersion { command: command.value.join(" ") }),
        };
        return Ok(Found { by: FoundBy::Settings, version, package, start: Start::Command(words) });
    }
    if let Some(found) = in_folders(root)? {
        return Ok(found);
    }
    if cargo_alias(root) {
        let start = Start::Command(vec!["cargo".into(), "prisma".into()]);
        let version = stated.ok_or_else(|| ProjectError::UnknownVersion { command: "cargo prisma".to_owned() })?;
        return Ok(Found { by: FoundBy::CargoAlias, version, package: None, start });
    }
    if let Some(found) = on_path(root) {
        return Ok(found);
    }
    Err(ProjectError::NoPrisma { start: shown(root), install: install_command(root) })
}

/// `node_modules` and Plug'n'Play, in this folder and above.
fn in_folders(root: &Path) -> Result<Option<Found>, ProjectError> {
    for folder in Upwards::from(root) {
        let modules = folder.join("node_modules");
        let manifest = modules.join("prisma").join("package.json");
        if manifest.is_file() {
            return package(&modules.join("prisma")).map(Some);
        }
        for name in ["prisma", "prisma.cmd"] {
            if let Some(script) = script_behind(&modules.join(".bin").join(name))
                && let Some(folder) = package_of(&script)
            {
                return package(folder).map(Some);
            }
        }
        for name in [".pnp.cjs", ".pnp.js", ".pnp.data.json"] {
            let pnp = folder.join(name);
            if pnp.is_file()
                && let Some(version) = read_text(&pnp).ok().as_deref().and_then(version_in_pnp)
            {
                let start = Start::Command(vec!["yarn".into(), "prisma".into()]);
                return Ok(Some(Found { by: FoundBy::YarnPnp, version, package: None, start }));
            }
        }
    }
    Ok(None)
}

/// Prisma's package in a folder that may be a link.
fn package(folder: &Path) -> Result<Found, ProjectError> {
    let manifest = folder.join("package.json");
    let not_prisma = |reason: String| ProjectError::NotPrisma { path: shown(&manifest), reason };
    let real =
        std::fs::canonicalize(folder).map_err(|source| ProjectError::Unreadable { path: folder.to_owned(), source })?;
    let json = PackageJson::read(&manifest)?;
    match json.name() {
        Some("prisma") => {}
        Some(other) => return Err(not_prisma(format!("its name is `{other}`"))),
        None => return Err(not_prisma("it is not a `package.json` with a name".to_owned())),
    }
    let version = json.version().and_then(Version::parse).ok_or_else(|| not_prisma("it says no version".to_owned()))?;
    let script = real.join(json.prisma_bin().unwrap_or("build/index.js"));
    // An unsupported major is reported as such, whatever its files are called.
    if version.known_major().is_some() && !script.is_file() {
        return Err(not_prisma(format!("`{}` is missing; install again", shown(&script).display())));
    }
    Ok(Found { by: FoundBy::NodeModules, version, package: Some(real), start: Start::Script(script) })
}

/// What a file of `node_modules/.bin` starts: the target of a link (npm, Yarn, bun), or the script that a shell or batch file
/// names (pnpm, Windows).
fn script_behind(bin: &Path) -> Option<PathBuf> {
    let metadata = std::fs::symlink_metadata(bin).ok()?;
    if metadata.is_symlink() {
        return std::fs::canonicalize(bin).ok();
    }
    let text = read_text(bin).ok()?;
    let folder = bin.parent()?;
    text.split('"').find_map(|quoted| {
        let relative = ["$basedir/", "%~dp0\\", "%dp0%\\"].iter().find_map(|start| quoted.strip_prefix(start))?;
        let relative = relative.replace('\\', "/");
        relative.ends_with(".js").then(|| std::fs::canonicalize(folder.join(relative)).ok())?
    })
}

/// The folder of the package that a script belongs to.
fn package_of(script: &Path) -> Option<&Path> {
    script.ancestors().skip(1).find(|folder| folder.join("package.json").is_file())
}

/// The version of `prisma` in the tables of Plug'n'Play, read as text: running them is Node's job.
fn version_in_pnp(text: &str) -> Option<Version> {
    text.match_indices("[\"prisma\",").find_map(|(at, _)| {
        // `["prisma", "virtual:…#npm:6.19.3"]`, or `["prisma", [["npm:6.19.3", {…`; a peer that is missing is `["prisma", null]`.
        let entry = text[at..].split(']').next()?;
        Version::parse(entry.split("npm:").nth(1)?.split('"').next()?)
    })
}

/// Whether `cargo prisma` is an alias here.
fn cargo_alias(root: &Path) -> bool {
    Upwards::from(root)
        .flat_map(|folder| [folder.join(".cargo").join("config.toml"), folder.join(".cargo").join("config")])
        .filter_map(|path| read_text(&path).ok())
        .filter_map(|text| text.parse::<toml::Table>().ok())
        .any(|config| config.get("alias").is_some_and(|aliases| aliases.get("prisma").is_some()))
}

/// A global install, unless the project asks for another major than that.
fn on_path(root: &Path) -> Option<Found> {
    let script = std::fs::canonicalize(which::which("prisma").ok()?).ok()?;
    let found = package(package_of(&script)?).ok()?;
    let declared = declared_major(root);
    (declared.is_none() || declared == found.version.known_major()).then_some(Found { by: FoundBy::Path, ..found })
}

/// The major that the nearest `package.json` upwards asks for.
pub(super) fn declared_major(root: &Path) -> Option<Major> {
    Upwards::from(root)
        .map(|folder| folder.join("package.json"))
        .filter(|path| path.is_file())
        .find_map(|path| PackageJson::read(&path).ok()?.declared_major())
}

/// Node, or else bun.
fn runtime() -> Result<PathBuf, ProjectError> {
    which::which("node")
        .or_else(|_| which::which("bun"))
        .map_err(|_| ProjectError::NoProgram { program: "node".to_owned() })
}

/// The command with its program as a full path, so that `pnpm` is found as `pnpm.cmd` on Windows and a relative path starts
/// from the project.
fn resolved(mut words: Vec<OsString>, root: &Path) -> Result<Vec<OsString>, ProjectError> {
    let unknown = |program: &OsString| ProjectError::NoProgram { program: program.to_string_lossy().into_owned() };
    let Some(program) = words.first_mut() else {
        return Err(ProjectError::NoProgram { program: "prisma".to_owned() });
    };
    *program = which::which_in(&*program, std::env::var_os("PATH"), root).map_err(|_| unknown(program))?.into();
    Ok(words)
}

/// The command that installs what the project declares, after its lock file.
fn install_command(root: &Path) -> String {
    for folder in Upwards::from(root) {
        for (lock, command) in [
            ("pnpm-lock.yaml", "pnpm install"),
            ("yarn.lock", "yarn install"),
            ("bun.lock", "bun install"),
            ("bun.lockb", "bun install"),
            ("package-lock.json", "npm ci"),
        ] {
            if folder.join(lock).is_file() {
                return command.to_owned();
            }
        }
        if let Ok(json) = PackageJson::read(&folder.join("package.json"))
            && json.depends_on_prisma()
        {
            return "npm install".to_owned();
        }
    }
    "npm install --save-dev prisma@7".to_owned()
}
