//! The ways in which the guard is made to hold for a Prisma that is typed by hand.
//!
//! Prisma reads the variable from its process environment before it reads any file of its own: a `.env` file comes too late (7 never reads one by
//! itself, 5 and 6 read it after they looked for the engine), so it is no way.
//!
//! To add a way: a variant of [`Way`] with its rows in the matches below.

use std::path::{Path, PathBuf};

use crate::error::Explain;
use crate::exit_code::ExitCode;

/// A way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// A block in `.envrc`, which direnv reads in every shell of the folder
    Envrc,
    /// A `prisma` script in `package.json`: `npm run prisma`, `pnpm prisma`, `yarn prisma`
    PackageJson,
    /// A line for the shell's start-up file; printed only
    Shell,
    /// A snippet for a CI job; printed only
    Ci,
}

/// Where the shell finds the guard; a path that does not exist when it is not installed, so that Prisma stops instead of going on without.
const EXPORT: &str = r#"export PRISMA_SCHEMA_ENGINE_BINARY="$(command -v prisma-safe-engine || echo /prisma-safe-engine-is-not-installed)""#;
const BEGIN: &str = "# >>> prisma-safe guard: Prisma's schema engine runs behind it";
const END: &str = "# <<< prisma-safe guard";
const SCRIPT: &str = "cargo prisma-safe run --";
const SCRIPT_NAME: &str = "prisma";

/// What became of an installation or its removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The file was written.
    Written(PathBuf),
    /// It was as wanted already.
    AlreadyThere(PathBuf),
    /// Our part was taken out.
    Removed(PathBuf),
    /// There was nothing of ours.
    NothingThere(PathBuf),
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A file cannot be read or written.
    #[error("`{}` cannot be {doing}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// `read`, `written`.
        doing: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is no JSON object with scripts.
    #[error("`{}` was not understood: {reason}", path.display())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is something else in that place.
    #[error("`{}` has another `prisma` script already: `{script}`", path.display())]
    ScriptTaken {
        /// The file.
        path: PathBuf,
        /// The script.
        script: String,
    },
    /// Our block was changed by hand.
    #[error("the prisma-safe block in `{}` was changed by hand", path.display())]
    Edited {
        /// The file.
        path: PathBuf,
    },
}

impl Explain for InstallError {
    fn exit_code(&self) -> ExitCode {
        match self {
            InstallError::File { .. }
            | InstallError::NotUnderstood { .. }
            | InstallError::ScriptTaken { .. }
            | InstallError::Edited { .. } => ExitCode::Usage,
        }
    }

    fn why(&self) -> Option<String> {
        Some(
            match self {
                InstallError::File { .. } | InstallError::NotUnderstood { .. } => "nothing was changed",
                InstallError::ScriptTaken { .. } => "what others wrote is not overwritten; nothing was changed",
                InstallError::Edited { .. } => "only what was written here is removed; nothing was changed",
            }
            .to_owned(),
        )
    }

