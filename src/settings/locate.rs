//! Which settings count for a folder.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::origin::Sourced;
use super::reader::DocumentKind;
use super::{Origin, Settings, SettingsError, SettingsSource};

/// The name of the settings file.
pub const SETTINGS_FILE: &str = "prisma-safe.toml";

const LIMIT_MIB: u64 = 1;
const MANIFEST: &str = "Cargo.toml";
const METADATA_KEY: &str = "prisma-safe";

/// Whether a folder is the top of a version-controlled tree: nothing above it belongs to the project.
#[must_use]
pub fn has_vcs(folder: &Path) -> bool {
    [".git", ".hg", ".jj", ".svn"].iter().any(|name| folder.join(name).exists())
}

/// A folder and the folders above it, up to the top of the version-controlled tree or of the file system.
#[derive(Debug, Clone)]
pub struct Upwards<'p> {
    next: Option<&'p Path>,
}

impl<'p> Upwards<'p> {
    /// Starts at `folder`, which must be absolute.
    #[must_use]
    pub fn from(folder: &'p Path) -> Self {
        Upwards { next: Some(folder) }
    }
}

impl<'p> Iterator for Upwards<'p> {
    type Item = &'p Path;

    fn next(&mut self) -> Option<&'p Path> {
        let folder = self.next?;
        self.next = if has_vcs(folder) { None } else { folder.parent() };
        Some(folder)
    }
}

pub(super) fn find(start: &Path, named: Option<&Sourced<PathBuf>>) -> Result<Settings, SettingsError> {
    if let Some(named) = named {
        let path = start_absolute(&named.value);
        if !path.is_file() {
            let named_by = match named.origin {
                Origin::Variable(_) => "`PRISMA_SAFE_CONFIG`",
                _ => "`--config`",
            };
            return Err(SettingsError::NotThere { path: super::shown(&path), named_by });
        }
        // So that a run that was pinned to settings of a manifest can name them again.
        if path.file_name().is_some_and(|name| name == MANIFEST)
            && let Some(owner) = table_in(&read_text(&path)?)
        {
            return read_manifest(&path, owner);
        }
        return read_file(&path);
    }
    for folder in Upwards::from(start) {
        let path = folder.join(SETTINGS_FILE);
        if path.is_file() {
            return read_file(&path);
        }
    }
    find_in_cargo(start)
}

fn start_absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn read_file(path: &Path) -> Result<Settings, SettingsError> {
    let text = read_text(path)?;
    Settings::from_toml(&text, path)
}

fn read_text(path: &Path) -> Result<String, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: super::shown(path), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let limit = LIMIT_MIB * 1024 * 1024;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(SettingsError::TooLarge { path: super::shown(path), limit_mib: LIMIT_MIB });
    }
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        SettingsError::NotUtf8 { path: super::shown(path), line, utf16 }
    })?;
    // Windows editors like to write one; it is no part of the text.
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Cargo is only asked by a member of a workspace, and only when some `Cargo.toml` upwards says `prisma-safe` at all: starting
/// it costs tens of milliseconds.
fn find_in_cargo(start: &Path) -> Result<Settings, SettingsError> {
    let manifests: Vec<PathBuf> =
        Upwards::from(start).map(|folder| folder.join(MANIFEST)).filter(|path| path.is_file()).collect();
    let mentions = |path: &PathBuf| read_text(path).is_ok_and(|text| text.contains(METADATA_KEY));
    let Some(nearest) = manifests.first().filter(|_| manifests.iter().any(mentions)) else {
        return Ok(Settings::nothing(start));
    };
    if let Some(owner) = table_in(&read_text(nearest)?) {
        return read_manifest(nearest, owner);
    }
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(nearest)
        .no_deps()
        .exec()
        .map_err(|source| SettingsError::Cargo { manifest: super::shown(nearest), source })?;
    if metadata.workspace_metadata.get(METADATA_KEY).is_some() {
        return read_manifest(metadata.workspace_root.join(MANIFEST).as_std_path(), "workspace");
    }
    Ok(Settings::nothing(start))
}

/// Which of a manifest's two tables holds settings; a package's own comes before the workspace's.
fn table_in(manifest: &str) -> Option<&'static str> {
    let table: toml::Table = manifest.parse().ok()?;
    ["package", "workspace"]
        .into_iter()
        .find(|owner| table.get(*owner).and_then(|owner| owner.get("metadata")?.get(METADATA_KEY)).is_some())
}

/// The manifest is read again as text, so that complaints point at its lines.
fn read_manifest(manifest: &Path, owner: &'static str) -> Result<Settings, SettingsError> {
    let text = read_text(manifest)?;
    let root = manifest.parent().unwrap_or(Path::new("."));
    let source = SettingsSource::CargoMetadata(manifest.to_owned());
    let at = [owner, "metadata", METADATA_KEY];
    Settings::from_table_at(&text, manifest, DocumentKind::CargoManifest, &at, source, root)
}
