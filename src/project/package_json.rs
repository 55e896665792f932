//! The few things that a `package.json` says to us.

use std::path::Path;

use serde_json::Value;

use super::ProjectError;
use super::text_file::read_text;
use super::version::{Major, major_of_range};

/// A parsed `package.json`.
#[derive(Debug, Clone)]
pub(super) struct PackageJson(Value);

impl PackageJson {
    /// Reads a manifest. One that is not JSON counts as empty: Prisma and the package managers say so themselves.
    pub fn read(path: &Path) -> Result<Self, ProjectError> {
        Ok(PackageJson(serde_json::from_str(&read_text(path)?).unwrap_or(Value::Null)))
    }

    pub fn name(&self) -> Option<&str> {
        self.0.get("name")?.as_str()
    }

    pub fn version(&self) -> Option<&str> {
        self.0.get("version")?.as_str()
    }

    /// `prisma.schema`.
    pub fn prisma_schema(&self) -> Option<&str> {
        self.0.get("prisma")?.get("schema")?.as_str()
    }

    /// Whether there is a `prisma` section.
    pub fn has_prisma_section(&self) -> bool {
        self.0.get("prisma").is_some_and(Value::is_object)
    }

    /// The script that the package's command `prisma` starts.
    pub fn prisma_bin(&self) -> Option<&str> {
        match self.0.get("bin")? {
            Value::String(path) => Some(path),
            bins => bins.get("prisma")?.as_str(),
        }
    }

    /// Whether the package asks for Prisma's CLI or client.
    pub fn depends_on_prisma(&self) -> bool {
        self.range("prisma").or_else(|| self.range("@prisma/client")).is_some()
    }

    /// The major that the declared range asks for.
    pub fn declared_major(&self) -> Option<Major> {
        ["prisma", "@prisma/client"].iter().find_map(|name| major_of_range(self.range(name)?))
    }

    fn range(&self, package: &str) -> Option<&str> {
        ["devDependencies", "dependencies", "peerDependencies", "optionalDependencies"]
            .iter()
            .find_map(|section| self.0.get(section)?.get(package)?.as_str())
    }
}
