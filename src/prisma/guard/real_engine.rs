//! Where Prisma's own schema engine is.
//!
//! In this order: the variable [`REAL_ENGINE_VARIABLE`], `[prisma] engine` of the settings, `node_modules/@prisma/engines/schema-engine-*` near the
//! place where Prisma runs. Never ourselves: a guard that starts a guard would do so for ever.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::refusal::Refusal;
use crate::project::find_schema_engine;

/// Names the real engine.
pub const REAL_ENGINE_VARIABLE: &str = "PRISMA_SAFE_REAL_ENGINE";

/// Who named it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// [`REAL_ENGINE_VARIABLE`].
    Variable,
    /// `[prisma] engine`.
    Settings,
    /// Prisma's own package.
    Package,
}

/// A real engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealEngine {
    /// Its path.
    pub path: PathBuf,
    /// Who named it.
    pub named_by: NamedBy,
}

/// Where to look.
pub struct Search<'a> {
    /// The value of [`REAL_ENGINE_VARIABLE`].
    pub variable: Option<OsString>,
    /// Asks the settings, which costs reading them; only when the variable is not set.
    pub settings: &'a dyn Fn() -> Option<PathBuf>,
    /// Folders to look upwards from: where the engine was started, where the schema is.
    pub near: Vec<PathBuf>,
    /// Our own program.
    pub ourselves: Option<PathBuf>,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoEngine {
    /// The one that was named is not there.
    #[error("the schema engine `{}`, named by {}, is not there or is no file", path.display(), named(*by))]
    NotThere {
        /// Its path.
        path: PathBuf,
        /// Who named it.
        by: NamedBy,
    },
    /// It is us.
    #[error("`{}`, named by {}, is the engine guard itself", path.display(), named(*by))]
    Ourselves {
        /// Its path.
        path: PathBuf,
        /// Who named it.
        by: NamedBy,
    },
    /// None was named and none was found.
    #[error("Prisma's schema engine was not found near this project")]
    NotFound,
}

fn named(by: NamedBy) -> &'static str {
    match by {
        NamedBy::Variable => "`PRISMA_SAFE_REAL_ENGINE`",
        NamedBy::Settings => "`[prisma] engine` in the settings",
        NamedBy::Package => "Prisma's package",
    }
}

impl NoEngine {
    /// As the guard's answer to Prisma.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal {
            what: format!("the call cannot be passed on: {self}"),
            why: "the guard stands in front of Prisma's own engine and does no work itself".to_owned(),
            hints: self.hints(),
        }
    }

    /// The next steps.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let get = "let Prisma download it, without the guard: `env -u PRISMA_SCHEMA_ENGINE_BINARY npx --no-install prisma version`".to_owned();
        let name = "or name one: `PRISMA_SAFE_REAL_ENGINE=/path/to/schema-engine`, or `engine = \"…\"` under `[prisma]` in prisma-safe.toml".to_owned();
        match self {
            NoEngine::NotThere { .. } | NoEngine::NotFound => vec![get, name],
            NoEngine::Ourselves { .. } => vec![format!("name Prisma's own engine there, or leave it out; {get}")],
        }
    }
}

/// Finds the real engine.
///
/// # Errors
/// [`NoEngine`].
pub fn find(search: &Search<'_>) -> Result<RealEngine, NoEngine> {
    let is_us = |path: &Path| match (&search.ourselves, path.canonicalize()) {
        (Some(ours), Ok(path)) => ours.canonicalize().is_ok_and(|ours| ours == path) || has_our_name(&path),
        _ => false,
    };
    let named = match search.variable.as_ref().filter(|value| !value.is_empty()) {
        Some(path) => Some((PathBuf::from(path), NamedBy::Variable)),
        None => (search.settings)().map(|path| (path, NamedBy::Settings)),
    };
    if let Some((path, by)) = named {
        return match path {
            path if !path.is_file() => Err(NoEngine::NotThere { path, by }),
            path if is_us(&path) => Err(NoEngine::Ourselves { path, by }),
            path => Ok(RealEngine { path, named_by: by }),
        };
    }
    let folders = search.near.iter().flat_map(|near| near.ancestors());
    let engine = folders.filter_map(in_folder).find(|path| !is_us(path));
    engine.map(|path| RealEngine { path, named_by: NamedBy::Package }).ok_or(NoEngine::NotFound)
}