    fn hints(&self) -> Vec<String> {
        match self {
            InstallError::File { .. } | InstallError::NotUnderstood { .. } => Vec::new(),
            InstallError::ScriptTaken { .. } => vec![
                format!("set it to `{SCRIPT}` yourself, or rename it"),
                "or take another way: `cargo prisma-safe guard install --way shell`".to_owned(),
            ],
            InstallError::Edited { path } => {
                vec![format!("remove the lines from `{BEGIN}` to `{END}` in `{}` yourself", path.display())]
            }
        }
    }
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 4] = [Way::Envrc, Way::PackageJson, Way::Shell, Way::Ci];

    /// As `--way` takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Way::Envrc => "envrc",
            Way::PackageJson => "package-json",
            Way::Shell => "shell",
            Way::Ci => "ci",
        }
    }

    /// What it does, for the choice.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Way::Envrc => "a block in .envrc: every shell in this folder, through direnv",
            Way::PackageJson => {
                "a `prisma` script in package.json: `npm run prisma`, `pnpm prisma`, `yarn prisma` (not `npx prisma`)"
            }
            Way::Shell => "a line for your shell's start-up file: everything that you type, in every project",
            Way::Ci => "a snippet for a CI job",
        }
    }

    /// Whether it changes a file of the project; the others are only printed.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Way::Envrc | Way::PackageJson)
    }

    /// Whether it fits the project.
    #[must_use]
    pub fn fits(self, root: &Path) -> bool {
        match self {
            Way::Envrc => cfg!(unix) && (root.join(".envrc").exists() || which::which("direnv").is_ok()),
            Way::PackageJson => root.join("package.json").is_file(),
            Way::Shell | Way::Ci => true,
        }
    }

    /// The file that it changes.
    #[must_use]
    pub fn file(self, root: &Path) -> Option<PathBuf> {
        match self {
            Way::Envrc => Some(root.join(".envrc")),
            Way::PackageJson => Some(root.join("package.json")),
            Way::Shell | Way::Ci => None,
        }
    }

    /// The text that it adds, or that is to be added by hand.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Way::Envrc => format!("{BEGIN}\n{EXPORT}\n{END}\n"),
            Way::PackageJson => format!("\"{SCRIPT_NAME}\": \"{SCRIPT}\"\n"),
            Way::Shell => format!("{EXPORT}\n"),
            Way::Ci => "# after checkout and after installing Rust and the project's packages\n\
                        - run: cargo install cargo-prisma-safe\n\
                        - run: echo \"PRISMA_SCHEMA_ENGINE_BINARY=$(command -v prisma-safe-engine)\" >> \"$GITHUB_ENV\"\n\
                        - run: cargo prisma-safe guard status\n"
                .to_owned(),
        }
    }

    /// Whether it is installed in the project.
    #[must_use]
    pub fn is_installed(self, root: &Path) -> bool {
        let text = self.file(root).and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        match self {
            Way::Envrc => text.contains(&self.text()),
            Way::PackageJson => script(&text).ok().flatten().as_deref() == Some(SCRIPT),
            Way::Shell | Way::Ci => false,
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`InstallError`]; nothing is written then.
    pub fn install(self, root: &Path) -> Result<Option<Change>, InstallError> {
        let Some(path) = self.file(root) else { return Ok(None) };
        if self.is_installed(root) {
            return Ok(Some(Change::AlreadyThere(path)));
        }
        let text = read(&path)?.unwrap_or_default();
        let changed = match self {
            Way::PackageJson => with_script(&text, &path)?,
            Way::Envrc | Way::Shell | Way::Ci => {
                let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                format!("{text}{gap}{}", self.text())
            }
        };
        write(&path, &changed)?;
        Ok(Some(Change::Written(path)))
    }

    /// Takes out exactly what [`Way::install`] wrote.
    ///
    /// # Errors
    /// [`InstallError::Edited`] when it was changed since.
    pub fn uninstall(self, root: &Path) -> Result<Option<Change>, InstallError> {
        let Some(path) = self.file(root) else { return Ok(None) };
        let Some(text) = read(&path)? else { return Ok(Some(Change::NothingThere(path))) };
        let changed = match self {
            Way::PackageJson => match script(&text).map_err(|reason| not_understood(&path, reason))?.as_deref() {
                Some(SCRIPT) => without_script(&text, &path)?,
                _ => return Ok(Some(Change::NothingThere(path))),
            },
            Way::Envrc | Way::Shell | Way::Ci => match text.replacen(&self.text(), "", 1) {
                same if same == text && text.contains(BEGIN) => return Err(InstallError::Edited { path }),
                same if same == text => return Ok(Some(Change::NothingThere(path))),
                changed => changed,
            },
        };
        if changed.is_empty() {
            std::fs::remove_file(&path).map_err(|source| InstallError::File {
                path: path.clone(),
                doing: "removed",
                source,
            })?;
        } else {
            write(&path, &changed)?;
        }
        Ok(Some(Change::Removed(path)))
    }
}

/// Other scripts of a `package.json` that start Prisma past the `prisma` script.
#[must_use]
pub fn scripts_past_the_guard(root: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(root.join("package.json")).unwrap_or_default();
    let Ok(Some(scripts)) = scripts(&text) else { return Vec::new() };
    let starts_prisma = |script: &str| {
        let words: Vec<&str> = script.split(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | '|')).collect();
        words.windows(2).any(|pair| pair[0] == "prisma" && matches!(pair[1], "migrate" | "db" | "studio"))
    };
    let found = scripts.iter().filter(|(_, script)| script.as_str().is_some_and(starts_prisma));
    found.map(|(name, _)| name.clone()).filter(|name| name != SCRIPT_NAME).collect()
}

type Object = serde_json::Map<String, serde_json::Value>;

fn scripts(text: &str) -> Result<Option<Object>, String> {
    let object: Object = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match object.get("scripts") {
        None => Ok(None),
        Some(serde_json::Value::Object(scripts)) => Ok(Some(scripts.clone())),
        Some(_) => Err("`scripts` is no object".to_owned()),
    }
}

fn script(text: &str) -> Result<Option<String>, String> {
    Ok(scripts(text)?.and_then(|scripts| scripts.get(SCRIPT_NAME)?.as_str().map(str::to_owned)))
}

fn not_understood(path: &Path, reason: String) -> InstallError {
    InstallError::NotUnderstood { path: path.to_path_buf(), reason }
}

fn with_script(text: &str, path: &Path) -> Result<String, InstallError> {
    if let Some(script) = script(text).map_err(|reason| not_understood(path, reason))? {
        return Err(InstallError::ScriptTaken { path: path.to_path_buf(), script });
    }
    change(text, path, |object| {
        let scripts = object.entry("scripts").or_insert_with(|| serde_json::Value::Object(Object::new()));
        if let serde_json::Value::Object(scripts) = scripts {
            scripts.insert(SCRIPT_NAME.to_owned(), SCRIPT.into());
        }
    })
}

fn without_script(text: &str, path: &Path) -> Result<String, InstallError> {
    change(text, path, |object| {
        let Some(serde_json::Value::Object(scripts)) = object.get_mut("scripts") else { return };
        scripts.shift_remove(SCRIPT_NAME);
        if scripts.is_empty() {
            object.shift_remove("scripts");
        }
    })
}

