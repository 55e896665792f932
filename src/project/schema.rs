//! Where the Prisma schema is: a file, or a folder of files.
//!
//! The rules are Prisma's and differ by major: 7 asks the config, then `schema.prisma` and `prisma/schema.prisma`; 5 and 6 also
//! ask `package.json`, and 5 knows the folder `prisma/schema/`.

use std::path::{Path, PathBuf};

use super::package_json::PackageJson;
use super::text_file::read_text;
use super::{ConfigPath, Datasource, Major, PrismaConfig, ProjectError};
use crate::settings::{Sourced, Upwards};

/// Who said where the schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaNamedBy {
    /// `prisma-safe.toml`; Prisma must be given `--schema`.
    Settings,
    /// The Prisma config.
    Config,
    /// `package.json`.
    PackageJson,
    /// Nobody: it is where Prisma looks.
    Convention,
}

/// A Prisma schema.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The file or the folder; absolute.
    pub path: PathBuf,
    /// Whether it is a folder of files.
    pub is_folder: bool,
    /// Who said where it is.
    pub named_by: SchemaNamedBy,
    /// The `datasource` block, where there is one.
    pub datasource: Option<Datasource>,
    /// The file that holds it; the schema itself when none does.
    pub datasource_file: PathBuf,
}

impl Schema {
    /// The folder given as schema, or the folder of the single file: where `migrations/` is by default.
    #[must_use]
    pub fn folder(&self) -> &Path {
        if self.is_folder { &self.path } else { self.path.parent().unwrap_or(&self.path) }
    }

    /// The folder of the file with the `datasource` block.
    #[must_use]
    pub fn datasource_folder(&self) -> &Path {
        self.datasource_file.parent().unwrap_or(&self.datasource_file)
    }

    /// The schema files, sorted.
    ///
    /// # Errors
    /// [`ProjectError`] when a folder cannot be listed.
    pub fn files(&self) -> Result<Vec<PathBuf>, ProjectError> {
        if !self.is_folder {
            return Ok(vec![self.path.clone()]);
        }
        let mut files = Vec::new();
        collect(&self.path, 0, &mut files)?;
        files.sort();
        Ok(files)
    }

    fn read(path: PathBuf, named_by: SchemaNamedBy) -> Result<Self, ProjectError> {
        let is_folder = path.is_dir();
        let mut schema = Schema { datasource_file: path.clone(), path, is_folder, named_by, datasource: None };
        for file in schema.files()? {
            if let Some(datasource) = Datasource::find(&read_text(&file)?) {
                schema.datasource = Some(datasource);
                schema.datasource_file = file;
                break;
            }
        }
        Ok(schema)
    }
}

const DEPTH: usize = 16;

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ProjectError> {
    let unreadable = |source| ProjectError::Unreadable { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            // Deeper than any schema: most likely links that go round.
            if depth < DEPTH && path.file_name().is_some_and(|name| name != "node_modules" && name != "migrations") {
                collect(&path, depth + 1, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "prisma") {
            files.push(path);
        }
    }
    Ok(())
}

/// Finds the schema of a project. `Ok(None)`: there is none where Prisma looks.
pub(super) fn find(
    root: &Path,
    major: Major,
    named: Option<&Sourced<PathBuf>>,
    config: Option<&PrismaConfig>,
) -> Result<Option<Schema>, ProjectError> {
    if let Some(named) = named {
        return existing(&named.value, SchemaNamedBy::Settings, named.origin.to_string()).map(Some);
    }
    if let Some(config) = config {
        match &config.schema {
            Some(ConfigPath::Known(path)) => {
                let by = format!("named in `{}`", crate::settings::shown(&config.path).display());
                return existing(path, SchemaNamedBy::Config, by).map(Some);
            }
            Some(ConfigPath::Unreadable) => {
                return Err(ProjectError::ComputedSchema { config: crate::settings::shown(&config.path) });
            }
            None => {}
        }
    }
    if major.is_before_seven()
        && let Some((package, path)) = package_schema(root)?
    {
        let by = format!("named in `{}`", crate::settings::shown(&package).display());
        return existing(&path, SchemaNamedBy::PackageJson, by).map(Some);
    }
    let base = config.filter(|config| config.named).map_or(root, PrismaConfig::folder);
    let mut places = vec![base.join("schema.prisma"), base.join("prisma").join("schema.prisma")];
    if major.is_before_seven() {
        places.push(base.join("prisma").join("schema"));
    }
    for place in places {
        if place.is_file() || (place.is_dir() && place.extension().is_none()) {
            return Schema::read(place, SchemaNamedBy::Convention).map(Some);
        }
    }
    Ok(None)
}

fn existing(path: &Path, named_by: SchemaNamedBy, by: String) -> Result<Schema, ProjectError> {
    if !path.exists() {
        return Err(ProjectError::NotThere { what: "the schema", path: crate::settings::shown(path), named_by: by });
    }
    Schema::read(path.to_owned(), named_by)
}

/// `prisma.schema` of the nearest `package.json`: the manifest and the path.
fn package_schema(root: &Path) -> Result<Option<(PathBuf, PathBuf)>, ProjectError> {
    let Some(folder) = Upwards::from(root).find(|folder| folder.join("package.json").is_file()) else {
        return Ok(None);
    };
    let manifest = folder.join("package.json");
    let package = PackageJson::read(&manifest)?;
    Ok(package.prisma_schema().map(|path| (manifest, super::prisma_config::clean(&folder.join(path)))))
}

/// Schemas below a folder, for a hint: relative paths, a few of them, not from folders that hold other people's code.
pub(super) fn below(start: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(start.to_owned(), 0)];
    let mut visited = 0;
    while let Some((folder, depth)) = folders.pop() {
        visited += 1;
        if visited > 2_000 || found.len() >= 5 {
            break;
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < 5 {
                let skipped = ["node_modules", "target", "dist", "build"].iter().any(|skip| name == *skip);
                if !skipped && !name.to_string_lossy().starts_with('.') {
                    folders.push((entry.path(), depth + 1));
                }
            } else if kind.is_file() && name == "schema.prisma" {
                found.extend(entry.path().strip_prefix(start).ok().map(Path::to_owned));
            }
        }
    }
    found.sort();
    found
}