fn has_our_name(path: &Path) -> bool {
    path.file_stem() == Some(OsStr::new("prisma-safe-engine"))
}

/// The engine in one folder's `node_modules`: of `@prisma/engines` beside it, or below `prisma` (pnpm and nested installs). Of several
/// (`binaryTargets`), the one for this machine.
fn in_folder(folder: &Path) -> Option<PathBuf> {
    let modules = folder.join("node_modules");
    let mut places = vec![modules.join("@prisma").join("engines")];
    // The real folder of `prisma` has its dependencies as siblings, wherever a package manager keeps it.
    if let Ok(prisma) = modules.join("prisma").canonicalize() {
        places.push(prisma.join("node_modules").join("@prisma").join("engines"));
        places.extend(prisma.parent().map(|siblings| siblings.join("@prisma").join("engines")));
    }
    places.iter().find_map(|place| find_schema_engine(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    fn search(near: &Path, variable: Option<&Path>) -> Result<RealEngine, NoEngine> {
        find(&Search {
            variable: variable.map(|path| path.as_os_str().to_owned()),
            settings: &|| None,
            near: vec![near.to_path_buf()],
            ourselves: Some(near.join("bin/prisma-safe-engine")),
        })
    }

    #[test]
    fn prismas_own_package_is_found_upwards_and_beside_pnpms_real_folder() {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("packages/app/prisma");
        std::fs::create_dir_all(&app).unwrap();
        assert_eq!(search(&app, None), Err(NoEngine::NotFound));
        let store = root.path().join("node_modules/.pnpm/prisma@7/node_modules");
        let engine = store.join("@prisma/engines/schema-engine-debian-openssl-3.0.x");
        touch(&engine);
        touch(&store.join("@prisma/engines/schema-engine-debian-openssl-3.0.x.sha256"));
        touch(&store.join("prisma/package.json"));
        #[cfg(unix)]
        {
            std::fs::create_dir_all(root.path().join("packages/app/node_modules")).unwrap();
            std::os::unix::fs::symlink(store.join("prisma"), root.path().join("packages/app/node_modules/prisma"))
                .unwrap();
            assert_eq!(search(&app, None).unwrap().path, engine.canonicalize().unwrap());
        }
        let hoisted = root.path().join("packages/app/node_modules/@prisma/engines/schema-engine-linux-musl");
        touch(&hoisted);
        assert_eq!(search(&app, None).unwrap(), RealEngine { path: hoisted, named_by: NamedBy::Package });
    }

    #[test]
    fn what_is_named_counts_and_is_never_ourselves() {
        let root = tempfile::tempdir().unwrap();
        let engine = root.path().join("engine");
        touch(&engine);
        assert_eq!(search(root.path(), Some(&engine)).unwrap().named_by, NamedBy::Variable);
        let missing = root.path().join("nothing");
        assert_eq!(
            search(root.path(), Some(&missing)).unwrap_err().to_string(),
            format!(
                "the schema engine `{}`, named by `PRISMA_SAFE_REAL_ENGINE`, is not there or is no file",
                missing.display()
            )
        );
        let ours = root.path().join("bin/prisma-safe-engine");
        touch(&ours);
        assert!(matches!(search(root.path(), Some(&ours)), Err(NoEngine::Ourselves { .. })));
        #[cfg(unix)]
        {
            let link = root.path().join("schema-engine-debian");
            std::os::unix::fs::symlink(&ours, &link).unwrap();
            assert!(matches!(search(root.path(), Some(&link)), Err(NoEngine::Ourselves { .. })));
        }
    }
}