/// Changes a JSON object and writes it as package managers do: in its own indentation, with its own last line end.
fn change(text: &str, path: &Path, change: impl FnOnce(&mut Object)) -> Result<String, InstallError> {
    let mut object: Object = serde_json::from_str(text).map_err(|error| not_understood(path, error.to_string()))?;
    change(&mut object);
    let indent: String = text
        .lines()
        .nth(1)
        .map_or("  ".to_owned(), |line| line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect());
    let mut bytes = Vec::new();
    let formatter =
        serde_json::ser::PrettyFormatter::with_indent(if indent.is_empty() { b"  " } else { indent.as_bytes() });
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(&object, &mut writer).map_err(|error| not_understood(path, error.to_string()))?;
    let mut changed = String::from_utf8_lossy(&bytes).into_owned();
    if text.contains("\r\n") {
        changed = changed.replace('\n', "\r\n");
    }
    if text.ends_with('\n') {
        changed.push_str(if text.ends_with("\r\n") { "\r\n" } else { "\n" });
    }
    Ok(changed)
}

fn read(path: &Path) -> Result<Option<String>, InstallError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(InstallError::File { path: path.to_path_buf(), doing: "read", source }),
    }
}

/// Whole or not at all: beside it, then renamed.
fn write(path: &Path, text: &str) -> Result<(), InstallError> {
    let failed = |source| InstallError::File { path: path.to_path_buf(), doing: "written", source };
    // A link is kept: what it leads to is written.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut file = tempfile::NamedTempFile::new_in(real.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    let permissions = match std::fs::metadata(&real) {
        Ok(metadata) => Some(metadata.permissions()),
        #[cfg(unix)]
        Err(_) => Some(std::os::unix::fs::PermissionsExt::from_mode(0o644)),
        #[cfg(not(unix))]
        Err(_) => None,
    };
    if let Some(permissions) = permissions {
        std::fs::set_permissions(file.path(), permissions).map_err(failed)?;
    }
    file.persist(&real).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(way: Way, name: &str, before: Option<&str>) -> (String, Option<String>) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(name);
        if let Some(before) = before {
            std::fs::write(&path, before).unwrap();
        }
        assert_eq!(way.install(root.path()).unwrap(), Some(Change::Written(path.clone())));
        let installed = std::fs::read_to_string(&path).unwrap();
        assert!(way.is_installed(root.path()));
        assert_eq!(way.install(root.path()).unwrap(), Some(Change::AlreadyThere(path.clone())));
        assert_eq!(way.uninstall(root.path()).unwrap(), Some(Change::Removed(path.clone())));
        assert_eq!(way.uninstall(root.path()).unwrap(), Some(Change::NothingThere(path.clone())));
        (installed, std::fs::read_to_string(&path).ok())
    }

    #[test]
    fn what_is_installed_can_be_removed_without_a_trace() {
        for before in [None, Some("use nix\n"), Some("export A=1")] {
            let (installed, after) = round_trip(Way::Envrc, ".envrc", before);
            assert!(installed.contains("PRISMA_SCHEMA_ENGINE_BINARY"));
            assert_eq!(after.map(|text| text.trim_end().to_owned()), before.map(|text| text.trim_end().to_owned()));
        }
        for before in [
            "{\n  \"name\": \"app\",\n  \"scripts\": {\n    \"build\": \"tsc\"\n  },\n  \"prisma\": {\n    \"seed\": \"x\"\n  }\n}\n",
            "{\n\t\"name\": \"app\",\n\t\"dependencies\": {}\n}",
            "{\r\n    \"name\": \"app\"\r\n}\r\n",
        ] {
            let (installed, after) = round_trip(Way::PackageJson, "package.json", Some(before));
            assert!(installed.contains("\"prisma\": \"cargo prisma-safe run --\""), "{installed}");
            assert_eq!(after.as_deref(), Some(before));
        }
    }

    #[test]
    fn what_others_wrote_stays() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("package.json");
        let text = "{\"scripts\":{\"prisma\":\"prisma --schema x\",\"db\":\"prisma migrate deploy && x\",\"ok\":\"echo prisma\"}}";
        std::fs::write(&path, text).unwrap();
        let error = Way::PackageJson.install(root.path()).unwrap_err();
        insta::assert_snapshot!(error.to_string().replace(root.path().to_str().unwrap(), "[ROOT]"), @"`[ROOT]/package.json` has another `prisma` script already: `prisma --schema x`");
        assert_eq!(scripts_past_the_guard(root.path()), ["db"]);
        let envrc = root.path().join(".envrc");
        std::fs::write(&envrc, Way::Envrc.text().replace("command -v", "which")).unwrap();
        assert!(matches!(Way::Envrc.uninstall(root.path()), Err(InstallError::Edited { .. })));
        std::fs::write(&path, "[]").unwrap();
        assert!(matches!(Way::PackageJson.install(root.path()), Err(InstallError::NotUnderstood { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[]");
    }
}
