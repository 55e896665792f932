//! The corpus of real migrations, read in place.

use std::fs;
use std::path::{Path, PathBuf};

use prisma_safe::project::Provider;

/// One source: a repository's migrations for one database.
pub struct Source {
    pub name: String,
    pub provider: Provider,
    /// Name and bytes, in the order of the folder names.
    pub migrations: Vec<(String, Vec<u8>)>,
}

/// The corpus's folder, or nothing when it is not there.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    folder.is_dir().then_some(folder)
}

/// All sources; empty after a loud line when the corpus is missing.
pub fn sources() -> Vec<Source> {
    let Some(folder) = folder() else {
        crate::support::skip_or_fail("the corpus of real migrations is not at ../shared/corpus");
        return Vec::new();
    };
    let mut sources = Vec::new();
    for entry in sorted(&folder) {
        let Ok(provider) = fs::read_to_string(entry.join("PROVIDER")) else { continue };
        let provider = Provider::from_prisma(provider.trim()).expect("the corpus names known providers");
        let migrations = sorted(&entry)
            .into_iter()
            .filter_map(|path| {
                let bytes = fs::read(path.join("migration.sql")).ok()?;
                Some((path.file_name()?.to_string_lossy().into_owned(), bytes))
            })
            .collect();
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sources.push(Source { name, provider, migrations });
    }
    sources
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the corpus can be listed").filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    paths
}
